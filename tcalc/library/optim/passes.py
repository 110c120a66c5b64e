"""One pass over an update's arrays: the work on each element done in pieces that stay in the cache.

The work is a function of arrays that have one shape: it may see all of them at once, or pieces of
them, or copies in a wider type, and does the same with each element.
"""

from __future__ import annotations

from _thread import _local
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays import backend
from tcalc.runtime.base import threads
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.types.codes import COMPLEXES, HALVES, PLAIN_FLOATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array

    Work = Callable[..., None]

ndarray = np.ndarray
_PLAIN = {ndarray}
# Elements in a piece: what a step reads and writes of them fits the cache of one core.
PIECE = 1 << 15
# How many arrays of scratch a work is given.
SCRATCH = 3
_MOST_VIEWS = 1000


def run(work: Work, *arrays: Array) -> None:
    """Let `work(xp, scratch, *arrays)` write into all arrays but the first.

    xp: the array module. scratch: arrays of the same shape and dtype, whatever is in them.
    """
    dtype = arrays[0].dtype
    for a in arrays:
        if a.dtype is not dtype:
            _widened(work, arrays)
            return
    if dtype.char in HALVES:
        # Beside a gradient and numbers in 32 bits each result is computed in 32 bits, and rounded
        # where it is kept, as PyTorch does.
        arrays = (arrays[0].astype(np.float32), *arrays[1:])
    elif dtype.char not in PLAIN_FLOATS:
        _widened(work, arrays)
        return
    first = arrays[0]
    if type(first) is not ndarray:
        _elsewhere(work, arrays)
    elif first.size <= PIECE or not all(a.flags.c_contiguous for a in arrays):
        work(np, scratch(first.shape, first.dtype), *arrays)
    else:
        _in_blocks(work, [a.reshape(-1) for a in arrays])


def computed_in(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """The dtype that the work sees of arrays of one: no halves, and complex numbers by their parts."""
    if dtype.char in HALVES:
        return np.dtype(np.float32)
    return np.empty(0, dtype).real.dtype if dtype.char in COMPLEXES else dtype


class _Scratch(_local):
    """Memory of one thread, used by all its steps, by dtype. views: of it, by shape and dtype."""

    def __init__(self) -> None:
        self.memory: dict[Any, Any] = {}
        self.views: dict[Any, tuple[Any, ...]] = {}


_scratch = _Scratch()


def scratch(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> tuple[Array, ...]:
    """Arrays to work in, the same ones for each call of this thread."""
    found = _scratch.views.get((shape, dtype))
    return _made(shape, dtype) if found is None else found


def scratch_of(arrays: Sequence[Array]) -> dict[tuple[object, ...], tuple[Array, ...]]:
    """The scratch of this thread by shape and dtype, of what `run` lets work on at once.

    Empty where the arrays are not all of one type and dtype.
    """
    plain = {*map(type, arrays)} == _PLAIN and len({a.dtype for a in arrays}) == 1
    return _scratch.views if plain else {}


def mine() -> object:
    """What tells this thread's scratch from that of others."""
    return _scratch.views


def _made(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> tuple[Array, ...]:
    size = prod(shape)
    own = _scratch
    if size > PIECE:  # more than is worth keeping
        return tuple([np.empty(shape, dtype) for _ in range(SCRATCH)])
    memory = own.memory.get(dtype)
    if memory is None:
        memory = own.memory[dtype] = np.empty((SCRATCH, PIECE), dtype)
    if len(own.views) > _MOST_VIEWS:
        own.views.clear()
    views = tuple([part[:size].reshape(shape) for part in memory])
    own.views[shape, dtype] = views
    return views


def _in_blocks(work: Work, arrays: list[Array]) -> None:
    """The work on flat arrays, piece by piece, over threads where that is worth it."""
    size, dtype = arrays[0].size, arrays[0].dtype
    pieces = -(-size // PIECE)

    def part(i: int) -> None:
        piece = [a[i * PIECE : (i + 1) * PIECE] for a in arrays]
        work(np, scratch(piece[0].shape, dtype), *piece)

    if size < LARGE:
        for i in range(pieces):
            part(i)
        return
    with threads.uninterrupted():  # a piece that is written over cannot be done again
        threads.spread(part, pieces)


def _widened(work: Work, arrays: Sequence[Array]) -> None:
    """The work on copies in one real dtype, which are then written back."""
    xp = backend.of(arrays[0]).module()
    wide = np.result_type(*[a.dtype for a in arrays], np.float32)
    real = computed_in(wide)
    flat = [a.reshape(-1) for a in arrays]  # a view, or a copy where it has gaps
    for begin in range(0, arrays[0].size, PIECE):
        pieces = [a[begin : begin + PIECE] for a in flat]
        copies = [a.astype(wide).view(real) for a in pieces]
        work(xp, tuple([xp.empty_like(copies[0]) for _ in range(SCRATCH)]), *copies)
        for a, made in zip(pieces[1:], copies[1:]):
            a[...] = made.view(wide)
    for a, made in zip(arrays[1:], flat[1:]):
        if not a.flags.c_contiguous:
            a[...] = made.reshape(a.shape)


def _elsewhere(work: Work, arrays: Sequence[Array]) -> None:
    """The work on another device, if there is something to do it on."""
    where = backend.of(arrays[0])
    if where.has_contents:
        xp = where.module()
        work(xp, tuple([xp.empty_like(arrays[0]) for _ in range(SCRATCH)]), *arrays)
