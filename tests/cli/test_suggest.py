"""Did you mean: near enough, and not too near."""

from __future__ import annotations

import pytest

from tcalc.suggest import closest, edits

NAMES = [
    "norm",
    "normal",
    "mean",
    "median",
    "matmul",
    "keepdim",
    "requires_grad",
    "x",
    "sum",
    "svd",
]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("nrom", "norm"),
        ("meam", "mean"),
        ("Mean", "mean"),
        ("matmull", "matmul"),
        ("keep_dim", "keepdim"),
        ("requiresGrad", "requires_grad"),
        ("suum", "sum"),
        ("y", None),
        ("zzz", None),
        ("norm", None),
        ("", None),
    ],
)
def test_closest(word: str, meant: str | None) -> None:
    assert closest(word, NAMES) == meant


def test_edits_count_swaps_once_and_stop_early() -> None:
    assert edits("ab", "ba", 3) == 1
    assert edits("", "abc", 3) == 3
    assert edits("kitten", "sitting", 3) == 3
    assert edits("abcdefgh", "stuvwxyz", 2) == 3
