"""Convolutions and their transposes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ShapeError, ValueProblem
from tcalc.library.nn import init
from tcalc.library.nn.arguments import Sizes, for_each, layer, take, tensor
from tcalc.library.nn.lazy import LazyModuleMixin
from tcalc.library.nn.module import Module
from tcalc.library.nn.parameter import UninitializedParameter
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.nn.convolution import functions
from tcalc.runtime.ops.shape.padding import pad
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Device, DType, Ints


# What lies around an input, and what `pad` calls that.
_MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}
_NAMED = ("same", "valid")


@export("torch.nn.modules.conv._ConvNd", home="torch.nn.modules.conv")
class _ConvNd(Module):
    """What convolutions over any number of dimensions share.

    _dims: how many. _function: the op.
    """

    _public_ = frozenset({"reset_parameters"})
    _dims: int
    _function: Any

    padding: Sizes | str
    weight: Parameter
    bias: Parameter | None

    def _prepare(
        self, in_channels: int, out_channels: int, kernel_size: int | Sizes, stride: int | Sizes,
        padding: int | Sizes | str, dilation: int | Sizes, groups: int, bias: bool,
        padding_mode: str, device: Device | None, dtype: DType | None, *, transposed: bool,
        output_padding: int | Sizes = 0,
    ) -> None:  # fmt: skip
        """Keep the settings and make the parameters."""
        self.in_channels: int = take(self, "in_channels", in_channels, "int")
        self.out_channels: int = take(self, "out_channels", out_channels, "int")
        self.groups: int = take(self, "groups", groups, "int")
        if self.groups <= 0:
            raise ValueProblem("groups must be a positive integer", argument="groups")
        for name, channels in (
            ("in_channels", self.in_channels),
            ("out_channels", self.out_channels),
        ):
            if channels % self.groups:
                raise ValueProblem(f"{name} must be divisible by groups", argument=name)
        self.kernel_size = for_each(self, "kernel_size", kernel_size, self._dims)
        self.stride = for_each(self, "stride", stride, self._dims)
        self.dilation = for_each(self, "dilation", dilation, self._dims)
        self.output_padding = for_each(self, "output_padding", output_padding, self._dims)
        if isinstance(padding, str):
            _check_named(padding, self.stride)
            self.padding = padding
        else:
            self.padding = for_each(self, "padding", padding, self._dims)
        self.transposed = transposed
        self.padding_mode: str = take(self, "padding_mode", padding_mode, "str")
        if self.padding_mode not in _MODES:
            raise ValueProblem(
                f"padding_mode must be one of {set(_MODES)}, but got "
                f"padding_mode='{self.padding_mode}'",
                argument="padding_mode",
            )
        self.weight = Parameter(empty(self._shape_of_weight(), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(self.out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _shape_of_weight(self) -> Sizes:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, uniformly from ±1/sqrt(elements that an output is made of)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init.fans(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the usual ones."""
        said = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != (usual,) * len(value):
                said.append(f"{name}={value}")
        if self.groups != 1:
            said.append(f"groups={self.groups}")
        if self.bias is None:
            said.append("bias=False")
        if self.padding_mode != "zeros":
            said.append(f"padding_mode={self.padding_mode}")
        return ", ".join(said)


def _check_named(padding: str, stride: Sizes) -> None:
    if padding not in _NAMED:
        raise ValueProblem(
            f"Invalid padding string {padding!r}, should be one of {set(_NAMED)}",
            argument="padding",
        )
    if padding == "same" and any(s != 1 for s in stride):
        raise ValueProblem(
            "padding='same' is not supported for strided convolutions", argument="padding"
        )


# -- convolutions -----------------------------------------------------------------------------


