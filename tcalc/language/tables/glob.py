"""`glob`: names of files by a pattern, of those that programs may touch."""

from __future__ import annotations

from tcalc.language.globs import matching
from tcalc.language.places import name_of
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def glob(pathname: Any, *, recursive: bool = False) -> List:
    """The names of files and folders that a pattern with `*`, `?` and `[...]` fits"""
    effect("glob")
    return List(matching(name_of(pathname), bool(recursive)))


def iglob(pathname: Any, *, recursive: bool = False) -> Iterator[str]:
    """What glob gives, one by one"""
    effect("iglob")
    return matching(name_of(pathname), bool(recursive))


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"glob": glob, "iglob": iglob}
