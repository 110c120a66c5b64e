"""Copies with the elements elsewhere: flipped, rolled, repeated, cut to triangles."""

from __future__ import annotations

from functools import lru_cache
from operator import index as as_int
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import ArgumentError, DimError, DtypeError, ShapeError
from tcalc.runtime.arrays.copies import laid_in_order
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, Data, Ints
from tcalc.runtime.call.batching import Batch, leading, over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.filling import copied, copy, joined, zeros
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import SIGNED
from tcalc.runtime.types.shapes import as_size, numel, wrap_dim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_SQUARE = [[1.0, 2.0], [3.0, 4.0]]
_WHOLE, _BACK = slice(None), slice(None, None, -1)


# -- order ------------------------------------------------------------------------------------


@kernel(moves=True, upcast_halves=False, samples=lambda: [((_SQUARE, 0), {})])
def flip(xp: ModuleType, input: Array, *dims: Ints) -> Array:
    """A copy with the order of the elements reversed along the dimensions.

    >>> flip(tensor([1, 2, 3]), 0)
    tensor([3, 2, 1])
    """
    at = as_size(dims, "dims")
    wrapped = tuple([wrap_dim(d, input.ndim) for d in at])
    if len(set(wrapped)) != len(wrapped):
        twice = next(d for d in wrapped if wrapped.count(d) > 1)
        raise ShapeError(f"dim {twice} appears multiple times in the list of dims", argument="dims")
    memory.check(input.nbytes, "the flipped tensor")
    if not input.ndim:
        return input.copy()
    turned = input[tuple([_BACK if d in wrapped else _WHOLE for d in range(input.ndim)])]
    return copied(turned) if xp is np and input.flags.c_contiguous else turned.copy("K")


flip.vjp(input=lambda g, dims: g.flip(*dims))


@composite()
def fliplr(input: Tensor) -> Tensor:
    """A copy with the columns in reverse order.

    >>> fliplr(tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if input._a.ndim < 2:
        raise ShapeError("Input must be >= 2-d.")
    return flip(input, 1)


@composite()
def flipud(input: Tensor) -> Tensor:
    """A copy with the rows in reverse order.

    >>> flipud(tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if not input._a.ndim:
        raise ShapeError("Input must be >= 1-d.")
    return flip(input, 0)


@kernel(
    upcast_halves=False, moves=True, samples=lambda: [((_SQUARE, 1), {}), ((_SQUARE, 1, 1), {})]
)
def roll(xp: ModuleType, input: Array, shifts: Ints, dims: Ints | None = None) -> Array:
    """A copy with the elements moved on along dimensions, the last ones coming in at the front.

    Without `dims` the elements move on as if in one dimension.

    >>> roll(tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    steps = as_size((shifts,), "shifts")
    memory.check(input.nbytes, "the rolled tensor")
    if dims is None or (isinstance(dims, (tuple, list)) and not dims):
        if len(steps) != 1:
            raise ShapeError(
                f"shifts and dimensions must align. shifts: {len(steps)}, dims:0", argument="dims"
            )
        return _rolled(xp, input.reshape(-1), steps[0], 0).reshape(input.shape)
    at = as_size((dims,), "dims")
    if len(steps) != len(at):
        raise ShapeError(
            f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(at)}",
            argument="dims",
        )
    if not input.ndim and at:
        raise DimError(
            f"Dimension specified as {at[0]} but tensor has no dimensions", argument="dims"
        )
    rolled = input
    for n, d in zip(steps, at):
        rolled = _rolled(xp, rolled, n, wrap_dim(d, input.ndim))
    return rolled if rolled is not input else xp.ascontiguousarray(input.copy())


def _rolled(xp: ModuleType, input: Array, shift: int, at: int) -> Array:
    """A contiguous copy moved on along one dimension."""
    n = input.shape[at]
    start = -shift % n if n else 0
    lead = (_WHOLE,) * at
    parts = input[(*lead, slice(start, None))], input[(*lead, slice(start))]
    return joined(parts, at) if xp is np else xp.ascontiguousarray(xp.concatenate(parts, at))


def _unroll(g: Tensor, shifts: Ints, dims: Ints | None) -> Tensor:
    back = [-s for s in shifts] if isinstance(shifts, (tuple, list)) else -shifts
    return g.roll(back, dims)


roll.vjp(input=_unroll)


@kernel(upcast_halves=False)
def rot90(xp: ModuleType, input: Array, k: int = 1, dims: Ints = (0, 1)) -> Array:
    """A copy turned by `k` right angles from the first of two dimensions to the second.

    >>> rot90(tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2:
        raise ShapeError(
            f"expected total rotation dims == 2, but got dims = {len(dims)}", argument="dims"
        )
    if input.ndim < 2:
        raise ShapeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    a, b = (wrap_dim(d, input.ndim) for d in dims)
    if a == b:
        raise ShapeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = "
            f"{dims[1]}",
            argument="dims",
        )
    memory.check(input.nbytes, "the turned tensor")
    turned = xp.rot90(input, k, (a, b))
    # The copy is of what is turned over alone; that the dims change places is how it is shown.
    return turned.swapaxes(a, b).copy("K").swapaxes(a, b) if k % 2 else turned.copy("K")


rot90.vjp(input=lambda g, k, dims: g.rot90(-k, dims))


# -- repeats ----------------------------------------------------------------------------------


def _repeats(input: Array, repeats: tuple[Ints, ...]) -> tuple[int, ...]:
    if not repeats:
        raise ArgumentError('repeat() missing 1 required positional arguments: "repeats"')
    counts = as_size(repeats, "repeats")
    if len(counts) < input.ndim:
        raise ShapeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor",
            argument="repeats",
        )
    shape = (1,) * (len(counts) - input.ndim) + tuple(input.shape)
    size = [n * c for n, c in zip(shape, counts)]
    for c in counts:
        if c < 0:
            wrong = next(n for n in size if n <= 0)
            raise ShapeError(
                f"Trying to create tensor with negative dimension {wrong}: {size}",
                argument="repeats",
            )
    memory.check(numel(size) * input.itemsize, f"a tensor of shape {size}")
    return counts


