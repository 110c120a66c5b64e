"""Weighted sums of the elements that stand at given places of planes.

`sampled`, `spread_back` and `weighed` are each linear in two operands, and the gradients of each
are the other two. Places and weights are (n, t, p): for each of p points, of which t elements of a
flat plane its sum is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array
from tcalc.runtime.call.batching import folded
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.nn.windows import run

if TYPE_CHECKING:
    from types import ModuleType

_PLACES = [[[0, 3, 1], [2, 2, 4]]]


def _grid_node(saved: dict[str, object]) -> str:
    return f"GridSampler{saved['dims']}DBackward0"


@kernel(name="grid_sampler", names=(), node_name=_grid_node, samples=lambda: [
    ((made_up(1, 2, 5), made_up(1, 2, 3), _PLACES, 2), {}),
])  # fmt: skip
def sampled(xp: ModuleType, input: Array, weights: Array, places: Array, dims: int) -> Array:
    """(n, c, elements) → (n, c, points)."""
    n, channels = input.shape[:2]
    taps, points = places.shape[1:]
    shape = (n, channels, points)
    memory.check(n * channels * points * input.itemsize, f"a tensor of shape {list(shape)}")
    out = xp.zeros(shape, input.dtype)
    if not has_elements(input) or not out.size:
        return out

    def work(i: int) -> None:
        for t in range(taps):
            found = input[i].take(places[i, t], 1)
            found *= weights[i, t]
            out[i] += found

    run(xp, work, n, input.size * taps)
    return out


@kernel(name="grid_sampler_input", names=(), samples=lambda: [
    ((made_up(1, 2, 3), made_up(1, 2, 3), _PLACES, 5, 2), {}),
])  # fmt: skip
def spread_back(
    xp: ModuleType, given: Array, weights: Array, places: Array, elements: int, dims: int
) -> Array:
    """The transpose of `sampled` in its input: (n, c, points) → (n, c, elements)."""
    n, channels = given.shape[:2]
    out = xp.zeros((n, channels, elements), given.dtype)
    if not has_elements(given) or not out.size:
        return out

    def work(i: int) -> None:
        at = places[i].reshape(-1)
        for channel in range(channels):
            shares = weights[i] * given[i, channel]
            out[i, channel] = xp.bincount(at, shares.reshape(-1), elements)

    run(xp, work, n, given.size * places.shape[1])
    return out


@kernel(name="grid_sampler_weights", names=(), samples=lambda: [
    ((made_up(1, 2, 3), made_up(1, 2, 5), _PLACES, 2), {}),
])  # fmt: skip
def weighed(xp: ModuleType, given: Array, input: Array, places: Array, dims: int) -> Array:
    """The transpose of `sampled` in its weights: (n, c, points) → (n, t, points)."""
    out = xp.zeros(places.shape, given.dtype)
    if not has_elements(given) or not input.size:
        return out

    def work(i: int) -> None:
        for t in range(places.shape[1]):
            out[i, t] = xp.einsum("cp,cp->p", given[i], input[i].take(places[i, t], 1))

    run(xp, work, given.shape[0], given.size * places.shape[1])
    return out


sampled.vjp(
    input=lambda g, weights, places, dims, input_shape: spread_back(
        g, weights, places, input_shape[2], dims
    ),
    weights=lambda g, input, places, dims: weighed(g, input, places, dims),
)
spread_back.vjp(
    given=lambda g, weights, places, dims: sampled(g, weights, places, dims),
    weights=lambda g, given, places, dims: weighed(given, g, places, dims),
)
weighed.vjp(
    given=lambda g, input, places, dims: sampled(input, g, places, dims),
    input=lambda g, given, places, dims, input_shape: spread_back(
        given, g, places, input_shape[2], dims
    ),
)
sampled.ties = ("input", "weights")
sampled.batch = spread_back.batch = weighed.batch = folded()
