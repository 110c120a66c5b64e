"""torch.masked: reductions and softmax of the elements for which a mask is True.

What is masked out is replaced by what the reduction begins with, and the function of the whole tensor
does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import AssertionProblem, DimError, UnsupportedDtype, ValueProblem
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import Array, DType, Ints
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.constant import scalar_tensor
from tcalc.runtime.ops.elementwise.exponential import logaddexp
from tcalc.runtime.ops.elementwise.selection import select
from tcalc.runtime.ops.nn.softmax import log_softmax, logsumexp, softmax
from tcalc.runtime.ops.reduce.extremes import amax, amin, argmax, argmin
from tcalc.runtime.ops.reduce.medians import nanmedian
from tcalc.runtime.ops.reduce.norms import vector_norm
from tcalc.runtime.ops.reduce.scan import cumprod, cumsum
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import wrap_dims

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

INF = float("inf")
_TABLE = [[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]]
_MASK = [[True, False, True], [True, True, False]]


def _samples(*args: object, **kwargs: object) -> object:
    """The calls that try a function: of a table, with a mask of its shape and one that broadcasts."""
    masks = (_MASK, [True, False, True])
    return lambda: [((_TABLE, *args), {"mask": mask, **kwargs}) for mask in masks]


def _whole(input: Tensor, mask: Tensor) -> Tensor:
    """The mask in the input's shape, of bools."""
    if mask.ndim > input.ndim:
        raise DimError(
            "_input_mask expected broadcastable mask (got mask dimensionality higher than of the "
            "input)",
            argument="mask",
        )
    return mask.broadcast_to(input.shape).to(dtypes.bool_)


def _filled(input: Tensor, mask: Tensor | None, value: complex) -> Tensor:
    """The tensor with a number where it is masked out."""
    if mask is None:
        return input
    return select(
        _whole(input, mask), input, scalar_tensor(value, dtype=input.dtype, device=input.device)
    )


def _beyond(name: str, dtype: dtypes.dtype, greatest: bool) -> float:
    """What is below, or above, all other numbers of a dtype."""
    if dtype.is_floating_point:
        return INF if greatest else -INF
    if dtype.group != "i":
        raise UnsupportedDtype(f"identity of {name} on {dtype} input")
    return dtype.largest if greatest else dtype.least


def _above(name: str, input: Tensor, mask: Tensor | None) -> Tensor:
    """The tensor with what has no say in a minimum where it is masked out."""
    return input if mask is None else _filled(input, mask, _beyond(name, input.dtype, True))


def _below(name: str, input: Tensor, mask: Tensor | None) -> Tensor:
    """The tensor with what has no say in a maximum where it is masked out."""
    return input if mask is None else _filled(input, mask, _beyond(name, input.dtype, False))


def _summed(dtype: DType | None, input: Tensor) -> dtypes.dtype:
    """The dtype of a sum or a product: integers and bools give int64."""
    if dtype is None:
        return dtypes.int64 if input.dtype.group in "bi" else input.dtype
    return dtype


# -- sums and products ------------------------------------------------------------------------


