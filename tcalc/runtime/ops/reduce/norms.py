"""Norms and distances."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DtypeError, StateError
from tcalc.runtime.base.op import Array, DType, Ints, Scalar, on_arrays
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.summation import add_up, reduce_over, sum_of_squares
from tcalc.runtime.ops.reduce.reduction import cast, is_few_alike, kept, numpy_dtype
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, promotion
from tcalc.runtime.types.codes import EXACT, HALVES, PLAIN_FLOATS
from tcalc.runtime.types.dtypes import float32, float64
from tcalc.runtime.types.shapes import numel, wrap_dims

if TYPE_CHECKING:
    from types import ModuleType

INF = math.inf
# The least squares that have all their digits.
_TINY = {float32.codes: 2.0**-100, float64.codes: 2.0**-960}


def _euclidean(xp: ModuleType, a: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    squares = sum_of_squares(xp, a, axes, keepdim)
    result = xp.sqrt(squares)
    if not a.size or _all_inside(squares):
        return result
    # Squares that leave the range of the dtype: scale by the greatest magnitude.
    scale, usable = _scale(xp, xp.abs(a), axes)
    scaled = xp.sqrt(sum_of_squares(xp, a / scale, axes, True)) * scale
    scaled = scaled if keepdim else scaled.squeeze(axes)
    return xp.where(usable if keepdim else usable.squeeze(axes), scaled, result)


def _all_inside(powers: Array) -> bool:
    """Whether sums of powers lie where none of them has lost digits."""
    tiny = _TINY[powers.dtype.char]
    if not powers.ndim and type(powers) in (np.ndarray, np.float32, np.float64):
        return bool(tiny < powers.item() < INF)
    if type(powers) is np.ndarray and powers.size:  # numbers are compared sooner; nan comes first
        least, most = powers.item(powers.argmin()), powers.item(powers.argmax())
        return bool(tiny < least <= most < INF)
    return bool(((powers > tiny) & (powers < INF)).all())


def _scale(xp: ModuleType, size: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """The greatest of absolute values over axes, and where it can be divided by (elsewhere 1)."""
    scale = reduce_over(xp, xp.maximum, size, axes, True)
    usable = (scale > 0) & (scale < INF)
    return xp.where(usable, scale, scale.dtype.type(1)), usable


def magnitude(xp: ModuleType, a: Array, p: float, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The p-norm of an array of single or double floats or complex numbers over axes."""
    if p == 2:
        return _euclidean(xp, a, axes, keepdim)
    if p == 0:
        return add_up(xp, (a != 0).astype(a.real.dtype), axes, keepdim)
    size = xp.abs(a)
    if p == 1:
        return add_up(xp, size, axes, keepdim)
    if p == INF:
        return reduce_over(xp, xp.maximum, size, axes, keepdim)
    if p == -INF:
        return reduce_over(xp, xp.minimum, size, axes, keepdim)
    return _general(xp, size, p, axes, keepdim)


