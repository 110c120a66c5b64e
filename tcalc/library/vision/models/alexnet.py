"""AlexNet: five convolutions and three linear layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.library.nn.activation import ReLU
from tcalc.library.nn.containers import Sequential
from tcalc.library.nn.conv import Conv2d
from tcalc.library.nn.dropout import Dropout
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.module import Module
from tcalc.library.nn.pooling import AdaptiveAvgPool2d, MaxPool2d
from tcalc.library.vision.models.api import builder
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.shape.reshaping import flatten

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.models.alexnet"


@export("torchvision.models.AlexNet", f"{_HOME}.AlexNet", home=_HOME)
class AlexNet(Module):
    """AlexNet, of one column.

    input: (N, 3, H, W), at least 63 by 63; output: (N, num_classes).
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(3, 64, kernel_size=11, stride=4, padding=2), ReLU(inplace=True),
            MaxPool2d(kernel_size=3, stride=2),
            Conv2d(64, 192, kernel_size=5, padding=2), ReLU(inplace=True),
            MaxPool2d(kernel_size=3, stride=2),
            Conv2d(192, 384, kernel_size=3, padding=1), ReLU(inplace=True),
            Conv2d(384, 256, kernel_size=3, padding=1), ReLU(inplace=True),
            Conv2d(256, 256, kernel_size=3, padding=1), ReLU(inplace=True),
            MaxPool2d(kernel_size=3, stride=2),
        )  # fmt: skip
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.classifier = Sequential(
            Dropout(p=dropout), Linear(256 * 6 * 6, 4096), ReLU(inplace=True),
            Dropout(p=dropout), Linear(4096, 4096), ReLU(inplace=True),
            Linear(4096, num_classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """The scores of the classes."""
        return self.classifier(flatten(self.avgpool(self.features(x)), 1))


builder("alexnet", "AlexNet_Weights", "alexnet", "AlexNet.", AlexNet)