@composite(name="sum", names=("torch.masked.sum",), samples=_samples(1))
def masked_sum(
    input: Array, dim: Ints | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """The sum of the elements for which a mask is True, over dimensions or all; of none 0.

    mask: bools that broadcast to the input, None for all. Integers and bools give int64.

    >>> torch.masked.sum(tensor([1, 2, 4]), mask=tensor([True, False, True]))
    tensor(5)
    """
    axes = wrap_dims(dim, input.ndim)
    return _filled(input, mask, 0).sum(axes, bool(keepdim), dtype=_summed(dtype, input))


@composite(name="prod", names=("torch.masked.prod",), samples=_samples(1))
def masked_prod(
    input: Array, dim: Ints | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """The product of the elements for which a mask is True, over dimensions or all; of none 1.

    mask: bools that broadcast to the input, None for all. Integers and bools give int64.

    >>> torch.masked.prod(tensor([3, 2, 4]), mask=tensor([True, False, True]))
    tensor(12)
    """
    found = _filled(input, mask, 1).to(_summed(dtype, input))
    for axis in sorted(wrap_dims(dim, input.ndim), reverse=True):
        found = found.prod(axis, bool(keepdim))
    return found


@composite(name="cumsum", names=("torch.masked.cumsum",), samples=_samples(1))
def masked_cumsum(
    input: Array, dim: int, *, dtype: DType | None = None, mask: Array = None
) -> Array:
    """The running sums along a dimension, in which what is masked out counts as 0.

    >>> torch.masked.cumsum(tensor([1, 2, 4]), 0, mask=tensor([True, False, True]))
    tensor([1, 1, 5])
    """
    return cumsum(_filled(input, mask, 0), dim, dtype=dtype or input.dtype)


@composite(name="cumprod", names=("torch.masked.cumprod",), samples=_samples(1))
def masked_cumprod(
    input: Array, dim: int, *, dtype: DType | None = None, mask: Array = None
) -> Array:
    """The running products along a dimension, in which what is masked out counts as 1.

    >>> torch.masked.cumprod(tensor([3, 2, 4]), 0, mask=tensor([True, False, True]))
    tensor([ 3,  3, 12])
    """
    return cumprod(_filled(input, mask, 1), dim, dtype=dtype or input.dtype)


# -- the greatest and the least ---------------------------------------------------------------


@composite(name="amax", names=("torch.masked.amax",), samples=_samples(1))
def masked_amax(
    input: Array, dim: Ints | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """The greatest of the elements for which a mask is True, over dimensions or all.

    Of none the lowest number of the dtype, -inf of floats.

    >>> torch.masked.amax(tensor([1, 7, 4]), mask=tensor([True, False, True]))
    tensor(4)
    """
    found = amax(_below("amax", input, mask), wrap_dims(dim, input.ndim), bool(keepdim))
    return found.to(dtype or input.dtype)


@composite(name="amin", names=("torch.masked.amin",), samples=_samples(1))
def masked_amin(
    input: Array, dim: Ints | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """The least of the elements for which a mask is True, over dimensions or all.

    Of none the highest number of the dtype, inf of floats.

    >>> torch.masked.amin(tensor([2, 1, 4]), mask=tensor([True, False, True]))
    tensor(2)
    """
    found = amin(_above("amin", input, mask), wrap_dims(dim, input.ndim), bool(keepdim))
    return found.to(dtype or input.dtype)


@composite(name="argmax", names=("torch.masked.argmax",), differentiable=False, samples=_samples(1))
def masked_argmax(
    input: Array, dim: int | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """Where the greatest of the elements is for which a mask is True, as a number of the input's dtype.

    >>> torch.masked.argmax(tensor([1, 7, 4]), mask=tensor([True, False, True]))
    tensor(2)
    """
    found = argmax(_below("argmax", input, mask), dim, bool(keepdim))
    return found.to(dtype or input.dtype)


@composite(name="argmin", names=("torch.masked.argmin",), differentiable=False, samples=_samples(1))
def masked_argmin(
    input: Array, dim: int | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """Where the least of the elements is for which a mask is True, as a number of the input's dtype.

    >>> torch.masked.argmin(tensor([2, 1, 4]), mask=tensor([True, False, True]))
    tensor(0)
    """
    found = argmin(_above("argmin", input, mask), dim, bool(keepdim))
    return found.to(dtype or input.dtype)


# -- statistics -------------------------------------------------------------------------------


def _number(input: Tensor, mask: Tensor | None, dim: Ints | None, keepdim: bool) -> Tensor:
    """How many elements count."""
    shown = input.new_ones((), dtype=dtypes.bool_) if mask is None else mask
    return _whole(input, shown).sum(wrap_dims(dim, input.ndim), keepdim)


@composite(name="mean", names=("torch.masked.mean",), samples=_samples(1))
def masked_mean(
    input: Array, dim: Ints | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """The mean of the elements for which a mask is True, over dimensions or all; of none nan.

    >>> torch.masked.mean(tensor([1., 2., 4.]), mask=tensor([True, False, True]))
    tensor(2.5000)
    """
    t = dtype or input.dtype
    if not (t.is_floating_point or t.is_complex):
        raise ValueProblem(
            f"mean(): Could not infer output dtype. {'Optional' if dtype else 'Input'} dtype must be "
            f"either a floating point or complex dtype. Got: {t}",
            argument="dtype" if dtype else "input",
        )
    total = masked_sum(input, dim, keepdim=keepdim, dtype=t, mask=mask)
    return total / _number(input, mask, dim, bool(keepdim))


@composite(name="median", names=("torch.masked.median",), samples=_samples(1))
def masked_median(
    input: Array, dim: int = -1, *, keepdim: bool = False, dtype: DType | None = None,
    mask: Array = None,
) -> Array:  # fmt: skip
    """The lower median along a dimension of the elements for which a mask is True; of none nan.

    Nan counts as masked out. Integers keep their dtype, and refuse where all is masked out.

    >>> torch.masked.median(tensor([1., 9., 4., 2.]), mask=tensor([True, False, True, True]))
    tensor(2.)
    """
    whole = not input.dtype.is_floating_point
    given = input.to(dtypes.float32) if whole else input
    found = nanmedian(_filled(given, mask, float("nan")), dim, keepdim)[0]
    if not whole:
        return found
    if anywhere(found.isnan()):
        raise ValueProblem(
            "masked median expects no fully masked out rows if dtype is not floating point",
            argument="mask",
        )
    return found.to(dtype or input.dtype)


def _variance(
    input: Tensor, dim: Ints | None, unbiased: bool | None, correction: float | None,
    keepdim: bool, dtype: DType | None, mask: Tensor | None,
) -> Tensor:  # fmt: skip
    if unbiased is not None and correction is not None:
        raise AssertionProblem("Only one of unbiased and correction may be given",
                               argument="correction")  # fmt: skip
    if correction is None:
        correction = 0.0 if unbiased is False else 1.0
    t = input.dtype if dtype is None else dtype
    inexact = t.is_floating_point or t.is_complex
    if dtype is None and not inexact:
        t = dtypes.float32
    computed = t if inexact else dtypes.float32
    total = masked_sum(input, dim, keepdim=True, dtype=t, mask=mask)
    count = _number(input, mask, dim, True)
    rest = input - total / count
    squares = masked_sum(rest * rest.conj(), dim, keepdim=keepdim, dtype=computed, mask=mask)
    if not keepdim:
        count = count.squeeze(wrap_dims(dim, input.ndim))
    if correction:
        count = (count.to(computed.to_real()) - correction).relu()
    return (squares / count).to(t)


@composite(name="var", names=("torch.masked.var",), samples=_samples(1))
def masked_var(
    input: Array, dim: Ints | None = None, unbiased: bool | None = None, *,
    correction: float | None = None, keepdim: bool | None = False, dtype: DType | None = None,
    mask: Array = None,
) -> Array:  # fmt: skip
    """The variance of the elements for which a mask is True, over dimensions or all; of none nan.

    correction: what the number of elements is lessened by in the division, by default 1; with
    unbiased=False 0. Integers give float32.

    >>> torch.masked.var(tensor([1., 9., 3.]), mask=tensor([True, False, True]))
    tensor(2.)
    """
    return _variance(input, dim, unbiased, correction, bool(keepdim), dtype, mask)


@composite(name="std", names=("torch.masked.std",), samples=_samples(1))
def masked_std(
    input: Array, dim: Ints | None = None, unbiased: bool | None = None, *,
    correction: float | None = None, keepdim: bool | None = False, dtype: DType | None = None,
    mask: Array = None,
) -> Array:  # fmt: skip
    """The square root of the variance of the elements for which a mask is True (torch.masked.var).

    >>> torch.masked.std(tensor([1., 9., 3.]), mask=tensor([True, False, True]))
    tensor(1.4142)
    """
    return _variance(input, dim, unbiased, correction, bool(keepdim), dtype, mask).sqrt()


@composite(name="norm", names=("torch.masked.norm",), samples=_samples(2.0, 1))
def masked_norm(
    input: Array, ord: float | None = 2.0, dim: Ints | None = None, *, keepdim: bool | None = False,
    dtype: DType | None = None, mask: Array = None,
) -> Array:  # fmt: skip
    """The norm of order `ord` of the elements for which a mask is True, over dimensions or all.

    >>> torch.masked.norm(tensor([3., 7., 4.]), mask=tensor([True, False, True]))
    tensor(5.)
    """
    order = 2.0 if ord is None else ord
    kept = _filled(input, mask, INF if order == -INF else 0)
    axes = wrap_dims(dim, input.ndim)
    return vector_norm(kept, order, axes, bool(keepdim), dtype=dtype or input.dtype)


@composite(name="normalize", names=("torch.masked.normalize",), samples=_samples(2.0, 1))
def masked_normalize(
    input: Array, ord: float, dim: int, *, eps: float = 1e-12, dtype: DType | None = None,
    mask: Array = None,
) -> Array:  # fmt: skip
    """Vectors along a dimension divided by their masked norm, or by eps where that is greater.

    What is masked out is 0.

    >>> torch.masked.normalize(tensor([3., 7., 4.]), 2., 0, mask=tensor([True, False, True]))
    tensor([0.6000, 0.0000, 0.8000])
    """
    length = masked_norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    return _filled(input, mask, 0) / length.maximum(length.new_full((), eps))


# -- exponentials -----------------------------------------------------------------------------


@composite(name="logsumexp", names=("torch.masked.logsumexp",), samples=_samples(1))
def masked_logsumexp(
    input: Array, dim: Ints | None = None, *, keepdim: bool = False, dtype: DType | None = None,
    mask: Array = None,
) -> Array:  # fmt: skip
    """The logarithm of the sum of exponentials of the elements for which a mask is True.

    Of none -inf.

    >>> torch.masked.logsumexp(tensor([1., 9., 1.]), mask=tensor([True, False, True]))
    tensor(1.6931)
    """
    low = (
        -INF if input.dtype.is_complex or mask is None else _beyond("logsumexp", input.dtype, False)
    )
    found = logsumexp(_filled(input, mask, low), wrap_dims(dim, input.ndim), keepdim)
    return found.to(dtype or input.dtype)


@composite(
    name="logaddexp", names=("torch.masked.logaddexp",),
    # What is left out has a second derivative of nan, as in PyTorch.
    samples=lambda: [((_TABLE, [0.5, 1.0, 2.0]), {"input_mask": [True, True, True]})],
)  # fmt: skip
def masked_logaddexp(
    input: Array, other: Array, *, dtype: DType | None = None, input_mask: Array = None,
    other_mask: Array = None,
) -> Array:  # fmt: skip
    """log(exp(input) + exp(other)), in which what a mask leaves out counts as -inf.

    >>> x, y = tensor([-1., -2.]), tensor([-1., -4.])
    >>> torch.masked.logaddexp(x, y, other_mask=tensor([True, False]))
    tensor([-0.3069, -2.0000])
    """
    first = _below("logaddexp", input, input_mask)
    found = logaddexp(first, _below("logaddexp", other, other_mask))
    return found.to(dtype or input.dtype)


@composite(name="softmax", names=("torch.masked.softmax",), samples=_samples(1))
def masked_softmax(
    input: Array, dim: int, *, dtype: DType | None = None, mask: Array = None
) -> Array:
    """softmax along a dimension of the elements for which a mask is True; the others are 0.

    Where all are masked out the result is nan.

    >>> torch.masked.softmax(tensor([0., 5., 0.]), 0, mask=tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    return softmax(_below("softmax", input, mask), dim, dtype or input.dtype)


@composite(
    name="log_softmax", names=("torch.masked.log_softmax",),
    samples=lambda: [((_TABLE, 1), {})],
)  # fmt: skip
def masked_log_softmax(
    input: Array, dim: int, *, dtype: DType | None = None, mask: Array = None
) -> Array:
    """log_softmax along a dimension of the elements for which a mask is True; the others are -inf.

    Where all are masked out the result is nan.

    >>> torch.masked.log_softmax(tensor([0., 5., 0.]), 0, mask=tensor([True, False, True]))
    tensor([-0.6931,    -inf, -0.6931])
    """
    return log_softmax(_below("log_softmax", input, mask), dim, dtype or input.dtype)


@composite(name="softmin", names=("torch.masked.softmin",), samples=_samples(1))
def masked_softmin(
    input: Array, dim: int, *, dtype: DType | None = None, mask: Array = None
) -> Array:
    """softmin along a dimension of the elements for which a mask is True; the others are 0.

    Where all are masked out the result is nan.

    >>> torch.masked.softmin(tensor([0., -5., 0.]), 0, mask=tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    return softmax(_above("softmin", input, mask).neg(), dim, dtype or input.dtype)
