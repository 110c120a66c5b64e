"""Modules that are programs: what `import name` finds beside the program that runs.

A file of the program's folder, run once for a session, behind the same walls as the program itself.
"""

from __future__ import annotations

import os

from tcalc.errors import AccessError
from tcalc.language import attributes
from tcalc.language.classes import is_special
from tcalc.parser.grammar import METADATA
from tcalc.source import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.source import Source

SUFFIXES = (".tcalc", ".py")


class ProgramModule:
    """A program's variables as a module; they can be read and not assigned to."""

    __slots__ = ("qualified", "variables")

    def __init__(self, qualified: str, path: str) -> None:
        self.qualified = qualified
        self.variables: dict[str, Any] = {"__name__": qualified, "__file__": path}

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

    def __init__(self, run: Callable[[Source, dict[str, Any]], None]) -> None:
        """run: runs a program with variables of its own and shows nothing."""
        self._run = run
        self._modules: dict[str, ProgramModule] = {}

    def load(self, name: str, folder: str) -> ProgramModule | None:
        """The module of that name in a folder, or None. Raises what its program raises."""
        path = _path(name, folder)
        if path is None:
            return None
        found = self._modules.get(path)
        if found is None:
            # There before it runs: two that import each other see what the other has by then.
            found = self._modules[path] = ProgramModule(name, path)
            try:
                self._run(_text(path), found.variables)
            except BaseException:  # what failed half way is no module
                del self._modules[path]
                raise
        return found


def _path(name: str, folder: str) -> str | None:
    """The file that a name means in a folder, under the rules for files."""
    if not name.isidentifier():
        return None
    for suffix in SUFFIXES:
        if os.path.lexists(os.path.join(folder, name + suffix)):
            from tcalc.files.access import find_readable

            return find_readable(name + suffix, [folder], ())
    return None


def _text(path: str) -> Source:
    from tcalc.files.access import reading

    with reading(path) as (file, _):
        return decode(file.read(), path)
