"""MobileNetV2: blocks that widen, filter each channel by itself, and narrow again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.nn import init
from tcalc.library.nn.activation import ReLU6
from tcalc.library.nn.batchnorm import BatchNorm2d
from tcalc.library.nn.containers import Sequential
from tcalc.library.nn.conv import Conv2d
from tcalc.library.nn.dropout import Dropout
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.module import Module
from tcalc.library.nn.normalization import GroupNorm
from tcalc.library.vision.models.api import builder
from tcalc.library.vision.ops.misc import Conv2dNormActivation
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.nn.pooling.adaptive import adaptive_avg_pool2d
from tcalc.runtime.ops.shape.reshaping import flatten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.models.mobilenetv2"
# By stage: how much wider inside, channels, blocks, and the stride of the first.
_STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip


def divisible(value: float, divisor: int) -> int:
    """The multiple of a divisor nearest to a number of channels, at most a tenth below it."""
    made = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return made + divisor if made < 0.9 * value else made


@export(f"{_HOME}.InvertedResidual", home=_HOME)
class InvertedResidual(Module):
    """A block that is wide inside, and whose result is added to the input where sizes are the same."""

    def __init__(
        self, inp: int, oup: int, stride: int, expand_ratio: int,
        norm_layer: Callable[..., Module] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if stride not in (1, 2):
            raise ValueProblem(f"stride should be 1 or 2 instead of {stride}", argument="stride")
        norm = BatchNorm2d if norm_layer is None else norm_layer
        self.stride = stride
        self.use_res_connect = stride == 1 and inp == oup
        layers: list[Any] = []
        width = round(inp * expand_ratio)
        made = partial(Conv2dNormActivation, norm_layer=norm, activation_layer=ReLU6)
        if expand_ratio != 1:
            layers.append(made(inp, width, kernel_size=1))
        layers += [
            made(width, width, stride=stride, groups=width),
            Conv2d(width, oup, 1, 1, 0, bias=False),
            norm(oup),
        ]
        self.conv = Sequential(*layers)
        self.out_channels = oup

    def forward(self, x: Tensor) -> Tensor:
        """What the block makes, added to the input or by itself."""
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


@export("torchvision.models.MobileNetV2", f"{_HOME}.MobileNetV2", home=_HOME)
class MobileNetV2(Module):
    """MobileNetV2.

    width_mult: how many times the usual channels. inverted_residual_setting: rows of how much wider
    inside, channels, blocks and first stride. round_nearest: what channels are multiples of.
    input: (N, 3, H, W), output: (N, num_classes).
    """

    def __init__(
        self, num_classes: int = 1000, width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None, round_nearest: int = 8,
        block: Callable[..., Module] | None = None, norm_layer: Callable[..., Module] | None = None,
        dropout: float = 0.2,
    ) -> None:  # fmt: skip
        super().__init__()
        block = InvertedResidual if block is None else block
        norm = BatchNorm2d if norm_layer is None else norm_layer
        stages: Any = inverted_residual_setting or _STAGES
        if any(len(stage) != 4 for stage in stages):
            raise ValueProblem(
                "inverted_residual_setting should be non-empty or a 4-element list, got "
                f"{inverted_residual_setting}",
                argument="inverted_residual_setting",
            )
        before = divisible(32 * width_mult, round_nearest)
        self.last_channel = divisible(1280 * max(1.0, width_mult), round_nearest)
        layers: list[Any] = [
            Conv2dNormActivation(3, before, stride=2, norm_layer=norm, activation_layer=ReLU6)
        ]
        for ratio, channels, count, stride in stages:
            made = divisible(channels * width_mult, round_nearest)
            for i in range(count):
                step = stride if i == 0 else 1
                layers.append(block(before, made, step, expand_ratio=ratio, norm_layer=norm))
                before = made
        layers.append(
            Conv2dNormActivation(
                before, self.last_channel, kernel_size=1, norm_layer=norm, activation_layer=ReLU6
            )
        )
        self.features = Sequential(*layers)
        self.classifier = Sequential(Dropout(p=dropout), Linear(self.last_channel, num_classes))
        for module in self.modules():
            _draw(module)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of the classes."""
        return self.classifier(flatten(adaptive_avg_pool2d(self.features(x), (1, 1)), 1))


def _draw(module: Any) -> None:
    """First values of a layer's parameters."""
    if isinstance(module, Conv2d):
        init.kaiming_normal_(module.weight, mode="fan_out")
        if module.bias is not None:
            init.zeros_(module.bias)
    elif isinstance(module, (BatchNorm2d, GroupNorm)):
        init.ones_(module.weight)
        init.zeros_(module.bias)
    elif isinstance(module, Linear):
        init.normal_(module.weight, 0, 0.01)
        init.zeros_(module.bias)


builder("mobilenet_v2", "MobileNet_V2_Weights", "mobilenetv2", "MobileNetV2.", MobileNetV2)
