"""Limits hold whatever the program does."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tcalc.command.limits import TimedOut, deadline
from tcalc.errors import LimitError
from tcalc.runtime.base import memory

SUPERVISED = """
import sys, time
from tcalc.command.limits import TimedOut, supervise
def report(place):
    print("killed at", place, file=sys.stderr, flush=True)
watch = supervise({seconds}, report)
watch.at(0, 4, 9)
try:
    x = 0  # CPython 3.11 misses a handler whose first instruction is a loop's
    {body}
except TimedOut as error:
    watch.telling()
    print(error, flush=True)
    sys.exit(124)
"""


def supervised(body: str, seconds: float = 0.2) -> subprocess.CompletedProcess[str]:
    script = SUPERVISED.format(body=body, seconds=seconds)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20, input="in"
    )


def test_a_child_passes_its_streams_and_status_through() -> None:
    done = supervised("print(sys.stdin.read()); print('err', file=sys.stderr); sys.exit(7)", 5)
    assert (done.returncode, done.stdout, done.stderr) == (7, "in\n", "err\n")


def test_an_exception_ends_what_returns_to_python() -> None:
    done = supervised("while True: len(sys.argv)")
    assert (done.returncode, done.stdout, done.stderr) == (124, "timed out after 0.2 s\n", "")


@pytest.mark.parametrize(
    "body",
    [
        "sum(range(10**12))",
        "exec('while 1:\\n try:\\n  x = 0\\n  while 1: len(())\\n except BaseException: pass')",
    ],
)
def test_what_does_not_end_is_killed(body: str) -> None:
    done = supervised(body)
    assert (done.returncode, done.stdout) == (124, "")
    assert done.stderr == "killed at (0, 4, 9)\n"


def test_a_child_that_dies_of_a_signal_is_followed() -> None:
    done = supervised("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 5)
    assert done.returncode == -15


def test_deadline_raises_and_is_put_away() -> None:
    with pytest.raises(TimedOut), deadline(0.02):
        time.sleep(5)
    with deadline(0.02):
        pass
    time.sleep(0.05)
    with deadline(None):
        pass


def test_memory_is_checked_before_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "limit", memory.in_use() + (100 << 20))
    memory.check(50 << 20)
    memory.check(1)
    with pytest.raises(LimitError) as caught:
        memory.check(200 << 20, "a tensor of shape [9]")
    assert caught.value.message.startswith("a tensor of shape [9] needs 200 MiB, and ")
    assert "100 MiB" in caught.value.message or "99." in caught.value.message
    assert caught.value.hint == "--max-memory allows more"
    with pytest.raises(LimitError) as caught:
        memory.check(1 << 90)
    assert caught.value.hint is None


def test_the_default_is_a_share_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "limit", 0)
    assert 0 < memory.current_limit() <= memory.total()


def test_containers_bound_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "/proc/meminfo": "MemTotal: 9 kB\nMemAvailable: 8000000 kB\n",
        "/proc/self/cgroup": "0::/a/b\n",
        "/sys/fs/cgroup/a/b/memory.max": "max\n",
        "/sys/fs/cgroup/a/memory.max": "1000000\n",
        "/sys/fs/cgroup/a/memory.current": "400000\n",
        "/sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 100000\n",
    }
    monkeypatch.setattr(memory, "_read", lambda path: files.get(path, ""))
    assert memory.available() == 700000
    files["/proc/self/cgroup"] = "9:cpu:/\n4:memory:/host/path\n0::/\n"
    folder = "/sys/fs/cgroup/memory"
    files[f"{folder}/memory.usage_in_bytes"] = "300000"
    files[f"{folder}/memory.stat"] = "hierarchical_memory_limit 500000\ntotal_inactive_file 50000\n"
    assert memory.available() == 250000


def test_what_the_system_says_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "/proc/meminfo": "MemFree: 5 kB\nMemAvailable: 1000 kB\n",
        "/proc/self/statm": "90 7 3",
    }
    monkeypatch.setattr(memory, "_read", lambda path: files.get(path, ""))
    assert memory.available() == 1000 * 1024
    assert memory.resident() == 7 * os.sysconf("SC_PAGE_SIZE")
    monkeypatch.setattr(memory, "_read", lambda path: "")
    assert memory.available() == memory.total()
    assert memory.resident() == 0
