"""Indexing by tensors whose values are not looked at: by arithmetic and `gather`, as other ops.

For what stands for many tensors, each with an index of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DimError, LooksInside, StateError
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import BOOLS
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Data

_WHOLE = slice(None)


def _items(index: object, ndim: int) -> list[object]:
    """The parts of an index, with slices for `...`; masks as index tensors."""
    given = list(index) if isinstance(index, tuple) else [index]
    items: list[Any] = []
    for item in given:
        if isinstance(item, Tensor) and item._d.dtype.char in BOOLS:
            try:
                items.extend(item.nonzero(as_tuple=True))
            except StateError:
                raise StateError(
                    "vmap: We do not support batching operators that can support dynamic shape. "
                    "Attempting to batch over indexing with a boolean mask.",
                    hint="write it with where(condition, a, b)",
                ) from None
        else:
            items.append(item)
    dots = [k for k, item in enumerate(items) if item is Ellipsis]
    for k in dots[:1]:
        taken = sum(item is not None for item in items) - 1
        items[k : k + 1] = [_WHOLE] * (ndim - taken)
    return items


def picked(tensor: Tensor, index: object) -> Tensor:
    """`tensor[index]`."""
    items = _items(index, tensor._d.ndim)
    chosen: list[tuple[int, Tensor]] = []
    dim = 0
    for k, item in enumerate(items):
        if isinstance(item, Tensor):
            chosen.append((dim, item))
            items[k] = _WHOLE
        dim += type(item) is not int
    if not chosen:
        raise LooksInside("vmap: an index that is no tensor has to be a number")
    part: Tensor = tensor[tuple(items)]
    dims = [d for d, _ in chosen]
    shape = part._d.shape
    at, picked_shape = _flat_places([i for _, i in chosen], [shape[d] for d in dims], dims)
    front = part.movedim(dims, list(range(len(dims))))
    rest = front._d.shape[len(dims) :]
    rows = front.reshape(numel(shape[d] for d in dims), *rest)
    found = rows.index_select(0, at).reshape(*picked_shape, *rest)
    if dims[-1] - dims[0] < len(dims) and dims[0]:
        places = range(len(picked_shape))
        found = found.movedim(list(places), [p + dims[0] for p in places])
    result: Tensor = found
    return result


def _flat_places(
    given: Sequence[Tensor], sizes: Sequence[int], dims: Sequence[int]
) -> tuple[Tensor, tuple[int, ...]]:
    """Indices of several dims as places in one, and the shape they were of."""
    total: Any = 0
    for index, n, d in zip(given, sizes, dims):
        if anywhere((index < -n) | (index >= n)):
            raise DimError(f"index is out of bounds for dimension {d} with size {n}")
        total = total * n + (index + (index < 0) * n)
    return total.reshape(-1).long(), total._d.shape


def placed(tensor: Tensor, index: object, values: Data, accumulate: bool = False) -> Tensor:
    """The tensor with values at `tensor[index]`, added to what is there where that is asked for."""
    shape = tensor._d.shape
    places = arange(numel(shape)).reshape(shape)[index]
    at = places.reshape(-1)
    if not isinstance(values, Tensor):
        values = tensor.new_tensor(values)
    written = values.to(tensor.dtype).expand(places._d.shape).reshape(-1)
    flat = tensor.reshape(-1)
    made: Tensor = flat.scatter_add(0, at, written) if accumulate else flat.scatter(0, at, written)
    return made.reshape(shape)


def masked(tensor: Tensor, mask: Tensor, value: Data) -> Tensor:
    """The tensor with a number, or a tensor that broadcasts, where a mask is true."""
    if not isinstance(value, Tensor):
        value = tensor.new_tensor(value)
    made: Tensor = value.to(tensor.dtype).where(mask, tensor)
    return made
