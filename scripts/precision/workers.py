"""Processes that compute cases, each within a bound of time, and what of it is kept for the next run."""

from __future__ import annotations

import hashlib
import pickle
import select
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from precision.cases import Case

# So long may a case take, in seconds.
BOUND = 20.0
HERE = Path(__file__).resolve().parent


class Worker:
    """One that computes cases; it is ended when one takes too long, and another started."""

    def __init__(self, who: str, python: str, environment: dict[str, str]) -> None:
        self.command = [python, "-m", "precision.work", who]
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, case: Case) -> Any:
        """The results of a case, or why there are none."""
        process = self.process or self._started()
        assert process.stdin and process.stdout
        pickle.dump(case, process.stdin)
        process.stdin.flush()
        if select.select([process.stdout], [], [], BOUND)[0]:
            try:
                return pickle.load(process.stdout)
            except EOFError:
                self.end()
                return {"failed": "the process ended"}
        self.end()
        return {"failed": f"it took more than {BOUND:.0f} s"}

    def end(self) -> None:
        """End the process."""
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _started(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=HERE.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self.process


class Kept:
    """A worker whose results are kept in a file, and computed once.

    sources: files of which its results are made: of others nothing is taken up.
    """

    def __init__(self, worker: Worker, path: Path, *sources: Path) -> None:
        self.worker = worker
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = sqlite3.connect(path)
        self.file.execute("create table if not exists results (name text primary key, found blob)")
        made_of = [source.read_bytes() for source in (HERE / "work.py", *sources)]
        self.start = hashlib.sha256(pickle.dumps((worker.command[-1], made_of)))

    def ask(self, case: Case) -> Any:
        """The results of a case, as `Worker.ask`."""
        hashed = self.start.copy()
        hashed.update(repr([case[k] for k in ("text", "op", "kind", "dtype")]).encode())
        for array in case["inputs"]:
            hashed.update(array)
        name = hashed.hexdigest()
        for (found,) in self.file.execute("select found from results where name = ?", [name]):
            return pickle.loads(found)
        results = self.worker.ask(case)
        self.file.execute("insert into results values (?, ?)", [name, pickle.dumps(results)])
        self.file.commit()
        return results

    def end(self) -> None:
        """End the worker."""
        self.worker.end()
        self.file.close()
