"""What a data file holds, in a few lines: of arrays from their headers, of tables their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import ValueProblem
from tcalc.files import access
from tcalc.files.loading import READERS, text_and_separator
from tcalc.files.suffixes import SUFFIXES, need_known

if TYPE_CHECKING:
    from typing import BinaryIO


class Entry(NamedTuple):
    """One array of a file; `name` is empty where it has none."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def listing(path: str, columns: Any = None) -> list[Entry]:
    """The arrays in a data file.

    columns: of a table, those to tell of; one of numbers alone without a header is one array.
    """
    suffix = need_known(path)
    with access.reading(path) as (file, size):
        if suffix == ".npy":
            from tcalc.files import npy

            header = npy.read_header(file, path)[0]
            return [Entry("", header.dtype, header.shape)]
        if suffix == ".npz":
            from tcalc.files import npz

            found = npz.headers(file, size, path)
            return [Entry(key, header.dtype, header.shape) for key, header in found.items()]
        if SUFFIXES[suffix]:
            return _columns(file, size, path, columns)
        from tcalc.files.columns import Wanted

        return _entries("", READERS[suffix](file, size, path, Wanted()))


def _columns(file: BinaryIO, size: int, path: str, columns: Any) -> list[Entry]:
    from tcalc.files import rows, table
    from tcalc.files.columns import Wanted, in_shell

    data, separator = text_and_separator(file, size, path)
    wanted = Wanted(columns, ask=in_shell)
    if rows.layout(data, path, separator).names is None:
        try:
            return _entries("", table.read(data, path, separator, wanted).array)
        except ValueProblem:
            pass  # of text, or what is wrong will be said of a column
    names, found = table.gathered(data, path, separator, wanted)
    return [
        Entry(str(name), "text", (len(column),))
        if isinstance(column, list)
        else Entry(str(name), column.dtype.name, column.shape)
        for name, column in zip(names, found)
    ]


def _entries(name: str, contents: Any) -> list[Entry]:
    if isinstance(contents, (dict, list)):
        pairs = contents.items() if isinstance(contents, dict) else enumerate(contents)
        return [e for key, v in pairs for e in _entries(f"{name}.{key}" if name else str(key), v)]
    if hasattr(contents, "dtype"):
        return [Entry(name, contents.dtype.name, contents.shape)]
    return [Entry(name, type(contents).__name__, ())]
