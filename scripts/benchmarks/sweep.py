"""`scripts/bench sweep`: everything users run, statement by statement, beside PyTorch.

Everyday statements, and the registry's samples of every op with their gradients, in three sizes,
each measured by torch.utils.benchmark.Timer inside the process that runs it. tcalc and its peer
take turns, some hundred statements at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import pages, sweep_report
from benchmarks.peers import BENCH, ENVIRONMENT, PEERS, ROOT, THREADS, Peer, before
from benchmarks.report import machine
from benchmarks.statements import HEAD, Case, everyday
from benchmarks.sweep_report import SLOWER, Measured
from benchmarks.turns import last_error

PYTORCH, PLAIN = (
    next(p for p in PEERS if p.name == name) for name in ("PyTorch", sweep_report.PLAIN)
)
TITLE = "Every op"
KEPT = BENCH / "sweep.json"
# Statements of a process, and the seconds that it may take.
TOGETHER, PATIENCE = 200, 600
# How often rows that seem to have got slower are measured once more.
AGAIN = 3
# Seconds for which a statement is measured in a round.
LEAST = {"small": 0.02, "middle": 0.04, "large": 0.04}

_MEASURE = """
try:
    t = Timer({statement!r}, {setup!r}, num_threads={threads})
    print({at}, t.blocked_autorange(min_run_time={least}).median, flush=True)
except Exception as e:  # a statement that fails is a row that says so
    print({at}, "failed:", type(e).__name__, str(e).replace("\\n", " ")[:200], flush=True)
"""


def options(words: list[str]) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="scripts/bench sweep", description=__doc__)
    parser.add_argument(
        "--only", metavar="WORDS", help="these sizes, families or parts of statements, by commas"
    )
    parser.add_argument(
        "--everyday", action="store_true", help="what users type, without the samples of every op"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="turns of each (3)")
    parser.add_argument(
        "--before", metavar="TCALC",
        help="beside the tcalc of another checkout: which rows got slower by a quarter?",
    )  # fmt: skip
    parser.add_argument(
        "--plain", action="store_true", help="also tcalc without llvmlite, in columns of its own"
    )
    parser.add_argument("--write", action="store_true", help="write it to docs/benchmarks.md")
    chosen = parser.parse_args(words)
    if chosen.rounds < 1:
        parser.error("--rounds is at least 1")
    if chosen.write and (chosen.only or chosen.before):
        parser.error("--write is for all rows, or all that users type, beside PyTorch")
    chosen.only = [word for word in (chosen.only or "").split(",") if word]
    return chosen


def main(words: list[str]) -> int:
    """Measure, print and keep; 1 where rows got slower."""
    chosen = options(words)
    other = before(chosen.before)[0] if chosen.before else PYTORCH
    peers = [PEERS[0], other, *([PLAIN] if chosen.plain else [])]
    for peer in peers:
        if reason := peer.missing():
            print(f"{peer.name}: {reason}", file=sys.stderr)
            return 2
    load = os.getloadavg()[0]
    cases = [case for case in everyday() if case.matches(chosen.only)]
    if not chosen.everyday:
        cases += samples(chosen.only)
    rows = measure([Measured(case) for case in cases], peers, chosen.rounds)
    if chosen.before:
        slow = [row for row in rows if slower(row, other.name)]
        for _ in range(AGAIN if slow else 0):  # what a neighbour did is not found every time
            measure(slow, [PEERS[0], other], max(chosen.rounds, 3))
            slow = [row for row in slow if slower(row, other.name)]
        print(sweep_report.compared(rows, slow, other.name))
        return 1 if slow else 0
    print(sweep_report.summary(rows, other.name))
    print(sweep_report.since(rows, kept(), other.name))
    keep(rows)
    if chosen.write:
        about = machine(peers, load)
        pages.put(
            TITLE, sweep_report.section(rows, other.name, chosen.rounds, about, chosen.everyday)
        )
        print("\nwritten: docs/benchmarks.md")
    return 0


def slower(row: Measured, other: str) -> bool:
    """Whether tcalc takes a quarter more than the other."""
    ratio = row.ratio(other)
    return ratio is not None and ratio * SLOWER < 1


def samples(words: list[str]) -> list[Case]:
    """The registry's cases, made by the Python that has tcalc."""
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "python"), "-W", "ignore", "-m", "benchmarks.samples", *words],
        cwd=ROOT / "scripts", env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return [Case(*fields) for fields in json.loads(done.stdout)]


# -- measuring --------------------------------------------------------------------------------


def measure(rows: list[Measured], peers: list[Peer], rounds: int) -> list[Measured]:
    """Let the peers measure the rows, turn about; each keeps its best round."""
    with tempfile.TemporaryDirectory() as folder:
        for begin in range(0, len(rows), TOGETHER):
            some = rows[begin : begin + TOGETHER]
            for turn in range(rounds):
                for peer in peers if turn % 2 == 0 else reversed(peers):
                    let_go(some, peer, Path(folder) / f"sweep{peer.suffix}")
            print(f"\r{begin + len(some)} of {len(rows)} ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


def let_go(rows: list[Measured], peer: Peer, path: Path) -> None:
    """Measure them in one process; where it ends early, one more for what comes after."""
    left = [row for row in rows if peer.name not in row.failed]
    while left:
        path.write_text(program(row.case for row in left))
        said, errors = _output([peer.start, *peer.file, str(path)])
        count = 0
        for at, took in _answers(said):
            count = at + 1
            if isinstance(took, float):
                best = left[at].times.get(peer.name, took)
                left[at].times[peer.name] = min(best, took)
            else:
                left[at].failed[peer.name] = took
        if count < len(left):
            left[count].failed[peer.name] = errors
        left = left[count + 1 :]


def program(cases: Iterable[Case]) -> str:
    """A program that measures the cases and prints seconds, or why there are none."""
    parts = [HEAD, f"torch.set_num_threads({THREADS})\n",
             "from torch.utils.benchmark import Timer\n"]  # fmt: skip
    for at, case in enumerate(cases):
        parts.append(
            _MEASURE.format(
                at=at, statement=case.statement, setup=HEAD + case.setup, threads=THREADS,
                least=LEAST[case.size],
            )
        )  # fmt: skip
    return "".join(parts)


def _output(command: list[str]) -> tuple[str, str]:
    """What a program prints, and what it ended with."""
    try:
        done = subprocess.run(
            command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired as e:
        said = e.stdout or b""
        return said.decode() if isinstance(said, bytes) else said, "it took too long"
    return done.stdout, last_error(done.stderr)


def _answers(said: str) -> Iterator[tuple[int, float | str]]:
    """By number of the case, its seconds or its error."""
    for line in said.splitlines():
        at, _, rest = line.partition(" ")
        if at.isdigit() and rest:
            error = rest.removeprefix("failed: ")
            yield int(at), error if error != rest else float(rest)


# -- what is kept for a later run -----------------------------------------------------------------


def kept() -> list[Measured]:
    """The rows of earlier runs."""
    if not KEPT.exists():
        return []
    return [
        Measured(Case(*row["case"]), row["times"], row["failed"])
        for row in json.loads(KEPT.read_text())
    ]


def keep(rows: list[Measured]) -> None:
    """Keep the rows, in place of earlier ones of the same cases."""
    found = {row.case: row for row in (*kept(), *rows)}
    data = [
        {"case": list(row.case), "times": row.times, "failed": row.failed} for row in found.values()
    ]
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(data, indent=0))
