"""Text in memory and in files, as programs read and write it.

A file is read whole when it is opened. What is written to one stands in memory until it is closed
or flushed, and then takes the file's place at once.
"""

from __future__ import annotations

import io
from operator import index

from tcalc.errors import ArgumentError, ExistingFile
from tcalc.language import places
from tcalc.language.lent import Lent, need_text
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_SHOWN = """
    close closed flush isatty read readable readline readlines seek seekable tell truncate writable
    write writelines
"""
_NEWLINES = (None, "", "\n", "\r", "\r\n")


class TextBuffer(Lent):
    """Text that is read and written like a file."""

    __slots__ = ("_text",)
    _public_ = frozenset(_SHOWN.split())

    def __init__(self, text: str, newline: str | None) -> None:
        if newline not in _NEWLINES or type(newline) not in (str, type(None)):
            raise ValueError(f"illegal newline value: {newline!r}")
        self._text = io.StringIO(text, newline)

    closed = property(lambda self: self._text.closed)

    def read(self, size: int | None = -1, /) -> str:
        """The text from where it has come to, so many characters or all"""
        return self._text.read(_count(size))

    def readline(self, size: int | None = -1, /) -> str:
        """The next line with its end; nothing after the last"""
        return self._text.readline(_count(size))

    def readlines(self, hint: int | None = -1, /) -> List:
        """The lines from where it has come to"""
        return List(self._text.readlines(_count(hint)))

    @silent
    def write(self, text: str, /) -> int:
        """Put a text in; how many characters that were"""
        effect("write")
        return self._text.write(need_text("what is written", text))

    def writelines(self, lines: Iterable[str], /) -> None:
        """Put texts in, one after the other"""
        for line in lines:
            self.write(line)

    @silent
    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place in the text"""
        effect("seek")
        return self._text.seek(index(offset), index(whence))

    def tell(self) -> int:
        """Where in the text it has come to"""
        return self._text.tell()

    @silent
    def truncate(self, size: int | None = None, /) -> int:
        """Cut the text off at a place"""
        effect("truncate")
        return self._text.truncate(None if size is None else index(size))

    def flush(self) -> None:
        """Nothing waits here"""

    def close(self) -> None:
        """Let go of the text"""
        self._text.close()

    def isatty(self) -> bool:
        """Whether it is a terminal: no"""
        return False

    def readable(self) -> bool:
        """Whether it can be read"""
        return True

    def writable(self) -> bool:
        """Whether it can be written"""
        return True

    def seekable(self) -> bool:
        """Whether it has places to go to"""
        return True

    def __enter__(self) -> Self:
        if self._text.closed:
            raise ValueError("I/O operation on closed file.")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> str:
        line = self.readline()
        if not line:
            raise StopIteration
        return line


def _count(size: Any) -> int:
    return -1 if size is None else index(size)


class TextFile(TextBuffer):
    """A text file that is open"""

    __slots__ = ("_at_end", "_changed", "_errors", "_path", "_reads", "encoding", "mode", "name")
    _public_ = TextBuffer._public_ | {"encoding", "errors", "mode", "name"}

    def __init__(
        self,
        name: str,
        mode: str,
        path: str,
        text: str,
        encoding: str | None,
        errors: str | None,
        newline: str | None,
    ) -> None:
        """text: what is in it so far. path: where what is written goes."""
        self._path, self.name, self.mode = path, name, mode
        self.encoding, self._errors = encoding or "utf-8", errors
        self._reads = "r" in mode or "+" in mode
        self._at_end, self._changed = "a" in mode, False
        super().__init__(text, newline if "r" in mode else newline or "\n")
        if self._at_end:
            self._text.seek(0, 2)

    errors = property(lambda self: self._errors or "strict")

    def read(self, size: int | None = -1, /) -> str:
        """The text from where it has come to, so many characters or all"""
        self._need(self._reads, "readable")
        return super().read(size)

    def readline(self, size: int | None = -1, /) -> str:
        """The next line with its end; nothing after the last"""
        self._need(self._reads, "readable")
        return super().readline(size)

    def readlines(self, hint: int | None = -1, /) -> List:
        """The lines from where it has come to"""
        self._need(self._reads, "readable")
        return super().readlines(hint)

    @silent
    def write(self, text: str, /) -> int:
        """Put a text in; how many characters that were"""
        self._need(self.writable(), "writable")
        if self._at_end:
            self._text.seek(0, 2)
        self._changed = True
        return super().write(text)

    @silent
    def truncate(self, size: int | None = None, /) -> int:
        """Cut the text off at a place"""
        self._need(self.writable(), "writable")
        self._changed = True
        return super().truncate(size)

    def flush(self) -> None:
        """Write to the file what it does not have yet"""
        if self._changed and not self._text.closed:
            from tcalc.files import texts

            texts.write(self._path, self.name, self._text.getvalue(), self.encoding, self._errors)
            self._changed = False

    def close(self) -> None:
        """Write to the file what it does not have yet, and be done"""
        try:
            self.flush()
        finally:
            super().close()

    def readable(self) -> bool:
        """Whether it was opened to be read"""
        return self._reads

    def writable(self) -> bool:
        """Whether it was opened to be written"""
        return self.mode not in ("r", "rt")

    def _need(self, has: bool, what: str) -> None:
        if not has:
            raise io.UnsupportedOperation(f"not {what}")

    def made(self) -> None:
        """The file is to be there even if nothing is written to it."""
        self._changed = True

    def __del__(self) -> None:
        # `open(name, 'w').write(text)` closes nothing.
        if hasattr(self, "_text"):
            self.flush()

    def __repr__(self) -> str:
        return (
            f"<_io.TextIOWrapper name={self.name!r} mode={self.mode!r} encoding={self.encoding!r}>"
        )


TextFile.__name__ = TextFile.__qualname__ = "TextIOWrapper"
TextFile.__module__ = "_io"


def opened(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> TextFile:
    """Open a text file.

    mode: "r" to read, "w" to write anew, "a" to write at its end, "x" to write one that is not
    there, each with "+" to do both. The name must end in .txt .csv .tsv .json .jsonl .md or .log.
    What is written takes the file's place whole, when it is closed or flushed.

        with open("notes.txt") as f:
            for line in f:
                print(line.strip())
    """
    effect("open")
    from tcalc.files import texts

    name = places.name_of(file)
    kind = _kind(need_text("mode", mode))
    texts.need_text(name)
    texts.codec(encoding), texts.errors_of(errors)
    reach = places.reach()
    if kind == "r":
        path = reach.readable(name)
        if "+" in mode:
            path = reach.writable(path)
        text = texts.read(path, name, encoding, errors)
    else:
        path = reach.writable(name)
        there = reach.seen(path) is not None
        if kind == "x" and there:
            raise ExistingFile(f"{name} is there already", argument="file")
        text = texts.read(path, name, encoding, errors) if kind == "a" and there else ""
    made = TextFile(name, mode, path, text, encoding, errors, newline)
    if kind in "wx":
        made.made()
    if kind != "r" or "+" in mode:
        places.writers().add(made)
    return made


def _kind(mode: str) -> str:
    """The letter that says what a mode is for."""
    if "b" in mode and "t" not in mode:
        raise ArgumentError(
            f"open() takes texts, not bytes (mode {mode!r})",
            hint="load(name) and save(value, name), torch.load and torch.save, np.load and np.save "
            "read and write data files",
            argument="mode",
        )
    kinds = [letter for letter in "rwax" if letter in mode]
    if len(kinds) != 1 or len(set(mode)) != len(mode) or set(mode) - set("rwaxt+"):
        raise ValueError(f"invalid mode: {mode!r}")
    return kinds[0]


opened.__name__ = opened.__qualname__ = "open"
opened.__module__ = "builtins"
