"""Numbers in steps, identities and the places in triangles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ShapeError, StateError, ValueProblem
from tcalc.runtime.arrays import backend
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Device, DType, Layout, Scalar
from tcalc.runtime.call.define import composite
from tcalc.runtime.lazy.filling import zeros
from tcalc.runtime.ops.create.creation import filled, place
from tcalc.runtime.ops.create.whole import whole
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.devices import CPU, resolve
from tcalc.runtime.types.scalars import fitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array


_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
# Whole numbers up to the bound, so few of them, need no look at what they fit.
_FEW, _BOUND = memory.MAPPED // 8, 1 << 62
# From so many numbers on compiled code writes them sooner.
_MANY = 1 << 13
# What bounds are converted to, by the category of the range's dtype.
_EXACT = {dtypes.INTEGER: dtypes.int64}


def _number(value: complex) -> float:
    """A bound as a Python number."""
    if isinstance(value, complex):
        raise StateError("value cannot be converted to type double without overflow")
    return value


@composite(
    names=("torch.arange",),
    differentiable=False,
    samples=lambda: [((5,), {}), ((1, 2, 0.25), {}), ((5, 1, -2), {})],
)
def arange(
    start: Scalar = 0, end: Scalar | None = None, step: Scalar = 1, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from `start` (0) up to but without `end`: `arange(end)`, `arange(start, end, step)`.

    int64 where all three are integers, else the default dtype. (end - start) / step rounded up
    gives the count.

    >>> arange(4)
    tensor([0, 1, 2, 3])
    >>> arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
    if end is None:
        start, end = 0, start
    whole = type(start) is int and type(end) is int and type(step) is int
    if (
        whole and step == 1 and (dtype is None or dtype is dtypes.int64)
        and 0 <= end - start <= _FEW and abs(start) <= _BOUND and resolve(device) is CPU
    ):  # fmt: skip
        return place(_steps(start, 1, end - start, dtypes.int64), CPU, requires_grad)
    if not whole:
        start, end, step = _number(start), _number(end), _number(step)
        whole = isinstance(start, int) and isinstance(end, int) and isinstance(step, int)
    t = dtype
    if t is None:
        t = dtypes.int64 if whole else dtypes.default.value
    t.need("if", "arange_cpu")
    exact = _EXACT.get(t.category) or (dtypes.float32 if t.is_half else dtypes.float64)
    fitting(end, exact)
    first, each = fitting(start, exact), fitting(step, exact)
    _check_range(start, end, step)
    if t is dtypes.int64:
        start, end, step = int(start), int(end), int(step)
        if not step:
            raise ValueProblem("step must be nonzero", argument="step")
    count = -((start - end) // step) if t is dtypes.int64 else math.ceil((end - start) / step)
    count = max(count, 0)
    return _made((count,), t, lambda: _steps(first, each, count, t), device, requires_grad)


def _made(
    shape: tuple[int, ...], t: dtypes.dtype, fill: Callable[[], Array], device: object,
    requires_grad: bool,
) -> Tensor:  # fmt: skip
    """A new leaf with what `fill` gives; on meta it is never called."""
    where = resolve(device)
    if not backend.of_kind(where.type).has_contents:
        return filled(shape, None, t, where, requires_grad)
    return place(fill(), where, requires_grad)


def _check_range(start: float, end: float, step: float) -> None:
    if step == 0:
        raise StateError("step must be nonzero", argument="step")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise StateError(f"unsupported range: {start} -> {end}", argument="end")
    if (end - start) * (1 if step > 0 else -1) < 0:
        raise StateError(
            "upper bound and lower bound inconsistent with step sign",
            hint="a negative step counts down",
            argument="step",
        )


def _write(
    out: Array, base: float, step: float, first: int = 0, way: int = 1, work: str = ""
) -> bool:
    """Let compiled code write a long range: whether that was done."""
    from tcalc.runtime.lazy.compiled import ranges  # after the quick tests

    return ranges.write(out, base, step, first, way, work)


def _steps(start: Scalar, step: Scalar, count: int, t: dtypes.dtype) -> Array:
    """start, start + step, ... `count` of them."""
    memory.check(count * t.itemsize, f"a range of {count} numbers")
    if t.category == dtypes.INTEGER:
        if t.itemsize == 8:
            start, step = int(start), int(step)
            if count >= _MANY and _write(whole := np.empty(count, np.int64), start, step):
                return whole
            whole = np.arange(count)
            if start == 0 and step == 1:
                return whole
            whole *= step
            whole += start
            return whole
        return (np.arange(count) * int(step) + int(start)).astype(t.numpy)
    if t.is_complex:
        return (np.arange(count, dtype=np.float64) * step + start).astype(t.numpy)
    if count >= _MANY and _write(found := np.empty(count, t.numpy), start, step, work=_DOUBLE.char):
        return found
    numbers = np.arange(count, dtype=_DOUBLE)
    numbers *= step
    numbers += start
    return numbers if t is dtypes.float64 else numbers.astype(t.numpy)


@composite(
    name="range",
    names=("torch.range",),
    differentiable=False,
    samples=lambda: [((1, 5), {}), ((1, 2, 0.25), {})],
)
def range_(
    start: Scalar = 0, end: Scalar | None = None, step: Scalar = 1, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from `start` to `end`, both included, in the default dtype.

    >>> torch.range(1, 3)
    tensor([1., 2., 3.])
    """
    if end is None:
        start, end = 0, start
    start, end, step = _number(start), _number(end), _number(step)
    _check_range(start, end, step)
    t = dtype or dtypes.default.value
    count = int((end - start) / step) + 1
    return place(_steps(start, step, count, t), device, requires_grad)


