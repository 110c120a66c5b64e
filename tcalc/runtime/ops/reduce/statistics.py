"""Spread: variance and standard deviation, covariance and correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DtypeError, StateError
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import Array, Ints, Scalar, on_arrays
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.rows import spreads
from tcalc.runtime.lazy.summation import add_up, sum_of_squares
from tcalc.runtime.ops.elementwise.unary import INF
from tcalc.runtime.ops.reduce.reduction import floating, is_few_alike, kept
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, INTEGERS
from tcalc.runtime.types.shapes import numel, wrap_dims

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp


# The least square of single floats that has all its digits.
_TINY = 2.0**-100


# -- variance ---------------------------------------------------------------------------------


def _moments(
    xp: ModuleType, input: Array, dim: Ints | None, correction: float, keepdim: bool
) -> tuple[Array, Array]:
    """The variance and the mean: the squares are of what is centred already, of single floats in double."""
    a = floating(input)
    axes = wrap_dims(dim, a.ndim)
    count = numel([a.shape[i] for i in axes])
    found = spreads(a, axes, keepdim) if xp is np else None
    if found is None and a.dtype == xp.float32:
        wide = _moments(xp, a.astype(xp.float64), dim, correction, keepdim)
        return tuple([part.astype(a.dtype) for part in wide])
    if found is None:
        mean = add_up(xp, a, axes, True) / count
        squares = sum_of_squares(xp, a, axes, keepdim, mean)
        mean = mean if keepdim else mean.reshape(squares.shape)
    else:
        squares, mean = found
    freedom = count - correction
    variance = squares / (freedom if freedom > 0 else squares.dtype.type(0))
    return variance.astype(a.real.dtype, copy=False), mean.astype(a.dtype, copy=False)


def _is_exact(variance: Array) -> bool:
    """Whether squares of single floats have kept their digits, and not left the range."""
    if (
        isinstance(variance, (np.ndarray, np.generic)) and not variance.ndim
    ):  # as a number it is compared sooner
        return bool(_TINY < variance.item() < INF)
    return bool(((variance > _TINY) & (variance < INF)).all())


def _deviation(
    xp: ModuleType, input: Array, dim: Ints | None, correction: float, keepdim: bool
) -> tuple[Array, Array]:
    """The standard deviation and the mean, of single floats in double where squares are lost."""
    variance, mean = _moments(xp, input, dim, correction, keepdim)
    if variance.dtype == xp.float32 and not _is_exact(variance):
        wide = input.astype(xp.complex128 if input.dtype.char in COMPLEXES else xp.float64)
        variance, centre = _moments(xp, wide, dim, correction, keepdim)
        return xp.sqrt(variance).astype(xp.float32), centre.astype(mean.dtype)
    return xp.sqrt(variance), mean


def _both(
    xp: ModuleType, found: tuple[Array, Array], input: Array, dim: Ints | None, correction: float
) -> tuple[Array, Array]:
    """A spread and a mean, which is nan where an infinity made that of it, as PyTorch's."""
    spread, mean = found
    if _count(input.shape, dim) > correction:
        mean = xp.where(xp.isnan(spread), spread, mean)
    return spread, mean


def _count(shape: tuple[int, ...], dim: Ints | None) -> int:
    return numel(shape[i] for i in wrap_dims(dim, len(shape)))


def _centred(input: Any, dim: Ints | None) -> Any:
    """A tensor or an array of floats less its mean."""
    if isinstance(input, Tensor):
        return input - input.mean(dim, True)
    axes = wrap_dims(dim, input.ndim)
    return input - add_up(np, input, axes, True) / numel([input.shape[i] for i in axes])


@on_arrays
def _var_back(g: Any, input: Any, dim: Ints | None, correction: float, keepdim: bool) -> Any:
    if not isinstance(g, Tensor) and not is_few_alike(input, g):
        return _var_back(wrap(g), wrap(input), dim, correction, keepdim)._d
    shape = input.shape
    freedom = _count(shape, dim) - correction
    scale = 2 / freedom if freedom > 0 else float("inf")
    return kept(g, shape, dim, keepdim) * scale * _centred(input, dim)


