"""The three products of convolutions as ops: the gradients of each are the other two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, UnsupportedDtype
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import Array, on_arrays
from tcalc.runtime.call.batching import Batch, folded
from tcalc.runtime.call.define import kernel
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.ops.linalg.matmul import conjugate
from tcalc.runtime.ops.nn.convolution import kernels
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.nn.windows import Frame, Sizes
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from types import ModuleType

# What the sample calls of the ops work with: a frame without any symmetry.
_FRAME = Frame((2, 1), ((1, 0), (1, 1)), (1, 2), 2)


def _check_types(input: Array, weight: Array, bias: Array | None) -> None:
    """Refuse operands of several dtypes."""
    kind = dtypes.of(input.dtype)
    for name, other in (("bias", bias), ("weight", weight)):
        if other is not None and other.dtype != input.dtype:
            found = dtypes.of(other.dtype)
            raise DtypeError(
                f"expected scalar type {kind.shorthand} but found {found.shorthand}"
                if name == "weight"
                else f"Input type ({kind.cpp_name}) and bias type ({found.cpp_name}) should be the same",
                argument=name,
                hint=f"convert the {name} with .to({kind.name})",
            )
    if kind is dtypes.bool_:
        raise UnsupportedDtype(
            "\"slow_conv2d_cpu\" not implemented for 'Bool'", hint="convert it with .float()"
        )


def _check_room(input: Array, shape: Sizes) -> None:
    memory.check(numel(shape) * input.itemsize, f"a convolution's result of shape {list(shape)}")


@kernel(
    name="convolution", names=(), node_name="ConvolutionBackward0",
    samples=lambda: [
        ((made_up(2, 4, 4, 5), made_up(4, 2, 2, 3), [0.3, -0.2, 0.1, 1.0], _FRAME), {}),
    ],
)  # fmt: skip
def convolve(
    xp: ModuleType,
    input: Array,
    weight: Array,
    bias: Array = None,
    frame: Any = None,
    lengths: Sizes | None = None,
) -> Array:
    _check_types(input, weight, bias)
    lengths = lengths or frame.lengths(input.shape[2:], weight.shape[2:])
    _check_room(input, (input.shape[0], weight.shape[0], *lengths))
    return kernels.forward(xp, input, weight, bias, frame, lengths)


@kernel(
    name="convolution", names=(), node_name="ConvolutionBackward0",
    samples=lambda: [
        ((made_up(2, 4, 2, 3), made_up(4, 2, 2, 3), [0.3, -0.2, 0.1, 1.0], _FRAME, (4, 5)), {}),
    ],
)  # fmt: skip
def transpose(
    xp: ModuleType,
    input: Array,
    weight: Array,
    bias: Array = None,
    frame: Any = None,
    sizes: Any = None,
) -> Array:
    _check_types(input, weight, bias)
    _check_room(input, (input.shape[0], weight.shape[1] * frame.groups, *sizes))
    return kernels.backward(xp, input, weight, bias, frame, sizes)


@kernel(
    names=(), node_name="ConvolutionBackwardBackward0",
    samples=lambda: [((made_up(2, 4, 4, 5), made_up(2, 4, 2, 3), (2, 3), _FRAME), {})],
)  # fmt: skip
def kernel_sums(xp: ModuleType, input: Array, output: Array, kernel: Sizes, frame: Frame) -> Array:
    return kernels.kernel_sums(xp, input, output, kernel, frame)


# Gradients that are arrays already go to the kernels; those that still wait become tensors.


@on_arrays
def _over_places(g: Any) -> Any:
    if isinstance(g, Tensor):
        return g.sum((0, *range(2, len(g._d.shape))))
    return add_up(np, at_hand(g), (0, *range(2, g.ndim)))


@on_arrays
def _gathered(g: Any, weight: Any, frame: Frame, input_shape: Sizes) -> Any:
    if isinstance(g, Tensor):
        return transpose(g, conjugate(weight), None, frame, input_shape[2:])
    return transpose.kernel(np, at_hand(g), weight, None, frame, input_shape[2:])


@on_arrays
def _spread(g: Any, weight: Any, frame: Frame, input_shape: Sizes) -> Any:
    if isinstance(g, Tensor):
        return convolve(g, conjugate(weight), None, frame, input_shape[2:])
    return convolve.kernel(np, at_hand(g), weight, None, frame, input_shape[2:])


@on_arrays
def _kernel_of(g: Any, input: Any, frame: Frame, weight_shape: Sizes) -> Any:
    if isinstance(g, Tensor):
        return kernel_sums(conjugate(input), g, weight_shape[2:], frame)
    return kernel_sums.kernel(np, input, at_hand(g), weight_shape[2:], frame)


@on_arrays
def _kernel_of_transpose(g: Any, input: Any, frame: Frame, weight_shape: Sizes) -> Any:
    if isinstance(g, Tensor):
        return kernel_sums(g, conjugate(input), weight_shape[2:], frame)
    return kernel_sums.kernel(np, at_hand(g), input, weight_shape[2:], frame)


convolve.vjp(input=_gathered, weight=_kernel_of, bias=_over_places)
transpose.vjp(input=_spread, weight=_kernel_of_transpose, bias=_over_places)
convolve.ties = transpose.ties = ("input", "weight")
kernel_sums.vjp(
    input=lambda g, output, frame, input_shape: transpose(
        conjugate(output), g, None, frame, input_shape[2:]
    ),
    output=lambda g, input, frame, output_shape: convolve(
        conjugate(input), g, None, frame, output_shape[2:]
    ),
)


# -- batches ----------------------------------------------------------------------------------


def _grouped(batch: Batch, *inputs: str) -> dict[str, object]:
    """Examples as groups of channels of their own. inputs: tensors with a batch before channels."""
    given = {}
    for i in batch.tensors:
        name, t = batch.op.params[i].name, batch.whole(i)
        if name in inputs:
            t = t.transpose(0, 1)
            given[name] = t.reshape(t._d.shape[0], batch.size * t._d.shape[2], *t._d.shape[3:])
        else:
            given[name] = t.reshape(batch.size * t._d.shape[1], *t._d.shape[2:])
    frame = batch.get("frame")
    return {**given, "frame": frame._replace(groups=frame.groups * batch.size)}


def _convolve_examples(batch: Batch) -> Tensor:
    if not batch.has("weight") and not batch.has("bias"):
        return folded("weight", "bias")(batch)
    found = batch.call(**_grouped(batch, "input"))
    n, channels, *lengths = found._d.shape
    return found.reshape(n, batch.size, channels // batch.size, *lengths).transpose(0, 1)


def _kernels_of_examples(batch: Batch) -> Tensor:
    found = batch.call(**_grouped(batch, "input", "output"))
    return found.reshape(batch.size, found._d.shape[0] // batch.size, *found._d.shape[1:])


convolve.batch = transpose.batch = _convolve_examples
kernel_sums.batch = _kernels_of_examples
