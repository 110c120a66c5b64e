"""Transforms that turn, shear, bend and blur images by what is drawn."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, ValueProblem, without_addresses
from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms import functional_warps as functional
from tcalc.library.vision.transforms.arguments import (
    angles,
    dimensions,
    is_number,
    is_sequence,
    kind_of,
    need_sequence,
    pair,
    take,
    transform,
)
from tcalc.library.vision.transforms.drawing import uniform, whole
from tcalc.library.vision.transforms.geometry import ByChance
from tcalc.library.vision.transforms.interpolation import InterpolationMode, of_number
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.random.drawing import rand
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NEAREST, _BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR


def _need_fill(fill: Any) -> Any:
    if fill is None:
        return 0
    if not (is_number(fill) or is_sequence(fill)):
        raise ArgumentError("Fill should be either a sequence or a number.", argument="fill")
    return fill


def _for_channels(fill: Any, img: Any) -> Any:
    """What a tensor is filled up with: a number for each channel."""
    if not isinstance(img, Tensor):
        return fill
    return [float(fill)] * dimensions(img)[0] if is_number(fill) else [float(v) for v in fill]


@transform
class RandomRotation(Module):
    """The image turned by an angle in degrees that is drawn: between two, or from -degrees on.

    >>> from torchvision import transforms
    >>> transforms.RandomRotation(10)
    RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)
    """

    _public_ = frozenset({"get_params"})

    def __init__(
        self, degrees: Any, interpolation: Any = _NEAREST, expand: bool = False,
        center: Any = None, fill: Any = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.interpolation = of_number(interpolation)
        self.degrees = List(angles(degrees, "degrees"))
        if center is not None:
            need_sequence(center, "center", (2,))
        self.center = center
        self.expand = expand
        self.fill = _need_fill(fill)

    @staticmethod
    def get_params(degrees: Any) -> float:
        """An angle, drawn."""
        low, high = take("get_params", "degrees", degrees, "Floats")
        return uniform(low, high)

    def forward(self, img: Any) -> Any:
        """The image, turned."""
        fill = _for_channels(self.fill, img)
        angle = self.get_params(self.degrees)
        return functional.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        fill = "" if self.fill is None else f", fill={self.fill}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, "
            f"interpolation={self.interpolation.value}, expand={self.expand}{center}{fill})"
        )


@transform
class RandomAffine(Module):
    """The image sheared, turned, stretched and moved by what is drawn.

    degrees: the angles; translate: the greatest shares of width and height; scale: the factors;
    shear: the angles along x, or along x and y.
    """

    _public_ = frozenset({"get_params"})

    def __init__(
        self, degrees: Any, translate: Any = None, scale: Any = None, shear: Any = None,
        interpolation: Any = _NEAREST, fill: Any = 0, center: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.interpolation = of_number(interpolation)
        self.degrees = List(angles(degrees, "degrees"))
        if translate is not None:
            need_sequence(translate, "translate", (2,))
            if not all(0.0 <= t <= 1.0 for t in translate):
                raise ValueProblem("translation values should be between 0 and 1",
                                   argument="translate")  # fmt: skip
        if scale is not None:
            need_sequence(scale, "scale", (2,))
            if any(s <= 0 for s in scale):
                raise ValueProblem("scale values should be positive", argument="scale")
        self.translate = translate
        self.scale = scale
        self.shear = None if shear is None else List(angles(shear, "shear", (2, 4)))
        self.fill = _need_fill(fill)
        if center is not None:
            need_sequence(center, "center", (2,))
        self.center = center

    @staticmethod
    def get_params(
        degrees: Any, translate: Any, scale_ranges: Any, shears: Any, img_size: Any
    ) -> tuple[Any, ...]:
        """An angle, how far to move, a factor and how far to shear, drawn. img_size: width, height."""
        low, high = take("get_params", "degrees", degrees, "Floats")
        angle = uniform(low, high)
        moved = (0, 0)
        if translate is not None:
            most = [float(t * size) for t, size in zip(translate, img_size)]
            across = round(uniform(-most[0], most[0]))
            moved = (across, round(uniform(-most[1], most[1])))
        times = 1.0 if scale_ranges is None else uniform(*scale_ranges)
        sheared = (0.0, 0.0)
        if shears is not None:
            along = uniform(shears[0], shears[1])
            sheared = (along, uniform(shears[2], shears[3]) if len(shears) == 4 else 0.0)
        return angle, moved, times, sheared

    def forward(self, img: Any) -> Any:
        """The image, moved."""
        fill = _for_channels(self.fill, img)
        _, height, width = dimensions(img)
        drawn = self.get_params(
            self.degrees, self.translate, self.scale, self.shear, [width, height]
        )
        return functional.affine(
            img, *drawn, interpolation=self.interpolation, fill=fill, center=self.center
        )

    def __repr__(self) -> str:
        said = [f"degrees={self.degrees}"]
        for name in ("translate", "scale", "shear"):
            value = self.__dict__[name]
            said += [] if value is None else [f"{name}={value}"]
        if self.interpolation is not _NEAREST:
            said.append(f"interpolation={self.interpolation.value}")
        said += [f"fill={self.fill}"] if self.fill != 0 else []
        said += [] if self.center is None else [f"center={self.center}"]
        return f"{type(self).__name__}({', '.join(said)})"


@transform
class RandomPerspective(ByChance):
    """The image, by the chance p seen at an angle that is drawn."""

    _public_ = frozenset({"get_params"})

    def __init__(
        self, distortion_scale: float = 0.5, p: float = 0.5, interpolation: Any = _BILINEAR,
        fill: Any = 0,
    ) -> None:  # fmt: skip
        super().__init__(p)
        self.interpolation = of_number(interpolation)
        self.distortion_scale = distortion_scale
        self.fill = _need_fill(fill)

    @staticmethod
    def get_params(width: int, height: int, distortion_scale: float) -> tuple[Any, Any]:
        """The corners of the image, and where they come to lie."""
        w, h = (take("get_params", "size", n, "int") for n in (width, height))
        share: float = take("get_params", "distortion_scale", distortion_scale, "float")
        across, down = int(share * (w // 2)), int(share * (h // 2))
        corners = [(0, 0), (w - 1, 0), (w - 1, h - 1), (0, h - 1)]
        ends = []
        for x, y in corners:
            at_x = whole(0, across + 1) if x == 0 else whole(w - across - 1, w)
            at_y = whole(0, down + 1) if y == 0 else whole(h - down - 1, h)
            ends.append(List([at_x, at_y]))
        return List([List(corner) for corner in corners]), List(ends)

    def _done(self, img: Any) -> Any:
        _, height, width = dimensions(img)
        starts, ends = self.get_params(width, height, self.distortion_scale)
        fill = _for_channels(self.fill, img)
        return functional.perspective(img, starts, ends, self.interpolation, fill)


@transform
class GaussianBlur(Module):
    """The image blurred by a bell whose width is drawn, between two or one number.

    >>> from torchvision import transforms
    >>> transforms.GaussianBlur(3)
    GaussianBlur(kernel_size=(3, 3), sigma=(0.1, 2.0))
    """

    _public_ = frozenset({"get_params"})

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        made = pair(self, "kernel_size", kernel_size,
                    "Kernel size should be a tuple/list of two integers")  # fmt: skip
        given_two = is_sequence(kernel_size) and len(kernel_size) == 2
        self.kernel_size = kernel_size if given_two else made
        if any(n <= 0 or n % 2 == 0 for n in made):
            raise ValueProblem("Kernel size value should be an odd and positive number.",
                               argument="kernel_size")  # fmt: skip
        if is_number(sigma):
            if sigma <= 0:
                raise ValueProblem("If sigma is a single number, it must be positive.",
                                   argument="sigma")  # fmt: skip
            sigma = (sigma, sigma)
        elif not (is_sequence(sigma) and len(sigma) == 2):
            raise ValueProblem("sigma should be a single number or a list/tuple with length 2.",
                               argument="sigma")  # fmt: skip
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueProblem("sigma values should be positive and of the form (min, max).",
                               argument="sigma")  # fmt: skip
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A width of the bell, drawn."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        """The image, blurred."""
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return functional.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"


@transform
class ElasticTransform(Module):
    """The image with each pixel from somewhere near that is drawn, as if seen through water.

    alpha: how far away, and sigma: how smoothly, along x and y.
    """

    _public_ = frozenset({"get_params"})

    def __init__(
        self, alpha: Any = 50.0, sigma: Any = 5.0, interpolation: Any = _BILINEAR, fill: Any = 0
    ) -> None:
        super().__init__()
        self.alpha = _two_floats("alpha", alpha)
        self.sigma = _two_floats("sigma", sigma)
        self.interpolation = of_number(interpolation)
        if not (is_number(fill) or is_sequence(fill)):
            raise ArgumentError(
                f"fill should be int or float or a list or tuple of them. Got {kind_of(fill)}",
                argument="fill",
            )
        self.fill = List([float(v) for v in ([fill] if is_number(fill) else fill)])

    @staticmethod
    def get_params(alpha: Any, sigma: Any, size: Any) -> Tensor:
        """How far away each pixel comes from: (1, height, width, 2)."""
        high, wide = pair("get_params", "size", size, "size is height and width")
        made = []
        for far, smooth, length in zip(alpha, sigma, (wide, high)):
            away = rand(1, 1, high, wide) * 2 - 1
            if smooth > 0.0:
                count = int(8 * smooth + 1)
                count += 1 - count % 2
                away = functional.gaussian_blur(away, [count, count], sigma)
            made.append(away * far / length)
        return cat(made, 1).permute(0, 2, 3, 1)

    def forward(self, tensor: Any) -> Any:
        """The image, bent."""
        _, height, width = dimensions(tensor)
        displacement = self.get_params(self.alpha, self.sigma, [height, width])
        return functional.elastic_transform(tensor, displacement, self.interpolation, self.fill)

    def __repr__(self) -> str:
        return without_addresses(
            f"{type(self).__name__}(alpha={self.alpha}, sigma={self.sigma}, "
            f"interpolation={self.interpolation}, fill={self.fill})"
        )


def _two_floats(name: str, value: Any) -> Any:
    if type(value) is float:
        return List([value, value])
    if not is_sequence(value):
        raise ArgumentError(f"{name} should be float or a sequence of floats. Got {kind_of(value)}",
                            argument=name)  # fmt: skip
    if len(value) != 2:
        raise ValueProblem(
            f"If {name} is a sequence its length should be 2. Got {len(value)}", argument=name
        )
    for v in value:
        if type(v) is not float:
            raise ArgumentError(f"{name} should be a sequence of floats. Got {kind_of(v)}",
                                argument=name)  # fmt: skip
    return value
