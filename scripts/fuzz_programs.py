#!/usr/bin/env python3
"""Runs random hostile programs and tells of those that crash or that we fail on.

    .venv/bin/python scripts/fuzz_programs.py --count 100000 --seed 0 [--jobs 2] [--keep FOLDER]
        [--library]

The program of a seed is always the same; `--show` prints it. Ends with 1 if anything was found.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from fuzzing import library
from fuzzing.children import Ending, endings
from fuzzing.grammar import program

# How a program may end.
GOOD = frozenset({"fine", "late"})


def run(seeds: range, make: Callable[[int], str], seconds: float) -> list[tuple[int, Ending]]:
    """The endings of the programs of some seeds."""
    found = endings((make(seed) for seed in seeds), seconds)
    return [(seed, ending) for seed, (_, ending) in zip(seeds, found)]


def about_library(seed: int) -> str:
    """A program about one of the names around tensors, each in turn."""
    names = library.about()
    return library.program(names[seed % len(names)], seed // len(names))


def main() -> int:
    """Run what the command line asks for and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="children at a time")
    parser.add_argument("--seconds", type=float, default=5.0, help="the time that a program has")
    parser.add_argument("--keep", type=Path, help="a folder for the programs that were found")
    parser.add_argument("--show", action="store_true", help="print the first program and end")
    parser.add_argument("--library", action="store_true", help="about modules, optimizers and such")
    chosen = parser.parse_args()
    make = about_library if chosen.library else program
    if chosen.show:
        print(make(chosen.seed))
        return 0
    begin, counts, size = time.monotonic(), Counter[str](), 200
    end = chosen.seed + chosen.count
    pieces = [range(at, min(at + size, end)) for at in range(chosen.seed, end, size)]
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for results in pool.map(lambda seeds: run(seeds, make, chosen.seconds), pieces):
            for seed, ending in results:
                counts[ending.how] += 1
                if ending.how in GOOD:
                    continue
                print(f"seed {seed}: {ending.how}\n{ending.detail}\n", flush=True)
                if chosen.keep is not None:
                    chosen.keep.mkdir(parents=True, exist_ok=True)
                    (chosen.keep / f"{seed}.tcalc").write_text(make(seed), encoding="utf-8")
    listed = ", ".join(f"{how} {count:,}" for how, count in counts.most_common())
    print(f"{counts.total():,} programs in {time.monotonic() - begin:.0f} s: {listed}")
    return 0 if set(counts) <= GOOD else 1


if __name__ == "__main__":
    sys.exit(main())
