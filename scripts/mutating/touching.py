"""Which tests run which lines of the core: noted once, in a folder that git ignores."""

from __future__ import annotations

import difflib
import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mutating.sites import Mutant

SCRIPTS = Path(__file__).parent.parent


class Test(NamedTuple):
    """A test that touches a line."""

    name: str
    seconds: float

    @property
    def file(self) -> str:
        """Where it is."""
        return self.name.partition("::")[0]


class Notes(NamedTuple):
    """What the tests of one file ran (see `tracer`), of which sources."""

    digest: str
    sources: dict[str, str]
    tests: dict[str, tuple[float, bool, dict[str, int]]]


class Lines:
    """The notes of all test files, brought up to date as it is made.

    Where a source changed since, its lines are found again; where a test file did, it is run anew.
    """

    def __init__(self, root: Path, folders: list[str], jobs: int, anew: bool = False) -> None:
        self.root = root
        self.folder = root / ".mutants"
        self.folder.mkdir(exist_ok=True)
        self.folders = folders
        self.now = {
            str(path.relative_to(root)): path.read_text(encoding="utf-8")
            for folder in folders
            for path in sorted((root / folder).rglob("*.py"))
        }
        files = sorted(str(p.relative_to(root)) for p in (root / "tests").rglob("test_*.py"))
        with ThreadPoolExecutor(jobs) as pool:
            self.notes = list(pool.map(lambda file: self._noted(file, anew), files))

    def _noted(self, file: str, anew: bool) -> Notes:
        digest = hashlib.sha256((self.root / file).read_bytes()).hexdigest()
        kept = self.folder / f"{file.replace(os.sep, '+')}.pickle"
        if kept.exists() and not anew:
            notes: Notes = pickle.loads(kept.read_bytes())
            if notes.digest == digest:
                return notes
        print(f"tracing {file}", flush=True)
        made = kept.with_suffix(".new")
        environment = {
            **os.environ, "PYTHONPATH": str(SCRIPTS), "MUTANTS_ROOT": str(self.root), "MUTANTS_NOTES": str(made),
            "MUTANTS_BASE": os.pathsep.join(f"{folder}/" for folder in self.folders),
        }  # fmt: skip
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "mutating.tracer", file]
        done = subprocess.run([sys.executable, *command], cwd=self.root, env=environment,
                              stdout=subprocess.DEVNULL, check=False)  # fmt: skip
        if done.returncode not in (0, 1):
            sys.exit(f"the tests of {file} end with {done.returncode}")
        notes = Notes(digest, self.now, pickle.loads(made.read_bytes()))
        kept.write_bytes(pickle.dumps(notes))
        made.unlink()
        return notes

    def touching(self, mutant: Mutant, most: int) -> list[Test]:
        """The tests that touch a mutant's line, or else its file, the quickest file first.

        most: of how many of each file, spread over it; 0 for all.
        """
        groups = [list(self._of(notes, mutant, False)) for notes in self.notes]
        if not any(groups):  # a profiler's hook, for one, cannot be traced
            groups = [list(self._of(notes, mutant, True)) for notes in self.notes]
        groups = [group[:: -(-len(group) // most) if most else 1] for group in groups if group]
        groups.sort(key=lambda group: sum(test.seconds for test in group))
        return [test for group in groups for test in group]

    def _of(self, notes: Notes, mutant: Mutant, whole: bool) -> Iterator[Test]:
        path = mutant.path
        then = notes.sources.get(path)
        if then is None:
            return
        ran = {name: of.get(path, 0) for name, (_, passed, of) in notes.tests.items() if passed}
        loaded = ran.pop("")
        lines = (1 << place(then, self.now[path], n) for n in (mutant.line, mutant.statement))
        for wanted in (-1,) if whole else lines:
            # What is run as a module is loaded touches all tests that run anything of it.
            found = [name for name, of in ran.items() if of & (-1 if wanted & loaded else wanted)]
            if found:
                yield from (Test(name, notes.tests[name][0]) for name in found)
                return


@cache
def _places(then: str, now: str) -> list[int]:
    """By line of a text of now, that of then; of new lines, that of the one before."""
    found = [1] * (now.count("\n") + 2)
    if then == now:
        return list(range(len(found)))
    matcher = difflib.SequenceMatcher(None, then.splitlines(), now.splitlines(), autojunk=False)
    for a, b, size in matcher.get_matching_blocks():
        for k in range(size):
            found[b + k + 1] = a + k + 1
    for line in range(1, len(found)):
        if found[line] == 1:
            found[line] = found[line - 1]
    return found


def place(then: str, now: str, line: int) -> int:
    """The line of an earlier text that a line came from."""
    return _places(then, now)[line]
