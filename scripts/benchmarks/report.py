"""Results as text: lines for the terminal, and docs/benchmarks.md."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.peers import PEERS, THREADS, Peer
from benchmarks.turns import GO, Row
from benchmarks.works import Memory

BASE, PLAN = "tcalc", "tcalc plan"
SECTIONS = ("Tensors", "Training steps", "Plain statements", "Whole commands", "Peak of memory")
_SAID = {
    "Training steps": "Networks of torch.nn: forward, loss, backward and the optimizer's update, the"
    " loss looked at.",
    "Peak of memory": "How far the memory of a process grows (Linux's resident set) in five training"
    " steps, after\none of two examples, which makes gradients and the optimizer's state and loads what"
    " they need.",
}

_HEAD = """# Benchmarks

tcalc beside what people use for the same work, measured in one run of `scripts/bench` on one
machine. This page is written by `scripts/bench --write`, not by hand.

## The machine

{machine}

## How to read the tables

A cell is the time of one turn of the work, up to a look at its result, and how many times tcalc's
own time (eager) that is: above 1 tcalc is faster. After a stroke, the same against tcalc's plan
(`torch.compile(f)`), where there is one. tcalc runs the text that PyTorch runs. float32 throughout,
{threads} threads.

Each time is the median of {rounds} rounds, a round the best of what fits into {go:g} s. All peers of
a work are started and warmed up first, so that no import and no compiler is counted, and then take
turns, so that each meets the same weather; the others are stopped meanwhile. Whole commands are
timed from start to exit, three times a round. An empty cell: the peer cannot do the work (NumPy,
numexpr and Octave have no gradients), or only with much more code. "No llvmlite" is
tcalc installed without its extra `speed`: NumPy and SciPy alone.
"""

_FOOT = """
## Run it again

```sh
scripts/bench                          # everything, about {minutes} minutes here
scripts/bench matmul sort --rounds 9   # some works
scripts/bench --peers PyTorch,NumPy    # against some peers
scripts/bench --write                  # and write this page
scripts/bench sweep                    # every op, statement by statement, beside PyTorch
scripts/bench sweep --only unary,softmax --rounds 1
scripts/bench sweep --write            # and write its section; --everyday: of what users type alone
scripts/bench sweep --plain            # and tcalc without llvmlite, in columns of its own
scripts/bench sweep --before TCALC     # beside the tcalc of another checkout: what got slower?
```

A sweep keeps its results in `.bench/sweep.json` and says which rows are slower by a quarter, beside
PyTorch, than those that were kept before. With `--before`, whose figures are both of one run, it ends
with 1 where one is.

The first run sets up an environment for each peer under `.bench/`; a peer that cannot be set up is
left out with a line that says so. The works are rows of `scripts/benchmarks/works.py`: what a
program sets up, one turn, and a look at the result, for each peer in its own words. Whole training
programs are timed in [training.md](training.md). For timing of your own there
are `:time EXPR` at the prompt and `torch.utils.benchmark.Timer` in programs.
"""


def seconds(value: float) -> str:
    """A time with its unit.

    >>> seconds(0.0123), seconds(5e-7)
    ('12.3 ms', '500 ns')
    """
    units = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))
    unit, size = next((u for u in units if value >= u[1]), units[-1])
    return f"{ratio(value / size)} {unit}"


def ratio(value: float) -> str:
    """A positive number with three figures, or two behind the point.

    >>> ratio(0.5), ratio(12.34), ratio(1234.5)
    ('0.50', '12.3', '1234')
    """
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def size(value: float) -> str:
    """A number of bytes with its unit.

    >>> size(1536), size(3 << 20)
    ('1.50 KB', '3.00 MB')
    """
    units = (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10))
    unit, one = next((u for u in units if value >= u[1]), units[-1])
    return f"{ratio(value / one)} {unit}"


def _measured(row: Row) -> Callable[[float], str]:
    """How the values of a row are shown."""
    return size if isinstance(row.work, Memory) else seconds


def show(row: Row) -> None:
    """Print what came of a work."""
    print(f"\n{row.work.title}" + (f"   (goal: {row.work.goal})" if row.work.goal else ""))
    middle = medians(row)
    text = _measured(row)
    for name, times in row.times.items():
        spread = f"({text(min(times))} to {text(max(times))})"
        compared = " / ".join(ratio(middle[name] / base) for base in bases(name, middle))
        print(f"  {name:<15}{text(middle[name]):>10}  {spread:<24} {compared}".rstrip())
    for name, reason in row.failed.items():
        print(f"  {name:<15}   failed: {reason}")


def medians(row: Row) -> dict[str, float]:
    """The median of a work's rounds, by peer."""
    return {name: statistics.median(times) for name, times in row.times.items()}


