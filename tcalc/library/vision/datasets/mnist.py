"""MNIST and the data sets in its format: handwritten digits, letters, clothes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import FileProblem, StateError, ValueProblem
from tcalc.library.vision.datasets import idx
from tcalc.library.vision.datasets.batches import batch, image_at
from tcalc.library.vision.datasets.places import fetch, is_whole
from tcalc.library.vision.datasets.vision import VisionDataset, dataset, root_of, transformed
from tcalc.runtime.base import kinds
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# The largest of the files is packed to 26 MB.
_MOST = 1 << 26
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataset("mnist")
class MNIST(VisionDataset):
    """Handwritten digits: images (1, 28, 28), 60,000 to train with and 10,000 to test.

    The files lie in `root/MNIST/raw`: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the
    two of `t10k`, as they are or packed (`.gz`). download: fetches them where they are not there,
    with --allow-net. A sample is an image ("L") and an int; `data` and `targets` are tensors.
    RuntimeError where the files are not there, OSError where they are damaged.
    """

    _public_ = frozenset(
        {"class_to_idx", "download", "mirrors", "processed_folder", "raw_folder",
         "resources", "test_data", "test_labels", "train_data", "train_labels"}
    )  # fmt: skip
    mirrors = ("https://ossci-datasets.s3.amazonaws.com/mnist/",)
    resources = (
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    )
    _classes: tuple[str, ...] = ("0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six",
         "7 - seven", "8 - eight", "9 - nine")  # fmt: skip

    data: Any
    targets: Any
    classes: Any

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        self.classes = List(self._classes)
        if download:
            self.download()
        names = [idx.found(name) for name in self._files()]
        if not all(names):
            missing = [f"{name}[.gz]" for name, at in zip(self._files(), names) if at is None]
            raise StateError(
                "Dataset not found. You can use download=True to download it",
                hint=f"there is no {' and no '.join(missing)}",
            )
        images, labels = (idx.read(name) for name in names if name is not None)
        if images.ndim != 3 or images.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise FileProblem(
                f"{names[0]} and {names[1]} do not belong together: {list(images.shape)} images, "
                f"{list(labels.shape)} labels",
                argument="root",
            )
        self.data, self.targets = wrap(images), wrap(labels.astype(np.int64))

    def _files(self) -> tuple[str, str]:
        """The names of the images and of the labels, unpacked."""
        start = "train" if self.train else "t10k"
        return (
            os.path.join(self.raw_folder, f"{start}-images-idx3-ubyte"),
            os.path.join(self.raw_folder, f"{start}-labels-idx1-ubyte"),
        )

    def __getitem__(self, index: Any) -> Any:
        at: int = kinds.take(type(self).__name__, "index", ("int",), index)
        return transformed(self, image_at(self.data, at, "L"), int(self.targets[at]))

    def _batch_(self, indices: Any) -> Any:
        return batch(self, self.data, "L", self.targets, indices)

    def __len__(self) -> int:
        return len(self.data)

    @property
    def raw_folder(self) -> str:
        """The folder of the files."""
        return os.path.join(root_of(self.root), type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """Where old versions of torchvision kept files of their own."""
        return os.path.join(root_of(self.root), type(self).__name__, "processed")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    @property
    def train_data(self) -> Any:
        """The old name of data."""
        return self.data

    test_data = train_data

    @property
    def train_labels(self) -> Any:
        """The old name of targets."""
        return self.targets

    test_labels = train_labels

    def download(self) -> None:
        """Fetch the files that are not there."""
        for file, md5 in self.resources:
            name = os.path.join(self.raw_folder, file)
            if idx.found(name.removesuffix(".gz")) == name.removesuffix(".gz"):
                continue
            if not is_whole(name, md5):
                fetch(f"{self.mirrors[0]}{file}", self.raw_folder, file, md5, _MOST)

    def extra_repr(self) -> str:
        """Which part of the data it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"


@dataset("mnist")
class FashionMNIST(MNIST):
    """Clothes: images (1, 28, 28) of ten kinds, in the format of MNIST, in `root/FashionMNIST/raw`."""

    mirrors = (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    )
    resources = (
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    )
    _classes: tuple[str, ...] = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
         "Ankle boot")  # fmt: skip


@dataset("mnist")
class KMNIST(MNIST):
    """Japanese letters: images (1, 28, 28) of ten kinds, in the format of MNIST, in
    `root/KMNIST/raw`.
    """

    mirrors = ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    resources = (
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    )
    _classes: tuple[str, ...] = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")  # fmt: skip


_DIGITS = list("0123456789")
# The letters whose small form is told from the large one.
_TOLD = list("abdefghnqrt")
_SPLITS = {
    "byclass": [*_DIGITS, *_LETTERS, *_LETTERS.lower()],
    "bymerge": [*_DIGITS, *_LETTERS, *_TOLD],
    "balanced": [*_DIGITS, *_LETTERS, *_TOLD],
    "letters": ["N/A", *_LETTERS.lower()],
    "digits": _DIGITS,
    "mnist": _DIGITS,
}


@dataset("mnist")
class EMNIST(MNIST):
    """Handwritten letters and digits, in the format of MNIST.

    split: `byclass`, `bymerge`, `balanced`, `letters`, `digits` or `mnist`. The files lie in
    `root/EMNIST/raw` as they come out of the archive: `emnist-letters-train-images-idx3-ubyte`, …
    """

    _public_ = frozenset({"splits"})

    splits = tuple(_SPLITS)

    def __init__(self, root: Any, split: str, **kwargs: Any) -> None:
        if type(split) is not str or split not in _SPLITS:
            raise ValueProblem(
                f"Unknown value '{split}' for argument split. Valid values are "
                f"{{{', '.join(map(repr, _SPLITS))}}}.",
                argument="split",
            )
        self.split = split
        super().__init__(root, **kwargs)
        self.classes = List(sorted(_SPLITS[split]) if split != "letters" else _SPLITS[split])

    def _files(self) -> tuple[str, str]:
        start = f"emnist-{self.split}-{'train' if self.train else 'test'}"
        return (
            os.path.join(self.raw_folder, f"{start}-images-idx3-ubyte"),
            os.path.join(self.raw_folder, f"{start}-labels-idx1-ubyte"),
        )

    def download(self) -> None:
        """Nothing where the files are there; else an error that says what to unpack where."""
        if all(idx.found(name) for name in self._files()):
            return
        raise StateError(
            "EMNIST comes in one archive of half a gigabyte, which is not taken apart here",
            hint="fetch https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip at the shell and unpack "
            f"its .gz files into {self.raw_folder}",
        )
