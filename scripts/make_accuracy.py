#!/usr/bin/env python3
"""Write docs/accuracy.md: how far tcalc's and PyTorch's results are from the exact ones, op by op.

    .venv/bin/python scripts/make_accuracy.py [--write] [WORD ...]

With words only the ops, dtypes and kinds of numbers that they name are tried; `value`, `gradient` and
`whole` are words too. --write writes the page, and tests/ops/accuracy.json with what tests hold tcalc to.
PyTorch (and mpmath, which comes with it) have an environment under .bench/, as for scripts/bench.
"""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers import BENCH, ENVIRONMENT, PEERS  # noqa: E402 (after the path)
from precision import page  # noqa: E402 (as above)
from precision.cases import Case, cases  # noqa: E402 (as above)

NAME = "scripts/make_accuracy.py"
TARGET = ROOT / "docs" / "accuracy.md"
RECORDED = ROOT / "tests" / "ops" / "accuracy.json"
PYTORCH = next(peer for peer in PEERS if peer.name == "PyTorch")
# Cases that are computed by each in turn.
TOGETHER = 150
KEPT = BENCH / "accuracy"


def matches(case: Case, words: list[str]) -> bool:
    """Whether a case is asked for."""
    told = [case["op"], case["dtype"], case["kind"]]
    told += ["whole" if case["whole"] else "gradient" if case["gradient"] else "value"]
    return all(word in told for word in words)


def measured(some: list[Case], folder: Path) -> list[page.Row]:
    """Cases with the results of all who compute them."""
    found = [results(who, some, folder) for who in ("exact", "torch", "tcalc")]
    return [page.Row.of(case, *of) for case, *of in zip(some, *found, strict=True)]


def results(who: str, some: list[Case], folder: Path) -> list[Any]:
    """What one of them computes; what is not tcalc's is kept, and computed once."""
    given, out = folder / "cases", folder / "results"
    kept = {}
    for case in some if who != "tcalc" else []:
        name = hashlib.sha256(pickle.dumps((who, case))).hexdigest()
        kept[name] = KEPT / name
    if kept and all(path.exists() for path in kept.values()):
        return [pickle.loads(path.read_bytes()) for path in kept.values()]
    given.write_bytes(pickle.dumps(some))
    python = sys.executable if who == "tcalc" else PYTORCH.start
    command = [python, "-m", "precision.work", who, str(given), str(out)]
    subprocess.run(command, env=ENVIRONMENT, cwd=ROOT / "scripts", check=True)
    found: list[Any] = pickle.loads(out.read_bytes())
    KEPT.mkdir(parents=True, exist_ok=True)
    for path, result in zip(kept.values(), found):
        path.write_bytes(pickle.dumps(result))
    return found


def main(words: list[str]) -> int:
    """Measure, tell and write."""
    reason = PYTORCH.missing()
    if reason:
        print(f"PyTorch: {reason}", file=sys.stderr)
        return 2
    writes = "--write" in words
    words = [word for word in words if word != "--write"]
    asked = [case for case in cases() if matches(case, words)]
    rows: list[page.Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(asked), TOGETHER):
            found = measured(asked[start : start + TOGETHER], Path(folder))
            rows += found
            shown = [row.text() for row in found if row.is_worse or not writes]
            print(*shown, sep="\n", end="\n" if shown else "", flush=True)
            print(f"{len(rows)} of {len(asked)}", file=sys.stderr)
            if writes:
                text = page.render(rows, PYTORCH.version(), " ".join([NAME, *sys.argv[1:]]))
                TARGET.write_text(text, encoding="utf-8")
                RECORDED.write_text(page.recorded(rows), encoding="utf-8")
    worse = sum(row.is_worse for row in rows)
    print(f"{worse} of {len(rows)} are worse than PyTorch's")
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
