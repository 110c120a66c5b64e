"""The base of data sets of images, and what is done with each sample."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tcalc.errors import NotDefined, ValueProblem, without_addresses
from tcalc.library.data.dataset import Dataset
from tcalc.library.host import host
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HOME = "torchvision.datasets"
_INDENT = 4


def dataset(file: str) -> Callable[[type], Any]:
    """Export a class of torchvision.datasets, which torchvision defines in a file of that name."""

    def mark(cls: type) -> type:
        name = cls.__name__
        home = f"{_HOME}.{file}"
        return export(f"{_HOME}.{name}", f"{home}.{name}", home=home)(cls)

    return mark


@dataset("vision")
class VisionDataset(Dataset):
    """The base of data sets of images: where they lie, and what is done with each sample.

    transform: what an image becomes. target_transform: what a target becomes. transforms: one
    function of both instead.
    """

    _public_ = frozenset({"extra_repr"})

    transform: Any
    target_transform: Any
    transforms: Any

    def __init__(
        self,
        root: Any = None,
        transforms: Callable[..., Any] | None = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
    ) -> None:
        self.root = os.path.expanduser(root) if type(root) is str else root
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueProblem(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.transform = transform
        self.target_transform = target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def __getitem__(self, index: Any) -> Any:
        raise NotDefined("a class derived from VisionDataset says what its samples are")

    def __len__(self) -> int:
        raise NotDefined("a class derived from VisionDataset says how many samples it has")

    def extra_repr(self) -> str:
        """What its text says beside where it lies."""
        return ""

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {self.root}")
        lines += self.extra_repr().splitlines()
        if self.transforms is not None:
            lines.append(repr(self.transforms))
        return without_addresses(
            f"\n{' ' * _INDENT}".join([f"Dataset {type(self).__name__}", *lines])
        )


class StandardTransform:
    """What becomes of an image and of its target, each by a function of its own."""

    _open_ = True
    _public_: frozenset[str] = frozenset()

    def __init__(self, transform: Any = None, target_transform: Any = None) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        return transformed(self, input, target)

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        for head, value in (
            ("Transform: ", self.transform),
            ("Target transform: ", self.target_transform),
        ):
            if value is not None:
                lines += (head + repr(value)).replace("\n", "\n" + " " * len(head)).splitlines()
        return without_addresses("\n".join(lines))


export("torchvision.datasets.vision.StandardTransform", value=StandardTransform)


def transformed(how: Any, image: Any, target: Any) -> tuple[Any, Any]:
    """A sample as its data set's transforms make it."""
    if how.transform is not None:
        image = how.transform(image)
    if how.target_transform is not None:
        target = how.target_transform(target)
    return image, target


def root_of(root: Any) -> str:
    """The name of the folder that a data set lies in."""
    return host.name_of(root)
