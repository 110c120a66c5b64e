"""Slices and elements written to places that index tensors name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, DimError, DtypeError, LooksInside, ShapeError, StateError
from tcalc.runtime.base.op import MATRIX, Array, Arrays, Data, Scalar, Tree, on_a_copy, on_arrays
from tcalc.runtime.call.batching import Batch, shifted
from tcalc.runtime.call.define import DefinedOp, composite
from tcalc.runtime.ops.create.filling import cast_array
from tcalc.runtime.ops.index import parsing, unread
from tcalc.runtime.ops.index.direct import picks_of
from tcalc.runtime.ops.index.gathering import (
    INDICES,
    LONG,
    beside,
    check_flat_index,
    check_index_dtype,
    first_outside,
    index_select,
    single,
)
from tcalc.runtime.ops.index.indexing import for_one_mask, placed
from tcalc.runtime.ops.index.indexing import place as place_picks
from tcalc.runtime.ops.index.picking import (
    add_flat,
    add_slices,
    add_slices_once,
    by_kernel,
    flat_view,
)
from tcalc.runtime.ops.index.writer import writer
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import BOOLS
from tcalc.runtime.types.scalars import fitting, wrapped
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.call.batching import Rule
    from tcalc.runtime.ops.index.parsing import Picks

_WHOLE = slice(None)


# -- along a dimension, slice by slice --------------------------------------------------------


def _check_slices(name: str, out: Array, at: int, index: Array, source: Array) -> None:
    fitting_shape = (*out.shape[:at], index.size, *out.shape[at + 1 :])
    if (
        source.shape == fitting_shape
        and index.ndim == 1
        and index.dtype.char in INDICES
        and source.dtype == out.dtype
    ):
        return
    check_index_dtype(index, f"{name}(): Expected dtype int32/int64 for index")
    if index.ndim > 1:
        raise DimError(f"{name}(): Index is supposed to be a vector", argument="index")
    if source.dtype != out.dtype:
        kinds = dtypes.of(out.dtype).shorthand, dtypes.of(source.dtype).shorthand
        if name == "index_add_":
            message = (
                f"{name}(): self ({kinds[0]}) and source ({kinds[1]}) must have the same scalar "
                "type"
            )
        else:
            message = (
                f"{name}(): self and source expected to have the same dtype, but got (self) "
                f"{kinds[0]} and (source) {kinds[1]}"
            )
        raise DtypeError(message, argument="source")
    count = source.shape[at] if source.ndim else 1
    if index.size != count:
        raise ShapeError(
            f"{name}(): Number of indices ({index.size}) should be equal to source.size(dim): "
            f"({count}), for dim: {at}",
            argument="index",
        )
    own = out.shape[:at] + out.shape[at + 1 :]
    given = source.shape[:at] + source.shape[at + 1 :]
    if own != given or (name == "index_add_" and out.ndim != source.ndim):
        raise ShapeError(
            f"source tensor shape must match self tensor shape, excluding the specified "
            f"dimension. Got self.shape = {list(out.shape)} source.shape = {list(source.shape)}",
            argument="source",
        )


def _check_place(name: str, index: Array, out: Array, at: int, error: type[ShapeError | DimError],
                 negative: bool = False) -> None:  # fmt: skip
    n = out.shape[at] if out.ndim else 1
    wrong = first_outside(index, n, negative)
    if wrong is not None:
        raise error(
            f"{name}index {wrong} is out of bounds for dimension {at} with size {n}",
            argument="index",
        )


def _slices(out: Array, at: int, index: Array) -> tuple[Array, tuple[slice | Array, ...]]:
    """An array of one dimension at least, and the index of its slices."""
    shown = out if out.ndim else out.reshape(1)
    return shown, (_WHOLE,) * at + (index.reshape(-1),)


_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]
_SOURCE = [[0.3, -1.0], [2.5, 0.7]]


@writer(
    samples=lambda: [
        ((_MATRIX, 1, [2, 2], _SOURCE), {}),
        ((_MATRIX, 1, [2, 0], _SOURCE), {"alpha": 2.5}),
    ],
)
def index_add(
    xp: ModuleType, input: Array, dim: int, index: Array, source: Array, *, alpha: Scalar = 1
) -> None:
    """A copy with `alpha` times the slices of `source` added at the places named along `dim`.

    >>> index_add(zeros(2), 0, tensor([0, 0, 1]), tensor([1., 2., 3.]))
    tensor([3., 3.])
    """
    at = wrap_dim(dim, input.ndim)
    _check_slices("index_add_", input, at, index, source)
    _check_place("", index, input, at, ShapeError)
    values = source if alpha == 1 else (source * wrapped(alpha, source.dtype)).astype(source.dtype)
    add = add_slices_once if alpha == 1 else add_slices
    add(xp, input, at, index.reshape(-1), values)


index_add.index_call = ("index_add",)
index_add.holds = ("source",)
index_add.vjp(
    input=lambda g: g,
    source=on_arrays(
        lambda g, dim, index, alpha, source_shape: (
            by_kernel(index_select, g, dim, index).reshape(source_shape) * alpha
        )
    ),
)


@writer(samples=lambda: [((_MATRIX, 1, [2, 0], _SOURCE), {})])
def index_copy(xp: ModuleType, input: Array, dim: int, index: Array, source: Array) -> None:
    """A copy with the slices of `source` at the places that a vector names along `dim`.

    >>> index_copy(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    at = wrap_dim(dim, input.ndim)
    check_index_dtype(index, "index_copy_(): Expected a long tensor for index", LONG)
    _check_slices("index_copy_", input, at, index, source)
    _check_place("index_copy_(): ", index, input, at, DimError)
    shown, where = _slices(input, at, index)
    shown[where] = source if source.ndim else source.reshape(1)


index_copy.index_call = ("index_copy",)
index_copy.holds = ("source",)
index_copy.vjp(
    input=lambda g, dim, index: g.index_fill(dim, index, 0),
    source=lambda g, dim, index, source_shape: g.index_select(dim, index).reshape(source_shape),
)


def _fill_slices(xp: ModuleType, input: Array, dim: int, index: Array, value: Scalar) -> None:
    """A copy with one number at the places that a vector names along `dim`.

    >>> index_fill(zeros(3), 0, tensor([0, 2]), 7)
    tensor([7., 0., 7.])
    """
    at = wrap_dim(dim, input.ndim)
    if index.dtype.char not in LONG:
        raise DimError(
            "index_fill_(): Expected dtype int64 for index.",
            hint="convert it with .long()",
            argument="index",
        )
    if index.ndim > 1:
        raise DimError("index_fill_(): Index is supposed to be a vector", argument="index")
    _check_place("", index, input, at, DimError, negative=True)
    shown, where = _slices(input, at, index)
    shown[where] = value if not hasattr(value, "dtype") else cast_array(value, input.dtype)


def _fill_slices_with(xp: ModuleType, input: Array, dim: int, index: Array, value: Array) -> None:
    _fill_slices(xp, input, dim, index, value)


_index_fill = writer(repeats=True, alike=True, name="index_fill_number", names=(), samples=list,
                     node_name="IndexFillBackward0")(_fill_slices)  # fmt: skip
_index_fill.index_call = ("index_fill",)
_index_fill.vjp(input=lambda g, dim, index: g.index_fill(dim, index, 0))
_index_fill_with = writer(repeats=True, alike=True, name="index_fill_tensor", names=(), samples=list,
                          node_name="IndexFillBackward1")(_fill_slices_with)  # fmt: skip
_index_fill_with.vjp(
    input=lambda g, dim, index: g.index_fill(dim, index, 0),
    value=lambda g, dim, index: (g - g.index_fill(dim, index, 0)).sum(),
)


def _fill_call(input: Tensor, value: object) -> tuple[DefinedOp, object]:
    """The op that a fill value means, and the value as it takes it."""
    if isinstance(value, Tensor):
        return _index_fill_with, single("index_fill", value)
    return _index_fill, fitting(value, input.dtype)


@composite(samples=lambda: [((_MATRIX, 1, [2, 0], 5.0), {})])
def index_fill(input: Tensor, dim: int, index: Tensor, value: Data) -> Tensor:
    """A copy with one number at the places that a vector names along `dim`.

    >>> index_fill(zeros(3), 0, tensor([0, 2]), 7)
    tensor([7., 0., 7.])
    """
    op, given = _fill_call(input, value)
    return op.function(input, dim, index, given)


index_fill.index_call = ("index_fill",)


@composite(
    names=("Tensor.index_fill_",),
    samples=lambda: [((MATRIX, 1, [0, 2], 1.5), {}, on_a_copy)],
    exempt={"plans": "looks at values"},
)
def index_fill_(input: Tensor, dim: int, index: Tensor, value: Data) -> Tensor:
    """The form of index_fill that writes into the tensor itself.

    >>> zeros(3).index_fill_(0, tensor([1]), 4)
    tensor([0., 4., 0.])
    """
    op, given = _fill_call(input, value)
    return op.inplace_function(input, dim, index, given)


index_fill_.index_call = ("index_fill_",)


# -- anywhere ---------------------------------------------------------------------------------


def _picks(input: Tensor, indices: object) -> Picks:
    if not isinstance(indices, (tuple, list)):
        raise ArgumentError(
            f"index_put(): argument 'indices' must be tuple of Tensors, not "
            f"{type(indices).__name__}",
            argument="indices",
        )
    for i, part in enumerate(indices):
        if part is not None and not isinstance(part, (Tensor, list)):
            raise ArgumentError(
                f"expected Tensor as element {i} in argument 0, but got {type(part).__name__}",
                argument="indices",
            )
    if all(isinstance(i, Tensor) and i._a.ndim for i in indices):
        picks = picks_of(input._a, tuple([i._a for i in indices]))
        if picks is not None:
            return picks
    # A 0-dim index picks a place like any other: it must not become a view.
    given = [
        i.reshape(1) if isinstance(i, Tensor) and not i._a.ndim and i._a.dtype.char not in BOOLS
        else slice(None) if i is None else i
        for i in indices
    ]  # fmt: skip
    parsed = parsing.parse(tuple(given), input._a.shape)
    if parsed.picks is None:
        raise StateError("index_put: tensors used as indices must not be empty", argument="indices")
    return parsed.picks


@composite(samples=lambda: [
    ((_MATRIX, ([1, 0, 1], [2, 0, 2]), [0.3, 1.0, 2.0]), {"accumulate": True}),
    ((_MATRIX, ([True, False],), [0.3, 1.0, 2.0]), {}),
])  # fmt: skip
def index_put(input: Tensor, indices: Arrays, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with values at the places that a tuple of index tensors names.

    accumulate: add them to what is there, as often as a place is named.

    >>> index_put(zeros(3), (tensor([0, 2]),), tensor(5.))
    tensor([5., 0., 5.])
    """
    try:
        picks = _picks(input, indices)
    except LooksInside:
        return unread.placed(input, tuple(indices), values, accumulate)
    if values.dtype is not input.dtype:
        raise DtypeError(
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype.shorthand} for the destination and {values.dtype.shorthand} for the "
            "source.",
            argument="values",
        )
    return placed(input, picks, values, accumulate)


@composite(
    names=("Tensor.index_put_", "torch.index_put_"),
    samples=lambda: [
        (
            (MATRIX, ([0, 1], [2, 0]), [1.0, 2.0]),
            {},
            on_a_copy,
        )
    ],
)
def index_put_(input: Tensor, indices: Tree, values: Tensor, accumulate: bool = False) -> Tensor:
    """The form of index_put that writes into the tensor itself.

    >>> zeros(3).index_put_((tensor([0, 0]),), tensor(5.), accumulate=True)
    tensor([10.,  0.,  0.])
    """
    if not accumulate:
        values = for_one_mask(input, indices, values)
    return place_picks(input, _picks(input, indices), values, accumulate, "index_put_")


@writer(
    alike=True,
    names=("torch.put", "Tensor.put"),
    samples=lambda: [
        ((_MATRIX, [0, 4], [0.3, 1.0]), {}),
        ((_MATRIX, [4, 4], [0.3, 1.0], True), {}),
    ],
)
def put(
    xp: ModuleType, input: Array, index: Array, source: Array, accumulate: bool = False
) -> None:
    """A copy with values at places of the flattened tensor.

    >>> zeros(2, 2).put(tensor([0, 3]), tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    if index.size != source.size:
        raise DimError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.size}, index.numel() = {index.size}",
            argument="source",
        )
    if source.dtype != input.dtype:
        raise DtypeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{dtypes.of(input.dtype).shorthand} and source.dtype = "
            f"{dtypes.of(source.dtype).shorthand}",
            argument="source",
        )
    check_flat_index(index, input.size, "put_")
    places = index.reshape(-1)
    if accumulate:
        add_flat(xp, input, places, source)
        return
    flat, own = flat_view(input)
    flat[places] = source.reshape(-1)
    if not own:
        input[...] = flat.reshape(input.shape)


