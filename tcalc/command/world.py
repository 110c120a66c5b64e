"""What surrounds a run: its streams and its environment, handed in rather than reached for."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


class OutputFailed(BaseException):
    """Standard output takes no more (a full disk). Not for a program's own handlers to see."""


class World:
    """Standard input, output and error, and the environment variables.

    Bytes are read from `stdin.buffer`. ours: whether the process is there for this run alone, so
    that it can be shut in for good.
    """

    __slots__ = ("environ", "ours", "stderr", "stdin", "stdout")

    def __init__(
        self,
        stdin: TextIO,
        stdout: TextIO,
        stderr: TextIO,
        environ: Mapping[str, str],
        ours: bool = False,
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.environ = environ
        self.ours = ours


def put(stream: TextIO, text: str) -> None:
    """Write to standard output. OutputFailed if it takes no more."""
    try:
        stream.write(text)
    except (OSError, ValueError) as error:  # a ValueError if it was closed
        raise OutputFailed(getattr(error, "strerror", None) or str(error)) from None


def tell(stream: TextIO, message: str) -> None:
    """Write a message to standard error; where that takes no more there is nowhere to say so."""
    try:
        stream.write(message + "\n")
        stream.flush()
    except (OSError, ValueError):
        pass


def process_world(ours: bool = False) -> World:
    """The world of this process, its streams set up for a tool among other tools."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (to the end)
    for stream in (sys.stdout, sys.stderr):
        # A line is out as soon as it is written, and no character stops the output.
        stream.reconfigure(errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]  # TextIO
    return World(sys.stdin, sys.stdout, sys.stderr, os.environ, ours)
