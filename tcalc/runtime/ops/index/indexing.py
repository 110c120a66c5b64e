"""Indexing with brackets: views, picking by index tensors and masks, and assignment to both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, LooksInside, ShapeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.copies import alike
from tcalc.runtime.autograd.nodes import end_of, record
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Array, on_arrays, saved_plan
from tcalc.runtime.base.registry import export, lookup
from tcalc.runtime.base.targets import APART
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import DefinedOp, kernel, view_op
from tcalc.runtime.call.indexcalls import made as index_call
from tcalc.runtime.call.inplace import write_in_place
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.call.nativeviews import view_call
from tcalc.runtime.lazy.filling import surrounded
from tcalc.runtime.ops.index import parsing, unread
from tcalc.runtime.ops.index.direct import direct_index, picked_by, picks_of, plain_index
from tcalc.runtime.ops.index.picking import add_at, by_kernel, placed_by, slices
from tcalc.runtime.tensor.storage import View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.runtime.ops.index.parsing import BasicIndex, Picks

# For the short path alone, which closes by it.
ndarray = np.ndarray
_new = object.__new__
_WHOLE = slice(None)


# -- views ------------------------------------------------------------------------------------


@kernel(names=(), upcast_halves=False, samples=list)
def embedded(
    xp: ModuleType, input: Array, shape: tuple[int, ...], view: DefinedOp, args: tuple[object, ...]
) -> Array:
    """Zeros of a shape with `input` where a view of them shows: the gradient of that view."""
    memory.check(input.itemsize * numel(shape), f"a gradient of shape {list(shape)}")
    if xp is np:
        return surrounded(input, shape, lambda whole: view.kernel(xp, whole, *args))
    whole = xp.zeros(shape, input.dtype)
    view.kernel(xp, whole, *args)[...] = input
    return whole


embedded.vjp(input=lambda g, view, args: view.function(g, *args))


def _basic_view(kind: str) -> DefinedOp:
    """The view that a basic index shows, named as the last of PyTorch's steps to it."""

    def part(xp: ModuleType, input: Array, index: BasicIndex) -> Array:
        return input[index]

    op = view_op(name=f"{kind}_part", names=(), samples=list,
                 node_name=f"{kind.capitalize()}Backward0")(part)  # fmt: skip
    op.vjp(input=on_arrays(
        lambda g, input_shape, index: placed_by(embedded, g, input_shape, op, (index,))
    ))  # fmt: skip
    saved_plan(op)
    return op


VIEWS = {kind: _basic_view(kind) for kind in ("select", "slice", "unsqueeze", "alias")}


def shown_part(tensor: Tensor, array: Array, op: DefinedOp, index: BasicIndex) -> Tensor:
    """The view of `tensor` that `array`, which is op's result for the index, shows."""
    out: Tensor = _new(Tensor)
    out._d = array
    out._s = storage = tensor._s or tensor.shared()
    parent = tensor._v
    out._v = View(tensor if parent is None else parent.base, parent, op, (tensor, index),
                  storage.version, mode.enabled)  # fmt: skip
    out._g = None
    if parent is not tensor._g and mode.enabled:  # else both are None
        end = end_of(tensor)
        if end is not None:
            out._g = record(op, (end,), (tensor._a.shape, index), None, array)
    return out


def _recorded_part(tensor: Tensor, out: Tensor) -> Tensor:
    """A view that machine code made of a tensor which may be in the graph, with its end there."""
    end, view, out._g = end_of(tensor), out._v, None
    if end is not None and view is not None:
        out._g = record(view.op, (end,), (tensor._d.shape, view.values[1]), None, out._d)
    return out


def part_of(tensor: Tensor, op: DefinedOp, index: BasicIndex) -> Tensor:
    """The view of `tensor` that an op gives for an index which is in range."""
    if mode.interpreter is not None:
        return op(tensor, index)
    return shown_part(tensor, tensor._shown[index], op, index)


_LAST = {int: VIEWS["select"], slice: VIEWS["slice"], type(None): VIEWS["unsqueeze"]}


def _view_of(index: object, plain: BasicIndex, shape: tuple[int, ...]) -> DefinedOp:
    """The view that a plain index shows, named by its last step that leaves something out.

    What a slice without a tuple leaves out PyTorch does not ask.
    """
    if type(index) in _LAST:
        return _LAST[type(index)]
    at, dim = len(plain), len(shape)
    for item in reversed(plain):
        at -= 1
        if item is Ellipsis:
            dim = at - plain[:at].count(None)
            continue
        dim -= item is not None
        if type(item) is not slice or not parsing.is_whole(item, shape[dim]):
            return _LAST[type(item)]
    return VIEWS["alias"]


