#!/usr/bin/env python3
"""How soon the prompt answers a key: a table in Markdown, of a fresh session and of a full one.

The full session has 1,000 variables, and tensors of 10 GB that wait to be computed. Lines are typed
on a pseudo-terminal, key by key, at the pace of a person; an answer is there when the line has been
drawn again with the key in it. Exit status 1 where the 99th percentile is over `--most` (16 ms).
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tcalc", "repl", "--no-config"]
# So many seconds between keys, in turn; and how long an answer may take at all.
PACE, PATIENCE = (0.03, 0.08, 0.15, 0.05, 0.11), 60.0
DRAWN = b"\x1b[?25h"
CLEAR, TAB = b"\x15", b"\t"
LINES = (
    "y = norm(variable_12 * base, dim=0, keepdim=True)",
    "z = torch.cat([waiting[3], waiting[5]]).reshape(2, -1)",
    "def f(x): return x @ x.T + variable_7",
    "nn.functional.cross_entropy(base[:100].reshape(10, 10), arange(10), label_smoothing=0.1)",
    "record = {'a': [1, 2, 3], 'b': (base > 2).sum()}  # a comment, and 'text'",
    "linalg.svd(waiting[0][:16].reshape(4, 4), full_matrices=False)",
)


class Times(NamedTuple):
    """Milliseconds for each key of lines, and for each Tab."""

    keys: list[float]
    tabs: list[float]


class Prompt:
    """A session on a pseudo-terminal."""

    def __init__(self, columns: int, folder: str) -> None:
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._terminal = ours
        environment = dict(os.environ) | {
            "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "XDG_STATE_HOME": folder,
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self._process = subprocess.Popen(
            COMMAND, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self._until(lambda data: DRAWN in data)

    def enter(self, line: str, answer: str) -> None:
        """Run a line, and wait for a text that it writes."""
        os.write(self._terminal, line.encode() + b"\r")
        self._until(lambda data: answer.encode() in _plain(data).split(b"\n", 1)[-1])
        self._drain(0.3)

    def type(self, key: bytes) -> float:
        """The milliseconds until a key is answered."""
        self._drain(0)
        start = time.perf_counter()
        os.write(self._terminal, key)
        wanted = key if key.isalnum() else b""
        self._until(lambda data: data.endswith(DRAWN) and wanted in _plain(data))
        return (time.perf_counter() - start) * 1e3

    def rest(self, seconds: float) -> None:
        """Let time pass, and what is drawn meanwhile."""
        self._drain(seconds)

    def end(self) -> None:
        """Leave without a word."""
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _until(self, done: Callable[[bytes], bool]) -> None:
        data = b""
        end = time.monotonic() + PATIENCE
        while not done(data):
            if not select.select([self._terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"no answer, after {data[-200:]!r}")
            data += os.read(self._terminal, 1 << 16)

    def _drain(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while select.select([self._terminal], [], [], max(0, end - time.monotonic()))[0]:
            os.read(self._terminal, 1 << 16)


def _plain(data: bytes) -> bytes:
    """What is drawn, without how."""
    return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", data)


def measure(prompt: Prompt, rounds: int) -> Times:
    """Type the lines so many times over; after each a Tab, then clear it."""
    times = Times([], [])
    for _ in range(rounds):
        for line in LINES:
            for at, key in enumerate(line.encode()):
                times.keys.append(prompt.type(bytes([key])))
                prompt.rest(PACE[at % len(PACE)])
            for key in b" no":
                prompt.type(bytes([key]))
            times.tabs.append(prompt.type(TAB))
            prompt.rest(0.1)
            prompt.type(CLEAR)
            prompt.rest(0.1)
    return times


def fill(prompt: Prompt) -> None:
    """Make the session a full one."""
    prompt.enter("base = ones(2 ** 25); waiting = [base * i for i in range(80)]; 40 + 2000", "2040")
    for part in range(4):
        names = (f"variable_{i} = {i}" for i in range(250 * part, 250 * (part + 1)))
        prompt.enter(f"{'; '.join(names)}; {part} + 5000", f"500{part}")


def row(title: str, times: list[float]) -> str:
    """A line of the table."""
    ranked = sorted(times)
    last = ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)]
    cells = (statistics.median(ranked), last, ranked[-1])
    return f"| {title} | {len(ranked)} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="of each line (2)")
    parser.add_argument("--columns", type=int, default=80, help="of the terminal (80)")
    parser.add_argument("--most", type=float, default=16.0, metavar="MS", help="that is good (16)")
    chosen = parser.parse_args()
    print("| keys | count | median ms | 99th percentile | most |")
    print("|---|---:|---:|---:|---:|")
    good = True
    for title, full in (("fresh session", False), ("1,000 variables, 10 GB that wait", True)):
        with tempfile.TemporaryDirectory() as folder:
            prompt = Prompt(chosen.columns, folder)
            try:
                if full:
                    fill(prompt)
                times = measure(prompt, chosen.rounds)
            finally:
                prompt.end()
        print(row(title, times.keys), row(f"{title}: Tab", times.tabs), sep="\n", flush=True)
        good = good and sorted(times.keys)[len(times.keys) * 99 // 100] <= chosen.most
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
