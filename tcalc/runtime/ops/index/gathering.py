"""Elements picked by index tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import DimError, DtypeError, ShapeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.summation import as_array
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, on_arrays
from tcalc.runtime.base.targets import APART
from tcalc.runtime.call.batching import Batch, dynamic, over, shifted
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.pending import computed
from tcalc.runtime.lazy.picks import gathered
from tcalc.runtime.ops.index.picking import (
    add_along,
    add_flat,
    add_slices_once,
    is_within,
    places_of_few,
    slices,
)
from tcalc.runtime.ops.index.picking import take as elements
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, shapes
from tcalc.runtime.types.codes import BOOLS, PLAIN, codes
from tcalc.runtime.types.shapes import wrap_dim

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_SQUARE = [[1.0, 2.0], [3.0, 4.0]]


# The types of what names places.
INDICES = codes(dtypes.int64, dtypes.int32)
LONG = dtypes.int64.codes
# From how many elements on one dimension is searched in less time than several.
_MANY = 1 << 12


# -- what index tensors must be ---------------------------------------------------------------


def check_index_dtype(index: Array, message: str, kinds: str = INDICES) -> None:
    """Refuse an index of another type; int32 and int64 are taken where no kinds are named."""
    if index.dtype.char not in kinds:
        raise DtypeError(
            f"{message} (it is {dtypes.of(index.dtype).name})",
            hint="convert it with .long()",
            argument="index",
        )


def first_outside(index: Array, n: int, negative: bool = False) -> int | None:
    """The first index that does not name one of `n` places, or None."""
    if not index.size or is_within(index, n):
        return None
    low, high = int(index.min()), int(index.max())
    if low < (-n if negative else 0):
        return low
    return high if high >= n else None


def of_any_dtype(index: Array) -> Array:
    """An index; one of no elements may be of any dtype."""
    return index if index.size or index.dtype.char in INDICES else index.astype(np.int64)


def check_along(index: Array, shape: tuple[int, ...], dim: int, name: str) -> None:
    """Refuse an index of `gather` or `scatter` that does not fit a tensor of the shape."""
    if (
        index.dtype.char in INDICES
        and index.ndim == len(shape)
        and is_within(index, shape[dim] if shape else 1)
    ):
        return
    check_index_dtype(index, f"{name}(): Expected dtype int32/int64 for index")
    if max(index.ndim, 1) != max(len(shape), 1):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as "
            f"{'input' if name == 'gather' else 'self'} tensor",
            argument="index",
        )
    n = shape[dim] if shape else 1
    wrong = first_outside(index, n)
    if wrong is not None:
        raise ShapeError(
            f"index {wrong} is out of bounds for dimension {dim} with size {n}", argument="index"
        )


# -- by index ---------------------------------------------------------------------------------


_MATRIX = [[1.5, 2.0, -3.0], [4.0, 0.5, 6.0]]


@kernel(apart=APART, upcast_halves=False, samples=lambda: [((_MATRIX, 1, [[0, 2, 2], [1, 0, 1]]), {}),
                                              ((_MATRIX, 0, [[1, 0], [1, 1], [0, 0]]), {})])  # fmt: skip
def gather(
    xp: ModuleType, input: Array, dim: int, index: Array, *, sparse_grad: bool = False
) -> Array:
    """For each element of `index`, the input's element there along `dim`.

    `out[i][j] = input[i][index[i][j]]` for dim 1. index: int64 of as many dimensions, nowhere
    larger than the input but along `dim`.

    >>> gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    at = wrap_dim(dim, input.ndim)
    if xp is np and input.flags.c_contiguous:
        places = places_of_few(index, input.shape, at)
        if places is not None:
            return input.take(places)
    index = of_any_dtype(index)
    if index.ndim == input.ndim and index.shape != input.shape:
        for d, (n, room) in enumerate(zip(index.shape, input.shape)):
            if n > room and d != at:
                raise ShapeError(
                    f"Size does not match at dimension {d} expected index {list(index.shape)} to be "
                    f"no larger than self {list(input.shape)} apart from dimension {at}",
                    argument="index",
                )
    memory.check(index.size * input.itemsize, "the gathered elements")
    if xp is np and (found := gathered(input, at, index)) is not None:
        return found
    if index.size or index.ndim == input.ndim:
        check_along(index, input.shape, at, "gather")
    if not input.ndim:
        return xp.broadcast_to(input.reshape(()), index.shape).copy()
    return elements(xp, input, index, at)


gather.index_call = ("gather",)
gather.holds = ("input",)
gather.looked_up = ("input",)


