"""What calls that are noted work on: real arrays behind traced ones, and what varies from call to call."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.mirror import Mirror
from tcalc.runtime.base.symbols import number_of
from tcalc.runtime.graph.values import CONSTANT, each, holds_symbol
from tcalc.runtime.lazy.exposure import owner as memory_of
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.plan.traced import Traced
from tcalc.runtime.types.codes import BOOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray


def view_of(
    source: Array, dtype: np.dtype, shape: tuple[int, ...], offset: int, strides: tuple[int, ...]
) -> Array:
    """An array on the memory of one without gaps, `offset` bytes after its first element."""
    return ndarray(shape, dtype, source, offset, strides)


def view_beyond(
    source: Array, dtype: np.dtype, shape: tuple[int, ...], offset: int, strides: tuple[int, ...]
) -> Array:
    """The same in all of the memory that an array is a part of."""
    owner = memory_of(source)
    return ndarray(shape, dtype, owner, start_of(source) - start_of(owner) + offset, strides)


def held(value: object) -> object:
    """A tensor's array (of a view that is conjugated, the one that it shows); others as they are."""
    array = value._d if isinstance(value, Tensor) else value
    return array.array if type(array) is Mirror else array


def real_of(value: object) -> object:
    return value.array if type(value) is Traced else number_of(value)


def kept_copy(array: Array) -> Array:
    """A copy that nobody writes to, with stretched dimensions left as they are."""
    if array.ndim and array.size > 1 and not any(array.strides):
        return np.broadcast_to(array[(0,) * array.ndim].copy(), array.shape)
    return array.copy("K")


def start_of(array: Array) -> int:
    """The address of an array's first element."""
    if type(array) is not ndarray:
        return 0
    return int(array.__array_interface__["data"][0])


def holds(value: object) -> bool:
    """Whether a Traced is somewhere in a value."""
    found: list[bool] = []
    each(value, lambda v: found.append(True) if type(v) is Traced else None)
    return bool(found)


def varies(value: object) -> bool:
    """Whether something in a value is not constant."""
    return is_changing(value) or holds_symbol(value)


def is_changing(value: object) -> bool:
    found: list[bool] = []
    each(
        value,
        lambda v: (
            found.append(True) if type(v) is Traced and v.value.memory.kind != CONSTANT else None
        ),
    )
    return bool(found)


def picks(function: object, rest: tuple[object, ...]) -> bool:
    """Whether the shape of what a call gives is told by values: masks, numbers of repeats."""
    if function is operator.getitem:
        masks: list[Any] = []
        each(rest, lambda v: masks.append(v) if type(v) is ndarray and v.dtype.char in BOOLS else 0)
        return bool(masks)
    return function in (ndarray.repeat, np.repeat) and not isinstance(rest[0], int)


def any_of(args: Iterable[object], size: int) -> bool:
    """Whether one of the arrays has so many elements, or more."""
    return any(type(v) is Traced and v.size >= size for v in args)


def view_shown(
    result: Array, args: Iterable[object]
) -> tuple[Callable[..., Array], tuple[object, ...]] | None:
    """How to view an operand's memory as a result does, or None where it does not."""
    if type(result) is not ndarray or not result.size:
        return None
    for v in args:
        if type(v) is Traced and memory_of(v.array) is memory_of(result):
            offset = start_of(result) - start_of(v.array)
            given = v, result.dtype, result.shape, offset, result.strides
            reach = sum((n - 1) * s for n, s in zip(result.shape, result.strides))
            end = offset + reach + result.itemsize
            if v.array.flags.c_contiguous and offset >= 0 and end <= v.array.nbytes:
                return view_of, given
            owner = memory_of(v.array)
            if type(owner) is ndarray and owner.flags.forc:
                return view_beyond, given
    return None


def is_traced(result: object) -> bool:
    if isinstance(result, (tuple, list)):
        return all(map(is_traced, result))
    return type(result) is Traced
