"""What variables of .mat files are made of: elements, each a type, a size and its bytes."""

from __future__ import annotations

import math
from struct import pack, unpack
from typing import Any, NamedTuple

import numpy as np

from tcalc.errors import FileProblem, ValueProblem
from tcalc.files import contents
from tcalc.runtime.types.codes import COMPLEXES

# Classes of arrays by their numbers: the dtype of numbers, or what else they are.
CELL, STRUCT, TEXT = "cell", "struct", "text"
_OF_CLASS = {
    1: CELL, 2: STRUCT, 4: TEXT, 6: "float64", 7: "float32", 8: "int8", 9: "uint8", 10: "int16",
    11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64",
}  # fmt: skip
_NUMBER_OF = {kind: number for number, kind in _OF_CLASS.items()}
STRUCTURED = (CELL, STRUCT)
# Types of stored numbers, of which any may stand for those of a class.
_STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_STORED_AS = {np.dtype(code).name: number for number, code in _STORED.items()}
_TEXTS = {2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MATRIX, _INT8, _INT32, _UINT32, _UTF8, _UTF16 = 14, 1, 5, 6, 16, 17
_COMPLEX, _LOGICAL = 0x0800, 0x0200
_MOST_DIMS, _MOST_DEEP, _MOST_FIELDS = 64, 50, 10_000
_LARGEST = (1 << 63) - 1


def element(data: bytes, little: bool, name: str) -> tuple[int, int, int]:
    """The type of an element, its bytes, and those of the tag in front of them."""
    if len(data) < 8:
        raise FileProblem(f"{name} is damaged: it ends within an element")
    first, second = unpack("<II" if little else ">II", data[:8])
    if first >> 16:  # a small one, in the tag itself
        return first & 0xFFFF, first >> 16, 4
    return first, second, 8


class Matrix(NamedTuple):
    """A variable, or an array inside one: `kind` is a dtype, or text, struct or cell."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parts: Any = None

    def value(self) -> Any:
        """What programs have of it."""
        return self.parts


class Reader:
    """Reads the bytes of one array."""

    def __init__(self, data: bytes, little: bool, name: str, depth: int = 0) -> None:
        self.data = memoryview(data)
        self.little = little
        self.name = name
        self.depth = depth
        self.at = 0
        self.flags = 0

    def wrong(self, what: str) -> FileProblem:
        return FileProblem(f"{self.name} is damaged: {what}")

    def next(self) -> tuple[int, memoryview]:
        """The type and the bytes of the next element."""
        kind, count, used = element(bytes(self.data[self.at : self.at + 8]), self.little, self.name)
        start = self.at + used
        if used == 4 and count > 4:
            raise self.wrong("a small element says that it is a large one")
        if start + count > len(self.data):
            raise self.wrong("an element is cut off")
        self.at = self.at + 8 if used == 4 else start + count + -count % 8
        return kind, self.data[start : start + count]

    def head(self) -> Matrix:
        """What an array is, without its contents."""
        kind, flags = self.next()
        if kind != _UINT32 or len(flags) != 8:
            raise self.wrong("an array has no flags")
        self.flags = int.from_bytes(flags[:4], "little" if self.little else "big")
        kind, dims = self.next()
        shape = tuple(self.numbers(kind, dims).tolist())
        if kind != _INT32 or not 2 <= len(shape) <= _MOST_DIMS or min(shape) < 0:
            raise self.wrong("an array has no shape")
        if math.prod(n for n in shape if n) > _LARGEST // 16:
            raise self.wrong(f"no memory holds shape {list(shape)}")
        called = bytes(self.next()[1]).decode("utf-8", "replace")
        what = _OF_CLASS.get(self.flags & 0xFF)
        if what is None:
            words = {3: "objects", 5: "sparse matrices", 16: "functions", 17: "objects"}
            known = words.get(self.flags & 0xFF, f"class {self.flags & 0xFF}")
            raise FileProblem(f"{self.name}: {called!r} is of {known}, which are not supported")
        if self.flags & _LOGICAL:
            what = "bool"
        elif self.flags & _COMPLEX and what not in (TEXT, *STRUCTURED):
            what = "complex64" if what == "float32" else "complex128"
        return Matrix(called, what, shape)

    def matrix(self) -> Matrix:
        """An array with its contents."""
        head = self.head()
        if head.kind == TEXT:
            return head._replace(parts=self.text(head.shape))
        if head.kind == CELL:
            cells = [self.inner() for _ in range(self.bounded(math.prod(head.shape)))]
            return head._replace(parts=cells)
        if head.kind == STRUCT:
            return head._replace(parts=self.struct(head.shape))
        return head._replace(parts=self.array(head))

    def array(self, head: Matrix) -> Any:
        """The numbers, column by column in the file."""
        count = math.prod(head.shape)
        found = self.part(count)
        if head.kind in ("complex64", "complex128"):
            found = found + 1j * self.part(count)
        if head.kind == "bool":
            found = found != 0
        return np.asarray(found).astype(head.kind, copy=False).reshape(head.shape, order="F")

    def part(self, count: int) -> Any:
        kind, data = self.next()
        found = self.numbers(kind, data)
        if len(found) != count:
            raise self.wrong(f"an array of {count} numbers has {len(found)}")
        return found

    def numbers(self, kind: int, data: memoryview) -> Any:
        code = _STORED.get(kind)
        if code is None or len(data) % int(code[1]):
            raise self.wrong("an array is stored in a way that is not known")
        stored = np.frombuffer(data, ("<" if self.little else ">") + code)
        return stored.astype(code)

    def text(self, shape: tuple[int, ...]) -> Any:
        """The text of one row; of several a list of them."""
        kind, data = self.next()
        if kind not in _TEXTS:
            raise self.wrong("a text is stored in a way that is not known")
        order = "" if kind in (2, 16) else "-le" if self.little else "-be"
        letters = bytes(data).decode(_TEXTS[kind] + order, "replace")
        height = shape[0]
        if len(shape) != 2 or height == 1 or not letters:
            return letters
        if len(letters) != height * shape[1]:
            raise self.wrong("a text is not of its shape")
        return [letters[row::height] for row in range(height)]

    def struct(self, shape: tuple[int, ...]) -> Any:
        """The fields of one structure; of several a list of them."""
        _, size = self.next()
        width = int.from_bytes(size, "little" if self.little else "big")
        names = bytes(self.next()[1])
        if not 0 < width <= 64 or len(names) % width or len(names) // width > _MOST_FIELDS:
            raise self.wrong("a structure has no names")
        fields = [
            names[at : at + width].split(b"\0")[0].decode("utf-8", "replace")
            for at in range(0, len(names), width)
        ]
        many = [
            {field: self.inner() for field in fields}
            for _ in range(self.bounded(math.prod(shape)) if fields else 0)
        ]
        return many[0] if len(many) == 1 else many

    def bounded(self, count: int) -> int:
        """How many arrays follow, which each take eight bytes at least."""
        if count > len(self.data) // 8:
            raise self.wrong(f"it does not hold {count} arrays")
        return count

    def inner(self) -> Any:
        kind, data = self.next()
        if kind != _MATRIX or self.depth >= _MOST_DEEP:
            raise self.wrong("an array inside another one is none")
        if not data:  # nothing, [] in MATLAB
            return np.zeros((0, 0))
        return Reader(bytes(data), self.little, self.name, self.depth + 1).matrix().value()


# -- writing ----------------------------------------------------------------------------------------


def packed(called: str, value: Any, name: str, depth: int = 0) -> bytes:
    """The element of a value: numbers, text, a dict as a structure, a list as a row of cells."""
    if depth > _MOST_DEEP:
        raise ValueProblem(f"{name}: the value is nested too deeply, or holds itself")
    if isinstance(value, str):
        letters = value.encode("utf-16-le", "replace")
        body = _element(_UTF16, letters)
        return _matrix(called, TEXT, (1, len(letters) // 2), body)
    if isinstance(value, dict):
        fields = list(value)
        if not all(type(f) is str and f.isidentifier() and len(f) < 32 for f in fields):
            raise ValueProblem(f"{name}: fields of a structure have short names of letters")
        names = b"".join(field.encode("ascii", "replace").ljust(32, b"\0") for field in fields)
        body = pack("<HHI", _INT32, 4, 32) + _element(_INT8, names)
        body += b"".join(packed("", value[field], name, depth + 1) for field in fields)
        return _matrix(called, STRUCT, (1, 1), body)
    if isinstance(value, list) and (
        contents.holds_arrays(value) or any(type(v) is str for v in value)
    ):
        body = b"".join(packed("", item, name, depth + 1) for item in value)
        return _matrix(called, CELL, (1, len(value)), body)
    return _numbers(called, contents.one(value, f"{name}[{called!r}]"), name)


def _numbers(called: str, array: Any, name: str) -> bytes:
    shape = array.shape if array.ndim > 1 else (1, array.size)
    flags = _LOGICAL if array.dtype == np.bool_ else 0
    parts = [array.view(np.uint8) if flags else array]
    if array.dtype.char in COMPLEXES:
        flags |= _COMPLEX
        parts = [array.real, array.imag]
    stored = parts[0].dtype.name
    if stored not in _STORED_AS:
        raise ValueProblem(f"{name}: the format has no {stored}", hint="save x.float(), a float32")
    body = b"".join(
        _element(_STORED_AS[stored], part.astype(part.dtype.newbyteorder("<")).tobytes("F"))
        for part in parts
    )
    return _matrix(called, stored, shape, body, flags)


def _matrix(called: str, kind: str, shape: tuple[int, ...], body: bytes, flags: int = 0) -> bytes:
    head = _element(_UINT32, pack("<II", _NUMBER_OF[kind] | flags, 0))
    head += _element(_INT32, pack(f"<{len(shape)}i", *shape))
    head += _element(_INT8, called.encode("ascii", "replace"))
    return _element(_MATRIX, head + body)


def _element(kind: int, data: bytes) -> bytes:
    if len(data) >= 1 << 32:
        raise ValueProblem("a .mat file holds no array of 4 GiB", hint="save it as .npy or .h5")
    return pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)
