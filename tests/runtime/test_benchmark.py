"""torch.utils.benchmark and timeit, by clocks of the tests' own: nothing here waits for time."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest

from tcalc.errors import AccessError, ArgumentError, ParseError, ValueProblem
from tcalc.library.benchmark import units
from tcalc.library.benchmark.measurement import Measurement
from tcalc.library.benchmark.timer import Timer
from tcalc.library.benchmark.timing import compute
from tcalc.parser import nodes, parse
from tcalc.runtime.base import threads
from tcalc.runtime.lazy.pending import Pending
from tcalc.session import Session
from tcalc.source import Source
from tcalc.stopwatch import _looped, stopwatch

DATA = Path(__file__).parent / "data"


class Clock:
    """Time that passes when a turn says so; every look at it costs a little."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns = 0

    def __call__(self) -> float:
        self.now += 1e-7
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.turns += 1


def run(program: str, **variables: Any) -> Any:
    """The last value of a program that begins with some variables."""
    session = Session()
    session.variables.update(variables)
    return session.evaluate("from torch.utils import benchmark\n" + program)


def measured(call: str, seconds: float = 0.001) -> tuple[Measurement, Clock]:
    """What `Timer(...).<call>` gives for a statement that takes so long."""
    clock = Clock()
    program = f"benchmark.Timer('work({seconds})', timer=clock, globals={{'work': work}}).{call}"
    return run(program, work=clock.work, clock=clock), clock


def test_reports_are_pytorchs() -> None:
    printed: list[str] = []
    text = (DATA / "benchmark_reports.py").read_text()
    Session(write=printed.append).run(Source(text))
    # PyTorch's with their addresses, of which programs here get none.
    assert "".join(printed) == (DATA / "benchmark_reports.txt").read_text().replace(" at 0x>", ">")


def test_trim_sigfig() -> None:
    trimmed = [units.trim_sigfig(x, n) for x, n in ((3.14159, 2), (1234.5, 3), (-0.00456, 1))]
    assert trimmed == pytest.approx([3.1, 1230, -0.005], rel=1e-7)
    assert units.trim_sigfig(0.0, 3) == 0
    with pytest.raises(ArgumentError, match="must be an integer"):
        units.trim_sigfig(1.0, 1.5)


def test_timeit_measures_once_after_warming_up() -> None:
    found, clock = measured("timeit(500)")
    assert (found.number_per_run, len(found.raw_times), clock.turns) == (500, 1, 505)
    assert found.median == pytest.approx(0.001, rel=1e-3)


def test_blocks_are_long_beside_the_clock() -> None:
    found, _ = measured("blocked_autorange(min_run_time=0.2)", 1e-5)
    assert found.number_per_run == 100  # 1e-7 for the clock, so 1e-3 for a block
    assert sum(found.raw_times) >= 0.2 > sum(found.raw_times[:-1])
    assert found.median == pytest.approx(1e-5, rel=1e-3)
    assert found.iqr == pytest.approx(0, abs=1e-9)


def test_a_statement_that_takes_long_is_measured_at_least_once() -> None:
    found, clock = measured("blocked_autorange()", 60.0)
    assert (found.number_per_run, len(found.raw_times), clock.turns) == (1, 1, 2)


def test_adaptive_blocks_go_on_until_they_agree() -> None:
    found, _ = measured("adaptive_autorange()", 0.1)
    assert len(found.raw_times) == 4
    clock, spans = Clock(), iter([1.0, *(0.1, 0.9) * 20])
    program = "benchmark.Timer(work, timer=clock).adaptive_autorange(max_run_time=5)"
    found = run(program, work=lambda: clock.work(next(spans)), clock=clock)
    assert 5 < sum(found.raw_times) < 6 and found.has_warnings


def test_the_callback_hears_of_every_block() -> None:
    heard: list[tuple[int, float]] = []
    clock = Clock()
    program = "benchmark.Timer('work(0.01)', timer=clock, globals={'work': work})"
    program += ".blocked_autorange(callback, 0.05)"
    found = run(program, work=clock.work, clock=clock, callback=lambda n, t: heard.append((n, t)))
    assert heard == [(found.number_per_run, t) for t in found.raw_times]


def test_the_setup_runs_before_the_turns_of_each_measurement() -> None:
    program = """
log = []
t = benchmark.Timer('log.append(k); k += 1', '''
    k = 0
    log.append("setup")
''', globals={'log': log})
t.timeit(3)
log
"""
    assert run(program) == ["setup", 0, 1, "setup", 0, 1, 2]


def test_a_statement_sees_its_globals_and_no_others() -> None:
    program = "x = 3\n"
    with pytest.raises(NameError):
        run(program + "benchmark.Timer('x').timeit(1)")
    given = "benchmark.Timer('x', globals={'x': x}).timeit(1)"
    assert run(program + given).number_per_run == 1
    # PyTorch's names are there, and the program's variables stay as they are.
    kept = "benchmark.Timer('x = torch.ones(3) + y', globals={'y': x}).timeit(1)\nx"
    assert run(program + kept) == 3


