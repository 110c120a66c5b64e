"""Excerpts: marks stand under what they mark."""

from __future__ import annotations

import pytest

from tcalc.diagnosis.excerpt import Caller, Diagnosis, Label, display_width, render
from tcalc.source import Source, Span


def draw(text: str, *labels: Label, width: int = 100, **more: object) -> str:
    span = next(label.span for label in labels if label.primary)
    diagnosis = Diagnosis("ShapeError", "no", Source(text, "a.tcalc"), span, labels)
    return render(diagnosis._replace(**more), False, width)


def part(text: str, piece: str, label: str = "", primary: bool = False) -> Label:
    start = text.index(piece)
    return Label(Span(start, start + len(piece)), label, primary)


def test_operands_are_labelled_under_their_expressions() -> None:
    text = "x = 1\ny = a @ bcd + 1"
    labels = (
        part(text, "@", "", True),
        part(text, "a", "float32 [2, 3]"),
        part(text, "bcd", "int64"),
    )
    assert draw(text, *labels, hint="use b.T", notes=("one\ntwo",)) == (
        "ShapeError: no\n"
        " --> a.tcalc:2:7\n"
        "  |\n"
        "2 | y = a @ bcd + 1\n"
        "  |     - ^ --- int64\n"
        "  |     |\n"
        "  |     float32 [2, 3]\n"
        "  = note: one\n"
        "          two\n"
        "  = hint: use b.T"
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("漢字 = q", 7),
        ("e\u0301 = q", 4),
        ("\tz + q", 8),
        ("ab\tq", 4),
        ("'\x1b[31m' + q", 13),
        ("'👍' + q", 7),
    ],
)
def test_columns_are_those_of_the_terminal(text: str, column: int) -> None:
    lines = draw(text, part(text, "q", "", True)).splitlines()
    assert lines[-1].index("^") - len("1 | ") == column
    assert "\x1b" not in "".join(lines)


def test_several_lines() -> None:
    text = "f(\n  a,\n  b,\n  c,\n)\n"
    whole = Label(Span(0, len(text) - 1), "", True)
    assert draw(text, whole).splitlines()[2:] == [
        "  |", "1 | f(", "  | ^^", "  ⋮", "5 | )", "  | ^",
    ]  # fmt: skip
    assert "2 |   a,\n  |   - int" in draw(text, whole, part(text, "a", "int"))


def test_a_long_line_is_a_window_around_the_mark() -> None:
    text = "z = " + " + ".join(f"name{i}" for i in range(60)) + " @ q"
    far, near = part(text, "name0", "float32 [9]"), part(text, "q", "int64 []")
    drawn = draw(text, part(text, "@", "", True), far, near, width=60)
    lines = drawn.splitlines()
    assert display_width(lines[3]) <= 60
    assert lines[3].startswith("1 | …") and lines[3].endswith("name59 @ q")
    at = lines[4].index("^")
    assert lines[3][at] == "@" and lines[4].endswith("^ -")
    assert "int64 []" in drawn and max(map(display_width, lines)) <= 60
    assert lines[-1] == "  | name0: float32 [9]"
    wide = "漢" * 80 + "@"
    lines = draw(wide, part(wide, "@", "", True), width=50).splitlines()
    assert display_width(lines[3][: lines[3].index("@")]) == lines[4].index("^")


@pytest.mark.parametrize("text", ["abc", ""])
def test_the_end_of_the_text_can_be_marked(text: str) -> None:
    end = len(text)
    lines = draw(text, Label(Span(end, end), "", True)).splitlines()
    assert lines[-1] == "  | " + " " * end + "^"


def test_deep_recursion_is_folded() -> None:
    source = Source("f(x)\n", "a.tcalc")
    callers = tuple(Caller(source, Span(0, 4), f"f{i}") for i in range(100))
    lines = draw("q", part("q", "q", "", True), callers=callers).splitlines()
    called = [line for line in lines if "called from" in line]
    assert len(called) == 8
    assert called[0].endswith("a.tcalc:1, in f0: f(x)") and "f99" in called[-1]
    assert any("92 more calls" in line for line in lines)


def test_colour_and_escapes() -> None:
    diagnosis = Diagnosis(
        "ValueError", "bad \x1b[2J", Source("q\x07"), Span(0, 1), (Label(Span(0, 1), "l", True),)
    )
    coloured, plain = render(diagnosis, True), render(diagnosis, False)
    assert "\x1b[1;31m^\x1b[0m" in coloured and "\x1b[2J" not in coloured
    assert "\x1b" not in plain and "\\x1b[2J" in plain and "q\\x07" in plain


def test_without_a_place_and_with_a_cause() -> None:
    assert render(Diagnosis("ValueError", "")) == "ValueError"
    cause = Diagnosis("KeyError", "'k'", Source("\n\nd['k']", "b"), Span(2, 3))
    text = render(Diagnosis("ValueError", "x", cause=cause))
    assert text == "ValueError: x\n  = because of KeyError: 'k' (b:3:1)"
