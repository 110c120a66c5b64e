"""Reductions: sums, means, products and truth over dimensions, and what all reductions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DimError, DtypeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.summation import FEW, as_array
from tcalc.runtime.base.lossparts import TOTAL, is_part
from tcalc.runtime.base.modes import anywhere, mode
from tcalc.runtime.base.op import SINGLE, Array, DType, Ints, on_arrays
from tcalc.runtime.base.targets import CAST, COMPLEX, FLOATS, TRUTH
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.summation import add_up, reduce_over
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import COMPLEXES, EXACT, HALVES, PLAIN_INEXACT
from tcalc.runtime.types.shapes import numel, wrap_dim, wrap_dims

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

# What the sample calls work on.
_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]


# -- what reductions share --------------------------------------------------------------------


def numpy_dtype(dtype: DType | None, name: str) -> np.dtype | None:
    """The NumPy dtype of a `dtype` argument, or None; refused where the kernel does not add in it."""
    if dtype is None:
        return None
    dtype.need("bifc", name)
    return dtype.numpy


def cast(array: Array, target: np.dtype) -> Array:
    """The array in another dtype; a complex one loses its imaginary part to a real target."""
    if array.dtype == target:
        return array
    if array.dtype.char in COMPLEXES and target.char not in COMPLEXES:
        array = array.real
    return array.astype(target)


def floating(array: Array) -> Array:
    """The array itself, or integers and bools in the default dtype."""
    if array.dtype.char in EXACT:
        default = dtypes.default.value
        return array.astype("float32" if default.is_half else default.numpy)
    return array


def spread(g: Tensor, shape: tuple[int, ...], dim: Ints | None, keepdim: bool) -> Tensor:
    """A reduced gradient with the reduced dims back (of size 1, or yet missing where all were)."""
    if keepdim or g.ndim == len(shape) or dim is None:
        return g
    dims = wrap_dims(dim, len(shape))
    return g.reshape(tuple(1 if i in dims else n for i, n in enumerate(shape)))


def kept(t: Tensor, shape: tuple[int, ...], dim: Ints | None, keepdim: bool) -> Tensor:
    """A reduced tensor with the reduced dims of size 1, as `keepdim` would have left it (or yet
    missing where all were)."""
    if keepdim or not shape or dim is None:
        return t
    dims = wrap_dims(dim, len(shape))
    return t.reshape(tuple(1 if i in dims else n for i, n in enumerate(shape)))


def is_few_alike(input: Array, g: Array) -> bool:
    """Whether a gradient on arrays is best computed at once: of a few elements in NumPy's hands, and
    in one dtype."""
    return type(input) is np.ndarray and input.size < LARGE and input.dtype is g.dtype


def no_complex(name: str, array: Array) -> None:
    """Refuse complex values: they have no order."""
    if array.dtype.char in COMPLEXES:
        raise UnsupportedDtype(
            f"\"{name}\" not implemented for '{dtypes.of(array.dtype).shorthand}': complex numbers "
            "have no order"
        )


def nonempty(
    name: str, array: Array, dim: Ints | None, error: type[Exception] = StateError
) -> None:
    """Refuse to pick from nothing."""
    if array.size:
        return
    if dim is None or dim == () or dim == []:
        raise error(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
            "reduction dim with the 'dim' argument."
        )
    for d in wrap_dims(dim, array.ndim):
        if array.shape[d] == 0:
            raise DimError(
                f"{name}(): Expected reduction dim {d} to have non-zero size.", argument="dim"
            )


# -- sums -------------------------------------------------------------------------------------


@kernel(
    only="bifcu",
    upcast_halves=False,
    deferred=True,
    node_name=lambda saved: "SumBackward0" if saved["dim"] is None else "SumBackward1",
)
def sum(
    xp: ModuleType,
    input: Array,
    dim: Ints | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Array:
    """The sum of all elements, or over one or several dimensions.

    input: (*) → () or (*) without `dim` (of size 1 there with `keepdim`). Bools and integers give
    int64; `dtype` casts before adding. Floating sums are pairwise. The sum of nothing is 0.

    >>> sum(tensor([[1., 2.], [3., 4.]]))
    tensor(10.)
    >>> sum(tensor([[1, 2], [3, 4]]), dim=0)
    tensor([4, 6])
    """
    if dtype is None and input.dtype.char in PLAIN_INEXACT:
        if dim is None and keepdim is False:
            return add_up(xp, input, None)
        return add_up(xp, input, wrap_dims(dim, input.ndim), keepdim)
    axes = wrap_dims(dim, input.ndim)
    target = numpy_dtype(dtype, "sum_cpu")
    if target is None:
        if input.dtype.char not in HALVES:
            return as_array(xp.add.reduce(input, axis=axes, dtype=xp.int64, keepdims=keepdim))
        target = input.dtype
    if target.char in HALVES:
        wide = cast(input, xp.dtype(xp.float32))
        return add_up(xp, wide, axes, keepdim).astype(target)
    return add_up(xp, cast(input, target), axes, keepdim).astype(target)


@on_arrays
def _sum_back(g: Tensor, input_shape: tuple[int, ...], dim: Ints | None, keepdim: bool) -> Tensor:
    return spread(g, input_shape, dim, keepdim)


sum.over_call = "sum", ("dim", "keepdim")
is_part(sum, TOTAL)
sum.vjp(input=_sum_back)


@kernel(
    only="bifcu",
    upcast_halves=False,
    deferred=True,
    node_name=lambda saved: "MeanBackward0" if saved["dim"] is None else "MeanBackward1",
)
def mean(
    xp: ModuleType,
    input: Array,
    dim: Ints | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Array:
    """The mean of all elements, or over one or several dimensions.

    input: (*) → () or (*) without `dim` (of size 1 there with `keepdim`). Bools and integers give
    the default dtype; `dtype` casts before adding. The mean of nothing is nan.

    >>> mean(tensor([[1., 2.], [3., 6.]]))
    tensor(3.)
    >>> mean([1, 2])
    tensor(1.5000)
    """
    if dtype is None and input.dtype.char in PLAIN_INEXACT:
        if dim is None and keepdim is False:
            count = input.size
            total = xp.add.reduce(input, None) if count <= FEW else add_up(xp, input, None)
            return total / count
        axes = wrap_dims(dim, input.ndim)
        return _divided(add_up(xp, input, axes, keepdim), input, axes)
    axes = wrap_dims(dim, input.ndim)
    target = numpy_dtype(dtype, "mean_cpu")
    if target is None:
        target = dtypes.default.value.numpy if input.dtype.char in EXACT else input.dtype
    elif target.char in EXACT:
        raise DtypeError(
            "mean(): could not infer output dtype. Optional dtype must be either a floating point "
            f"or complex dtype. Got: {dtypes.of(target).shorthand}",
            argument="dtype",
        )
    if input.dtype.char in EXACT:  # exact sums, whatever the target
        total = as_array(xp.add.reduce(input, axis=axes, dtype=xp.float64, keepdims=keepdim))
    else:
        wide = xp.dtype(xp.float32) if target.char in HALVES else target
        total = add_up(xp, cast(input, wide), axes, keepdim)
    return _divided(total, input, axes).astype(target)


def _divided(total: Array, input: Array, axes: tuple[int, ...]) -> Array:
    return total / numel([input.shape[i] for i in axes])


@on_arrays
def _mean_back(g: Tensor, input_shape: tuple[int, ...], dim: Ints | None, keepdim: bool) -> Tensor:
    if dim is None:
        return g / numel(input_shape)
    dims = wrap_dims(dim, len(input_shape))
    return spread(g / numel([input_shape[i] for i in dims]), input_shape, dim, keepdim)


mean.over_call = "mean", ("dim", "keepdim")
is_part(mean, TOTAL)
mean.vjp(input=_mean_back)


@kernel(only="bifcu", upcast_halves=False)
def nansum(
    xp: ModuleType,
    input: Array,
    dim: Ints | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Array:
    """The sum with nan counted as 0.

    >>> nansum(tensor([1., nan, 2.]))
    tensor(3.)
    """
    if input.dtype.char in COMPLEXES:
        raise DtypeError("nansum on CPU does not support complex inputs")
    total = sum.kernel(xp, input, dim, keepdim, dtype=dtype)
    if input.dtype.char in EXACT or not (total != total).any():
        return total
    numbers = xp.where(input != input, input.dtype.type(0), input)
    return sum.kernel(xp, numbers, dim, keepdim, dtype=dtype)


nansum.over_call = "nansum", ("dim", "keepdim")
nansum.vjp(
    input=lambda g, input, dim, keepdim: spread(g, input._a.shape, dim, keepdim) * (input == input)
)


@composite()
def nanmean(
    input: Tensor, dim: Ints | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The mean of what is not nan; nan where nothing is left.

    >>> nanmean(tensor([1., nan, 3.]))
    tensor(2.)
    """
    if not input.dtype.is_floating_point and not input.dtype.is_complex:
        return mean(input, dim, keepdim, dtype=dtype)
    return nansum(input, dim, keepdim, dtype=dtype) / input.eq(input).sum(dim, keepdim)


