"""Convolutions over one, two and three dimensions, and their transposes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.base.op import LOWER, Array, Ints
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.nn.convolution.backward import convolve, transpose
from tcalc.runtime.ops.nn.spatial import by, each, made_up
from tcalc.runtime.ops.nn.windows import Frame, Sizes
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


_AXES = ("depth", "height", "width")


# -- arguments --------------------------------------------------------------------------------


def _check(
    name: str, shape: Sizes, weights: Sizes, added: Sizes | None, groups: int, transposed: bool
) -> None:
    """Refuse operands whose shapes do not fit each other. added: that of the bias."""
    n = int(name[-2])
    if len(shape) not in (n + 1, n + 2):
        raise ShapeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input "
            f"of size: {list(shape)}",
            argument="input",
        )
    if len(weights) != n + 2:
        raise ShapeError(
            f"Expected {n + 2}D weight for {name}, but got weight of size {list(weights)}",
            argument="weight",
        )
    if groups <= 0:
        raise StateError("non-positive groups is not supported", argument="groups")
    if min(weights[2:]) <= 0:
        given = " ".join(f"kernel_{a}: {k}" for a, k in zip(_AXES[-n:], weights[2:]))
        raise ShapeError(f"kernel size should be greater than zero, but got {given}",
                         argument="weight")  # fmt: skip
    if weights[0] < groups:
        raise ShapeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {list(weights)} instead",
            argument="weight",
        )
    if weights[0] % groups:
        raise ShapeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size {list(weights)} instead",
            argument="weight",
        )
    given = f"transposed={int(transposed)}" if transposed else f"groups={groups}"
    channels = shape[len(shape) - n - 1]
    expected = weights[0] if transposed else weights[1] * groups
    if channels != expected:
        raise ShapeError(
            f"Given {given}, weight of size {list(weights)}, expected input{list(shape)} to have "
            f"{expected} channels, but got {channels} channels instead",
            clash=((shape, len(shape) - n - 1), (weights, 0 if transposed else 1)),
        )
    outputs = weights[1] * groups if transposed else weights[0]
    if added is not None and added != (outputs,):
        prefix = f"Given {given}, weight" if transposed else "Given weight"
        raise ShapeError(
            f"{prefix} of size {list(weights)}, expected bias to be 1-dimensional with {outputs} "
            f"elements, but got bias of size {list(added)} instead",
            argument="bias",
        )


def _frame(
    name: str, kernel: Sizes, stride: Ints | None, padding: Ints | str, dilation: Ints, groups: int
) -> Frame:
    n = len(kernel)
    steps, gaps = each(name, "stride", stride, n), each(name, "dilation", dilation, n)
    if min(steps) <= 0:
        raise StateError("non-positive stride is not supported", argument="stride")
    if min(gaps) <= 0:
        raise StateError("non-positive dilation is not supported", argument="dilation")
    if isinstance(padding, str):
        return Frame(steps, _named_padding(padding, kernel, steps, gaps), gaps, groups)
    both = each(name, "padding", padding, n)
    if min(both) < 0:
        raise StateError("negative padding is not supported", argument="padding")
    return Frame(steps, tuple((p, p) for p in both), gaps, groups)


def _named_padding(
    padding: str, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[tuple[int, int], ...]:
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise StateError(f"Invalid padding string: '{padding}'", argument="padding",
                         hint="it is 'valid', 'same' or a number")  # fmt: skip
    if max(stride) > 1:
        raise StateError("padding='same' is not supported for strided convolutions",
                         argument="padding")  # fmt: skip
    reach = [d * (k - 1) for k, d in zip(kernel, dilation)]
    return tuple((r // 2, r - r // 2) for r in reach)


def _convolve(
    name: str, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Ints | None,
    padding: Ints | str, dilation: Ints, groups: int,
) -> Tensor:  # fmt: skip
    shape, weights = input._a.shape, weight._a.shape
    added = None if bias is None else bias._a.shape
    plain = type(stride) is type(padding) is type(dilation) is type(groups) is int
    lay_out = _known_layout if plain else _layout
    frame = lay_out(name, shape, weights, added, stride, padding, dilation, groups)
    if len(shape) == len(weights):
        return convolve(input, weight, bias, frame)
    return convolve(input.unsqueeze(0), weight, bias, frame).squeeze(0)


def _layout(
    name: str, shape: Sizes, weights: Sizes, added: Sizes | None, stride: Ints | None,
    padding: Ints | str, dilation: Ints, groups: int,
) -> Frame:  # fmt: skip
    """How the kernel of a convolution slides; found once where numbers say all."""
    _check(name, shape, weights, added, groups, False)
    kernel = weights[2:]
    n = len(kernel)
    frame = _frame(name, kernel, stride, padding, dilation, groups)
    if min(frame.lengths(shape[-n:], kernel)) <= 0 or min(shape[-n:]) == 0:
        grown = [m + low + high for m, (low, high) in zip(shape[-n:], frame.padding)]
        wide = [d * (k - 1) + 1 for k, d in zip(kernel, frame.dilation)]
        raise ShapeError(
            f"Calculated padded input size per channel: {by(grown)}. Kernel size: {by(wide)}. "
            "Kernel size can't be greater than actual input size"
        )
    return frame


_known_layout = lru_cache(64)(_layout)


def _convolve_transposed(
    name: str, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Ints | None,
    padding: Ints, output_padding: Ints, groups: int, dilation: Ints,
) -> Tensor:  # fmt: skip
    shape, weights = input._a.shape, weight._a.shape
    _check(name, shape, weights, None if bias is None else bias._a.shape, groups, True)
    kernel = weights[2:]
    n = len(kernel)
    frame = _frame(name, kernel, stride, padding, dilation, groups)
    more = each(name, "output_padding", output_padding, n)
    if min(more) < 0:
        raise StateError("negative output_padding is not supported", argument="output_padding")
    if any(m >= s and m >= d for m, s, d in zip(more, frame.stride, frame.dilation)):
        listed = " ".join(
            f"{what}_{a}: {v}"
            for what, values in (
                ("output_padding", more), ("stride", frame.stride), ("dilation", frame.dilation)
            )
            for a, v in zip(_AXES[-n:], values)
        )  # fmt: skip
        raise StateError(
            f"output padding must be smaller than either stride or dilation, but got {listed}",
            argument="output_padding",
        )
    sizes = tuple(
        (m - 1) * s - low - high + d * (k - 1) + extra + 1
        for m, s, (low, high), d, k, extra in zip(shape[-n:], *frame[:3], kernel, more)
    )
    if min(sizes) <= 0:
        raise ShapeError(
            f"Given input size per channel: {by(shape[-n:])}. Calculated output size per channel: "
            f"{by(sizes)}. Output size is too small"
        )
    if len(shape) == n + 2:
        return transpose(input, weight, bias, frame, sizes)
    return transpose(input.unsqueeze(0), weight, bias, frame, sizes).squeeze(0)


# -- what users call --------------------------------------------------------------------------


@composite(
    names=("torch.nn.functional.conv1d", "torch.conv1d"),
    samples=lambda: [
        ((made_up(2, 2, 5), made_up(3, 2, 3), [0.3, -0.2, 1.0], 2, 1), {}),
        ((made_up(2, 5), made_up(2, 1, 2)), {"groups": 2, "padding": "same"}),
    ],
)
def conv1d(
    input: Array, weight: Array, bias: Array = None,
    stride: Ints | None = 1, padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """Slide a kernel along an input and sum up the products at each place.

    input: (n, c, l) or (c, l), weight: (o, c / groups, k), bias: (o) → (n, o, m) with
    m = (l + 2 padding - dilation (k - 1) - 1) // stride + 1. All of one dtype. The kernel is not
    turned round. padding: zeros on both sides, or "valid" for none, or "same" for m = l.

    >>> nn.functional.conv1d(tensor([[1., 2., 4.]]), tensor([[[1., 10.]]]))
    tensor([[21., 42.]])
    """
    return _convolve("conv1d", input, weight, bias, stride, padding, dilation, groups)


@composite(
    names=("torch.nn.functional.conv2d", "torch.conv2d"),
    samples=lambda: [
        ((made_up(2, 2, 3, 4), made_up(3, 2, 2, 3), [0.3, -0.2, 1.0], 1, 1), {}),
        ((made_up(1, 2, 4, 5), made_up(2, 1, 2, 2), None, (2, 1)), {"groups": 2, "dilation": 2}),
        ((made_up(2, 3, 3), made_up(3, 2, 1, 1)), {}),
    ],
)
def conv2d(
    input: Array, weight: Array, bias: Array = None,
    stride: Ints | None = 1, padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """Slide a kernel over images and sum up the products at each place.

    input: (n, c, h, w) or (c, h, w), weight: (o, c / groups, kh, kw), bias: (o) → (n, o, h', w')
    with h' = (h + 2 padding - dilation (kh - 1) - 1) // stride + 1, and w' likewise. stride,
    padding and dilation are a number or (for h, for w). All of one dtype. The kernel is not turned
    round. padding: zeros on both sides, or "valid" for none, or "same" for h' = h and w' = w.

    >>> nn.functional.conv2d(arange(9.).reshape(1, 3, 3), ones(1, 1, 2, 2))
    tensor([[[ 8., 12.],
             [20., 24.]]])
    """
    return _convolve("conv2d", input, weight, bias, stride, padding, dilation, groups)


@composite(
    names=("torch.nn.functional.conv3d", "torch.conv3d"),
    samples=lambda: [
        ((made_up(1, 2, 2, 3, 3), made_up(2, 2, 2, 2, 2), [0.3, -0.2], 1, (0, 1, 0)), {})
    ],
)
def conv3d(
    input: Array, weight: Array, bias: Array = None,
    stride: Ints | None = 1, padding: Ints | str = 0, dilation: Ints = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """Slide a kernel through volumes and sum up the products at each place.

    input: (n, c, d, h, w) or (c, d, h, w), weight: (o, c / groups, kd, kh, kw), bias: (o)
    → (n, o, d', h', w'), each size as in conv2d.

    >>> nn.functional.conv3d(ones(1, 2, 2, 2), ones(1, 1, 2, 2, 2))
    tensor([[[[8.]]]])
    """
    return _convolve("conv3d", input, weight, bias, stride, padding, dilation, groups)


@composite(
    names=("torch.nn.functional.conv_transpose1d", "torch.conv_transpose1d"),
    samples=lambda: [((made_up(2, 2, 3), made_up(2, 3, 3), [0.3, -0.2, 1.0], 2, 1, 1), {})],
)
def conv_transpose1d(
    input: Array, weight: Array, bias: Array = None,
    stride: Ints | None = 1, padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Array:  # fmt: skip
    """Add the kernel, times each element of the input, at the element's place: conv1d's gradient.

    input: (n, c, l) or (c, l), weight: (c, o / groups, k), bias: (o) → (n, o, m) with
    m = (l - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1.

    >>> nn.functional.conv_transpose1d(tensor([[1., 2.]]), tensor([[[1., 10.]]]))
    tensor([[ 1., 12., 20.]])
    """
    return _convolve_transposed(
        "conv_transpose1d", input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@composite(
    names=("torch.nn.functional.conv_transpose2d", "torch.conv_transpose2d"),
    samples=lambda: [
        ((made_up(2, 2, 2, 3), made_up(2, 2, 2, 3), [0.3, -0.2], (2, 1), 1, (1, 0)), {}),
        ((made_up(2, 2, 2), made_up(2, 2, 2, 2)), {"groups": 2, "dilation": 2}),
    ],
)
def conv_transpose2d(
    input: Array, weight: Array, bias: Array = None,
    stride: Ints | None = 1, padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Array:  # fmt: skip
    """Add the kernel, times each element of the input, at the element's place: conv2d's gradient.

    input: (n, c, h, w) or (c, h, w), weight: (c, o / groups, kh, kw), bias: (o) → (n, o, h', w')
    with h' = (h - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1, and w' likewise.

    >>> nn.functional.conv_transpose2d(ones(1, 1, 2), ones(1, 1, 2, 2))
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    return _convolve_transposed(
        "conv_transpose2d", input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@composite(
    names=("torch.nn.functional.conv_transpose3d", "torch.conv_transpose3d"),
    samples=lambda: [((made_up(1, 2, 2, 1, 2), made_up(2, 1, 2, 2, 2), [0.3], (1, 2, 1)), {})],
)
def conv_transpose3d(
    input: Array, weight: Array, bias: Array = None,
    stride: Ints | None = 1, padding: Ints = 0, output_padding: Ints = 0, groups: int = 1, dilation: Ints = 1,
) -> Array:  # fmt: skip
    """Add the kernel, times each element of the input, at the element's place: conv3d's gradient.

    input: (n, c, d, h, w) or (c, d, h, w), weight: (c, o / groups, kd, kh, kw), bias: (o)
    → (n, o, d', h', w'), each size as in conv_transpose2d.

    >>> nn.functional.conv_transpose3d(ones(1, 1, 1, 2), ones(1, 1, 1, 1, 2))
    tensor([[[[1., 2., 1.]]]])
    """
    return _convolve_transposed(
        "conv_transpose3d", input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@composite(names=("torch.convolution",), samples=lambda: [
    ((made_up(1, 2, 3, 4), made_up(2, 2, 2, 2), [0.3, -0.2], [1, 2], [1, 0], [1, 1], False, [0, 0], 1), {}),
])  # fmt: skip
def convolution(
    input: Array, weight: Array, bias: Array | None, stride: Ints | None, padding: Ints, dilation: Ints,
    transposed: bool, output_padding: Ints, groups: int,
) -> Array:  # fmt: skip
    """The convolution, or its transpose, over as many dimensions as the weight has.

    The same as conv1d, conv2d, conv3d, or conv_transpose1d and so on; bias may be None.

    >>> convolution(ones(1, 1, 3), ones(1, 1, 2), None, [1], [0], [1], False, [0], 1)
    tensor([[[2., 2.]]])
    """
    n = weight._a.ndim - 2
    if n not in (1, 2, 3):
        raise ShapeError(f"weight should have 3 to 5 dimensions, but got {n + 2}",
                         argument="weight")  # fmt: skip
    if transposed:
        return _convolve_transposed(
            f"conv_transpose{n}d", input, weight, bias, stride, padding, output_padding, groups,
            dilation,
        )  # fmt: skip
    return _convolve(f"conv{n}d", input, weight, bias, stride, padding, dilation, groups)


@composite(names=("torch.conv_tbc", "torch.nn.functional.conv_tbc"), samples=lambda: [((made_up(3, 2, 2), made_up(2, 2, 3), [0.3, 0.1, -1.0], 1), {})])  # fmt: skip
def conv_tbc(input: Array, weight: Array, bias: Array, pad: int = 0) -> Array:
    """conv1d of sequences laid out as (time, batch, channels).

    input: (l, n, c), weight: (k, c, o), bias: (o) → (l + 2 pad - k + 1, n, o).

    >>> conv_tbc(ones(3, 1, 1), ones(2, 1, 1), tensor([1.])).flatten()
    tensor([3., 3.])
    """
    if input._a.ndim != 3 or weight._a.ndim != 3:
        raise ShapeError("Input must have 3 dims: time, batch, in_channel"
                         if input._a.ndim != 3 else
                         "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")  # fmt: skip
    kernel = weight.permute(2, 1, 0)
    return conv1d(input.permute(1, 2, 0), kernel, bias, 1, pad).permute(2, 0, 1)


for _op in (conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, conv_tbc):
    _op.autocast = LOWER


def _flops(result: Tensor, input: Tensor, weight: Tensor, *_: object) -> int:
    """A product and a sum for each element of the kernel at each place."""
    return 2 * result._d.size * numel(weight._d.shape[1:])


conv1d.flops = conv2d.flops = conv3d.flops = _flops
