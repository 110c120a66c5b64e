"""Names of files as programs give them, and what the session that runs lets them reach."""

from __future__ import annotations

import os

from tcalc.language.active import ACTIVE
from tcalc.language.lent import Named
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tcalc.files.reach import Reach

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def name_of(value: Any) -> str:
    """The name of a file: a text, or that of a path of ours; TypeError for anything else."""
    if type(value) is str:
        return value
    if isinstance(value, Named):  # no program derives from it
        return value.text
    raise TypeError(f"a path must be a str or a Path, not {type(value).__name__}")


def reach() -> Reach:
    """What the program that runs can reach."""
    found: Reach = ACTIVE[-1].reach
    return found


def here() -> str:
    """The working directory."""
    effect("getcwd")
    try:
        return os.getcwd()
    except OSError:
        raise FileNotFoundError("the working directory is gone") from None


def absolute(name: str) -> str:
    """A name as an absolute path, as text."""
    return os.path.normpath(name if os.path.isabs(name) else os.path.join(here(), name))


def walk(top: str, topdown: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder below one with the names of what is in it: folders, then files."""
    try:
        names = reach().listed(top)
    except OSError:
        return
    from tcalc.runtime.objects.lists import List

    folders = List(name for name in names if is_folder(os.path.join(top, name)))
    files = List(name for name in names if not is_folder(os.path.join(top, name)))
    if topdown:
        yield top, folders, files
    for name in list(folders):
        if type(name) is str and not os.path.islink(os.path.join(top, name)):
            yield from walk(os.path.join(top, name), topdown)
    if not topdown:
        yield top, folders, files


def is_folder(name: str) -> bool:
    """Whether a folder that the program can see has this name."""
    path = reach().real(name)
    return path is not None and os.path.isdir(path)


def is_file(name: str) -> bool:
    """Whether a file that the program can see has this name."""
    path = reach().real(name)
    return path is not None and os.path.isfile(path)


def writers() -> Any:
    """The files of the running session that may have something left to write."""
    return current().writers
