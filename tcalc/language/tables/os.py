"""`os`: names of files and folders under the file rules; no environment and no processes."""

from __future__ import annotations

import os

from tcalc.language import places
from tcalc.language.namespace import module
from tcalc.language.places import name_of
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.setting import Setting
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def getcwd() -> str:
    """The working directory"""
    return places.here()


def listdir(path: Any = ".") -> List:
    """The names of what is in a folder, in order"""
    effect("listdir")
    return List(places.reach().listed(name_of(path)))


def walk(top: Any, topdown: bool = True) -> Iterator[tuple[str, Any, Any]]:
    """(folder, names of folders, names of files), for a folder and each one below it"""
    effect("walk")
    return places.walk(name_of(top), bool(topdown))


def mkdir(path: Any, mode: int = 0o777) -> None:
    """Make a folder"""
    effect("mkdir")
    places.reach().make(name_of(path), parents=False, exist_ok=False)


def makedirs(name: Any, mode: int = 0o777, exist_ok: bool = False) -> None:
    """Make a folder and those that it is in"""
    effect("makedirs")
    places.reach().make(name_of(name), parents=True, exist_ok=bool(exist_ok))


def fspath(path: Any) -> str:
    """A path as text"""
    return name_of(path)


def cpu_count() -> int | None:
    """How many cores the machine has"""
    effect("cpu_count")
    return os.cpu_count()


def getenv(key: Any, default: Any = None) -> Any:
    """What the program itself has put into `os.environ` under a name"""
    effect("getenv")
    return dict.get(_environ(), key, default)


def _environ() -> dict[Any, Any]:
    found: dict[Any, Any] = current().environment
    return found


def members() -> dict[str, Any]:
    """What programs find in it."""
    functions = (getcwd, listdir, walk, mkdir, makedirs, fspath, cpu_count, getenv)
    texts = {
        name: getattr(os, name)
        for name in ("sep", "altsep", "extsep", "pathsep", "linesep", "curdir", "pardir", "name")
    }
    return {
        **{function.__name__: function for function in functions},
        **texts,
        "path": module("os.path"),
        "environ": Setting(_environ),
    }
