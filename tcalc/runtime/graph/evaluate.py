"""What a call gives: its shapes and dtypes without computing it, or its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.arrays import meta as _device  # noqa: F401 (its arrays: without contents)
from tcalc.runtime.arrays import metaarray as meta
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.symbols import number_of
from tcalc.runtime.call.dispatch import general
from tcalc.runtime.graph.values import Constant, Value
from tcalc.runtime.tensor.tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from tcalc.runtime.graph.call import Call


def inferred(call: Call) -> list[tuple[tuple[int, ...], np.dtype]] | None:
    """The shapes and dtypes of what a call gives; None where they depend on what is in its operands.

    The op runs on tensors without contents.
    """
    try:
        return [(t._d.shape, t._d.dtype) for t in _results(call, _without_contents)]
    except Exception:  # a kernel that looks at values fails in ways of its own
        return None


def evaluated(call: Call) -> list[Constant]:
    """What a call on constants gives."""
    return [Constant(t._a) for t in _results(call, _with_contents)]


def _results(call: Call, array_of: Callable[[object], object]) -> list[Tensor]:
    assert call.op is not None

    def tensor_of(value: object) -> object:
        return wrap(array_of(value)) if type(value) in (Value, Constant) else number_of(value)

    interpreter, mode.interpreter = mode.interpreter, None
    try:
        with no_grad():
            result = general(call.op, call.values(tensor_of, lambda v: number_of(array_of(v))))
    finally:
        mode.interpreter = interpreter
    several = result if isinstance(result, (tuple, list)) else [result]
    return [t for t in several if isinstance(t, Tensor)]


def _without_contents(value: object) -> object:
    if type(value) is Value:
        return meta.empty(value.shape, value.dtype)
    return meta.like(value.array) if type(value) is Constant else value


def _with_contents(value: object) -> object:
    return value.array if type(value) is Constant else value
