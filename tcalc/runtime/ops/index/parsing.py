"""What an index between brackets means: a view first, then the tensors that pick elements.

PyTorch takes ints, slices, None and `...` before any index tensor, so that `x[0, :, [1, 2]]` keeps
the picked dimension in its place (NumPy counts the 0 among the index arrays and moves it).
"""

from __future__ import annotations

from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DimError, ValueProblem
from tcalc.runtime.arrays import backend
from tcalc.runtime.base import memory
from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import BOOLS, FLOATS, SIGNED, codes
from tcalc.runtime.types.devices import CPU
from tcalc.runtime.types.dtypes import bool_, int32, int64, uint8

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import EllipsisType

    from tcalc.runtime.base.op import Array

    # A part of what NumPy calls a basic index, all of it; and an index array, or None, a dimension.
    Basic = int | slice | EllipsisType | None
    BasicIndex = tuple[Basic, ...]
    Picks = tuple[Array | None, ...]
    # What any part of an index comes to.
    Item = Basic | Tensor

# Lists shorter than this that hold lists, slices or tensors stand for tuples, as in PyTorch.
_LONGEST_TUPLE = 32
# Index tensors, which of them are masks, and which stand for an int where they have no dims.
_INDICES = codes(int64, int32, uint8, bool_)
MASKS = codes(uint8, bool_)
_SINGLE = BOOLS + SIGNED
# What lists' numbers come as that are cut to ints.
_CUT = FLOATS + SIGNED
_KINDS = "int, slice, None, ..., bool, list or tensor"


class Parsed:
    """An index taken apart.

    basic: the NumPy index of the view (ints, slices, None, Ellipsis), or None for the whole.
    picks: for each dimension of that view, an index array or None; None where nothing is picked.
    kind: which of PyTorch's views the last part is: select, slice, unsqueeze or alias.
    """

    __slots__ = ("basic", "kind", "picks")

    def __init__(self, basic: BasicIndex, picks: Picks | None, kind: str) -> None:
        self.basic = basic
        self.picks = picks
        self.kind = kind


def is_whole(item: slice, n: int) -> bool:
    """Whether PyTorch takes a slice to leave nothing out of so many elements."""
    start, stop, step = item.start, item.stop, item.step
    return (
        (start is None or start == 0)
        and (stop is None or stop >= n)
        and (step is None or step == 1)
    )  # fmt: skip


def parse(index: object, shape: tuple[int, ...]) -> Parsed:
    """What an index means for a tensor of the shape; every error of an index is raised here."""
    items = _as_items(index)
    if not any(i is Ellipsis for i in items):
        items = (*items, Ellipsis)
    consumed = sum(_consumes(i) for i in items)
    ndim = len(shape)
    if consumed > ndim:
        if not ndim and len(items) == 2 and isinstance(index, int):
            raise DimError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
                "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
                hint="use `.item()`",
            )
        raise DimError(f"too many indices for tensor of dimension {ndim}")
    basic: list[Basic] = []
    picks: list[Array | None] = []
    kind = "alias"
    dim = 0
    seen = False
    for item in items:
        if item is Ellipsis:
            if not seen:
                skipped = ndim - consumed
                basic.extend([slice(None)] * skipped)
                picks.extend([None] * skipped)
                dim += skipped
                seen = True
        elif item is None:
            basic.append(None)
            picks.append(None)
            kind = "unsqueeze"
        elif isinstance(item, slice):
            basic.append(_slice(item))
            picks.append(None)
            if not is_whole(item, shape[dim]):
                kind = "slice"
            dim += 1
        elif isinstance(item, bool):
            basic.append(None)
            picks.append(np.zeros(1 if item else 0, np.intp))
        elif isinstance(item, Tensor):
            dim += _add_tensor(item, basic, picks, shape, dim)
        else:
            basic.append(_int(item, shape, dim))
            kind = "select"
            dim += 1
    chosen = tuple(picks) if any(p is not None for p in picks) else None
    if chosen is not None:
        chosen = _aligned(chosen)
    return Parsed((*basic, Ellipsis), chosen, kind)


def _as_items(index: object) -> tuple[Item, ...]:
    if isinstance(index, tuple):
        items: Sequence[Any] = index
    elif (
        isinstance(index, list)
        and len(index) < _LONGEST_TUPLE
        and any(
            i is None or i is Ellipsis or isinstance(i, (list, tuple, slice, Tensor)) for i in index
        )
    ):
        items = index
    else:
        items = (index,)
    return tuple([_item(i) for i in items])


