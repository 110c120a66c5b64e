"""A tensor's place in its memory, and another size there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.mirror import memory_of
from tcalc.runtime.arrays.strides import start_of
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def offset_of(tensor: Tensor) -> int:
    """The place of a tensor's first element in its memory."""
    if mode.interpreter is not None:
        mode.interpreter.place()
    storage = tensor._s
    array = memory_of(tensor._shown)
    if storage is None or storage.array is array or not backend.has_contents(array):
        return 0
    return (start_of(array) - start_of(storage.array)) // int(array.itemsize)


def resize(tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Give a tensor another shape from where it begins in its memory, which grows where it has to."""
    a = tensor._a
    if a.shape == shape:
        return
    count = numel(shape)
    storage = tensor.shared()
    held, start = storage.array, offset_of(tensor)
    order = sorted(range(held.ndim), key=lambda d: -held.strides[d])
    flat = held.transpose(order).reshape(-1)  # the elements as they lie in memory
    if held.dtype != a.dtype:  # the tensor shows them as another dtype
        whole = flat.nbytes // a.itemsize * a.itemsize
        flat = flat.view("u1")[:whole].view(a.dtype)
    if start + count > flat.size:
        memory.check((start + count) * a.itemsize, f"a tensor of shape {list(shape)}")
        grown = backend.module_of(a).zeros(start + count, a.dtype)
        grown[: flat.size] = flat
        flat = storage.array = grown
    tensor._d = flat[start : start + count].reshape(shape)
