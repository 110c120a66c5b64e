"""Results are as near to the exact ones as scripts/make_accuracy.py recorded that they, or PyTorch's, are.

The page docs/accuracy.md tells of all that was measured; here is a part of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.base.registry import lookup
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types import dtypes
from tcalc.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from precision.cases import Case, calls, cases, float_ops, group
from precision.points import errors
from precision.recorded import Recorded
from precision.work import compute

ROWS = Recorded.read(Path(__file__).with_name("accuracy.json")).rows
POINTS: dict[tuple[str, str], list[Any]] = {
    (dtype, call): points
    for dtype in ("float32", "float64")
    for call, kinds in ROWS[f"{dtype} values"].items()
    if (points := [point for row in kinds.values() for point in row.points])
}
SAMPLED = [title for title in ROWS if title not in ("float32 values", "float64 values")]
# Of the calls of a group one in so many is tried, at one kind of numbers.
EACH = 2
# Sums in another order, which is the processor's, are off by other digits.
SPARE = {"values": 1, "gradients": 1, "tensors": 4}
_FAR = 1e4
# Where the exact value is infinite and float64's own is a number, as PyTorch's is.
_POLES = {"torch.polygamma(1, x)": lambda x: (x <= 0) & (x == np.floor(x))}


@pytest.fixture(params=["compiled", "NumPy"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    settings.on = request.param == "compiled"
    yield request.param
    settings.on = True


def _session() -> Session:
    session = Session()
    session.evaluate("import torch, numpy as np; import torch.nn.functional as F")
    return session


@pytest.mark.parametrize("size", [16, MIDDLE])
@pytest.mark.parametrize(("dtype", "call"), POINTS)
def test_results_are_within_their_bounds(dtype: str, call: str, size: int, way: str) -> None:
    points = POINTS[dtype, call]
    operands = [np.array(x, dtype) for x in zip(*(given for given, _, _ in points))]
    function = _session().evaluate(f"lambda {', '.join('xyz'[: len(operands)])}: {call}")
    exact = np.array([value for _, value, _ in points])
    most = np.array([bound for _, _, bound in points])
    count = len(exact)
    with np.errstate(all="ignore"):
        if size > count:
            whole = function(*[wrap(np.resize(x, size)) for x in operands]).numpy()[:count]
        else:
            parts = [
                function(*[wrap(x[i : i + size].copy()) for x in operands]).numpy()
                for i in range(0, count, size)
            ]
            whole = np.concatenate(parts)
        found = errors(dtype, whole.astype(np.float64), exact, np.zeros(count))
    off = (found.apart > most) | found.astray
    if "bessel" in call:  # far out SciPy's digits are those of its version
        off &= np.abs(operands[0]) < _FAR
    assert not off.any(), [
        ([float(x[i]) for x in operands], float(whole[i]), float(exact[i]))
        for i in np.flatnonzero(off)
    ]


@pytest.fixture(scope="module")
def sampled() -> dict[str, list[Case]]:
    """Of each group a few cases, of all kinds of numbers but the longest."""
    found: dict[str, dict[str, list[Case]]] = {}
    for case in cases():
        row = ROWS.get(group(case), {}).get(case["call"], {}).get(case["kind"])
        if row and not row.astray and not row.refused and "1,000,000" not in case["kind"]:
            found.setdefault(group(case), {}).setdefault(case["call"], []).append(case)
    # By name: the order of ops is that in which they were imported.
    return {
        title: [of[call][i % len(of[call])] for i, call in enumerate(sorted(of)) if i % EACH == 0]
        for title, of in found.items()
    }


@pytest.mark.parametrize("title", SAMPLED)
def test_rows_are_within_their_bounds(title: str, sampled: dict[str, list[Case]]) -> None:
    """Of gradients, halves and whole tensors: what is exact comes from tcalc's own float64."""
    session, off = _session(), []
    for case in sampled[title]:
        made = session.evaluate(case["text"])

        def results(dtype: str, made: Any = made, case: Case = case) -> Any:
            of = getattr(dtypes, dtype)
            return compute(case, "once", lambda *given: made(*[wrap(a).to(of) for a in given]))

        with np.errstate(all="ignore"):
            exact, own = results("float64"), results(case["dtype"])
            if case["call"] in _POLES:
                known = ~_POLES[case["call"]](case["inputs"][0])
                exact, own = exact[known], own[known]
            found = errors(case["dtype"], own, exact, np.zeros(len(exact)))
        row = ROWS[title][case["call"]][case["kind"]]
        # The bound is recorded in four digits.
        if found.greatest > SPARE[title.split()[-1]] * (row.bound * 1.001 + 0.5):
            off.append((case["call"], case["kind"], found.greatest, row.bound))
    assert off == []


def test_every_op_with_a_float_result_is_there() -> None:
    """Those element by element: a new one is tried by scripts/make_accuracy.py --write."""
    known = set(ROWS["float32 values"])
    missing = [op.name for op, name in float_ops() if not any(
        call.format(x="x", y="y", z="z") in known for call in calls(op, name)
    )]  # fmt: skip
    assert missing == []


def test_a_sum_with_a_product_is_rounded_once() -> None:
    """As the processor's own instruction does it, and PyTorch."""
    random = np.random.default_rng(0)
    for size in (5, 16, MIDDLE, 300_000):
        x, y, z = (random.standard_normal(size, np.float32) for _ in range(3))
        wide = [a.astype(np.float64) for a in (x, y, z)]
        third = np.float32(0.3)
        step = (y - x).astype(np.float64)
        for name, arguments, exact in (
            ("torch.add", {"alpha": 0.3}, wide[0] + third.astype(np.float64) * wide[1]),
            ("torch.sub", {"alpha": 0.3}, wide[0] - third.astype(np.float64) * wide[1]),
            ("torch.rsub", {"alpha": 0.3}, wide[1] - third.astype(np.float64) * wide[0]),
            ("torch.addcmul", {}, wide[0] + wide[1] * wide[2]),
            ("torch.lerp", {"weight": 0.3}, wide[0] + third.astype(np.float64) * step),
        ):
            given = (x, y, z) if name == "torch.addcmul" else (x, y)
            found = lookup(name)(*map(wrap, given), **arguments).numpy()
            assert np.array_equal(found, exact.astype(np.float32)), name
