"""Plans over large arrays, whose work waits: what leaves, is written to or shown is computed first."""

from __future__ import annotations

import numpy as np
import pytest

from tcalc.library.jit.planned import Planned
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.tensor.tensor import wrap
from tcalc.session import Session

COLUMNS = 33
ROWS = 4 * LARGE // COLUMNS + 1
# What a function of x and y gives, after some lines.
PROGRAMS = [
    ("z = y * x", "z, z.mean()"),
    ("z = y * x", "z, (y * x).mean()"),
    ("z = y * x", "z, z.sum() * 2, (x - y).mean(), z.sum()"),
    ("z = y * x", "z, x - y, z.std(), (z > 0).any(), z.norm()"),
    ("z = relu(x - y)\n  z *= z", "z"),
    ("z = relu(x - y)\n  z *= z", "(z - z.mean(-1, keepdim=True)).sum(-1), x"),
    ("z = (x - y).exp()\n  z[1:] = 2", "z.sum(), z"),
    ("z = (x * y).double()\n  z.add_(1)", "z, z.sum(0)"),
    ("z = where(x > y, x, y * 2)\n  z.clamp_(-1, 1)\n  w = z * 2\n  z.neg_()", "z, w, w.sum()"),
    ("z = x.log_softmax(-1)\n  z[:-1].sqrt_()", "z, z.exp().sum(-1)"),
    ("z = x * y\n  w = z[2:]\n  w *= y[2:]", "z.sum(), w.mean()"),
    ("x.mul_(y - 1)\n  z = x + y\n  x.exp_()", "x, z, (z * x).mean()"),
    ("z = (x.exp() - y.sum(1, True)).sum(1)", "z, z.sum()"),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("lines", "results"), PROGRAMS)
def test_what_leaves_is_computed(
    lines: str, results: str, turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcalc.library.jit.planned.remark", lambda _: None)
    made = Session()
    made.evaluate(f"def f(x, y):\n  {lines}\n  return ({results},)\n")
    eager = made.variables["f"]
    planned = Planned(eager)
    for turn in range(3):
        rng = np.random.default_rng(turn)
        arrays = [rng.normal(size=(ROWS, COLUMNS)).astype("f4") for _ in "xy"]
        found = []
        for function in (eager, planned):
            given = [a.reshape(COLUMNS, ROWS).copy().T if turned else a.copy() for a in arrays]
            found.append([t.array for t in function(*map(wrap, given))])
        for one, other in zip(*found, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
