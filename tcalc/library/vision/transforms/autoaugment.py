"""Transforms that draw what they do from a list: AutoAugment, RandAugment and their kin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import NotDefined, ValueProblem, without_addresses
from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms import functional_colors as colors
from tcalc.library.vision.transforms import functional_warps as warps
from tcalc.library.vision.transforms.arguments import dimensions, is_number, take
from tcalc.library.vision.transforms.choices import Choice, define
from tcalc.library.vision.transforms.drawing import whole
from tcalc.library.vision.transforms.functional import pil_to_tensor, to_pil_image
from tcalc.library.vision.transforms.interpolation import InterpolationMode
from tcalc.library.vision.transforms.policies import POLICIES
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.creation import tensor
from tcalc.runtime.ops.create.ranges import arange, linspace
from tcalc.runtime.ops.random.drawing import rand, randint
from tcalc.runtime.ops.random.gammas import sample_dirichlet
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NEAREST = InterpolationMode.NEAREST
_HOME = "torchvision.transforms"


def _exported(cls: type) -> Any:
    name = cls.__name__
    home = f"{_HOME}.autoaugment"
    return export(f"{_HOME}.{name}", f"{home}.{name}", home=home)(cls)


# -- what can be done -------------------------------------------------------------------------


def _affine(**how: Any) -> Callable[[Any, float, Any, Any], Any]:
    """A map of where pixels are. how: makes `shear` or `translate` of a magnitude."""

    def work(img: Any, magnitude: float, mode: Any, fill: Any) -> Any:
        given = {"angle": 0.0, "translate": (0, 0), "scale": 1.0, "shear": (0.0, 0.0)}
        given.update({name: make(magnitude) for name, make in how.items()})
        center = (0, 0) if "shear" in how else None
        return warps.affine(img, **given, interpolation=mode, fill=fill, center=center)

    return work


def _slope(magnitude: float) -> float:
    return math.degrees(math.atan(magnitude))


_OPS: dict[str, Callable[[Any, float, Any, Any], Any]] = {
    "Identity": lambda img, m, mode, fill: img,
    "ShearX": _affine(shear=lambda m: (_slope(m), 0.0)),
    "ShearY": _affine(shear=lambda m: (0.0, _slope(m))),
    "TranslateX": _affine(translate=lambda m: (int(m), 0)),
    "TranslateY": _affine(translate=lambda m: (0, int(m))),
    "Rotate": lambda img, m, mode, fill: warps.rotate(img, m, mode, fill=fill),
    "Brightness": lambda img, m, mode, fill: colors.adjust_brightness(img, 1.0 + m),
    "Color": lambda img, m, mode, fill: colors.adjust_saturation(img, 1.0 + m),
    "Contrast": lambda img, m, mode, fill: colors.adjust_contrast(img, 1.0 + m),
    "Sharpness": lambda img, m, mode, fill: colors.adjust_sharpness(img, 1.0 + m),
    "Posterize": lambda img, m, mode, fill: colors.posterize(img, int(m)),
    "Solarize": lambda img, m, mode, fill: colors.solarize(img, m),
    "AutoContrast": lambda img, m, mode, fill: colors.autocontrast(img),
    "Equalize": lambda img, m, mode, fill: colors.equalize(img),
    "Invert": lambda img, m, mode, fill: colors.invert(img),
}


class _Range(NamedTuple):
    """What magnitudes an op has (None for none), and whether they may be below 0 as well."""

    magnitudes: Tensor | None
    signed: bool


class _Most(NamedTuple):
    """The greatest magnitudes of a kind of transform. bits: how many posterize takes away."""

    shear: float
    across: float
    down: float
    angle: float
    color: float
    bits: int
    first_bits: int = 8


def _space(names: str, most: _Most, bins: int) -> dict[str, _Range]:
    """The magnitudes of some ops, in so many steps."""

    def up_to(value: float) -> _Range:
        return _Range(linspace(0.0, value, bins), True)

    bits = most.first_bits - (arange(bins) / ((bins - 1) / most.bits)).round().int()
    there = {
        "ShearX": up_to(most.shear), "ShearY": up_to(most.shear),
        "TranslateX": up_to(most.across), "TranslateY": up_to(most.down),
        "Rotate": up_to(most.angle), "Posterize": _Range(bits, False),
        "Solarize": _Range(linspace(255.0, 0.0, bins), False),
        **dict.fromkeys(("Brightness", "Color", "Contrast", "Sharpness"), up_to(most.color)),
    }  # fmt: skip
    return {name: there.get(name, _Range(None, False)) for name in names.split()}


_GEOMETRY = "ShearX ShearY TranslateX TranslateY Rotate"
_COLORS = "Brightness Color Contrast Sharpness"
_LEVELS = "Posterize Solarize AutoContrast Equalize"


def _filled(fill: Any, img: Any) -> Any:
    """What a tensor is filled up with: None, or a number for each channel."""
    if fill is None or not isinstance(img, Tensor):
        return fill
    return [float(fill)] * dimensions(img)[0] if is_number(fill) else [float(v) for v in fill]


def _negative() -> bool:
    return bool(whole(0, 2))


class _Augment(Module):
    """The base: settings by name, which its text says in their order."""

    def _settings(self) -> tuple[str, ...]:
        raise NotDefined(f"{type(self).__name__} does not name its settings")

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={self.__dict__[name]}" for name in self._settings())
        return without_addresses(f"{type(self).__name__}({said})")


# -- the transforms ---------------------------------------------------------------------------


@_exported
class AutoAugmentPolicy(Choice):
    """The data that a policy was found for."""

    _public_ = frozenset({"CIFAR10", "IMAGENET", "SVHN"})

    IMAGENET: AutoAugmentPolicy
    CIFAR10: AutoAugmentPolicy
    SVHN: AutoAugmentPolicy


for _value in POLICIES:
    define(AutoAugmentPolicy, _value.upper(), _value)


@_exported
class AutoAugment(_Augment):
    """One pair of ops of a policy, drawn, each done by its chance (Cubuk and others, 2019)."""

    _public_ = frozenset({"get_params"})

    def __init__(
        self, policy: Any = AutoAugmentPolicy.IMAGENET, interpolation: Any = _NEAREST,
        fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(policy, AutoAugmentPolicy):
            raise ValueProblem(
                f"The provided policy {policy} is not recognized.", argument="policy"
            )
        self.policy = policy
        self.interpolation = interpolation
        self.fill = fill

    def _settings(self) -> tuple[str, ...]:
        return ("policy", "fill")

    @staticmethod
    def get_params(transform_num: int) -> tuple[int, Tensor, Tensor]:
        """Which pair, and for its two ops a number for the chance and a sign, drawn."""
        chosen = whole(0, transform_num)
        chances = rand(2)
        return chosen, chances, randint(0, 2, (2,))

    def forward(self, img: Any) -> Any:
        """The image, transformed."""
        fill = _filled(self.fill, img)
        _, height, width = dimensions(img)
        policy = POLICIES[self.policy.value]
        chosen, chances, signs = self.get_params(len(policy))
        most = _Most(0.3, 150.0 / 331.0 * width, 150.0 / 331.0 * height, 30.0, 0.9, 4)
        space = _space(f"{_GEOMETRY} {_COLORS} {_LEVELS} Invert", most, 10)
        for at, (name, chance, step) in enumerate(policy[chosen]):
            if not bool(chances[at] <= chance):
                continue
            magnitudes, signed = space[name]
            magnitude = 0.0
            if step is not None and magnitudes is not None:
                magnitude = float(magnitudes[step].item())
            if signed and signs[at].item() == 0:
                magnitude *= -1.0
            img = _OPS[name](img, magnitude, self.interpolation, fill)
        return img


@_exported
class RandAugment(_Augment):
    """Some ops, drawn one after the other, all of one magnitude (Cubuk and others, 2020)."""

    def __init__(
        self, num_ops: int = 2, magnitude: int = 9, num_magnitude_bins: int = 31,
        interpolation: Any = _NEAREST, fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation = interpolation
        self.fill = fill

    def _settings(self) -> tuple[str, ...]:
        return ("num_ops", "magnitude", "num_magnitude_bins", "interpolation", "fill")

    def forward(self, img: Any) -> Any:
        """The image, transformed."""
        fill = _filled(self.fill, img)
        _, height, width = dimensions(img)
        most = _Most(0.3, 150.0 / 331.0 * width, 150.0 / 331.0 * height, 30.0, 0.9, 4)
        bins: int = take(self, "num_magnitude_bins", self.num_magnitude_bins, "int")
        space = _space(f"Identity {_GEOMETRY} {_COLORS} {_LEVELS}", most, bins)
        for _ in range(take(self, "num_ops", self.num_ops, "int")):
            name = list(space)[whole(0, len(space))]
            magnitudes, signed = space[name]
            magnitude = 0.0 if magnitudes is None else float(magnitudes[self.magnitude].item())
            if signed and _negative():
                magnitude *= -1.0
            img = _OPS[name](img, magnitude, self.interpolation, fill)
        return img


@_exported
class TrivialAugmentWide(_Augment):
    """One op of one magnitude, both drawn (Müller and Hutter, 2021).

    >>> from torchvision import transforms
    >>> transforms.TrivialAugmentWide()(zeros(3, 8, 8, dtype=uint8)).shape
    torch.Size([3, 8, 8])
    """

    def __init__(
        self, num_magnitude_bins: int = 31, interpolation: Any = _NEAREST, fill: Any = None
    ) -> None:
        super().__init__()
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation = interpolation
        self.fill = fill

    def _settings(self) -> tuple[str, ...]:
        return ("num_magnitude_bins", "interpolation", "fill")

    def forward(self, img: Any) -> Any:
        """The image, transformed."""
        fill = _filled(self.fill, img)
        dimensions(img)
        bins: int = take(self, "num_magnitude_bins", self.num_magnitude_bins, "int")
        space = _space(
            f"Identity {_GEOMETRY} {_COLORS} {_LEVELS}",
            _Most(0.99, 32.0, 32.0, 135.0, 0.99, 6),
            bins,
        )
        name = list(space)[whole(0, len(space))]
        magnitudes, signed = space[name]
        magnitude = 0.0 if magnitudes is None else float(magnitudes[whole(0, bins)].item())
        if signed and _negative():
            magnitude *= -1.0
        return _OPS[name](img, magnitude, self.interpolation, fill)


@_exported
class AugMix(_Augment):
    """A mixture of the image and of several chains of ops that are drawn (Hendrycks, 2020)."""

    _STEPS = 10

    def __init__(
        self, severity: int = 3, mixture_width: int = 3, chain_depth: int = -1,
        alpha: float = 1.0, all_ops: bool = True,
        interpolation: Any = InterpolationMode.BILINEAR, fill: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not 1 <= severity <= self._STEPS:
            raise ValueProblem(
                f"The severity must be between [1, {self._STEPS}]. Got {severity} instead.",
                argument="severity",
            )
        self.severity = severity
        self.mixture_width = mixture_width
        self.chain_depth = chain_depth
        self.alpha = alpha
        self.all_ops = all_ops
        self.interpolation = interpolation
        self.fill = fill

    def _settings(self) -> tuple[str, ...]:
        return ("severity", "mixture_width", "chain_depth", "alpha", "all_ops", "interpolation",
                "fill")  # fmt: skip

    def forward(self, orig_img: Any) -> Any:
        """The image, transformed."""
        fill = _filled(self.fill, orig_img)
        _, height, width = dimensions(orig_img)
        img = orig_img if isinstance(orig_img, Tensor) else pil_to_tensor(orig_img)
        names = f"{_GEOMETRY} {_LEVELS} {_COLORS if self.all_ops else ''}"
        space = _space(names, _Most(0.3, width / 3.0, height / 3.0, 30.0, 0.9, 4, 4), self._STEPS)
        batch = img.view([1] * max(4 - img.ndim, 0) + list(img.shape))
        beside = [batch.size(0)] + [1] * (batch.ndim - 1)
        own = self._shares(batch.size(0), 2)
        shares = self._shares(batch.size(0), self.mixture_width) * own[:, 1].view(-1, 1)
        mix = own[:, 0].view(beside) * batch
        for at in range(self.mixture_width):
            mix = mix + shares[:, at].view(beside) * self._chain(batch, space, fill)
        made = mix.view(img.shape).to(img.dtype)
        return made if isinstance(orig_img, Tensor) else to_pil_image(made)

    def _chain(self, img: Tensor, space: dict[str, _Range], fill: Any) -> Any:
        """The images after as many ops as are drawn."""
        depth = self.chain_depth if self.chain_depth > 0 else whole(1, 4)
        for _ in range(depth):
            name = list(space)[whole(0, len(space))]
            magnitudes, signed = space[name]
            magnitude = 0.0
            if magnitudes is not None:
                magnitude = float(magnitudes[whole(0, self.severity)].item())
            if signed and _negative():
                magnitude *= -1.0
            img = _OPS[name](img, magnitude, self.interpolation, fill)
        return img

    def _shares(self, rows: int, count: int) -> Tensor:
        """Shares that add up to 1, for each image."""
        return sample_dirichlet(tensor([float(self.alpha)] * count).expand(rows, -1))