class _Conv(_ConvNd):
    """A convolution."""

    _public_ = frozenset({"_conv_forward"})

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | Sizes,
        stride: int | Sizes = 1, padding: int | Sizes | str = 0, dilation: int | Sizes = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._prepare(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, device, dtype, transposed=False,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """The input's convolution with the weight, plus the bias."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The same with any weight and bias, for layers made of this one."""
        padding: Sizes | str | int = self.padding
        if self.padding_mode != "zeros":
            input = pad(input, self._edges(), _MODES[self.padding_mode])
            padding = 0
        return self._function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def _edges(self) -> Sizes:
        """What is added before and after, from the last dimension on."""
        if self.padding == "valid":
            return (0, 0) * self._dims
        if isinstance(self.padding, str):
            reach = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
            return tuple(n for r in reversed(reach) for n in (r // 2, r - r // 2))
        return tuple(n for p in reversed(self.padding) for n in (p, p))


@layer("conv")
class Conv1d(_Conv):
    """A kernel slid along sequences: (n, in_channels, l) or (in_channels, l) → (n, out_channels, m).

    m = (l + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1. weight: (out_channels,
    in_channels / groups, kernel_size), bias: (out_channels), both drawn uniformly from
    ±1/sqrt(in_channels / groups * kernel_size). padding: a number, "valid" for none or "same" for
    m = l. padding_mode: "zeros", "reflect", "replicate" or "circular".

    >>> nn.Conv1d(2, 4, 3, padding=1)(ones(2, 5)).shape
    torch.Size([4, 5])
    """

    _dims = 1
    _function = functions.conv1d


@layer("conv")
class Conv2d(_Conv):
    """A kernel slid over images: (n, in_channels, h, w) → (n, out_channels, h', w').

    h' = (h + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, and w' likewise; each
    argument is a number or (for h, for w); n may be left out. weight: (out_channels, in_channels /
    groups, kh, kw), bias: (out_channels), both drawn uniformly from ±1/sqrt(in_channels / groups *
    kh * kw). padding: numbers, "valid" for none or "same" for h' = h and w' = w. padding_mode:
    "zeros", "reflect", "replicate" or "circular".

    >>> nn.Conv2d(1, 6, 5)
    Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
    """

    _dims = 2
    _function = functions.conv2d


@layer("conv")
class Conv3d(_Conv):
    """A kernel slid through volumes: (n, in_channels, d, h, w) → (n, out_channels, d', h', w').

    Arguments and sizes as in Conv2d, for three dimensions.

    >>> nn.Conv3d(1, 2, 2)(ones(1, 3, 3, 3)).shape
    torch.Size([2, 2, 2, 2])
    """

    _dims = 3
    _function = functions.conv3d


# -- transposes -------------------------------------------------------------------------------


class _ConvTransposeNd(_ConvNd):
    """The transpose of a convolution."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | Sizes,
        stride: int | Sizes = 1, padding: int | Sizes = 0, output_padding: int | Sizes = 0,
        groups: int = 1, bias: bool = True, dilation: int | Sizes = 1, padding_mode: str = "zeros",
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        if padding_mode != "zeros":
            raise ValueProblem(
                f'Only "zeros" padding mode is supported for {type(self).__name__}',
                argument="padding_mode",
            )
        super().__init__()
        self._prepare(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, device, dtype, transposed=True, output_padding=output_padding,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Ints | None = None) -> Tensor:
        """The kernel, times each element of the input, added up. output_size: which of several."""
        more = self.output_padding if output_size is None else self._more(input, output_size)
        return self._function(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups,
            self.dilation,
        )  # fmt: skip

    def _more(self, input: Tensor, output_size: Ints) -> Sizes:
        """The output_padding that makes the output as large as asked for."""
        n = self._dims
        padding = for_each(self, "padding", self.padding, n)
        shape = tuple(tensor(self, "input", input).shape)
        lead = 2 if len(shape) == n + 2 else 1
        wanted = for_each(self, "output_size", output_size, n)
        if len(wanted) == lead + n:
            wanted = wanted[lead:]
        if len(wanted) != n:
            raise ValueProblem(
                f"ConvTranspose{n}D: for {len(shape)}D input, output_size must have {n} or "
                f"{lead + n} elements (got {len(wanted)})",
                argument="output_size",
            )
        least = [
            (m - 1) * s - 2 * p + d * (k - 1) + 1
            for m, s, p, d, k in zip(
                shape[lead:], self.stride, padding, self.dilation, self.kernel_size
            )
        ]
        most = [size + s - 1 for size, s in zip(least, self.stride)]
        if any(not low <= size <= high for low, size, high in zip(least, wanted, most)):
            raise ValueProblem(
                f"requested an output size of {list(wanted)}, but valid sizes range from {least} "
                f"to {most} (for an input of {input.shape[2:]})",
                argument="output_size",
            )
        return tuple(size - low for size, low in zip(wanted, least))


@layer("conv")
class ConvTranspose1d(_ConvTransposeNd):
    """The gradient of Conv1d as a layer: (n, in_channels, l) → (n, out_channels, m).

    m = (l - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1. weight:
    (in_channels, out_channels / groups, kernel_size), bias: (out_channels). A call takes
    `output_size` in place of output_padding.

    >>> nn.ConvTranspose1d(2, 4, 3, stride=2)(ones(2, 5)).shape
    torch.Size([4, 11])
    """

    _dims = 1
    _function = functions.conv_transpose1d


@layer("conv")
class ConvTranspose2d(_ConvTransposeNd):
    """The gradient of Conv2d as a layer: (n, in_channels, h, w) → (n, out_channels, h', w').

    h' = (h - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1, and w'
    likewise. weight: (in_channels, out_channels / groups, kh, kw), bias: (out_channels). A call
    takes `output_size` in place of output_padding.

    >>> nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1)(ones(16, 4, 4)).shape
    torch.Size([8, 8, 8])
    """

    _dims = 2
    _function = functions.conv_transpose2d


@layer("conv")
class ConvTranspose3d(_ConvTransposeNd):
    """The gradient of Conv3d as a layer: (n, in_channels, d, h, w) → (n, out_channels, d', h', w').

    Arguments and sizes as in ConvTranspose2d, for three dimensions.

    >>> nn.ConvTranspose3d(1, 2, 2)(ones(1, 2, 2, 2)).shape
    torch.Size([2, 3, 3, 3])
    """

    _dims = 3
    _function = functions.conv_transpose3d


# -- with as many input channels as the first input has ---------------------------------------


class _LazyConvXdMixin(LazyModuleMixin, _ConvNd):
    """What lazy convolutions share."""

    weight: UninitializedParameter
    bias: UninitializedParameter | None

    def _postpone(
        self, out_channels: int, bias: bool, device: Device | None, dtype: DType | None
    ) -> None:
        """Leave the parameters without shapes."""
        self.out_channels = take(self, "out_channels", out_channels, "int")
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, once they have shapes."""
        if not self.has_uninitialized_params() and self.in_channels:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: object, **kwargs: object) -> None:
        """Take in_channels from an input."""
        if not self.has_uninitialized_params():
            return
        shape = tuple(tensor(self, "input", input).shape)
        n = self._dims
        if len(shape) not in (n + 1, n + 2):
            raise ShapeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {input.shape}",
                argument="input",
            )
        self.in_channels = shape[-n - 1]
        if self.in_channels % self.groups:
            raise ValueProblem("in_channels must be divisible by groups", argument="in_channels")
        with no_grad():
            self.weight.materialize(self._shape_of_weight())
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))
            self.reset_parameters()


