"""Boxes of elements that an installation's code moves from place to place, over threads (see `moving`)."""

from __future__ import annotations

import ctypes
from array import array
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import library, pool, processor
from tcalc.runtime.lazy.compiled.addresses import address
from tcalc.runtime.lazy.compiled.moving import CUT, MOST, MOVE, WIDTHS
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.compiled.ufuncs import sharing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array


def move(source: Array, target: Array) -> bool:
    """Write an array's elements into another of its shape and dtype: whether that was done, as it is where
    they have memory of their own and an installation has code for it."""
    run, width = _function(MOVE), source.itemsize
    if run is None or width not in WIDTHS or source.ndim > MOST:
        return False
    if not (source.flags.aligned and target.flags.aligned) or np.may_share_memory(source, target):
        return False
    dims = [*zip(source.shape, target.strides, source.strides)]
    if (
        not target.flags.c_contiguous
    ):  # what lies farthest apart where it is written is gone over last
        dims.sort(key=lambda dim: -abs(dim[1]))
    with threads.uninterrupted():
        run(
            address(target), address(source), width, len(dims), _is_past(target),
            *[number for dim in dims for number in dim],
        )  # fmt: skip
    return True


def triangle(matrices: Array, diagonal: int, is_lower: bool) -> Array | None:
    """A copy of the triangles of matrices, up to a diagonal or from it on, in C order, zeros elsewhere; None
    where that is NumPy's."""
    cut = _function(CUT)
    if cut is None or matrices.itemsize not in WIDTHS or not matrices.flags.aligned:
        return None
    made = np.empty(matrices.shape, matrices.dtype)
    *stack, rows, columns = matrices.shape
    *_, down, along = matrices.strides
    start, width = address(made), matrices.itemsize
    # How many columns of the first row come before the edge.
    rest = (width, _is_past(made), rows, columns, down, along, diagonal + is_lower, is_lower)
    with threads.uninterrupted():
        for i, place in enumerate(np.ndindex(*stack)):
            source = address(matrices[place])
            cut(start + i * rows * columns * width, source, *rest)
    return made


def _is_past(made: Array) -> bool:
    """Whether what is read and written for an array has no room in the last cache."""
    return 2 * made.nbytes > processor.cache_size()


def _function(name: str) -> Callable[..., None] | None:
    """What moves by such a block of numbers, or None where there is nothing of the kind (see `moving`)."""
    function = library.call(name) if settings.on else None
    if function is None:
        return None
    pool.helpers()  # who may share what it does

    def call(*numbers: int) -> None:
        block = array("q", [ctypes.addressof(sharing), *numbers])
        function(block.buffer_info()[0])

    return call
