"""Elementwise ops whose kernel is one function that the installation has compiled."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.compiled import library, pool
from tcalc.runtime.lazy.compiled.kernels import available, settings
from tcalc.runtime.lazy.sizes import MIDDLE, quick

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.call.define import DefinedOp

ndarray = np.ndarray
SINGLE, BOOL, _DOUBLE = np.dtype(np.float32), np.dtype(np.bool_), np.dtype(np.float64)


@cache
def function_of(op: Op) -> Any:
    """The function of an op, or None, as it stays."""
    pool.helpers()  # who may share what it does
    return library.function(op.name)


def kernel_of(op: DefinedOp, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel, but for float32 and the defaults of an op's numbers the function, if there is one; else
    through double, where that is more accurate."""
    made = function_of(op)
    if made is None and not op.doubled:
        return kernel
    if made is not None:
        quick.add(op)
    if sum(p.is_array for p in op.params) > 1:
        return _of_several(kernel, made)
    _, *numbers = op.params
    positional = tuple([p.default for p in numbers if not p.keyword_only])
    by_name = {p.name: p.default for p in numbers if p.keyword_only}
    doubled = op.doubled

    def kernel_or_function(xp: ModuleType, input: Array, *rest: Any, **options: Any) -> Array:
        if xp is np and input.dtype is SINGLE:
            is_small = type(input) is ndarray or input.size < MIDDLE
            if (
                is_small
                and made is not None
                and settings.on
                and (not rest or rest == positional)
                and (not options or options == by_name)
            ):
                return made(input)
            if doubled and (is_small or not available()):
                return kernel(xp, _wide(input), *rest, **options).astype(SINGLE)
        return kernel(xp, input, *rest, **options)

    return kernel_or_function


def _of_several(kernel: Callable[..., Any], made: Any) -> Callable[..., Any]:
    """The same of several operands and no numbers, which goes through double where there is no function."""

    def kernel_or_function(xp: ModuleType, *operands: Array) -> Array:
        if xp is np and all(a.dtype is SINGLE for a in operands):
            is_small = all(type(a) is ndarray or a.size < MIDDLE for a in operands)
            if is_small and made is not None and settings.on:
                return made(*operands)
            if is_small or not available():
                return kernel(xp, *map(_wide, operands)).astype(SINGLE)
        return kernel(xp, *operands)

    return kernel_or_function


def _wide(array: Array) -> Array:
    """An array in double, as the results of functions lie."""
    if type(array) is not ndarray or array.flags.c_contiguous:
        return array.astype(_DOUBLE)
    return np.positive(array, dtype=_DOUBLE)  # `astype` puts a dimension that is expanded last
