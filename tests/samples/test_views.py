"""Results show the memory that PyTorch's show, with its strides, but where views_differ.txt says so.

A line there is `NAME WHAT LAYOUT …  # REASON`: of a call what differs (memory: whose it is, or from where in
it; strides), and how its first tensor lay. What is listed has to differ.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples.samples import function, read, rows, shown
from tests.samples.test_samples import listed

HERE = Path(__file__).parent
CASES = {n: lines for n, lines in read(HERE / "views.json.xz").items() if function(n) is not None}
LISTED = listed("views_differ.txt")


@pytest.mark.parametrize("name", sorted(CASES))
def test_views(name: str) -> None:
    found = {(what, row["layout"]) for row in rows(CASES[name]) for what in shown(row)}
    known = LISTED.get(name, set())
    assert found - known == set(), "these do not lie as PyTorch's do"
    assert known - found == set(), "these lie as PyTorch's do by now: take them out"


def test_only_names_that_there_are_are_listed() -> None:
    assert LISTED.keys() <= CASES.keys()
