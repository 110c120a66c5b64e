"""Whole sequences by compiled functions, parts of the examples over threads.

A step waits for the one before of the same example alone: each part goes through all steps by itself, and
what it gives does not depend on how the examples are parted.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import sequences
from tcalc.runtime.lazy.compiled.kernels import address
from tcalc.runtime.lazy.compiled.loops import VECTOR
from tcalc.runtime.lazy.compiled.sequences import BESIDE, STEP
from tcalc.runtime.ops.nn.recurrent.cells import Slopes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled import rowcells
    from tcalc.runtime.lazy.compiled.kernels import Compiled
    from tcalc.runtime.ops.nn.recurrent.cells import Cell, Weights
    from tcalc.runtime.ops.nn.recurrent.walk import Walk

# What is between the products takes as long as so many multiplications for an element of a gate.
_BETWEEN = 32
# From so many multiplications on a job is shared; in one call there are as many at most (some hundredths
# of a second): Ctrl-C comes in between.
_SHARED, _LONG = 1 << 24, 1 << 31
# The products of the input of fewer examples are BLAS's: those of many steps at once.
_FEW = 4
# Parts of the examples are multiples of so many.
_PART = 8


def forward(
    kind: Cell, walk: Walk, x: Array, hidden: Array, cell: Array | None, weights: Weights
) -> tuple[Array, ...] | None:
    """What `kind.forward` gives, None where that is NumPy's."""
    made = kind.compiled
    function = _function(made, x, weights, walk)
    if function is None:
        return None
    gates, k, inputs = made.gates, hidden.shape[1], x.shape[1]
    have = {"hidden": hidden.copy()}
    if cell is not None:
        have["cell"] = cell.copy()
    if walk.sizes[0] < _FEW or not inputs:
        have["gates"], inputs = x @ weights.ih.T, 0
    arrays = _arrays(made.forward, walk, have)
    if gates == 1:
        arrays["out"] = arrays["gates"]
    x = np.ascontiguousarray(x)
    factors, first = (_by_gate(w, gates, n) for w, n in ((weights.hh, k), (weights.ih, inputs)))
    none = np.zeros(gates * k, x.dtype)
    biases = [
        none if b is None else np.ascontiguousarray(b) for b in (weights.bias_ih, weights.bias_hh)
    ]
    given = [
        len(factors), *map(address, (factors, *biases)), inputs,
        *map(address, (x, first, *arrays.values())),
    ]  # fmt: skip
    _run(function, walk, gates * k * (k + inputs + _BETWEEN), k, given)
    return arrays["out"], arrays["hidden"], arrays.get("cell"), *[arrays[a] for a in made.kept]


def _by_gate(weight: Array, gates: int, n: int) -> Array:
    """The first n columns of a weight by block of rows, column, gate and row."""
    k, lanes = len(weight) // gates, VECTOR // weight.itemsize
    found = _aligned((-(-k // lanes), n, gates, lanes), weight.dtype)
    _fill(found.transpose(2, 0, 3, 1), weight[:, :n].reshape(gates, k, n))
    return found


def backward(
    kind: Cell, walk: Walk, g: Sequence[Array], hidden: Array, cell: Array | None, weights: Weights,
    kept: Sequence[Array],
) -> Slopes | None:  # fmt: skip
    """What `kind.backward` gives, None where that is NumPy's."""
    made, out = kind.compiled, kept[0]
    function = _function(made, out, weights, walk, back=True)
    if function is None:
        return None
    gates, k, lanes = made.gates, hidden.shape[1], VECTOR // out.itemsize
    have = dict(zip(("out", *made.kept), kept), given=g[0], back=g[1].copy())
    have["first"] = hidden
    if cell is not None:
        have["first"], have["memory"] = cell, g[2].copy()
    arrays = _arrays(made.back, walk, have)
    wide = BESIDE * lanes
    factors = _aligned((-(-k // wide), gates * k, wide), out.dtype)
    _fill(factors.transpose(1, 0, 2), weights.hh)
    given = [-(-k // lanes), address(factors), len(factors), *map(address, arrays.values())]
    _run(function, walk, gates * k * (k + _BETWEEN), k, given, back=True)
    return Slopes(arrays["slopes"], arrays[made.slopes], arrays["back"], arrays.get("memory"))


def _function(
    cell: rowcells.Cell, like: Array, weights: Weights, walk: Walk, back: bool = False
) -> Compiled | None:
    if type(like) is not np.ndarray or weights.projection is not None or not walk.rows:
        return None
    return sequences.function(cell, like.dtype.char, back)


def _arrays(parts: Mapping[str, int], walk: Walk, have: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of a function: those that there are, and new ones by their parts in a row."""
    some = have["hidden" if "hidden" in have else "back"]
    return {
        name: np.ascontiguousarray(have[name])
        if name in have
        else np.empty((walk.rows, n * some.shape[1]), some.dtype)
        for name, n in parts.items()
    }


def _aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array whose vectors begin where a line of the cache does."""
    size = prod(shape)
    room = np.empty(size + VECTOR // dtype.itemsize, dtype)
    start = -address(room) % VECTOR // dtype.itemsize
    return room[start : start + size].reshape(shape)


def _fill(room: Array, weight: Array) -> None:
    """Put the second dimension of a weight into the second and third of what has room for it, with zeros
    behind."""
    lead, _, *tail = weight.shape
    wide = room.shape[2]
    blocks, rest = divmod(weight.shape[1], wide)
    room[:, :blocks] = weight[:, : blocks * wide].reshape(lead, blocks, wide, *tail)
    if rest:
        room[:, blocks, :rest] = weight[:, blocks * wide :]
        room[:, blocks, rest:] = 0


def _run(
    function: Compiled, walk: Walk, each: int, k: int, given: list[int], back: bool = False
) -> None:
    """Call a function for all steps and examples. each: multiplications for an element. given: what it is
    given beside those."""
    table = np.zeros((len(walk.sizes), STEP), np.int64)
    sizes = np.array(walk.sizes)
    order = slice(None, None, -1 if walk.reverse else 1)
    table[:, 0], table[:, 1] = (np.cumsum(sizes) - sizes)[order], sizes[order]
    table[1:, 2:] = table[:-1, :2]
    if back:
        table = table[::-1].copy()
    n = walk.sizes[0]
    deep = max(1, _LONG // (n * each))
    parts = 1
    if walk.rows * each >= _SHARED:
        parts = max(1, min(2 * threads.number(), n // _PART))
    high = -(-n // (parts * _PART)) * _PART

    def work(top: int) -> Callable[[int], None]:
        at = [address(table[top:]), min(deep, len(table) - top)]
        return lambda i: function.take([*at, i * high, min(n, (i + 1) * high), k, *given])

    for top in range(0, len(table), deep):
        threads.spread(work(top), -(-n // high))
