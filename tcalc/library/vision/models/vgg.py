"""VGG: convolutions of 3 by 3 in five stages, with a pool after each, and three linear layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.library.nn import init
from tcalc.library.nn.activation import ReLU
from tcalc.library.nn.batchnorm import BatchNorm2d
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
    from collections.abc import Callable

    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.models.vgg"


@export("torchvision.models.VGG", f"{_HOME}.VGG", home=_HOME)
class VGG(Module):
    """A network of the form of VGG: features, a pool to 7 by 7, three linear layers.

    features: what makes 512 channels of an image. init_weights: whether weights are drawn for such
    networks, and not as each layer does by itself.
    input: (N, 3, H, W), output: (N, num_classes).
    """

    def __init__(
        self, features: Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:  # fmt: skip
        super().__init__()
        self.features = features
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096), ReLU(True), Dropout(p=dropout),
            Linear(4096, 4096), ReLU(True), Dropout(p=dropout),
            Linear(4096, num_classes),
        )  # fmt: skip
        if init_weights:
            for module in self.modules():
                _draw(module)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of the classes."""
        return self.classifier(flatten(self.avgpool(self.features(x)), 1))


def _draw(module: Any) -> None:
    """First values of a layer's parameters."""
    if isinstance(module, Conv2d):
        init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            init.constant_(module.bias, 0)
    elif isinstance(module, BatchNorm2d):
        init.constant_(module.weight, 1)
        init.constant_(module.bias, 0)
    elif isinstance(module, Linear):
        init.normal_(module.weight, 0, 0.01)
        init.constant_(module.bias, 0)


# Channels and how many convolutions have them, by stage.
_CHANNELS = (64, 128, 256, 512, 512)
_STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def _features(counts: tuple[int, ...], batch_norm: bool) -> Sequential:
    """The convolutions of a network."""
    layers: list[Module] = []
    before = 3
    for channels, count in zip(_CHANNELS, counts):
        for _ in range(count):
            layers.append(Conv2d(before, channels, kernel_size=3, padding=1))
            layers += [BatchNorm2d(channels)] if batch_norm else []
            layers.append(ReLU(inplace=True))
            before = channels
        layers.append(MaxPool2d(kernel_size=2, stride=2))
    return Sequential(*layers)


def _maker(counts: tuple[int, ...], batch_norm: bool) -> Callable[..., Module]:
    return lambda **settings: VGG(_features(counts, batch_norm), **settings)


for _depth, _counts in _STAGES.items():
    for _suffix, _is_normed in (("", False), ("_bn", True)):
        _normed = " with batch normalization" if _is_normed else ""
        builder(
            f"vgg{_depth}{_suffix}", f"VGG{_depth}{_suffix.upper()}_Weights", "vgg",
            f"VGG-{_depth}{_normed}.", _maker(_counts, _is_normed),
            trained=lambda settings: settings.update(init_weights=False),
        )  # fmt: skip
