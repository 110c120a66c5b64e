"""Elements written along a dimension to places that an index tensor names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.errors import ArgumentError, DtypeError, ShapeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.base.op import MATRIX, Array, Data, Scalar, on_a_copy, on_arrays
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import DefinedOp, composite
from tcalc.runtime.lazy.picks import scattered
from tcalc.runtime.ops.index.gathering import check_along, gather
from tcalc.runtime.ops.index.picking import (
    add_along,
    blocks_of_places,
    by_kernel,
    flat_places,
    flat_view,
    places_of_few,
)
from tcalc.runtime.ops.index.writer import writer
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import BOOLS, HALVES, INTEGERS
from tcalc.runtime.types.scalars import fitting
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from types import ModuleType


# -- along a dimension, element by element ----------------------------------------------------


def _check_src(name: str, out: Array, index: Array, src: Array, dim: int) -> None:
    if src.dtype != out.dtype:
        raise DtypeError(
            f"{name}(): Expected self.dtype to be equal to src.dtype",
            argument="src",
            hint=f"convert it with .to({dtypes.of(out.dtype).name})",
        )
    _check_room(out, index, src.shape, dim)


def _check_room(out: Array, index: Array, src: Any, dim: int) -> None:
    if not index.size:
        return
    check_along(index, out.shape, dim, "scatter")
    if index.shape == out.shape and (src is None or src == out.shape):
        return
    room = out.shape or (1,)
    sizes = index.shape or (1,)
    given = None if src is None else src or (1,)
    if given is not None and len(given) != len(sizes):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as src tensor", argument="index"
        )
    for d, n in enumerate(sizes):
        if (d != dim and n > room[d]) or (given is not None and n > given[d]):
            source = "" if given is None else (f" and to be no larger size than src {list(src)}")
            raise ShapeError(
                f"Expected index {list(index.shape)} to be no larger than self "
                f"{list(out.shape)} apart from dimension {dim}{source}",
                argument="index",
            )


def _matching(src: Array, index: Array) -> Array:
    """The part of `src` that an index uses."""
    return src if src.shape == index.shape else src[tuple([slice(n) for n in index.shape])]


@on_arrays
def _gathered(
    g: Tensor | Array, dim: int, index: Tensor | Array, src_shape: tuple[int, ...]
) -> Tensor | Array:
    """The gradient of what was scattered; what the index did not use has none."""
    part = by_kernel(gather, g, dim, index)
    if part.shape == src_shape:
        return part
    if isinstance(g, Tensor):
        whole = g.new_zeros(src_shape)
    else:
        whole = backend.module_of(part).zeros(src_shape, part.dtype)
    whole[tuple([slice(n) for n in part.shape])] = part
    return whole


def _few_places(input: Array, at: int, index: Array, src: Array) -> Array:
    """The flat places that a few indices name, each with an element of `src`; None where that takes a closer
    look."""
    if src.shape != index.shape or src.dtype is not input.dtype or not input.flags.c_contiguous:
        return None
    return places_of_few(index, input.shape, at)


def _write_src(xp: ModuleType, input: Array, dim: int, index: Array, src: Array) -> None:
    at = wrap_dim(dim, input.ndim)
    few = _few_places(input, at, index, src) if xp is np else None
    if few is not None:
        input.reshape(-1)[few] = src
        return
    _check_src("scatter", input, index, src, at)
    src = _matching(src, index)
    if xp is np and scattered(input, at, index, src, False):
        return
    flat, own = flat_view(input)
    for rows, places in blocks_of_places(xp, index, input.shape, at):
        flat[places] = src[rows].reshape(-1)
    if not own:
        input[...] = flat.reshape(input.shape)


def _write_value(xp: ModuleType, input: Array, dim: int, index: Array, value: Scalar) -> None:
    at = wrap_dim(dim, input.ndim)
    _check_room(input, index, None, at)
    flat, own = flat_view(input)
    for _, places in blocks_of_places(xp, index, input.shape, at):
        flat[places] = value
    if not own:
        input[...] = flat.reshape(input.shape)


_scatter_src = writer(name="scatter_src", names=(), samples=list,
                      node_name="ScatterBackward0")(_write_src)  # fmt: skip
_scatter_value = writer(name="scatter_value", names=(), samples=list,
                        node_name="ScatterBackward1")(_write_value)  # fmt: skip


@on_arrays
def _without(g: Tensor | Array, dim: int, index: Tensor | Array) -> Tensor | Array:
    """A gradient with 0 where something else was written."""
    return by_kernel(_scatter_value, g, dim, index, 0)


_scatter_src.index_call = _scatter_value.index_call = ("scatter",)
_scatter_src.vjp(input=_without, src=_gathered)
_scatter_value.vjp(input=_without)


def _scatter_call(
    input: Tensor, dim: int, index: Tensor, src: object, reduce: str | None, value: object
) -> tuple[DefinedOp, tuple[object, ...]]:
    """The op and arguments that a call of `scatter` means."""
    if isinstance(src, Tensor) and value is None is reduce:
        return _scatter_src, (input, dim, index, src)
    if (src is None) == (value is None):
        raise ArgumentError("scatter() takes one of src and value", argument="src")
    given = value if src is None else src
    if isinstance(given, list):
        from tcalc.runtime.tensor.nested import tensor_of

        given = tensor_of(given)
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise ShapeError("reduce argument must be either add or multiply.", argument="reduce")
        if not isinstance(given, Tensor):
            given = input.new_full(index._a.shape, fitting(given, input.dtype))
        if reduce == "add":
            return scatter_add, (input, dim, index, given)
        return scatter_reduce, (input, dim, index, given, "prod", True)
    if isinstance(given, Tensor):
        return _scatter_src, (input, dim, index, given)
    return _scatter_value, (input, dim, index, fitting(given, input.dtype))


# Sample calls: places of their own, and places named twice.
_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]
_SOURCE = [[0.3, -1.0], [2.5, 0.7]]
_APART, _SHARED = [[2, 0], [1, 2]], [[2, 2], [1, 1]]


@composite(samples=lambda: [
    ((_MATRIX, 1, _APART, _SOURCE), {}), ((_MATRIX, 1, _APART, 2.0), {}),
    ((_MATRIX, 1, _SHARED, _SOURCE), {"reduce": "add"}),
    ((_MATRIX, 1, _SHARED, _SOURCE), {"reduce": "multiply"}),
])  # fmt: skip
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Data | Scalar | None = None, *, reduce: str | None = None,
    value: Scalar | None = None,
) -> Tensor:  # fmt: skip
    """A copy with elements of `src` (or one number) at the places that `index` names along `dim`.

    `out[i][index[i][j]] = src[i][j]` for dim 1. reduce: "add" or "multiply" instead of replacing.

    >>> scatter(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    >>> scatter(zeros(3), 0, tensor([1]), 5)
    tensor([0., 5., 0.])
    """
    op, values = _scatter_call(input, dim, index, src, reduce, value)
    return op.function(*values)


scatter.index_call = ("scatter",)


@composite(
    names=("Tensor.scatter_",),
    samples=lambda: [
        (
            (MATRIX, 1, [[0, 2], [1, 0]], [[1.0, 2.0], [3.0, 4.0]]),
            {},
            on_a_copy,
        ),
        (
            (MATRIX, 1, [[0, 2], [1, 0]]),
            {"value": 2.5},
            on_a_copy,
        ),
    ],
    exempt={"plans": "looks at values"},
)
def scatter_(
    input: Tensor, dim: int, index: Tensor, src: Data | Scalar | None = None, *, reduce: str | None = None,
    value: Scalar | None = None,
) -> Tensor:  # fmt: skip
    """The form of scatter that writes into the tensor itself.

    >>> zeros(2, 3).scatter_(1, tensor([[2], [0]]), 1)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    op, values = _scatter_call(input, dim, index, src, reduce, value)
    return op.inplace_function(*values)


scatter_.index_call = ("scatter_",)


def _write_add(xp: ModuleType, input: Array, dim: int, index: Array, src: Array) -> None:
    """A copy with elements of `src` added at the places that `index` names along `dim`.

    >>> scatter_add(zeros(3), 0, tensor([0, 0, 2]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    at = wrap_dim(dim, input.ndim)
    is_quick = xp is np and input.dtype.char not in HALVES  # of which sums are rounded once
    few = _few_places(input, at, index, src) if is_quick else None
    if few is not None:
        np.add.at(input.reshape(-1), few.reshape(-1), src.reshape(-1))
        return
    _check_src("scatter", input, index, src, at)
    add_along(xp, input, at, index, _matching(src, index))


scatter_add = writer(
    name="scatter_add",
    samples=lambda: [
        ((_MATRIX, 1, _SHARED, _SOURCE), {}),
    ],
)(_write_add)
scatter_add.index_call = ("scatter_add",)
scatter_add.vjp(
    input=lambda g: g,
    src=_gathered,
)


# -- reductions -------------------------------------------------------------------------------

_UFUNCS = {"sum": "add", "prod": "multiply", "mean": "add", "amax": "maximum", "amin": "minimum"}


def _start(reduce: str, dtype: np.dtype) -> float:
    """What a reduction begins with where the tensor itself does not count."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if dtype.char in BOOLS:
        return reduce == "amin"
    if dtype.char in INTEGERS:
        info = np.iinfo(dtype)
        return info.min if reduce == "amax" else info.max
    return float("-inf") if reduce == "amax" else float("inf")


def _write_reduced(
    xp: ModuleType, input: Array, dim: int, index: Array, src: Array, reduce: str,
    include_self: bool = True,
) -> None:  # fmt: skip
    """A copy with elements of `src` combined at the places that `index` names along `dim`.

    reduce: "sum", "prod", "mean", "amax" or "amin". include_self: whether what is there counts.

    >>> scatter_reduce(zeros(2), 0, tensor([0, 0, 1]), tensor([1., 5., 3.]), "amax")
    tensor([5., 3.])
    """
    if reduce not in _UFUNCS:
        raise ShapeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}",
            argument="reduce",
        )
    at = wrap_dim(dim, input.ndim)
    _check_src("scatter", input, index, src, at)
    if not index.size:
        return
    places = flat_places(xp, index, input.shape, at)
    flat, own = flat_view(input)
    if not include_self:
        flat[places] = _start(reduce, input.dtype)
    values = _matching(src, index).reshape(-1)
    # Of halves in single floats: rounded once, as PyTorch's.
    is_half = flat.dtype.char in HALVES
    made = flat.astype(xp.float32) if is_half else flat
    getattr(xp, _UFUNCS[reduce]).at(made, places, values.astype(made.dtype, copy=False))
    if is_half:
        flat[...] = made.astype(flat.dtype)
    if reduce == "mean":
        counts = xp.full(flat.size, 1 if include_self else 0, xp.int64)
        xp.add.at(counts, places.reshape(-1), 1)
        counts = xp.maximum(counts, 1)
        if flat.dtype.char in INTEGERS:
            flat[...] = xp.floor_divide(flat, counts)
        else:
            flat[...] = flat / counts.astype(flat.dtype)
    if not own:
        input[...] = flat.reshape(input.shape)


