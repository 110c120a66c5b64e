"""Rows of constants, which are not compiled: what they mean is the same."""

from __future__ import annotations

from types import CodeType

import pytest

from tcalc.compiler import compile_statements
from tcalc.errors import ParseError
from tcalc.parser import parse
from tcalc.session import Session
from tcalc.source import Source

ROW = "".join(f"x{i} = 3 * {i} + 1.5\n" for i in range(40))


def parts(text: str) -> list[object]:
    """What a program becomes: code, or variables with their values."""
    source = Source(text)
    return list(compile_statements(parse(source).body, source, Session().namespace).parts)


def test_a_long_row_is_a_dict_of_values(run) -> None:
    made = parts(ROW + "y = x1 + x2\n" + ROW)
    assert [type(part) for part in made] == [dict, CodeType, dict]
    assert made[0] == {f"x{i}": 3 * i + 1.5 for i in range(40)}
    assert run(ROW + "y = x1 + x2\ny") == [12.0]


def test_a_short_row_is_compiled_with_its_neighbours() -> None:
    assert [type(part) for part in parts("a = 1\nprint(a)\nb = 2\nprint(b)")] == [CodeType]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("-2 + 5 * 3 - 7 // 2 % 2", 12),
        ("-(1 + 2) / 4", -0.75),
        ("+2j * (1 - 1j)", 2 + 2j),
        ("'a'", "a"),
        ("None", None),
        ("...", ...),
        ("True", True),
        ("1e308 * 10", float("inf")),
        ("9999999999999999 * 9999999999999999", 9999999999999999**2),
    ],
)
def test_values(text: str, value: object, run) -> None:
    row = f"v = {text}\n" * 20
    assert parts(row) == [{"v": value}]
    assert run(row + "v, type(v) is type(w := " + text + ")") == [(value, True)]


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0", "1 % 0", "2j // 1", "10**400 * 1.0", "True + 1", "'a' * 3", "'a' + 'b'", "2**3",
        "1 << 3", "~1", "not 1", "[1]", "(1, 2)", "x", "-x", "1 + x", "x + 1", "-'a'", "1 < 2",
        "99999999999999999999999999 * 99999999999999999999999999",
    ],
)  # fmt: skip
def test_what_may_fail_or_grow_is_left_to_the_run(text: str) -> None:
    assert all(type(part) is CodeType for part in parts(f"v = {text}\n" * 20))


def test_an_error_in_a_row_stands_where_it_is(run) -> None:
    error = run.fails(ROW + "bad = 1 / 0\nz = 3", ZeroDivisionError)
    assert error.__traceback__ is not None
    assert run.session.variables["x39"] == 118.5 and "z" not in run.session.variables
    errors: list[Exception] = []
    run(ROW + "bad = 1 / 0\nz = 3", keep_going=True, on_error=errors.append)
    assert [type(e) for e in errors] == [ZeroDivisionError] and run.value("z") == 3


def test_the_last_of_a_name_counts_and_the_first_gives_its_place(run) -> None:
    run("b = 0\n" + "a = 1\n" * 20 + "b = 2\na = 3")
    assert list(run.session.variables.items()) == [("b", 2), ("a", 3)]


def test_reserved_names_are_refused_in_a_row(run) -> None:
    assert isinstance(run.fails(ROW + "__builtins__ = 1\n" + ROW), ParseError)
    assert "x1" not in run.session.variables


def test_a_name_may_be_read_in_what_it_is_given(run) -> None:
    assert run("e = e * 2\ne")[0] == pytest.approx(5.43656)
    assert run("pi = -pi\npi")[0] == pytest.approx(-3.14159, abs=1e-5)


def test_each_statement_is_heard_of(run) -> None:
    heard: list[int] = []
    run(ROW, on_statement=lambda node: heard.append(node.start))
    assert len(heard) == 40
