"""Edges added around a tensor: a constant, its mirror image, its outermost elements, itself."""

from __future__ import annotations

from math import copysign
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, DtypeError, ShapeError, StateError
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, Ints, Scalar
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.filling import copy
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.scalars import fitting
from tcalc.runtime.types.shapes import as_size, numel

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

# By dimension, how many elements come before and after; negative ones are cut off.
Edges = tuple[tuple[int, int], ...]


@kernel(moves=True, 
    name="constant_pad_nd", names=(), node_name="ConstantPadNdBackward0",
    upcast_halves=False,
    samples=lambda: [((made_up(2, 3), ((1, 0), (-1, 2)), 0.5), {})],
)  # fmt: skip
def _constant(xp: ModuleType, input: Array, edges: Edges, value: Scalar) -> Array:
    shape = tuple([n + low + high for n, (low, high) in zip(input.shape, edges)])
    if numel(shape) * input.itemsize >= memory.MAPPED:
        memory.check(numel(shape) * input.itemsize, f"a tensor of shape {list(shape)}")
    is_blank = value == 0 and copysign(1, value) > 0 and min(map(min, edges), default=0) >= 0
    if is_blank and numel(shape) < LARGE:
        out = xp.zeros(shape, input.dtype)
        out[tuple([slice(low, low + n) for n, (low, _) in zip(input.shape, edges)])] = input
        return out
    out = xp.empty(shape, input.dtype)
    inner = tuple(
        slice(max(0, low), max(0, low) + n + min(0, low) + min(0, high))
        for n, (low, high) in zip(input.shape, edges)
    )
    for axis, part in enumerate(inner):
        lead = inner[:axis]  # what lies beyond those is filled already
        out[(*lead, slice(0, part.start))] = value
        out[(*lead, slice(part.stop, None))] = value
    kept = input[
        tuple(slice(max(0, -low), n - max(0, -high)) for n, (low, high) in zip(input.shape, edges))
    ]
    copy(kept, out[inner])
    return out


_constant.vjp(
    input=lambda g, edges: _constant(g, tuple((-low, -high) for low, high in edges), 0),
)


def _mirrored(rest: Array, low: int, high: int, n: int) -> tuple[Array, Array]:
    """What comes before and after along the first axis, mirrored."""
    stop = n - 2 - high
    return rest[low:0:-1], rest[n - 2 : None if stop < 0 else stop : -1]


@kernel(
    name="pad", names=(), upcast_halves=False, moves=True,
    node_name=lambda saved: f"{saved['mode'].title()}PadBackward0",
    samples=lambda: [((made_up(2, 4, 3), ((0, 0), (2, 1), (1, 2)), mode), {})
                     for mode in ("reflect", "replicate", "circular")],
)  # fmt: skip
def _repeated(xp: ModuleType, input: Array, edges: Edges, mode: str) -> Array:
    """The input with edges made of itself."""
    if mode != "circular":
        dtypes.of(input.dtype).need("bifc", f"{mode}_pad")
    rest = input
    for axis, (low, high) in enumerate(edges):
        if not low and not high:
            continue
        n = rest.shape[axis]
        shape = list(rest.shape)
        shape[axis] = n + low + high
        out = xp.empty(shape, rest.dtype)
        source, target = xp.moveaxis(rest, axis, 0), xp.moveaxis(out, axis, 0)
        target[low : low + n] = source
        if mode == "reflect":
            target[:low], target[low + n :] = _mirrored(source, low, high, n)
        elif mode == "replicate":
            target[:low], target[low + n :] = source[:1], source[n - 1 :]
        else:
            target[:low], target[low + n :] = source[n - low :], source[:high]
        rest = out
    return rest


@kernel(names=())
def _returned(xp: ModuleType, input: Array, edges: Edges, mode: str) -> Array:
    """The transpose of `_repeated`: edges added to where they came from."""
    rest = input
    for axis, (low, high) in enumerate(edges):
        if not low and not high:
            continue
        n = rest.shape[axis] - low - high
        lead = (slice(None),) * axis
        out = rest[(*lead, slice(low, low + n))].copy()
        source, target = xp.moveaxis(rest, axis, 0), xp.moveaxis(out, axis, 0)
        before, after = source[:low], source[low + n :]
        if mode == "reflect":
            first, last = target[1 : low + 1], target[n - 1 - high : n - 1]
            first += before[::-1]
            last += after[::-1]
        elif mode == "replicate":
            first, last = target[:1], target[n - 1 :]
            first += xp.add.reduce(before, axis=0, keepdims=True)
            last += xp.add.reduce(after, axis=0, keepdims=True)
        else:
            last, first = target[n - low :], target[:high]
            last += before
            first += after
        rest = out
    return rest


_repeated.vjp(input=lambda g, edges, mode: _returned(g, edges, mode))
_repeated.ties = ("input",)
_returned.vjp(input=lambda g, edges, mode: _repeated(g, edges, mode))


# -- what users call --------------------------------------------------------------------------


def _edges(pad: object, shape: tuple[int, ...]) -> Edges:
    """The edges by dimension from PyTorch's list, which begins with the last dimension."""
    if not isinstance(pad, (tuple, list)):
        raise ArgumentError(
            f"pad(): argument 'pad' must be tuple of ints, not {type(pad).__name__}",
            argument="pad", hint=f"say ({pad}, {pad}) for both ends of the last dimension",
        )  # fmt: skip
    given = as_size((tuple(pad),), "pad")
    if len(given) % 2:
        raise StateError("Padding length must be divisible by 2", argument="pad")
    if len(given) > 2 * len(shape):
        raise StateError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(given)} and input of dimension {len(shape)}",
            argument="pad",
        )
    pairs = [(given[i], given[i + 1]) for i in range(0, len(given), 2)]
    return (((0, 0),) * (len(shape) - len(pairs))) + tuple(reversed(pairs))


