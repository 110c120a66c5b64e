"""A terminal that answers what it is asked, for tests: the other side of a pseudo-terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import pexpect

PATIENCE = 30.0
# What is no text of all that a terminal gets.
ESCAPE = re.compile(
    "\x1b(?:\\[([0-9;?>]*)([@-~])|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[_P][^\x1b]*\x1b\\\\|.)"
)
# What the editor puts out as it begins to read: pastes are to come in brackets.
_BEGINS = "\x1b[?2004h"
_UNSET = {
    "NO_COLOR", "COLUMNS", "LINES", "COLORTERM", "COLORFGBG", "TMUX", "STY", "TERM_PROGRAM", "PROMPT_TOOLKIT_NO_CPR",
}  # fmt: skip


class Terminal:
    """A conversation with a terminal that answers; `text` is all that it got.

    answers: by question, what is answered.
    """

    def __init__(self, home: Path, answers: dict[str, str], **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
        kept |= {
            "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config"),
            "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        self._answers = {"\x1b[6n": "\x1b[30;1R"} | answers
        self.text, self._read, self._asked = "", 0, 0
        self.child = pexpect.spawn(
            sys.executable, ["-m", "tcalc", "repl"], env=kept | environment, cwd=str(home),
            encoding="utf-8", dimensions=(40, 100), timeout=PATIENCE,
        )  # fmt: skip
        self.child.delaybeforesend = None

    def _more(self) -> None:
        """Read what there is, and answer."""
        try:
            self.text += self.child.read_nonblocking(1 << 16, 0.05)
        except pexpect.TIMEOUT:
            return
        questions = [
            (found.end(), answer)
            for question, answer in self._answers.items()
            for found in re.finditer(re.escape(question), self.text)
            if found.end() > self._asked
        ]
        for end, answer in sorted(questions):
            self.child.send(answer)
            self._asked = end

    def wait(self, wanted: str) -> str:
        """Wait until something is put out that was not there before; what was put out until then."""
        end = time.monotonic() + PATIENCE
        before = self._read
        while wanted not in (plain := ESCAPE.sub("", self.text))[before:]:
            assert time.monotonic() < end, f"no {wanted!r} in {plain[before:]!r}"
            self._more()
        self._read = plain.index(wanted, before) + len(wanted)
        return plain[before : self._read]

    def reads(self, times: int = 1) -> None:
        """Wait until the editor has begun to read so often; then nothing is echoed but by it."""
        end = time.monotonic() + PATIENCE
        while self.text.count(_BEGINS) < times:
            assert time.monotonic() < end, self.text
            self._more()

    def enter(self, line: str, *wanted: str) -> None:
        """Run a line, and wait for what it answers and for the next prompt."""
        times = self.text.count(_BEGINS)
        self.child.send(line + "\r")
        for text in wanted:
            self.wait(text)
        self.reads(times + 1)

    def close(self) -> None:
        self.child.close(force=True)
