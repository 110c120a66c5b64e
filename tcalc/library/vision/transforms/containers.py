"""Transforms made of others: one after the other, by chance, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, NotDefined, without_addresses
from tcalc.library.nn.module import Module
from tcalc.library.vision.transforms.arguments import is_sequence, take, transform
from tcalc.library.vision.transforms.drawing import drawn
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.texts import repr_of, str_of
from tcalc.runtime.ops.random.sources import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _listed(name: str, lines: list[str], transforms: Any) -> str:
    shown = [*lines, *[str_of(t) for t in transforms]]
    return without_addresses("\n    ".join([f"{name}(", *shown]) + "\n)")


@transform
class Compose:
    """Transforms one after the other.

    >>> from torchvision import transforms
    >>> transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    Compose(
        ToTensor()
        Normalize(mean=(0.5,), std=(0.5,))
    )
    """

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __init__(self, transforms: Any) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for t in self.transforms:
            img = t(img)
        return img

    def __repr__(self) -> str:
        return _listed(type(self).__name__, [], self.transforms)


@transform
class Lambda:
    """A function of the program's as a transform.

    >>> from torchvision import transforms
    >>> transforms.Lambda(lambda x: x * 2)(tensor([1, 2]))
    tensor([2, 4])
    """

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise ArgumentError(
                f"Argument lambd should be callable, got {repr_of(type(lambd).__name__)}",
                argument="lambd",
            )
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@transform
class RandomTransforms:
    """The base of those that draw from a list of transforms."""

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __init__(self, transforms: Any) -> None:
        if not is_sequence(transforms):
            raise ArgumentError("Argument transforms should be a sequence", argument="transforms")
        self.transforms = transforms

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotDefined("a class derived from RandomTransforms says what it does")

    def __repr__(self) -> str:
        return _listed(type(self).__name__, [], self.transforms)


@transform
class RandomApply(Module):
    """Transforms one after the other, or by the chance 1 - p none of them.

    >>> from torchvision import transforms
    >>> transforms.RandomApply([transforms.RandomHorizontalFlip(1.0)], p=1.0)(tensor([[1, 2]]))
    tensor([[2, 1]])
    """

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, transformed or not."""
        if self.p < drawn():
            return img
        for t in self.transforms:
            img = t(img)
        return img

    def __repr__(self) -> str:
        return _listed(type(self).__name__, [f"p={self.p}"], self.transforms)


@transform
class RandomOrder(RandomTransforms):
    """Transforms in an order that Python's `random` draws."""

    def __call__(self, img: Any) -> Any:
        effect("random")
        order = list(range(len(self.transforms)))
        PYTHON.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img


@transform
class RandomChoice(RandomTransforms):
    """One of several transforms, which Python's `random` draws. p: how likely each is."""

    def __init__(self, transforms: Any, p: Any = None) -> None:
        super().__init__(transforms)
        if p is not None and not is_sequence(p):
            raise ArgumentError("Argument p should be a sequence", argument="p")
        self.p = p

    def __call__(self, *args: Any) -> Any:
        effect("random")
        weights = None if self.p is None else take(self, "p", self.p, "Floats")
        chosen = PYTHON.choices(range(len(self.transforms)), weights=weights)[0]
        return self.transforms[chosen](*args)

    def __repr__(self) -> str:
        return without_addresses(f"{super().__repr__()}(p={self.p})")
