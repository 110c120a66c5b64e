"""`os.path`: names of files as text, and what a program can see of the files themselves."""

from __future__ import annotations

import os

from tcalc.errors import MissingFile
from tcalc.language import places
from tcalc.language.places import name_of
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _of_text(function: Callable[[str], Any]) -> Callable[[Any], Any]:
    def call(path: Any, /) -> Any:
        return function(name_of(path))

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


def join(path: Any, *paths: Any) -> str:
    """Names put together, with separators between them"""
    return os.path.join(name_of(path), *[name_of(p) for p in paths])


def relpath(path: Any, start: Any = os.curdir) -> str:
    """A path as seen from a folder, by default the working directory"""
    return os.path.relpath(places.absolute(name_of(path)), places.absolute(name_of(start)))


def abspath(path: Any) -> str:
    """A path from the root on"""
    return places.absolute(name_of(path))


def expanduser(path: Any) -> str:
    """The path as it is: a program here has no home, so `~` stays"""
    return name_of(path)


def expandvars(path: Any) -> str:
    """The path as it is: a program here has no environment"""
    return name_of(path)


def realpath(path: Any, *, strict: bool = False) -> str:
    """A path with its links followed, where the program can see what it names"""
    effect("realpath")
    found = places.reach().real(name_of(path))
    return places.absolute(name_of(path)) if found is None else found


def exists(path: Any) -> bool:
    """Whether there is a file or a folder of this name that programs may touch"""
    effect("exists")
    return places.reach().seen(name_of(path)) is not None


def isfile(path: Any) -> bool:
    """Whether there is a file of this name that programs may touch"""
    effect("isfile")
    return places.is_file(name_of(path))


def isdir(path: Any) -> bool:
    """Whether there is a folder of this name that programs may touch"""
    effect("isdir")
    return places.is_folder(name_of(path))


def _status(path: Any) -> os.stat_result:
    name = name_of(path)
    found = places.reach().seen(name)
    if found is None:
        raise MissingFile(f"no such file: {name}", argument="path")
    return found


def getsize(path: Any) -> int:
    """The size of a file in bytes"""
    effect("getsize")
    return _status(path).st_size


def getmtime(path: Any) -> float:
    """When a file was last written, in seconds since 1970"""
    effect("getmtime")
    return _status(path).st_mtime


def commonpath(paths: Any) -> str:
    """The folder that all of the paths have in common"""
    return os.path.commonpath([name_of(p) for p in paths])


def members() -> dict[str, Any]:
    """What programs find in it."""
    pure = (
        os.path.basename, os.path.dirname, os.path.split, os.path.splitext, os.path.normpath,
        os.path.isabs, os.path.normcase, os.path.splitdrive,
    )  # fmt: skip
    own = (
        join, relpath, abspath, expanduser, expandvars, realpath, exists, isfile, isdir, getsize,
        getmtime, commonpath,
    )  # fmt: skip
    named = {"sep": os.sep, "curdir": os.curdir, "pardir": os.pardir, "pathsep": os.pathsep}
    made: dict[str, Any] = {f.__name__: _of_text(f) for f in pure}
    return {**made, **{f.__name__: f for f in own}, **named, "lexists": exists}
