"""Every kernel that may be left to itself by Ctrl-C: it changes nothing, and runs in any thread."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.base import _index, detached
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.call import dispatch
from tcalc.runtime.call.generate import make_form
from tcalc.runtime.tensor.tensor import Tensor, wrap

for module in _index.MODULES:
    importlib.import_module(module)

LONG = [op for op in OPS if op.long]


def ids(op: Op) -> str:
    return op.qualified[0] if op.qualified else op.name


def locked(array: Any) -> Tensor:
    made = array.copy()
    made.flags.writeable = False
    return wrap(made)


def arrays(result: Any) -> list[Any]:
    values = result if isinstance(result, (tuple, list)) else (result,)
    return [v._a for v in values if isinstance(v, Tensor)]


def calls(op: Op) -> list[Sample]:
    return samples_of(op) if op.samples is not None or (op.qualified and op.has_gradient) else []


@pytest.mark.parametrize("op", LONG, ids=ids)
def test_it_changes_neither_what_it_is_given_nor_a_generator(op: Op) -> None:
    state = lookup("torch.get_rng_state")()
    for sample in calls(op):
        sample.call(locked)
    assert (lookup("torch.get_rng_state")()._a == state._a).all()


@pytest.mark.parametrize("op", LONG, ids=ids)
def test_in_a_thread_of_its_own_it_gives_the_same(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    call = detached.call

    def noted(what: str, *args: Any, **kwargs: Any) -> Any:
        ran.append(what)
        return call(what, *args, **kwargs)

    monkeypatch.setattr(detached, "call", noted)
    for sample in calls(op):
        if sample.prepare is not None:
            continue
        plain = arrays(sample.call(wrap))
        monkeypatch.setattr(op, "long", 1)
        args = [_given(v) for v in sample.args]
        kwargs = {k: _given(v) for k, v in sample.kwargs.items()}
        found = arrays(_slow(op)(*args, **kwargs))
        assert len(found) == len(plain)
        for a, b in zip(found, plain, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        monkeypatch.undo()
        monkeypatch.setattr(detached, "call", noted)
    taken = [v for sample in calls(op) if not sample.prepare for v in sample.args]
    assert bool(ran) == any(isinstance(v, np.ndarray) and v.size for v in taken)


def _slow(op: Op) -> Any:
    """The op without its short path."""
    return make_form(op, op.name, "slow", {"slow": dispatch.slow})


def _given(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return wrap(value)
    if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
        return tuple(wrap(v) for v in value)
    return value
