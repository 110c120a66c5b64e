"""DenseNet: each layer is given the channels of all before it in its block."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from tcalc.library.checkpoint import checkpoint
from tcalc.library.nn import init
from tcalc.library.nn.activation import ReLU
from tcalc.library.nn.batchnorm import BatchNorm2d
from tcalc.library.nn.containers import ModuleDict, Sequential
from tcalc.library.nn.conv import Conv2d
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.module import Module
from tcalc.library.nn.pooling import AvgPool2d, MaxPool2d
from tcalc.library.vision.models.api import builder
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.elementwise.activation import relu
from tcalc.runtime.ops.grad_modes import is_grad_enabled
from tcalc.runtime.ops.nn.dropout import dropout
from tcalc.runtime.ops.nn.pooling.adaptive import adaptive_avg_pool2d
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.ops.shape.reshaping import flatten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.models.densenet"


@export(f"{_HOME}._DenseLayer", home=_HOME)
class _DenseLayer(Module):
    """Two convolutions that make `growth_rate` channels of all that were made before."""

    _public_ = frozenset({"bn_function"})

    def __init__(
        self, num_input_features: int, growth_rate: int, bn_size: int, drop_rate: float,
        memory_efficient: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        width = bn_size * growth_rate
        self.norm1 = BatchNorm2d(num_input_features)
        self.relu1 = ReLU(inplace=True)
        self.conv1 = Conv2d(num_input_features, width, kernel_size=1, stride=1, bias=False)
        self.norm2 = BatchNorm2d(width)
        self.relu2 = ReLU(inplace=True)
        self.conv2 = Conv2d(width, growth_rate, kernel_size=3, stride=1, padding=1, bias=False)
        self.drop_rate = float(drop_rate)
        self.memory_efficient = memory_efficient

    def bn_function(self, inputs: Sequence[Tensor]) -> Tensor:
        """What the first convolution makes of the channels so far."""
        return self.conv1(self.relu1(self.norm1(cat(list(inputs), 1))))

    def forward(self, input: Any) -> Tensor:
        """The new channels. input: a tensor, or a list of those so far."""
        before = input if isinstance(input, list) else [input]
        if self.memory_efficient and any(t.requires_grad for t in before) and is_grad_enabled():
            made = checkpoint(lambda *given: self.bn_function(given), *before, use_reentrant=False)
        else:
            made = self.bn_function(before)
        made = self.conv2(self.relu2(self.norm2(made)))
        if self.drop_rate > 0:
            made = dropout(made, self.drop_rate, self.training)
        return made


@export(f"{_HOME}._DenseBlock", home=_HOME)
class _DenseBlock(ModuleDict):
    """Layers of which each adds its channels to all before."""

    def __init__(
        self, num_layers: int, num_input_features: int, bn_size: int, growth_rate: int,
        drop_rate: float, memory_efficient: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        for i in range(num_layers):
            self.add_module(
                f"denselayer{i + 1}",
                _DenseLayer(
                    num_input_features + i * growth_rate, growth_rate, bn_size, drop_rate,
                    memory_efficient,
                ),
            )  # fmt: skip

    def forward(self, init_features: Tensor) -> Tensor:
        """The channels of the input and of all layers."""
        found = [init_features]
        for layer in self.values():
            found.append(layer(list(found)))
        return cat(found, 1)


@export(f"{_HOME}._Transition", home=_HOME)
class _Transition(Sequential):
    """Between blocks: fewer channels, and half the size."""

    def __init__(self, num_input_features: int, num_output_features: int) -> None:
        super().__init__()
        self.norm = BatchNorm2d(num_input_features)
        self.relu = ReLU(inplace=True)
        self.conv = Conv2d(
            num_input_features, num_output_features, kernel_size=1, stride=1, bias=False
        )
        self.pool = AvgPool2d(kernel_size=2, stride=2)


@export("torchvision.models.DenseNet", f"{_HOME}.DenseNet", home=_HOME)
class DenseNet(Module):
    """A densely connected network.

    growth_rate: channels that each layer adds. block_config: layers of each block.
    num_init_features: channels of the first convolution. bn_size: how many times growth_rate the
    channels inside a layer are. memory_efficient: whether layers are computed again on the way back.
    input: (N, 3, H, W), output: (N, num_classes).
    """

    def __init__(
        self, growth_rate: int = 32, block_config: Sequence[int] = (6, 12, 24, 16),
        num_init_features: int = 64, bn_size: int = 4, drop_rate: float = 0,
        num_classes: int = 1000, memory_efficient: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.features = Sequential()
        add = self.features.add_module
        add("conv0", Conv2d(3, num_init_features, kernel_size=7, stride=2, padding=3, bias=False))
        add("norm0", BatchNorm2d(num_init_features))
        add("relu0", ReLU(inplace=True))
        add("pool0", MaxPool2d(kernel_size=3, stride=2, padding=1))
        channels = num_init_features
        for i, count in enumerate(block_config):
            add(
                f"denseblock{i + 1}",
                _DenseBlock(count, channels, bn_size, growth_rate, drop_rate, memory_efficient),
            )
            channels += count * growth_rate
            if i != len(block_config) - 1:
                add(f"transition{i + 1}", _Transition(channels, channels // 2))
                channels //= 2
        add("norm5", BatchNorm2d(channels))
        self.classifier = Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, Conv2d):
                init.kaiming_normal_(module.weight)
            elif isinstance(module, BatchNorm2d):
                init.constant_(module.weight, 1)
                init.constant_(module.bias, 0)
            elif isinstance(module, Linear):
                init.constant_(module.bias, 0)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of the classes."""
        found = relu(self.features(x))
        return self.classifier(flatten(adaptive_avg_pool2d(found, (1, 1)), 1))


# Published weights call a layer's parts `norm.1` where the network has `norm1`.
_OLD = re.compile(
    r"^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.(?:weight|bias|running_mean|running_var))$"
)


def _renamed(state: dict[str, Any]) -> dict[str, Any]:
    return {_OLD.sub(r"\1\2", name): value for name, value in state.items()}


# By depth: growth_rate, block_config, num_init_features.
_NETWORKS = {
    121: (32, (6, 12, 24, 16), 64),
    161: (48, (6, 12, 36, 24), 96),
    169: (32, (6, 12, 32, 32), 64),
    201: (32, (6, 12, 48, 32), 64),
}
for _depth, _sizes in _NETWORKS.items():
    builder(
        f"densenet{_depth}", f"DenseNet{_depth}_Weights", "densenet", f"DenseNet-{_depth}.",
        partial(DenseNet, *_sizes), renamed=_renamed,
    )  # fmt: skip
