"""Whatever the text: a tree or a located error, in good time."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcalc.errors import ParseError
from tcalc.parser import is_incomplete, nodes, parse, parse_all
from tcalc.parser.tokens import KEYWORDS, OPERATORS
from tcalc.source import Source

# What is nested and what closes it.
NESTED = [
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("{x: ", "}"),
    ("1 + (", ")"),
    ("f(", ")"),
    ("f(k=", ")"),
    ("f(*", ")"),
    ("x[", "]"),
    ("x[1:", "]"),
    ("[y for y in ", "]"),
    ("(y := ", ")"),
    ("(a or b and c < d | e & f << g + h * ", ")"),
    ("-", ""),
    ("not ", ""),
    ("x ** ", ""),
    ("lambda: ", ""),
    ("x if y else ", ""),
]


@pytest.mark.parametrize(("opening", "closing"), NESTED)
def test_nesting(opening: str, closing: str) -> None:
    for depth in (500, 501, 20_000):
        text = opening * depth + "x" + closing * depth
        errors = parse_all(Source(text))[1]
        if depth == 500:
            assert errors == []
        else:
            assert str(errors[0]) == "more than 500 levels of nesting"
            assert errors[0].span is not None
            assert errors[0].span.start <= 501 * len(opening)
        assert not is_incomplete(text)


@pytest.mark.parametrize(
    "text",
    [
        "1 + " * 50_000 + "1",
        "1 and " * 50_000 + "1",
        "1 < " * 50_000 + "1",
        "x" + ".a" * 50_000,
        "x" + "()" * 20_000,
        "x = " * 50_000 + "1",
        "'a' " * 50_000,
        "f'{a}' " * 20_000,
        "x;" * 50_000,
        "if x: y\n" + "elif x: y\n" * 20_000,
        "[" + "x," * 100_000 + "]",
        "@x\n" * 20_000 + "def f(): pass",
        "x # comment\n" * 50_000,
        "x = '" + "a" * 1_000_000 + "'",
        "\n".join([f"x{n} = 3 * x{n - 1} + 1.5" for n in range(20_000)]),
        "(" * 400 + "x" + "\n" * 10_000 + ")" * 400,
    ],
    ids=lambda text: text[:12],
)
def test_long_programs_are_read(text: str) -> None:
    assert parse(Source(text)).body


@pytest.mark.parametrize(
    "text", ["(", "(\n", "{'a': ", "x = (\n", ")", ")\n", "'\n", "f'{", "x = $"]
)
def test_long_errors_are_found(text: str) -> None:
    assert parse_all(Source(text * 2_000))[1]


def test_without_a_raised_limit_deep_nesting_is_an_error_too() -> None:
    sys.setrecursionlimit(900)  # the fixture sets it back
    module, errors = parse_all(Source("x = 1\n" + "(" * 480 + "x" + ")" * 480 + "\ny = 2"))
    assert [str(error) for error in errors] == ["this is nested too deeply"]
    assert len(module.body) == 2


def check(text: str) -> None:
    """The trees and errors are sound, and the functions agree with each other."""
    module, errors = parse_all(Source(text))
    for error in errors:
        assert error.span is not None
        assert 0 <= error.span.start <= error.span.end <= len(text)
        assert str(error)
    stack: list[nodes.Node] = [module]
    while stack:
        node = stack.pop()
        assert 0 <= node.start <= node.end <= len(text)
        stack.extend(nodes.children(node))
    if errors:
        with pytest.raises(ParseError) as caught:
            parse(Source(text))
        assert str(caught.value) == str(errors[0])
    assert is_incomplete(text) in (True, False)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(text)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    check(data.decode("utf-8", "replace"))
    check(data.decode("latin-1"))


# fmt: off
WORDS = [
    *sorted(KEYWORDS | OPERATORS), "x", "y", "1", "2.5", "'a'", "f'{x}'", "f'{", "'", '"""', "\\",
    "\n", "\n  ", "\n    ", "\n\t", "#", "$", "^", "é", "×", "__x__", "\r\n", "\x0c", "{x!r:>", "}",
]
# fmt: on


@pytest.mark.parametrize("seed", range(3))
def test_token_soup(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(600):
        check(" ".join(dice.choices(WORDS, k=dice.randrange(1, 40))))


def test_cut_off_anywhere() -> None:
    program = (
        "@d\ndef f(a, *b, c: int = (1, 2)) -> x:\n    '''doc\n    '''\n    with a as b, c:\n"
        "        return f'{a!r:>{b}}' + [x for x in y if x][0] \\\n            if a else {1: 2}\n"
        "    try: pass\n    except* A as e:\n        raise x from y\n    finally: z = 1\n"
    )
    for cut in range(len(program)):
        check(program[:cut])
        check(program[cut:])
