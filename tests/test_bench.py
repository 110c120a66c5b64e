"""scripts/bench: its programs are programs, and its results come out as they were measured.

Nothing is timed here.
"""

from __future__ import annotations

import ast
import doctest
import sys
from pathlib import Path

import pytest

from tcalc.parser import parse
from tcalc.source import Source

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

from benchmarks import report, turns
from benchmarks.peers import PEERS
from benchmarks.works import COMMANDS, HEADS, LOOPS, Work

PROGRAMS = [
    (work, dialect, plan)
    for work in LOOPS
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
    row.times = {"tcalc": [1.0]}
    row.failed = {"PyTorch": "ImportError: no such thing"}
    page = report.page([row], {"qalc": "no qalc here"}, 5, 100)
    assert "- qalc: no qalc here\n" in page
    assert f"- PyTorch in {LOOPS[0].title}: ImportError: no such thing\n" in page


def test_the_error_of_a_program_is_its_last_line_that_names_one() -> None:
    text = "Traceback:\n  File 'x'\nValueError: wrong\n  = hint: none\n"
    assert turns._last_error(text) == "ValueError: wrong"
    assert turns._last_error("") == "it ended"


@pytest.mark.parametrize("module", [report, turns])
def test_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