@on_arrays
def _gather_back(
    g: Tensor | Array, input_shape: tuple[int, ...], dim: int, index: Tensor | Array
) -> Tensor | Array:
    if isinstance(g, Tensor):
        return g.new_zeros(input_shape).scatter_add(dim, index, g)
    return _summed(add_along, g, input_shape, dim, index)


def _summed(
    add: Callable[..., None], g: Array, shape: tuple[int, ...], dim: int, index: Array
) -> Array:
    """A gradient, a bare array, added to zeros of a shape at the indices along a dim."""
    xp = backend.module_of(g)
    whole = xp.zeros(shape, g.dtype)
    add(xp, whole, wrap_dim(dim, len(shape)), computed(index), as_array(computed(g)))
    return whole


gather.vjp(input=_gather_back)


@kernel(
    moves=True, apart=APART, upcast_halves=False, samples=lambda: [((_MATRIX, 1, [2, 0, 2]), {})]
)
def index_select(xp: ModuleType, input: Array, dim: int, index: Array) -> Array:
    """The places along a dimension that a vector of indices names, in its order.

    >>> index_select(tensor([10, 20, 30]), 0, tensor([2, 0]))
    tensor([30, 10])
    """
    at = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise DimError("index_select(): Index is supposed to be a vector", argument="index")
    check_index_dtype(index, "index_select(): Expected dtype int32 or int64 for index")
    n = input.shape[at] if input.ndim else 1
    memory.check(input.nbytes // max(n, 1) * index.size, "the selected elements")
    wrong = first_outside(index, n)
    if wrong is not None:
        raise DimError(
            f"index out of range in self: {wrong} for a dimension of size {n}", argument="index"
        )
    if not input.ndim:
        if index.size != 1:
            raise ShapeError(
                f"index_select(): Index to scalar can have only 1 value, got {index.size} value(s)",
                argument="index",
            )
        return input.copy()
    return slices(input, at, index if index.ndim else index.reshape(1))


@on_arrays
def _select_back(
    g: Tensor | Array, input_shape: tuple[int, ...], dim: int, index: Tensor | Array
) -> Tensor | Array:
    if isinstance(g, Tensor):
        return g.new_zeros(input_shape).index_add(dim, index, g)
    return _summed(add_slices_once, g, input_shape, dim, computed(index).reshape(-1))


index_select.index_call = ("index_select",)
index_select.vjp(input=_select_back)


@kernel(
    apart=APART,
    upcast_halves=False,
    samples=lambda: [((_MATRIX, [[5, 0], [-1, 2]]), {})],
)
def take(xp: ModuleType, input: Array, index: Array) -> Array:
    """The elements at places of the flattened tensor, in the shape of `index`.

    >>> take(tensor([[1, 2], [3, 4]]), tensor([0, 3]))
    tensor([1, 4])
    """
    memory.check(index.size * input.itemsize, "the taken elements")
    if xp is np and index.dtype.char in LONG:
        try:
            return input.take(index)
        except IndexError:
            pass  # told in our own words below
    check_flat_index(index, input.size, "take")
    return xp.take(input.reshape(-1), index)


take.holds = ("input",)
take.looked_up = ("input",)


@on_arrays
def _take_back(
    g: Tensor | Array, input_shape: tuple[int, ...], index: Tensor | Array
) -> Tensor | Array:
    if isinstance(g, Tensor):
        return g.new_zeros(input_shape).put(index, g, accumulate=True)
    xp = backend.module_of(g)
    whole = xp.zeros(input_shape, g.dtype)
    add_flat(xp, whole, computed(index), as_array(computed(g)))
    return whole


take.vjp(input=_take_back)


def check_flat_index(index: Array, count: int, name: str) -> None:
    """Refuse an index of `take` or `put` that leaves a tensor of `count` elements."""
    check_index_dtype(index, f"{name}(): Expected a long tensor for index", LONG)
    wrong = first_outside(index, count, negative=True)
    if wrong is not None:
        raise DimError(
            f"out of range: tried to access index {wrong} on a tensor of {count} elements.",
            argument="index",
        )


@composite(
    apart=APART, samples=lambda: [((_MATRIX, [[0, 2], [1, 1]], 1), {}), ((_MATRIX, [3, 0]), {})]
)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements at indices along a dimension; the other dimensions broadcast.

    Along a dimension indices count modulo its size, as PyTorch's do; without `dim` they are places
    of the flattened tensor. Takes what `argsort` and `argmax` (with keepdim) give.

    >>> take_along_dim(tensor([[3, 1], [2, 4]]), tensor([[1], [0]]), 1)
    tensor([[1],
            [2]])
    """
    if indices.dtype is not dtypes.int64:
        raise DtypeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{indices.dtype.shorthand}",
            argument="indices",
        )
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    if input._d.ndim != indices._d.ndim:
        raise ShapeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input._a.ndim} dimensions for input, and {indices._a.ndim} dimensions for "
            "indices",
            argument="indices",
        )
    at = wrap_dim(dim, input._a.ndim)
    own, wanted = input._d.shape, indices._d.shape
    rest, given = (s[:at] + s[at + 1 :] for s in (own, wanted))
    if rest != given:
        common = shapes.broadcast(rest, given)
        input = input.expand((*common[:at], own[at], *common[at:]))
        indices = indices.expand((*common[:at], wanted[at], *common[at:]))
    return gather(input, at, indices % own[at] if own[at] else indices)


take_along_dim.index_call = "take_along_dim", "input", "dim", "indices"


# -- places -----------------------------------------------------------------------------------


@composite(differentiable=False)
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Tensor | tuple[Tensor, ...]:
    """The indices of the elements that are not zero, a row each (or a tensor for each dimension).

    >>> nonzero(tensor([0, 5, 7]))
    tensor([[1],
            [2]])
    >>> nonzero(tensor([[0, 1], [1, 0]]), as_tuple=True)
    (tensor([0, 1]), tensor([1, 0]))
    """
    a = input._a
    if a.dtype.char not in PLAIN:
        input.dtype.need("bifc", "nonzero_count_cpu")
    memory.check(a.size * 8 * max(a.ndim, 1), "the indices")
    xp = backend.module_of(a)
    if as_tuple:
        return tuple(map(wrap, _columns(xp, a if a.ndim else a.reshape(1))))
    if not a.ndim:
        return wrap(xp.zeros((int(bool(a)), 0), xp.int64))
    return wrap(_columns(xp, a).T)


def _columns(xp: ModuleType, a: Array) -> Array:
    """The places of what is not zero: the indices along each dimension in a row."""
    if type(a) is not np.ndarray:
        return xp.stack(a.nonzero())
    if a.size < _MANY:
        found = a.nonzero()
        columns = np.empty((a.ndim, len(found[0])), np.int64)
        for d, own in enumerate(found):
            columns[d] = own
        return columns
    flat = (a if a.dtype.char in BOOLS else a != 0).reshape(-1).nonzero()[0]
    columns = np.empty((a.ndim, len(flat)), np.int64)
    for d in range(a.ndim - 1, 0, -1):
        n = a.shape[d]
        rest = flat // n
        np.subtract(flat, rest * n, out=columns[d])
        flat = rest
    columns[0] = flat
    return columns


nonzero.index_call = ("nonzero",)


@composite(differentiable=False)
def argwhere(input: Tensor) -> Tensor:
    """The indices of the elements that are not zero, a row each.

    >>> argwhere(tensor([0, 5, 7]))
    tensor([[1],
            [2]])
    """
    return nonzero(input)


def single(name: str, value: Tensor) -> Tensor:
    """A fill value that is a tensor: it has no dims."""
    if value._d.ndim:
        raise ShapeError(
            f"{name}_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value._d.ndim} dimension(s).",
            argument="value",
        )
    return value


# -- batches ----------------------------------------------------------------------------------

gather.batch = over("dim")


def _select_examples(batch: Batch) -> Tensor:
    at = shifted(batch.get("dim"), batch.rank(0))
    if at is NotImplemented:
        return NotImplemented
    if not batch.has("index"):
        return batch.call(dim=at)
    input, index = batch.whole(0), batch.get("index")
    return input.gather(at, beside(index.reshape(batch.size, -1), at, input._d.shape))


def beside(index: Tensor, dim: int, shape: tuple[int, ...]) -> Tensor:
    """The index of each example, a vector, stretched along all other dims of a shape."""
    at = dim % len(shape)
    ones = (1,) * (at - 1), (1,) * (len(shape) - at - 1)
    lined = index.reshape(index._d.shape[0], *ones[0], -1, *ones[1])
    return lined.expand(*[n if d != at else -1 for d, n in enumerate(shape)])


def _take_examples(batch: Batch) -> Tensor:
    rows, flat = batch.rows(), batch.rows(1)
    found = rows.gather(1, (flat < 0) * rows._d.shape[1] + flat)
    return found.reshape(batch.whole(1)._d.shape)


nonzero.batch = dynamic
index_select.batch = _select_examples
take.batch = _take_examples
