#!/usr/bin/env python3
"""Write docs/accuracy.md: how far tcalc's and PyTorch's results are from the exact ones, op by op.

    .venv/bin/python scripts/make_accuracy.py [--write] [WORD ...]

With words only the ops, dtypes and kinds of numbers that they name are tried; `values`, `gradients` and
`whole` are words too. --write puts what was measured in the place of what stands of it in
tests/ops/accuracy.json, which tests hold tcalc to, and writes the page of all that stands there.
PyTorch (and mpmath, which comes with it) have an environment under .bench/, as for scripts/bench; what
they compute is kept there, so that a run that was ended goes on, and the next one takes tcalc's time alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers import BENCH, ENVIRONMENT, PEERS  # noqa: E402 (after the path)
from precision import page  # noqa: E402 (as above)
from precision.cases import Case, cases, group, what  # noqa: E402 (as above)
from precision.recorded import Recorded  # noqa: E402 (as above)
from precision.rows import Row  # noqa: E402 (as above)
from precision.workers import HERE, Kept, Worker  # noqa: E402 (as above)

TARGET = ROOT / "docs" / "accuracy.md"
RECORDED = ROOT / "tests" / "ops" / "accuracy.json"
KEPT = BENCH / "accuracy.sqlite"
PYTORCH = next(peer for peer in PEERS if peer.name == "PyTorch")
# So often it is told how far a run is, and written what is there, in seconds.
OFTEN = 20.0


def matches(case: Case, words: list[str]) -> bool:
    """Whether a case is asked for."""
    told = [case["op"], case["dtype"], case["kind"], *what(case).split()]
    return all(word in told for word in words)


def measured(asked: list[Case]) -> Iterator[Row]:
    """Cases with the results of all who compute them."""
    theirs = PYTORCH.start
    workers = (
        Kept(Worker("exact", theirs, ENVIRONMENT), KEPT, HERE / "exact.py"),
        Kept(Worker("torch", theirs, ENVIRONMENT), KEPT),
        Worker("tcalc", sys.executable, ENVIRONMENT),
    )
    try:
        for case in asked:
            yield Row.of(case, *[worker.ask(case) for worker in workers])
    finally:
        for worker in workers:
            worker.end()


def main(words: list[str]) -> int:
    """Measure, tell and write."""
    reason = PYTORCH.missing()
    if reason:
        print(f"PyTorch: {reason}", file=sys.stderr)
        return 2
    writes = "--write" in words
    words = [word for word in words if word != "--write"]
    known = list(cases())
    groups = list(dict.fromkeys(map(group, known)))
    asked = [case for case in known if matches(case, words)]
    asked.sort(key=lambda case: groups.index(group(case)))
    recorded = Recorded.read(RECORDED)
    worse, start = 0, time.monotonic()
    told = start

    def write() -> None:
        if writes:
            recorded.keep(known, PYTORCH.version())
            RECORDED.write_text(recorded.text(), encoding="utf-8")
            TARGET.write_text(page.render(recorded), encoding="utf-8")

    for count, row in enumerate(measured(asked), 1):
        recorded.put(row)
        worse += row.is_worse
        if row.is_worse or not writes:
            print(row.text(), flush=True)
        now = time.monotonic()
        if now - told > OFTEN:
            told = now
            print(
                f"{count} of {len(asked)}, {group(row.case)}, {now - start:.0f} s", file=sys.stderr
            )
            write()
    write()
    print(f"{worse} of {len(asked)} are worse than PyTorch's")
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
