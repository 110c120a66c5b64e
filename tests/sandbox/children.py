"""Processes for the tests of the wall: it is raised for good, so never in the one that tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tcalc.sandbox import landlock, seccomp

HERE = Path(__file__).parent
LINUX = sys.platform.startswith("linux")
ABI = landlock.version() if LINUX else 0
FILTERS = LINUX and seccomp.available()

needs_landlock = pytest.mark.skipif(not ABI, reason="this kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(not FILTERS, reason="this kernel has no seccomp filters")
needs_both = pytest.mark.skipif(not (ABI and FILTERS), reason="this kernel lacks a part")


class Done(NamedTuple):
    """What a process came to."""

    status: int
    out: str
    err: str


def python(
    script: str, *arguments: object, cwd: Path | None = None, stdin: str = "", **more: object
) -> Done:
    """Run a script in a process of its own."""
    return _run([sys.executable, "-c", script, *map(str, arguments)], cwd, stdin, **more)


def tcalc(*arguments: object, cwd: Path | None = None, stdin: str = "", **more: object) -> Done:
    """Run a command line."""
    return _run([sys.executable, "-m", "tcalc", *map(str, arguments)], cwd, stdin, **more)


def opened(*arguments: object, cwd: Path | None = None, stdin: str = "", **more: object) -> Done:
    """Run a command line of the tcalc whose programs are plain Python."""
    script = HERE / "opened.py"
    return _run([sys.executable, str(script), *map(str, arguments)], cwd, stdin, **more)


def _run(
    command: list[str],
    cwd: Path | None,
    stdin: str,
    environ: Mapping[str, str] | None = None,
    **more: object,
) -> Done:
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env=environ,
        **more,
    )
    return Done(done.returncode, done.stdout, done.stderr)
