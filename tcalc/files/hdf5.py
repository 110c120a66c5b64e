"""HDF5 (.h5), through h5py: numeric datasets by name, groups as dicts.

A file can make the library read other files: links into them, storage in them, and datasets that are
put together of theirs are refused by what a dataset says of itself, before any of it is read.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import FileProblem, ValueProblem
from tcalc.files import access, contents
from tcalc.files.extras import needed, told_by_a_library
from tcalc.files.formats import Entry
from tcalc.files.held import BLOCK, Held, One
from tcalc.runtime.base import memory
from tcalc.runtime.types.codes import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.files.columns import Wanted

MAGIC = b"\x89HDF\r\n\x1a\n"
_MOST, _MOST_DEEP = 100_000, 50
# The filters that the library has itself: deflate, shuffle, fletcher32, szip, nbit, scaleoffset, lzf.
_FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})
# How much may be in a byte: deflate packs a thousand, and small files say less of themselves.
_PACKED = 1 << 14
# What a tensor that has no name is called.
_ALONE = "data"


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> dict[str, Any]:
    """The datasets in a file, by name, those of groups in dicts."""
    with _opened(file, name):
        found = _datasets(file, name)
        memory.check(sum(one.nbytes for _, one in found), name)
        made: dict[str, Any] = {}
        for path, dataset in found:
            *groups, last = path
            inner = made
            for group in groups:
                inner = inner.setdefault(group, {})
            inner[last] = dataset[()]
        return _arrays(made)


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts tensors by name, dicts as groups, into a file."""
    h5py = needed("h5py", "HDF5", "hdf5")
    given = contents.plain(value)
    tree = given if isinstance(given, dict) else {_ALONE: given}
    arrays = list(_flat(tree, name))

    def put(file: BinaryIO) -> None:
        from io import BytesIO

        made = BytesIO()
        with h5py.File(made, "w") as out:
            for path, array in arrays:
                out.create_dataset("/".join(path), data=array)
        access.put(file, made.getbuffer())

    return put


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """The datasets, from what the file says of them."""
    with _opened(file, name):
        return [_entry(path, dataset) for path, dataset in _datasets(file, name)]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The datasets with their elements, some rows at a time."""
    with _opened(file, name):
        found = _datasets(file, name)
        if sum(one.nbytes for _, one in found) > _PACKED * size:
            raise FileProblem(f"{name} says that it holds more than could be packed in it")
        return [
            One(_entry(path, dataset), lambda dataset=dataset: _blocks(dataset, name))  # type: ignore[misc]  # a default
            for path, dataset in found
        ]


def _entry(path: tuple[str, ...], dataset: Any) -> Entry:
    from tcalc.runtime.types.dtypes import of

    return Entry(".".join(path), of(dataset.dtype.newbyteorder("=")).name, dataset.shape)


def _datasets(file: BinaryIO, name: str) -> list[tuple[tuple[str, ...], Any]]:
    """Every dataset with the names that lead to it; one that is named twice is told once."""
    h5py = needed("h5py", "HDF5", "hdf5")
    found: list[tuple[tuple[str, ...], Any]] = []
    seen: set[int] = set()

    def below(group: Any, path: tuple[str, ...]) -> None:
        if len(path) > _MOST_DEEP or len(group) + len(found) > _MOST:
            raise FileProblem(f"{name}: it holds more than any file of arrays does")
        for key in group:
            here = (*path, key)
            link = group.get(key, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise FileProblem(f"{name}: {'/'.join(here)!r} is a link into another file")
            if not isinstance(link, h5py.HardLink):
                continue  # to something that has its own name
            number = h5py.h5o.get_info(group.id, key.encode()).addr
            if number in seen:
                continue
            seen.add(number)
            if group.get(key, getclass=True) is h5py.Group:
                below(group[key], here)
            elif group.get(key, getclass=True) is h5py.Dataset:
                found.append((here, _checked(h5py, group, key, f"{name}: {'/'.join(here)!r}")))

    below(h5py.File(file, "r"), ())
    return found


def _checked(h5py: Any, group: Any, key: str, name: str) -> Any:
    """A dataset whose numbers are in this file, and are numbers."""
    plan = h5py.h5d.open(group.id, key.encode()).get_create_plist()
    if plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count():
        raise FileProblem(f"{name} keeps its numbers in other files")
    if any(plan.get_filter(at)[0] not in _FILTERS for at in range(plan.get_nfilters())):
        raise FileProblem(f"{name} is compressed by a method not known here")
    dataset = group[key]
    kind = dataset.dtype
    if kind.newbyteorder("=").char not in KNOWN or dataset.shape is None:
        what = "text" if h5py.check_string_dtype(kind) else str(kind)
        raise FileProblem(f"{name}: arrays of {what} are not supported"[:200])
    if dataset.chunks:  # each is unpacked whole
        memory.check(math.prod(dataset.chunks) * kind.itemsize, name)
    return dataset


def _blocks(dataset: Any, name: str) -> Iterator[Any]:
    """The elements in the order of rows: some rows at a time, or parts of one that is long."""

    def parts(at: tuple[int, ...]) -> Iterator[Any]:
        shape = dataset.shape[len(at) :]
        row = math.prod(shape[1:])
        if not shape:
            yield dataset[at].reshape(1) if at else dataset[()].reshape(1)
        elif row > BLOCK:
            for number in range(shape[0]):
                yield from parts((*at, number))
        elif row:
            step = max(1, BLOCK // row)
            for start in range(0, shape[0], step):
                yield dataset[(*at, slice(start, start + step))].reshape(-1)

    with told_by_a_library(name):
        for part in parts(()):
            yield part.astype(part.dtype.newbyteorder("="), copy=False)


def _flat(tree: dict[Any, Any], name: str, path: tuple[str, ...] = ()) -> Iterator[Any]:
    import numpy as np

    for key, value in tree.items():
        if type(key) is not str or not key or "/" in key or "\0" in key or key.strip(".") == "":
            raise ValueProblem(f"{name}: {key!r} cannot be the name of a dataset")
        if isinstance(value, dict):
            yield from _flat(value, name, (*path, key))
            continue
        array = contents.one(value, f"{name}[{key!r}]")
        if not np.issubdtype(array.dtype, np.number) and array.dtype != np.bool_:
            raise ValueProblem(
                f"{name}: the format has no {array.dtype.name}", hint="save x.float(), a float32"
            )
        yield (*path, key), array


def _arrays(made: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    return {
        key: _arrays(v)
        if isinstance(v, dict)
        else np.asarray(v).astype(np.asarray(v).dtype.newbyteorder("="), copy=False)
        for key, v in made.items()
    }


@contextmanager
def _opened(file: BinaryIO, name: str) -> Iterator[None]:
    """Says in our words what is wrong with a file, and looks at its first bytes before the library."""
    needed("h5py", "HDF5", "hdf5")
    start = file.read(len(MAGIC))
    file.seek(0)
    if start != MAGIC:
        raise FileProblem(f"{name} is no HDF5 file: it does not begin as one")
    with told_by_a_library(name):
        yield
