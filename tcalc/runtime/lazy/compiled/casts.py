"""Casts of an array: what an installation has of them. Those from and to short floats NumPy does one by one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.compiled import library, pool
from tcalc.runtime.lazy.compiled.layouts import MOVING
from tcalc.runtime.lazy.compiled.primitives import converted, type_of
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.types.dtypes import bfloat16

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.code import Code
    from tcalc.runtime.lazy.compiled.rowwise import Place

_SINGLE, _HALF, _BRAIN = np.dtype(np.float32), np.dtype(np.float16), bfloat16.numpy
_DOUBLE, _LONG, _INT, _BOOL = (np.dtype(t) for t in (np.float64, np.int64, np.int32, np.bool_))
# The fourth one is a shift, which NumPy has as quick.
SHORT = ((_SINGLE, _HALF), (_HALF, _SINGLE), (_SINGLE, _BRAIN))
# With others NumPy is as quick: whole calls alone have them.
PAIRS: tuple[tuple[Any, Any], ...] = (
    *SHORT, *[(_SINGLE, to) for to in (_DOUBLE, _LONG, _INT, _BOOL)],
    *[(of, _SINGLE) for of in (_DOUBLE, _LONG, _INT, _BOOL)],
    (_BOOL, _LONG), (_LONG, _DOUBLE), (_DOUBLE, _LONG), (_LONG, _INT), (_INT, _LONG), (_LONG, _BOOL),
)  # fmt: skip
# From so many elements on threads share them.
LEAST = 1 << 16


def name(source: Any, target: Any) -> str:
    """What the function of a cast is called."""
    return f"cast.{source.name}.{target.name}"


def kinds(source: Any, target: Any) -> list[str]:
    """The types of its elements."""
    return [type_of(source) or "", type_of(target) or ""]


def body(head: str, source: Any, target: Any) -> tuple[str, Code]:
    """The function of rows that does a cast, declared so."""
    rows = Rows(kinds(source, target), MOVING * 2)

    def cast(place: Place) -> None:
        value = converted(rows.code, place.load(0), source, target)
        assert value is not None
        place.store(1, value)

    rows.each(cast)
    return rows.function(head)


@cache
def caster(source: Any, target: Any) -> Callable[[Array], Array] | None:
    """What gives a copy of an array in another dtype, in its order; None where that is NumPy's."""
    if (source, target) not in SHORT:
        return None
    function: Any = library.function(name(source, target))
    if function is None:
        return None
    pool.helpers()  # who may share what it does
    if target is _BRAIN:  # NumPy knows them as words
        return lambda array: function(array).view(target)
    return function
