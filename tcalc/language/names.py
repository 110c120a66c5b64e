"""What one session's programs can name: Python's, the modules, and the registry's names.

`Names` holds a dict that stands for the built-ins of a session's compiled code, filled with what
a program uses before it runs.
"""

from __future__ import annotations

import math
import sys

from tcalc.errors import ModuleError
from tcalc.language import attributes, classes
from tcalc.language import fields as fields  # it gives text its `format`
from tcalc.language.active import ACTIVE
from tcalc.language.builtins import (
    BUILTINS,
    LATER,
    TENSOR_FORMS,
    later,
    load_for_c,
    tensor_form,
)
from tcalc.language.classes import is_special
from tcalc.language.namespace import (
    ALIASES,
    EXTRAS,
    MISSING,
    Namespace,
    find,
    is_module,
    members,
    module,
)
from tcalc.language.support import SUPPORT
from tcalc.language.tables import PACKAGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# Where a bare name is looked for, after Python's own.
BARE = ("torch.", "tcalc.")
CONSTANTS = {
    "pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf, "nan": math.nan
}  # fmt: skip


class Names:
    """What one session's programs can name. `hidden` is the dict of built-ins they run with."""

    def __init__(self, own: dict[str, Any]) -> None:
        """own: what is this session's alone: its print, its helpers, its arguments."""
        self.hidden: dict[str, Any] = {
            **BUILTINS,
            **CONSTANTS,
            **SUPPORT,
            "__name__": "__main__",
            "__doc__": None,
            "__build_class__": classes.build_class,
            "__import__": load_for_c,
            "tensor form ": tensor_form,
            "import ": import_module,
            "import from ": import_from,
            **own,
        }
        self.hidden["member "] = _keeping_reader(self.hidden)
        # Once slice objects are values, any subscript may be a slice.
        self.checks_slices = False
        # Names that modules are likely to have, by what was imported.
        self.modules = set(ALIASES)
        self._misses: set[str] = set()

    def load(self, used: Iterable[str], bound: Iterable[str]) -> None:
        """Find names before they are used; those in `bound` are variables and left alone."""
        hidden, misses = self.hidden, self._misses
        for name in used:
            if name not in hidden and name not in misses and name not in bound:
                found = _bare(name)
                if found is None:
                    misses.add(name)
                else:
                    hidden[name] = found

    def unbind(self, names: Iterable[str], variables: dict[str, Any]) -> None:
        """Leave nothing behind names: neither a variable nor what is built in."""
        for name in names:
            variables.pop(name, None)
            if not is_special(name):
                self.hidden.pop(name, None)
                self._misses.add(name)

    def visible(self, name: str) -> Any:
        """What a bare name means where no variable has it, or None."""
        if " " in name or is_special(name) or name in self._misses:
            return None
        found = self.hidden.get(name)
        return _bare(name) if found is None else found

    def names(self) -> Iterable[str]:
        """All bare names; imports nothing of the runtime's."""
        found = {n for n in self.spellings() if n.isidentifier() and n[0] != "_"}
        return sorted(found - self._misses)

    def spellings(self) -> Iterable[str]:
        """The same unsorted, some twice, and with names that no program can spell."""
        from tcalc.runtime.base import registry

        yield from self.hidden
        yield from ALIASES
        yield from EXTRAS
        yield from LATER
        for prefix in BARE:
            yield from (n for n in registry.names(prefix[:-1]) if prefix + n in registry.NAMES)

    def delayed(self, path: tuple[str, ...]) -> tuple[int, str] | None:
        """Whether a dotted name means an op whose first argument is not evaluated yet.

        Then the position and the name of the argument that holds what the first is a function of,
        or -1 and "" where it is one of nothing.
        """
        value = self.visible(path[0])
        for name in path[1:]:
            if type(value) is not Namespace:
                return None
            value = find(value.qualified, name)
        if hasattr(value, "__delayed__"):
            return -1, ""
        op = getattr(value, "__op__", None) if callable(value) else None
        if op is None or not op.delayed:
            return None
        (by,) = op.delayed.values()
        return op.place_of(by), by

    def is_module(self, qualified: str) -> bool:
        """Whether a dotted name is a module's."""
        return is_module(qualified)

    def has_tensor_form(self, name: str) -> bool:
        """Whether a class of Python's, called with a tensor, is PyTorch's function."""
        return name in TENSOR_FORMS


