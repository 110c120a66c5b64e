"""GoogLeNet: blocks of four branches side by side, and in training two further classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.nn import init
from tcalc.library.nn.batchnorm import BatchNorm2d
from tcalc.library.nn.containers import Sequential
from tcalc.library.nn.conv import Conv2d
from tcalc.library.nn.dropout import Dropout
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.module import Module
from tcalc.library.nn.pooling import AdaptiveAvgPool2d, MaxPool2d
from tcalc.library.vision.models.api import builder, fix
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.elementwise.activation import relu
from tcalc.runtime.ops.nn.pooling.adaptive import adaptive_avg_pool2d
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.ops.shape.reshaping import flatten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcalc.runtime.tensor.tensor import Tensor

    Block = Callable[..., Module]

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.models.googlenet"
# By stage and name: input channels, those of the first branch, and of the others before and after.
_STAGES = (
    {"3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64)},
    {
        "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64),
        "4c": (512, 128, 128, 256, 24, 64, 64), "4d": (512, 112, 144, 288, 32, 64, 64),
        "4e": (528, 256, 160, 320, 32, 128, 128),
    },
    {"5a": (832, 256, 160, 320, 32, 128, 128), "5b": (832, 384, 192, 384, 48, 128, 128)},
)  # fmt: skip
# The kernels of the pools that end them.
_POOLS = (3, 2)
# Means and deviations of ImageNet's channels, which are undone for weights that expect ±1.
_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

GoogLeNetOutputs = named_result("GoogLeNetOutputs", ("logits", "aux_logits2", "aux_logits1"))


@export(f"{_HOME}.BasicConv2d", home=_HOME)
class BasicConv2d(Module):
    """A convolution without bias, batch normalization and ReLU."""

    def __init__(self, in_channels: int, out_channels: int, **kwargs: Any) -> None:
        super().__init__()
        self.conv = Conv2d(in_channels, out_channels, bias=False, **kwargs)
        self.bn = BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """The three, one after the other."""
        return relu(self.bn(self.conv(x)))


@export(f"{_HOME}.Inception", home=_HOME)
class Inception(Module):
    """Four branches side by side, whose channels stand one after the other in the output."""

    def __init__(
        self, in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int,
        pool_proj: int, conv_block: Block | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        block = BasicConv2d if conv_block is None else conv_block
        self.branch1 = block(in_channels, ch1x1, kernel_size=1)
        self.branch2 = Sequential(
            block(in_channels, ch3x3red, kernel_size=1),
            block(ch3x3red, ch3x3, kernel_size=3, padding=1),
        )
        # A kernel of 3 by 3, though the paper says 5: the published weights have it so.
        self.branch3 = Sequential(
            block(in_channels, ch5x5red, kernel_size=1),
            block(ch5x5red, ch5x5, kernel_size=3, padding=1),
        )
        self.branch4 = Sequential(
            MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True),
            block(in_channels, pool_proj, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The channels of all branches."""
        return cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


