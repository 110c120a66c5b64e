"""Images of random numbers, for trying things out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DimError
from tcalc.library.vision.datasets.vision import VisionDataset, dataset
from tcalc.library.vision.transforms.functional import to_pil_image
from tcalc.runtime.base import kinds
from tcalc.runtime.ops.random.drawing import randint, randn
from tcalc.runtime.ops.random.generator import Generator

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


@dataset("fakedata")
class FakeData(VisionDataset):
    """Images of random numbers with random targets, the same for the same index.

    image_size: channels, height and width. random_offset: is added to the index, which seeds each.

    >>> from torchvision import datasets, transforms
    >>> data = datasets.FakeData(4, (1, 2, 2), 3, transforms.ToTensor())
    >>> data[0][0].shape, data[0][1]
    (torch.Size([1, 2, 2]), 2)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: Any = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size: int = kinds.take("FakeData", "size", ("int",), size)
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: Any) -> Any:
        at: int = kinds.take("FakeData", "index", ("int",), index)
        if at >= len(self):
            raise DimError(f"{type(self).__name__} index out of range", argument="index")
        generator = Generator().manual_seed(at + self.random_offset)
        pixels = randn(self.image_size, generator=generator)
        target = randint(0, self.num_classes, (1,), generator=generator)[0]
        image = to_pil_image(pixels)
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target.item()

    def __len__(self) -> int:
        return self.size
