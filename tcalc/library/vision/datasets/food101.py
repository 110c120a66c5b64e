"""Food-101: photographs of a hundred and one dishes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem, StateError, ValueProblem
from tcalc.library.host import host
from tcalc.library.images.opening import read
from tcalc.library.vision.datasets.places import is_file
from tcalc.library.vision.datasets.vision import VisionDataset, dataset, root_of, transformed
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_SPLITS = ("train", "test")
_URL = "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz"


@dataset("food101")
class Food101(VisionDataset):
    """Photographs of 101 dishes, 750 of each to train with and 250 to test.

    split: `train` or `test`. The files lie in `root/food-101`: `meta/train.json`, `meta/test.json`
    and `images/pizza/123.jpg`. Reading the photographs needs Pillow. RuntimeError where the files
    are not there.
    """

    def __init__(
        self,
        root: Any,
        split: str = "train",
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        download: bool = False,
        loader: Callable[[str], Any] | None = None,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        if split not in _SPLITS:
            raise ValueProblem(
                f"Unknown value '{split}' for argument split. Valid values are "
                "{'train', 'test'}.",
                argument="split",
            )
        self._split = split
        self.loader = loader
        folder = os.path.join(root_of(self.root), "food-101")
        meta = os.path.join(folder, "meta", f"{split}.json")
        if not is_file(meta):
            raise StateError(
                "Dataset not found. You can use download=True to download it",
                hint=f"there is no {meta}; the archive of 5 GB is not taken apart here: fetch {_URL} "
                f"at the shell and unpack it in {root_of(self.root)}",
            )
        listed = _listed(meta)
        self.classes = List(sorted(listed))
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self._image_files: Any = List()
        self._labels: Any = List()
        for name, files in listed.items():
            for file in files:
                self._image_files.append(os.path.join(folder, "images", *f"{file}.jpg".split("/")))
                self._labels.append(self.class_to_idx[name])

    def __len__(self) -> int:
        return len(self._image_files)

    def __getitem__(self, idx: Any) -> Any:
        at: int = kinds.take("Food101", "idx", ("int",), idx)
        name = self._image_files[at]
        image = read(name).convert("RGB") if self.loader is None else self.loader(name)
        return transformed(self, image, self._labels[at])

    def extra_repr(self) -> str:
        """Which part of the data it is."""
        return f"split={self._split}"


def _listed(meta: str) -> dict[str, list[str]]:
    """By dish, the names of its photographs."""
    with host.files().reading(meta) as (file, size):
        memory.check(8 * size, meta)
        data = file.read(size)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise FileProblem(f"{meta} is not the JSON that it should be", argument="root") from None
    if type(found) is not dict or not all(
        type(files) is list and all(type(file) is str for file in files) for files in found.values()
    ):
        raise FileProblem(f"{meta} does not list the photographs of each dish", argument="root")
    return found
