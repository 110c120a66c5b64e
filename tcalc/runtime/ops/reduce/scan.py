"""Running totals along a dimension, and differences and areas between neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DimError, DtypeError, StateError
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.base.modes import anywhere, mode
from tcalc.runtime.base.op import Array, DType, Scalar
from tcalc.runtime.base.targets import CAST, NOT_PARTLY
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.compiled.rowscans import PRODUCTS, PRODUCTS_DOWN, SUMS, SUMS_DOWN
from tcalc.runtime.lazy.rows import running as compiled_running
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.ops.index.picking import picker, recorded
from tcalc.runtime.ops.reduce import running
from tcalc.runtime.ops.reduce.reduction import cast, floating, no_complex, numpy_dtype
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, EXACT, FLOATS, PLAIN_FLOATS
from tcalc.runtime.types.dtypes import float64
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.lazy.compiled.rowforms import Form
    from tcalc.runtime.tensor.tensor import Tensor


# Along rows and down columns, and what changes nothing.
_FORMS: dict[Any, tuple[Form, Form, float]] = {
    np.add: (SUMS, SUMS_DOWN, 0.0),
    np.multiply: (PRODUCTS, PRODUCTS_DOWN, 1.0),
}


def _running(xp: ModuleType, ufunc: np.ufunc, input: Array, dim: int, dtype: DType | None) -> Array:
    """`ufunc.accumulate` along a dim; single floats are accumulated in double, as in PyTorch."""
    axis = wrap_dim(dim, input.ndim)
    if dtype is None and xp is np and input.ndim and input.dtype.char in PLAIN_FLOATS:
        if input.size >= MIDDLE:
            made = compiled_running(*_FORMS[ufunc], input, axis)
            if made is not None:
                return made
        if ufunc is np.add:
            return running.sums(input, axis, input.dtype)
        wide = input.astype(np.float64, copy=False)
        return running.accumulate(ufunc, wide, axis).astype(input.dtype, copy=False)
    target = numpy_dtype(dtype, "cumsum_out_cpu" if ufunc is xp.add else "cumprod_out_cpu")
    if target is None:
        target = xp.dtype(xp.int64) if input.dtype.char in EXACT else input.dtype
    wide = (
        xp.float64 if target.char in FLOATS
        else xp.complex128 if target.char in COMPLEXES
        else target
    )  # fmt: skip
    if (
        xp is np
        and ufunc is np.add
        and input.ndim
        and input.dtype.char in FLOATS
        and target.char in FLOATS
    ):
        return running.sums(input, axis, target)
    array = cast(
        input,
        xp.dtype(wide) if target.char not in COMPLEXES or input.dtype.char in COMPLEXES else target,
    )
    if not input.ndim:
        return array.astype(target)
    if xp is np and array.dtype == wide:
        return running.accumulate(ufunc, array, axis).astype(target, copy=False)
    out = None if array is input else array
    return ufunc.accumulate(array, axis=axis, dtype=wide, out=out).astype(target, copy=False)


def _samples() -> list[tuple[tuple[object, ...], dict[str, object]]]:
    table = [[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]]
    return [((table, dim), {}) for dim in (0, 1)]


def _samples_with_zeros() -> list[tuple[tuple[object, ...], dict[str, object]]]:
    rows = [[0.3, 0.0, 2.0, 0.7], [0.0, 0.1, 0.0, -0.4]]
    return [*_samples(), ((rows, 1), {})]


@kernel(apart=NOT_PARTLY, inplace=True, only="bifcu", upcast_halves=False, samples=_samples)
def cumsum(xp: ModuleType, input: Array, dim: int, *, dtype: DType | None = None) -> Array:
    """The running sum along a dimension.

    input: (*) → (*). Bools and integers give int64; `dtype` casts before adding. Floats are
    accumulated in double.

    >>> cumsum(tensor([1, 2, 3]), dim=0)
    tensor([1, 3, 6])
    """
    return laid_in_order(_running(xp, xp.add, input, dim, dtype))


@kernel(names=(), upcast_halves=False)
def _sum_from_end(xp: ModuleType, input: Array, dim: int) -> Array:
    """The running sum from the other end."""
    axis = wrap_dim(dim, input.ndim)
    if not input.ndim:
        return input.copy()
    turn = (*(slice(None),) * axis, slice(None, None, -1))
    turned = input[turn]
    if type(turned) is np.ndarray and turned.size >= MIDDLE:
        turned = turned.copy("C")  # as compiled code has it
    return _running(xp, xp.add, turned, axis, None)[turn]


cumsum.over_call = "cumsum", ("dim",)
cumsum.vjp(input=lambda g, dim: _sum_from_end(g, dim))
_sum_from_end.vjp(input=lambda g, dim: cumsum(g, dim))


@kernel(
    apart=NOT_PARTLY, inplace=True, only="bifcu", upcast_halves=False, samples=_samples_with_zeros
)
def cumprod(xp: ModuleType, input: Array, dim: int, *, dtype: DType | None = None) -> Array:
    """The running product along a dimension.

    input: (*) → (*). Bools and integers give int64; `dtype` casts before multiplying. Floats are
    accumulated in double.

    >>> cumprod(tensor([1, 2, 3, 4]), dim=0)
    tensor([ 1,  2,  6, 24])
    """
    return laid_in_order(_running(xp, xp.multiply, input, dim, dtype))


cumsum.outs = cumprod.outs = CAST


def _conj(t: Tensor) -> Tensor:
    return t.conj() if t.dtype.is_complex else t


def _cumprod_back(g: Tensor, input: Any, out: Tensor, dim: int) -> Tensor:
    if not input._a.ndim:
        return g
    if out.dtype.is_floating_point and out.dtype is not float64:
        # Products of products leave the range of all but double.
        return _cumprod_back(g.double(), input.double(), cumprod(input.double(), dim), dim)
    input = input.to(out.dtype) if input.dtype is not out.dtype else input
    zero = input == 0
    if not anywhere(zero):
        return _sum_from_end(g * _conj(out), dim) / _conj(input)
    if mode.enabled:
        return _cumprod_graph(g, input, dim)
    # Before the first zero as above (what follows it contributes nothing); at it the products
    # without it; after it every product holds it, so nothing.
    first = zero & (zero.cumsum(dim) == 1)
    before = _sum_from_end(g * _conj(out), dim) / _conj(input)
    at = _sum_from_end(g * _conj(input.masked_fill(first, 1).cumprod(dim)), dim)
    slope = before.masked_fill(zero.cumsum(dim) > 0, 0)
    return slope + at.masked_fill(first.logical_not(), 0)


def _cumprod_graph(g: Tensor, input: Tensor, dim: int) -> Tensor:
    """The gradient where there are zeros, written so that it can be differentiated again.

    For every element the running products without it: quadratic in the dim's length.
    """
    from tcalc.runtime.arrays.backend import module_of
    from tcalc.runtime.tensor.tensor import wrap

    xp = module_of(input._a)
    n = input._a.shape[dim]
    rows = input.movedim(dim, -1).unsqueeze(-2).masked_fill(wrap(xp.eye(n, dtype=bool)), 1)
    later = wrap(xp.tri(n, dtype=bool).T)
    slopes = rows.cumprod(-1).masked_fill(later.logical_not(), 0)
    return (_conj(slopes) * g.movedim(dim, -1).unsqueeze(-2)).sum(-1).movedim(-1, dim)


cumprod.over_call = "cumprod", ("dim",)
cumprod.vjp(input=_cumprod_back)


def _running_extreme(name: str) -> DefinedOp:
    @kernel(
        name=name, names=(), differentiable=False,
        returns=("values", "indices"),
    )  # fmt: skip
    def extreme(xp: ModuleType, input: Array, dim: int) -> Array:
        no_complex(f"{name}_cpu", input)
        if not input.ndim:
            return input.copy(), xp.zeros((), xp.int64)
        ufunc = xp.maximum if name == "cummax" else xp.minimum
        if xp is np:
            return running.extremes(ufunc, laid_in_order(input), dim)
        values = ufunc.accumulate(input, axis=dim)
        # The last of equal elements counts, and so does the last nan.
        new = (input == values) | (input != input)
        shape = [1] * input.ndim
        shape[dim] = -1
        places = xp.where(new, xp.arange(input.shape[dim]).reshape(shape), 0)
        return values, xp.maximum.accumulate(places, axis=dim)

    return extreme


_cummax = _running_extreme("cummax")
_cummin = _running_extreme("cummin")
_cummax_picked = picker("cummax", "CummaxBackward0", repeated=True, holds=("input",))
_cummin_picked = picker("cummin", "CumminBackward0", repeated=True, holds=("input",))


@composite(samples=_samples)
def cummax(input: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """The greatest so far along a dimension, and the index of its last occurrence.

    >>> cummax(tensor([1, 3, 2]), dim=0).values
    tensor([1, 3, 3])
    """
    axis = wrap_dim(dim, input._a.ndim)
    return recorded(_cummax_picked, _cummax(input, axis), input, axis)


@composite(samples=_samples)
def cummin(input: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """The least so far along a dimension, and the index of its last occurrence.

    >>> cummin(tensor([2, 3, 1]), dim=0).values
    tensor([2, 2, 1])
    """
    axis = wrap_dim(dim, input._a.ndim)
    return recorded(_cummin_picked, _cummin(input, axis), input, axis)


def _log_running(xp: ModuleType, a: Array, axis: int) -> Array:
    if a.dtype.char in COMPLEXES:
        shift = xp.maximum.reduce(a.real, axis=axis, keepdims=True)
        shift = xp.where(xp.isinf(shift), 0, shift)
        return (xp.log(xp.add.accumulate(xp.exp(a - shift), axis=axis)) + shift).astype(a.dtype)
    wide = a.astype(xp.float64)
    if xp is np:
        return running.accumulate(np.logaddexp, wide, axis).astype(a.dtype)
    return xp.logaddexp.accumulate(wide, axis=axis).astype(a.dtype)


@kernel(apart=NOT_PARTLY, samples=_samples)
def logcumsumexp(xp: ModuleType, input: Array, dim: int) -> Array:
    """The logarithm of the running sum of exponentials along a dimension, without overflow.

    Integers give the default dtype.

    >>> logcumsumexp(tensor([0., 0., 0.]), dim=0)
    tensor([0.0000, 0.6931, 1.0986])
    """
    axis = wrap_dim(dim, input.ndim)
    a = floating(input)
    return laid_in_order(_log_running(xp, a, axis)) if a.ndim and a.size else a.copy()


@kernel(names=(), differentiable=False)
def _log_running_back(xp: ModuleType, g: Array, input: Array, dim: int) -> Array:
    """The gradient of logcumsumexp: positive and negative parts each through logarithms.

    In double, with the sums anew: beside large ones it is lost in their rounding.
    """
    axis = wrap_dim(dim, input.ndim)
    wide = input.astype(xp.float64)
    out = _log_running(xp, wide, axis)

    def part(sign: float) -> Array:
        logs = xp.where(g * sign > 0, xp.log(xp.abs(g)), -xp.inf) - out
        return xp.exp(xp.flip(_log_running(xp, xp.flip(logs, axis), axis), axis) + wide)

    return (part(1) - part(-1)).astype(g.dtype)


def _logcumsumexp_back(g: Tensor, input: Tensor, out: Tensor, dim: int) -> Tensor:
    if not input._a.ndim:
        return g
    if not mode.enabled and not input.dtype.is_complex:
        return _log_running_back(g, input, dim)
    slope = _sum_from_end(g * _conj((out.detach().real.amax(dim, True) - out).exp()), dim)
    return slope * _conj((input - out.detach().real.amax(dim, True)).exp())


logcumsumexp.vjp(input=_logcumsumexp_back)


# -- neighbours -------------------------------------------------------------------------------


def _neighbours(t: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """All but the last, and all but the first."""
    n = t._a.shape[dim] - 1
    return t.narrow(dim, 0, n), t.narrow(dim, 1, n)


@composite(apart=NOT_PARTLY)
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The n-th differences of neighbours along a dimension.

    input: (*, k, *) → (*, k - n, *). prepend, append: tensors to put before and after first.

    >>> diff(tensor([1, 4, 9]))
    tensor([3, 5])
    """
    result: Any = input
    if not input._a.ndim:
        raise StateError("diff expects input to be at least one-dimensional", argument="input")
    if n < 0:
        raise StateError(f"order must be non-negative but got {n}", argument="n")
    axis = wrap_dim(dim, input._a.ndim)
    if prepend is not None or append is not None:
        from tcalc.runtime.base.registry import lookup

        parts = [t for t in (prepend, input, append) if t is not None]
        result = lookup("torch.cat")(parts, axis)
    if not n:
        return result.clone() if result is input else result
    for _ in range(min(n, result._a.shape[axis])):
        left, right = _neighbours(result, axis)
        result = right.logical_xor(left) if result._a.dtype.char in BOOLS else right - left
    return result