def bases(name: str, middle: dict[str, float]) -> list[float]:
    """What a peer's time is compared with: tcalc's, and its plan's where there is one."""
    own = [BASE] if name == PLAN else [BASE, PLAN]
    return [middle[base] for base in own if base in middle and name != BASE]


def page(
    rows: list[Row], missing: dict[str, str], rounds: int, took: float, load: float = 0.0
) -> str:
    """The text of docs/benchmarks.md; load: that of the machine before the run."""
    present = [p for p in PEERS if p.name not in missing and any(p.name in r.times for r in rows)]
    notes = [f"{name}: {reason}" for name, reason in missing.items()]
    for row in rows:
        notes += [f"{name} in {row.work.title}: {why}" for name, why in row.failed.items()]
    machine_lines = bullets(machine(present, load))
    parts = [_HEAD.format(machine=machine_lines, threads=THREADS, rounds=rounds, go=GO)]
    for title in SECTIONS:
        some = [row for row in rows if row.work.section == title]
        if some:
            said = f"{_SAID[title]}\n\n" if title in _SAID else ""
            parts.append(f"\n## {title}\n\n{said}{table(some, present)}\n")
    if notes:
        parts.append(f"\n## Left out\n\n{bullets(notes)}\n")
    return "".join(parts) + _FOOT.format(minutes=max(1, round(took / 60)))


def table(rows: list[Row], peers: list[Peer]) -> str:
    """Works down, peers across; tcalc's goal beside each work."""
    names = [p.name for p in peers if any(p.name in row.times for row in rows)]
    lines = [f"| work | {' | '.join(names)} | goal |", "|---" * (len(names) + 2) + "|"]
    for row in rows:
        middle = medians(row)
        cells = [_cell(name, middle, _measured(row)) for name in names]
        lines.append(f"| {row.work.title} | {' | '.join(cells)} | {row.work.goal} |")
    return "\n".join(lines)


def _cell(name: str, middle: dict[str, float], text: Callable[[float], str]) -> str:
    if name not in middle:
        return ""
    compared = " / ".join(ratio(middle[name] / base) for base in bases(name, middle))
    return text(middle[name]) + (f" ({compared})" if compared else "")


def bullets(lines: Iterable[str]) -> str:
    """Lines as a list."""
    return "\n".join(f"- {line}" for line in lines)


# -- the machine --------------------------------------------------------------------------------


def machine(peers: list[Peer], load: float) -> list[str]:
    """What the figures were measured with."""
    model = _field("/proc/cpuinfo", "model name", ":") or platform.processor()
    system = _field("/etc/os-release", "PRETTY_NAME", "=") or platform.system()
    versions = dict.fromkeys(v for peer in peers for v in peer.version().split(", "))
    return [
        f"{model or platform.machine()}, {os.cpu_count()} cores of which {THREADS} are used",
        *_caches(),
        system,
        ", ".join(versions),
        f"measured on {datetime.date.today().isoformat()}, with a load of {load:.1f} before the run",
    ]


def _field(path: str, key: str, between: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    values = (line.partition(between) for line in lines)
    return next((value.strip(' "') for name, _, value in values if name.strip() == key), "")


def _caches() -> list[str]:
    """The caches of a core, where Linux tells."""
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((index / n).read_text().strip() for n in ("level", "type", "size"))
        if size.endswith("K") and int(size[:-1]) >= 1024:
            size = f"{int(size[:-1]) // 1024}M"
        found.append(f"L{level} {size}{' ' + kind.lower() if level == '1' else ''}")
    return [f"caches: {', '.join(found)}"] if found else []
