#!/usr/bin/env python3
"""Tells how far tcalc answers recorded samples of PyTorch's operator database as PyTorch does.

    .venv/bin/python scripts/check_samples.py [ANSWERS [NAME ...]]

ANSWERS: what scripts/record_samples.py recorded, by default what the tests take. NAME: only these.
For each stage (forward by dtype, gradients of the first and second order, refusals) it tells how many
of the cases are PyTorch's, then the names of what differs, with how many of their cases. `taken` are the
calls that PyTorch refuses and the contract promises to take: numbers for tensors, and a promotion.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.samples.samples import ANSWERS, read, rows, stages


def main() -> None:
    path, *names = sys.argv[1:] or [str(ANSWERS)]
    cases = read(Path(path))
    good: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    differs: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names or sorted(cases):
        for row in rows(cases[name]):
            for stage, right in stages(row).items():
                told = f"{stage} {row['dtype']}" if stage in ("forward", "missing") else stage
                whole[told] += 1
                good[told] += right
                if not right:
                    differs[name][told] += 1
    for told in sorted(whole):
        print(
            f"{told:20} {good[told]:6} of {whole[told]:6}  {100 * good[told] / whole[told]:6.2f} %"
        )
    print()
    for name, counts in sorted(differs.items(), key=lambda kept: -sum(kept[1].values())):
        print(f"{name}: " + ", ".join(f"{told} {n}" for told, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
