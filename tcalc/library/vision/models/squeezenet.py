"""SqueezeNet: few parameters, by convolutions of 1 by 1 before those of 3 by 3."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.nn import init
from tcalc.library.nn.activation import ReLU
from tcalc.library.nn.containers import Sequential
from tcalc.library.nn.conv import Conv2d
from tcalc.library.nn.dropout import Dropout
from tcalc.library.nn.module import Module
from tcalc.library.nn.pooling import AdaptiveAvgPool2d, MaxPool2d
from tcalc.library.vision.models.api import builder
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.ops.shape.reshaping import flatten

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.models.squeezenet"
# By version: channels and size of the first kernel, and before which fires a pool stands.
_VERSIONS = {"1_0": (96, 7, (0, 3, 7)), "1_1": (64, 3, (0, 2, 4))}
# Of each fire: channels in between, and of each of the two expansions.
_FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))


@export(f"{_HOME}.Fire", home=_HOME)
class Fire(Module):
    """A convolution to few channels, and from these two side by side, of 1 by 1 and 3 by 3."""

    def __init__(
        self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int
    ) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = Conv2d(inplanes, squeeze_planes, kernel_size=1)
        self.squeeze_activation = ReLU(inplace=True)
        self.expand1x1 = Conv2d(squeeze_planes, expand1x1_planes, kernel_size=1)
        self.expand1x1_activation = ReLU(inplace=True)
        self.expand3x3 = Conv2d(squeeze_planes, expand3x3_planes, kernel_size=3, padding=1)
        self.expand3x3_activation = ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """The channels of both expansions."""
        x = self.squeeze_activation(self.squeeze(x))
        return cat(
            [
                self.expand1x1_activation(self.expand1x1(x)),
                self.expand3x3_activation(self.expand3x3(x)),
            ],
            1,
        )


@export("torchvision.models.SqueezeNet", f"{_HOME}.SqueezeNet", home=_HOME)
class SqueezeNet(Module):
    """SqueezeNet of version '1_0' or '1_1'.

    input: (N, 3, H, W), at least 21 by 21 (17 by 17 for '1_1'); output: (N, num_classes).
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.num_classes = num_classes
        found = _VERSIONS.get(version) if type(version) is str else None
        if found is None:
            raise ValueProblem(
                f"Unsupported SqueezeNet version {version}: 1_0 or 1_1 expected", argument="version"
            )
        before, size, pools = found
        layers: list[Module] = [Conv2d(3, before, kernel_size=size, stride=2), ReLU(inplace=True)]
        for i, (squeezed, expanded) in enumerate(_FIRES):
            if i in pools:
                layers.append(MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
            layers.append(Fire(before, squeezed, expanded, expanded))
            before = 2 * expanded
        self.features = Sequential(*layers)
        last = Conv2d(before, num_classes, kernel_size=1)
        self.classifier = Sequential(
            Dropout(p=dropout), last, ReLU(inplace=True), AdaptiveAvgPool2d((1, 1))
        )
        for module in self.modules():
            if isinstance(module, Conv2d):
                if module is last:
                    init.normal_(module.weight, mean=0.0, std=0.01)
                else:
                    init.kaiming_uniform_(module.weight)
                if module.bias is not None:
                    init.constant_(module.bias, 0)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of the classes."""
        return flatten(self.classifier(self.features(x)), 1)


for _version in _VERSIONS:
    builder(
        f"squeezenet{_version}", f"SqueezeNet{_version}_Weights", "squeezenet",
        f"SqueezeNet {_version.replace('_', '.')}.", partial(SqueezeNet, _version),
    )  # fmt: skip
