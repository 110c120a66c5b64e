"""NumPy's .npy: a header that says dtype, order and shape, then the numbers as they lie in memory.

Arrays of text are read as lists of it.

The header is matched against the one form that it may have, never evaluated. Object arrays are
pickles, which are programs, and are refused.
"""

from __future__ import annotations

import math
import re
import sys
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple

from tcalc.errors import FileProblem
from tcalc.files import access, contents
from tcalc.files.formats import Entry
from tcalc.files.held import BLOCK, Held, One, pieces
from tcalc.files.mapped import has_pages
from tcalc.runtime.base import memory
from tcalc.runtime.types.dtypes import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.files.columns import Wanted

MAGIC = b"\x93NUMPY"
_ALIGN = 64
_LONGEST_HEADER = 1 << 16
# So many bytes are read or written in one go.
_PIECE = 1 << 24
_MOST_DIMS = 64
_LARGEST = (1 << 63) - 1

# The dtypes by what files call them: a letter for the category, and the bytes.
_NAMES = {
    f"{'u' if not t.is_signed and t.category else 'bifc'[t.category]}{t.itemsize}": t.name
    for t in ALL
    if not t.module
}
_ITEM = re.compile(
    r"\s*'(?P<key>descr|fortran_order|shape)'\s*:\s*"
    r"(?:'(?P<text>[^'\\]*)'|(?P<flag>True|False)|\((?P<sizes>[0-9,\sL]*)\)|(?P<other>\[.*\]))"
    r"\s*(?:,|(?=\}))",
    re.DOTALL,
)
_DESCR = re.compile(r"([<>|=])([a-zA-Z])(\d{,9})")
_LONGEST_TEXT = 1 << 24
_LAST_CHARACTER, _SURROGATES = 0x10FFFF, (0xD800, 0xDFFF)
# What a str takes beside its characters.
_STR = 64


class Header(NamedTuple):
    """What a header says: `stored` is NumPy's name of the dtype in the file."""

    shape: tuple[int, ...]
    stored: str
    dtype: str
    fortran: bool
    nbytes: int

    @property
    def itemsize(self) -> int:
        """The bytes of an element."""
        return _itemsize(self.stored)

    @property
    def needs(self) -> int:
        """The bytes that it takes in memory."""
        return self.nbytes + (_STR * math.prod(self.shape) if self.dtype == "text" else 0)

    @property
    def is_as_here(self) -> bool:
        """Whether the numbers can be looked at as they lie in the file: bools may be none."""
        order = "<" if sys.byteorder == "little" else ">"
        return self.stored[0] in (order, *"ui") and self.stored != "b1" and self.dtype != "text"


def load(file: IO[bytes], size: int, name: str, wanted: Wanted) -> Any:
    """The array in a file."""
    return read(file, size, name, wanted.mapped)


def told(array: Any) -> Any:
    """An array of text as lists of it, others as they are."""
    import numpy as np

    return array.tolist() if array.dtype.type is np.str_ else array


def save(value: Any, name: str) -> Callable[[IO[bytes]], None]:
    """What puts one tensor into a file."""
    array = contents.one(contents.plain(value), name)
    return lambda file: write(file, array, name)


