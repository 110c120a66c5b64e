"""What transforms are given: images and their sizes, numbers and pairs of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images.image import Image
from tcalc.library.vision.transforms import tensors
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.texts import repr_of
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HOME = "torchvision.transforms"
SEQUENCES = (list, tuple)


def transform(cls: type) -> type:
    """Export a class of torchvision.transforms; torchvision.transforms.v2 has it by that name too."""
    name = cls.__name__
    home = f"{_HOME}.transforms"
    return export(f"{_HOME}.{name}", f"{home}.{name}", f"{_HOME}.v2.{name}", home=home)(cls)


def function(made: Callable[..., Any]) -> Any:
    """Export a function of torchvision.transforms.functional, and of v2's."""
    name = made.__name__
    return export(f"{_HOME}.functional.{name}", f"{_HOME}.v2.functional.{name}", value=made)


def take(what: object, name: str, value: object, *accepted: str) -> Any:
    """An argument as one of the kinds that are taken (see `base.kinds`)."""
    owner = what if isinstance(what, str) else type(what).__name__
    return kinds.take(owner, name, accepted, value)


def kind_of(value: object) -> str:
    """A value's type, as a message names it."""
    return repr_of(type(value))


def dimensions(img: Any) -> list[int]:
    """Channels, height and width of an image; TypeError for what is none."""
    if isinstance(img, Tensor):
        return tensors.dimensions(img)
    need_image(img, "Unexpected type {}")
    return [len(img.getbands()), img.height, img.width]


def need_image(img: Any, message: str = "img should be PIL Image. Got {}") -> Image:
    """An image as PIL has them; TypeError for anything else."""
    if not isinstance(img, Image):
        raise ArgumentError(message.format(kind_of(img)), argument="img")
    return img


def is_number(value: object) -> bool:
    """Whether a value is one of Python's real numbers."""
    return isinstance(value, (int, float))


def is_sequence(value: object) -> bool:
    """Whether a value is a list or a tuple."""
    return isinstance(value, SEQUENCES)


def pair(what: object, name: str, value: Any, message: str) -> tuple[int, int]:
    """Height and width: of one number, or of a list of one or two; ValueError for another number."""
    taken = take(what, name, int(value) if type(value) is float else value, "Ints")
    sizes: tuple[int, ...] = (taken,) if type(taken) is int else taken
    if len(sizes) == 1:
        return sizes[0], sizes[0]
    if len(sizes) != 2:
        raise ValueProblem(message, argument=name)
    return sizes[0], sizes[1]


def need_sequence(value: Any, name: str, counts: Sequence[int]) -> None:
    """Refuse what is no list of one of these numbers of elements."""
    wanted = " or ".join(map(str, counts))
    if not is_sequence(value):
        raise ArgumentError(f"{name} should be a sequence of length {wanted}.", argument=name)
    if len(value) not in counts:
        raise ValueProblem(f"{name} should be a sequence of length {wanted}.", argument=name)


def angles(value: Any, name: str, counts: Sequence[int] = (2,)) -> list[float]:
    """From where to where an angle is drawn: of one number, or of a list."""
    if is_number(value):
        if value < 0:
            raise ValueProblem(f"If {name} is a single number, it must be positive.", argument=name)
        value = [-value, value]
    else:
        need_sequence(value, name, counts)
    return [float(v) for v in take("Transform", name, value, "Floats")]
