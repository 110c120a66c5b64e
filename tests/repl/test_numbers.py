"""The number that a prompt shows is the one by which the next result is recalled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tcalc.explain.check import check
from tcalc.session import Session
from tcalc.source import Source

from .conftest import Talk
from .screens import Screen, needs_tmux
from .test_tour import take


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    made = Screen(80, tmp_path)
    yield made
    made.close()


def step(screen: Screen, line: str) -> None:
    """Enter a line, each key of it once the one before is answered."""
    screen.type(line)
    screen.wait(lambda shown: [each for each in shown if each[:1] in ">."][-1].endswith(line))
    screen.press("Enter")
    screen.wait(lambda shown: shown[-1] in ((">", ".") if line else (">",)))


@needs_tmux
def test_they_agree_on_a_screen(screen: Screen, tmp_path: Path) -> None:
    def enter(*lines: str, then: str) -> list[str]:
        for line in lines:
            step(screen, line)
        screen.wait(lambda _: screen.lines(numbered=True)[-1] == then)
        return screen.lines(numbered=True)

    assert screen.lines(numbered=True)[-1] == "1>"
    enter("x = 40", "print('no result')", "x + 1", then="2>")
    shown = enter("for i in range(2):", "print(i)", "", "(x,", "x)", "3", then="4>")
    assert shown[-11:] == [
        "2> for i in range(2):", " .     print(i)", " .", "0", "1", "2> (x,", " . x)",
        "_2  (40, 40)", "3> 3", "_3  3", "4>",
    ]  # fmt: skip
    # What fails is taken back, and its numbers with it.
    said = enter("7; x.nothing", "_9", then="4>")
    assert any("<prompt 4>:1:" in line for line in said)
    assert any("the last result is `_3`" in line for line in said)
    enter("y = 5", "y + 100", "y + 200", then="6>")
    assert "undone: y = 5 (with _4 to _5)" in enter(":undo", then="4>")
    enter("_1 + 5000", then="5>")
    enter("5> 3", then="6>")
    screen.press("C-l")
    screen.wait(lambda lines: lines == [">"])
    assert enter(":history", then="6>")[1:-1] == [
        "   1   x = 40", "   1   print('no result')", "   1   x + 1", "   2   for i in range(2):",
        "           print(i)", "   2   (x,", "       x)", "   3   3", "   4 × 7; x.nothing", "   4 × _9", "   4 ↶ y = 5", "   4 ↶ y + 100",
        "   5 ↶ y + 200", "   4   _1 + 5000", "   5   5> 3",
    ]  # fmt: skip
    enter(":save all.tcalc", "[_1, _2, _3, _4, _5]", then="7>")
    again = Session()
    again.run(Source((tmp_path / "all.tcalc").read_text()), lambda value, line: None)
    assert [again.variables[f"_{n}"] for n in range(1, 6)] == [41, (40, 40), 3, 5041, True]
    assert again.count == 5
    screen.paste("6> x = 50\n6> x + 2\n_6  52\n", brackets=True)
    screen.shows("> x = 50", ". x + 2")
    enter("", then="8>")
    enter(":reset", then="1>")


def test_every_line_goes_by_the_number_of_its_result(talk: Talk) -> None:
    shown = []
    for line in (
        "2",
        "x = 3",
        "4; 5",
        "6;",
        "None",
        "[7,\n8]",
        "1/",
        "x + 'a'",
        ":vars",
        "9\n10",
        "11",
    ):
        before = talk.repl.number
        talk(line)
        shown.append((before, talk.repl.number - before))
    assert [step for _, step in shown] == [1, 0, 1, 0, 0, 1, 0, 0, 0, 2, 1]
    assert talk.repl.prompt == "7> "
    assert [talk.session.variables[f"_{n}"] for n in (1, 2, 4, 5, 6)] == [2, 5, 9, 10, 11]


def test_undo_and_redo_tell_which_results_go_and_come(talk: Talk) -> None:
    for line in ("x = 1", "x", "x + 1"):
        talk(line)
    assert talk(":undo") == "undone: x = 1 (with _1 to _2)\n"
    talk("'another'")
    assert talk.session.variables["_1"] == "another"
    assert talk(":redo") == "redone: x = 1 (with _1 to _2)\n"
    assert (talk.session.variables["_1"], talk.repl.number) == (1, 3)
    talk("y = 2")
    assert talk(":undo") == "undone: y = 2\n"


def test_a_name_without_a_result_is_told(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there are no results yet" in talk("_1")
    monkeypatch.setattr("tcalc.language.results.HISTORY_BYTES", 5000)
    talk("zeros(1000)")
    talk("zeros(1001)")
    assert "the latest results are kept" in talk("_1")
    assert "the last result is `_2`" in talk("_3")


def test_the_tour_shows_the_numbers() -> None:
    talk, _ = take(*[""] * 3)
    assert "1> 2**10 / 3" in talk.err.getvalue() and "3> B.float().inverse()" in talk.err.getvalue()


def test_programs_are_checked_with_their_results(tmp_path: Path) -> None:
    assert not check(Session(), Source("ones(2)\n_1 + 1\n_2.shape\n")).errors
    (found,) = check(Session(), Source("ones(2)\n_2\n")).errors
    assert "the last result is `_1`" in (found.hint or "")
