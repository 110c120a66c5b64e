"""scripts/bench: its programs are programs, and its results come out as they were measured.

Nothing is timed here.
"""

from __future__ import annotations

import ast
import doctest
import re
import sys
from pathlib import Path

import pytest

from tcalc.parser import parse
from tcalc.source import Source

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

from benchmarks import report, turns
from benchmarks.peers import PEERS, Peer
from benchmarks.training import STEPS
from benchmarks.works import COMMANDS, HEADS, LOOPS, Command, Text, Work

PROGRAMS = [
    (work, dialect, plan)
    for work in (*LOOPS, *STEPS)
    for dialect in work.texts
    for plan in (False, True)
    if dialect != "octave"
]


def label(value: object) -> str:
    return value.key if isinstance(value, Work) else str(value)


@pytest.mark.parametrize(("work", "dialect", "plan"), PROGRAMS, ids=label)
def test_programs_parse(work: Work, dialect: str, plan: bool) -> None:
    text = turns.program(work, dialect, plan)
    ast.parse(text)
    assert text.count("print(") == 1 and ("torch.compile(f)" in text) is plan
    if dialect in PEERS[0].dialects:
        parse(Source(text))


def test_every_text_has_a_peer() -> None:
    dialects = {d for peer in PEERS for d in peer.dialects}
    assert dialects == HEADS.keys() == {d for work in LOOPS for d in work.texts}
    names = {peer.name for peer in PEERS}
    assert all(names.issuperset(command.texts) for command in COMMANDS)
    assert all("tcalc" in command.texts for command in COMMANDS)


def test_what_is_looked_at_is_inside_the_clock() -> None:
    work = next(w for w in LOOPS if w.key == "matmul")
    text = turns.program(work, "torch", False)
    assert "        r = f(x, y)\n        r[0, 0].item()\n" in text
    small = next(w for w in LOOPS if w.key == "notes")
    assert "        g = f(x)\n    g.tolist()\n    took =" in turns.program(small, "torch", False)


def test_results_become_a_table() -> None:
    row = turns.Row(next(w for w in LOOPS if w.key == "matmul"))
    row.times = {
        "tcalc": [0.012, 0.010, 0.011],
        "tcalc plan": [0.01, 0.01, 0.01],
        "PyTorch": [0.02, 0.022, 0.9],
    }
    assert report.table([row], list(PEERS)) == (
        "| work | tcalc | tcalc plan | PyTorch | goal |\n|---|---|---|---|---|\n"
        "| matmul 1024 | 11.0 ms | 10.0 ms (0.91) | 22.0 ms (2.00 / 2.20) | "
        "≤ PyTorch and JAX jit within 5 % |"
    )


def test_a_peer_that_failed_is_named_with_its_reason() -> None:
    row = turns.Row(LOOPS[0])
    row.failed = {"PyTorch": "ImportError: no such thing"}
    page = report.page([row], {"qalc": "no qalc here"}, 5, 100)
    assert "- qalc: no qalc here\n" in page
    assert f"- PyTorch in {LOOPS[0].title}: ImportError: no such thing\n" in page


def test_the_error_of_a_program_is_its_last_line_that_names_one() -> None:
    text = "Traceback:\n  File 'x'\nValueError: wrong\n  = hint: none\n"
    assert turns.last_error(text) == "ValueError: wrong"
    assert turns.last_error("") == "it ended"


HERE = Peer("here", ("python",), home=sys.prefix, argument=("-c",))
BROKEN = Peer("broken", ("octave",), home=sys.prefix, argument=("-c",))


def test_programs_take_turns_and_are_stopped_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LEAST", 0.001)
    monkeypatch.setattr(turns, "GO", 0.02)
    log = tmp_path / "log"
    setup = f"def note(name): open({str(log)!r}, 'a').write(name)\n"
    texts = {d: Text(setup, f"note({d!r})", "") for d in ("python", "numpy")}
    there = Peer("there", ("numpy",), home=sys.prefix)
    row = turns.measure(Work("k", "t", "", texts), [HERE, there], 2, tmp_path)
    assert row.failed == {}
    assert {name: len(times) for name, times in row.times.items()} == {"here": 2, "there": 2}
    # Warming up and two rounds each; none has said anything while another had its turn.
    said = log.read_text().replace("numpy", "n").replace("python", "p")
    assert re.fullmatch("p+n+" * 3, said)


def test_what_a_program_fails_with(tmp_path: Path) -> None:
    texts = {"python": Text("raise ValueError('no')\n", "pass", ""), "octave": Text("", "", "")}
    row = turns.measure(Work("k", "t", "", texts), [HERE, BROKEN], 2, tmp_path)
    assert row.times == {}
    assert row.failed["here"] == "ValueError: no" and "rror" in row.failed["broken"]


def test_whole_commands(tmp_path: Path) -> None:
    command = Command("k", "t", "", {"here": "pass", "broken": "1/0"})
    row = turns.time_commands(command, [HERE, BROKEN], 2, tmp_path)
    assert len(row.times["here"]) == 2 and min(row.times["here"]) > 0
    assert row.failed == {"broken": "ZeroDivisionError: division by zero"}


@pytest.mark.parametrize("module", [report, turns])
def test_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0
