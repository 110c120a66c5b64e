"""torch.utils.benchmark: measurements as plain data, and what is refused.

How they print is compared with PyTorch's in tests/recorded/cases/benchmark_utils.txt; how turns are
counted is tried in tests/runtime/test_benchmark.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tcalc.errors import ArgumentError, NotDefined, StateError, ValueProblem
from tcalc.library.benchmark.measurement import Measurement, TaskSpec
from tcalc.library.benchmark.timer import Language, Timer
from tcalc.library.benchmark.units import unit_to_english
from tcalc.session import Session
from tcalc.source import Source


@pytest.fixture
def measurement() -> Measurement:
    task = TaskSpec("x @ x", "x = ones(2, 2)", "", "products", "two", "dense", None, 2)
    return Measurement(10, [0.5, 0.25], task, {"host": "a"})


def test_a_measurement_is_plain_data_and_back(measurement: Measurement) -> None:
    back = Measurement.from_dict(measurement.to_dict())
    assert back.task_spec == measurement.task_spec
    assert (back.raw_times, back.number_per_run) == ([0.5, 0.25], 10)
    assert back.metadata == {"host": "a"}


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"number_per_run": "many"}, {"raw_times": None}, {"raw_times": ["soon"]},
        {"task_spec": {"stmt": "x"}}, {"task_spec": 3},
    ],
)  # fmt: skip
def test_other_data_is_refused(measurement: Measurement, broken: dict[str, object]) -> None:
    data = {**measurement.to_dict(), **broken} if broken else {}
    with pytest.raises(ValueProblem, match="to_dict"):
        Measurement.from_dict(data)


@pytest.mark.parametrize("kind", ["pt", "json"])
def test_measurements_go_into_files_without_pickle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write, read = {
        "pt": ("torch.save(data, 'times.pt')", "torch.load('times.pt')"),
        "json": ("json.dump(data, open('times.json', 'w'))", "json.load(open('times.json'))"),
    }[kind]
    session = Session()
    session.run(Source(
        "import torch, json\nfrom torch.utils.benchmark import Compare, Measurement, Timer\n"
        "found = [Timer('1 + 1', label='sums', description=d).timeit(3) for d in ('a', 'b')]\n"
        "data = [m.to_dict() for m in found]\n"
        f"{write}\n"
        f"again = [Measurement.from_dict(d) for d in {read}]\n"
    ))  # fmt: skip
    assert session.evaluate("str(Compare(again)) == str(Compare(found))")


def test_what_takes_other_programs_is_refused() -> None:
    timer = Timer(lambda: 1)
    with pytest.raises(StateError, match="Valgrind"):
        timer.collect_callgrind()
    with pytest.raises(ValueProblem, match=r"not C\+\+"):
        Timer("1", language=Language.CPP)
    for call in (timer.repeat, timer.autorange):
        with pytest.raises(NotDefined, match="blocked_autorange"):
            call()


def test_units_have_names() -> None:
    assert unit_to_english("ms") == "millisecond"
    with pytest.raises(ArgumentError, match="ns, us, ms, s"):
        unit_to_english("h")
