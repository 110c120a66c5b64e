"""Asking the terminal, before the first prompt, what it is: its background, and how it takes pictures.

Questions and answers are escape sequences. The last question is one that every terminal answers, so
that the wait ends with it; what a person has typed meanwhile is kept for the line editor.
"""

from __future__ import annotations

import os
import re
import select
import time
from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit.input.posix_utils import PosixStdinReader
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.input.vt100_parser import Vt100Parser

from tcalc.command.terminals import Answers, is_between

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPress

_BACKGROUND, _CELL, _ATTRIBUTES = "\x1b]11;?\x1b\\", "\x1b[16t", "\x1b[c"
# Kitty's: whether a picture of a pixel could be shown. What does not know it leaves it out, but tmux
# takes it for a title.
_KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
# Terminals that do not answer, or write down what they are asked.
_SILENT = ("dumb", "unknown", "linux", "eterm", "cons25")
_PATIENCE = 0.5
# Answers that come after all are looked for so long.
_LATE = 10.0

_ANSWER = re.compile(
    r"\x1b\]11;rgba?:(?P<red>[\da-fA-F]{1,4})/(?P<green>[\da-fA-F]{1,4})/(?P<blue>[\da-fA-F]{1,4})"
    r"(?:/[\da-fA-F]{1,4})?(?:\x07|\x1b\\)"
    r"|\x1b_Gi=31;(?P<kitty>[^\x1b]*)\x1b\\"
    r"|\x1b\[6;(?P<high>\d{1,4});(?P<wide>\d{1,4})t"
    r"|\x1b\[\?(?P<attributes>[\d;]*)c"
)


class Heard(NamedTuple):
    """What a terminal answered, what was typed meanwhile, and whether answers may come yet."""

    answers: Answers
    typed: str = ""
    late: bool = False


def ask(stdin: TextIO, stdout: TextIO, environ: Mapping[str, str]) -> Heard:
    """What a terminal says of itself.

    One that is known not to answer is not asked, nor is any where prompt_toolkit is told not to ask
    for the place of the cursor.
    """
    term = environ.get("TERM", "")
    if not term or term.startswith(_SILENT) or environ.get("PROMPT_TOOLKIT_NO_CPR") == "1":
        return Heard(Answers())
    questions = _BACKGROUND + _CELL + ("" if is_between(environ) else _KITTY) + _ATTRIBUTES
    answers, typed = understood(_answered(questions, stdin.fileno(), stdout))
    return Heard(answers, typed, late=not answers.asked)


def _answered(questions: str, number: int, stdout: TextIO) -> str:
    """All that can be read until the last question is answered, or patience ends."""
    import termios

    before = termios.tcgetattr(number)
    quiet = termios.tcgetattr(number)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    data, end = b"", time.monotonic() + _PATIENCE
    try:
        termios.tcsetattr(number, termios.TCSADRAIN, quiet)
        stdout.write(questions)
        stdout.flush()
        while b"c" not in data or not understood(data.decode("utf-8", "replace"))[0].asked:
            rest = end - time.monotonic()
            if rest <= 0 or not select.select([number], [], [], rest)[0]:
                break
            more = os.read(number, 4096)
            if not more:
                break
            data += more
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
    return data.decode("utf-8", "surrogateescape")


def understood(text: str) -> tuple[Answers, str]:
    """What there is of answers in a text, and the rest of it.

    >>> answers, rest = understood("1+\\x1b]11;rgb:ffff/ffff/dddd\\x1b\\\\1\\x1b[?62;4;22c")
    >>> answers.background, answers.sixel, answers.kitty, rest
    ('light', True, False, '1+1')
    """
    answers = Answers()
    for found in _ANSWER.finditer(text):
        if found["red"]:
            answers.background = _kind(*(_part(found[name]) for name in ("red", "green", "blue")))
        elif found["kitty"] is not None:
            answers.kitty = found["kitty"] == "OK"
        elif found["wide"]:
            size = int(found["wide"]), int(found["high"])
            answers.cell = size if all(size) else None
        else:
            # The first says of which kind the terminal is; what follows, what it can.
            answers.asked, answers.sixel = True, "4" in found["attributes"].split(";")[1:]
    return answers, _ANSWER.sub("", text)


def _part(digits: str) -> float:
    return int(digits, 16) / ((1 << 4 * len(digits)) - 1)


def _kind(red: float, green: float, blue: float) -> str:
    """Light where black stands out more than white, by the luminances of WCAG 2."""
    parts = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (red, green, blue)
    ]
    luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return "light" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "dark"


def hand_on(heard: Heard, editor: Input) -> None:
    """Let the line editor have what was typed, and what else comes but for answers that are late."""
    keys: list[KeyPress] = []
    Vt100Parser(keys.append).feed(heard.typed)
    store_typeahead(editor, keys)
    if heard.late and isinstance(editor, Vt100Input):
        editor.stdin_reader = _Sieve(editor.fileno())


class _Sieve(PosixStdinReader):
    """What is typed, without answers as long as some may come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._end = time.monotonic() + _LATE

    def read(self, count: int = 1024) -> str:
        text = super().read(count)
        return _ANSWER.sub("", text) if time.monotonic() < self._end else text
