"""Large arrays written as they come, over threads: one of them has not all of the memory's speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.base import threads

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

ndarray = np.ndarray
# Below this many bytes waking a thread takes as long.
_LONG = 1 << 22


def put(array: Array, number: object) -> None:
    """Write one number into every element.

    >>> a = np.zeros(3)
    >>> put(a, 2)
    >>> a.tolist()
    [2.0, 2.0, 2.0]
    """
    if type(array) is not ndarray or array.nbytes < _LONG or not array.flags.c_contiguous:
        array.fill(number)
        return
    flat, each = _parts(array)
    with threads.uninterrupted():  # as one call of NumPy's is
        threads.spread(
            lambda i: flat[i * each : (i + 1) * each].fill(number), -(-flat.size // each)
        )


def copied(array: Array) -> Array:
    """A copy of an array in C order.

    >>> copied(np.arange(3)).tolist()
    [0, 1, 2]
    """
    if type(array) is not np.ndarray or array.nbytes < _LONG:
        return array.copy()
    made = np.empty(array.shape, array.dtype)
    copy(array, made)
    return made


def copy(source: Array, target: Array) -> None:
    """Write an array's elements into another, to whose shape they broadcast."""
    plain = type(source) is type(target) is ndarray and target.nbytes >= _LONG
    if not plain or source.shape != target.shape:
        target[...] = source
        return
    if not (source.flags.c_contiguous and target.flags.c_contiguous):
        target[...] = source
        return
    (to, each), (given, _) = _parts(target), _parts(source)

    def work(i: int) -> None:
        part = slice(i * each, (i + 1) * each)
        to[part] = given[part]

    with threads.uninterrupted():
        threads.spread(work, -(-to.size // each))


def _parts(array: Array) -> tuple[Array, int]:
    """An array's elements in a row, and how many of them a thread has."""
    flat = array.reshape(-1)
    return flat, -(-flat.size // threads.number())
