"""Standard input, output and error as programs see them."""

from __future__ import annotations

import sys

from tcalc.language.lent import Lent, need_text
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Output(Lent):
    """Standard output or standard error"""

    __slots__ = ("_is_error",)
    _public_ = frozenset({"encoding", "flush", "isatty", "name", "writable", "write", "writelines"})
    encoding = "utf-8"

    def __init__(self, is_error: bool) -> None:
        self._is_error = is_error

    name = property(lambda self: "<stderr>" if self._is_error else "<stdout>")

    @silent
    def write(self, text: str, /) -> int:
        """Put a text out"""
        effect("write")
        need_text("what is written", text)
        if self._is_error:
            put_aside(text)
        else:
            current().write(text)
        return len(text)

    def writelines(self, lines: Iterable[str], /) -> None:
        """Put texts out, one after the other"""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Push out what was written"""
        if self._is_error:
            sys.stderr.flush()
        else:
            current().flush()

    def isatty(self) -> bool:
        """Whether it is a terminal"""
        effect("isatty")
        stream = sys.stderr if self._is_error else sys.stdout
        return stream.isatty()

    def writable(self) -> bool:
        """Whether it can be written"""
        return True

    def __repr__(self) -> str:
        return f"<_io.TextIOWrapper name={self.name!r} mode='w' encoding='utf-8'>"


def put_aside(text: str) -> None:
    """Write to standard error, which on a terminal shows controls escaped."""
    if sys.stderr.isatty():
        from tcalc.display.escape import escape

        text = escape(text)
    sys.stderr.write(text)


class Input(Lent):
    """Standard input"""

    __slots__ = ()
    _public_ = frozenset(
        {"encoding", "isatty", "name", "read", "readable", "readline", "readlines"}
    )
    encoding, name = "utf-8", "<stdin>"

    def readline(self) -> str:
        """The next line with its end; nothing after the last"""
        effect("readline")
        read = current().read_line
        return "" if read is None else read()

    def read(self) -> str:
        """All that is left"""
        return "".join(self)

    def readlines(self) -> List:
        """All the lines that are left"""
        return List(self)

    def readable(self) -> bool:
        """Whether it can be read"""
        return True

    def isatty(self) -> bool:
        """Whether it is a terminal"""
        effect("isatty")
        return sys.stdin.isatty()

    def __iter__(self) -> Iterator[str]:
        return iter(self.readline, "")

    def __repr__(self) -> str:
        return "<_io.TextIOWrapper name='<stdin>' mode='r' encoding='utf-8'>"


OUT, ERR, IN = Output(False), Output(True), Input()


def stream(name: str) -> Any:
    """The stream of a name that the program that runs has now."""
    instead = current().instead.get(name)
    return {"stdout": OUT, "stderr": ERR}[name] if instead is None else instead
