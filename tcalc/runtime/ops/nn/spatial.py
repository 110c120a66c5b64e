"""Arguments of ops over spatial dimensions: one number for all of them, or one for each."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from operator import index as as_int
from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, ShapeError, StateError
from tcalc.runtime.ops.nn.windows import Frame, Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array, Ints


def made_up(*shape: int, seed: float = 0.6) -> Array:
    """Numbers of a shape for sample calls, all different and without a pattern."""
    import numpy as np

    return np.sin(np.arange(prod(shape)) * 1.7 + seed).reshape(shape)


def each(op: str, name: str, value: Ints | None, count: int) -> Sizes:
    """An int for each of `count` dimensions, from one or a list of as many.

    >>> each("conv2d", "stride", 2, 2), each("conv2d", "stride", [1, 2], 2)
    ((2, 2), (1, 2))
    """
    if type(value) is int:
        return (value,) * count
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


def by(sizes: Sequence[int]) -> str:
    """Sizes as messages show them.

    >>> by((2, 3))
    '(2 x 3)'
    """
    return f"({' x '.join(map(str, sizes))})"


# -- windows of pools -------------------------------------------------------------------------


def windows_of(
    name: str, n: int, shape: Sizes, kernel_size: Ints, stride: Ints | None, padding: Ints,
    dilation: Ints, ceil_mode: bool,
) -> tuple[Sizes, Frame, Sizes]:  # fmt: skip
    """A pool's kernel, how it slides, and how many windows there are in each of the last dimensions of an
    input; found once where numbers say all."""
    ints = type(kernel_size) is int and type(padding) is int and type(dilation) is int
    find = _known_windows if ints and (stride is None or type(stride) is int) else _windows_of
    return find(name, n, shape, kernel_size, stride, padding, dilation, ceil_mode)


def _windows_of(
    name: str, n: int, shape: Sizes, kernel_size: Ints, stride: Ints | None, padding: Ints,
    dilation: Ints, ceil_mode: bool,
) -> tuple[Sizes, Frame, Sizes]:  # fmt: skip
    kernel, frame = window_of(name, n, kernel_size, stride, padding, dilation)
    return kernel, frame, pooled_lengths(shape, kernel, frame, ceil_mode)


_known_windows = lru_cache(64)(_windows_of)


def window_of(
    name: str, n: int, kernel_size: Ints, stride: Ints | None, padding: Ints, dilation: Ints,
    limited: bool = True,
) -> tuple[Sizes, Frame]:  # fmt: skip
    """A pool's kernel and how it slides; limited: whether padding is at most half the kernel."""
    if type(kernel_size) is int and kernel_size > 0 and (stride, padding, dilation) == (None, 0, 1):
        kernel = (kernel_size,) * n
        return kernel, Frame(kernel, ((0, 0),) * n, (1,) * n, 1)
    kernel = _each_of(name, "kernel_size", kernel_size, n)
    given = stride is not None and stride != [] and stride != ()
    steps = _each_of(name, "stride", stride, n) if given else kernel
    both, gaps = _each_of(name, "padding", padding, n), _each_of(name, "dilation", dilation, n)
    if 0 in steps:
        raise StateError("stride should not be zero", argument="stride" if given else "kernel_size")
    for what, values in (("kernel size", kernel), ("stride", steps), ("dilation", gaps)):
        if min(values) <= 0:
            listed = " ".join(f"d{a}: {v}" for a, v in zip("THW"[-n:], values))
            raise StateError(f"{what} should be greater than zero, but got {listed}")
    if min(both) < 0:
        raise StateError(f"pad must be non-negative, but got pad: {min(both)}", argument="padding")
    for p, k, d in zip(both, kernel, gaps):
        if limited and p > (d * (k - 1) + 1) // 2:
            raise StateError(
                f"pad should be at most half of effective kernel size, but got pad={p}, "
                f"kernel_size={k} and dilation={d}",
                argument="padding",
            )
    return kernel, Frame(steps, tuple((p, p) for p in both), gaps, 1)


def _each_of(name: str, what: str, value: Ints, n: int) -> Sizes:
    if isinstance(value, (tuple, list)) and len(value) not in (1, n):
        raise StateError(
            f"{name}: {what} must either be a single int, or a tuple of {n} ints", argument=what
        )
    return each(name, what, value, n)


def pooled_lengths(shape: Sizes, kernel: Sizes, frame: Frame, ceil_mode: bool) -> Sizes:
    """How many windows there are in each of the last dimensions of an input."""
    n = len(kernel)
    lengths = []
    for size, k, s, (low, high), d in zip(shape[-n:], kernel, *frame[:3]):
        room = size + low + high - d * (k - 1) - 1
        length = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (length - 1) * s >= size + low:  # a window begins inside
            length -= 1
        lengths.append(length)
    if min(lengths) < 1:
        lead = shape[-n - 1 : -n]
        shown = "x".join(map(str, (*lead, *shape[-n:])))
        raise ShapeError(
            f"Given input size: ({shown}). Calculated output size: "
            f"({'x'.join(map(str, (*lead, *lengths)))}). Output size is too small",
            argument="kernel_size",
        )
    return tuple(lengths)