def is_free(tensor: Tensor) -> bool:
    """Whether no gradient can flow to the tensor or to what it shows."""
    view = tensor._v
    return (tensor._g is None and (view is None or view.base._g is None)) or not mode.enabled


# What does it in machine code, or None: of views, and of what indices name.
PART = view_call("part", VIEWS["alias"], VIEWS)
NAMED = shortcuts.after_few(globals(), "NAMED", lambda: index_call("getitem"))


def getitem(tensor: Tensor, index: object) -> Tensor:
    """`tensor[index]`: a view for ints, slices, None, `...`; else a copy."""
    if PART is not None and (out := PART(tensor, index)) is not None:
        return out if out._g is None else _recorded_part(tensor, out)
    if NAMED is not None and (out := NAMED(tensor, index)) is not None:
        return out
    plain = plain_index(index)
    d = tensor._d
    if plain is not None and type(d) is ndarray:
        try:
            array = d[plain]
        except IndexError:
            pass  # told in our own words below
        else:
            return shown_part(tensor, array, _view_of(index, plain, d.shape), plain)
    if is_sparse(tensor):
        found: Tensor = lookup("torch._sparse_part")(tensor, index)
        return found
    try:
        return _by_values(tensor, index, plain)
    except LooksInside:
        return unread.picked(tensor, index)


def _by_values(tensor: Tensor, index: object, plain: BasicIndex | None) -> Tensor:
    direct = direct_index(tensor, index)
    if direct is not None and mode.interpreter is None and is_free(tensor):
        found = picked_by(tensor._a, direct)
        if found is not None:
            return wrap(found)
    if direct is not None and mode.interpreter is None:
        picks = picks_of(tensor._a, direct if type(direct) is tuple else (direct,))
        if picks is not None:
            return pick(tensor, picks)
    parsed = parsing.parse(index, tensor._a.shape)
    if parsed.picks is None:
        # As it was written, where it says no more than what is shown.
        return part_of(tensor, VIEWS[parsed.kind], parsed.basic if plain is None else plain)
    part = basic_part(tensor, parsed)
    picks = parsed.picks
    if mode.enabled and end_of(part) is not None:  # the index may be written to before backward
        picks = tuple([None if p is None else p.copy() for p in picks])
    return pick(part, picks)


def basic_part(tensor: Tensor, parsed: parsing.Parsed) -> Tensor:
    basic = parsed.basic
    if parsed.picks is not None and all(type(i) is slice and i == _WHOLE for i in basic[:-1]):
        return tensor
    return part_of(tensor, VIEWS[parsed.kind], basic)


# -- picking ----------------------------------------------------------------------------------


@kernel(names=(), node_name="IndexBackward0", upcast_halves=False,
        samples=list)  # fmt: skip
def pick(xp: ModuleType, input: Array, picks: Picks) -> Array:
    """The elements at index arrays, one a dimension (None takes all of it)."""
    chosen = [d for d, p in enumerate(picks) if p is not None]
    if len(chosen) == 1 and xp is np:
        dim = chosen[0]
        index: Any = picks[dim]
        each = input.nbytes // max(input.shape[dim], 1)
        memory.check(each * index.size, "the picked elements")
        return slices(input, dim, index)
    memory.check(input.itemsize * _picked_count(input.shape, picks), "the picked elements")
    return xp.ascontiguousarray(input[parsing.on_device_of(input, picks)])


def _picked_count(shape: tuple[int, ...], picks: Picks) -> int:
    total = 1
    for n, p in zip(shape, picks):
        if p is None:
            total *= n
    shapes = {p.shape for p in picks if p is not None}
    common = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    return total * numel(common) * numel(shape[len(picks) :])


@kernel(names=(), upcast_halves=False, samples=list)
def put_zeros(xp: ModuleType, input: Array, shape: tuple[int, ...], picks: Picks) -> Array:
    """Zeros of a shape with `input` added at the picked places: the gradient of picking."""
    whole = xp.zeros(shape, input.dtype)
    add_at(xp, whole, picks, input)
    return whole


pick.vjp(input=on_arrays(lambda g, input_shape, picks: by_kernel(put_zeros, g, input_shape, picks)))
put_zeros.vjp(input=on_arrays(lambda g, picks: by_kernel(pick, g, picks)))


# -- assignment -------------------------------------------------------------------------------