@pytest.mark.parametrize("name", ["a b", "read ", "__builtins__", "1", "", "append read", 3])
def test_globals_have_names(name: object) -> None:
    """A name that only our own code can spell would be taken for one of our helpers."""
    with pytest.raises(ValueProblem, match="cannot name a variable"):
        run(f"benchmark.Timer('1', globals={{{name!r}: 1}})")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("Timer(3)", "stmt is the text"),
        ("Timer('1', 3)", "setup is the text"),
        ("Timer('1', globals=[1])", "globals is a dict"),
        ("Timer(abs, 'x = 3')", "a function has no setup"),
        ("Timer('1', num_threads=0)", "num_threads is a number"),
    ],
)
def test_wrong_arguments(call: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        run(f"benchmark.{call}")


def test_cpp_is_refused() -> None:
    with pytest.raises(ValueProblem, match=r"not C\+\+"):
        run("benchmark.Timer('1', language='cpp')")


def test_syntax_errors_come_before_anything_runs() -> None:
    with pytest.raises(ParseError) as caught:
        run("benchmark.Timer('x = 1\\nx +', 'print(1)')")
    assert caught.value.source is not None and caught.value.source.name == "<stmt>"
    for alone in ("break", "return 1"):
        with pytest.raises(ParseError):
            run(f"benchmark.Timer({alone!r})")


def test_nothing_is_shown() -> None:
    shown: list[object] = []
    session = Session()
    session.run(
        Source("t = torch.utils.benchmark.Timer('1\\n2', '3')\nm = t.timeit(2)\n4"),
        lambda value, line: shown.append(value),
    )
    assert shown == [4]


def test_one_thread_unless_told_otherwise() -> None:
    before = threads.settings.limit
    seen: list[int] = []
    threads.settings.limit = 2
    try:
        for number in ("", ", num_threads=2"):
            run(
                f"benchmark.Timer(look{number}).timeit(1)",
                look=lambda: seen.append(threads.number()),
            )
        with pytest.raises(ZeroDivisionError):
            run("benchmark.Timer('1 / 0').timeit(1)")
        assert threads.settings.limit == 2
    finally:
        threads.settings.limit = before
    assert set(seen[:3]) == {1} and set(seen[3:]) == {2}


def test_a_measurement_shows_what_it_says() -> None:
    with pytest.raises(AccessError):
        run("benchmark.Timer('1').timeit(1)._quantile")
    with pytest.raises(AccessError):
        run("benchmark.Timer('1')._seconds")


# -- what a turn leaves -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "left"),
    [
        ("x + 1", ["x + 1"]),
        ("k = 3\nf(x)", ["f(x)"]),
        ("y = x", ["y"]),
        ("a, (b, *c) = x, y", ["a", "b", "c"]),
        ("a = b[0].grad = x", ["a", "b"]),
        ("y += x", ["y"]),
        ("y: Tensor = x", ["y"]),
        ("y: Tensor", []),
        ("f()[0] = x", []),
        ("del x", []),
    ],
)
def test_what_a_turn_leaves(program: str, left: list[str]) -> None:
    (loop,) = _looped(parse(Source(program)).body, computing=True)
    last = loop.body[-1]
    found = []
    if isinstance(last, nodes.Expr) and isinstance(last.value, nodes.Call):
        found = [program[v.start : v.end] for v in last.value.args]
    assert found == left


def test_waiting_work_is_found_where_it_is() -> None:
    session = Session()
    session.evaluate("x = ones(1000, 1000)")
    values = session.evaluate("[1, 'a', [x + 1], (x + 2, {'k': x + 3}), x + 4]")
    assert not compute(*values[:2]) and not compute()
    assert all(compute(value) for value in values[2:])
    assert not compute(*values)


def test_pending_work_is_done_within_the_turn() -> None:
    session = Session()
    session.evaluate("x = ones(1000, 1000)\nkept = [x.exp() + x]")
    assert type(session.evaluate("kept[0]")._d) is Pending
    stopwatch(session, Source("kept[0] = x.exp() + x"), Clock())(1)
    assert type(session.evaluate("kept[0]")._d) is numpy.ndarray


def test_where_nothing_is_left_to_compute_nothing_is_asked() -> None:
    """Asking would take longer than the statement: only the first turns are asked."""
    asked = 0

    def count(frame: Any, event: str, argument: object) -> None:
        nonlocal asked
        asked += event == "call" and frame.f_code.co_name == "left"

    def turns(program: str) -> int:
        nonlocal asked
        asked = 0
        seconds = stopwatch(session, Source(program), Clock())
        sys.setprofile(count)
        try:
            for n in (0, 2, 5, 0, 1):
                seconds(n)
        finally:
            sys.setprofile(None)
        return asked

    session = Session()
    session.evaluate("x = ones(3)\ny = ones(1000, 1000)")
    assert turns("k = 3") == turns("k = x + 1") == 2
    assert turns("k = y + 1") == 8


def test_the_collector_is_back_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        run("benchmark.Timer('1 / 0').timeit(1)")
    assert gc.isenabled()


# -- timeit -------------------------------------------------------------------------------------


def test_the_module_timeit() -> None:
    clock = Clock()
    program = """
import timeit
total = timeit.timeit('work(0.5)', timer=clock, number=4, globals={'work': work})
several = timeit.repeat('work(k)', 'k = 0.25', clock, repeat=3, number=2, globals={'work': work})
total, several, timeit.default_timer() > 0
"""
    total, several, running = run(program, work=clock.work, clock=clock)
    assert total == pytest.approx(2, rel=1e-3)
    assert several == pytest.approx([0.5] * 3, rel=1e-3)
    assert running is True


def test_a_function_needs_no_session() -> None:
    assert isinstance(Timer(lambda: 1).timeit(1), Measurement)
