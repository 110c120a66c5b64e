"""Arguments of ops over spatial dimensions: one number for all of them, or one for each."""

from __future__ import annotations

from math import prod
from operator import index as as_int
from typing import Any

from tcalc.errors import ArgumentError, ShapeError

Sizes = tuple[int, ...]


def made_up(*shape: int, seed: float = 0.6) -> Any:
    """Numbers of a shape for sample calls, all different and without a pattern."""
    import numpy as np

    return np.sin(np.arange(prod(shape)) * 1.7 + seed).reshape(shape)


def each(op: str, name: str, value: Any, count: int) -> Sizes:
    """An int for each of `count` dimensions, from one or a list of as many.

    >>> each("conv2d", "stride", 2, 2), each("conv2d", "stride", [1, 2], 2)
    ((2, 2), (1, 2))
    """
    given = value if isinstance(value, (tuple, list)) else (value,)
    found = []
    for n in given:
        try:
            if isinstance(n, (bool, float)):
                raise TypeError
            found.append(as_int(n))
        except (AttributeError, TypeError):
            raise ArgumentError(
                f"{op}(): argument '{name}' must be tuple of ints, not {type(n).__name__}",
                argument=name,
            ) from None
    if len(found) == 1:
        return (found[0],) * count
    if len(found) != count:
        raise ShapeError(
            f"expected {name} to be a single integer value or a list of {count} values to match "
            f"the dimensions of {op}, but got {name}={found}",
            argument=name,
        )
    return tuple(found)


def by(sizes: Any) -> str:
    """Sizes as messages show them.

    >>> by((2, 3))
    '(2 x 3)'
    """
    return f"({' x '.join(map(str, sizes))})"
