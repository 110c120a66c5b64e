"""Parquet, through pyarrow: a table by columns, numbers as arrays and text as lists."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import FileProblem, ValueProblem
from tcalc.files import access, contents
from tcalc.files.columns import need_different
from tcalc.files.extras import needed, told_by_a_library
from tcalc.files.formats import Entry
from tcalc.files.held import Held, One
from tcalc.runtime.base import memory
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcalc.files.columns import Wanted

MAGIC = b"PAR1"
_MOST_COLUMNS = 100_000
# So many rows are at hand at a time.
_ROWS = 1 << 16
# What is kept of a file's description, for each of its bytes.
_BYTES = 20
# The types here by pyarrow's names.
_NUMBERS = {
    "bool": "bool", "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64",
    "uint8": "uint8", "uint16": "uint16", "uint32": "uint32", "uint64": "uint64",
    "halffloat": "float16", "float": "float32", "double": "float64",
}  # fmt: skip
_TEXTS = ("string", "large_string", "date32[day]", "null")


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    """The columns by name, or the one that is asked for alone; a number that is missing is nan."""
    with _opened(file, size, name) as table:
        picked = _picked(table, wanted.columns, name)
        need_different([table.schema_arrow.names[at] for at in picked], name)
        memory.check(_size(table, picked), name)
        made = {}
        for at in picked:
            called = table.schema_arrow.names[at]
            blocks = list(_blocks(table, at, name))
            made[called] = _joined(blocks, _entry(table, at))
        return next(iter(made.values())) if isinstance(wanted.columns, (str, int)) else made


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts a dict of columns, vectors or lists of texts of one length, into a file."""
    arrow = needed("pyarrow", "Parquet", "arrow")
    parquet = needed("pyarrow.parquet", "Parquet", "arrow")
    given = contents.plain(value)
    if not isinstance(given, dict) or not all(type(key) is str for key in given):
        raise ValueProblem(
            f"{name}: holds columns by name, not a {type(value).__name__}",
            hint="save({'x': x}, 'x.parquet')",
        )
    made = {key: _written(column, f"{name}[{key!r}]") for key, column in given.items()}
    if len({len(column) for column in made.values()}) > 1:
        raise ValueProblem(f"{name}: the columns of a table are vectors of one length")

    def put(file: BinaryIO) -> None:
        sink = arrow.BufferOutputStream()
        parquet.write_table(arrow.table(made), sink)
        access.put(file, memoryview(sink.getvalue()))

    return put


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """The columns, from the description at the end of a file."""
    with _opened(file, size, name) as table:
        return [_entry(table, at) for at in _picked(table, columns, name)]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The columns with their elements, each read by itself."""
    with _opened(file, size, name) as table:
        return [_column(table, at, name) for at in _picked(table, wanted.columns, name)]


def _column(table: Any, at: int, name: str) -> Held:
    return One(_entry(table, at), lambda: _blocks(table, at, name))


def _entry(table: Any, at: int) -> Entry:
    field = table.schema_arrow.field(at)
    dtype = "text" if str(field.type) in _TEXTS else _NUMBERS[str(field.type)]
    return Entry(field.name, dtype, (table.metadata.num_rows,))


def _picked(table: Any, columns: Any, name: str) -> list[int]:
    """The numbers of the columns that are asked for, whose types are known."""
    names = table.schema_arrow.names
    asked = range(len(names)) if columns is None else columns
    asked = [asked] if isinstance(asked, (str, int)) else asked
    picked = []
    for one in asked:
        if isinstance(one, str) and names.count(one) != 1:
            raise ValueProblem(f"{name} has no one column {one!r}", argument="columns")
        at = names.index(one) if isinstance(one, str) else one
        if type(at) is not int or not -len(names) <= at < len(names):
            raise ValueProblem(f"{name} has no column {one!r}", argument="columns")
        picked.append(at % len(names))
    for at in picked:
        kind = str(table.schema_arrow.field(at).type)
        if kind not in _NUMBERS and kind not in _TEXTS:
            good = [n for i, n in enumerate(names) if _is_known(table, i)]
            raise ValueProblem(
                f"{name}: column {names[at]!r} is of {kind[:60]}, which is not supported",
                hint=f"columns={good[:12]!r} can be read" if good else None,
            )
    return picked


def _is_known(table: Any, at: int) -> bool:
    kind = str(table.schema_arrow.field(at).type)
    return kind in _NUMBERS or kind in _TEXTS


def _size(table: Any, picked: list[int]) -> int:
    """What columns take at most, by what the file says of its rows unpacked.

    What it says of single columns is not asked for: the library ends the process where that is
    damaged.
    """
    data = table.metadata
    groups = [data.row_group(number) for number in range(data.num_row_groups)]
    unpacked = sum(max(0, group.total_byte_size) for group in groups)
    return int(max(unpacked, 8 * data.num_rows * len(picked)))


def _blocks(table: Any, at: int, name: str) -> Iterator[Any]:
    """The elements of a column."""
    import numpy as np

    called = table.schema_arrow.names[at]
    entry = _entry(table, at)
    with told_by_a_library(name):
        for batch in table.iter_batches(batch_size=_ROWS, columns=[called], use_threads=False):
            column = batch.column(0)
            if entry.dtype == "text":
                yield ["" if v is None else str(v) for v in column.to_pylist()]
            elif column.null_count:
                floats = dtypes.BY_NAME[_with_gaps(entry.dtype)].numpy
                values = [np.nan if v is None else v for v in column.to_pylist()]
                yield np.array(values, floats)
            else:
                yield column.to_numpy(zero_copy_only=False)


def _with_gaps(dtype: str) -> str:
    """The type of numbers of which some are missing."""
    return dtype if dtype.startswith("float") else "float64"


def _joined(blocks: list[Any], entry: Entry) -> Any:
    import numpy as np

    if entry.dtype == "text":
        return [text for block in blocks for text in block]
    if not blocks:
        return np.zeros(0, dtypes.BY_NAME[entry.dtype].numpy)
    return np.concatenate(blocks)


def _written(column: Any, name: str) -> Any:
    if isinstance(column, list) and column and all(type(v) is str for v in column):
        return column
    import numpy as np

    array = contents.one(column, name)
    real = np.isrealobj(array) and np.issubdtype(array.dtype, np.number)
    if array.ndim != 1 or not (real or array.dtype == np.bool_):
        raise ValueProblem(f"{name}: a column is a vector of numbers or a list of texts")
    return array


@contextmanager
def _opened(file: BinaryIO, size: int, name: str) -> Iterator[Any]:
    """The table of a file, of which its description alone was read."""
    parquet = needed("pyarrow.parquet", "Parquet", "arrow")
    start = file.read(len(MAGIC))
    file.seek(max(0, size - 8))
    end = file.read(8)
    file.seek(0)
    if start != MAGIC or end[4:] != MAGIC:
        raise FileProblem(f"{name} is no Parquet file: it does not begin and end as one")
    length = int.from_bytes(end[:4], "little")
    if length > size - 12:
        raise FileProblem(f"{name} is damaged: its description does not fit")
    memory.check(length * _BYTES, f"the description of {name}")
    with told_by_a_library(name):
        table = parquet.ParquetFile(file, thrift_string_size_limit=1 << 26, pre_buffer=False)
        if len(table.schema_arrow.names) > _MOST_COLUMNS:
            raise FileProblem(f"{name}: no table has so many columns")
        yield table