def _keeping_reader(hidden: dict[str, Any]) -> Callable[[Any, str, Any, str], Any]:
    """A reader of attributes that keeps what modules have, where compiled code looks first."""

    def read(value: Any, name: str, root: Any, key: str) -> Any:
        found = attributes.read(value, name)
        if type(value) is Namespace and type(root) is Namespace and name in value.__dict__:
            hidden[key + " "], hidden[key + " in"] = found, root
        return found

    return read


def _bare(name: str) -> Any:
    qualified = ALIASES.get(name)
    if qualified is not None:
        return module(qualified)
    if name.startswith("_"):
        return None
    if name in EXTRAS:
        return EXTRAS[name]()
    if name in LATER:
        return later(name)
    from tcalc.runtime.base import registry

    for prefix in BARE:
        found = registry.lookup(prefix + name)
        if found is not None:
            return found
    return None


# -- imports --------------------------------------------------------------------------------------


def import_module(name: str, top: bool) -> Any:
    """What `import name` binds: the module, or with `top` the first part of its dotted name."""
    found = _module(name)
    if not top or "." not in name:
        return found
    first = name.partition(".")[0]
    return module(first) if type(found) is Namespace else _program(first)


def import_from(name: str, member: str) -> Any:
    """What `from name import member` binds; ImportError if it is not there."""
    if name[0] == ".":
        name = _absolute(name, sys._getframe(1).f_globals)
    source = _module(name)
    if type(source) is not Namespace:
        found = source.find(member, MISSING)
        if found is MISSING and source.folder and not is_special(member):
            inner = _program(f"{name}.{member}")
            found = MISSING if inner is None else inner
    else:
        found = MISSING if is_special(member) else find(name, member)
    if found is MISSING:
        if is_module(f"{name}.{member}"):
            return module(f"{name}.{member}")
        _refuse_known(f"{name}.{member}")
        from tcalc.language.elsewhere import instead_of_member
        from tcalc.suggest import closest

        hint = instead_of_member(f"{name}.{member}")
        near = closest(member, attributes.visible(source)) if hint is None else None
        raise ModuleError(
            f"cannot import name '{member}' from '{name}'",
            hint=f"did you mean {near}?" if near else hint,
        )
    return found


def star(name: str, variables: dict[str, Any]) -> dict[str, Any]:
    """What `from name import *` binds. PyTorch's names are there without it."""
    name = _absolute(name, variables)
    source = _module(name)
    if type(source) is not Namespace:
        return {member: attributes.read(source, member) for member in source.public()}
    if name == "torch":
        return {}
    return {member: find(name, member) for member in members(source)}


def _refuse_known(qualified: str) -> None:
    """Raise the error of what PyTorch has and tcalc has not, if a dotted name is such."""
    home, _, member = qualified.rpartition(".")
    if home.partition(".")[0] in PACKAGES:
        from tcalc.language import absent

        if absent.is_known(home, member):
            message, hint = absent.told(qualified)
            raise ModuleError(message, hint=hint)


def _absolute(name: str, variables: dict[str, Any]) -> str:
    if name[0] != ".":
        return name
    from tcalc.language.programs import absolute

    return absolute(name, variables)


def _program(name: str) -> Any:
    """The program that is a module of this name, run if it was not yet; or None."""
    session = ACTIVE[-1] if ACTIVE else None
    return None if session is None else session.programs.load(name, session.module_folders())


def _module(name: str) -> Any:
    if is_module(name):
        return module(name)
    found = _program(name)
    if found is None:
        _refuse_known(name)
        from tcalc.language.elsewhere import missing

        closed: list[str] = []
        if ACTIVE:
            closed = ACTIVE[-1].programs.closed(ACTIVE[-1].module_folders())
        raise missing(name, closed)
    return found
