"""A real terminal, for tests: tmux keeps the screen that tcalc draws, and types."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux, which draws the screen, is not installed"
)
PATIENCE = 60.0
_UNSET = ("NO_COLOR", "TMUX", "COLUMNS", "LINES")
REPL = (sys.executable, "-m", "tcalc", "repl")
_numbers = itertools.count()
# The number of a prompt, and the blanks that a line of more has in its place.
_NUMBER = re.compile(r"^(?:\d+(?=>)| +(?=\.(?: |$)))")


class Screen:
    """A program in a window, tcalc's prompt by default.

    prompt: the last line when it waits for one. kind: what TERM says to it.
    """

    def __init__(
        self, columns: int, home: Path, *, rows: int = 24, command: tuple[str, ...] = REPL,
        prompt: str = ">", kind: str = "screen", **environment: str,
    ) -> None:  # fmt: skip
        self.columns, self.prompt = columns, prompt
        self._name = f"tcalc-test-{os.getpid()}-{next(_numbers)}"
        root = str(Path(__file__).parents[2])
        kept = {k: v for k, v in os.environ.items() if k not in _UNSET}
        kept |= {
            "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config"),
            "PYTHONPATH": root, "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        (home / "tmux.conf").write_text(f"set -g default-terminal {kind}\nset -g escape-time 0\n")
        self._environment = kept | environment
        self._tmux(
            "-f", str(home / "tmux.conf"), "new-session", "-d", "-x", str(columns),
            "-y", str(rows), "-c", str(home), *command,
        )  # fmt: skip
        self.wait(lambda lines: lines[-1:] == [prompt])

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: `Tab`, `C-r`, `Up`."""
        self._tmux("send-keys", *keys)

    def paste(self, text: str, *, brackets: bool) -> None:
        """Paste a text, as terminals with and without bracketed paste do."""
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", *["-p"] * brackets)

    def enter(self, line: str, answer: str) -> None:
        """Run a line, and wait for a line of what it writes."""
        self.type(line)
        self.press("Enter")
        self.wait(lambda lines: any(answer in each for each in lines) and lines[-1] == self.prompt)

    def fresh(self) -> None:
        """An empty line on an empty screen; each key is answered before the next is pressed."""
        mark = f"#{next(_numbers)}"
        self.type(mark)
        self.wait(lambda lines: any(mark in line for line in lines))
        self.press("C-c")
        self.wait(lambda lines: lines[-1] == ">" and any(mark in line for line in lines))
        self.press("C-l")
        self.wait(lambda lines: lines == [">"])

    def lines(self, *, styled: bool = False, numbered: bool = False) -> list[str]:
        """The lines on the screen, without blanks at their ends and empty ones at the end.

        numbered: with the numbers of the prompts.
        """
        shown = self._tmux("capture-pane", "-p", *["-e"] * styled)
        lines = [line.rstrip() for line in shown.rstrip().split("\n")]
        return lines if numbered else [_NUMBER.sub("", line) for line in lines]

    def cursor(self) -> tuple[int, int]:
        """The column and the row of the cursor."""
        column, row = self._tmux("display-message", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def wait(self, done: Callable[[list[str]], bool]) -> list[str]:
        """Wait until the screen is as it should be, and give its lines."""
        end = time.monotonic() + PATIENCE
        while not done(lines := self.lines()):
            if time.monotonic() > end:
                raise AssertionError("the screen stays\n" + "\n".join(lines))
            time.sleep(0.02)
        return lines

    def shows(self, *wanted: str) -> list[str]:
        """Wait until the last lines are these, and give them with their styles."""
        self.wait(lambda lines: lines[-len(wanted) :] == list(wanted))
        return self.lines(styled=True)[-len(wanted) :]

    def ended(self) -> bool:
        """Wait until the conversation is over."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._run("has-session").returncode:
                return True
            time.sleep(0.02)
        return False

    def close(self) -> None:
        """End what still runs."""
        self._run("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = self._run(*arguments)
        assert not done.returncode, done.stderr
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["tmux", "-L", self._name, *arguments],
            capture_output=True, text=True, env=self._environment, check=False,
        )  # fmt: skip
