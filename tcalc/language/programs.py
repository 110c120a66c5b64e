"""Modules that are programs: what `import name` finds beside the program that runs.

A file of the program's folder, or of one that it appended to `sys.path`, run once for a session,
behind the same walls as the program itself. A folder is a package.
"""

from __future__ import annotations

import os

from tcalc.errors import AccessError, ModuleError
from tcalc.language import attributes
from tcalc.language.classes import is_special
from tcalc.parser.grammar import METADATA
from tcalc.source import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from tcalc.files.reach import Reach
    from tcalc.source import Source

SUFFIXES = (".tcalc", ".py")
# Where a module keeps the name of the package that its dots begin at; no program can spell it.
_PACKAGE = "package "


class ProgramModule:
    """A program's variables as a module; they can be read and not assigned to."""

    __slots__ = ("folder", "qualified", "variables")

    def __init__(self, qualified: str, path: str, folder: str = "") -> None:
        """folder: where the modules of a package lie; of what is none, empty."""
        self.qualified = qualified
        self.folder = folder
        package = qualified if folder else qualified.rpartition(".")[0]
        self.variables: dict[str, Any] = {
            "__name__": qualified, "__file__": path, "__doc__": None, _PACKAGE: package,
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"<module '{self.qualified}'>"

    def find(self, name: str, otherwise: Any = None) -> Any:
        """A member, by a name that programs may ask for."""
        if is_special(name) and name not in METADATA and name not in ("__name__", "__file__"):
            return otherwise
        return self.variables.get(name, otherwise) if " " not in name else otherwise

    def public(self) -> list[str]:
        """What `from name import *` takes: `__all__`, or all that begins with no underscore."""
        listed = self.variables.get("__all__")
        if isinstance(listed, (list, tuple)):
            return [name for name in list(listed) if type(name) is str and not is_special(name)]
        return [name for name in self.variables if name[0] != "_" and " " not in name]


ProgramModule.__name__ = ProgramModule.__qualname__ = "module"  # as messages call it
_MISSING = object()


def _read(value: ProgramModule, name: str) -> Any:
    found = value.find(name, _MISSING)
    if found is _MISSING:
        raise AccessError(f"module '{value.qualified}' has no attribute '{name}'")
    return found


attributes.READERS[ProgramModule] = _read
attributes.LISTERS[ProgramModule] = ProgramModule.public


class Programs:
    """The modules of one session that are programs, each found and run at its first import."""

    def __init__(self, run: Callable[[Source, dict[str, Any]], None], reach: Reach) -> None:
        """run: runs a program with variables of its own and shows nothing."""
        self._run = run
        self._reach = reach
        self._modules: dict[str, ProgramModule] = {}

    def load(self, name: str, folders: Sequence[str]) -> ProgramModule | None:
        """The module of a dotted name in the first of the folders that has it, or None.

        Raises what its program raises.
        """
        found: ProgramModule | None = None
        done = ""
        for part in name.split("."):
            parent, done = found, f"{done}.{part}" if done else part
            if parent is not None and not parent.folder:
                raise ModuleError(
                    f"No module named '{done}'; '{parent.qualified}' is not a package"
                )
            found = self._load(part, done, folders if parent is None else [parent.folder])
            if found is None:
                return None
            if parent is not None:
                parent.variables.setdefault(part, found)
        return found

    def reload(self, module: ProgramModule) -> None:
        """Run a module's program again, with the variables that it has."""
        path = module.variables.get("__file__")
        if type(path) is str and self._modules.get(path) is module:
            self._run(self._text(path), module.variables)

    def closed(self, folders: Sequence[str]) -> list[str]:
        """Those of the folders that programs may not touch."""
        return [f for f in folders if os.path.isdir(f) and self._reach.real(f) is None]

    def _load(self, name: str, qualified: str, folders: Sequence[str]) -> ProgramModule | None:
        if not name.isidentifier():
            return None
        inside = [real for f in folders if (real := self._reach.real(f)) is not None]
        for folder in inside:
            package = os.path.join(folder, name)
            for path, home in ((os.path.join(package, "__init__"), package), (package, "")):
                for suffix in SUFFIXES:
                    if os.path.lexists(path + suffix):
                        return self._module(qualified, self._reach.readable(path + suffix), home)
        for folder in inside:  # a package without a program of its own
            package = os.path.join(folder, name)
            if os.path.isdir(package) and (real := self._reach.real(package)) is not None:
                return self._modules.setdefault(real, ProgramModule(qualified, real, real))
        return None

    def _module(self, qualified: str, path: str, folder: str) -> ProgramModule:
        found = self._modules.get(path)
        if found is None:
            # There before it runs: two that import each other see what the other has by then.
            found = self._modules[path] = ProgramModule(qualified, path, folder)
            try:
                self._run(self._text(path), found.variables)
            except BaseException:  # what failed half way is no module
                del self._modules[path]
                raise
        return found

    def _text(self, path: str) -> Source:
        from tcalc.files.access import reading

        with reading(path) as (file, _):
            return decode(file.read(), path)


def absolute(name: str, variables: dict[str, Any]) -> str:
    """The name of a module, of one that may begin with dots where a module's program imports it."""
    rest = name.lstrip(".")
    up = len(name) - len(rest)
    if not up:
        return name
    package = variables.get(_PACKAGE, "")
    parts = package.split(".") if package else []
    if len(parts) < up:
        raise ModuleError(
            "attempted relative import with no known parent package"
            if not package
            else "attempted relative import beyond top-level package",
            hint="a program that is run itself imports what lies beside it by its plain name",
        )
    return ".".join([*parts[: len(parts) - up + 1], *([rest] if rest else [])])