@on_arrays
def _std_back(
    g: Any, input: Any, out: Any, dim: Ints | None, correction: float, keepdim: bool
) -> Any:
    if not isinstance(g, Tensor) and not is_few_alike(input, g):
        return _std_back(wrap(g), wrap(input), wrap(out), dim, correction, keepdim)._d
    shape = input.shape
    freedom = _count(shape, dim) - correction
    share = kept(g, shape, dim, keepdim) / (freedom if freedom > 0 else 0)
    # Deviations over the spread stay in the range of the dtype; where it is 0 the gradient is.
    if isinstance(out, Tensor):
        out = out.masked_fill(out.eq(0), INF)
    else:
        out = np.where(out == 0, out.dtype.type(INF), out)
    return _centred(input, dim) / kept(out, shape, dim, keepdim) * share


def _mean_part(g: Tensor, shape: tuple[int, ...], dim: Ints | None, keepdim: bool) -> Tensor:
    return kept(g, shape, dim, keepdim) / _count(shape, dim)


@kernel(name="var", names=(), deferred=True)
def _var(xp: ModuleType, input: Array, dim: Ints | None, correction: float, keepdim: bool) -> Array:
    return _moments(xp, input, dim, correction, keepdim)[0]


@kernel(name="std", names=(), deferred=True)
def _std(xp: ModuleType, input: Array, dim: Ints | None, correction: float, keepdim: bool) -> Array:
    return _deviation(xp, input, dim, correction, keepdim)[0]


@kernel(name="var_mean", names=(), deferred=True)
def _var_mean(
    xp: ModuleType, input: Array, dim: Ints | None, correction: float, keepdim: bool
) -> Array:
    return _both(xp, _moments(xp, input, dim, correction, keepdim), input, dim, correction)


@kernel(name="std_mean", names=(), deferred=True)
def _std_mean(
    xp: ModuleType, input: Array, dim: Ints | None, correction: float, keepdim: bool
) -> Array:
    return _both(xp, _deviation(xp, input, dim, correction, keepdim), input, dim, correction)


_var.over_call, _std.over_call = (
    ("var", ("dim", "keepdim", "correction")),
    ("std", ("dim", "keepdim", "correction")),
)
_var.vjp(input=_var_back)
_std.vjp(input=_std_back)
_var_mean.vjp(
    input=lambda g, input, dim, correction, keepdim: (
        _var_back(g[0], input, dim, correction, keepdim)
        + _mean_part(g[1], input._a.shape, dim, keepdim)
    )
)
_std_mean.vjp(
    input=lambda g, input, out, dim, correction, keepdim: (
        _std_back(g[0], input, out[0], dim, correction, keepdim)
        + _mean_part(g[1], input._a.shape, dim, keepdim)
    )
)


def _spread(
    op: DefinedOp,
    name: str,
    input: Tensor,
    dim: Ints | bool | None,
    unbiased: bool | None,
    keepdim: bool,
    correction: Scalar | None,
) -> Any:
    """Call one of the ops above from any of PyTorch's call forms."""
    if isinstance(dim, bool):  # std(input, unbiased)
        if unbiased is not None:
            raise ArgumentError(f"{name}(): argument 'dim' must be int, not bool", argument="dim")
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise ArgumentError(
                f"{name}(): give either 'unbiased' or 'correction'", argument="correction"
            )
        correction = int(unbiased)
    elif correction is None:
        correction = 1
    return op(input, dim, correction, keepdim)


@composite()
def var(
    input: Tensor, dim: Ints | bool | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: Scalar | None = None,
) -> Tensor:  # fmt: skip
    """The variance of all elements, or over dimensions, divided by n - correction.

    correction: 1 where it is not given; `unbiased=False` is another way to say 0. Integers give
    the default dtype, complex numbers their real type.

    >>> var(tensor([1., 2., 3., 4.]))
    tensor(1.6667)
    >>> var([1, 2, 3, 4], correction=0)
    tensor(1.2500)
    """
    return _spread(_var, "var", input, dim, unbiased, keepdim, correction)