class _LazyConv(_LazyConvXdMixin, _Conv):
    def __init__(
        self, out_channels: int, kernel_size: int | Sizes, stride: int | Sizes = 1,
        padding: int | Sizes | str = 0, dilation: int | Sizes = 1, groups: int = 1,
        bias: bool = True, padding_mode: str = "zeros", device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._postpone(out_channels, bias, device, dtype)


@layer("conv")
class LazyConv1d(_LazyConv, Conv1d):
    """A Conv1d whose in_channels are those of its first input.

    >>> m = nn.LazyConv1d(4, 3)
    >>> m(ones(2, 5)).shape, m
    (torch.Size([4, 3]), Conv1d(2, 4, kernel_size=(3,), stride=(1,)))
    """

    cls_to_become = Conv1d


@layer("conv")
class LazyConv2d(_LazyConv, Conv2d):
    """A Conv2d whose in_channels are those of its first input.

    >>> m = nn.LazyConv2d(6, 5)
    >>> m(ones(1, 1, 28, 28)).shape, m
    (torch.Size([1, 6, 24, 24]), Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1)))
    """

    cls_to_become = Conv2d


@layer("conv")
class LazyConv3d(_LazyConv, Conv3d):
    """A Conv3d whose in_channels are those of its first input.

    >>> nn.LazyConv3d(2, 2)(ones(1, 3, 3, 3)).shape
    torch.Size([2, 2, 2, 2])
    """

    cls_to_become = Conv3d


class _LazyConvTranspose(_LazyConvXdMixin, _ConvTransposeNd):
    def __init__(
        self, out_channels: int, kernel_size: int | Sizes, stride: int | Sizes = 1,
        padding: int | Sizes = 0, output_padding: int | Sizes = 0, groups: int = 1,
        bias: bool = True, dilation: int | Sizes = 1, padding_mode: str = "zeros",
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
            padding_mode, device, dtype,
        )  # fmt: skip
        self._postpone(out_channels, bias, device, dtype)


@layer("conv")
class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d whose in_channels are those of its first input.

    >>> nn.LazyConvTranspose1d(4, 3, stride=2)(ones(2, 5)).shape
    torch.Size([4, 11])
    """

    cls_to_become = ConvTranspose1d


@layer("conv")
class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d whose in_channels are those of its first input.

    >>> nn.LazyConvTranspose2d(4, 2, stride=2)(ones(3, 4, 4)).shape
    torch.Size([4, 8, 8])
    """

    cls_to_become = ConvTranspose2d


@layer("conv")
class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d whose in_channels are those of its first input.

    >>> nn.LazyConvTranspose3d(2, 2)(ones(1, 2, 2, 2)).shape
    torch.Size([2, 3, 3, 3])
    """

    cls_to_become = ConvTranspose3d