def _areas(
    y: Tensor, x: Tensor | None, dx: Scalar | None, dim: int, name: str
) -> tuple[Tensor, Scalar | None, int]:
    """Twice the areas between neighbours, or their heights and a common width."""
    if not y._a.ndim:
        raise DimError(f"{name}: expects `y` to be at least one-dimensional", argument="y")
    if y._a.dtype.char in BOOLS:
        raise DtypeError(f"{name}: received a bool input for `y`, but bool is not supported")
    axis = wrap_dim(dim, y._a.ndim)
    if x is None:
        left, right = _neighbours(y, axis)
        return left + right, 1 if dx is None else dx, axis
    if dx is not None:
        raise ArgumentError(f"{name}() takes either 'x' or 'dx'", argument="dx")
    if x._a.dtype.char in BOOLS:
        raise DtypeError(f"{name}: received a bool input for `x`, but bool is not supported")
    if x._a.ndim == 1:
        if x._a.shape[0] != y._a.shape[axis]:
            raise StateError(
                f"{name}: There must be one `x` value for each sample point", argument="x"
            )
        x = x.reshape([-1 if i == axis else 1 for i in range(y._a.ndim)])
    below, above = _neighbours(x, wrap_dim(dim, x._a.ndim))
    left, right = _neighbours(y, axis)
    return (above - below) * (left + right), None, axis


