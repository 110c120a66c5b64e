"""What a file holds, gone through a block at a time: for summaries and comparisons of any size.

The blocks of an array are its elements in the order of rows, (n,) each, as NumPy's arrays; those of
text are lists of str.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.files.formats import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# So many elements are at hand at a time.
BLOCK = 1 << 16


class Held:
    """Arrays that are read together: one, or the columns of a table.

    entries: what is known of each; of a long table that is all only when it was read to its end.
    is_matrix: whether these are columns that together are one array.
    """

    is_matrix = False

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)

    if TYPE_CHECKING:
        # The elements of some of the arrays, one block of each at a time, all of one length.
        def blocks(self, picked: Sequence[int]) -> Iterator[list[Any]]: ...


class One(Held):
    """One array, whose blocks are made anew each time. make: gives them."""

    def __init__(self, entry: Entry, make: Callable[[], Iterator[Any]]) -> None:
        super().__init__([entry])
        self._make = make

    def blocks(self, picked: Sequence[int]) -> Iterator[list[Any]]:
        """The elements of the array."""
        return ([block] for block in self._make())


def pieces(array: Any) -> Iterator[Any]:
    """The elements of an array, of whatever strides, in the order of rows."""
    import numpy as np

    if array.flags.c_contiguous:
        flat = array.reshape(-1)
        for start in range(0, flat.size, BLOCK):
            yield flat[start : start + BLOCK]
        return
    flags = ["external_loop", "buffered", "zerosize_ok"]
    for part in np.nditer(array, flags, order="C", buffersize=BLOCK):  # type: ignore[call-overload]  # it takes lists
        yield part.copy()


def of_array(name: str, array: Any) -> Held:
    """An array in memory."""
    from tcalc.runtime.types.dtypes import of

    entry = Entry(name, of(array.dtype).name, tuple(array.shape))
    return One(entry, lambda: pieces(array))


def of_column(name: str, column: Any) -> Held:
    """A column in memory: an array, or a list of texts."""
    if not isinstance(column, list):
        return of_array(name, column)
    return One(Entry(name, "text", (len(column),)), lambda: _parts(column))


def _parts(texts: list[str]) -> Iterator[list[str]]:
    return (texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK))


def of_value(value: Any, name: str = "") -> Iterator[Held]:
    """The arrays, numbers and texts in a value that was loaded, by the keys that lead to them."""
    if isinstance(value, (dict, list, tuple)):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            yield from of_value(member, f"{name}.{key}" if name else str(key))
    elif hasattr(value, "dtype"):
        yield of_array(name, value)
    else:
        yield _of_one(value, name)


def _of_one(value: Any, name: str) -> Held:
    """A single value: numbers as an array, what is none as text."""
    import numpy as np

    entry = Entry(name, type(value).__name__, ())
    if isinstance(value, (bool, int, float, complex)):
        array = np.array([value])
        if array.dtype != object:
            return One(entry, lambda: iter([array]))
    texts = ["" if value is None else str(value)]
    return One(entry, lambda: iter([texts]))
