"""Data sets that are folders of files: one folder for each class."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tcalc.errors import MissingFile, ValueProblem
from tcalc.library.host import host
from tcalc.library.images.opening import read
from tcalc.library.vision.datasets.places import is_folder
from tcalc.library.vision.datasets.vision import VisionDataset, dataset, root_of, transformed
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
_HOME = "torchvision.datasets.folder"
export(f"{_HOME}.IMG_EXTENSIONS", value=IMG_EXTENSIONS)


def has_file_allowed_extension(filename: str, extensions: Any) -> bool:
    """Whether a file's name ends in one of some suffixes, however they are written."""
    endings = (extensions,) if type(extensions) is str else tuple(extensions)
    return filename.lower().endswith(endings)


def is_image_file(filename: str) -> bool:
    """Whether a file is called as images are."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: Any) -> tuple[Any, dict[str, int]]:
    """The folders in a folder, sorted, and their numbers by name."""
    effect("find_classes")
    top = root_of(directory)
    classes = List(name for name in host.files().listed(top) if is_folder(os.path.join(top, name)))
    if not classes:
        raise MissingFile(f"Couldn't find any class folder in {top}.", argument="root")
    return classes, {name: i for i, name in enumerate(classes)}


def make_dataset(
    directory: Any,
    class_to_idx: dict[str, int] | None = None,
    extensions: Any = None,
    is_valid_file: Callable[[str], Any] | None = None,
    allow_empty: bool = False,
) -> Any:
    """Each file in the folders of the classes, at any depth, with the number of its class.

    Either the suffixes are given, or a function that says of a name whether it counts.
    """
    effect("make_dataset")
    top = root_of(directory)
    if class_to_idx is None:
        class_to_idx = find_classes(top)[1]
    elif not class_to_idx:
        raise ValueProblem(
            "'class_to_index' must have at least one entry to collect any samples.",
            argument="class_to_idx",
        )
    if (extensions is None) == (is_valid_file is None):
        raise ValueProblem(
            "Both extensions and is_valid_file cannot be None or not None at the same time"
        )
    made, empty = List(), []
    for name in sorted(class_to_idx):
        before = len(made)
        for path in _files(os.path.join(top, name)):
            if is_valid_file is not None:
                counts = is_valid_file(path)
            else:
                counts = has_file_allowed_extension(path, extensions)
            if counts:
                made.append((path, class_to_idx[name]))
        if len(made) == before:
            empty.append(name)
    if empty and not allow_empty:
        message = f"Found no valid file for the classes {', '.join(empty)}. "
        if extensions is not None:
            listed = extensions if type(extensions) is str else ", ".join(extensions)
            message += f"Supported extensions are: {listed}"
        raise MissingFile(message, argument="root")
    return made


def _files(top: str) -> Iterator[str]:
    """The files below a folder: its own first, then those of each folder in it, by name."""
    if not is_folder(top):
        return
    folders = []
    for name in host.files().listed(top):
        path = os.path.join(top, name)
        if is_folder(path):
            # A link may lead back to a folder that this one is in.
            if not os.path.islink(path):
                folders.append(path)
        else:
            yield path
    for folder in folders:
        yield from _files(folder)


def pil_loader(path: Any) -> Any:
    """The image in a file, as "RGB"; needs Pillow."""
    return read(host.name_of(path)).convert("RGB")


def default_loader(path: Any) -> Any:
    """The image in a file, as "RGB"; needs Pillow."""
    return pil_loader(path)


for _function in (
    default_loader,
    find_classes,
    has_file_allowed_extension,
    is_image_file,
    make_dataset,
    pil_loader,
):
    export(f"{_HOME}.{_function.__name__}", value=_function)


@dataset("folder")
class DatasetFolder(VisionDataset):
    """Files in folders, one folder for each class: `root/class_x/a.ext`, `root/class_y/b/c.ext`.

    loader: what gives a sample for a file's name. extensions: the suffixes that count, or
    is_valid_file: what says of a name whether it does. `samples` are names with the numbers of
    their classes, `classes` the names of the folders.
    """

    _public_ = frozenset({"find_classes", "make_dataset"})

    loader: Any

    def __init__(
        self,
        root: Any,
        loader: Callable[[str], Any],
        extensions: Any = None,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        is_valid_file: Callable[[str], Any] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        classes, class_to_idx = self.find_classes(self.root)
        samples = self.make_dataset(
            self.root,
            class_to_idx=class_to_idx,
            extensions=extensions,
            is_valid_file=is_valid_file,
            allow_empty=allow_empty,
        )
        self.loader = loader
        self.extensions = extensions
        self.classes = classes
        self.class_to_idx = class_to_idx
        self.samples = samples
        self.targets = List([target for _, target in samples])

    @staticmethod
    def make_dataset(
        directory: Any,
        class_to_idx: dict[str, int],
        extensions: Any = None,
        is_valid_file: Callable[[str], Any] | None = None,
        allow_empty: bool = False,
    ) -> Any:
        """The names of the files and the numbers of their classes."""
        if class_to_idx is None:
            raise ValueProblem(
                "The class_to_idx parameter cannot be None.", argument="class_to_idx"
            )
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: Any) -> tuple[Any, dict[str, int]]:
        """The classes and their numbers; a program's class may choose others."""
        return find_classes(directory)

    def __getitem__(self, index: Any) -> Any:
        path, target = self.samples[index]
        return transformed(self, self.loader(path), target)

    def __len__(self) -> int:
        return len(self.samples)


@dataset("folder")
class ImageFolder(DatasetFolder):
    """Images in folders, one folder for each class: `root/dog/a.png`, `root/cat/b.jpg`.

    Reading them needs Pillow (`pip install 'tcalc[images]'`), unless `loader` is a function of the
    program's. `imgs` and `samples` are names with the numbers of their classes.
    """

    def __init__(
        self,
        root: Any,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[..., Any] | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], Any] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(
            root,
            loader,
            IMG_EXTENSIONS if is_valid_file is None else None,
            transform=transform,
            target_transform=target_transform,
            is_valid_file=is_valid_file,
            allow_empty=allow_empty,
        )
        self.imgs = self.samples