@kernel(differentiable=False)
def count_nonzero(xp: ModuleType, input: Array, dim: Ints | None = None) -> Array:
    """How many elements are not 0, over all or some dimensions.

    >>> count_nonzero(tensor([[0, 1], [2, 3]]), dim=0)
    tensor([1, 2])
    """
    axes = wrap_dims(dim, input.ndim)
    return as_array(xp.asarray(xp.count_nonzero(input, axis=None if dim is None else axes)))


count_nonzero.over_call = "count", ("dim",)

# -- products ---------------------------------------------------------------------------------


def _product(
    xp: ModuleType, input: Array, axes: tuple[int, ...] | None, keepdim: bool, dtype: DType | None
) -> Array:
    if dtype is None and input.dtype.char in PLAIN_INEXACT:
        return reduce_over(xp, xp.multiply, input, axes, keepdim)
    target = numpy_dtype(dtype, "prod_out_cpu")
    if target is None:
        target = input.dtype if input.dtype.char not in EXACT else xp.dtype(xp.int64)
    wide = xp.dtype(xp.float32) if target.char in HALVES else target
    return reduce_over(xp, xp.multiply, cast(input, wide), axes, keepdim).astype(target)


@kernel(
    only="bifcu",
    name="prod",
    names=(),
    upcast_halves=False,
    deferred=True,
    node_name="ProdBackward0",
)
def _prod_all(xp: ModuleType, input: Array, dtype: DType | None = None) -> Array:
    return _product(xp, input, None, False, dtype)