@composite()
def std(
    input: Tensor, dim: Ints | bool | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: Scalar | None = None,
) -> Tensor:  # fmt: skip
    """The standard deviation of all elements, or over dimensions: the square root of `var`.

    >>> std(tensor([1., 2., 3., 4.]))
    tensor(1.2910)
    """
    return _spread(_std, "std", input, dim, unbiased, keepdim, correction)


std.outs = var.outs = CAST


@composite(names=("torch.var_mean",))
def var_mean(
    input: Tensor, dim: Ints | bool | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: Scalar | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The variance and the mean, as a tuple.

    >>> var_mean(tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    return _spread(_var_mean, "var_mean", input, dim, unbiased, keepdim, correction)


@composite(names=("torch.std_mean",))
def std_mean(
    input: Tensor, dim: Ints | bool | None = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: Scalar | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The standard deviation and the mean, as a tuple.

    >>> std_mean(tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    return _spread(_std_mean, "std_mean", input, dim, unbiased, keepdim, correction)


# -- covariance -------------------------------------------------------------------------------


def _weights(name: str, weights: Tensor, count: int, whole: bool) -> None:
    if weights._a.ndim > 1:
        raise StateError(f"cov(): expected {name} to have one or fewer dimensions", argument=name)
    if (weights._a.dtype.char in INTEGERS) is not whole:
        kind = "integral" if whole else "floating point"
        raise StateError(f"cov(): expected {name} to have {kind} dtype", argument=name)
    if weights._a.size != count:
        raise StateError(
            f"cov(): expected {name} to have the same numel as there are observations in the "
            f"input but got {weights._a.size} != {count}",
            argument=name,
        )
    if anywhere(weights < 0):
        raise StateError(f"cov(): {name} cannot be negative", argument=name)


@composite()
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The covariance matrix of variables (rows) from observations (columns).

    input: (variables, observations) → (variables, variables); one variable (1-dim) → ().
    fweights: how often each observation was made; aweights: how much it counts.

    >>> cov(tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    table: Any = input
    if table._a.ndim > 2:
        raise StateError(
            f"cov(): expected input to have two or fewer dimensions but got an input with "
            f"{table._a.ndim} dimensions",
            argument="input",
        )
    if table._a.dtype.char in BOOLS:
        raise DtypeError("cov(): bool dtype is not supported for input", argument="input")
    if table._a.dtype.char in INTEGERS:
        table = table.to(dtypes.default.value)
    if table._a.ndim < 2:
        table = table.reshape(1, -1)
    count = table._a.shape[1]
    weights: Any = None
    if fweights is not None:
        _weights("fweights", fweights, count, True)
        weights = fweights.reshape(-1)
    if aweights is not None:
        _weights("aweights", aweights, count, False)
        weights = aweights.reshape(-1) if weights is None else weights * aweights.reshape(-1)
    total = count if weights is None else weights.sum()
    weighted = table if weights is None else table * weights
    freedom = total - correction
    if aweights is not None and correction:
        freedom = total - correction * (weights * aweights.reshape(-1)).sum() / total
    centred = table - (weighted.sum(1) / total).unsqueeze(1)
    product = centred @ (centred if weights is None else centred * weights).t().conj()
    freedom = freedom.clamp(min=0) if hasattr(freedom, "_a") else freedom if freedom > 0 else 0
    return (product / freedom).squeeze()


@composite()
def corrcoef(input: Tensor) -> Tensor:
    """The matrix of the correlation coefficients of variables (rows); 1 for one variable.

    >>> corrcoef(tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input._a.ndim > 2:
        raise StateError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input._a.ndim} dimensions",
            argument="input",
        )
    matrix = cov(input)
    if not matrix._a.ndim:
        return matrix / matrix
    deviation = matrix.diagonal().real.sqrt()
    matrix = matrix / deviation.unsqueeze(1) / deviation.unsqueeze(0)
    if matrix.dtype.is_complex:
        from tcalc.runtime.base.registry import lookup

        return lookup("torch.complex")(matrix.real.clamp(-1, 1), matrix.imag.clamp(-1, 1))
    return matrix.clamp(-1, 1)


# -- batches ----------------------------------------------------------------------------------

_var.batch = _std.batch = _var_mean.batch = _std_mean.batch = over("dim")
