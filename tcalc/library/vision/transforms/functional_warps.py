"""torchvision.transforms.functional: tensors and images turned, sheared, bent and blurred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images.image import AFFINE, PERSPECTIVE
from tcalc.library.vision.transforms import warps
from tcalc.library.vision.transforms.arguments import (
    dimensions,
    function,
    is_number,
    is_sequence,
    kind_of,
    need_image,
    take,
)
from tcalc.library.vision.transforms.functional import fill_of, pil_to_tensor, to_pil_image
from tcalc.library.vision.transforms.interpolation import InterpolationMode, mode_of, number_of
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NEAREST, _BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR


def _need_center(center: Any) -> tuple[float, ...] | None:
    if center is None:
        return None
    if not is_sequence(center):
        raise ArgumentError("Argument center should be a sequence", argument="center")
    found: tuple[float, ...] = take("transform", "center", center, "Floats")
    return found


def _from_middle(center: tuple[float, ...] | None, img: Any) -> list[float]:
    """A center in pixels, as counted from the middle of the image."""
    if center is None:
        return [0.0, 0.0]
    _, height, width = dimensions(img)
    return [c - size * 0.5 for c, size in zip(center, (width, height))]


def _fill(fill: Any) -> Any:
    """What comes from outside: None, a number, or one for each channel."""
    return None if fill is None else take("transform", "fill", fill, "Floats")


@function
def rotate(
    img: Any, angle: float, interpolation: Any = _NEAREST, expand: bool = False,
    center: Any = None, fill: Any = None,
) -> Any:  # fmt: skip
    """The image turned by an angle in degrees, counter-clockwise.

    expand: whether the result is as large as the whole turned image needs. center: x and y of what
    it turns about, by default the middle. fill: of what comes from outside.

    >>> import torchvision.transforms.functional as TF
    >>> TF.rotate(tensor([[[1., 2.], [3., 4.]]]), 90)
    tensor([[[2., 4.],
             [1., 3.]]])
    """
    mode = mode_of(interpolation)
    if not is_number(angle):
        raise ArgumentError("Argument angle should be int or float", argument="angle")
    about = _need_center(center)
    if not isinstance(img, Tensor):
        image = need_image(img)
        return image.rotate(
            angle, number_of(mode), bool(expand), about, fillcolor=fill_of(fill, image)
        )
    matrix = warps.inverse_matrix(_from_middle(about, img), -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    return warps.rotate(img, matrix, mode.value, bool(expand), _fill(fill))


@function
def affine(
    img: Any, angle: float, translate: Any, scale: float, shear: Any,
    interpolation: Any = _NEAREST, fill: Any = None, center: Any = None,
) -> Any:  # fmt: skip
    """The image sheared, turned clockwise, stretched and moved.

    angle, shear: in degrees; shear: along x, or along x and y. translate: pixels across and down.
    """
    mode = mode_of(interpolation)
    if not is_number(angle):
        raise ArgumentError("Argument angle should be int or float", argument="angle")
    if not is_sequence(translate):
        raise ArgumentError("Argument translate should be a sequence", argument="translate")
    moved = take("affine", "translate", translate, "Floats")
    if len(moved) != 2:
        raise ValueProblem("Argument translate should be a sequence of length 2",
                           argument="translate")  # fmt: skip
    times: float = take("affine", "scale", scale, "float")
    if times <= 0.0:
        raise ValueProblem("Argument scale should be positive", argument="scale")
    if not (is_number(shear) or is_sequence(shear)):
        raise ArgumentError("Shear should be either a single value or a sequence of two values",
                            argument="shear")  # fmt: skip
    sheared = (shear, 0.0) if is_number(shear) else take("affine", "shear", shear, "Floats")
    sheared = sheared * 2 if len(sheared) == 1 else sheared
    if len(sheared) != 2:
        raise ValueProblem(f"Shear should be a sequence containing two values. Got {list(sheared)}",
                           argument="shear")  # fmt: skip
    about = _need_center(center)
    if isinstance(img, Tensor):
        matrix = warps.inverse_matrix(_from_middle(about, img), angle, moved, times, sheared)
        return warps.affine(img, matrix, mode.value, _fill(fill))
    _, height, width = dimensions(img)
    about = (width * 0.5, height * 0.5) if about is None else about
    matrix = warps.inverse_matrix(about, angle, moved, times, sheared)
    return need_image(img).transform(
        img.size, AFFINE, matrix, number_of(mode), fillcolor=fill_of(fill, img)
    )


@function
def perspective(
    img: Any, startpoints: Any, endpoints: Any, interpolation: Any = _BILINEAR, fill: Any = None
) -> Any:
    """The image seen at an angle: four corners [x, y], and where they come to lie."""
    coefficients = warps.perspective_coefficients(
        _corners("startpoints", startpoints), _corners("endpoints", endpoints)
    )
    mode = mode_of(interpolation)
    if isinstance(img, Tensor):
        return warps.perspective(img, coefficients, mode.value, _fill(fill))
    image = need_image(img)
    return image.transform(
        image.size, PERSPECTIVE, coefficients, number_of(mode), fillcolor=fill_of(fill, image)
    )


def _corners(name: str, points: Any) -> list[tuple[float, ...]]:
    if not is_sequence(points):
        raise ArgumentError(f"{name} should be a sequence of corners", argument=name)
    found = [take("perspective", name, point, "Floats") for point in points]
    if not all(type(point) is tuple and len(point) == 2 for point in found):
        raise ValueProblem(f"each of {name} is two numbers", argument=name)
    return found


def _on_tensor(img: Any, work: Callable[[Tensor], Tensor]) -> Any:
    """Work that only tensors have, also done with an image."""
    if isinstance(img, Tensor):
        return work(img)
    image = need_image(img, "img should be PIL Image or Tensor. Got {}")
    return to_pil_image(work(pil_to_tensor(image)), mode=image.mode)


@function
def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """Each pixel a mean of those around, weighted by a bell.

    kernel_size: how many pixels across and down, odd. sigma: how wide the bell is, across and down.

    >>> import torchvision.transforms.functional as TF
    >>> TF.gaussian_blur(tensor([[[0., 0., 1., 0., 0.]] * 3]), 3, 1.0)[0, 0]
    tensor([0.0000, 0.2741, 0.4519, 0.2741, 0.0000])
    """
    if not (type(kernel_size) is int or is_sequence(kernel_size)):
        raise ArgumentError(
            f"kernel_size should be int or a sequence of integers. Got {kind_of(kernel_size)}",
            argument="kernel_size",
        )
    taken = take("gaussian_blur", "kernel_size", kernel_size, "Ints")
    sizes = (taken, taken) if type(taken) is int else taken
    if len(sizes) != 2:
        raise ValueProblem(
            f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}",
            argument="kernel_size",
        )
    if any(n % 2 == 0 or n < 0 for n in sizes):
        raise ValueProblem(
            f"kernel_size should have odd and positive integers. Got {list(sizes)}",
            argument="kernel_size",
        )
    widths = _widths(sizes, sigma)
    return _on_tensor(img, lambda x: warps.gaussian_blur(x, sizes, widths))


def _widths(sizes: tuple[int, ...], sigma: Any) -> tuple[float, ...]:
    if sigma is None:
        return tuple([n * 0.15 + 0.35 for n in sizes])
    if not (is_number(sigma) or is_sequence(sigma)):
        raise ArgumentError(
            f"sigma should be either float or sequence of floats. Got {kind_of(sigma)}",
            argument="sigma",
        )
    taken = take("gaussian_blur", "sigma", sigma, "Floats")
    widths: tuple[float, ...] = taken if type(taken) is tuple else (taken,)
    widths = widths * 2 if len(widths) == 1 else widths
    if len(widths) != 2:
        raise ValueProblem(
            f"If sigma is a sequence, its length should be 2. Got {len(widths)}", argument="sigma"
        )
    if min(widths) <= 0.0:
        raise ValueProblem(f"sigma should have positive values. Got {list(widths)}",
                           argument="sigma")  # fmt: skip
    return widths


@function
def elastic_transform(
    img: Any, displacement: Any, interpolation: Any = _BILINEAR, fill: Any = None
) -> Any:
    """The image with each pixel from as far away as `displacement` says.

    displacement: (1, height, width, 2), x and y, in halves of the image.
    """
    mode = mode_of(interpolation)
    if not isinstance(displacement, Tensor):
        raise ArgumentError("Argument displacement should be a Tensor", argument="displacement")
    shape = (1, *dimensions(img)[1:], 2)
    if tuple(displacement.shape) != shape:
        raise ValueProblem(
            f"Argument displacement shape should be {shape}, but given {displacement.shape}",
            argument="displacement",
        )
    filled = _fill(fill)
    return _on_tensor(img, lambda x: warps.elastic(x, displacement, mode.value, filled))
