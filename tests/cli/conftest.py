"""Command lines run in this process, with streams of their own."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tcalc.__main__ import main
from tcalc.command.world import World


class Result(NamedTuple):
    """What one command line did."""

    status: int
    out: str
    err: str


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


Cli = Callable[..., Result]


@pytest.fixture
def cli() -> Cli:
    """Run a command line here: cli('1+1', stdin=b'', terminal=False, **environment)."""

    def run(*argv: str, stdin: bytes = b"", terminal: bool = False, **environ: str) -> Result:
        out, err = (Screen(), Screen()) if terminal else (io.StringIO(), io.StringIO())
        world = World(io.TextIOWrapper(io.BytesIO(stdin), "utf-8"), out, err, environ)
        return Result(main(list(argv), world), out.getvalue(), err.getvalue())

    return run


def process(*argv: str, stdin: str | bytes = b"", timeout: float = 30, **more: object) -> Result:
    """Run tcalc in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tcalc", *argv],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=timeout,
        **more,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
