"""Runs programs by the hundred in a child process and tells how each ended.

A child runs them one after the other, each in a session of its own, as the command does; when one
takes the child with it, the next go on in a new child.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent.parent
# An address as Python's own reprs write it.
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")
# What a program gets beyond its own time limit before its child is killed.
PATIENCE = 3.0
# From so much more on a child looks for what the programs before left.
ENOUGH = 1 << 28


class Ending(NamedTuple):
    """How a program ended.

    how: "fine" with a value or a located error, "late" past its time, and what must not be:
    "crash" (the child died), "internal" (an error of ours), "traceback", "address".
    """

    how: str
    detail: str


def endings(
    programs: Iterable[str], seconds: float = 5.0, memory: str = "1G"
) -> Iterator[tuple[str, Ending]]:
    """Every program with how it ended, in order; seconds: the time each has."""
    child: _Child | None = None
    try:
        for program in programs:
            child = child or _Child(seconds, memory)
            ending = child.run(program)
            if child.ended:
                child = None
            yield program, ending
    finally:
        if child is not None:
            child.end()


class _Child:
    """A process that runs programs."""

    def __init__(self, seconds: float, memory: str) -> None:
        self._patience = seconds + PATIENCE
        # What it writes is nobody's.
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ENTRY, str(seconds), memory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self._folder.name,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"},
        )
        self.ended = False

    def run(self, program: str) -> Ending:
        """How a program ends; afterwards the child may have ended, too."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None and answers is not None
        said = ""
        with contextlib.suppress(BrokenPipeError):
            asks.write(json.dumps(program) + "\n")
            asks.flush()
            # A child takes a moment to start, and a loaded machine longer.
            if not select.select([answers], [], [], self._patience)[0]:
                self.end()
                return Ending("late", "in one call of C")
            said = answers.readline()
        if said:
            return Ending(*json.loads(said))
        return Ending("crash", f"the child ended with {self.end()}")

    def end(self) -> int:
        """End the child; the status it ended with, or would not have without us."""
        self.ended = True
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._folder.cleanup()


# What a child runs.
_ENTRY = "from fuzzing.children import serve; serve()"


# -- in the child ---------------------------------------------------------------------------------


def _run(program: str, memory: str, deadline: Any) -> Ending:
    from tcalc.__main__ import main
    from tcalc.command.limits import TimedOut
    from tcalc.command.world import World

    out, err = io.StringIO(), io.StringIO()
    world = World(io.TextIOWrapper(io.BytesIO()), out, err, {})
    try:
        with deadline:
            main(["--json", "--keep-going", "--max-memory", memory, program], world)
    except TimedOut:
        return Ending("late", "")
    except BaseException as error:  # what is looked for: nothing should get here
        return Ending("traceback", f"{type(error).__name__}: {error}")
    said = out.getvalue() + err.getvalue()
    for how, wrong in (
        ("internal", "InternalError"),
        ("traceback", "Traceback (most recent call last)"),
    ):
        if wrong in said:
            return Ending(how, said)
    found = ADDRESS.search(said)
    if found is not None:
        return Ending("address", said[max(0, found.start() - 200) : found.end() + 200])
    return Ending("late" if "TimedOut" in said else "fine", "")


def serve() -> None:
    """Run the programs that come on standard input, a line of JSON each, and answer in kind."""
    import warnings

    from tcalc.command.limits import deadline
    from tcalc.runtime.base.memory import resident

    seconds, memory = float(sys.argv[1]), sys.argv[2]
    # What programs or libraries write past their streams must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    stays = 0
    for line in sys.stdin:
        ending = _run(json.loads(line), memory, deadline(seconds))
        if resident() - stays > ENOUGH:
            gc.collect()
            stays = resident()
        answers.write(json.dumps(ending) + "\n")
        answers.flush()
