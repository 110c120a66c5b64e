"""The line editor, driven by keys through a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from tcalc.prompt.completion import Candidate
from tcalc.prompt.editor import Editor, Entry, _coloured

UP, DOWN, LEFT, HOME = "\x1b[A", "\x1b[B", "\x1b[D", "\x01"
ENTER, ALT_ENTER, TAB, BACKSPACE = "\r", "\x1b\r", "\t", "\x7f"
CTRL_C, CTRL_D, ESCAPE = "\x03", "\x04", "\x1b"
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


def entered(*keys: str, history: Sequence[str] = (), vi: bool = False, at_stake: str = "") -> Entry:
    """What is entered by keys that come all at once, or in groups: each when the last was shown."""
    with create_pipe_input() as pipe:
        editor = Editor(
            words, InMemoryHistory(history), input=pipe, output=DummyOutput(), vi=vi,
            tell=lambda text, cursor, width: [], at_stake=lambda: at_stake,
        )  # fmt: skip
        groups = iter(keys)

        def more(_: object) -> None:
            if not editor.session.app.key_processor.input_queue:
                pipe.send_text(next(groups, ""))

        editor.session.app.after_render += more
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
        # What cannot become a program is entered too, for its error to be shown.
        ("x = = 1" + ENTER, "x = = 1"),
        (":vars" + ENTER, ":vars"),
        ("if x:" + ALT_ENTER, "if x:"),
        (ENTER, ""),
    ],
)  # fmt: skip
def test_enter_runs_what_is_complete_and_else_goes_on(keys: str, text: str) -> None:
    assert entered(keys).text == text


def test_tab_and_backspace_go_by_steps_of_indentation() -> None:
    keys = ("if x:", ENTER, TAB, "y", ENTER, BACKSPACE, BACKSPACE, "else: z", ENTER, ENTER)
    assert entered(*keys).text == "if x:\n        y\nelse: z"


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


def test_a_prompt_that_was_copied_by_hand_goes() -> None:
    assert entered(">>> x = 1" + ENTER).text == "x = 1"
    assert entered(">>> def f():", ENTER, "return 1", ENTER, ENTER).text == (
        "def f():\n    return 1"
    )


@pytest.mark.parametrize(
    ("pasted", "entry"),
    [
        # Indentation of its own is kept, and a blank line inside ends nothing.
        ("def f(x):\r    y = x\r\r    return y\r\r", "def f(x):\n    y = x\n\n    return y"),
        ("if x:\r  if y:\r    1\r  else: 2\r\r", "if x:\n  if y:\n    1\n  else: 2"),
        ("if x:\r\ty\r\tz\r\r", "if x:\n\ty\n\tz"),
        ("class A:\n    def f(self):\n        1\n\n    b = 2\n\n",
         "class A:\n    def f(self):\n        1\n\n    b = 2"),
        ("    x = 1\r    y = 2\r", "    x = 1\n    y = 2"),
        # A session of Python's or IPython's loses its prompts and its answers.
        (">>> def f(v):\r...     return v * 3\r...\r>>> f(14)\r42\r",
         "def f(v):\n    return v * 3\n\nf(14)"),
        ("In [1]: x = 1\r\rIn [2]: x\rOut[2]: 1\r", "x = 1\nx"),
        (">>> x\r5\r", "x"),
    ],
)  # fmt: skip
def test_a_paste_without_brackets_keeps_its_meaning(pasted: str, entry: str) -> None:
    assert entered(pasted + ALT_ENTER) == Entry(entry, False)


def test_what_is_typed_ahead_is_no_paste() -> None:
    keys = "for i in x:" + ENTER + "if i:" + ENTER + "break" + ENTER + "i" + ENTER + ENTER
    assert entered(keys) == Entry("for i in x:\n    if i:\n        break\n    i", True)
    assert entered("x = 1" + ENTER + "y = 2" + ENTER) == Entry("x = 1", True)


def test_a_paste_without_its_last_line_end_waits_for_enter() -> None:
    assert entered("if x:\r    y\r    z", "; w", ENTER, ENTER).text == "if x:\n    y\n    z; w"


def test_control_d_asks_once_where_something_would_be_lost() -> None:
    with pytest.raises(EOFError):
        entered(CTRL_D)
    with pytest.raises(EOFError):
        entered(CTRL_D, CTRL_D, at_stake="2 variables")
    assert entered(CTRL_D, "x", ENTER, at_stake="2 variables").text == "x"
    assert entered(CTRL_D, "x", BACKSPACE, CTRL_D, "y", ENTER, at_stake="1").text == "y"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ((ESCAPE, "0", "i", "y = ", ENTER), "y = 1 + 2"),
        ((ESCAPE, "b", "x", ENTER), "1  2"),
        ((ESCAPE, "dd", "i", "x", ENTER), "x"),
    ],
)
def test_the_keys_of_vi(keys: Sequence[str], text: str) -> None:
    assert entered("1 + 2", *keys, vi=True).text == text


def test_the_line_can_be_edited_in_an_editor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor"
    script.write_text("#!/bin/sh\nprintf 'y = 2\\nz = 3\\n' >> \"$1\"\n")
    script.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(script))
    assert entered("x = 1; ", "\x18\x05").text == "x = 1; y = 2\nz = 3"


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
    assert entered(keys + ALT_ENTER, history=HISTORY).text == text


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
