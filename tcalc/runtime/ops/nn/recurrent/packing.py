"""Sequences of several lengths: padded to one length, or packed without the padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ShapeError
from tcalc.runtime.base.op import Array, Arrays, Ints, Scalar
from tcalc.runtime.call.define import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.call.batching import Batch
    from tcalc.runtime.tensor.tensor import Tensor


# Why the registry's checks pass them by.
_SEEN = {"samples": "nn.utils.rnn alone calls it, of which PyTorch's answers are recorded"}


def _present(xp: ModuleType, sizes: tuple[int, ...], times: int, batch: int) -> Array:
    """For each time and sequence, whether it is there."""
    counts = xp.zeros((times, 1), xp.int64)
    counts[: len(sizes), 0] = xp.asarray(sizes)
    return xp.arange(batch) < counts


@kernel(names=(), node_name="PackPaddedSequenceBackward0", moves=True, exempt=_SEEN)
def pack(xp: ModuleType, input: Array, sizes: Ints) -> Array:
    """Of (times, n, *) the first `sizes[t]` elements of each time, as rows (elements, *)."""
    return input[: len(sizes)][_present(xp, sizes, len(sizes), input.shape[1])]


@kernel(names=(), node_name="CopySlices", moves=True, exempt=_SEEN)
def unpack(xp: ModuleType, input: Array, sizes: Ints, times: int, fill: Scalar) -> Array:
    """Rows (elements, *) as (times, n, *), with `fill` where there is no element."""
    out = xp.full((times, sizes[0], *input.shape[1:]), fill, input.dtype)
    out[_present(xp, sizes, times, sizes[0])] = input
    return out


pack.vjp(input=lambda g, sizes, input_shape: _stretched(g, sizes, input_shape))
unpack.vjp(input=lambda g, sizes: pack(g, sizes))


def _stretched(g: Tensor, sizes: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
    """The way back of `pack`; later sequences than those of the first time have no elements."""
    found = unpack(g, sizes, shape[0], 0)
    missing = shape[1] - sizes[0]
    if not missing:
        return found
    return found.new_zeros(shape).slice_scatter(found, 1, 0, sizes[0])


@kernel(names=(), node_name="CopySlices", moves=True, exempt=_SEEN)
def pad(xp: ModuleType, tensors: Arrays, batch_first: bool, fill: Scalar, left: bool) -> Array:
    """Sequences (length, *) as (longest, n, *), or (n, longest, *), `fill` where one is over.

    left: whether they end together, else they begin together.
    """
    longest = max(t.shape[0] for t in tensors)
    rest = tensors[0].shape[1:]
    out = xp.full((len(tensors), longest, *rest), fill, tensors[0].dtype)
    for i, t in enumerate(tensors):
        if t.shape[1:] != rest:
            raise _not_alike((t.shape[0], *rest), t.shape)
        out[i, _within(t.shape[0], longest, left)] = t
    return out if batch_first else out.swapaxes(0, 1).copy()


def _within(length: int, longest: int, left: bool) -> slice:
    return slice(longest - length, longest) if left else slice(0, length)


def _not_alike(wanted: tuple[int, ...], have: tuple[int, ...]) -> ShapeError:
    if len(wanted) == len(have):
        i = next(i for i, (n, m) in enumerate(zip(wanted, have)) if n != m)
        return ShapeError(f"The size of tensor a ({wanted[i]}) must match the size of tensor b "
                          f"({have[i]}) at non-singleton dimension {i}")  # fmt: skip
    return ShapeError(f"The size of a sequence after its length must be {list(wanted[1:])}, got "
                      f"{list(have[1:])}")  # fmt: skip


def _parts(
    g: Tensor, tensors_shape: Sequence[tuple[int, ...]], batch_first: bool, left: bool
) -> list[Tensor]:
    rows = g if batch_first else g.transpose(0, 1)
    longest = rows._d.shape[1]
    return [rows[i, _within(shape[0], longest, left)] for i, shape in enumerate(tensors_shape)]


pad.vjp(tensors=_parts)


# -- batches ----------------------------------------------------------------------------------


def _behind(place: int, found: int) -> Callable[[Batch], Tensor]:
    """The rule of an op that looks at `place` dimensions and gives `found`: the batch comes next."""

    def rule(batch: Batch) -> Tensor:
        name = batch.op.params[0].name
        whole = batch.whole(0)
        given = (
            [t.movedim(0, place) for t in whole]
            if isinstance(whole, list)
            else whole.movedim(0, place)
        )
        return batch.call(**{name: given}).movedim(found, 0)

    return rule


pack.batch = _behind(2, 1)
unpack.batch = _behind(1, 2)
pad.batch = _behind(1, 2)