def _half(areas: Tensor, width: Scalar | None) -> Tensor:
    if width is None:
        return areas / 2
    return areas * (width / 2.0)


@composite(names=("torch.trapezoid", "torch.trapz"))
def trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Scalar | None = None, dim: int = -1
) -> Tensor:
    """The integral along a dimension by the trapezoidal rule.

    y: the values. x: where they were taken (as many as `y` has along `dim`, or its shape), or
    dx: the distance between them (1 where neither is given).

    >>> trapezoid(tensor([1., 2., 3.]))
    tensor(4.)
    """
    areas, width, axis = _areas(y, x, dx, dim, "trapezoid")
    if x is not None or not y._a.shape[axis]:
        return _half(areas.sum(axis), width)
    # Sums of small integers would wrap; that of all is int64.
    ends = y.select(axis, 0) + y.select(axis, -1)
    return (y.sum(axis) - ends * 0.5) * (1.0 if width is None else width)


@composite(names=("torch.cumulative_trapezoid",))
def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Scalar | None = None, dim: int = -1
) -> Tensor:
    """The running integral along a dimension by the trapezoidal rule.

    >>> cumulative_trapezoid(tensor([1., 2., 3.]))
    tensor([1.5000, 4.0000])
    """
    areas, width, axis = _areas(y, x, dx, dim, "cumulative_trapezoid")
    return _half(areas, width).cumsum(axis)


# -- batches ----------------------------------------------------------------------------------

for _op in (_cummax, _cummin, cumsum, _sum_from_end, cumprod, logcumsumexp, _log_running_back):
    _op.batch = over("dim")