@export(f"{_HOME}.InceptionAux", home=_HOME)
class InceptionAux(Module):
    """A classifier of what stands in the middle of the network."""

    def __init__(
        self, in_channels: int, num_classes: int, conv_block: Block | None = None,
        dropout: float = 0.7,
    ) -> None:  # fmt: skip
        super().__init__()
        block = BasicConv2d if conv_block is None else conv_block
        self.conv = block(in_channels, 128, kernel_size=1)
        self.fc1 = Linear(2048, 1024)
        self.fc2 = Linear(1024, num_classes)
        self.dropout = Dropout(p=dropout)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of the classes."""
        x = flatten(self.conv(adaptive_avg_pool2d(x, (4, 4))), 1)
        return self.fc2(self.dropout(relu(self.fc1(x))))


@export("torchvision.models.GoogLeNet", f"{_HOME}.GoogLeNet", home=_HOME)
class GoogLeNet(Module):
    """GoogLeNet (Inception v1).

    aux_logits: whether there are two further classifiers, which work in training alone.
    transform_input: whether images prepared for other networks are made to fit. init_weights:
    whether weights are drawn from a normal distribution. blocks: what makes convolutions, blocks
    and further classifiers.
    input: (N, 3, H, W), output: (N, num_classes), in training with aux_logits three of them.
    """

    def __init__(
        self, num_classes: int = 1000, aux_logits: bool = True, transform_input: bool = False,
        init_weights: bool | None = None, blocks: Sequence[Block] | None = None,
        dropout: float = 0.2, dropout_aux: float = 0.7,
    ) -> None:  # fmt: skip
        super().__init__()
        made = [BasicConv2d, Inception, InceptionAux] if blocks is None else list(blocks)
        if init_weights is None:
            warn(
                "The default weight initialization of GoogleNet will be changed in future "
                "releases of torchvision. If you wish to keep the old behavior (which leads to "
                "long initialization times due to scipy/scipy#11299), please set "
                "init_weights=True.",
                FutureWarning,
            )
            init_weights = True
        if len(made) != 3:
            raise ValueProblem(f"blocks length should be 3 instead of {len(made)}")
        convolution, inception, auxiliary = made
        self.aux_logits = aux_logits
        self.transform_input = transform_input
        self.conv1 = convolution(3, 64, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = convolution(64, 64, kernel_size=1)
        self.conv3 = convolution(64, 192, kernel_size=3, padding=1)
        self.maxpool2 = MaxPool2d(3, stride=2, ceil_mode=True)
        for stage, blocks_of_it in enumerate(_STAGES):
            for name, sizes in blocks_of_it.items():
                self.add_module(f"inception{name}", inception(*sizes))
            if stage < len(_POOLS):
                pool = MaxPool2d(_POOLS[stage], stride=2, ceil_mode=True)
                self.add_module(f"maxpool{stage + 3}", pool)
        self.aux1 = auxiliary(512, num_classes, dropout=dropout_aux) if aux_logits else None
        self.aux2 = auxiliary(528, num_classes, dropout=dropout_aux) if aux_logits else None
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.dropout = Dropout(p=dropout)
        self.fc = Linear(1024, num_classes)
        if init_weights:
            for module in self.modules():
                _draw(module)

    def forward(self, x: Tensor) -> Any:
        """The scores of the classes; in training also those of the further classifiers."""
        if self.transform_input:
            x = _prepared(x)
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(x)))))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = self.inception4a(x)
        first = self.aux1(x) if self.aux1 is not None and self.training else None
        x = self.inception4d(self.inception4c(self.inception4b(x)))
        second = self.aux2(x) if self.aux2 is not None and self.training else None
        x = self.inception5a(self.maxpool4(self.inception4e(x)))
        x = self.fc(self.dropout(flatten(self.avgpool(self.inception5b(x)), 1)))
        return GoogLeNetOutputs((x, second, first)) if self.training and self.aux_logits else x


def _prepared(x: Tensor) -> Tensor:
    """Images normalized by ImageNet's means as those that were brought to ±1."""
    parts = [
        x[:, i].unsqueeze(1) * (deviation / 0.5) + (mean - 0.5) / 0.5
        for i, (mean, deviation) in enumerate(zip(_MEANS, _DEVIATIONS))
    ]
    return cat(parts, 1)


def _draw(module: Any) -> None:
    """First values of a layer's parameters."""
    if isinstance(module, (Conv2d, Linear)):
        init.trunc_normal_(module.weight, mean=0.0, std=0.01, a=-2, b=2)
    elif isinstance(module, BatchNorm2d):
        init.constant_(module.weight, 1)
        init.constant_(module.bias, 0)


def _trained(settings: dict[str, Any]) -> None:
    """Published weights are of the whole network, and of images brought to ±1."""
    settings.setdefault("transform_input", True)
    fix(settings, "aux_logits", True)
    fix(settings, "init_weights", False)


def _finished(module: GoogLeNet, given: Mapping[str, Any]) -> None:
    """Published weights have the further classifiers, which are kept where that was asked for."""
    if given.get("aux_logits", False):
        warn(
            "auxiliary heads in the pretrained googlenet model are NOT pretrained, so make sure "
            "to train them"
        )
    else:
        module.aux_logits = False
        module.aux1 = module.aux2 = None


builder(
    "googlenet", "GoogLeNet_Weights", "googlenet", "GoogLeNet (Inception v1).", GoogLeNet,
    trained=_trained, loaded=_finished,
)  # fmt: skip
