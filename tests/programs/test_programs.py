"""Programs made at random come to what PyTorch made of them, but where differs.txt says so.

A line there is `SEED …  # REASON`. What is listed has to differ: a line that is no longer true fails.
scripts/record_programs.py records PyTorch's answers, scripts/check_programs.py compares more programs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.comparing import answer, differences, read
from tests.programs.generator import checksum, program

ANSWERS = read()
CHUNK = 100


def listed() -> set[int]:
    found: set[int] = set()
    text = (Path(__file__).parent / "differs.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        seeds, _, reason = line.partition("#")
        if seeds.strip():
            assert reason.strip(), f"no reason: {line}"
            found |= set(map(int, seeds.split()))
    return found


LISTED = listed()


@pytest.mark.parametrize("start", range(0, len(ANSWERS), CHUNK))
def test_programs(start: int) -> None:
    wrong = []
    for seed in list(ANSWERS)[start : start + CHUNK]:
        lines = program(seed)
        recorded, *want = ANSWERS[seed]
        assert recorded == checksum(lines), "the programs are others: record their answers anew"
        told = differences(answer(lines), want)
        if bool(told) != (seed in LISTED):
            wrong.append("\n".join([f"seed {seed}", *lines, *(told or ["agrees by now"])]))
    assert not wrong, f"{len(wrong)} programs:\n" + "\n\n".join(wrong[:10])


def test_what_the_programs_are_about() -> None:
    refusals = [why for _, _, why, _ in ANSWERS.values() if why is not None]
    assert len(ANSWERS) == 2000
    assert 400 <= len(refusals) <= 700
    assert len({about for _, about in refusals}) >= 20


def test_only_programs_that_there_are_are_listed() -> None:
    assert ANSWERS.keys() >= LISTED


@pytest.mark.parametrize("seed", [0, 777, 1999])
def test_a_difference_is_told(seed: int) -> None:
    _, *want = ANSWERS[seed]
    got = answer(program(seed)[:-2])
    assert differences(got, want)