def entries(file: IO[bytes], size: int, name: str, columns: Any) -> list[Entry]:
    """What the array is, from its header alone."""
    header = read_header(file, name)[0]
    return [Entry("", header.dtype, header.shape)]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The array with its elements, read as they are asked for."""
    header, used = read_header(file, name)
    _check_size(header, size - used, name)

    def blocks() -> Iterator[Any]:
        file.seek(used)
        if not header.fortran:
            return streamed(header, file.readinto, name)  # type: ignore[attr-defined]  # BinaryIO lacks it
        if _is_shown(header, used) and has_pages(file):
            return pieces(_shown(header, file, used, name))
        return map(told, pieces(read_numbers(header, file.readinto, name)))  # type: ignore[attr-defined]  # as above

    return [One(Entry("", header.dtype, header.shape), blocks)]


def streamed(header: Header, fill: Callable[[memoryview], int], name: str) -> Iterator[Any]:
    """The elements of a header whose bytes `fill(buffer)` gives, a block at a time."""
    itemsize = header.itemsize
    left = header.nbytes // itemsize
    while left:
        count = min(left, BLOCK)
        part = header._replace(shape=(count,), nbytes=count * itemsize, fortran=False)
        yield told(read_numbers(part, fill, name))
        left -= count


def read(file: IO[bytes], size: int, name: str, mapped: bool = False) -> Any:
    """The array in a .npy file of `size` bytes. mapped: its numbers are left there for now."""
    header, used = read_header(file, name)
    _check_size(header, size - used, name)
    if mapped and _is_shown(header, used):
        return _shown(header, file, used, name)
    memory.check(header.needs, f"{name}, of shape {list(header.shape)},")
    return told(read_numbers(header, file.readinto, name))  # type: ignore[attr-defined]  # IO lacks it


def _check_size(header: Header, size: int, name: str) -> None:
    if size != header.nbytes:
        raise FileProblem(
            f"{name}: the header says shape {list(header.shape)} of {header.dtype}, which is "
            f"{header.nbytes} bytes, but {size} follow it"
        )


def _is_shown(header: Header, used: int) -> bool:
    """Whether the numbers can be looked at in the file's own pages."""
    return bool(header.nbytes) and header.is_as_here and not used % _ALIGN


def read_header(file: IO[bytes], name: str) -> tuple[Header, int]:
    """The header, and how many bytes it takes with all that stands before it."""
    start = file.read(8)
    if start[:6] != MAGIC or len(start) < 8:
        raise FileProblem(f"{name} is no .npy file: it does not begin as one")
    version = start[6]
    if version not in (1, 2, 3) or start[7] != 0:
        raise FileProblem(f"{name}: version {version}.{start[7]} of the format is not known")
    width = 2 if version == 1 else 4
    length_bytes = file.read(width)
    length = int.from_bytes(length_bytes, "little")
    if len(length_bytes) < width or length > _LONGEST_HEADER:
        raise FileProblem(f"{name}: the header is {length} bytes long, which no array needs")
    raw = file.read(length)
    if len(raw) < length:
        raise FileProblem(f"{name} ends within its header")
    return _parse(raw.decode("utf-8" if version == 3 else "latin-1", "replace"), name), (
        8 + width + length
    )


def read_numbers(header: Header, fill: Callable[[memoryview], int], name: str) -> Any:
    """The array of a header whose bytes `fill(buffer)` gives."""
    import numpy as np

    stored = "u1" if header.stored == "b1" else header.stored
    flat = np.empty(header.nbytes // np.dtype(stored).itemsize, stored)
    left = memoryview(flat.view(np.uint8)) if flat.size else memoryview(b"")  # type: ignore[arg-type]  # 3.11 has no Buffer
    while left:
        got = fill(left[:_PIECE])
        if not got:
            raise FileProblem(f"{name} ends {len(left)} bytes early")
        left = left[got:]
    # Bytes other than 0 and 1 would make bools that are both true and false.
    if header.dtype == "text":
        _check_text(flat, name)
        array = flat
    else:
        array = flat != 0 if header.stored == "b1" else flat.astype(header.dtype, copy=False)
    return _laid_out(header, array)


def _check_text(flat: Any, name: str) -> None:
    """Characters that are none would fail wherever one looks at them."""
    codes = flat.view(flat.dtype.byteorder + "u4") if flat.size else flat.view("u4")
    first, last = _SURROGATES
    if (codes > _LAST_CHARACTER).any() or ((codes >= first) & (codes <= last)).any():
        raise FileProblem(f"{name} holds what is no text")


def _shown(header: Header, file: IO[bytes], used: int, name: str) -> Any:
    """The array of a header on the file's own pages."""
    import numpy as np

    from tcalc.files.mapped import pages as mapped

    count = header.nbytes // header.itemsize
    return _laid_out(header, np.frombuffer(mapped(file, name), header.dtype, count, used))


def _laid_out(header: Header, array: Any) -> Any:
    shape = header.shape
    return array.reshape(shape[::-1]).T if header.fortran else array.reshape(shape)


def write(file: IO[bytes], array: Any, name: str) -> None:
    """Write an array with its header, in version 1.0 of the format."""
    import numpy as np

    descr = array.dtype.newbyteorder("<").str
    if descr[1:] not in _NAMES:
        raise FileProblem(
            f"{name}: the format has no {array.dtype.name}", hint="save x.float(), a float32"
        )
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {array.shape}, }}"
    pad = -(len(MAGIC) + 4 + len(text) + 1) % _ALIGN
    header = (text + " " * pad + "\n").encode("latin-1")
    file.write(MAGIC + b"\x01\x00" + len(header).to_bytes(2, "little") + header)
    dense = np.ascontiguousarray(array, descr)
    if dense.size:
        access.put(file, dense.reshape(-1).view(np.uint8).data)


