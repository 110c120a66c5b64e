"""What the prompt asks of a terminal: answers count, what is typed meanwhile is kept, nothing is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tcalc.prompt import asking

from .answering import Terminal

BACKGROUND, CELL, KITTY, LAST = "\x1b]11;?\x1b\\", "\x1b[16t", asking._KITTY, "\x1b[c"
WHITE = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
LIGHT_ERROR, DARK_ERROR, PLAIN_ERROR = "\x1b[1;38;5;160m", "\x1b[1;38;5;203m", "\x1b[1;31m"


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def start(answers: dict[str, str], **environment: str) -> Terminal:
        made.append(Terminal(tmp_path, answers, **environment))
        return made[-1]

    yield start
    for terminal in made:
        terminal.close()


def test_the_answer_counts_for_more_than_the_environment(begin: Callable[..., Terminal]) -> None:
    terminal = begin({BACKGROUND: WHITE, LAST: "\x1b[?62;22c"}, COLORFGBG="15;0")
    terminal.reads()
    terminal.enter("nothing", "NameError")
    assert LIGHT_ERROR in terminal.text and DARK_ERROR not in terminal.text


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"COLORFGBG": "15;0"}, DARK_ERROR), ({"COLORFGBG": "0;15"}, LIGHT_ERROR), ({}, PLAIN_ERROR),
        ({"COLORFGBG": "0;15", "TERM": "xterm"}, PLAIN_ERROR),
    ],
)  # fmt: skip
def test_without_an_answer_the_environment_tells(
    begin: Callable[..., Terminal], environment: dict[str, str], code: str
) -> None:
    terminal = begin({LAST: "\x1b[?1;2c"}, **environment)
    terminal.reads()
    terminal.enter("nothing", "NameError")
    assert code in terminal.text


def test_a_theme_by_name_stays(begin: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "config" / "tcalc").mkdir(parents=True)
    (tmp_path / "config" / "tcalc" / "config.toml").write_text('theme = "dark"\npictures = "off"\n')
    terminal = begin({BACKGROUND: WHITE, LAST: "\x1b[?62;4c", KITTY: "\x1b_Gi=31;OK\x1b\\"})
    terminal.reads()
    terminal.enter("nothing", "NameError")
    terminal.enter("heat(eye(2))", "┬")
    assert DARK_ERROR in terminal.text
    assert BACKGROUND not in terminal.text and "\x1b_G" not in terminal.text


@pytest.mark.parametrize(
    ("answers", "begins"),
    [
        ({KITTY: "\x1b_Gi=31;OK\x1b\\", LAST: "\x1b[?62c"}, "\x1b_Ga=T,f=100,q=2,C=1,c="),
        ({CELL: "\x1b[6;17;9t", LAST: "\x1b[?62;4;22c"}, '\x1bP0;1;0q"1;1;'),
    ],
)
def test_pictures_come_as_the_terminal_takes_them(
    begin: Callable[..., Terminal], answers: dict[str, str], begins: str
) -> None:
    terminal = begin(answers)
    terminal.reads()
    terminal.enter("heat(eye(4))", "┬")
    terminal.enter("7 * 1001", "7007")
    assert begins in terminal.text and "▀" not in terminal.text
    if CELL in answers:
        wide, high = terminal.text.split(begins)[1].split("#")[0].split(";")
        assert int(wide) % 9 == int(high) % 17 == 0


def test_in_tmux_no_question_is_put_that_it_would_misunderstand(
    begin: Callable[..., Terminal],
) -> None:
    terminal = begin({BACKGROUND: WHITE, LAST: "\x1b[?1;2;4c"}, TMUX="/tmp/tmux-0/default,1,0")
    terminal.reads()
    terminal.enter("heat(eye(2))", "┬")
    terminal.enter("nothing", "NameError")
    assert (
        LIGHT_ERROR in terminal.text
        and "\x1b_G" not in terminal.text
        and "\x1bP" not in terminal.text
    )


def test_what_is_typed_meanwhile_is_kept(begin: Callable[..., Terminal]) -> None:
    terminal = begin({BACKGROUND: "7 * 10" + WHITE, LAST: "01\x1b[?62;22c" + "\r"})
    terminal.wait("7007")
    terminal.enter("8 * 1001", "8008")
    assert "rgb" not in terminal.text.replace(WHITE, "") and "62;22c" not in terminal.text


def test_a_terminal_that_does_not_answer_is_not_waited_for(begin: Callable[..., Terminal]) -> None:
    terminal = begin({})
    terminal.reads()
    terminal.enter("7 * 1001", "7007")


def test_an_answer_that_is_late_is_not_typed(begin: Callable[..., Terminal]) -> None:
    terminal = begin({})
    terminal.reads()
    terminal.child.send("7 * 10" + WHITE + "01\x1b_Gi=31;OK\x1b\\\x1b[6;17;9t\x1b[?62;4;22c\r")
    terminal.wait("7007")
    terminal.enter("8 * 1001", "8008")
    assert "SyntaxError" not in terminal.text and "22c" not in terminal.text


@pytest.mark.parametrize(
    "environment", [{"TERM": "linux"}, {"PROMPT_TOOLKIT_NO_CPR": "1"}, {"NO_COLOR": "1"}]
)
def test_some_are_not_asked(begin: Callable[..., Terminal], environment: dict[str, str]) -> None:
    terminal = begin({}, **environment)
    terminal.reads()
    terminal.enter("7 * 1001", "7007")
    assert BACKGROUND not in terminal.text and LAST not in terminal.text
