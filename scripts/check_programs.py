#!/usr/bin/env python3
"""Run generated programs in PyTorch and in tcalc, and tell where they differ.

    .venv/bin/python scripts/check_programs.py --torch PYTHON --count 20000 --seed 1

PYTHON: one that has torch 2.13. Of each kind of difference the first program is shown, made as small
as it still differs in that way, and the seeds of the others. Ends with 1 if there were any.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.programs.comparing import answer, differences
from tests.programs.generator import program

SEEDS = 12


class Torch:
    """PyTorch in a process of its own, which may crash."""

    def __init__(self, python: str) -> None:
        script = str(Path(__file__).with_name("record_programs.py"))
        self._command = [python, script, "--serve"]
        self._child = self._start()

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, text=True)

    def answer(self, lines: list[str]) -> list[Any] | None:
        """What PyTorch makes of a program, or None where it crashes."""
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write(json.dumps(lines) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if line:
            found: list[Any] = json.loads(line)
            return found
        self._child = self._start()
        return None


def differing(torch: Torch, lines: list[str]) -> list[str]:
    """What differs between the two, a line each; nothing where PyTorch crashes."""
    want = torch.answer(lines)
    return [] if want is None else differences(answer(lines), want)


def kind(difference: str) -> str:
    """What sort of difference it is: without names and numbers."""
    field, _, rest = difference.partition(":")
    if field in ("values", "strides", "offset", "shape", "version"):
        return field
    return field + ":" + re.sub(r"\b(v?\d+(\.grad)?)\b", "#", rest)


def smallest(torch: Torch, lines: list[str], wanted: str) -> list[str]:
    """A program without the lines that the difference does not need."""
    at = len(lines) - 1
    while at >= 0:
        fewer = lines[:at] + lines[at + 1 :]
        if any(kind(d) == wanted for d in differing(torch, fewer)):
            lines = fewer
        at = min(at, len(lines)) - 1
    return lines


def main() -> int:
    """Run what the command line asks for and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--torch", required=True, help="a Python that has torch")
    parser.add_argument("--count", type=int, default=2000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first")
    chosen = parser.parse_args()
    torch = Torch(chosen.torch)
    found: dict[str, list[int]] = defaultdict(list)
    crashes, refused = 0, 0
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        lines = program(seed)
        want = torch.answer(lines)
        if want is None:
            crashes += 1
            continue
        refused += want[0] is not None
        told = differences(answer(lines), want)
        if told:
            found[kind(told[0])].append(seed)
    for what, seeds in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"{len(seeds)} programs, {what}\n  seeds {seeds[:SEEDS]}")
        lines = smallest(torch, program(seeds[0]), what)
        print("\n".join(f"    {line}" for line in lines))
        print("\n".join(f"  # {told}" for told in differing(torch, lines)), flush=True)
    count = sum(map(len, found.values()))
    print(
        f"{chosen.count - count - crashes:,} of {chosen.count:,} programs agree, {count:,} differ; "
        f"PyTorch refuses {refused:,} and crashes on {crashes:,}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