def _parse(text: str, name: str) -> Header:
    fields: dict[str, re.Match[str]] = {}
    body = text.strip()
    at = 1
    while body[:1] == "{" and (item := _ITEM.match(body, at)):
        if item["key"] in fields:
            break
        fields[item["key"]] = item
        at = item.end()
    if len(fields) != 3 or body[at:].strip() != "}":
        raise FileProblem(f"{name}: the header is not that of an array: {_short(body)}")
    descr, order, sizes = (fields[k] for k in ("descr", "fortran_order", "shape"))
    if descr["other"] is not None:
        raise FileProblem(
            f"{name}: arrays of records are not supported: {_short(descr['other'])}",
            hint="save each field as an array of its own, in an .npz file",
        )
    if descr["text"] is None or order["flag"] is None or sizes["sizes"] is None:
        raise FileProblem(f"{name}: the header is not that of an array: {_short(body)}")
    stored, dtype = _dtype(descr["text"], name)
    shape = _shape(sizes["sizes"], name)
    itemsize = _itemsize(stored)
    count = math.prod(shape)
    if itemsize * math.prod(n for n in shape if n) > _LARGEST:
        raise FileProblem(f"{name}: no memory holds shape {list(shape)}")
    return Header(shape, stored, dtype, order["flag"] == "True", count * itemsize)


def _dtype(descr: str, name: str) -> tuple[str, str]:
    match = _DESCR.fullmatch(descr)
    order, kind, size = match.groups() if match else ("", "", "")
    if kind == "O":
        raise FileProblem(
            f"{name} holds Python objects, which are programs when read; nothing is unpickled",
            hint="save arrays of numbers instead",
        )
    if kind == "U" and 0 < int(size or 0) < _LONGEST_TEXT and order in ("<", ">"):
        return f"{order}{kind}{int(size)}", "text"
    dtype = _NAMES.get(kind + size)
    if dtype is None or (order == "|") != (kind + size in ("b1", "u1", "i1")):
        what = {"S": "bytes", "U": "text", "M": "dates", "m": "durations", "V": "raw bytes"}
        raise FileProblem(f"{name}: arrays of {what.get(kind, repr(descr))} are not supported")
    if order == "|":
        return kind + size, dtype
    return ("<" if order == "=" else order) + kind + size, dtype


def _itemsize(stored: str) -> int:
    kind, size = stored.lstrip("<>")[0], int(stored.lstrip("<>")[1:])
    return 4 * size if kind == "U" else size


def _shape(text: str, name: str) -> tuple[int, ...]:
    sizes = [part.strip().removesuffix("L") for part in text.split(",")]
    if sizes[-1] == "":
        sizes.pop()
    if not all(s.isdecimal() and len(s) < 20 for s in sizes) or len(sizes) > _MOST_DIMS:
        raise FileProblem(f"{name}: ({_short(text)}) is no shape")
    return tuple(map(int, sizes))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
