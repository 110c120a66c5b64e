"""float32 results are as near to the exact ones as scripts/make_accuracy.py recorded that PyTorch's are.

The page docs/accuracy.md has more numbers, other dtypes and gradients.
"""

from __future__ import annotations

import json
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
from tcalc.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from precision.cases import calls, float_ops
from precision.points import errors

CASES: dict[str, Any] = json.loads(
    Path(__file__).with_name("accuracy.json").read_text(encoding="utf-8")
)


_FAR = 1e4


@pytest.fixture(params=["compiled", "NumPy"])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    settings.on = request.param == "compiled"
    yield request.param
    settings.on = True


@pytest.mark.parametrize("size", [16, MIDDLE])
@pytest.mark.parametrize("text", CASES)
def test_results_are_within_their_bounds(text: str, size: int, way: str) -> None:
    session = Session()
    session.evaluate("import torch.nn.functional as F")
    function = session.evaluate(text)
    operands = [np.array(x, np.float32) for x in zip(*(given for given, _, _ in CASES[text]))]
    exact = np.array([value for _, value, _ in CASES[text]])
    most = np.array([bound for _, _, bound in CASES[text]])
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
        found = errors("float32", whole.astype(np.float64), exact, np.zeros(count))
    off = (found.apart > most) | found.astray
    if "bessel" in text:  # far out SciPy's digits are those of its version
        off &= np.abs(operands[0]) < _FAR
    assert not off.any(), [
        ([float(x[i]) for x in operands], float(whole[i]), float(exact[i]))
        for i in np.flatnonzero(off)
    ]


def test_every_op_with_a_float_result_is_there() -> None:
    """Those element by element: a new one is tried by scripts/make_accuracy.py --write."""
    known = " ".join(CASES)
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
