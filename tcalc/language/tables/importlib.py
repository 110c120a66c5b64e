"""`importlib`: modules by names that a program makes."""

from __future__ import annotations

from tcalc.language import names
from tcalc.language.active import ACTIVE
from tcalc.language.lent import need_text
from tcalc.language.namespace import Namespace
from tcalc.language.programs import ProgramModule
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def import_module(name: str, package: str | None = None) -> Any:
    """The module of a dotted name, as `import name` finds it"""
    effect("import_module")
    if not need_text("the name of a module", name):
        raise ValueError("Empty module name")
    if name[0] == ".":
        raise TypeError("import_module() takes names from the top, without dots in front")
    return names.import_module(name, False)


def reload(module: Any, /) -> Any:
    """Run a program's module again; any other stays what it is"""
    effect("reload")
    if type(module) is ProgramModule:
        ACTIVE[-1].programs.reload(module)
    elif type(module) is not Namespace:
        raise TypeError("reload() argument must be a module")
    return module


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"import_module": import_module, "reload": reload}
