"""Peaks of memory: how far the memory of a process grows while it does its work.

A program makes what it needs, does one small turn, says so and waits; then some turns, and again.
Each time its memory is read from outside.
"""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.peers import Peer
from benchmarks.turns import Failed, Row, Runner
from benchmarks.works import HEADS, Memory

# Turns, after which no more memory is taken.
TURNS = 5

_PROGRAM = """
import time
f(x[:2], t[:2]).tolist()
print(0, flush=True)
time.sleep(1)
for i in range({turns}):
    {turn}
    {look}
print(1, flush=True)
time.sleep(60)
"""


def program(work: Memory, plan: bool) -> str:
    """A program that waits to be looked at before its turns and after them."""
    text = work.texts["torch"]
    setup = text.setup + ("f = torch.compile(f)\n" if plan else "")
    return HEADS["torch"] + setup + _PROGRAM.format(turns=TURNS, turn=text.turn, look=text.look)


def measure_peak(work: Memory, peers: list[Peer], rounds: int, folder: Path) -> Row:
    """Bytes by which each peer's memory grows at most; one round, as it is nearly always the same."""
    row = Row(work)
    for peer in peers:
        if "torch" not in peer.dialects:
            continue
        path = folder / f"memory{peer.suffix}"
        path.write_text(program(work, peer.plan))
        with Runner(peer, path) as runner:
            try:
                runner.next()
                before = held(runner.pid, "VmRSS")
                runner.next()
                row.times[peer.name] = [max(0, held(runner.pid, "VmHWM") - before)]
            except Failed as error:
                row.failed[peer.name] = str(error)
    return row


def held(pid: int, field: str) -> int:
    """The bytes that a field of Linux's status of a process says."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError as e:
        raise Failed("this system does not tell") from e
    found = re.search(rf"^{field}:\s*(\d+) kB", status, re.MULTILINE)
    if found is None:
        raise Failed("it ended")
    return int(found[1]) * 1024
