"""Runs the tests that touch a mutant, in a copy of the project."""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from mutating.sites import Mutant
from mutating.touching import SCRIPTS, Test

# What a test may take beside what it took when it was traced: it shares the machine.
_LEAST, _TIMES = 30.0, 20.0


class Outcome(NamedTuple):
    """How the tests of a mutant ended: caught, survived, or unfinished; and by which test."""

    caught: bool
    how: str


class Copy:
    """A copy of the project in which one mutant at a time is tried."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = folder / "copy"
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(root, self.root, ignore=ignored)
        self.tests = folder / "tests.json"
        self.good: set[Test] = set()  # tests that pass here without a mutant
        # Compiled files are told by contents: a mutant may have the age and size of the original.
        compileall.compile_dir(
            self.root / "tcalc",
            quiet=2,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )

    def outcome(self, mutant: Mutant, tests: list[Test], seconds: float) -> Outcome:
        """Run the tests with the mutant in place."""
        if not tests:
            return Outcome(False, "no test touches it")
        path = self.root / mutant.path
        source = path.read_bytes()
        while True:
            path.write_bytes(mutant.applied(source))
            try:
                outcome = self._in_turn(tests, seconds)
            finally:
                path.write_bytes(source)
            by = next((test for test in tests if test.name == outcome.how), None)
            if by is None or by in self.good:
                return outcome
            if self._run([by], time.monotonic() + seconds) is None:
                self.good.add(by)
                return outcome
            # It fails here without the mutant too.
            tests = [test for test in tests if test != by]

    def _in_turn(self, tests: list[Test], seconds: float) -> Outcome:
        """Run a few files of tests, then the others: most mutants are caught by any."""
        files = list(dict.fromkeys(test.file for test in tests))
        end = time.monotonic() + seconds
        for begin, stop in ((0, 4), (4, 16), (16, len(files))):
            some = frozenset(files[begin:stop])
            outcome = self._run([test for test in tests if test.file in some], end)
            if outcome is not None:
                return outcome
        return Outcome(False, f"{len(tests)} tests pass")

    def _run(self, tests: list[Test], end: float) -> Outcome | None:
        """How tests find a mutant, or None."""
        if not tests:
            return None
        limits = {test.name: max(_LEAST, _TIMES * test.seconds) for test in tests}
        self.tests.write_text(json.dumps(limits))
        self.tests.with_suffix(".failed").unlink(missing_ok=True)
        files = dict.fromkeys(test.file for test in tests)
        environment = {
            **os.environ, "PYTHONPATH": str(SCRIPTS), "MUTANTS_TESTS": str(self.tests),
        }  # fmt: skip
        command = [
            sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:faulthandler",
            "-p", "no:cacheprovider", "-p", "mutating.chosen", *files,
        ]  # fmt: skip
        run = subprocess.Popen(command, cwd=self.root, env=environment, start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            run.wait(max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, 9)
            run.wait()
            return Outcome(False, "not decided in time")
        if run.returncode in (0, 5):  # 5: it found none of them
            return None
        failed = self.tests.with_suffix(".failed")
        if failed.exists():
            return Outcome(True, failed.read_text())
        hangs = run.returncode == 1  # as the watchdog ends it
        return Outcome(True, "a test hangs" if hangs else f"pytest ends with {run.returncode}")
