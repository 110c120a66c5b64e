"""tcalc answers the samples of PyTorch's operator database as PyTorch does, but where differs.txt says so.

A line there is `NAME  STAGE DTYPE …  # REASON`: of a call its stage (missing, forward, grad, second, or
refused) and the dtypes. What is listed has to differ: a line that is no longer true fails.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.samples.samples import read, stages

CASES = read()


def listed(name_of_file: str = "differs.txt") -> dict[str, set[tuple[str, str]]]:
    """By call what differs, and for which dtypes (or layouts)."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    text = (Path(__file__).parent / name_of_file).read_text(encoding="utf-8")
    for line in text.splitlines():
        entry, _, reason = line.partition("#")
        if entry.strip():
            assert reason.strip(), f"no reason: {line}"
            name, stage, *dtypes = entry.split()
            found[name] |= {(stage, dtype) for dtype in dtypes}
    return dict(found)


LISTED = listed()


@pytest.mark.parametrize("name", sorted(CASES))
def test_samples(name: str) -> None:
    found = set()
    for row in CASES[name]:
        found |= {(stage, row["dtype"]) for stage, good in stages(row).items() if not good}
    known = LISTED.get(name, set())
    assert found - known == set(), "these differ from PyTorch's answers"
    assert known - found == set(), (
        "these are PyTorch's answers by now: take them out of differs.txt"
    )


def test_only_names_that_there_are_are_listed() -> None:
    assert LISTED.keys() <= CASES.keys()
