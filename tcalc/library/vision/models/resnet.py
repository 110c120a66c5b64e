"""ResNet and its kin: residual networks, wide ones, and those of grouped convolutions (ResNeXt)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tcalc.errors import NotDefined, ValueProblem
from tcalc.library.nn import init
from tcalc.library.nn.activation import ReLU
from tcalc.library.nn.arguments import for_each
from tcalc.library.nn.batchnorm import BatchNorm2d
from tcalc.library.nn.containers import Sequential
from tcalc.library.nn.conv import Conv2d
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.module import Module
from tcalc.library.nn.normalization import GroupNorm
from tcalc.library.nn.pooling import AdaptiveAvgPool2d, MaxPool2d
from tcalc.library.vision.models.api import builder
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.shape.reshaping import flatten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.tensor.tensor import Tensor

    Norm = Callable[[int], Module]

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.models.resnet"
# Channels of the first stage; each of the next has twice those of the one before.
_WIDTH = 64
_STAGES = 4


def conv3x3(
    in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1
) -> Conv2d:
    """A convolution of 3 by 3 that keeps the size, up to its stride."""
    return Conv2d(
        in_planes, out_planes, kernel_size=3, stride=stride, padding=dilation, groups=groups,
        bias=False, dilation=dilation,
    )  # fmt: skip


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> Conv2d:
    """A convolution of 1 by 1, which mixes channels."""
    return Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


@export(f"{_HOME}.BasicBlock", home=_HOME)
class BasicBlock(Module):
    """Two convolutions of 3 by 3 whose result is added to the input.

    input: (N, inplanes, H, W), output: (N, planes, H / stride, W / stride).
    """

    _public_ = frozenset({"expansion"})
    # Output channels, in multiples of `planes`.
    expansion = 1

    downsample: Module | None

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None,
        groups: int = 1, base_width: int = 64, dilation: int = 1, norm_layer: Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        norm = BatchNorm2d if norm_layer is None else norm_layer
        if groups != 1 or base_width != _WIDTH:
            raise ValueProblem("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotDefined("Dilation > 1 not supported in BasicBlock")
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """The input, or what downsampling makes of it, and what the convolutions add."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