@kernel(
    only="bifcu",
    name="prod",
    names=(),
    upcast_halves=False,
    deferred=True,
    node_name="ProdBackward1",
)
def _prod_dim(
    xp: ModuleType, input: Array, dim: int, keepdim: bool = False, dtype: DType | None = None
) -> Array:
    return _product(xp, input, (dim,) if input.ndim else (), keepdim, dtype)


@kernel(names=(), differentiable=False)
def _products_of_others(xp: ModuleType, input: Array, dim: int) -> Array:
    """For each element the product of all others along a dim."""
    rows = xp.moveaxis(input, dim, 0)
    result = xp.ones_like(rows)
    if len(rows) > 1:
        result[1:] = xp.multiply.accumulate(rows[:-1], axis=0)
        result[:-1] *= xp.multiply.accumulate(rows[:0:-1], axis=0)[::-1]
    return xp.moveaxis(result, 0, dim)


def _prod_slope(input: Any, out: Tensor, dim: int) -> Tensor:
    """The derivative of a product along a dim by its factors, as their graph."""
    from tcalc.runtime.arrays.backend import module_of
    from tcalc.runtime.tensor.tensor import wrap

    if not mode.enabled:
        return _products_of_others(input, dim)
    if not anywhere(input == 0):
        return out / input
    diagonal = wrap(module_of(input._a).eye(input._a.shape[dim], dtype=bool))
    rows = input.movedim(dim, -1).unsqueeze(-2).masked_fill(diagonal, 1)
    return _prod_dim(rows, -1).movedim(-1, dim)


