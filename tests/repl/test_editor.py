"""The line editor, driven by keys through a pipe."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from tcalc.prompt.completion import Candidate
from tcalc.prompt.editor import Editor, Entry, _coloured

UP, DOWN, LEFT, HOME = "\x1b[A", "\x1b[B", "\x1b[D", "\x01"
ENTER, ALT_ENTER, TAB, BACKSPACE = "\r", "\x1b\r", "\t", "\x7f"
CTRL_C, CTRL_D = "\x03", "\x04"
WORDS = ["mean", "median", "norm"]


def paste(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def words(text: str, cursor: int) -> list[Candidate]:
    start = cursor
    while start and text[start - 1].isalnum():
        start -= 1
    if text[max(0, start - 1) : start] == "\\":
        return [Candidate("α", start - 1)]
    return [Candidate(word, start) for word in WORDS if word.startswith(text[start:cursor])]


def entered(keys: str, history: Sequence[str] = ()) -> Entry:
    with create_pipe_input() as pipe:
        editor = Editor(words, InMemoryHistory(history), input=pipe, output=DummyOutput())
        pipe.send_text(keys)
        return editor.read()


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("x = 1" + ENTER, "x = 1"),
        # A bracket, a string and an operator at the end go on; a block until an empty line.
        ("f(1," + ENTER + "2)" + ENTER, "f(1,\n2)"),
        ("'''a" + ENTER + "b'''" + ENTER, "'''a\nb'''"),
        ("x = \\" + ENTER + "1" + ENTER, "x = \\\n1"),
        ("if x:" + ENTER + "y" + ENTER + ENTER, "if x:\n    y"),
        ("def f():" + ENTER + "return 1" + ENTER + ENTER, "def f():\n    return 1"),
        # After `return` the next line is one step less; a second step can be typed.
        (
            "for i in x:" + ENTER + "if i:" + ENTER + "break" + ENTER + "i" + ENTER + ENTER,
            "for i in x:\n    if i:\n        break\n    i",
        ),
        ("if x:" + ENTER + TAB + "y" + ENTER + BACKSPACE * 2 + "else: z" + ENTER + ENTER,
         "if x:\n        y\nelse: z"),
        # What cannot become a program is entered too, for its error to be shown.
        ("x = = 1" + ENTER, "x = = 1"),
        (":vars" + ENTER, ":vars"),
        ("if x:" + ALT_ENTER, "if x:"),
        (ENTER, ""),
    ],
)  # fmt: skip
def test_enter_runs_what_is_complete_and_else_goes_on(keys: str, text: str) -> None:
    assert entered(keys).text == text


def test_control_c_and_control_d() -> None:
    with pytest.raises(KeyboardInterrupt):
        entered("x = " + CTRL_C)
    with pytest.raises(EOFError):
        entered(CTRL_D)
    assert entered("x" + CTRL_D + ENTER).text == "x"


@pytest.mark.parametrize(
    ("keys", "entry"),
    [
        (paste("x = 1\ny = 2") + ENTER, Entry("x = 1\ny = 2", False)),
        (paste(">>> x = 1\n>>> x\n1\n") + ENTER, Entry("x = 1\nx", False)),
        (paste("def f():\r\n    return 1\r\n\r\nf()\r\n") + ENTER,
         Entry("def f():\n    return 1\n\nf()", False)),
        (paste(":quit") + ENTER, Entry(":quit", False)),
        ("  " + paste(":quit") + ENTER, Entry("  :quit", False)),
        (":load " + paste("a file.npy") + ENTER, Entry(":load a file.npy", True)),
        # What was pasted and deleted again is forgotten.
        (paste("ab") + BACKSPACE * 2 + ":vars" + ENTER, Entry(":vars", True)),
        # Inside an entry the prompt's characters may be meant.
        ("s = '''" + paste("\n>>> x") + "'''" + ENTER, Entry("s = '''\n>>> x'''", True)),
    ],
)  # fmt: skip
def test_a_paste_is_one_entry_without_prompts_and_is_not_typed(keys: str, entry: Entry) -> None:
    assert entered(keys) == entry


def test_a_session_pasted_without_brackets_loses_its_prompts_line_by_line() -> None:
    assert entered(">>> x = 1" + ENTER).text == "x = 1"
    assert entered(">>> def f():" + ENTER + "return 1" + ENTER + ENTER).text == (
        "def f():\n    return 1"
    )


HISTORY = ["plot(1)", "x = 1", "def f():\n    return 2", "x = 3"]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (UP, "x = 3"),
        (UP * 2, "def f():\n    return 2"),
        # Through an entry of several lines the search goes on, and back.
        (UP * 3, "x = 1"),
        (UP * 4 + DOWN, "x = 1"),
        (UP * 3 + DOWN * 2, "x = 3"),
        ("x" + UP, "x = 3"),
        ("x" + UP * 2, "x = 1"),
        ("x" + UP * 5, "x = 1"),
        ("pl" + UP, "plot(1)"),
        ("zz" + UP, "zz"),
        ("x" + UP * 2 + DOWN * 2, "x"),
        # After another key Up moves between the lines of the entry.
        (UP * 2 + LEFT + UP + HOME + "g = 1;", "g = 1;def f():\n    return 2"),
    ],
)
def test_up_and_down_search_by_prefix_until_another_key(keys: str, text: str) -> None:
    assert entered(keys + ALT_ENTER, HISTORY).text == text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("no" + TAB + "(x)", "norm(x)"),
        ("x + no" + TAB, "x + norm"),
        ("zz" + TAB, "zz"),
        ("m" + TAB, "me"),
        ("\\al" + TAB + " = 1", "α = 1"),
        (TAB + "x", "    x"),
    ],
)
def test_tab_completes_a_word_and_indents_a_line(keys: str, text: str) -> None:
    assert entered(keys + ALT_ENTER).text == text


def test_colours_cover_the_text_line_by_line() -> None:
    text = "def f(x):  # α\n    '''two\nlines'''\n    return x ^ 1\n"
    lines = _coloured(text)
    assert "\n".join("".join(piece[1] for piece in line) for line in lines) == text
    assert ("class:keyword", "def") in lines[0]
    assert ("class:comment", "# α") in lines[0]
    assert ("class:command", ":vars") in _coloured(":vars")[0]
