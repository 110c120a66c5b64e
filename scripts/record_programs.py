#!/usr/bin/env python3
"""Record what PyTorch makes of the programs in tests/programs, for tests that need no PyTorch.

Run it with a Python that has torch 2.13: `python scripts/record_programs.py [--count N] [--seed S]
[--out FILE]`. A line of the file is a program's answer (see tests/programs/state.py) behind its seed
and a sum of its text. With `--serve` it answers programs that it reads, a line of JSON each, which
scripts/check_programs.py makes use of.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from tests.programs.generator import checksum, program
from tests.programs.state import Program

OUT = Path(__file__).resolve().parent.parent / "tests" / "programs" / "answers.json.xz"


def answer(lines: list[str]) -> list[Any]:
    """What PyTorch makes of a program: see Program.answer."""
    scope: dict[str, Any] = {"torch": torch}
    return Program(lambda line: exec(line, scope), scope, torch.Tensor).answer(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first")
    parser.add_argument("--out", type=Path, default=OUT, help="the file of answers")
    parser.add_argument("--serve", action="store_true", help="answer programs from standard input")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if chosen.serve:
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), flush=True)
        return
    rows = []
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        lines = program(seed)
        rows.append([seed, checksum(lines), *answer(lines)])
    text = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    chosen.out.write_bytes(lzma.compress(text.encode(), preset=9))
    refused = sum(row[2] is not None for row in rows)
    print(f"{chosen.out}: {len(rows)} programs, {refused} of them end in a refusal")


if __name__ == "__main__":
    main()
