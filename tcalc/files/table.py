"""Tables as text: CSV and TSV, and numbers between blanks.

A first row is a header where none of its fields is a number and one at least is text that spells
no missing value. Only whole numbers give int64, anything else the default dtype, or float64 where
that could not hold the whole ones; missing values are nan. One column is a vector, and so is one
row of .txt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tcalc.errors import LimitError, ValueProblem
from tcalc.files import access, contents, headers, quick, rows, spelled, streaming, text
from tcalc.files.columns import Wanted, chosen, in_shell, need_different
from tcalc.files.formats import FORMATS, Entry, need_known
from tcalc.files.gather import Gatherer
from tcalc.files.headers import Matrix
from tcalc.runtime.base import memory
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.files.held import Held

# What a field costs: a number twice, while pieces are put together.
_FIELD_COST = 16


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Matrix | dict[str | int, Any]:
    """The numbers in a file, or its columns by name."""
    data, separator = _text_of(file, size, name)
    return (read_columns if wanted.table else read)(data, name, separator, wanted)


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts a tensor with its header, or a dict of columns, into a file."""
    separator = FORMATS[need_known(name)].separator
    given = contents.plain(value)
    if isinstance(given, dict):
        text = spelled.columns(_columns(given, name), separator, name)
    else:
        header = headers.names_of(value)
        text = spelled.matrix(contents.one(given, name), separator, name, header)
    return lambda file: access.put(file, text)


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """The columns of a table; one of numbers alone without a header is one array.

    Of a long table they are what its first rows say, and the number of rows is left open.
    """
    wanted = Wanted(columns, ask=in_shell)
    table = streaming.opened(file, size, name)
    if isinstance(table.data, bytes) and table.layout.names is None:
        try:
            array = read(table.data, name, table.layout.separator, wanted).array
            return [Entry("", array.dtype.name, array.shape)]
        except ValueProblem:
            pass  # of text, or what is wrong will be said of a column
    shown = table if table.is_whole else streaming.head_of(table)
    found = streaming.Columns(shown, wanted)
    for _ in found.blocks(range(len(found.entries))):
        pass
    if table.is_whole:
        return found.entries
    return [entry._replace(shape=(-1,)) for entry in found.entries]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The columns with their elements, a few rows at a time."""
    return [streaming.Columns(streaming.opened(file, size, name), wanted)]


def _text_of(file: BinaryIO, size: int, name: str) -> tuple[bytes, str | None]:
    """The text of a table, and what separates its fields; None for blanks."""
    data = text.utf8(access.checked(file, size, name), name)
    return data, streaming.separator_of(data, name)


def _columns(given: dict[Any, Any], name: str) -> dict[Any, Any]:
    """Columns to write: vectors, or lists of texts, of one length."""
    columns = {key: _column(v, f"{name}[{key!r}]") for key, v in given.items()}
    heights = {
        -1 if hasattr(column, "ndim") and column.ndim != 1 else len(column)
        for column in columns.values()
    }
    if len(heights) != 1 or -1 in heights:
        raise ValueProblem(f"{name}: the columns of a table are vectors of one length")
    return columns


def _column(given: Any, name: str) -> Any:
    """An array, or a list of texts."""
    if isinstance(given, list) and given and all(type(v) is str for v in given):
        return given
    return contents.one(given, name)


def read(data: bytes, name: str, separator: str | None, wanted: Wanted) -> Matrix:
    """The numbers in a text.

    separator: between fields; None for blanks, where `#` begins a comment.
    """
    floats = dtypes.default.value.numpy if wanted.floats is None else wanted.floats
    data = text.utf8(data, name)
    layout = rows.layout(data, name, separator)
    _check_memory(data, separator, name)
    columns = wanted.columns
    picked = None if columns is None else chosen(columns, layout, name)
    if layout.width == 0:
        return Matrix(np.zeros(0, floats), None)
    array = quick.matrix(data, layout, picked, floats)
    if array is None:
        every = range(layout.width) if picked is None else picked
        array = Gatherer(data, name, layout, wanted, floats).matrix(every)
    names = layout.names
    if names is not None:
        names = names if picked is None else [names[at] for at in picked]
    if columns is not None:
        is_vector = isinstance(columns, (str, int))
    else:
        is_vector = array.shape[1] == 1
        if array.shape[0] == 1 and separator is None and names is None and not is_vector:
            return Matrix(array[0], None)
    return Matrix(array[:, 0] if is_vector else array, None if names is None else tuple(names))


def read_columns(
    data: bytes, name: str, separator: str | None, wanted: Wanted
) -> dict[str | int, Any]:
    """The columns of a table by name, or by number where it has no header: numbers as arrays,
    text as lists.
    """
    names, found = gathered(data, name, separator, wanted)
    need_different(names, name)
    return dict(zip(names, found))


def gathered(
    data: bytes, name: str, separator: str | None, wanted: Wanted
) -> tuple[list[str | int], list[Any]]:
    """The same as names, of which some may be alike, and columns."""
    floats = dtypes.default.value.numpy if wanted.floats is None else wanted.floats
    data = text.utf8(data, name)
    layout = rows.layout(data, name, separator)
    every = list(range(layout.width))
    picked = every if wanted.columns is None else chosen(wanted.columns, layout, name)
    _check_memory(data, separator, name)
    found = Gatherer(data, name, layout, wanted, floats).by_column(picked) if picked else []
    names = layout.names
    return [at if names is None else names[at] for at in picked], found


def _check_memory(data: bytes, separator: str | None, name: str) -> None:
    """Refuse a text whose fields as numbers are more than memory allows."""
    most = len(data) // 2 + 1
    try:
        memory.check(len(data) + _FIELD_COST * most, name)
    except LimitError:
        # To count the fields takes a while, and is worth it only now.
        if separator is not None:
            most = data.count(separator.encode()) + data.count(b"\n") + data.count(b"\r") + 1
        memory.check(len(data) + _FIELD_COST * most, name)