def _check_mode(mode: str, edges: Edges, shape: tuple[int, ...], count: int) -> None:
    """Refuse edges that a mode cannot make."""
    dims = len(shape)
    if (count, dims) not in {(2, 2), (2, 3), (4, 3), (4, 4), (6, 4), (6, 5)}:
        raise DtypeError(
            f"Padding size {count} is not supported for {dims}D input tensor.",
            argument="pad",
            hint="pad the last dimension of 2D or 3D input, the last 2 of 3D or 4D, or the last 3 "
            "of 4D or 5D",
        )
    inner = count // 2 + 1  # channels and what gets edges
    if mode != "circular" and 0 in shape[-inner:]:
        raise ShapeError(
            f"Expected {inner}D or {inner + 1}D (batch mode) tensor with possibly 0 batch size and "
            f"other non-zero dimensions for input, but got: {list(shape)}",
            argument="input",
        )
    for axis, (n, (low, high)) in enumerate(zip(shape, edges)):
        if not low and not high:
            continue
        if mode == "reflect" and max(low, high) >= n:
            raise StateError(
                "Padding size should be less than the corresponding input dimension, but got: "
                f"padding ({low}, {high}) at dimension {axis} of input {list(shape)}",
                argument="pad",
            )
        if mode == "circular" and max(low, high) > n:
            raise StateError("Padding value causes wrapping around more than once.",
                             argument="pad")  # fmt: skip
        if n + low + high < (mode != "circular") or n == 0:
            raise StateError(
                f"padded size {n + low + high} of dimension {axis} of input {list(shape)} is too "
                "small",
                argument="pad",
            )


def _filled(input: Tensor, edges: Edges, value: Any) -> Tensor:
    """The tensor with a constant around it."""
    for n, (low, high) in zip(input._d.shape, edges):
        if low >= 0 <= high:
            continue
        if n + low + high < 0 or min(0, low) + min(0, high) + n < 0:
            raise ShapeError(
                f"The input size {n}, plus negative padding {low} and {high}, resulted in a "
                "negative output size, which is invalid.",
                argument="pad",
            )
    number = value if isinstance(value, complex) else float(value)
    return _constant(input, edges, fitting(number, input.dtype))


@composite(names=("torch.nn.functional.pad",), samples=lambda: [
    ((made_up(2, 3), (1, 2)), {}), ((made_up(2, 3), (1, -1, 0, 2), "constant", 0.5), {}),
    ((made_up(2, 3, 4), (1, 2, 2, 0), "reflect"), {}), ((made_up(2, 3), (1, 4), "replicate"), {}),
    ((made_up(2, 3), (3, 1), "circular"), {}),
])  # fmt: skip
def pad(input: Array, pad: Ints, mode: str = "constant", value: Scalar | None = None) -> Array:
    """The tensor with edges added around it.

    pad: how many elements before and after, of the last dimension, then of the one before, and so
    on; negative ones are cut off. mode: "constant" with `value` (0 by default), "reflect" (mirrored
    at the outermost element), "replicate" (the outermost element), "circular" (from the other end);
    the latter three for up to the last three of at most five dimensions.

    >>> nn.functional.pad(tensor([[1, 2, 3]]), (1, 2))
    tensor([[0, 1, 2, 3, 0, 0]])
    >>> nn.functional.pad(tensor([[1, 2, 3]]), (2, 1), mode="reflect")
    tensor([[3, 2, 1, 2, 3, 2]])
    """
    shape = input._d.shape
    edges = _edges(pad, shape)
    if isinstance(value, complex):
        raise ArgumentError("pad(): argument 'value' (position 4) must be float, not complex",
                            argument="value", hint="constant_pad_nd takes complex numbers")  # fmt: skip
    if mode == "constant":
        return _filled(input, edges, 0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise DtypeError(f"Unrecognised padding mode {mode}", argument="mode",
                         hint="it is constant, reflect, replicate or circular")  # fmt: skip
    if value is not None and value != 0:
        raise StateError(f'Padding mode "{mode}" doesn\'t take in value argument',
                         argument="value")  # fmt: skip
    _check_mode(mode, edges, shape, len(pad))
    if all(min(pair) >= 0 for pair in edges):
        return _repeated(input, edges, mode)
    cut = tuple([(min(0, low), min(0, high)) for low, high in edges])
    more = tuple([(max(0, low), max(0, high)) for low, high in edges])
    if mode == "circular":  # round what is left; the others mirror and repeat what was there
        return _repeated(_constant(input, cut, 0), more, mode)
    return _constant(_repeated(input, more, mode), cut, 0)


@composite(names=("torch.constant_pad_nd",), samples=lambda: [((made_up(2, 3), (1, 2), 0.5), {})])
def constant_pad_nd(input: Array, pad: Ints, value: Scalar = 0) -> Array:
    """The tensor with a constant around it: nn.functional.pad in its constant mode.

    >>> constant_pad_nd(tensor([1, 2]), (1, 1), 5)
    tensor([5, 1, 2, 5])
    """
    return _filled(input, _edges(pad, input._d.shape), value)


pad.move_call = constant_pad_nd.move_call = "pad"

# -- batches ----------------------------------------------------------------------------------


def _pad_examples(batch: Batch) -> Tensor:
    return batch.call(edges=((0, 0), *batch.get("edges")))


_constant.batch = _repeated.batch = _returned.batch = _pad_examples
