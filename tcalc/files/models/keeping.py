"""Which memory the tensors of a value lie in: what is written of it, and where each begins in that.

Tensors on one piece of memory share a storage in the file as they do here. Of the memory, what lies
between the first and the last element of any of them is written.
"""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

import numpy as np

from tcalc.errors import StateError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.strides import bounds_of, memory_of, start_of, strided
from tcalc.runtime.base import memory
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.devices import CPU


class Kept(NamedTuple):
    """Where a tensor is: its storage, that one's place and length, its offset and strides."""

    key: str
    location: str
    length: int
    offset: int
    stride: tuple[int, ...]


class _Piece:
    """Memory of some tensors. array: one of them; low, high: of the bytes that they span."""

    def __init__(self, array: Any, location: str) -> None:
        self.array = array
        self.location = location
        self.low = self.high = start_of(array)
        self.key = ""

    def widen(self, low: int, high: int) -> None:
        empty = self.low == self.high
        self.low = low if empty else min(self.low, low)
        self.high = high if empty else max(self.high, high)

    def contents(self) -> Any:
        """The bytes that are written, as one array of the tensors' dtype."""
        itemsize = self.array.itemsize
        count = (self.high - self.low) // itemsize
        if not count:
            return np.empty(0, self.array.dtype)
        return strided(self.array, (count,), (itemsize,), self.low - start_of(self.array))


class Storages:
    """The storages of a value. name: the file's."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pieces: dict[int, _Piece] = {}
        # By the identity of a tensor: the array that is written for it, its piece.
        self._arrays: dict[int, tuple[Any, _Piece]] = {}
        # By the identity of a sparse tensor, what it keeps.
        self._parts: dict[int, tuple[Tensor, ...]] = {}
        self._keys = count()

    def parts(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """The indices and the values of a sparse tensor; () of any other."""
        return self._parts.get(id(tensor), ())

    def add(self, tensor: Tensor) -> None:
        """Take in the memory of one more tensor; of a sparse one, that of what it keeps."""
        if is_sparse(tensor):
            if id(tensor) not in self._parts:
                held: Any = tensor._d
                arrays = (*held.indexed().values(), held.values)
                self._parts[id(tensor)] = parts = tuple(map(wrap, arrays))
                for part in parts:
                    self.add(part)
            return
        if id(tensor) in self._arrays or not backend.has_contents(tensor._a):
            return
        array = self._on_host(tensor)
        piece = self._pieces.get(id(memory_of(array)))
        if piece is not None and (start_of(array) - start_of(piece.array)) % array.itemsize:
            array, piece = array.copy(), None
        if piece is None:
            piece = self._pieces[id(memory_of(array))] = _Piece(array, str(tensor.device))
        elif piece.array.dtype != array.dtype:
            raise StateError(
                "Cannot save multiple tensors or storages that view the same data as different "
                "types",
                hint="clone() one of them",
                argument="obj",
            )
        if array.size:
            low, high = bounds_of(array.shape, array.strides, array.itemsize)
            piece.widen(start_of(array) + low, start_of(array) + high)
        self._arrays[id(tensor)] = array, piece

    def _on_host(self, tensor: Tensor) -> Any:
        """A CPU array of a tensor, on the memory that it shares where that is the CPU's."""
        array = tensor._a
        if tensor.device != CPU:
            memory.check(array.nbytes, self._name)
            return backend.to_device(array, CPU)
        steps = [s % array.itemsize for s in array.strides]
        if any(s < 0 for s in array.strides) or any(steps):
            return np.ascontiguousarray(array)
        return array

    def contents(self) -> list[tuple[str, memoryview]]:
        """The bytes of each storage that was asked for, by its key."""
        return [
            (piece.key, memoryview(piece.contents().view(np.uint8)))
            for piece in self._pieces.values()
            if piece.key
        ]

    def kept(self, tensor: Tensor) -> Kept | None:
        """Where a tensor is in the file; None for one without contents."""
        found = self._arrays.get(id(tensor))
        if found is None:
            return None
        array, piece = found
        if not piece.key:
            piece.key = str(next(self._keys))
        itemsize = array.itemsize
        offset = (start_of(array) - piece.low) // itemsize if array.size else 0
        length = (piece.high - piece.low) // itemsize
        stride = tuple([s // itemsize for s in array.strides])
        return Kept(piece.key, piece.location, length, offset, stride)
