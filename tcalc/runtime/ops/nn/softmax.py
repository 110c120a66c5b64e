"""Softmax and its kin: exponentials normalised along a dimension."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, UnsupportedDtype
from tcalc.runtime.arrays.backend import has_contents, module_of
from tcalc.runtime.arrays.blas import sum_rows
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.arrays.summation import reduce_along
from tcalc.runtime.base import threads
from tcalc.runtime.base.op import Array, DType, Ints, on_arrays
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.blocks import Block
from tcalc.runtime.lazy.compiled.rowforms import (
    LOG_SOFTMAX,
    LOG_SOFTMAX_SLOPE,
    LOGSUMEXP,
    SOFTMAX,
    SOFTMAX_SLOPE,
    Form,
)
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.pending import Pending, computed, lazy, source
from tcalc.runtime.lazy.reducing import each_block
from tcalc.runtime.lazy.rows import by_rows, kernel_for
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.ops.nn.few_rows import greatest, least
from tcalc.runtime.ops.reduce.reduction import cast, floating, kept, numpy_dtype
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT, FLOATS, HALVES, PLAIN_FLOATS
from tcalc.runtime.types.shapes import wrap_dim, wrap_dims

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


_TABLE = [[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]]


def _samples() -> list[tuple[object, ...]]:
    return [((_TABLE, dim), {}) for dim in (0, 1)]


# Rows are worked on in groups of about this many elements, which stay in the cache.
_GROUP = 1 << 16


def _in_groups(
    xp: ModuleType, step: Callable[..., None], form: Form, array: Array, axis: int
) -> Array:
    """Run `step(xp, part, result_part, axis)`, or compiled code for a form, on groups of whole rows
    along an axis."""
    if type(array) is Pending:
        ranks = array.order or tuple(range(array.ndim))
        if array.array is None and ranks[-1] == axis and array.ndim > 1:
            return _in_blocks(step, form, array, ranks)
        array = computed(array)
    made = by_rows(form, axis, array) if xp is np else None
    if made is not None:
        return made
    result = xp.empty_like(array)
    count = array.size // _GROUP + 1
    other = 0 if axis else 1
    # Groups are for a processor's cache: a GPU takes all rows at once, and so does what has none.
    whole = count == 1 or (xp is not np and not isinstance(array, np.ndarray))
    whole = whole or not has_contents(array)
    if whole or array.ndim < 2 or array.shape[other] < 2:
        step(xp, array, result, axis)
        return result
    n = array.shape[other]
    size = max(1, n // count)
    lead = (slice(None),) * other

    def group(i: int) -> None:
        part = (*lead, slice(i * size, (i + 1) * size))
        step(xp, array[part], result[part], axis)

    threads.spread(group, -(-n // size))
    return result


def _in_blocks(
    step: Callable[..., None], form: Form, array: Pending, ranks: tuple[int, ...]
) -> Array:
    """The same for what is not computed yet: a block of rows at a time, along the innermost axis."""
    shape = tuple([array.shape[i] for i in ranks])
    result = np.empty(shape, array.dtype)
    seen = result.reshape(-1, shape[-1])
    deep = max(1, _GROUP // shape[-1])
    cut = [
        Block(top, min(top + deep, len(seen)), 0, shape[-1]) for top in range(0, len(seen), deep)
    ]

    kernel = kernel_for(form, array)

    def look(_: int, block: Block, slab: Array) -> None:
        part = seen[block.top : block.bottom]
        if kernel is None:
            step(np, slab, part, 1)
        else:
            kernel(part.shape, [np.ascontiguousarray(slab), part])

    each_block(source(array), len(seen), cut, look)
    return result.transpose(np.argsort(ranks))


# Up to here exponentials add up without loss though the greatest score was not taken away first.
_LEAST, _MOST = 1e-3, 1e30
# In rows shorter than this the greatest element is found by NumPy's `max`.
_SHORT = 16


def _greatest(a: Array, axis: int) -> Array:
    """The greatest elements along an axis of a NumPy array in C order, which stays with size 1."""
    n = a.shape[axis]
    if axis != a.ndim - 1 or n < _SHORT:
        return np.maximum.reduce(a, axis=axis, keepdims=True)
    # Along rows `argmax` is some times faster than `max`.
    at = a.reshape(-1, n).argmax(1)
    at += np.arange(0, a.size, n)
    return a.take(at).reshape(*a.shape[:-1], 1)


def _total(a: Array, axis: int) -> Array:
    """The sum along an axis of a NumPy array in C order, which stays with size 1."""
    if axis != a.ndim - 1:
        return add_up(np, a, (axis,), True)
    sums = sum_rows(a.reshape(-1, a.shape[axis]))
    return sums if a.ndim == 2 else sums.reshape(*a.shape[:-1], 1)


def _softmax_of_few(a: Array, axis: int) -> Array:
    powers = np.exp(a)
    sums = _total(powers, axis)
    if not (least(sums) >= _LEAST and greatest(sums) <= _MOST):
        np.subtract(a, _greatest(a, axis), powers)
        np.exp(powers, powers)
        sums = _total(powers, axis)
    return np.divide(powers, sums, powers)


def _log_softmax_of_few(a: Array, axis: int) -> Array:
    rest = a - _greatest(a, axis)
    logs = _total(np.exp(rest), axis)
    np.log(logs, logs)
    return np.subtract(rest, logs, rest)


def _softmax(xp: ModuleType, a: Array, out: Array, axis: int) -> None:
    xp.subtract(a, _along(xp, xp.maximum, a, axis), out=out)
    xp.exp(out, out=out)
    xp.divide(out, _along(xp, xp.add, out, axis), out=out)


def _log_softmax(xp: ModuleType, a: Array, out: Array, axis: int) -> None:
    xp.subtract(a, _along(xp, xp.maximum, a, axis), out=out)
    xp.subtract(out, xp.log(_along(xp, xp.add, xp.exp(out), axis)), out=out)


def _along(xp: ModuleType, ufunc: np.ufunc, array: Array, axis: int) -> Array:
    """`ufunc.reduce` along an axis that stays, whatever group of rows an array is."""
    if xp is np:
        return reduce_along(xp, ufunc, array, axis)
    return ufunc.reduce(array, axis=axis, keepdims=True)


def _normalised(
    xp: ModuleType,
    name: str,
    step: Callable[..., None],
    form: Form,
    of_few: Callable[[Array, int], Array],
    input: Array,
    dim: int,
    dtype: DType | None,
) -> Array:
    axis = wrap_dim(dim, input.ndim)
    if dtype is None and xp is np and 0 < input.size < _GROUP and input.dtype.char in PLAIN_FLOATS:
        if type(input) is Pending:
            input = computed(input)
        made = by_rows(form, axis, input)
        if made is not None:
            return laid_in_order(made)
        if input.ndim and input.flags.c_contiguous:
            return of_few(input, axis)
    target = numpy_dtype(dtype, f"{name}_kernel_impl")
    if target is None:
        dtypes.of(input.dtype).need("bifc", f"{name}_kernel_impl")
        target = dtypes.default.value.numpy if input.dtype.char in EXACT else input.dtype
    if target.char not in FLOATS:
        raise UnsupportedDtype(
            f"\"{name}_kernel_impl\" not implemented for '{dtypes.of(target).shorthand}'"
        )
    wide = cast(input, xp.dtype(xp.float32) if target.char in HALVES else target)
    if not wide.size:
        return xp.zeros(wide.shape, target)
    if not wide.ndim:
        return _in_groups(xp, step, form, wide.reshape(1), 0).reshape(()).astype(target)
    found = _in_groups(xp, step, form, wide, axis)
    return laid_in_order(found).astype(target, copy=False)


@kernel(
    only="bifcu", names=("torch.softmax", "torch.special.softmax", "Tensor.softmax"), upcast_halves=False,
    deferred=True, samples=_samples,
)  # fmt: skip
def softmax(xp: ModuleType, input: Array, dim: int, dtype: DType | None = None) -> Array:
    """The exponentials along a dimension divided by their sum: they add up to 1.

    input: (*) → (*). Integers give the default dtype; `dtype` casts first.

    >>> softmax(tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return _normalised(xp, "softmax", _softmax, SOFTMAX, _softmax_of_few, input, dim, dtype)


def _sums(g: Any, dim: int) -> Any:
    """The sums of a tensor or an array along a dimension, which stays with size 1."""
    if isinstance(g, Tensor):
        return g.sum(dim, True)
    return add_up(module_of(g), g, wrap_dims(dim, g.ndim), True)


def _along_rows(form: Form, xp: ModuleType, g: Array, out: Array, dim: int) -> Array:
    """A gradient of rows in compiled code, or None."""
    if xp is not np:
        return None
    return by_rows(form, wrap_dim(dim, out.ndim), computed(g), computed(out))


def _slope_samples() -> list[tuple[object, ...]]:
    return [((_TABLE, [[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], dim), {}) for dim in (0, 1)]


@kernel(names=(), deferred=True, node_name="SoftmaxBackwardDataBackward0", samples=_slope_samples)
def _softmax_slope(xp: ModuleType, given: Array, shares: Array, dim: int) -> Array:
    made = _along_rows(SOFTMAX_SLOPE, xp, given, shares, dim)
    if made is not None:
        return made
    weighted = given * shares
    return weighted - shares * _sums(weighted, dim)


_softmax_slope.vjp(
    given=lambda g, shares, dim: _softmax_slope(g, shares, dim),
    shares=lambda g, given, shares, dim: (
        g * (given - _sums(given * shares, dim)) - given * _sums(g * shares, dim)
    ),
)


@on_arrays
def _softmax_back(g: Any, out: Any, dim: int) -> Any:
    if not isinstance(g, Tensor):
        return _softmax_slope.kernel(module_of(out), g, out, dim)
    return _softmax_slope(g, out, dim)


softmax.over_call = "softmax", ("dim",)
softmax.vjp(input=_softmax_back)


@kernel(
    only="bifcu",
    names=("torch.log_softmax", "torch.special.log_softmax", "Tensor.log_softmax"),
    deferred=True,
    upcast_halves=False,
    samples=_samples,
)
def log_softmax(xp: ModuleType, input: Array, dim: int, dtype: DType | None = None) -> Array:
    """The logarithm of softmax, exact also where softmax would be 0.

    input: (*) → (*). Integers give the default dtype; `dtype` casts first.

    >>> log_softmax(tensor([0., 0.]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return _normalised(
        xp, "log_softmax", _log_softmax, LOG_SOFTMAX, _log_softmax_of_few, input, dim, dtype
    )


@kernel(
    names=(), deferred=True, node_name="LogSoftmaxBackwardDataBackward0", samples=_slope_samples
)
def _log_softmax_slope(xp: ModuleType, given: Array, logs: Array, dim: int) -> Array:
    made = _along_rows(LOG_SOFTMAX_SLOPE, xp, given, logs, dim)
    if made is not None:
        return made
    powers = xp.exp(lazy(logs) if logs.size >= LARGE else logs)
    return given - powers * _sums(given, dim)


_log_softmax_slope.vjp(
    given=lambda g, logs, dim: g - _sums(g * logs.exp(), dim),
    logs=lambda g, given, logs, dim: -g * logs.exp() * _sums(given, dim),
)


@on_arrays
def _log_softmax_back(g: Any, out: Any, dim: int) -> Any:
    if not isinstance(g, Tensor):
        return _log_softmax_slope.kernel(module_of(out), g, out, dim)
    return _log_softmax_slope(g, out, dim)


log_softmax.over_call = "log_softmax", ("dim",)
log_softmax.vjp(input=_log_softmax_back)


def _implied_dim(name: str, input: Tensor, dim: int | None) -> int:
    """The dimension that PyTorch takes where none is given, with its warning."""
    if dim is not None:
        return dim
    warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument."
    )
    return 0 if input._a.ndim in (0, 1, 3) else 1


@composite(name="softmax", names=("torch.nn.functional.softmax",))
def functional_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """The exponentials along a dimension divided by their sum: they add up to 1.

    >>> nn.functional.softmax(tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmax(input, _implied_dim("softmax", input, dim), dtype)


@composite(name="log_softmax", names=("torch.nn.functional.log_softmax",))
def functional_log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """The logarithm of softmax, exact also where softmax would be 0.

    >>> nn.functional.log_softmax(tensor([0., 0.]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return log_softmax(input, _implied_dim("log_softmax", input, dim), dtype)


@composite(names=("torch.nn.functional.softmin",))
def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """The softmax of the negatives.

    >>> nn.functional.softmin(tensor([1., 1.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmax(input.neg(), _implied_dim("softmin", input, dim), dtype)


@kernel(only="bifcu", 
    names=("torch.logsumexp", "torch.special.logsumexp", "Tensor.logsumexp"), samples=_samples,
    deferred=True,
)  # fmt: skip
def logsumexp(xp: ModuleType, input: Array, dim: Ints, keepdim: bool = False) -> Array:
    """The logarithm of the sum of exponentials over dimensions, without overflow.

    Integers give the default dtype. The result over nothing is -inf.

    >>> logsumexp(tensor([1000., 1000.]), dim=0)
    tensor(1000.6932)
    """
    a = floating(input)
    axes = wrap_dims(dim, a.ndim)
    if not a.size:
        return xp.log(add_up(xp, xp.exp(a), axes, keepdim))
    made = by_rows(LOGSUMEXP, axes[0], computed(a), result=False) if len(axes) == 1 else None
    if made is not None:
        return made if keepdim else made.squeeze(axes)
    shift = xp.maximum.reduce(a.real, axis=axes, keepdims=True)
    shift = xp.where(xp.isinf(shift), shift.dtype.type(0), shift)
    result = xp.log(add_up(xp, xp.exp(a - shift), axes, True)) + shift
    return result if keepdim else result.squeeze(axes)


logsumexp.outs = CAST
logsumexp.over_call = "logsumexp", ("dim", "keepdim")


logsumexp.holds = ("out",)


def _logsumexp_back(g: Tensor, input: Tensor, dim: Ints, keepdim: bool) -> Tensor:
    # From the input: beside a large output it is lost in its rounding.
    if not input.numel():
        return input._zeros()
    over = wrap_dims(dim, input._a.ndim)
    powers = (input - input.detach().real.amax(over, True)).exp()
    total = powers.sum(over, True)
    # Beside an infinity, which is nan itself, all others have a gradient of 0.
    slope = powers / total.masked_fill(total != total, 1)
    return kept(g, input._a.shape, dim, keepdim) * (
        slope.conj() if slope.dtype.is_complex else slope
    )


logsumexp.vjp(input=_logsumexp_back)


# -- by their inner names ----------------------------------------------------------------------


def _must_match(name: str, grad_output: Tensor, output: Tensor) -> None:
    shape, wanted = grad_output._d.shape, output._d.shape
    if shape != wanted:
        raise ShapeError(
            "Expected tensor for argument #1 'grad' to have same size as tensor for argument #2 "
            f"'output'; but {list(shape)} does not equal {list(wanted)} (while checking arguments "
            f"for {name}_backward)",
            argument="grad_output",
        )
    if grad_output.dtype is not output.dtype:
        raise DtypeError(
            f"expected scalar type {grad_output.dtype.shorthand} but found {output.dtype.shorthand}",
            argument="output",
        )


@composite(
    names=("torch._softmax_backward_data",),
    samples=lambda: [((_TABLE, _TABLE, 1, dtypes.float64), {})],
)
def _softmax_backward_data(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: DType
) -> Tensor:
    """What softmax passes back: its gradient from that of its output, and the output.

    >>> torch._softmax_backward_data(tensor([1., 0.]), tensor([0.5, 0.5]), 0, float32)
    tensor([ 0.2500, -0.2500])
    """
    _must_match("softmax", grad_output, output)
    return _softmax_back(grad_output, output, dim)


@composite(
    names=("torch._log_softmax_backward_data",),
    samples=lambda: [((_TABLE, _TABLE, 1, dtypes.float64), {})],
)
def _log_softmax_backward_data(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: DType
) -> Tensor:
    """What log_softmax passes back: its gradient from that of its output, and the output.

    >>> torch._log_softmax_backward_data(tensor([1., 0.]), tensor([-0.6931, -0.6931]), 0, float32)
    tensor([ 0.5000, -0.5000])
    """
    _must_match("log_softmax", grad_output, output)
    return _log_softmax_back(grad_output, output, dim)


@composite(
    names=("torch._safe_softmax", "torch.ops.aten._safe_softmax"),
    samples=lambda: [((_TABLE, 1), {})],
)
def _safe_softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """softmax, with zeros instead of nan where all scores are -inf.

    >>> torch._safe_softmax(tensor([[0., 0.], [-inf, -inf]]), 1)
    tensor([[0.5000, 0.5000],
            [0.0000, 0.0000]])
    """
    nothing = input.eq(-math.inf).all(dim, True)
    return softmax(input.masked_fill(nothing, 0), dim, dtype).masked_fill(nothing, 0)


# -- batches ----------------------------------------------------------------------------------

softmax.batch = log_softmax.batch = logsumexp.batch = over("dim")
_softmax_slope.batch = _log_softmax_slope.batch = over("dim")
