"""The greatest of each window of an input, with its place, and the way back."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, UnsupportedDtype
from tcalc.runtime.arrays.backend import has_elements
from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base.op import SINGLE, Array, Ints, on_arrays
from tcalc.runtime.base.threads import spread
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.pending import Pending, computed
from tcalc.runtime.ops.nn.pooling import compiled
from tcalc.runtime.ops.nn.spatial import made_up, windows_of
from tcalc.runtime.ops.nn.whole import whole
from tcalc.runtime.ops.nn.windows import Frame, Sizes, windows
from tcalc.runtime.types.codes import FLOATS, REALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from tcalc.runtime.call.batching import Batch
    from tcalc.runtime.tensor.tensor import Tensor

# Planes are worked on in blocks of about this many elements.
_BLOCK = 1 << 17


def is_one_block(array: Array) -> bool:
    """Whether all planes are worked on at once."""
    return array.size <= _BLOCK


def by_planes(xp: ModuleType, work: Callable[[slice], None], planes: int, each: int) -> None:
    """Call `work` on ranges of planes of so many elements each, in threads where that pays."""
    step = max(1, _BLOCK // max(1, each)) if xp is np else max(1, planes)
    parts = -(-planes // step)

    def part(i: int) -> None:
        work(slice(i * step, (i + 1) * step))

    if parts > 1:
        spread(part, parts)
    elif planes:
        part(0)


def along_axes(
    ufunc: np.ufunc, planes: Array, kernel: Sizes, frame: Frame, lengths: Sizes
) -> Array:
    """What an associative ufunc makes of the windows of padded planes, one dimension after another."""
    rest = planes
    for axis, (k, s, d, m) in enumerate(zip(kernel, frame.stride, frame.dilation, lengths)):
        lead = (slice(None),) * (axis + 2)
        parts = [rest[(*lead, slice(i, i + (m - 1) * s + 1, s))] for i in range(0, k * d, d)]
        total = parts[0]
        if k > 1:
            total = ufunc(total, parts[1])
        for part in parts[2:]:
            ufunc(total, part, out=total)
        rest = total
    return rest


def _reach(sizes: Sizes, frame: Frame, kernel: Sizes, lengths: Sizes) -> Sizes:
    """The sizes of planes with padding, as far as the windows reach."""
    return tuple([
        max(n + low, (m - 1) * s + d * (k - 1) + 1)
        for n, (low, _), m, s, d, k in zip(
            sizes, frame.padding, lengths, frame.stride, frame.dilation, kernel
        )
    ])  # fmt: skip


def _surrounded(
    xp: ModuleType, planes: Array, frame: Frame, kernel: Sizes, lengths: Sizes
) -> Array:
    """The planes with the least of all values around them, as far as the windows reach."""
    sizes = planes.shape[2:]
    grown = _reach(sizes, frame, kernel, lengths)
    if grown == sizes:
        return planes
    least = -np.inf if planes.dtype.char in FLOATS else np.iinfo(planes.dtype).min
    found = xp.full((*planes.shape[:2], *grown), least, planes.dtype)
    inner = (slice(low, low + n) for n, (low, _) in zip(sizes, frame.padding))
    found[(..., *inner)] = planes
    return found


def _places(kernel: Sizes) -> Iterator[tuple[int, tuple[int, ...]]]:
    return enumerate(product(*map(range, kernel)))


def _compact(kernel: Sizes) -> type[np.generic]:
    """The smallest dtype that numbers the places of a kernel."""
    return np.uint8 if prod(kernel) <= 256 else np.int32


def _planes(array: Array, kernel: Sizes) -> Array:
    """An array (*, *sizes) as planes (1, planes, *sizes)."""
    n = len(kernel)
    return array.reshape(1, prod(array.shape[:-n]), *array.shape[-n:])


@kernel(name="max_pool", names=(), node_name=lambda saved: (
    "SqueezeBackward1" if len(saved["kernel"]) == 1  # PyTorch leaves it to two dimensions
    else f"MaxPool{len(saved['kernel'])}DWithIndicesBackward0"
))  # fmt: skip
def _greatest(
    xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, lengths: Sizes, keep: bool
) -> Array:
    """The greatest of each window, and where `keep` says so, the number of its place there.

    input: (*, *sizes) → (*, *lengths).
    """
    made = (*input.shape[: -len(kernel)], *lengths)
    values = xp.empty(made, input.dtype)
    where = xp.zeros(made if keep else 0, _compact(kernel))
    if not has_elements(values):
        return values, where
    planes, out = _planes(input, kernel), _planes(values, kernel)
    places = _planes(where, kernel) if keep else None

    def work(part: slice) -> None:
        source = _surrounded(xp, planes[:, part], frame, kernel, lengths)
        target = out[:, part]
        if places is None:
            target[...] = along_axes(xp.maximum, source, kernel, frame, lengths)
            return
        at = places[:, part]
        if xp is np and compiled.greatest(source, target, at, kernel, frame, lengths):
            return
        found = windows(source, kernel, frame, lengths)
        target[...] = found[(slice(None), slice(None), *(0,) * len(kernel))]
        for i, place in _places(kernel):
            values = found[(slice(None), slice(None), *place)]
            # As PyTorch compares, nan is greater than all: its last place in a window counts.
            taken = (values > target) | (values != values)
            target[...] = xp.where(taken, values, target)
            at[...] = xp.where(taken, at.dtype.type(i), at)

    by_planes(xp, work, planes.shape[1], prod(planes.shape[2:]))
    return values, where


@kernel(name="max_pool", names=(), differentiable=False)
def _greatest_alone(
    xp: ModuleType, input: Array, kernel: Sizes, frame: Frame, lengths: Sizes
) -> Array:
    """The greatest of each window alone."""
    if is_one_block(input) and has_elements(input):
        planes = _surrounded(xp, _planes(input, kernel), frame, kernel, lengths)
        found = along_axes(xp.maximum, planes, kernel, frame, lengths)
        made = found.reshape((*input.shape[: -len(kernel)], *lengths))
        return made if max(kernel) > 1 else made.copy()  # where it shows the input
    return _greatest.kernel(xp, input, kernel, frame, lengths, False)[0]


_greatest.leads = True
_greatest.holds = _greatest.ties = ("input",)


@kernel(names=(), upcast_halves=False)
def _to_places(
    xp: ModuleType, input: Array, where: Array, kernel: Sizes, frame: Frame, sizes: Sizes
) -> Array:
    """Numbers added at the places of windows that `where` says: (*, *lengths) → (*, *sizes)."""
    made = xp.zeros((*input.shape[: -len(kernel)], *sizes), input.dtype)
    if not has_elements(input):
        return made
    given_of_all, at_of_all, out = (_planes(a, kernel) for a in (input, where, made))
    lengths = given_of_all.shape[2:]
    inner = [slice(low, low + n) for n, (low, _) in zip(sizes, frame.padding)]

    def work(part: slice) -> None:
        given, at = given_of_all[:, part], at_of_all[:, part]
        grown = _reach(sizes, frame, kernel, lengths)
        bare = grown == tuple(sizes)
        sums = out[:, part] if bare else xp.zeros((*given.shape[:2], *grown), given.dtype)
        apart = all(s >= d * (k - 1) + 1 for s, k, d in zip(frame.stride, kernel, frame.dilation))
        quick = apart and xp is np and compiled.put_back(given, at, sums, kernel, frame)
        found = windows(sums, kernel, frame, lengths)
        for i, place in () if quick else _places(kernel):
            target = found[(slice(None), slice(None), *place)]
            here = xp.where(at == i, given, given.dtype.type(0))
            if apart:
                target[...] = here
            else:
                target += here
        if not bare:
            out[:, part] = sums[(..., *inner)]

    by_planes(xp, work, out.shape[1], prod(sizes))
    return made


@kernel(names=(), upcast_halves=False)
def _from_places(xp: ModuleType, input: Array, where: Array, kernel: Sizes, frame: Frame) -> Array:
    """The elements of windows of (*, *sizes) at the places that `where` says."""
    made = xp.zeros(where.shape, input.dtype)
    if not has_elements(made):
        return made
    planes, places, out = (_planes(a, kernel) for a in (input, where, made))
    lengths = places.shape[2:]

    def work(part: slice) -> None:
        source = _surrounded(xp, planes[:, part], frame, kernel, lengths)
        found = windows(source, kernel, frame, lengths)
        for i, place in _places(kernel):
            chosen = places[:, part] == i
            out[:, part][chosen] = found[(slice(None), slice(None), *place)][chosen]

    by_planes(xp, work, planes.shape[1], prod(planes.shape[2:]))
    return made


@on_arrays
def _greatest_back(
    g: Sequence[Any], aux: Sequence[Any], kernel: Sizes, frame: Frame, input_shape: Sizes
) -> Tensor | Array:
    sizes = input_shape[-len(kernel) :]
    if isinstance(g[0], (np.ndarray, Pending)):
        return _to_places.kernel(np, computed(g[0]), aux[0], kernel, frame, sizes)
    return _to_places(g[0], aux[0], kernel, frame, sizes)


_greatest.vjp(input=_greatest_back)
_to_places.vjp(
    input=lambda g, where, kernel, frame: _from_places(g, where, kernel, frame),
)
_from_places.vjp(
    input=lambda g, where, kernel, frame, input_shape: _to_places(
        g, where, kernel, frame, input_shape[-len(kernel) :]
    ),
)


@kernel(names=(), differentiable=False)
def _numbered(xp: ModuleType, where: Array, kernel: Sizes, frame: Frame, sizes: Sizes) -> Array:
    """Places in windows as numbers of the elements of a plane, as PyTorch counts them."""
    total = xp.zeros(where.shape, xp.int64)
    if not has_elements(where):
        return total
    rest = where.astype(xp.int64)
    scale = 1
    for axis in reversed(range(len(sizes))):
        place = rest % kernel[axis]
        rest = rest // kernel[axis]
        start = (
            xp.arange(where.shape[axis - len(sizes)]) * frame.stride[axis] - frame.padding[axis][0]
        )
        start = start.reshape(-1, *(1,) * (len(sizes) - 1 - axis))
        total = total + (start + place * frame.dilation[axis]) * scale
        scale *= sizes[axis]
    return total


def pooled(
    name: str, input: Tensor, kernel_size: Ints, stride: Ints | None, padding: Ints, dilation: Ints,
    ceil_mode: bool, indices: bool,
) -> Any:  # fmt: skip
    n = int(name[8])
    shape = input._d.shape
    if len(shape) not in (n + 1, n + 2) or 0 in shape[len(shape) - n - 1 :]:
        raise ShapeError(
            f"{name}: Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch "
            f"size for input, but got: {list(shape)}",
            argument="input",
        )
    if input._d.dtype.char not in REALS:
        raise UnsupportedDtype(f"\"{name}\" not implemented for '{input.dtype.shorthand}'")
    kernel, frame, lengths = windows_of(
        name, n, shape, kernel_size, stride, padding, dilation, ceil_mode
    )
    if not indices and not tracked(input):
        return _greatest_alone(input, kernel, frame, lengths)
    values, where = _greatest(input, kernel, frame, lengths, True)
    return (values, _numbered(where, kernel, frame, shape[-n:])) if indices else values


def _names(n: int) -> dict[str, tuple[str, ...]]:
    return {"names": (f"torch.nn.functional.max_pool{n}d", f"torch.max_pool{n}d")}


@composite(samples=lambda: [
    ((made_up(2, 3, 7), 2), {}), ((made_up(3, 7), 3, 2, 1), {"ceil_mode": True}),
    ((made_up(2, 2, 9), 3, 1, 1, 2), {}),
], **_names(1))  # fmt: skip
def max_pool1d(
    input: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, dilation: Ints = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor:  # fmt: skip
    """The greatest of each window: (n, c, l) or (c, l) → (n, c, m).

    m = (l + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, rounded up with ceil_mode.
    stride: by default the kernel's size. return_indices: with the index of each in its row.

    >>> nn.functional.max_pool1d(tensor([[1., 3., 2., 5.]]), 2)
    tensor([[3., 5.]])
    """
    return pooled("max_pool1d", input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)  # fmt: skip


@composite(samples=lambda: [
    ((made_up(2, 2, 4, 5), 2), {}), ((made_up(2, 5, 5), 3, 2, 1), {"ceil_mode": True}),
    ((made_up(1, 2, 5, 6), (2, 3), 1, (1, 0), (2, 1)), {}),
], **_names(2))  # fmt: skip
def max_pool2d(
    input: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, dilation: Ints = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor:  # fmt: skip
    """The greatest of each window: (n, c, h, w) or (c, h, w) → (n, c, h', w').

    h' = (h + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, rounded up with ceil_mode,
    and w' likewise; each argument is a number or (for h, for w). stride: by default the kernel's
    size. return_indices: with the index of each in its flattened image.

    >>> nn.functional.max_pool2d(arange(16.).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return pooled("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)  # fmt: skip


@composite(samples=lambda: [((made_up(1, 2, 3, 4, 4), 2), {}), ((made_up(2, 3, 3, 4), 2, 1, 1), {})],
           **_names(3))  # fmt: skip
def max_pool3d(
    input: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, dilation: Ints = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor:  # fmt: skip
    """The greatest of each window: (n, c, d, h, w) or (c, d, h, w) → (n, c, d', h', w').

    Sizes and arguments as in max_pool2d.

    >>> nn.functional.max_pool3d(arange(8.).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return pooled("max_pool3d", input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)  # fmt: skip


# -- batches ----------------------------------------------------------------------------------


def _greatest_of_examples(batch: Batch) -> tuple[Tensor, Tensor]:
    values, where = leading(batch)
    return values, where if batch.get("keep") else where.expand(batch.size, 0)


_greatest.batch = _greatest_of_examples
_greatest_alone.batch = _to_places.batch = _from_places.batch = _numbered.batch = leading

max_pool3d.autocast = SINGLE
whole(max_pool1d, max_pool2d)
