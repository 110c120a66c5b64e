"""The lexer's tokens as they are coloured at the prompt."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcalc.parser import highlight_tokens
from tcalc.parser.tokens import KEYWORDS, OPERATORS

KINDS = {"name", "keyword", "number", "string", "operator", "comment", "error"}


def shown(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], kind) for start, end, kind in highlight_tokens(text)]


def test_kinds() -> None:
    assert shown("if x >= 1.5: # é (\n  return 'a' + None") == [
        ("if", "keyword"),
        ("x", "name"),
        (">=", "operator"),
        ("1.5", "number"),
        (":", "operator"),
        ("# é (", "comment"),
        ("return", "keyword"),
        ("'a'", "string"),
        ("+", "operator"),
        ("None", "keyword"),
    ]


def test_inside_f_strings() -> None:
    assert shown("f'a{b!r:>{2}}'") == [
        ("f'", "string"),
        ("a", "string"),
        ("{", "operator"),
        ("b", "name"),
        ("!", "operator"),
        ("r", "name"),
        (":", "operator"),
        (">", "string"),
        ("{", "operator"),
        ("2", "number"),
        ("}", "operator"),
        ("}", "operator"),
        ("'", "string"),
    ]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("x = 'abc", ("'abc", "string")),
        ("x = '''abc\n# d", ("'''abc\n# d", "string")),
        ("x = f'{a", ("f'{a", "string")),
        ("x = $", ("$", "error")),
        ("x # y", ("# y", "comment")),
        ("f(x, # y", ("# y", "comment")),
        ("(1]", ("]", "error")),
        ("# only", ("# only", "comment")),
    ],
)
def test_unfinished(text: str, last: tuple[str, str]) -> None:
    assert shown(text)[-1] == last


@settings(max_examples=200, deadline=None)
@given(st.text("ab1.\"'{}()[]#\\\n\r\t frb:!=+×é\0\ufeff$", max_size=40))
def test_never_raises_and_goes_forward(text: str) -> None:
    at = 0
    for start, end, kind in highlight_tokens(text):
        assert at <= start < end <= len(text)
        assert kind in KINDS
        at = end


def test_the_words_are_pythons() -> None:
    assert set(keyword.kwlist) == KEYWORDS
    assert "^" in OPERATORS