@kernel(names=(), node_name="IndexPutBackward0", upcast_halves=False,
        samples=list, apart=APART)  # fmt: skip
def placed(xp: ModuleType, input: Array, picks: Picks, values: Array, accumulate: bool) -> Array:
    """`input` with values at the picked places, added to it where `accumulate` is set."""
    out = alike(input)
    write_picked(xp, out, picks, values, accumulate)
    return out


placed.vjp(
    input=lambda g, picks, accumulate: (
        g if accumulate else placed(g, picks, g.new_zeros(()), False)
    ),
    values=lambda g, picks: pick(g, picks),
)


def write_picked(xp: ModuleType, out: Array, picks: Picks, values: Array, accumulate: bool) -> None:
    if accumulate:
        add_at(xp, out, picks, values)
        return
    at = parsing.on_device_of(out, picks)
    try:
        out[at] = values
    except ValueError:
        raise ShapeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to "
            f"indexing result of shape {list(out[at].shape)}",
            argument="values",
        ) from None


def place(tensor: Tensor, picks: Picks, values: Tensor, accumulate: bool, name: str) -> Tensor:
    """Write values at the picked places of a tensor."""
    xp = backend.module_of(tensor._a)
    source = backend.to_device(values._a, tensor.device) if not values._a.ndim else values._a
    if source.dtype != tensor._a.dtype:
        raise DtypeError(
            "Index put requires the source and destination dtypes match, got "
            f"{tensor.dtype.shorthand} for the destination and {values.dtype.shorthand} for the "
            "source.",
            argument="values",
        )
    return write_in_place(
        placed, name, tensor, (tensor, picks, values, accumulate),
        lambda a: write_picked(xp, a, picks, source, accumulate), repeats=True,
    )  # fmt: skip


def for_one_mask(tensor: Tensor, indices: Sequence[object], values: Tensor) -> Tensor:
    """The one value that a mask gives to all its places may have another dtype or lie among them."""
    (mask, *more) = indices
    if more or values._d.size != 1 or not isinstance(mask, Tensor):
        return values
    if not mask._d.ndim or mask._d.dtype.char not in parsing.MASKS:
        return values
    return values.to(tensor.dtype, copy=True)


shortcuts.known(globals(), PART=None, NAMED=None)
export("Tensor.__getitem__", value=getitem)


# -- batches ----------------------------------------------------------------------------------


def _part_of_examples(batch: Batch) -> Tensor:
    index = batch.get("index")
    return batch.call(index=(_WHOLE, *(index if type(index) is tuple else (index,))))


for _op in VIEWS.values():
    _op.batch = _part_of_examples


def _embed_examples(batch: Batch) -> Tensor:
    """Zeros of which the view, by its own rule, is written."""
    view, g = batch.get("view"), batch.whole(0)
    whole = g.new_zeros((batch.size, *batch.get("shape")))
    values = (whole, *batch.get("args"))
    part = view.batch(Batch(view, batch.size, values, (True, *(False,) * (len(values) - 1))))
    part.copy_(g)
    return whole


embedded.batch = _embed_examples


def _apart(picks: Picks) -> bool:
    """Whether dims that are taken whole lie between those that are picked from."""
    chosen = [d for d, p in enumerate(picks) if p is not None]
    return chosen[-1] - chosen[0] >= len(chosen)


def _picked_rank(picks: Picks) -> int:
    return max([p.ndim for p in picks if p is not None])


def _pick_examples(batch: Batch) -> Tensor:
    picks = batch.get("picks")
    found = batch.call(picks=(None, *picks))
    # Picks that lie apart come first, before the batch.
    return found.movedim(_picked_rank(picks), 0) if _apart(picks) else found


def _behind(values: Tensor, picks: Picks) -> Tensor:
    return values.movedim(0, _picked_rank(picks)) if _apart(picks) else values


pick.batch = _pick_examples
put_zeros.batch = lambda batch: batch.call(
    input=_behind(batch.whole(0), batch.get("picks")), shape=(batch.size, *batch.get("shape")),
    picks=(None, *batch.get("picks")),
)  # fmt: skip


def _place_examples(batch: Batch) -> Tensor:
    input, picks = batch.whole(0), batch.get("picks")
    values = batch.get("values")
    if batch.has("values"):
        rank = len(parsing.picked_shape(input._d.shape[1:], picks))
        values = _behind(batch.aligned(batch.place("values"), rank), picks)
    return batch.call(input=input, picks=(None, *picks), values=values)


placed.batch = _place_examples
