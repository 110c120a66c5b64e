#!/usr/bin/env python3
"""Run examples/ under PyTorch and under tcalc: record what PyTorch prints, or compare and time both.

`PYTHON scripts/examples.py --record`, with a Python that has torch 2.13 and torchvision, writes what short runs
print to tests/golden/examples.json, and what the snippets in tests/golden/snippets print beside them. `scripts/examples.py --torch PYTHON` runs each whole in both,
turn about, and prints a row for docs/benchmarks.md: the times of the whole commands and how far the
printed numbers lie apart.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
RECORDED = ROOT / "tests" / "golden" / "examples.json"
SNIPPETS = sorted((ROOT / "tests" / "golden" / "snippets").glob("*.tcalc"))
PRINTED = ROOT / "tests" / "golden" / "snippets" / "answers.json"
# How many epochs or steps a short run has.
SHORT = {
    "augmented": 2, "autoencoder": 2, "characters": 8, "copying_transformer": 8, "digits_cnn": 1,
    "finetune": 10, "graph": 40, "linear_regression": 20, "moons": 20, "reinforce": 10, "sine_lstm": 8,
    "transfer": 4, "vae": 4,
}  # fmt: skip
# A share of what is right jumps where one example does, which rounding decides.
_SHARE = re.compile(r"(accuracy|right:) +\d\.\d+")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?")


def run(
    command: list[str], path: Path, count: int | None, folder: str | Path = ROOT
) -> tuple[str, float]:
    """What an example prints in a folder, and the seconds that it takes from start to exit."""
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, str(path), *([str(count)] if count else [])],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )  # fmt: skip
    return done.stdout, time.perf_counter() - begun


def difference(mine: str, theirs: str) -> float:
    """The greatest difference of the numbers in two texts; infinite where the words differ.

    Shares of what is right are passed by.

    >>> difference("loss 0.5 of 3", "loss 0.25 of 3"), difference("loss 0.5", "lost 0.5")
    (0.25, inf)
    """
    mine, theirs = (_SHARE.sub(r"\1", text) for text in (mine, theirs))
    if _NUMBER.sub("", mine) != _NUMBER.sub("", theirs):
        return float("inf")
    pairs = zip(_NUMBER.findall(mine), _NUMBER.findall(theirs))
    return max((abs(float(a) - float(b)) for a, b in pairs), default=0.0)


def record() -> None:
    """Write what PyTorch prints in short runs."""
    _keep(RECORDED, {p.stem: run([sys.executable], p, SHORT[p.stem])[0] for p in EXAMPLES})
    with tempfile.TemporaryDirectory() as folder:
        _keep(PRINTED, {p.stem: run([sys.executable], p, None, folder)[0] for p in SNIPPETS})


def _keep(path: Path, answers: dict[str, str]) -> None:
    path.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def compare(torch: str, rounds: int) -> None:
    """Print a row for each example: the best times of both and how far their numbers are apart."""
    print("| example | tcalc | PyTorch | greatest difference |\n|---|---|---|---|")
    for path in EXAMPLES:
        mine, theirs = [], []
        for _ in range(rounds):
            mine.append(run([sys.executable, "-m", "tcalc", "-q"], path, None))
            theirs.append(run([torch], path, None))
        ours, others = min(t for _, t in mine), min(t for _, t in theirs)
        apart = difference(mine[0][0], theirs[0][0])
        print(
            f"| `{path.name}` | {ours:.2f} s | {others:.2f} s ({others / ours:.2f}) | {apart:.1g} |",
            flush=True,
        )


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write tests/golden/examples.json")
    parser.add_argument(
        "--torch", metavar="PYTHON", help="a Python that has torch, to compare with"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="runs of each (3)")
    chosen = parser.parse_args()
    if chosen.record:
        record()
    elif chosen.torch:
        compare(chosen.torch, chosen.rounds)
    else:
        parser.error("give --record or --torch PYTHON")


if __name__ == "__main__":
    main()
