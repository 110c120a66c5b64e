"""CIFAR-10 and CIFAR-100: small photographs, in the files that Python's pickles of them are.

Nothing is unpickled: a small machine reads the few opcodes that these files need.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import FileProblem, StateError
from tcalc.library.host import host
from tcalc.library.vision.datasets.batches import batch, image_at
from tcalc.library.vision.datasets.places import fetch, is_file, is_folder, is_whole, md5_of
from tcalc.library.vision.datasets.vision import VisionDataset, dataset, root_of, transformed
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_SIDE = 32
_PIXELS = 3 * _SIDE * _SIDE
# The most bytes of an archive, of one of its members, and how many members it has.
_MOST, _MOST_OF_ONE, _MEMBERS = 1 << 28, 1 << 28, 64


@dataset("cifar")
class CIFAR10(VisionDataset):
    """Photographs (3, 32, 32) of ten kinds of things, 50,000 to train with and 10,000 to test.

    The files lie in `root/cifar-10-batches-py` (`data_batch_1`, …, `test_batch`, `batches.meta`), or
    still in `root/cifar-10-python.tar.gz`. Their MD5 is checked. download: fetches the archive where
    neither is there, with --allow-net. A sample is an image ("RGB") and an int; `data` is an array
    (n, 32, 32, 3), `targets` a list. RuntimeError where the files are not there or damaged.
    """

    _public_ = frozenset(
        {"base_folder", "download", "filename", "meta", "test_list", "tgz_md5", "train_list", "url"}
    )

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list: Any = (
        ("data_batch_1", "c99cafc152244af753f735de768cd75f"),
        ("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
        ("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
        ("data_batch_4", "634d18415352ddfa80567beed471001a"),
        ("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
    )
    test_list: Any = (("test_batch", "40351d587109b95175f43aff81a1287e"),)
    _meta = ("batches.meta", "label_names", "5ff9c542aee3614f3951f8cda6e48888")

    data: Any
    targets: Any
    classes: Any

    @property
    def meta(self) -> dict[str, str]:
        """The file of the classes' names: its name, the key of the list in it, and its MD5."""
        return dict(zip(("filename", "key", "md5"), self._meta))

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
        if download:
            self.download()
        wanted = [_listed(pair) for pair in (self.train_list if train else self.test_list)]
        meta = _listed([self.meta["filename"], self.meta["md5"]])
        found = self._read([*wanted, meta])
        parts, targets = [], List()
        for name, _ in wanted:
            pixels, labels = _checked(found[name], name)
            parts.append(pixels)
            targets.extend(labels)
        self.data = _images(parts)
        self.targets = targets
        names = found[meta[0]].get(self.meta["key"])
        if type(names) is not list or not all(type(name) is str for name in names):
            raise FileProblem(f"{meta[0]} has no list of names {self.meta['key']!r}",
                              argument="root")  # fmt: skip
        self.classes = List(names)
        self.class_to_idx = {name: i for i, name in enumerate(names)}

    def _read(self, wanted: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
        """What the files hold, by name: from the folder, else from the archive."""
        root = root_of(self.root)
        folder = os.path.join(root, self.base_folder)
        archive = os.path.join(root, self.filename)
        if is_folder(folder):
            read = [(name, _bytes(os.path.join(folder, name), md5)) for name, md5 in wanted]
        elif is_whole(archive, self.tgz_md5):
            read = list(_members(archive, self.base_folder, [name for name, _ in wanted]))
        else:
            damaged = is_file(archive)
            raise StateError(
                "Dataset not found or corrupted. You can use download=True to download it",
                hint=f"{archive} is not the file that was published" if damaged
                else f"there is neither {folder} nor {archive}",
            )  # fmt: skip
        unpickled = host.files().unpickled
        return {name: unpickled(data, os.path.join(folder, name)) for name, data in read}

    def __getitem__(self, index: Any) -> Any:
        at: int = kinds.take(type(self).__name__, "index", ("int",), index)
        return transformed(self, image_at(self.data, at, "RGB"), self.targets[at])

    def _batch_(self, indices: Any) -> Any:
        return batch(self, self.data, "RGB", self.targets, indices)

    def __len__(self) -> int:
        return len(self.data)

    def download(self) -> None:
        """Fetch the archive where neither it nor its folder is there."""
        root = root_of(self.root)
        if is_folder(os.path.join(root, self.base_folder)):
            return
        if not is_whole(os.path.join(root, self.filename), self.tgz_md5):
            fetch(self.url, root, self.filename, self.tgz_md5, _MOST)

    def extra_repr(self) -> str:
        """Which part of the data it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"


@dataset("cifar")
class CIFAR100(CIFAR10):
    """Photographs (3, 32, 32) of a hundred kinds of things, in `root/cifar-100-python` (`train`,
    `test`, `meta`); otherwise as CIFAR10.
    """

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list: Any = (("train", "16019d7e3df5f24257cddd939b257f8d"),)
    test_list: Any = (("test", "f0ef6b0ae62326f3e7ffdfab6717acfc"),)
    _meta = ("meta", "fine_label_names", "7973b15100ade9c7d40fb424638fde48")


# -- files ------------------------------------------------------------------------------------


def _listed(pair: Any) -> tuple[str, str]:
    """A name and an MD5, which a program's class may have written."""
    name, md5 = (kinds.take("CIFAR10", "train_list", ("str",), part) for part in pair)
    return name, md5


def _bytes(name: str, md5: str) -> bytes:
    """A file of the folder; RuntimeError where it is not the one that was published."""
    if not is_file(name):
        raise StateError(
            "Dataset not found or corrupted. You can use download=True to download it",
            hint=f"there is no {name}",
        )
    with host.files().reading(name) as (file, size):
        memory.check(size, name)
        found = md5_of(file)
        if found != md5:
            raise StateError(
                "Dataset not found or corrupted. You can use download=True to download it",
                hint=f"{name} is not the file that was published: its MD5 is {found}",
            )
        return file.read(size)


def _members(archive: str, folder: str, names: list[str]) -> Iterable[tuple[str, bytes]]:
    """The bytes of members of a packed archive, each in the folder; nothing else is looked at."""
    wanted = {f"{folder}/{name}": name for name in names}
    with host.files().reading(archive) as (file, _):
        try:
            with tarfile.open(fileobj=file, mode="r:gz") as tar:
                yield from _unpacked(tar, wanted, archive)
        except (tarfile.TarError, EOFError, zlib.error):
            raise FileProblem(f"{archive} is damaged, or no packed archive",
                              argument="root") from None  # fmt: skip
    if wanted:
        raise FileProblem(f"{archive} has no {' and no '.join(wanted)}", argument="root")


def _unpacked(
    tar: tarfile.TarFile, wanted: dict[str, str], archive: str
) -> Iterable[tuple[str, bytes]]:
    for count, member in enumerate(tar):
        if count >= _MEMBERS or not 0 <= member.size <= _MOST_OF_ONE:
            raise FileProblem(f"{archive} holds more than it should", argument="root")
        name = wanted.pop(member.name, None) if member.isreg() else None
        if name is not None:
            memory.check(member.size, f"{member.name} of {archive}")
            part = tar.extractfile(member)
            yield name, b"" if part is None else part.read(member.size)
        if not wanted:
            return


# -- contents ---------------------------------------------------------------------------------


def _checked(entry: dict[str, Any], name: str) -> tuple[Any, list[int]]:
    """The pixels (n, 3072) and the labels of a file."""
    pixels = entry.get("data")
    labels = entry.get("labels", entry.get("fine_labels"))
    if (
        type(pixels) is not np.ndarray
        or pixels.dtype != np.uint8
        or pixels.ndim != 2
        or pixels.shape[1] != _PIXELS
        or type(labels) is not list
        or len(labels) != len(pixels)
        or not all(type(label) is int for label in labels)
    ):
        raise FileProblem(
            f"{name} does not hold images of {_PIXELS} bytes and a label for each", argument="root"
        )
    return pixels, labels


def _images(parts: list[Any]) -> Any:
    """(n, height, width, 3) of bytes that lie colour by colour."""
    memory.check(2 * sum(part.nbytes for part in parts), "the images")
    planes = np.concatenate(parts) if parts else np.zeros((0, _PIXELS), np.uint8)
    return np.ascontiguousarray(planes.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1))
