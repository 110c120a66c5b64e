"""A gradient that is nan, as `detect_anomaly` refuses it: which element, and what it came of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.errors import AutogradError
from tcalc.runtime.autograd.saving import Packed, SavedOutput
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import saved_plan
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.autograd.nodes import Node


class Anomaly(NamedTuple):
    """parameters: of the op. parameter: whose gradient is nan; at: which element. arrived: the gradient that
    came there, None where it is of another shape. values: what was saved, by parameter, with `out` for
    the result.
    """

    parameters: list[str]
    parameter: str
    at: tuple[int, ...]
    arrived: object
    values: dict[str, object]


def refuse_nan(node: Node, grads: Sequence[Tensor | None], g: Any) -> None:
    """Raise AutogradError where a node has made nan. g: what had arrived at it."""
    for number, grad in enumerate(grads):
        if grad is None or not anywhere(grad.isnan()):
            continue
        error = AutogradError(
            f"Function '{node.name()}' returned nan values in its {number}th output."
        )
        error.anomaly = _anomaly(node, number, grad, g)
        raise error


def _anomaly(node: Node, number: int, grad: Tensor, g: Any) -> Anomaly | None:
    """What there is to tell; None of nodes that are no op's, or of a batch."""
    params = [p for p in getattr(node.op, "params", ()) if p.is_array]
    array = grad._a
    if type(array) is not np.ndarray or not params or any(p.is_sequence for p in params):
        return None
    if number >= len(params) or type(node.saved) is Packed:
        return None
    index = tuple(map(int, np.argwhere(np.isnan(array))[0]))
    values = {}
    for name, saved in zip(saved_plan(node.op), node.saved):
        held = saved.array if type(saved) is SavedOutput else getattr(saved, "_a", None)
        if type(held) is np.ndarray and (found := _at(held, index)) is not None:
            values[name] = found
    arrived = None if type(g) is tuple else _at(getattr(g, "_a", g), index)
    names = [p.name for p in node.op.params]
    return Anomaly(names, params[number].name, index, arrived, values)


def _at(array: Any, index: tuple[int, ...]) -> object:
    """The element that meets an index as broadcasting has it, or None."""
    if type(array) is not np.ndarray or array.ndim > len(index):
        return None
    own = index[len(index) - array.ndim :]
    try:
        return array[tuple([0 if n == 1 else i for n, i in zip(array.shape, own)])].item()
    except IndexError:
        return None
