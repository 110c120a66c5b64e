"""What the text of a plan calls for large arrays: their work is noted, and done in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.evaluate import fill
from tcalc.runtime.lazy.expression import LARGE, NotDeferred
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.lazy.pending import Pending, computed, lazy, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray


def noted(function: Callable[..., Array], *operands: Array) -> Array:
    """Note a call down, or do it where that cannot be."""
    try:
        made = function(*map(lazy, operands)) if function not in _METHODS else _METHODS[function](
            *map(lazy, operands)
        )  # fmt: skip
        if any(made is v for v in operands):
            return made.copy()
        return made
    except (NotDeferred, AttributeError):
        return np.asarray(function(*map(computed, operands)))


_METHODS: dict[Any, Callable[..., Any]] = {
    ndarray.astype: lambda a, *rest: a.astype(*rest),
    ndarray.copy: lambda a, *rest: a.copy(),
}


def lazily(kernel: Callable[..., Array], xp: ModuleType, *args: object, **kwargs: object) -> Array:
    """Run a kernel that takes arrays which are not computed yet; a total may wait too."""
    try:
        result = kernel(xp, *map(lazy, args), **kwargs)
    except (NotDeferred, AttributeError):
        result = kernel(xp, *map(computed, args), **kwargs)
    if type(result) in (tuple, list):
        return tuple(map(computed, result))
    return result if type(result) is Pending and not result.shape else computed(result)


def together(*values: object) -> None:
    """Compute several arrays, large ones of one shape in one pass; then what is made of totals."""
    waiting = [v for v in values if type(v) is Pending and v.array is None]
    whole = [v for v in waiting if v.size >= LARGE]
    while whole:
        first = whole[0]
        alike = [v for v in whole if v.shape == first.shape and v.order == first.order]
        fill(*[v.node for v in alike])
        whole = [v for v in whole if v.array is None]
    for v in waiting:
        computed(v)


def store(target: Array, value: Array) -> None:
    """Write a value over all of an array, which the value may be computed from."""
    if type(value) is Pending and value.array is None and value.shape == target.shape:
        write(value, target)
    else:
        value = computed(value)
        before_write(target)
        target[...] = value
