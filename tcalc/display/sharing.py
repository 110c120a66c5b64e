"""Which tensors lie in one piece of memory, as a table, and where in it as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.display.escape import escape
from tcalc.runtime.arrays.mirror import memory_of
from tcalc.runtime.arrays.strides import root_of, start_of, strides_of
from tcalc.runtime.lazy.pending import Pending
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.theme import paint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tcalc.runtime.base.op import Array, Op

TITLES = ("", "what", "shape", "strides", "offset", "version", "contiguous", "dtype")
# How long it may take to tell whether two arrays among each other share an element.
_WORK = 10_000
# The picture has so many cells at most; of a tensor with more elements some are looked at.
_CELLS, _SOME = 48, 1 << 16
_NONE, _PART, _ALL = "·▪■"


class Held(NamedTuple):
    """Something of a session that holds memory: a tensor or a NumPy array, and its spelling."""

    name: str
    value: Any

    @property
    def array(self) -> Any:
        """What it holds: an array, or what waits to be one."""
        if not isinstance(self.value, Tensor):
            return self.value
        found = memory_of(self.value._d)
        return found.array if type(found) is Pending and found.array is not None else found


def sharing(held: Iterable[Held], wanted: Held) -> list[Held]:
    """Those that lie in the memory of one of them, itself first; not yet computed is none of it."""
    return [wanted, *[h for h in held if h.name != wanted.name and _overlap(h, wanted)]]


def _overlap(one: Held, other: Held) -> bool:
    a, b = one.array, other.array
    if type(a) is np.ndarray is type(b):
        if not np.may_share_memory(a, b):
            return False
        try:
            return bool(np.shares_memory(a, b, max_work=_WORK))  # type: ignore[arg-type]  # it takes any
        except np.exceptions.TooHardError:  # they lie among each other, and perhaps apart
            return True
    if a is b:
        return True
    storages = [h.value._s if isinstance(h.value, Tensor) else None for h in (one, other)]
    return storages[0] is not None and storages[0] is storages[1]


def text(
    shared: Sequence[Held],
    others: Sequence[Held],
    name_of: Callable[[Op], str],
    width: int = 80,
    colour: bool = False,
) -> str:
    """A table of those that share the memory of the first, and a picture of where they lie.

    others: more of the session's, among which the base is looked for. name_of: what an op is called.
    """
    known = [*shared, *others]
    table: list[tuple[str, ...]] = [TITLES]
    for held in shared:
        what = "the same tensor" if held.value is shared[0].value else None
        if held is shared[0] or what is None:
            what = _what(held, known, name_of)
        table.append((escape(held.name), what, *_layout(held)))
    wide = [max(map(len, column)) for column in zip(*table)]
    lines = ["  ".join(c.ljust(size) for c, size in zip(row, wide)).rstrip() for row in table]
    lines = [line if len(line) <= width else line[: width - 1] + "…" for line in lines]
    if colour:
        lines[0] = paint(lines[0], "strong")
    if len(shared) == 1:
        lines.append("nothing else shares its memory")
    drawn = [h for h in shared if h is shared[0] or h.value is not shared[0].value]
    picture = _picture(drawn)
    return "\n".join([*lines, *([""] if picture else []), *picture])


def _layout(held: Held) -> tuple[str, ...]:
    """The dtype, shape, strides, offset and version of what is held, and whether it is contiguous."""
    array, value = held.array, held.value
    is_tensor = isinstance(value, Tensor)
    dtype = dtypes.of(array.dtype).name if is_tensor else str(array.dtype)
    version = "" if not is_tensor else "0" if value._s is None else str(value._s.version)
    shape = str(list(array.shape))
    if type(array) is not np.ndarray:
        return shape, "", "", version, "", dtype
    offset = (start_of(array) - start_of(root_of(array))) // max(array.itemsize, 1)
    whole = "yes" if array.flags.c_contiguous else "no"
    return shape, str(list(strides_of(array))), str(offset), version, whole, dtype


def _what(held: Held, known: Sequence[Held], name_of: Callable[[Op], str]) -> str:
    """Whether it is a base or a view, and of what."""
    value = held.value
    if not isinstance(value, Tensor):
        return "NumPy array"
    if type(held.array) is Pending:
        return "waits, no memory yet"
    if value._v is None:
        return "base"
    base = next((escape(h.name) for h in known if h.value is value._v.base), "(unnamed)")
    return f"{name_of(value._v.op)} of {base}"


def _picture(shared: Sequence[Held]) -> list[str]:
    """A line for each: which parts of the memory it has, and in which order it takes them."""
    arrays = [(escape(h.name), h.array) for h in shared if type(h.array) is np.ndarray]
    if not arrays or not arrays[0][1].size:
        return []
    root, width = root_of(arrays[0][1]), arrays[0][1].itemsize
    if not (root.flags.c_contiguous or root.flags.f_contiguous):
        return []
    elements = max(root.nbytes // width, 1)
    cells = min(_CELLS, elements)
    wide = max(len("memory"), *[len(name) for name, _ in arrays])
    lines = [f"{'memory'.ljust(wide)}  {elements:,} elements"]
    for name, array in arrays:
        if np.may_share_memory(root, array):
            strip = _strip(array, start_of(root), root.nbytes, cells)
            lines.append(f"{name.ljust(wide)}  {strip}{_order(array, start_of(root))}")
    return lines


def _strip(array: Array, begin: int, size: int, cells: int) -> str:
    """A mark for each part of the memory: whether all of it is the array's, some, or none."""
    counts = np.bincount(_places(array, begin) * cells // size, minlength=cells)
    bounds = np.arange(cells + 1) * size / cells
    full = np.diff(bounds) / array.itemsize
    if array.flags.c_contiguous:
        first = start_of(array) - begin
        inside = np.clip(bounds, first, first + array.nbytes)
        counts = np.diff(inside) / array.itemsize
    elif array.size > _SOME:
        full = full * 2  # which of them are all its own, some elements cannot tell
    marks = np.where(counts >= np.floor(full).clip(1), _ALL, np.where(counts > 0, _PART, _NONE))
    return "".join(marks.tolist())


def _places(array: Array, begin: int) -> Array:
    """The bytes in the memory at which elements begin: all, or some evenly apart; in order."""
    numbers = np.arange(array.size)[:: -(-array.size // _SOME)]
    found = np.full(numbers.shape, start_of(array) - begin)
    if not array.ndim:
        return found
    for index, step in zip(np.unravel_index(numbers, array.shape), array.strides):
        found += index * step
    return found


def _order(array: Array, begin: int) -> str:
    """The first elements in the order in which the tensor has them, where that is not memory's."""
    if array.flags.c_contiguous or not array.size:
        return ""
    index = np.unravel_index(np.arange(min(array.size, 8)), array.shape)
    places = start_of(array) - begin + sum(i * step for i, step in zip(index, array.strides))
    numbers = " ".join(map(str, (places // array.itemsize).tolist()))
    return f"  takes {numbers}{' …' if array.size > 8 else ''}"