def _prod_back(g: Tensor, input: Tensor, out: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    shape = input._a.shape
    if not shape:
        return g
    if dim is None:
        input, dim, g, out = input.reshape(-1), 0, g.reshape(1), out.reshape(1)
    elif not keepdim:
        g, out = g.unsqueeze(dim), out.unsqueeze(dim)
    slope = _prod_slope(input, out, dim)
    return (g * (slope.conj() if slope.dtype.is_complex else slope)).reshape(shape)


_prod_all.over_call, _prod_dim.over_call = ("prod", ()), ("prod", ("dim", "keepdim"))
_prod_all.vjp(input=lambda g, input, out: _prod_back(g, input, out, None, False))
_prod_dim.vjp(input=lambda g, input, out, dim, keepdim: _prod_back(g, input, out, dim, keepdim))


@composite(samples=lambda: [((_MATRIX,), {}), ((_MATRIX, 1), {})])
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """The product of all elements, or along a dimension.

    input: (*) → () or (*) without `dim` (of size 1 there with `keepdim`). Bools and integers give
    int64. The product of nothing is 1.

    >>> prod(tensor([1., 2., 3.]))
    tensor(6.)
    """
    if dim is None:
        return _prod_all(input, dtype)
    return _prod_dim(input, wrap_dim(dim, input._a.ndim), keepdim, dtype)


sum.outs = prod.outs = CAST
mean.outs = lambda input: COMPLEX if input._d.dtype.char in COMPLEXES else CAST
nansum.outs = nanmean.outs = lambda input: CAST if input._d.dtype.char in EXACT else FLOATS


# -- truth ------------------------------------------------------------------------------------


def _truth(xp: ModuleType, ufunc: np.ufunc, input: Array, dim: Ints | None, keepdim: bool) -> Array:
    if dim is None and keepdim is False:
        result = ufunc.reduce(input, axis=None)
    elif isinstance(dim, (tuple, list)) and not dim:  # unlike sum's, an empty list is no dims
        result = input.astype(bool)
    else:
        result = as_array(ufunc.reduce(input, axis=wrap_dims(dim, input.ndim), keepdims=keepdim))
    return result.astype(input.dtype) if input.dtype == xp.uint8 else result


@kernel(only="bifcu", differentiable=False, deferred=True)
def any(xp: ModuleType, input: Array, dim: Ints | None = None, keepdim: bool = False) -> Array:
    """Whether any element is not 0, over all or some dimensions. uint8 stays uint8.

    >>> any(tensor([[False, True], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return _truth(xp, xp.logical_or, input, dim, keepdim)


@kernel(only="bifcu", differentiable=False, deferred=True)
def all(xp: ModuleType, input: Array, dim: Ints | None = None, keepdim: bool = False) -> Array:
    """Whether no element is 0, over all or some dimensions. uint8 stays uint8.

    >>> all(tensor([[True, True], [False, True]]), dim=1)
    tensor([ True, False])
    """
    return _truth(xp, xp.logical_and, input, dim, keepdim)


any.outs = all.outs = TRUTH
any.over_call, all.over_call = ("any", ("dim", "keepdim")), ("all", ("dim", "keepdim"))


# -- batches ----------------------------------------------------------------------------------

for _op in (sum, mean, nansum, count_nonzero, any, all):
    _op.batch = over("dim")
_prod_all.batch = lambda batch: batch.rows().prod(1, dtype=batch.get("dtype"))
_prod_dim.batch = _products_of_others.batch = over("dim")

prod.autocast = SINGLE