put.holds = ("source",)
put.vjp(
    input=lambda g, index, accumulate: (
        g if accumulate else g.put(index, g.new_zeros(index.shape), False)
    ),
    source=lambda g, index, source_shape: g.take(index).reshape(source_shape),
)


# -- batches ----------------------------------------------------------------------------------


def _by_slices(each: Callable[[Batch, int], Tensor]) -> Rule:
    """The rule of an op on slices along a dim: along the next one where all examples have the same
    index; else `each(batch, dim)`."""

    def rule(batch: Batch) -> Tensor:
        at = shifted(batch.get("dim"), batch.rank(0))
        if at is NotImplemented:
            return NotImplemented
        if batch.has("index") or batch.has("value"):
            return each(batch, at)
        stretched = [i for i in batch.tensors if batch.op.params[i].name in ("input", "source")]
        return batch.call(dim=at, **{batch.op.params[i].name: batch.whole(i) for i in stretched})

    return rule


def _add_examples(batch: Batch, at: int) -> Tensor:
    source = batch.whole(batch.place("source")) * batch.get("alpha")
    index = beside(batch.rows(batch.place("index")), at, source._d.shape)
    return batch.whole(0).scatter_add(at, index, source)


def _copy_examples(batch: Batch, at: int) -> Tensor:
    source = batch.whole(batch.place("source"))
    index = beside(batch.rows(batch.place("index")), at, source._d.shape)
    return batch.whole(0).scatter(at, index, source)


def _fill_examples(batch: Batch, at: int) -> Tensor:
    input, rows, value = batch.whole(0), batch.rows(batch.place("index")), batch.get("value")
    shape = list(input._d.shape)
    index = (rows < 0) * shape[at] + rows
    shape[at] = rows._d.shape[1]
    index = beside(index, at, tuple(shape))
    if batch.has("value"):
        value = value.reshape(-1, *(1,) * (len(shape) - 1))
    if isinstance(value, Tensor):
        value = value.expand(index._d.shape)
    return input.scatter(at, index, value)


def _put_examples(batch: Batch) -> Tensor:
    rows, flat = batch.rows(), batch.rows(1)
    flat = (flat < 0) * rows._d.shape[1] + flat
    source = batch.whole(2).reshape(flat._d.shape)
    put_at = rows.scatter_add if batch.get("accumulate") else rows.scatter
    made = put_at(1, flat, source)
    return made.reshape(batch.whole(0)._d.shape)


index_add.batch = _by_slices(_add_examples)
index_copy.batch = _by_slices(_copy_examples)
_index_fill.batch = _index_fill_with.batch = _by_slices(_fill_examples)
put.batch = _put_examples