def _count(steps: int) -> int:
    if steps < 0:
        raise StateError("number of steps must be non-negative", argument="steps")
    return steps


def _spaced(start: float, end: float, count: int, t: dtypes.dtype) -> Array:
    """Evenly spaced numbers in the way PyTorch rounds them: from both ends to the middle."""
    memory.check(count * t.itemsize * 3, f"{count} steps")
    is_half = t.is_half
    work = _SINGLE if is_half else _DOUBLE if t.category == dtypes.INTEGER else t.numpy
    kind = work.type
    first, last = kind(start), kind(end)
    if count < 2:
        return np.full(count, first, work)
    step = (last - first) / kind(count - 1)
    if is_half:
        step = t.numpy.type(step).astype(_SINGLE)
    half = count // 2
    if count >= _MANY and not (is_half or t.is_complex):
        out = np.empty(count, work)
        low, high, each = float(first), float(last), float(step)
        if _write(out[:half], low, each) and _write(out[half:], high, -each, count - half - 1, -1):
            return out
    way = np.arange(count - half, dtype=work)
    way *= step
    if is_half:  # PyTorch rounds between the product and the sum
        way = way.astype(t.numpy).astype(work)
    out = np.empty(count, work)
    np.add(way[:half], first, out=out[:half])
    np.subtract(last, way[::-1], out=out[half:])
    return out


@composite(
    names=("torch.linspace",),
    differentiable=False,
    samples=lambda: [((0, 1, 5), {}), ((3.0, -1.0, 4), {"dtype": dtypes.float64})],
)
def linspace(
    start: Scalar, end: Scalar, steps: int, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """`steps` evenly spaced numbers from `start` to `end`, both included.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    t = dtype or _default_for(start, end)
    t.need("ifc", "linspace_cpu")
    if (isinstance(start, complex) or isinstance(end, complex)) and not t.is_complex:
        raise StateError(
            "torch.linspace(): inferred dtype ComplexFloat can't be safely cast to passed dtype "
            f"{t.shorthand}",
            argument="dtype",
        )
    start, end = fitting(start, t, "start"), fitting(end, t, "end")
    count = _count(steps)

    def fill() -> Array:
        return _spaced(start, end, count, t).astype(t.numpy, copy=False)

    return _made((count,), t, fill, device, requires_grad)


@composite(
    names=("torch.logspace",),
    differentiable=False,
    samples=lambda: [((0, 2, 3), {}), ((0, 3, 4, 2.0), {})],
)
def logspace(
    start: Scalar, end: Scalar, steps: int, base: Scalar = 10.0, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """`steps` numbers from `base ** start` to `base ** end`, evenly spaced on a log scale.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    t = dtype or _default_for(start, end)
    t.need("ifc", "logspace_cpu")
    wide = dtypes.complex128 if t.is_complex else dtypes.float64
    array = np.power(wide.numpy.type(base), _spaced(start, end, _count(steps), wide))
    return place(array.astype(t.numpy), device, requires_grad)


def _default_for(start: object, end: object) -> dtypes.dtype:
    t = dtypes.default.value
    return t.to_complex() if isinstance(start, complex) or isinstance(end, complex) else t


@composite(names=("torch.eye",), differentiable=False, samples=lambda: [((3,), {}), ((2, 3), {})])
def eye(
    n: int, m: int | None = None, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
    layout: Layout | None = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The identity matrix of `n` rows (and `m` columns).

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = n, n if m is None else m
    for name, count in (("n", rows), ("m", columns)):
        if count < 0:
            raise ShapeError(f"{name} must be greater or equal to 0, got {count}", argument=name)
    t = dtype or dtypes.default.value
    t.need("bifc", "eye")

    def fill() -> Array:
        memory.check(rows * columns * t.itemsize, f"a tensor of shape [{rows}, {columns}]")
        array = zeros((rows, columns), t.numpy)
        array.reshape(-1)[: columns * min(rows, columns) : columns + 1] = 1
        return array

    return _made((rows, columns), t, fill, device, requires_grad)


def _triangle(
    row: int, col: int, offset: int, dtype: dtypes.dtype | None, device: object, lower: bool
) -> Tensor:
    if row < 0 or col < 0:
        name, n = ("row", row) if row < 0 else ("col", col)
        raise ShapeError(f"{name} must be non-negative, got{n}", argument=name)
    t = dtype or dtypes.int64
    t.need("bifc", "tril_indices" if lower else "triu_indices")
    memory.check(row * col * 17, f"the triangle of a {row} by {col} matrix")
    mask = np.tri(row, col, offset if lower else offset - 1, dtype=bool)
    return place(np.array(np.nonzero(mask if lower else ~mask)).astype(t.numpy), device, False)


@composite(
    names=("torch.tril_indices",),
    differentiable=False,
    samples=lambda: [((3, 3), {}), ((3, 4, -1), {})],
)
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType | None = None, device: Device | None = None,
    layout: Layout | None = None,
) -> Tensor:  # fmt: skip
    """Rows and columns of the lower triangle of a `row` by `col` matrix.

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle(row, col, offset, dtype, device, True)


@composite(
    names=("torch.triu_indices",),
    differentiable=False,
    samples=lambda: [((3, 3), {}), ((3, 4, 1), {})],
)
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType | None = None, device: Device | None = None,
    layout: Layout | None = None,
) -> Tensor:  # fmt: skip
    """Rows and columns of the upper triangle of a `row` by `col` matrix.

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle(row, col, offset, dtype, device, False)


# -- whole calls ------------------------------------------------------------------------------

whole(arange, linspace, eye)
