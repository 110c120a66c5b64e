"""Files of the format idx, in which MNIST and its kin are: a type, the sizes, the numbers.

Yann LeCun's format: two zeros, a byte for the type, a byte for how many sizes there are, the sizes
as big-endian ints of four bytes, then the elements, the last size fastest.
"""

from __future__ import annotations

import gzip
import zlib
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import FileProblem
from tcalc.library.host import host
from tcalc.library.vision.datasets.places import is_file
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from typing import BinaryIO

# By number of a type, NumPy's name of it.
_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_DIMS = 8
_PACKED = ".gz"


def found(name: str) -> str | None:
    """The name of a file that is there, as it is or packed by gzip; None where neither is."""
    return next((one for one in (name, name + _PACKED) if is_file(one)), None)


def read(name: str) -> np.ndarray[Any, Any]:
    """The array in a file; FileProblem where it is damaged, LimitError where memory has no room."""
    with host.files().reading(name) as (file, size):
        if not name.endswith(_PACKED):
            return _array(file, size, name)
        try:
            with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                return _array(unpacked, None, name)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise FileProblem(f"{name} is damaged: it breaks off, or is not packed by gzip",
                              argument="root") from None  # fmt: skip


def _array(file: BinaryIO | gzip.GzipFile, size: int | None, name: str) -> np.ndarray[Any, Any]:
    """What an open file holds. size: its bytes, where that is known before."""
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES:
        raise FileProblem(f"{name} is no idx file: it begins with {head!r}", argument="root")
    dims = head[3]
    lengths = file.read(4 * dims)
    if not 1 <= dims <= _MOST_DIMS or len(lengths) < 4 * dims:
        raise FileProblem(f"{name} is damaged: it says that it has {dims} dimensions",
                          argument="root")  # fmt: skip
    shape = tuple(int.from_bytes(lengths[4 * i : 4 * i + 4], "big") for i in range(dims))
    dtype = np.dtype(_TYPES[head[2]])
    needed = prod(shape) * dtype.itemsize
    if size is not None and size - 4 - 4 * dims != needed:
        raise FileProblem(
            f"{name} is damaged: it says that it holds {list(shape)}, {needed} bytes, and has "
            f"{size - 4 - 4 * dims}",
            argument="root",
        )
    memory.check(
        prod([n or 1 for n in shape]) * dtype.itemsize,  # a size of 0 hides none of the others
        f"{name}, which says that it holds {list(shape)},",
    )
    data = file.read(needed)
    if len(data) < needed or file.read(1):
        raise FileProblem(
            f"{name} is damaged: it says that it holds {list(shape)}, and has "
            f"{'more' if len(data) == needed else f'{len(data)} of {needed} bytes'}",
            argument="root",
        )
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))