@kernel(moves=True, names=("Tensor.repeat",), upcast_halves=False, keywords={"repeat_times": "repeats"},
        samples=lambda: [((_SQUARE, 2, 1, 3), {})])  # fmt: skip
def repeat(xp: ModuleType, input: Array, *repeats: Ints) -> Array:
    """The tensor put together with itself, so many times along each dimension.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = _repeats(input, repeats)
    if xp is not np:
        return laid_in_order(xp.tile(input, counts))
    sizes = (1,) * (len(counts) - input.ndim) + input.shape
    apart = [n for pair in zip(counts, sizes) for n in pair]
    made = np.empty([n * c for n, c in zip(sizes, counts)], input.dtype)
    each = input.reshape([n for size in sizes for n in (1, size)])
    copy(np.broadcast_to(each, apart), made.reshape(apart))
    return made


def _unrepeat(g: Tensor, input_shape: Sequence[int], repeats: tuple[Ints, ...]) -> Tensor:
    counts = as_size(repeats)
    shape = (1,) * (len(counts) - len(input_shape)) + tuple(input_shape)
    apart = [n for pair in zip(counts, shape) for n in pair]
    return (
        g.reshape(apart).sum(tuple(range(0, len(apart), 2))).reshape(input_shape) if (counts) else g
    )


repeat.vjp(input=_unrepeat)


@composite(keywords={"reps": "dims"}, samples=lambda: [((_SQUARE, (2,)), {})])
def tile(input: Tensor, *dims: Ints) -> Tensor:
    """The tensor put together with itself, so many times along each of its last dimensions.

    >>> tile(tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    counts = as_size(dims, "dims")
    return input.repeat((1,) * (input._a.ndim - len(counts)) + counts)


@kernel(moves=True, names=(), node_name="IndexSelectBackward0", upcast_halves=False,
        samples=list)  # fmt: skip
def _repeated(xp: ModuleType, input: Array, counts: int | Array, at: int) -> Array:
    """Each element along a dimension so many times."""
    total = counts * input.shape[at] if isinstance(counts, int) else int(counts.sum())
    rest = input.size // max(input.shape[at], 1)
    memory.check(total * rest * input.itemsize, "the repeated tensor")
    return xp.repeat(input, counts, at)


def _repeated_back(g: Tensor, input_shape: Sequence[int], counts: int | Array, at: int) -> Tensor:
    n = input_shape[at]
    if isinstance(counts, int):
        return g.reshape(*input_shape[: at + 1], counts, *input_shape[at + 1 :]).sum(at + 1)
    index = g.new_tensor(np.repeat(np.arange(n), counts), dtype=dtypes.int64)
    return g.new_zeros(input_shape).index_add(at, index, g)


_repeated.vjp(input=_repeated_back)


@composite(samples=lambda: [((_SQUARE, 2), {}), ((_SQUARE, 2, 1), {})])
def repeat_interleave(
    input: Tensor,
    repeats: Data | None = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Each element so many times in a row; without `dim` of the flattened tensor.

    repeats: a number, or a tensor with one for each place along the dimension. Alone, a tensor of
    repeats gives the index of each place so many times.

    >>> repeat_interleave(tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> repeat_interleave(tensor([1, 2]))
    tensor([0, 1, 1])
    """
    if repeats is None:
        from tcalc.runtime.ops.create.ranges import arange

        return repeat_interleave(arange(input._a.size), input)
    if isinstance(repeats, (list, tuple)):
        from tcalc.runtime.tensor.nested import tensor_of

        repeats = tensor_of(repeats)
    if dim is None:
        input = input.flatten()
        at = 0
    else:
        at = wrap_dim(dim, input._a.ndim)
    if not input._a.ndim:
        input = input.reshape(1)
    if isinstance(repeats, Tensor):
        counts = repeats._a
        if counts.dtype.char not in SIGNED or counts.itemsize < 4:
            raise DtypeError("repeats has to be Long or Int tensor", argument="repeats")
        if counts.ndim > 1:
            raise ShapeError("repeats must be 0-dim or 1-dim tensor", argument="repeats")
        if counts.size == 1:
            counts = int(counts.reshape(-1)[0])
        elif counts.size != input._a.shape[at]:
            raise ShapeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{counts.size} and input.size({at}) = {input._a.shape[at]}",
                argument="repeats",
            )
        else:
            counts = counts.copy()
    else:
        try:
            counts = as_int(repeats)
        except (AttributeError, TypeError):
            raise ArgumentError(
                f"repeats must be an int or a tensor, not {type(repeats).__name__}",
                argument="repeats",
            ) from None
    if (counts < 0) if isinstance(counts, int) else (counts < 0).any():
        raise ShapeError("Repeats must be non-negative", argument="repeats")
    return _repeated(input, counts, at)


# -- triangles and diagonals ------------------------------------------------------------------


# The places of matrices of fewer elements are kept, as bits for elements of any size.
_KEPT = 1 << 16
# The rows of larger ones that are copied at once.
_BAND = 64
_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def _places(rows: int, columns: int, diagonal: int, is_lower: bool) -> np.ndarray:
    """Where a triangle of a matrix is."""
    lower = np.tri(rows, columns, diagonal if is_lower else diagonal - 1, dtype=bool)
    return lower if is_lower else ~lower


@lru_cache(16)
def _mask(rows: int, columns: int, diagonal: int, is_lower: bool, itemsize: int) -> np.ndarray:
    """The same as bits that keep an element, or none."""
    return np.negative(_places(rows, columns, diagonal, is_lower).astype(_BITS[itemsize]))


def _triangle(xp: ModuleType, name: str, input: Array, diagonal: int, is_lower: bool) -> Array:
    if input.ndim < 2:
        raise ShapeError(f"{name}: input tensor must have at least 2 dimensions")
    if xp is not np:
        memory.check(input.nbytes, "the triangle")
        return xp.ascontiguousarray((xp.tril if is_lower else xp.triu)(input, diagonal))
    rows, columns = input.shape[-2:]
    if not -rows < diagonal < columns:
        diagonal = columns if diagonal > 0 else -rows
    if rows * columns < _KEPT and (width := input.itemsize) in _BITS:
        mask = _mask(rows, columns, diagonal, is_lower, width)
        kept = np.bitwise_and(input.view(_BITS[width]), mask, order="C")
        return kept.view(input.dtype)
    memory.check(input.nbytes, "the triangle")
    from tcalc.runtime.lazy.boxes import triangle  # after the quick tests

    made = triangle(input, diagonal, is_lower)
    return _large_triangle(input, diagonal, is_lower) if made is None else made


def _large_triangle(input: Array, diagonal: int, is_lower: bool) -> Array:
    """The same by bands of rows: of each a part is kept whole, and a square by its places."""
    rows, columns = input.shape[-2:]
    made = zeros(input.shape, input.dtype)
    for start in range(0, rows, _BAND):
        end = min(start + _BAND, rows)
        first, last = (min(max(i + diagonal, 0), columns) for i in (start, end))
        band, kept = input[..., start:end, :], made[..., start:end, :]
        whole = (..., slice(first)) if is_lower else (..., slice(last, None))
        copy(band[whole], kept[whole])
        square = (..., slice(first, last))
        places = _places(end - start, last - first, start + diagonal - first, is_lower)
        np.copyto(kept[square], band[square], where=places)
    return made


@kernel(inplace=True, upcast_halves=False)
def tril(xp: ModuleType, input: Array, diagonal: int = 0) -> Array:
    """The lower triangle of matrices, up to a diagonal above the main one; zeros elsewhere.

    >>> tril(tensor([[1, 2], [3, 4]]))
    tensor([[1, 0],
            [3, 4]])
    """
    return _triangle(xp, "tril", input, diagonal, True)


tril.vjp(input=lambda g, diagonal: g.tril(diagonal))


@kernel(inplace=True, upcast_halves=False)
def triu(xp: ModuleType, input: Array, diagonal: int = 0) -> Array:
    """The upper triangle of matrices, from a diagonal above the main one on; zeros elsewhere.

    >>> triu(tensor([[1, 2], [3, 4]]))
    tensor([[1, 2],
            [0, 4]])
    """
    return _triangle(xp, "triu", input, diagonal, False)


triu.vjp(input=lambda g, diagonal: g.triu(diagonal))


@kernel(upcast_halves=False, moves=True)
def diag_embed(
    xp: ModuleType, input: Array, offset: int = 0, dim1: int = -2, dim2: int = -1
) -> Array:
    """Matrices with the last dimension on a diagonal, zeros elsewhere.

    >>> diag_embed(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input.ndim + 1
    a, b = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if a == b:
        raise ShapeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}", argument="dim2")
    count = input.shape[-1]
    n = count + abs(offset)
    memory.check(input.size * input.itemsize * n * n // max(count, 1), "the diagonal matrices")
    made = xp.zeros((*input.shape[:-1], n, n), input.dtype)
    places = xp.arange(count)
    made[..., places + max(-offset, 0), places + max(offset, 0)] = input
    return xp.ascontiguousarray(xp.moveaxis(made, (-2, -1), (a, b)))


diag_embed.vjp(input=lambda g, offset, dim1, dim2: g.diagonal(offset, dim1, dim2))


@composite()
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> diag(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    >>> diag(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    ndim = input._a.ndim
    if ndim not in (1, 2):
        raise ShapeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    return diag_embed(input, diagonal) if ndim == 1 else input.diagonal(diagonal).clone()


@composite()
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix with all elements of a tensor on its diagonal.

    >>> diagflat(tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(input.reshape(-1), offset)


for _op in (flip, roll, repeat, tile, tril, triu):
    _op.move_call = _op.name

# -- batches ----------------------------------------------------------------------------------

flip.batch = lambda batch: over("dims")(batch) if as_size(batch.get("dims")) else batch.call()
rot90.batch = over("dims")
tril.batch = triu.batch = leading
repeat.batch = lambda batch: repeat(
    batch.aligned(0, len(as_size(batch.get("repeats")))), 1, *as_size(batch.get("repeats"))
)
_repeated.batch = over("at")
diag_embed.batch = over("dim1", "dim2", room=1)


def _roll_examples(batch: Batch) -> Tensor:
    if batch.get("dims") is None or batch.get("dims") == ():
        rows = batch.values[0]
        return roll(batch.rows(), batch.get("shifts"), 1).reshape(rows._d.shape)
    return over("dims")(batch)


roll.batch = _roll_examples