def _general(xp: ModuleType, size: Array, p: float, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The p-norm of absolute values for any other p."""
    powers = add_up(xp, size**p, axes, keepdim)
    result = xp.power(powers, 1 / p)
    if not size.size or _all_inside(powers):
        return result
    # Powers that leave the range of the dtype, as squares above.
    scale, usable = _scale(xp, size, axes)
    scaled = xp.power(add_up(xp, (size / scale) ** p, axes, True), 1 / p) * scale
    scaled = scaled if keepdim else scaled.squeeze(axes)
    return xp.where(usable if keepdim else usable.squeeze(axes), scaled, result)


@kernel(
    names=("torch.linalg.vector_norm",), upcast_halves=False, deferred=True,
    node_name="LinalgVectorNormBackward0", samples=lambda: [
        (([[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]], p), {"dim": dim})
        for p in (2, 1, 3, 1.5, 0.5, INF, -INF) for dim in (None, 0, (0, 1))
    ],
)  # fmt: skip
def vector_norm(
    xp: ModuleType, input: Array, ord: Scalar | str | None = 2, dim: Ints | None = None, keepdim: bool = False, *,
    dtype: DType | None = None,
) -> Array:  # fmt: skip
    """The norm of all elements, or of the vectors along dimensions, of order `ord`.

    (sum of |x|^ord)^(1/ord); inf: the greatest |x|, -inf: the least, 0: how many are not 0.
    Complex input gives its real type; integers the default dtype; `dtype` casts before computing.

    >>> linalg.vector_norm(tensor([3., 4.]))
    tensor(5.)
    >>> linalg.vector_norm(tensor([3., -4.]), inf)
    tensor(4.)
    """
    if isinstance(ord, bool) or not isinstance(ord, (int, float)):
        raise ArgumentError(
            f"linalg.vector_norm(): argument 'ord' must be Number, not {type(ord).__name__}",
            argument="ord",
        )
    axes = wrap_dims(dim, input.ndim)
    if dtype is None and input.size and input.dtype.char in PLAIN_FLOATS:
        return magnitude(xp, input, ord, axes, keepdim)
    target = numpy_dtype(dtype, "norm_cpu")
    if target is None:
        target = dtypes.default.value.numpy if input.dtype.char in EXACT else input.dtype
    else:
        _must_hold(dtypes.of(target), dtypes.of(input.dtype))
    if not input.size and (ord < 0 or ord == INF):
        _no_identity(input, ord, dim, axes)
    half = target.char in HALVES
    wide = cast(input, xp.dtype(xp.float32) if half else target)
    result = magnitude(xp, wide, ord, axes, keepdim)
    return result.astype(target) if half else result


def _must_hold(wanted: dtypes.dtype, own: dtypes.dtype) -> None:
    """Refuse to compute a norm in a dtype that has no room for the input's numbers."""
    said = None
    if not (wanted.is_floating_point or wanted.is_complex):
        said = f"dtype should be floating point or complex. Got {wanted.shorthand}"
    elif own.is_complex and not wanted.is_complex:
        said = f"dtype should be complex for complex inputs, but got {wanted.shorthand}"
    elif own.is_floating_point and wanted.is_complex:
        said = f"dtype should be real for real inputs, but got {wanted.shorthand}"
    elif promotion.promote(own, wanted) is not wanted:
        said = (
            f"the dtype of the input ({own.shorthand}) should be convertible without narrowing to "
            f"the specified dtype ({wanted.shorthand})"
        )
    if said:
        raise DtypeError(f"linalg.vector_norm: {said}", argument="dtype")


def _no_identity(input: Array, ord: float, dim: int | None, axes: tuple[int, ...]) -> None:
    name = f"linalg.vector_norm cannot compute the {float(ord):g} norm on"
    why = "empty and the operation does not have an identity"
    if dim is None or numel(n for i, n in enumerate(input.shape) if i not in axes) == 0:
        if dim is None:
            raise StateError(
                f"{name} an empty tensor because the operation does not have an identity"
            )
        return
    for i in axes:
        if input.shape[i] == 0:
            raise StateError(f"{name} the dimension {i} because this dimension is {why}")


def norm_slope(g: Tensor, input: Any, out: Any, p: float) -> Tensor:
    """The gradient of a p-norm, of `out` and `g` broadcast to the input's shape; 0 at 0."""
    size = input.abs()
    if p == 1:
        return g * input.sgn()
    if p == 2:
        # At 0 the slope is 0, and what it depends on is not: the second derivative is nan.
        return g * (input / out).masked_fill(out == 0, 0)
    # Shares in the norm, and their powers, stay in the range of the dtype.
    whole = out.masked_fill(out == 0, INF)
    share = size / whole
    if p < 2:
        slope = input.sgn() * share.pow(p - 1) * g
        return slope if p > 1 else slope.masked_fill((input == 0) | (out == 0), 0)
    return input / whole * share.pow(p - 2) * g


@on_arrays
def _norm_back(g: Any, input: Any, out: Any, ord: float, dim: Ints | None, keepdim: bool) -> Any:
    if ord == 0:
        return None  # as PyTorch has it: how many are not 0 depends on none of them
    if not isinstance(g, Tensor):
        if ord == 2 and is_few_alike(input, g):
            shape = input.shape
            whole = np.where(out == 0, g.dtype.type(INF), out)
            return kept(g, shape, dim, keepdim) * (input / kept(whole, shape, dim, keepdim))
        g, input, out = wrap(g), wrap(input), wrap(out)
        if ord == 2 and bool(out._a.all()):  # no vector is 0, and so all is one pass
            shape = input._d.shape
            return (kept(g, shape, dim, keepdim) * (input / kept(out, shape, dim, keepdim)))._d
        return _norm_back(g, input, out, ord, dim, keepdim)._d
    shape = input._a.shape
    g, out = kept(g, shape, dim, keepdim), kept(out, shape, dim, keepdim)
    if ord in (INF, -INF):
        equal = input.abs() == out
        return input.sgn() * (g / equal.sum(dim, True) * equal)
    return norm_slope(g, input, out, ord)


vector_norm.over_call = "norm", ("dim", "keepdim")
vector_norm.vjp(input=_norm_back)


@composite()
def norm(
    input: Tensor,
    p: Scalar | str | None = "fro",
    dim: Ints | None = None,
    keepdim: bool = False,
    dtype: DType | None = None,
) -> Tensor:
    """The norm of all elements, or over dimensions.

    p: an order (see `linalg.vector_norm`), "fro" (2) or "nuc" (the sum of singular values of
    matrices). Integers give the default dtype.

    >>> norm(tensor([3., 4.]))
    tensor(5.)
    >>> norm(tensor([[1., 2.], [3., 4.]]), 1, dim=0)
    tensor([4., 6.])
    """
    if p is None or p == "fro":
        if isinstance(dim, (tuple, list)) and len(dim) > 2 and p is not None:
            raise _not_matrix(dim)
        return vector_norm(input, 2, dim, keepdim, dtype=dtype)
    if p == "nuc":
        return _nuclear(input, dim, keepdim, dtype)
    if isinstance(p, str):
        raise StateError(f"linalg.matrix_norm: Order {p} not supported.", argument="p")
    return vector_norm(input, p, dim, keepdim, dtype=dtype)


def _not_matrix(dim: object) -> StateError:
    shown = " ".join(map(str, dim)) if isinstance(dim, (tuple, list)) else dim
    return StateError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {shown}", argument="dim")


def _nuclear(input: Tensor, dim: Ints | None, keepdim: bool, dtype: DType | None) -> Tensor:
    from tcalc.runtime.base.registry import lookup

    ndim = input._a.ndim
    dims = tuple(range(ndim)) if dim is None else dim
    if not isinstance(dims, (tuple, list)) or len(dims) != 2:
        raise _not_matrix(dims)
    if dtype is not None:
        input = input.to(dtype)
    elif not input.dtype.is_floating_point and not input.dtype.is_complex:
        input = input.to(dtypes.default.value)
    rows, columns = wrap_dims(dims, input._a.ndim)
    matrices = input.movedim((rows, columns), (-2, -1))
    result: Tensor = lookup("torch.linalg.svdvals")(matrices).sum(-1)
    if keepdim:
        for i in sorted((rows, columns)):
            result = result.unsqueeze(i)
    return result


# -- batches ----------------------------------------------------------------------------------

vector_norm.batch = over("dim")