scatter_reduce = writer(
    name="scatter_reduce",
    samples=lambda: [
        ((_MATRIX, 1, _SHARED, _SOURCE, how), {"include_self": kept})
        for how in ("sum", "prod", "mean", "amax", "amin")
        for kept in (True, False)
    ],
)(_write_reduced)


@scatter_reduce.vjps_of("input", "src")
def _(
    g: Tensor, needs: tuple[bool, ...], input: Any, dim: int, index: Tensor, src: Any, reduce: str,
    include_self: bool, out: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    if reduce in ("sum", "mean"):
        if reduce == "mean":
            base = input.new_ones(input.shape) if include_self else input.new_zeros(input.shape)
            counts = base.scatter_add(dim, index, src.new_ones(src.shape))
            g = g / counts.masked_fill(counts == 0, 1)
        own, part = g, _gathered(g, dim, index, src.shape)
    elif reduce == "prod":
        own, part = _product_back(g, input, dim, index, src, include_self, out)
    else:
        chosen = (src == out.gather(dim, index)).to(g.dtype)
        kept = (input == out).to(g.dtype)
        shares = kept.scatter_add(dim, index, chosen)
        share = g / shares.masked_fill(shares == 0, 1)
        own, part = kept * share, chosen * share.gather(dim, index)
    if not include_self:
        own = own.scatter(dim, index, 0)
    return own, part


def _product_back(
    g: Tensor, input: Tensor, dim: int, index: Tensor, src: Any, include_self: bool, out: Tensor
) -> tuple[Tensor, Tensor]:
    """A product's gradient by a factor is the product of the others, also where that is 0."""
    of_src = scatter_reduce(input.new_ones(input.shape), dim, index, src, "prod", True)
    own = g * of_src
    zero = src == 0
    zeros = input.new_zeros(input.shape).scatter_add(dim, index, zero.to(src.dtype))
    single = zero & (zeros.gather(dim, index) == 1)
    filled = scatter_reduce(input, dim, index, src.masked_fill(single, 1), "prod", include_self)
    plain = (g * out).gather(dim, index) / src.masked_fill(zero, 1)
    part = (g * filled).gather(dim, index).where(single, plain.masked_fill(zero, 0))
    return own, part


@composite(
    samples=lambda: [
        ((_MATRIX, 1, [2, 2], _SOURCE, how), {}) for how in ("prod", "mean", "amax", "amin")
    ]
)
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """A copy with slices of `source` combined at the places that a vector names along `dim`.

    reduce: "prod", "mean", "amax" or "amin".

    >>> index_reduce(ones(2), 0, tensor([0, 0]), tensor([2., 5.]), "prod")
    tensor([10.,  1.])
    """
    how = _spread(input, dim, index, source)
    found = scatter_reduce(input.reshape(how.shape), *how[1:], reduce, include_self=include_self)
    return found.reshape(input.shape)


class _Spread(NamedTuple):
    """Slices along a dim as elements: the input's shape, the dim, a place for each, and the source."""

    shape: tuple[int, ...]
    dim: int
    places: Tensor
    source: Tensor


def _spread(input: Tensor, dim: int, index: Tensor, source: Tensor) -> _Spread:
    at = wrap_dim(dim, input._a.ndim)
    if not source._a.ndim:
        source = source.reshape(1)
    lead, trail = source._a.shape[:at], source._a.shape[at + 1 :]
    spread = index.reshape((1,) * len(lead) + (-1,) + (1,) * len(trail)).expand(source._a.shape)
    return _Spread(input._a.shape or (1,), at, spread, source)


@composite(
    names=("Tensor.index_reduce_",),
    samples=lambda: [((_MATRIX, 1, [2, 2], _SOURCE, "prod"), {}, on_a_copy)],
)
def index_reduce_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """The form of index_reduce that writes into the tensor itself.

    >>> ones(2).index_reduce_(0, tensor([0, 0]), tensor([2., 5.]), "prod")
    tensor([10.,  1.])
    """
    how = _spread(input, dim, index, source)
    target = input if input._a.ndim else input.view(how.shape)
    scatter_reduce.inplace_function(target, *how[1:], reduce, include_self=include_self)
    return input


# -- batches ----------------------------------------------------------------------------------

_scatter_src.batch = _scatter_value.batch = scatter_add.batch = scatter_reduce.batch = over("dim")