@export(f"{_HOME}.Bottleneck", home=_HOME)
class Bottleneck(Module):
    """A convolution of 3 by 3 between two of 1 by 1, whose result is added to the input.

    input: (N, inplanes, H, W), output: (N, 4 planes, H / stride, W / stride). The stride is that of
    the convolution of 3 by 3.
    """

    _public_ = frozenset({"expansion"})
    expansion = 4

    downsample: Module | None

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None,
        groups: int = 1, base_width: int = 64, dilation: int = 1, norm_layer: Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        norm = BatchNorm2d if norm_layer is None else norm_layer
        width = int(planes * (base_width / _WIDTH)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """The input, or what downsampling makes of it, and what the convolutions add."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


@export("torchvision.models.ResNet", f"{_HOME}.ResNet", home=_HOME)
class ResNet(Module):
    """A residual network: four stages of blocks, then the mean over the image and a linear layer.

    block: the class of the blocks. layers: how many there are in each stage. groups,
    width_per_group: of the convolutions inside blocks. replace_stride_with_dilation: for each of the
    last three stages, whether it keeps the size and looks at points further apart. norm_layer: makes
    the normalizations. zero_init_residual: whether blocks begin as doing nothing.
    input: (N, 3, H, W), output: (N, num_classes).

    >>> from torchvision.models.resnet import BasicBlock
    >>> net = torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)
    >>> net(rand(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    _public_ = frozenset({"_forward_impl", "_make_layer", "_norm_layer"})
    _writable_ = frozenset({"_norm_layer"})  # PyTorch's is a plain attribute, and files restore it

    def __init__(
        self, block: Any, layers: Sequence[int], num_classes: int = 1000,
        zero_init_residual: bool = False, groups: int = 1, width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None, norm_layer: Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._norm_layer = BatchNorm2d if norm_layer is None else norm_layer
        counts = for_each(self, "layers", layers, _STAGES)
        if len(counts) != _STAGES:
            raise ValueProblem(f"layers tells of {_STAGES} stages", argument="layers")
        self.inplanes = _WIDTH
        self.dilation = 1
        dilated = (
            (False,) * (_STAGES - 1)
            if replace_stride_with_dilation is None
            else replace_stride_with_dilation
        )
        if len(dilated) != _STAGES - 1:
            raise ValueProblem(
                f"replace_stride_with_dilation should be None or a 3-element tuple, got {dilated}",
                argument="replace_stride_with_dilation",
            )
        self.groups = groups
        self.base_width = width_per_group
        self.conv1 = Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(self.inplanes)
        self.relu = ReLU(inplace=True)
        self.maxpool = MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, counts[0])
        self.layer2 = self._make_layer(block, 128, counts[1], stride=2, dilate=dilated[0])
        self.layer3 = self._make_layer(block, 256, counts[2], stride=2, dilate=dilated[1])
        self.layer4 = self._make_layer(block, 512, counts[3], stride=2, dilate=dilated[2])
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(512 * block.expansion, num_classes)
        for module in self.modules():
            if isinstance(module, Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, (BatchNorm2d, GroupNorm)):
                init.constant_(module.weight, 1)
                init.constant_(module.bias, 0)
        if zero_init_residual:
            for module in self.modules():
                last = {Bottleneck: "bn3", BasicBlock: "bn2"}.get(type(module))
                if last is not None and getattr(module, last).weight is not None:
                    init.constant_(getattr(module, last).weight, 0)

    def _make_layer(
        self, block: Any, planes: int, blocks: int, stride: int = 1, dilate: bool = False
    ) -> Sequential:
        """A stage of blocks, of which the first changes channels and size."""
        norm, before = self._norm_layer, self.dilation
        if dilate:
            self.dilation *= stride
            stride = 1
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = Sequential(
                conv1x1(self.inplanes, planes * block.expansion, stride),
                norm(planes * block.expansion),
            )
        made = [
            block(
                self.inplanes,
                planes,
                stride,
                downsample,
                self.groups,
                self.base_width,
                before,
                norm,
            )
        ]
        self.inplanes = planes * block.expansion
        made += [
            block(
                self.inplanes, planes, groups=self.groups, base_width=self.base_width,
                dilation=self.dilation, norm_layer=norm,
            )
            for _ in range(1, blocks)
        ]  # fmt: skip
        return Sequential(*made)

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(flatten(self.avgpool(x), 1))

    def forward(self, x: Tensor) -> Tensor:
        """The scores of the classes, which `softmax` makes probabilities of."""
        return self._forward_impl(x)


for _function in (conv1x1, conv3x3):
    export(f"{_HOME}.{_function.__name__}", value=_function)

# By name, what it is, its class of weights, its blocks and how many of them, and further settings.
_NETWORKS: dict[str, tuple[str, str, Any, list[int], dict[str, int]]] = {
    "resnet18": ("ResNet-18", "ResNet18_Weights", BasicBlock, [2, 2, 2, 2], {}),
    "resnet34": ("ResNet-34", "ResNet34_Weights", BasicBlock, [3, 4, 6, 3], {}),
    "resnet50": ("ResNet-50", "ResNet50_Weights", Bottleneck, [3, 4, 6, 3], {}),
    "resnet101": ("ResNet-101", "ResNet101_Weights", Bottleneck, [3, 4, 23, 3], {}),
    "resnet152": ("ResNet-152", "ResNet152_Weights", Bottleneck, [3, 8, 36, 3], {}),
    "resnext50_32x4d": (
        "ResNeXt-50 of 32 groups of 4 channels", "ResNeXt50_32X4D_Weights", Bottleneck,
        [3, 4, 6, 3], {"groups": 32, "width_per_group": 4},
    ),
    "resnext101_32x8d": (
        "ResNeXt-101 of 32 groups of 8 channels", "ResNeXt101_32X8D_Weights", Bottleneck,
        [3, 4, 23, 3], {"groups": 32, "width_per_group": 8},
    ),
    "resnext101_64x4d": (
        "ResNeXt-101 of 64 groups of 4 channels", "ResNeXt101_64X4D_Weights", Bottleneck,
        [3, 4, 23, 3], {"groups": 64, "width_per_group": 4},
    ),
    "wide_resnet50_2": (
        "ResNet-50 with twice the channels inside blocks", "Wide_ResNet50_2_Weights", Bottleneck,
        [3, 4, 6, 3], {"width_per_group": 128},
    ),
    "wide_resnet101_2": (
        "ResNet-101 with twice the channels inside blocks", "Wide_ResNet101_2_Weights", Bottleneck,
        [3, 4, 23, 3], {"width_per_group": 128},
    ),
}  # fmt: skip
for _name, (_what, _weights, _block, _layers, _fixed) in _NETWORKS.items():
    builder(
        _name, _weights, "resnet", f"{_what}, a residual network.",
        partial(ResNet, _block, _layers), fixed=_fixed,
    )  # fmt: skip
