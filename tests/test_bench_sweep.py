"""scripts/bench sweep: its statements are those of both, and its results come out as measured.

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

from benchmarks import memory, pages, report, samples, statements, sweep, sweep_report
from benchmarks.peers import Peer
from benchmarks.statements import SIZES, Case, everyday
from benchmarks.sweep_report import Measured
from benchmarks.training import NETS, PEAKS, STEPS

HERE = Peer("tcalc", ("torch",), home=sys.prefix)


def test_every_statement_is_a_program() -> None:
    cases = list(everyday())
    assert len(cases) == len({(c.family, c.size, c.statement) for c in cases}) == 206 * len(SIZES)
    for case in cases:
        for text in (case.setup, case.statement, sweep.program([case])):
            ast.parse(text)
            parse(Source(text))


def test_each_net_has_its_steps() -> None:
    assert len(STEPS) == 10 and len(PEAKS) == len(NETS) == 5
    assert all("{n}" not in work.texts["torch"].setup for work in (*STEPS, *PEAKS))
    for work in PEAKS:
        ast.parse(memory.program(work, plan=True))


# -- the registry's samples -----------------------------------------------------------------------


def made(*words: str) -> dict[tuple[str, str], Case]:
    return {(c.statement, c.size): c for c in samples.cases(list(words)) if c.matches(list(words))}


def test_samples_are_statements_in_place_and_with_gradients_too() -> None:
    found = made("small", "torch.exp(")
    assert {s for s, _ in found if "exp(a)" in s} >= {
        "torch.exp(a)",
        "torch.autograd.grad(torch.exp(a), [a], ones, allow_unused=True)",
    }
    assert ("a.exp_()", "small") in made("small", "exp")
    for case in found.values():
        ast.parse(case.setup + case.statement)


def test_a_larger_size_repeats_the_sample_where_it_can() -> None:
    found = made("middle", "F.linear(", "torch.abs(")
    assert ".repeat(32, 32)" in found["torch.abs(a)", "middle"].setup
    linear = next(c for c in found.values() if c.statement.startswith("F.linear("))
    a, b, *_ = linear.setup.splitlines()
    assert ".repeat(" in a and ".repeat(" not in b  # more examples, not more features


def test_numbers_one_after_another_are_a_method_s() -> None:
    assert any(s.startswith("a.permute(") for s, _ in made("small", "permute"))


# -- measuring ------------------------------------------------------------------------------------

# A Timer that takes a statement's word for it.
_TORCH = """
import os, sys, types
class Found:
    def __init__(self, median): self.median = median
class Timer:
    def __init__(self, stmt, setup, num_threads): self.stmt = stmt
    def blocked_autorange(self, min_run_time): return Found(eval(self.stmt))
def set_num_threads(n): pass
def manual_seed(n): pass
nn = types.ModuleType("torch.nn")
nn.functional = types.ModuleType("torch.nn.functional")
utils = types.ModuleType("torch.utils")
utils.benchmark = types.ModuleType("torch.utils.benchmark")
utils.benchmark.Timer = Timer
for module in (nn, nn.functional, utils, utils.benchmark):
    sys.modules[module.__name__] = module
"""


def rows(*texts: str) -> list[Measured]:
    return [Measured(Case("unary", "small", text, "")) for text in texts]


def test_what_ends_a_process_takes_no_other_row_with_it(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(_TORCH)
    found = rows("0.5", "1 / 0", "sys.exit('ValueError: gone')", "0.25")
    for _ in range(2):
        sweep.let_go(found, HERE, tmp_path / "sweep.py")
    assert [row.times for row in found] == [{"tcalc": 0.5}, {}, {}, {"tcalc": 0.25}]
    assert found[1].failed == {"tcalc": "ZeroDivisionError division by zero"}
    assert found[2].failed == {"tcalc": "ValueError: gone"}


def measured(text: str, tcalc: float, other: float, family: str = "unary") -> Measured:
    return Measured(Case(family, "small", text, ""), {"tcalc": tcalc, "PyTorch": other})


def test_rows_slower_by_a_quarter() -> None:
    now = [measured("a", 1.0, 1.0), measured("b", 1.3, 1.0), measured("c", 1.2, 1.0)]
    slow = [row for row in now if sweep.slower(row, "PyTorch")]
    assert [row.case.statement for row in slow] == ["b"]
    said = sweep_report.compared(now, slow, "PyTorch")
    assert "1 rows are slower by a quarter" in said and "1.00 s →    1.30 s  b" in said
    then = [measured("a", 1.0, 1.3), measured("c", 1.2, 1.1)]
    assert "of 2 rows of earlier runs 1 are slower" in sweep_report.since(now, then, "PyTorch")


def test_results_are_kept_beside_those_of_other_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "KEPT", tmp_path / "new" / "sweep.json")
    assert sweep.kept() == []
    sweep.keep([measured("a", 1.0, 1.0), measured("b", 1.0, 2.0)])
    sweep.keep([measured("b", 1.0, 3.0)])
    assert [row.ratio("PyTorch") for row in sweep.kept()] == [1.0, 3.0]


def test_results_become_a_section() -> None:
    found = [measured("x|y", 2.0, 1.0), measured("torch.abs(a)", 1.0, 4.0, "elementwise ops")]
    refused = Measured(Case("unary", "small", "c", ""), {"PyTorch": 1.0}, {"tcalc": "no"})
    text = sweep_report.section([*found, refused], "PyTorch", 3, ["a machine"])
    assert "\n- a machine\n" in text
    assert "| unary | 0.50 (1 of 1) |  |  |" in text
    assert "| all ops and gradients | 4.00 (0 of 1) |  |  |" in text
    assert "| 0.50 | small | 2.00 s | 1.00 s | `x\\|y` |" in text
    assert "- everyday statements: of 1 rows 1 below 1, 0 below 0.5" in text
    assert "PyTorch does, tcalc does not:\n  small  c: no" in sweep_report.summary(
        [*found, refused], "PyTorch"
    )
    page = pages.replaced("# P\n\n## Run it again\n\nso\n", sweep.TITLE, text)
    assert pages.replaced(page, sweep.TITLE, text) == page
    assert pages.section(page, sweep.TITLE) == text


def test_tcalc_without_llvmlite_has_columns_of_its_own() -> None:
    row = measured("a", 1.0, 2.0)
    row.times[sweep_report.PLAIN] = 4.0
    text = sweep_report.section([row], "PyTorch", 1, [])
    assert "| | small | middle | large | small, no llvmlite |" in text
    assert "| unary | 2.00 (0 of 1) |  |  | 0.50 (1 of 1) |  |  |" in text
    assert "no llvmlite" not in sweep_report.section([measured("a", 1.0, 2.0)], "PyTorch", 1, [])
    assert sweep.PLAIN.name == sweep_report.PLAIN


def test_the_machine_is_told_without_the_kernel_s_build() -> None:
    assert "kernel" not in " ".join(report.machine([], 0.0))


@pytest.mark.parametrize("module", [pages, statements, sweep_report])
def test_examples_of_the_sweep(module: object) -> None:
    assert doctest.testmod(module).failed == 0
