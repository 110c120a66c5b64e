"""A kernel that slides over an input: the products of convolutions, on arrays.

The windows of an input, laid out as the columns of a matrix, turn a convolution into a product of
matrices. The whole matrix is never made: blocks of columns that stay in the cache are, each by
whichever thread comes to it.

`forward`, `backward` and `kernel_sums` are each linear in both operands, and the gradients of each
are the other two.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.arrays.strides import strided
from tcalc.runtime.ops.nn.convolution import depthwise, flat
from tcalc.runtime.ops.nn.windows import Frame, Sizes, is_long, padded, run, windows

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.op import Array

# A block of columns has about this many elements: 1 MiB of float32.
_BLOCK = 1 << 18
# Products with fewer columns than this do not pay for laying out the other operand.
_NARROW = 256
# Into how many blocks a long job is cut at least, so that several threads have some.
_PARTS = 8
# Rows of at least this many places each have a product of their own.
_LONG = 48
# Up to this many products for each channel of its own, adding them up is faster than BLAS.
_FEW = 2
# A sum over the kernel's places costs about this many times a copy.
_SCATTER = 4

Block = tuple[int, int, int, int]  # images from and to, rows of the output from and to


class _Columns:
    """The windows of an input as columns, a block of them at a time."""

    def __init__(
        self, xp: ModuleType, array: Array, kernel: Sizes, frame: Frame, lengths: Sizes, parts: int
    ) -> None:
        self.xp = xp
        self.frame = frame
        self.lengths = lengths
        self.rest = prod(lengths[1:])
        images, channels = array.shape[:2]
        self.height = channels * prod(kernel)
        whole = lengths == array.shape[2:] and array.flags.c_contiguous
        self.plain = whole and frame.is_plain(kernel)
        if self.plain:
            self.matrices = array.reshape(images, channels, -1)
        else:
            source = padded(xp, array, frame.padding)
            found = windows(source, kernel, frame, lengths)
            n = len(kernel)
            # (c, *kernel, n, *lengths)
            self.windows = found.transpose(*range(1, n + 2), 0, *range(n + 2, 2 * n + 2))
            self.before = (slice(None),) * n
        self.blocks = _blocks(images, lengths, self.height, parts)

    def matrix(self, block: Block, channels: slice, groups: int) -> Array:
        """A block of columns (groups, rows, columns) of some channels, in so many groups."""
        first, last, top, bottom = block
        if self.plain and last - first == 1:
            found = self.matrices[first, channels, top * self.rest : bottom * self.rest]
            return found.reshape(groups, -1, found.shape[-1])
        if self.plain:
            found = self.matrices[first:last, channels].swapaxes(0, 1)
        else:
            found = self.windows[(channels, *self.before, slice(first, last), slice(top, bottom))]
        columns = self.xp.empty(found.shape, found.dtype)
        columns[...] = found
        return columns.reshape(groups, -1, (last - first) * (bottom - top) * self.rest)


def _is_one_block(matrix: Array, out: Array) -> bool:
    """Whether columns that lie as they are, of one image, are one block: a short job."""
    _, height, width = matrix.shape
    return width * 2 <= max(_NARROW, _BLOCK // height) and not is_long(out.size * height)


def _parts(multiplications: int) -> int:
    """Into how many blocks a job is cut at least."""
    return _PARTS if is_long(multiplications) else 1


def _blocks(images: int, lengths: Sizes, height: int, parts: int) -> list[Block]:
    """Blocks of an output that each take about _BLOCK elements of columns of some height."""
    rows, rest = lengths[0], prod(lengths[1:])
    width = max(_NARROW, _BLOCK // height)
    if rows * rest * 2 <= width:
        step = max(1, min(width // (rows * rest), -(-images // parts)))
        return [(i, min(i + step, images), 0, rows) for i in range(0, images, step)]
    step = max(1, width // rest)
    if images * -(-rows // step) < parts:
        step = max(-(-_NARROW // rest), -(-rows * images // parts))
    step = _evenly(rows, step)
    return [
        (i, i + 1, top, min(top + step, rows))
        for i in range(images)
        for top in range(0, rows, step)
    ]


def _evenly(count: int, step: int) -> int:
    """A step, at most the one given, whose last one is not much shorter."""
    return -(-count // -(-count // step))


def _part(array: Array, block: Block, channels: slice, groups: int, rest: int) -> Array:
    """A block of a contiguous output (n, c, *lengths) as matrices (groups, channels, columns)."""
    first, last, top, bottom = block
    flat = array.reshape(*array.shape[:2], -1)
    if last - first == 1:
        return flat[first, channels].reshape(groups, -1, flat.shape[2])[
            :, :, top * rest : bottom * rest
        ]
    part = flat[first:last, channels].swapaxes(0, 1)
    return part.reshape(groups, part.shape[0] // groups, -1)


def _share(low: int, high: int, each: int, outputs: int, groups: int) -> tuple[int, slice]:
    """How many groups a range of channels spans, and the outputs that are made of them.

    each: the channels of a group. Where there are several, the range is one of whole groups.
    """
    if groups == 1:
        return 1, slice(None)
    made = outputs // groups
    return (high - low) // each, slice(low // each * made, high // each * made)


def _product(xp: ModuleType, a: Array, b: Array, out: Array) -> None:
    if xp is np:
        np.matmul(a, b, out=out)
    else:
        out[...] = xp.matmul(a, b)


# -- the three products -----------------------------------------------------------------------


def forward(
    xp: ModuleType, input: Array, weight: Array, bias: Array, frame: Frame, lengths: Sizes
) -> Array:
    """The sums of products at the first places of the kernel.

    input: (n, c, *sizes), weight: (o, c / groups, *kernel), bias: (o) or None → (n, o, *lengths).
    """
    kernel = weight.shape[2:]
    images, outputs, groups = input.shape[0], weight.shape[0], frame.groups
    out = xp.empty((images, outputs, *lengths), input.dtype)
    if not has_elements(out):
        return out
    if weight.shape[1] == 1 and outputs // groups <= _FEW:
        return depthwise.forward(xp, input, weight, bias, frame, out)
    if xp is np and images == groups == 1 and frame.is_plain(kernel):
        matrix = input.reshape(1, input.shape[1], -1)
        if _is_one_block(matrix, out):
            _product(xp, weight.reshape(1, outputs, -1), matrix, out.reshape(1, outputs, -1))
            return out if bias is None else np.add(out, bias.reshape(-1, *(1,) * len(lengths)), out)
    compiled = flat.suited(input, outputs, kernel, frame, lengths) if xp is np else None
    if compiled is not None:
        flat.forward(compiled, input, weight, bias, frame, out)
        return out
    long = xp is np and prod(lengths[1:]) >= _LONG
    if long and kernel[0] > 1 and groups == 1 and frame.dilation[0] == 1:
        return _row_by_row(input, weight, bias, frame, out)
    multiplications = out.size * prod(weight.shape[1:])
    columns = _Columns(xp, input, kernel, frame, lengths, _parts(multiplications))
    rest = columns.rest
    rows = weight.reshape(groups, outputs // groups, -1)
    added = None if bias is None else bias.reshape(groups, -1, 1)
    whole = slice(None)

    def work(i: int) -> None:
        block = columns.blocks[i]
        first, last = block[:2]
        matrix = columns.matrix(block, whole, groups)
        if last - first == 1:
            target = _part(out, block, whole, groups, rest)
            _product(xp, rows, matrix, target)
            if added is not None:
                target += added
            return
        found = xp.matmul(rows, matrix)
        if added is not None:
            found += added
        out[first:last] = found.reshape(outputs, last - first, *lengths).swapaxes(0, 1)

    run(xp, work, len(columns.blocks), multiplications)
    return out


def _row_by_row(input: Array, weight: Array, bias: Array | None, frame: Frame, out: Array) -> Array:
    """`forward` where rows (all but the first dimension) are long: a product for each.

    Columns are laid out by row of the input, so that those of neighbouring rows of the output share
    memory: each element is copied once for every place of the kernel in its row alone.
    """
    kernel, lengths = weight.shape[2:], out.shape[2:]
    images, channels = input.shape[:2]
    outputs, rest, step = out.shape[1], prod(lengths[1:]), frame.stride[0]
    source = padded(np, input, frame.padding)
    inner = frame._replace(stride=(1, *frame.stride[1:]))
    found = windows(source, (1, *kernel[1:]), inner, (source.shape[2], *lengths[1:]))
    # (n, row, c, *the rest of the kernel, *the rest of the lengths)
    found = np.moveaxis(found[:, :, 0], len(kernel) + 1, 1)
    factors = np.moveaxis(weight, 2, 1).reshape(outputs, -1)
    high = channels * prod(kernel[1:])
    most = -(-lengths[0] * images // _PARTS)
    count = _evenly(lengths[0], max(1, min(most, _BLOCK // (high * rest) // step)))
    blocks = [(n, top) for n in range(images) for top in range(0, lengths[0], count)]
    flat = out.reshape(images, outputs, lengths[0], rest)

    def work(i: int) -> None:
        n, top = blocks[i]
        target = flat[n, :, top : top + count]
        rows = target.shape[1]
        part = found[n, top * step : (top + rows - 1) * step + kernel[0]]
        columns = np.empty((part.shape[0], high, rest), out.dtype)
        columns.reshape(part.shape)[...] = part
        strides = (step * columns.strides[0], *columns.strides[1:])
        matrices = strided(columns, (rows, kernel[0] * high, rest), strides)
        np.matmul(factors, matrices, out=target.swapaxes(0, 1))
        if bias is not None:
            target += bias[:, None, None]

    run(np, work, len(blocks), out.size * factors.shape[1])
    return out


def backward(
    xp: ModuleType, output: Array, weight: Array, bias: Array, frame: Frame, sizes: Sizes
) -> Array:
    """The transpose of `forward` in its input: every place of the kernel adds to its window.

    output: (n, o, *lengths), weight: (o, c / groups, *kernel), bias: (c) or None → (n, c, *sizes).
    """
    kernel, groups = weight.shape[2:], frame.groups
    each = weight.shape[1]
    made = (output.shape[0], groups * each, *sizes)
    if not has_elements(output) or not prod(made):
        return xp.zeros(made, output.dtype)
    if frame.is_plain(kernel) or weight.shape[0] // groups <= _SCATTER * each:
        turned = _turned(frame, kernel, sizes, output.shape[2:])
        if turned is not None:
            # The same sums, gathered: a convolution with the kernel the other way round.
            flipped = _swapped(weight, groups, flip=True)
            return forward(xp, output, flipped, bias, turned, sizes)
        if max(frame.stride) > 1 and max(frame.dilation) == 1:
            return _by_phase(xp, output, weight, bias, frame, xp.zeros(made, output.dtype))
    return _scattered(xp, output, weight, bias, frame, xp.empty(made, output.dtype))


def _by_phase(
    xp: ModuleType, output: Array, weight: Array, bias: Array, frame: Frame, result: Array
) -> Array:
    """`backward` of a kernel that moves several elements at a time.

    Elements that lie as far from where the kernel can begin get their sums from the same places of
    the kernel: for each such phase it is a convolution of a part of the kernel, with steps of one.
    Where the parts are of one size, they are one convolution with the channels of all phases.
    """
    stride = frame.stride
    n, each = len(stride), weight.shape[1]
    plain = Frame((1,) * n, ((0, 0),) * n, (1,) * n, frame.groups)
    parts = [
        weight[(..., *(slice(r, None, s) for r, s in zip(phase, stride)))]
        for phase in np.ndindex(*stride)
    ]
    together = None
    if frame.groups == 1 and not any(k % s for k, s in zip(weight.shape[2:], stride)):
        joined = xp.concatenate(parts, 1)
        whole = tuple(m + k - 1 for m, k in zip(output.shape[2:], joined.shape[2:]))
        together = backward(xp, output, joined, None, plain, whole)
    for i, (phase, part) in enumerate(zip(np.ndindex(*stride), parts)):
        # From which element on, counted without the padding, and from which step of the kernel.
        first = [-(-(low - r) // s) for r, s, (low, _) in zip(phase, stride, frame.padding)]
        starts = [r + q * s - low for r, q, s, (low, _) in zip(phase, first, stride, frame.padding)]
        target = result[(..., *(slice(a, None, s) for a, s in zip(starts, stride)))]
        whole = tuple(m + k - 1 for m, k in zip(output.shape[2:], part.shape[2:]))
        counts = [min(m, k - q) for m, k, q in zip(target.shape[2:], whole, first)]
        if part.size and min(counts) > 0:
            if together is None:
                found = backward(xp, output, part, None, plain, whole)
            else:
                found = together[:, i * each : (i + 1) * each]
            target[(..., *map(slice, counts))] = found[
                (..., *(slice(q, q + m) for q, m in zip(first, counts)))
            ]
    if bias is not None:
        result += bias.reshape(-1, *(1,) * n)
    return result


def _turned(frame: Frame, kernel: Sizes, sizes: Sizes, lengths: Sizes) -> Frame | None:
    """The frame in which the flipped kernel gives `backward`, where it does."""
    reach = [d * (k - 1) for d, k in zip(frame.dilation, kernel)]
    low = [r - p[0] for r, p in zip(reach, frame.padding)]
    high = [n - m + r - p for n, m, r, p in zip(sizes, lengths, reach, low)]
    if min(low) < 0 or min(high) < 0 or max(frame.stride) > 1:
        return None
    return frame._replace(padding=tuple(zip(low, high)))


def _swapped(weight: Array, groups: int, flip: bool) -> Array:
    """The weight with the roles of inputs and outputs exchanged: (c, o / groups, *kernel)."""
    kernel = weight.shape[2:]
    each = weight.shape[0] // groups
    grouped = weight.reshape(groups, each, *weight.shape[1:]).swapaxes(1, 2)
    if flip:
        grouped = grouped[(..., *(slice(None, None, -1),) * len(kernel))]
    return grouped.reshape(groups * weight.shape[1], each, *kernel)


def _scattered(
    xp: ModuleType, output: Array, weight: Array, bias: Array, frame: Frame, result: Array
) -> Array:
    """`backward` as it is defined: columns of products, added up at their places."""
    kernel, groups, lengths = weight.shape[2:], frame.groups, output.shape[2:]
    images, channels, *sizes = result.shape
    each = channels // groups
    count, places = prod(kernel), prod(lengths)
    output = xp.ascontiguousarray(output)
    # (c, *kernel, o / groups): a column of products for each element of a window
    factors = xp.ascontiguousarray(
        xp.moveaxis(_swapped(weight, groups, flip=False), 1, -1)
    ).reshape(channels, count, -1)
    grown = [n + low + high for n, (low, high) in zip(sizes, frame.padding)]
    inner = [slice(low, low + n) for n, (low, _) in zip(sizes, frame.padding)]
    unit = 1 if groups == 1 else each
    step = max(1, _BLOCK // (count * max(places, _NARROW)) // unit) * unit
    together = max(1, min(_NARROW // places, -(-images // _parts(output.size * each * count))))
    parts = [
        (n, min(n + together, images), c, min(c + step, channels))
        for n in range(0, images, together)
        for c in range(0, channels, step)
    ]

    def work(i: int) -> None:
        first, last, low, high = parts[i]
        some, outputs = _share(low, high, each, output.shape[1], groups)
        rows = factors[low:high].reshape(some, -1, factors.shape[2])
        given = _part(output, (first, last, 0, lengths[0]), outputs, some, prod(lengths[1:]))
        # NumPy has no fast product of columns by rows.
        columns = rows * given if rows.shape[2] == 1 else xp.matmul(rows, given)
        columns = columns.reshape(high - low, *kernel, last - first, *lengths)
        sums = xp.zeros((high - low, last - first, *grown), result.dtype)
        for place in np.ndindex(*kernel):
            at = (
                slice(k * d, k * d + (m - 1) * s + 1, s)
                for k, m, s, d in zip(place, lengths, frame.stride, frame.dilation)
            )
            target = sums[(..., *at)]
            target += columns[(slice(None), *place)]
        found = sums[(..., *inner)].swapaxes(0, 1)
        if bias is not None:
            found += bias[low:high].reshape(-1, *(1,) * len(sizes))
        result[first:last, low:high] = found

    run(xp, work, len(parts), output.size * each * count)
    return result


def kernel_sums(xp: ModuleType, input: Array, output: Array, kernel: Sizes, frame: Frame) -> Array:
    """The transpose of `forward` in its weight: the products of windows with what they gave.

    input: (n, c, *sizes), output: (n, o, *lengths) → (o, c / groups, *kernel).
    """
    channels = input.shape[1]
    outputs, lengths, groups = output.shape[1], output.shape[2:], frame.groups
    each, count = channels // groups, prod(kernel)
    made = (outputs, each, *kernel)
    if not has_elements(output) or not prod(made):
        return xp.zeros(made, input.dtype)
    output = xp.ascontiguousarray(output)
    if each == 1 and outputs // groups <= _FEW:
        return depthwise.kernel_sums(xp, input, output, kernel, frame)
    compiled = flat.suited(input, outputs, kernel, frame, lengths) if xp is np else None
    if compiled is not None:
        found = flat.kernel_sums(compiled, input, output, kernel, frame)
        if found is not None:
            return found
    multiplications = output.size * each * count
    most = _parts(multiplications)
    columns = _Columns(xp, input, kernel, frame, lengths, most)
    blocks, rest = columns.blocks, columns.rest
    # Chains of blocks, each with sums of its own; parts of the weight where that is large.
    chains = min(most, len(blocks)) if prod(made) <= _BLOCK else 1
    unit = 1 if groups == 1 else each
    units = channels // unit
    step = -(-units // (most // chains)) * unit
    ranges = [(c, min(c + step, channels)) for c in range(0, channels, step)]
    sums = xp.empty((chains, groups, outputs // groups, each * count), input.dtype)

    def work(i: int) -> None:
        chain, at = divmod(i, len(ranges))
        low, high = ranges[at]
        some, of_them = _share(low, high, each, outputs, groups)
        if groups == 1:
            target = sums[chain][:, :, low * count : high * count]
        else:
            target = sums[chain][low // each : high // each]
        links = blocks[chain * len(blocks) // chains : (chain + 1) * len(blocks) // chains]
        for k, block in enumerate(links):
            matrix = columns.matrix(block, slice(low, high), some).swapaxes(1, 2)
            part = _part(output, block, of_them, some, rest)
            if k == 0:
                _product(xp, part, matrix, target)
            else:
                target += xp.matmul(part, matrix)

    run(xp, work, chains * len(ranges), multiplications)
    return (sums[0] if chains == 1 else xp.add.reduce(sums, axis=0)).reshape(made)
