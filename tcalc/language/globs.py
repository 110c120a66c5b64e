"""Patterns of file names: `*`, `?`, `[...]`, and `**` for folders within each other."""

from __future__ import annotations

import os
import re
from fnmatch import translate

from tcalc.language import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MAGIC = re.compile(r"[*?[]")


def matching(pattern: str, recursive: bool) -> Iterator[str]:
    """The names that a pattern fits, of what programs can see; recursive: `**` goes down."""
    root = os.sep if os.path.isabs(pattern) else ""
    parts = [part for part in pattern.split(os.sep) if part]
    return _below(root, parts, recursive)


def _below(folder: str, parts: list[str], recursive: bool) -> Iterator[str]:
    if not parts:
        if folder:
            yield folder
        return
    part, rest = parts[0], parts[1:]
    if part == "**" and recursive:
        yield from _below(folder, rest, recursive)
        for name in _names(folder):
            path = os.path.join(folder, name)
            if places.is_folder(path) and not os.path.islink(path):
                yield from _below(path, parts, recursive)
            elif not rest:
                yield path
    elif _MAGIC.search(part):
        fits = re.compile(translate(part)).match
        for name in _names(folder):
            path = os.path.join(folder, name)
            if fits(name) and (not rest or places.is_folder(path)):
                yield from _below(path, rest, recursive)
    else:
        path = os.path.join(folder, part)
        if rest or places.reach().seen(path) is not None:
            yield from _below(path, rest, recursive)


def _names(folder: str) -> list[str]:
    try:
        return places.reach().listed(folder or os.curdir)
    except OSError:
        return []