def _item(item: object) -> Item:
    """One part of an index, lists and arrays as tensors and 0-dim tensors as ints."""
    if item is None or item is Ellipsis or isinstance(item, (bool, int, slice)):
        return item
    if isinstance(item, (list, tuple, range, np.ndarray)):
        from tcalc.runtime.tensor.nested import tensor_of

        made = tensor_of(item)
        # An empty list picks nothing; a list's numbers are cut to ints, as in PyTorch.
        if made._a.dtype.char in _CUT and (not made._a.size or isinstance(item, (list, tuple))):
            made = made.long()
        item = made
    if isinstance(item, Tensor):
        a = item._a
        if not a.ndim and a.dtype.char in _SINGLE:
            return item.item()
        if a.dtype.char not in _INDICES:
            raise DimError(
                "tensors used as indices must be long, int, byte or bool tensors "
                f"(this one is {item.dtype.name})",
                hint="`.long()` makes whole numbers of it, a comparison a mask",
            )
        return item
    if isinstance(item, np.generic):
        return _item(item.item())
    if hasattr(item, "__index__"):
        return as_int(item)
    if isinstance(item, str):
        raise ArgumentError(f"new(): invalid data type 'str': an index is {_KINDS}")
    raise DimError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
        f"indices (got {type(item).__name__})"
    )


def _consumes(item: object) -> int:
    """How many dimensions a part of an index takes."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, Tensor) and item._a.dtype.char in MASKS:
        return int(item._a.ndim)
    return 1


def _slice(item: slice) -> slice:
    start, stop, step = item.start, item.stop, item.step
    try:
        ends = [None if v is None else as_int(v) for v in (start, stop, step)]
    except (AttributeError, TypeError):
        raise ArgumentError(
            "slice indices must be integers or None or have an __index__ method"
        ) from None
    step = ends[2]
    if step == 0:
        raise ValueProblem("slice step cannot be zero")
    if step is not None and step < 0:
        raise ValueProblem(
            "step must be greater than zero",
            hint="`.flip(0)` gives the reverse order, of dimension 0",
        )
    return slice(*ends)


def _int(item: int, shape: tuple[int, ...], dim: int) -> int:
    n = shape[dim]
    if isinstance(item, Symbol):
        item = item.place(n)
    if not -n <= item < n:
        raise DimError(
            f"index {item} is out of bounds for dimension {dim} with size {n}",
            hint=f"its indices are 0 to {n - 1}, and -{n} to -1 from the end" if n else None,
        )
    return int(item)


def _add_tensor(
    item: Tensor, basic: list[Basic], picks: list[Array | None], shape: tuple[int, ...], dim: int
) -> int:
    """Add what an index tensor picks; gives the number of dimensions it takes."""
    a = item._a
    if a.dtype.char in MASKS:
        if not a.ndim:
            basic.append(None)
            picks.append(np.zeros(1 if a.item() else 0, np.intp))
            return 0
        for i, n in enumerate(a.shape):
            if n != shape[dim + i]:
                raise DimError(
                    f"The shape of the mask {list(a.shape)} at index {i} does not match the shape "
                    f"of the indexed tensor {list(shape)} at index {dim + i}"
                )
        found = a.nonzero()
        basic.extend([slice(None)] * a.ndim)
        picks.extend(found)
        return int(a.ndim)
    n = shape[dim]
    memory.check(a.nbytes, "the index")
    if a.size and backend.has_contents(a):
        low, high = a.min(), a.max()
        if low < -n or high >= n:
            wrong = int(low if low < -n else high)
            raise DimError(f"index {wrong} is out of bounds for dimension {dim} with size {n}")
    basic.append(slice(None))
    picks.append(a if a.dtype == np.intp else a.astype(np.intp))
    return 1


def _aligned(picks: Picks) -> Picks:
    """The index arrays of one shape, or an error that lists their shapes."""
    shapes = [p.shape for p in picks if p is not None]
    if len(shapes) > 1:
        try:
            np.broadcast_shapes(*shapes)
        except ValueError:
            listed = ", ".join(str(list(s)) for s in shapes)
            raise DimError(
                "shape mismatch: indexing tensors could not be broadcast together with shapes "
                f"{listed}"
            ) from None
    return picks


def on_device_of(array: Array, picks: Picks) -> tuple[Any, ...]:
    """The index arrays where the indexed array is; None becomes a whole slice."""
    from tcalc.runtime.arrays.backend import device_of

    where = device_of(array)
    if where == CPU:
        return tuple([slice(None) if p is None else p for p in picks])
    return tuple([slice(None) if p is None else backend.to_device(p, where) for p in picks])


def picked_shape(shape: tuple[int, ...], picks: Picks) -> tuple[int, ...]:
    """The shape of what index arrays pick."""
    return np.broadcast_to(np.int8(0), shape)[
        tuple([slice(None) if p is None else backend.to_device(p, CPU) for p in picks])
    ].shape
