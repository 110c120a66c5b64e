"""Programs that measure themselves, and whole commands, run turn about.

A program runs its work for ever and prints the seconds that one turn takes. All peers of a
work are started one after the other, warmed up and stopped; then each in turn goes on for a while.
So none pays for its start, its imports or its compiler, and none runs beside another.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from benchmarks.peers import ENVIRONMENT, Peer
from benchmarks.works import HEADS, Command, Memory, Work

# Seconds: the least that a measurement may take, a peer's go, and what it may take to warm up.
LEAST, GO, PATIENCE = 0.01, 0.4, 300.0

_PYTHON = """
import time
count = 1
while True:
    start = time.perf_counter()
    for i in range(count):
{turn}
{look}
    took = time.perf_counter() - start
    if took < {least}:
        count *= 2
    else:
        print(took / count, flush=True)
"""

_OCTAVE = """
count = 1;
while true
  start = tic;
  for i = 1:count
{turn}
  end
  took = toc(start);
  if took < {least}
    count = count * 2;
  else
    printf("%.9g\\n", took / count);
    fflush(stdout);
  end
end
"""


def program(work: Work, dialect: str, plan: bool) -> str:
    """A program that measures the work for ever."""
    text = work.texts[dialect]
    after = text.look if work.small else ""
    turn = [text.turn] if work.small else [text.turn, text.look]
    loop = _OCTAVE if dialect == "octave" else _PYTHON
    measured = loop.format(
        turn="\n".join(f"        {line}" for line in turn), look=f"    {after}", least=LEAST
    )
    return HEADS[dialect] + text.setup + ("f = torch.compile(f)\n" if plan else "") + measured


class Failed(Exception):
    """A program that ended, or that has nothing to say; what it said last."""


class Runner:
    """One program: begun, and stopped whenever it is not its turn."""

    def __init__(self, peer: Peer, path: Path) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (open as long as the program)
        self._process = subprocess.Popen(
            [peer.start, *peer.file, str(path)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._pipe = self._output.fileno()
        self.pid = self._process.pid
        self._rest = b""

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._output.close()
        self._errors.close()

    def go(self) -> float:
        """Let it run for a while, and for three measurements at least: the best of them."""
        os.killpg(self._process.pid, signal.SIGCONT)
        begin = time.monotonic()
        found: list[float] = []
        # The first began before it was stopped, or before it was warm.
        while len(found) < 4 or time.monotonic() - begin < GO:
            if select.select([self._pipe], [], [], 1.0)[0]:
                found += self._read()
            elif time.monotonic() - begin > PATIENCE:
                raise Failed(f"no result within {PATIENCE:.0f} s")
        os.killpg(self._process.pid, signal.SIGSTOP)
        if not os.WIFSTOPPED(os.waitpid(self._process.pid, os.WUNTRACED)[1]):
            raise Failed("it ended")
        while select.select([self._pipe], [], [], 0)[0]:
            found += self._read()
        return min(found[1:])

    def next(self) -> float:
        """Wait for the next number that it prints."""
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE:
            if select.select([self._pipe], [], [], 1.0)[0]:
                for found in self._read():
                    return found
        raise Failed(f"no result within {PATIENCE:.0f} s")

    def _read(self) -> Iterator[float]:
        chunk = os.read(self._pipe, 1 << 16)
        if not chunk:
            self._errors.seek(0)
            raise Failed(last_error(self._errors.read()))
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return map(float, lines)


class Row:
    """What came of a work: the best of each round, in seconds or bytes, by peer; why others have none."""

    def __init__(self, work: Work | Command | Memory) -> None:
        self.work = work
        self.times: dict[str, list[float]] = {}
        self.failed: dict[str, str] = {}


def measure(work: Work, peers: list[Peer], rounds: int, folder: Path) -> Row:
    """Let the peers that can do the work measure it, turn about."""
    row = Row(work)
    with contextlib.ExitStack() as stack:
        runners: dict[str, Runner] = {}
        for peer in peers:
            dialect = next((d for d in peer.dialects if d in work.texts), None)
            if dialect is None or (peer.plan and "def f(" not in work.texts[dialect].setup):
                continue
            path = folder / f"work_{peer.name.replace(' ', '_')}{peer.suffix}"
            path.write_text(program(work, dialect, peer.plan))
            runners[peer.name] = stack.enter_context(Runner(peer, path))
            # Alone until it is warm, and then stopped.
            _let_go(row, runners, peer.name)
        for _ in range(rounds):
            for name in list(runners):
                best = _let_go(row, runners, name)
                if best is not None:
                    row.times.setdefault(name, []).append(best)
    return row


def _let_go(row: Row, runners: dict[str, Runner], name: str) -> float | None:
    """Give a peer its turn; one that fails has no more."""
    try:
        return runners[name].go()
    except Failed as error:
        row.failed[name] = str(error)
        row.times.pop(name, None)
        del runners[name]
        return None


def time_commands(command: Command, peers: list[Peer], rounds: int, folder: Path) -> Row:
    """Time whole commands from outside, turn about, three times a round."""
    row = Row(command)
    for turn in range(rounds + 1):
        for peer in peers:
            text = command.texts.get(peer.name)
            if text is None or peer.name in row.failed:
                continue
            if command.file:
                path = folder / f"work{peer.suffix}"
                path.write_text(text)
                line = [peer.start, *peer.file, str(path)]
            else:
                line = [peer.start, *peer.argument, text]
            try:
                best = min(_seconds(line) for _ in range(3))
            except Failed as error:
                row.failed[peer.name] = str(error)
                continue
            if turn:  # the first is the warm-up
                row.times.setdefault(peer.name, []).append(best)
    return row


def _seconds(line: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode:
        raise Failed(last_error(done.stderr))
    return took


def last_error(text: str) -> str:
    """What a program that wrote these lines ended with."""
    lines = text.strip().splitlines()
    errors = [line for line in lines if "rror:" in line] or lines or ["it ended"]
    return errors[-1].strip()
