"""Convolutions over flat images: compiled code that goes from position to position.

The images of a channel lie in one row, each line after the zeros that pad it, which also pad the end of
the line before. Then a place of the kernel is a distance, the same from every position on, and nothing is
laid out as columns. Positions whose windows would cross the end of a line have sums that nobody reads.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.arrays.strides import strided
from tcalc.runtime.base.threads import spread
from tcalc.runtime.lazy.compiled.kernels import address
from tcalc.runtime.lazy.compiled.sliding import OUTPUTS, VECTORS, Sliding, sliding
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.ops.nn.windows import Frame, Sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

# What is made of the images that are taken together has about so many bytes: it stays in the cache.
_BYTES = 1 << 19
# Into so many parts a job is cut, so that several threads have some, if each has as many multiplications.
_PARTS = 8
_SHARE = 1 << 22
# Rows of at most so many bytes are kept for the next job of the kind.
_KEPT = 1 << 20
# Columns pay where less than this of the sums is wanted, for few products, and for large kernels.
_USED = 0.6
_LEAST = 1 << 16
_LARGEST = 1 << 17


class Flat(NamedTuple):
    """How images lie, in positions.

    lows: the zeros before the elements. image, units: from an image to the next, and from an element to
    the next, by dimension. distances: of the kernel's places. span: of a channel. end: up to the last
    window of all images.
    """

    lows: Sizes
    lengths: Sizes
    image: int
    units: Sizes
    distances: Sizes
    span: int
    end: int

    @property
    def line(self) -> int:
        """Positions of a line."""
        return self.units[-2] if len(self.units) > 1 else self.image

    @property
    def start(self) -> int:
        """The position of an image's first element."""
        return sum(low * unit for low, unit in zip(self.lows, self.units))

    def put(self, images: Array, rows: Array, most: int) -> None:
        """Put images (n, c, *sizes) into rows (c, positions), zeros for those that are missing of `most`."""
        count, channels, *sizes = images.shape
        each = rows.itemsize
        units = [unit * each for unit in self.units]
        shape, strides = (channels, most, *sizes), (rows.strides[0], self.image * each, *units)
        seen = strided(rows, shape, strides)
        seen[:, :count] = images.swapaxes(0, 1)
        seen[:, count:] = 0


