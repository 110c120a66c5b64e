"""Updates as one compiled function: NumPy's bits, for every optimizer, and what is left to NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.library.optim.onepass import OnePass
from tcalc.runtime.lazy.compiled import processor
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.session import Session
from tcalc.source import Source

pytestmark = pytest.mark.skipif(
    processor.description() is None, reason="compiled code needs llvmlite and an x86-64 with AVX2"
)

STEPS = """
torch.manual_seed(0)
some = [(torch.rand(n, dtype={dtype}) * 4 - 2).requires_grad_() for n in (5, 5000, 270001)]
some.append((torch.rand(70, 60, dtype={dtype}) * 4 - 2).t().detach().requires_grad_())
optimizer = optim.{optimizer}
for _ in range(4):
    for p in some:
        p.grad = torch.rand(p.shape, dtype={dtype}) * 4 - 2
    optimizer.step()
found = [*some, *[v for s in optimizer.state.values() for v in s.values() if torch.is_tensor(v)]]
"""
# By whether it is one function that does them.
OPTIMIZERS = {
    "SGD(some, lr=0.1)": True,
    "SGD(some, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)": True,
    "SGD(some, lr=0.1, momentum=0.9, dampening=0.3, maximize=True)": True,
    "Adam(some)": True,
    "Adam(some, amsgrad=True, weight_decay=0.1)": True,
    "AdamW(some)": True,
    "RMSprop(some, momentum=0.5, centered=True)": True,
    "Adagrad(some)": True,
    "Adadelta(some)": True,
    "Adamax(some)": None,
    "NAdam(some)": None,
    "RAdam(some)": None,
    "ASGD(some)": None,
    "Rprop(some)": None,
}


def run(text: str) -> list[Any]:
    session = Session()
    session.run(Source(text))
    return [t.detach().array for t in session.variables["found"]]


@pytest.mark.parametrize("dtype", ["torch.float32", "torch.float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_bit_is_numpys(optimizer: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = STEPS.format(optimizer=optimizer, dtype=dtype)
    monkeypatch.setattr(settings, "on", False)
    numpys = run(text)
    monkeypatch.setattr(settings, "on", True)
    done: list[bool] = []
    do = OnePass.do

    def prepared(self: OnePass, arrays: Any, numbers: Any) -> bool:
        if self._kernel.call is None:
            self._kernel.prepare()
        done.append(do(self, arrays, numbers))
        return done[-1]

    monkeypatch.setattr(OnePass, "do", prepared)
    compiled = run(text)
    assert len(compiled) == len(numpys)
    for a, b in zip(compiled, numpys):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    # The arrays in C order that are not small.
    if OPTIMIZERS[optimizer]:
        assert done == [True, True, False] * 4
