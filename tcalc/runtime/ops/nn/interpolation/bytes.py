"""Images of bytes at other sizes: whole numbers for weights, and sums that are rounded."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.nn.interpolation.resampling import TAPS, Axis

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.ops.nn.interpolation.resampling import Taps

# Weights have as many bits as 16 hold with their sign, and no more than this.
_MOST_BITS = 22


def _whole(axis: Axis) -> tuple[Array, Array, int]:
    """The taps of an axis, their weights in whole numbers, and how many bits those are shifted by."""
    indices, weights = _joined(TAPS[axis.mode](axis, np.float64), axis.old)
    most = weights.max()
    bits = 0
    while bits < _MOST_BITS and int(0.5 + most * (2 << bits)) < 1 << 15:
        bits += 1
    scaled = weights * (1 << bits)
    return indices, np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int32), bits


def _joined(taps: Taps, size: int) -> tuple[Array, Array]:
    """Taps that name an element twice, at a border, with one weight for it."""
    indices, weights = taps
    if weights is None:
        return indices, np.ones(indices.shape)
    place = np.arange(indices.shape[0])[:, None]
    joined = np.zeros_like(weights)
    np.add.at(joined, (indices - indices[0], np.arange(indices.shape[1])), weights)
    return np.minimum(indices[0] + place, size - 1), joined


@kernel(
    name="upsample_bytes", names=(), differentiable=False,
    samples=lambda: [((np.arange(6).reshape(2, 3), (Axis("linear", 3, 5),)), {})],
)  # fmt: skip
def resampled_bytes(xp: ModuleType, input: Array, axes: tuple[Axis, ...]) -> Array:
    """The last dimensions resampled, each result rounded and within what a byte holds."""
    lead = input.shape[: input.ndim - len(axes)]
    made = (*lead, *(axis.new for axis in axes))
    memory.check(prod(made) * 12, f"a tensor of shape {list(made)}")
    if not has_elements(input) or not prod(made):
        return xp.zeros(made, input.dtype)
    rest = input
    for dim, axis in reversed(list(enumerate(axes, len(lead)))):
        if axis.old == axis.new:
            continue
        indices, weights, bits = _whole(axis)
        beside = (-1, *(1,) * (rest.ndim - 1 - dim))
        total: Any = (1 << bits) >> 1
        for at, share in zip(indices, weights):
            part = xp.take(rest, xp.asarray(at), dim).astype(xp.int32)
            total = total + part * xp.asarray(share).reshape(beside)
        rest = xp.clip(total >> bits, 0, 255).astype(input.dtype)
    return rest


resampled_bytes.batch = leading