@lru_cache(256)
def _flat(
    sizes: Sizes, kernel: Sizes, frame: Frame, lengths: Sizes, images: int, tile: int
) -> Flat:
    counts = [n + max(padding) for n, padding in zip(sizes, frame.padding)]
    units = [prod(counts[i + 1 :]) for i in range(len(counts))]
    image = prod(counts)
    last = (images - 1) * image + sum((m - 1) * unit for m, unit in zip(lengths, units))
    distances = [
        sum(i * d * unit for i, d, unit in zip(at, frame.dilation, units))
        for at in product(*map(range, kernel))
    ]
    span = max(images * image, -(-(last + 1) // tile) * tile + max(distances))
    lows = tuple([low for low, _ in frame.padding])
    return Flat(lows, lengths, image, tuple(units), tuple(distances), span, last + 1)


@lru_cache(256)
def _lines(flat: Flat, images: int, outputs: int, size: int, positions: int) -> Array:
    """Of each line of so many images where its sums are in an output (n, o, *lengths), in bytes from the
    first of the channel; -1 where there are none."""
    at, to, each = np.zeros(1, np.int64), np.zeros(1, np.int64), flat.lengths[-1] * size
    for length, unit in reversed([*zip(flat.lengths[:-1], flat.units)]):
        steps = np.arange(length, dtype=np.int64)[:, None]
        at, to, each = (steps * unit + at).ravel(), (steps * each + to).ravel(), each * length
    steps = np.arange(images, dtype=np.int64)[:, None]
    found = np.full(positions // flat.line + 1, -1, np.int64)
    found[(steps * flat.image + at).ravel() // flat.line] = (steps * (each * outputs) + to).ravel()
    return found


class _Rows:
    """Rows (c, positions) of zeros, used again and again: what is written to them stays."""

    def __init__(self, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        self._shape = shape
        self._dtype = dtype
        self._free: list[Array] = []

    def take(self) -> Array:
        try:
            return self._free.pop()
        except IndexError:
            return np.zeros(self._shape, self._dtype)

    def give(self, rows: Array) -> None:
        if rows.nbytes <= _KEPT:
            self._free.append(rows)


@lru_cache(16)
def _rows(flat: Flat, channels: int, positions: int, char: str) -> _Rows:
    """Rows that only images of one kind are put into: the rest of them stays zero."""
    return _Rows((channels, positions), np.dtype(char))


class _Job:
    """A convolution of some arrays: how the work is cut up, and what is made on the way.

    Groups of images are done by one thread each; where there are few groups, positions are shared.
    """

    def __init__(
        self, functions: Sliding, input: Array, outputs: int, kernel: Sizes, frame: Frame,
        lengths: Sizes,
    ) -> None:  # fmt: skip
        images, channels = input.shape[:2]
        self.functions = functions
        self.input = at_hand(input)
        self.blocks = -(-outputs // OUTPUTS)
        work = images * outputs * prod(lengths) * channels * prod(kernel)
        self.parts = max(1, min(_PARTS, work // _SHARE))
        sizes, tile = input.shape[2:], VECTORS * functions.lanes
        one = _flat(sizes, kernel, frame, lengths, 1, tile)
        bytes = (channels + self.blocks * OUTPUTS) * one.image * input.itemsize
        some = max(1, min(_BYTES // bytes, -(-images // self.parts)))
        self.flat = flat = _flat(sizes, kernel, frame, lengths, some, tile)
        self.groups = [slice(i, min(i + some, images)) for i in range(0, images, some)]
        self.positions = -(-flat.end // tile) * tile
        char = input.dtype.char
        self._sources = _rows(flat, channels, flat.span, char)
        self._made = _rows(flat, self.blocks * OUTPUTS, self.positions, char)
        # In bytes; with others up to a whole number of runs.
        self.distances = np.zeros(-(-len(flat.distances) // VECTORS) * VECTORS, np.int64)
        self.distances[: len(flat.distances)] = flat.distances
        self.distances *= input.itemsize

    def source(self, group: slice) -> Array:
        """The input's images of a group, as they lie for the compiled code."""
        rows = self._sources.take()
        self.flat.put(self.input[group], rows[:, self.flat.start :], self.groups[0].stop)
        return rows

    def made(self, output: Array, group: slice) -> Array:
        """Images (n, o, *lengths) of a group where the windows are that they were made of."""
        rows = self._made.take()
        self.flat.put(output[group], rows, self.groups[0].stop)
        return rows

    def free(self, source: Array, made: Array | None = None) -> None:
        """What is no longer needed."""
        self._sources.give(source)
        if made is not None:
            self._made.give(made)

    def windows(self, source: Array, first: int) -> list[int]:
        """What both functions are given at first: the windows from a position on."""
        at = address(source) + first * source.itemsize
        return [at, source.strides[0], source.shape[0], address(self.distances)]

    def run(self, work: Callable[[int], object], parts: int) -> None:
        """Call `work(i)` for every i below `parts`, in threads where that pays."""
        if self.parts > 1:
            spread(work, parts)
            return
        for i in range(parts):
            work(i)


def _shares(count: int, parts: int) -> list[tuple[int, int]]:
    """About as many parts of so many things: from which on, and how many."""
    each = -(-count // max(1, min(parts, count)))
    return [(i, min(each, count - i)) for i in range(0, count, each)]


def suited(
    input: Array, outputs: int, kernel: Sizes, frame: Frame, lengths: Sizes
) -> Sliding | None:
    """The compiled code, where a convolution is for it and that pays; None where not."""
    places, wanted = prod(kernel), prod(lengths)
    if frame.groups != 1 or places == 1 or max(frame.stride) > 1:
        return None
    images, channels = input.shape[:2]
    if images * outputs * channels * wanted * places < _LEAST:
        return None
    if outputs * channels * places > _LARGEST:
        return None
    image = _flat(input.shape[2:], kernel, frame, lengths, 1, 1).image
    used = outputs / (-(-outputs // OUTPUTS) * OUTPUTS) * wanted / image
    return sliding(input.dtype.char) if used >= _USED else None


def forward(
    functions: Sliding, input: Array, weight: Array, bias: Array | None, frame: Frame, out: Array
) -> None:
    """The sums of products at every place: see `kernels.forward`."""
    outputs, channels, *kernel = weight.shape
    lengths = out.shape[2:]
    job = _Job(functions, input, outputs, tuple(kernel), frame, lengths)
    rows = np.zeros((job.blocks * OUTPUTS, channels * prod(kernel)), out.dtype)
    rows[:outputs] = at_hand(weight).reshape(outputs, -1)
    factors = rows.reshape(job.blocks, OUTPUTS, -1).swapaxes(1, 2).copy()
    added = np.zeros(job.blocks * OUTPUTS, out.dtype)
    if bias is not None:
        added[:outputs] = at_hand(bias)
    flat, tile = job.flat, VECTORS * functions.lanes
    tiles = job.positions // tile
    shares = _shares(tiles, job.parts // len(job.groups))

    def multiply(source: Array, group: slice, first: int, count: int) -> None:
        images = group.stop - group.start
        lines = _lines(flat, images, outputs, out.itemsize, job.positions)
        functions.forward.take([
            *job.windows(source, first * tile), prod(kernel), address(factors), address(added),
            job.blocks, address(out) + group.start * out.strides[0], out.strides[1], outputs,
            address(lines), flat.line, lengths[-1], first * tile, count,
        ])  # fmt: skip

    def whole(i: int) -> None:
        source = job.source(job.groups[i])
        multiply(source, job.groups[i], 0, tiles)
        job.free(source)

    if len(shares) == 1:
        job.run(whole, len(job.groups))
        return
    for group in job.groups:
        source = job.source(group)
        job.run(lambda i: multiply(source, group, *shares[i]), len(shares))  # noqa: B023
        job.free(source)


def kernel_sums(
    functions: Sliding, input: Array, output: Array, kernel: Sizes, frame: Frame
) -> Array | None:
    """The products of windows with what they gave: see `kernels.kernel_sums`.

    None where they are not finite: a position that is not wanted may have added 0 times infinity.
    """
    outputs, channels = output.shape[1], input.shape[1]
    output = at_hand(output)
    job = _Job(functions, input, outputs, kernel, frame, output.shape[2:])
    lanes, runs = functions.lanes, len(job.distances) // VECTORS
    vectors = -(-job.flat.end // lanes)
    # Each chain has sums of its own: of a few groups of images, or of some positions.
    chains = _shares(len(job.groups), job.parts)
    shares = _shares(vectors, job.parts // len(job.groups))
    count = len(chains) if len(shares) == 1 else len(shares)
    sums = np.zeros((count, job.blocks, channels, runs, OUTPUTS, VECTORS), input.dtype)

    def multiply(source: Array, made: Array, total: Array, first: int, count: int) -> None:
        start = address(made) + first * lanes * made.itemsize
        functions.sums.take([
            *job.windows(source, first * lanes), runs, start, made.strides[0], job.blocks, count,
            address(total),
        ])  # fmt: skip

    def chain(i: int) -> None:
        first, count = chains[i]
        for group in job.groups[first : first + count]:
            source, made = job.source(group), job.made(output, group)
            multiply(source, made, sums[i], 0, vectors)
            job.free(source, made)

    if len(shares) == 1:
        job.run(chain, len(chains))
    else:
        for group in job.groups:
            source, made = job.source(group), job.made(output, group)
            job.run(lambda i: multiply(source, made, sums[i], *shares[i]), len(shares))  # noqa: B023
            job.free(source, made)
    total = sums[0] if count == 1 else np.add.reduce(sums, axis=0)
    # (o, c, places), of (blocks, c, runs, OUTPUTS, VECTORS)
    found = total.transpose(0, 3, 1, 2, 4).reshape(job.blocks * OUTPUTS, channels, -1)
    found = found[:outputs, :, : prod(kernel)]
    return found.reshape(outputs, channels, *kernel) if np.isfinite(found).all() else None
