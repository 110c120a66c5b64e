"""The prompt on a terminal that cannot move its cursor: plain lines, edited by the terminal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcalc.parser import is_incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

CONTINUATION = ". "


class Entry(NamedTuple):
    """What was entered. Whether a line was typed or pasted cannot be told here."""

    text: str
    typed: bool = True


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Whether a terminal understands no escape sequences.

    >>> is_dumb({"TERM": "dumb"}), is_dumb({"TERM": "xterm"})
    (True, False)
    """
    return environ.get("TERM", "").lower() in ("dumb", "unknown")


def read_plainly(stream: TextIO, write: Callable[[str], object], prompt: str) -> Entry:
    """The next entry, after a prompt. Raises EOFError at the end, and KeyboardInterrupt for Ctrl-C."""
    text = ""
    write(prompt)
    while True:
        try:
            line = stream.readline()
        except KeyboardInterrupt:
            write("\n")
            raise
        text += line
        if not line:
            write("\n")
            if not text.strip():
                raise EOFError
        whole = text.removesuffix("\n")
        if not line or whole.startswith(":") or not is_incomplete(whole):
            return Entry(whole)
        write(CONTINUATION.rjust(len(prompt)))
