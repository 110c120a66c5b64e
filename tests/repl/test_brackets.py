"""The bracket that belongs to the one at the cursor."""

from __future__ import annotations

import pytest

from tcalc.prompt.brackets import matching


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("f|(x)", (1, 3)),
        ("f(x)|", (1, 3)),
        ("f(x|)", (1, 3)),
        ("f(|x)", (1, 3)),
        ("f([1, (2|)])", (6, 8)),
        ("f([1, (2)|])", (2, 9)),
        # Not those in strings and comments.
        ("f(')', x)|", (1, 8)),
        ("f('|)')", ()),
        ("f(x)  # (|", ()),
        ("f(\n  x\n)|", (1, 7)),
        ("f(x|]", ()),
        ("(|", ()),
        ("", ()),
        ("x + |y", ()),
    ],
)
def test_the_pair_at_the_cursor(text: str, pair: tuple[int, ...]) -> None:
    cursor = max(0, text.find("|"))
    assert matching(text.replace("|", ""), cursor) == pair
