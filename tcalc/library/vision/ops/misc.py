"""A convolution with what usually follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.library.nn.activation import ReLU
from tcalc.library.nn.batchnorm import BatchNorm2d
from tcalc.library.nn.containers import Sequential
from tcalc.library.nn.conv import Conv2d
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.nn.module import Module

_HOME = "torchvision.ops.misc"


@export(f"{_HOME}.Conv2dNormActivation", "torchvision.ops.Conv2dNormActivation", home=_HOME)
class Conv2dNormActivation(Sequential):
    """A convolution, its normalization and an activation, one after the other.

    padding: by default as keeps the size, up to the stride. bias: by default where no normalization
    follows. norm_layer, activation_layer: what makes them; None for none.

    >>> torchvision.ops.Conv2dNormActivation(3, 8)(rand(1, 3, 4, 4)).shape
    torch.Size([1, 8, 4, 4])
    """

    _public_ = frozenset({"out_channels"})

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1,
        padding: int | None = None, groups: int = 1,
        norm_layer: Callable[..., Module] | None = BatchNorm2d,
        activation_layer: Callable[..., Module] | None = ReLU, dilation: int = 1,
        inplace: bool | None = True, bias: bool | None = None,
    ) -> None:  # fmt: skip
        if padding is None:
            padding = (kernel_size - 1) // 2 * dilation
        if bias is None:
            bias = norm_layer is None
        layers: list[Any] = [
            Conv2d(
                in_channels, out_channels, kernel_size, stride, padding, dilation=dilation,
                groups=groups, bias=bias,
            )
        ]  # fmt: skip
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            settings = {} if inplace is None else {"inplace": inplace}
            layers.append(activation_layer(**settings))
        super().__init__(*layers)
        self.out_channels = out_channels
