"""Our own tables of the modules that programs may import beside torch and numpy.

A module's table is made when it is first asked for. What is not in a table does not exist.
"""

from __future__ import annotations

from importlib import import_module

from tcalc.language import classes
from tcalc.language.tables import TABLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_tables: dict[str, dict[str, Any]] = {}


def table(name: str) -> dict[str, Any]:
    """The members of one of our modules.

    >>> sorted(table("copy"))
    ['copy', 'deepcopy']
    """
    found = _tables.get(name)
    if found is None:
        made = import_module(f"tcalc.language.tables.{TABLES[name]}").members()
        found = _tables[name] = classes.call_members(name, made)
    return found


def taken(module: Any, names: str) -> dict[str, Any]:
    """The named members of one of Python's modules; the classes become callable by name."""
    made = {name: getattr(module, name) for name in names.split() if hasattr(module, name)}
    classes.NAMED.update(v for v in made.values() if isinstance(v, type))
    stands_in(module)
    return made


def stands_in(module: Any) -> None:
    """What fails in one of Python's modules is the program's that called it."""
    module.__dict__["_stands_in_"] = True
