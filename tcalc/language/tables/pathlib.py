"""`pathlib`: paths as objects, under the same rules as their names."""

from __future__ import annotations

import os
import pathlib

from tcalc.language import globs, places
from tcalc.language.lent import Named, lend
from tcalc.language.places import name_of
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tcalc.language.textfiles import TextFile

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_TEXTS = "name stem suffix parent parts suffixes parents root drive anchor"
_METHODS = """
    absolute as_posix exists expanduser glob is_absolute is_dir is_file is_relative_to iterdir
    joinpath match mkdir open read_text relative_to resolve rglob touch with_name with_stem
    with_suffix write_text cwd
"""


class Path(Named):
    """The path of a file or a folder"""

    __slots__ = ("_pure",)
    _public_ = frozenset({*_TEXTS.split(), *_METHODS.split()})

    def __init__(self, *parts: Any) -> None:
        self._pure = pathlib.PurePath(*[name_of(part) for part in parts])
        self.text = str(self._pure)

    # -- as text --------------------------------------------------------------------------------

    name = property(lambda self: self._pure.name)
    stem = property(lambda self: self._pure.stem)
    suffix = property(lambda self: self._pure.suffix)
    root = property(lambda self: self._pure.root)
    drive = property(lambda self: self._pure.drive)
    anchor = property(lambda self: self._pure.anchor)
    parts = property(lambda self: self._pure.parts)
    suffixes = property(lambda self: List(self._pure.suffixes))
    parent = property(lambda self: Path(str(self._pure.parent)))
    parents = property(lambda self: tuple([Path(str(p)) for p in self._pure.parents]))

    def joinpath(self, *others: Any) -> Path:
        """The path with others after it"""
        return Path(self.text, *others)

    def __truediv__(self, other: Any) -> Any:
        if type(other) is not str and type(other) is not Path:
            return NotImplemented
        return Path(self.text, other)

    def __rtruediv__(self, other: Any) -> Any:
        return Path(other, self.text) if type(other) is str else NotImplemented

    def with_name(self, name: str) -> Path:
        """The path with another last part"""
        return Path(str(self._pure.with_name(name_of(name))))

    def with_stem(self, stem: str) -> Path:
        """The path with another name before the suffix"""
        return Path(str(self._pure.with_stem(name_of(stem))))

    def with_suffix(self, suffix: str) -> Path:
        """The path with another suffix"""
        return Path(str(self._pure.with_suffix(name_of(suffix))))

    def as_posix(self) -> str:
        """The path as text, with `/` between its parts"""
        return self._pure.as_posix()

    def is_absolute(self) -> bool:
        """Whether it goes from the root on"""
        return self._pure.is_absolute()

    def relative_to(self, *other: Any) -> Path:
        """The path as seen from one that it lies below"""
        return Path(str(self._pure.relative_to(Path(*other).text)))

    def is_relative_to(self, *other: Any) -> bool:
        """Whether it lies below another"""
        return self._pure.is_relative_to(Path(*other).text)

    def match(self, pattern: str) -> bool:
        """Whether a pattern with `*`, `?` and `[...]` fits it"""
        return self._pure.match(name_of(pattern))

    def absolute(self) -> Path:
        """The path from the root on"""
        return Path(os.path.join(places.here(), self.text))

    def resolve(self, strict: bool = False) -> Path:
        """The path from the root on, with its links followed where the program can see it"""
        effect("resolve")
        found = places.reach().real(self.text)
        return Path(places.absolute(self.text) if found is None else found)

    def expanduser(self) -> Path:
        """The path as it is: a program here has no home, so `~` stays"""
        return self

    @staticmethod
    def cwd() -> Path:
        """The working directory"""
        return Path(places.here())

    # -- what it names --------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether there is a file or a folder of this name that programs may touch"""
        effect("exists")
        return places.reach().seen(self.text) is not None

    def is_file(self) -> bool:
        """Whether there is such a file"""
        effect("is_file")
        return places.is_file(self.text)

    def is_dir(self) -> bool:
        """Whether there is such a folder"""
        effect("is_dir")
        return places.is_folder(self.text)

    def iterdir(self) -> Iterator[Path]:
        """The paths of what is in the folder, in order"""
        effect("iterdir")
        return iter([self / name for name in places.reach().listed(self.text)])

    def glob(self, pattern: str) -> Iterator[Path]:
        """The paths below it that a pattern fits"""
        effect("glob")
        return iter([Path(found) for found in globs.matching(str(self / pattern), True)])

    def rglob(self, pattern: str) -> Iterator[Path]:
        """The paths at any depth below it that a pattern fits"""
        return self.glob(os.path.join("**", name_of(pattern)))

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Make the folder, and with `parents` those that it is in"""
        effect("mkdir")
        places.reach().make(self.text, parents=bool(parents), exist_ok=bool(exist_ok))

    def open(self, mode: str = "r", buffering: int = -1, **options: Any) -> TextFile:
        """Open the text file, as `open` does"""
        from tcalc.language.textfiles import opened

        return opened(self, mode, buffering, **options)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """The text in the file"""
        with self.open("r", encoding=encoding, errors=errors) as file:
            return file.read()

    @silent
    def write_text(
        self,
        data: str,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> int:
        """Write a text into the file"""
        with self.open("w", encoding=encoding, errors=errors, newline=newline) as file:
            return file.write(data)

    def touch(self, mode: int = 0o666, exist_ok: bool = True) -> None:
        """Make the text file if it is not there"""
        if not (self.exists() and exist_ok):
            self.open("x").close()

    # -- as a value -----------------------------------------------------------------------------

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self._pure).__name__.removeprefix('Pure')}({self._pure.as_posix()!r})"

    def __hash__(self) -> int:
        return hash(self._pure)

    def __eq__(self, other: object) -> bool:
        return self._pure == other._pure if type(other) is Path else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._pure < other._pure if type(other) is Path else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._pure <= other._pure if type(other) is Path else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._pure > other._pure if type(other) is Path else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._pure >= other._pure if type(other) is Path else NotImplemented


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {**lend("pathlib", Path), "PurePath": Path, "PosixPath": Path}
