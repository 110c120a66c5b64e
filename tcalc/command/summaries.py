"""What is told of a data file: for people, for pipes and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from tcalc.command.tables import Column, table
from tcalc.runtime.base import memory
from tcalc.runtime.types.dtypes import BY_NAME, is_floating
from tcalc.theme import paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.command.measuring import Texts
    from tcalc.command.output import Output
    from tcalc.display.statistics import Statistics
    from tcalc.files import Entry
    from tcalc.files.looking import Looked
    from tcalc.files.streaming import Table

_MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", None: "blanks"}


class Row(NamedTuple):
    """What is told of an array, or of several alike: how many, and what their elements are."""

    name: str
    entry: Entry
    alike: int
    found: Statistics | Texts | None = None


class Summary(NamedTuple):
    """What is told of a file. table: how it was read, where it is one."""

    looked: Looked
    rows: list[Row]
    table: Table | None
    stats: bool

    @property
    def numbers(self) -> int:
        """How many numbers there are, as far as that is known."""
        return sum(_count(row.entry) * row.alike for row in self.rows if row.entry.dtype in BY_NAME)

    @property
    def nbytes(self) -> int:
        """The bytes that they take in memory."""
        return sum(
            _count(row.entry) * row.alike * BY_NAME[row.entry.dtype].itemsize
            for row in self.rows
            if row.entry.dtype in BY_NAME
        )


def text(summary: Summary, named: bool, output: Output) -> str:
    if not output.on_terminal:
        title = f"{summary.looked.name}\n" if named else ""
        return title + _lines(summary, output)
    from textwrap import fill

    from tcalc.display.escape import escape

    name = escape(summary.looked.name)
    title = fill(
        f"{name}: {_title(summary)}", output.width, subsequent_indent="  ", break_on_hyphens=False
    )
    if output.colour and title.startswith(name):
        title = paint(name, "strong") + title.removeprefix(name)
    return f"{title}\n{_lines(summary, output)}"


def _title(summary: Summary) -> str:
    """What a file is, in a line: its kind, how much it holds and what was assumed."""
    if summary.table is None:
        count = sum(row.alike for row in summary.rows)
        parts = [f"{count:,} arrays"] if count != 1 or summary.rows[0].name else []
        parts += [f"{summary.numbers:,} numbers", memory.human(summary.nbytes)]
        return ", ".join(parts)
    layout = summary.table.layout
    height, width = _height(summary), layout.width
    size = f"{height} row{'s' * (height != '1')} of {width:,} column{'s' * (width != 1)}"
    between = f" between {_MARKS[layout.separator]}" if width > 1 else ""
    header = "the first row taken as header" if layout.names else "no header"
    return f"{size}{between}; {header}"


def _height(summary: Summary) -> str:
    if not summary.rows:
        return "0"
    height = summary.rows[0].entry.shape[0]
    if height >= 0:
        return f"{height:,}"
    assert summary.table is not None
    return f"about {float(f'{summary.table.rows_about():.2g}'):,.0f}"


def _lines(summary: Summary, output: Output) -> str:
    """A row for each array, in columns."""
    terminal = output.on_terminal
    # A single array has no name, and needs none but beside its numbers for tools.
    named = (summary.stats and not terminal) or any(row.name for row in summary.rows)
    with_shape = not (terminal and summary.table is not None)
    columns: list[Column] = []
    if named:
        columns.append(Column("name" if summary.table is None else "column"))
    columns.append(Column("dtype"))
    if with_shape:
        columns.append(Column("shape"))
    if terminal and summary.table is None:
        columns += [Column("count", True, rank=2), Column("bytes", True, rank=4)]
    if summary.stats:
        blank = Column("blanks" if not terminal else "nan" if with_shape else "blank", True)
        ends = [Column("min", True), Column("mean", True, rank=1), Column("max", True)]
        columns += [blank, *ends]
        columns += [Column("", rank=3)] if terminal else []
    rows = []
    for row in summary.rows:
        cells = [row.name] if named else []
        cells.append(row.entry.dtype)
        if with_shape:
            cells.append(_shape(row.entry.shape))
        if terminal and summary.table is None:
            cells += [f"{row.alike:,}" if row.alike > 1 else "", _bytes(row)]
        if summary.stats:
            cells += _numbers(row, output)
        rows.append(cells)
    return table(columns, rows, output, headings=summary.stats or terminal)


def _shape(shape: Sequence[int]) -> str:
    return "[" + ", ".join("?" if size < 0 else str(size) for size in shape) + "]"


def _bytes(row: Row) -> str:
    dtype = BY_NAME.get(row.entry.dtype)
    return memory.human(_count(row.entry) * row.alike * dtype.itemsize) if dtype else ""


def _numbers(row: Row, output: Output) -> list[str]:
    """The cells of an array's blanks, least, mean and greatest, and on a terminal its shape."""
    from tcalc.display.statistics import Statistics

    found = row.found
    terminal = output.on_terminal
    if found is None:
        return [""] * (5 if terminal else 4)
    if not isinstance(found, Statistics):
        cells = [str(found.blanks), found.smallest or "", "", found.largest or ""]
        if not found.is_whole:
            cells = [str(found.blanks), "", "", ""]
        return [*cells, _variety(found)] if terminal else cells
    ends = ["", "", ""]
    if found.count:
        ends = [_digits(value, output) for value in _ends(found, row.entry)]
    if terminal and not found.nans:
        cells = ["", *ends]
    else:
        cells = [str(found.nans), *ends]
    alarms = [f"{count:,} {name}" for name, count in found.alarms() if name != "nan"]
    return [*cells, " ".join([found.sketch, *alarms]).strip()] if terminal else cells


def _variety(found: Texts) -> str:
    from tcalc.command.measuring import MOST_DIFFERENT

    if not found.is_whole:
        return "text below numbers"
    count = len(found.different)
    return (
        f"over {MOST_DIFFERENT:,} different" if count > MOST_DIFFERENT else f"{count:,} different"
    )


def _ends(found: Statistics, entry: Entry) -> tuple[float, float, float]:
    """The least, the mean and the greatest, the ends as short as numbers of their dtype are."""
    dtype = BY_NAME.get(entry.dtype)
    if dtype is None or not is_floating(dtype) or dtype is BY_NAME["float64"]:
        return found.smallest, found.mean, found.largest
    import numpy as np

    low, high = (float(str(np.float32(end))) for end in (found.smallest, found.largest))
    return low, found.mean, high


def _digits(value: float, output: Output) -> str:
    if output.on_terminal:
        digits = 4 if output.options.digits is None else output.options.digits
        whole = isinstance(value, int) and abs(value) < 10**12
        return f"{value}" if whole else f"{value:.{digits}g}"
    return repr(value)


def _count(entry: Entry) -> int:
    return max(0, math.prod(entry.shape))


# -- JSON -------------------------------------------------------------------------------------------


def as_json(summary: Summary) -> str:
    """An object for the file, and one for each array."""
    from json import dumps

    looked = summary.looked
    file: dict[str, object] = {
        "type": "file",
        "source": looked.name,
        "format": looked.suffix[1:],
        "size": looked.size,
        "arrays": sum(row.alike for row in summary.rows),
        "numbers": summary.numbers,
        "bytes": summary.nbytes,
    }
    if summary.table is not None:
        layout = summary.table.layout
        file |= {"separator": layout.separator or " ", "header": layout.names is not None}
    records = [file, *(_record(row, looked.name) for row in summary.rows)]
    return "".join(
        dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n" for record in records
    )


def _record(row: Row, source: str) -> dict[str, object]:
    from tcalc.display.statistics import Statistics

    entry, found = row.entry, row.found
    record: dict[str, object] = {"type": "array", "name": entry.name, "dtype": entry.dtype}
    record["shape"] = [None if size < 0 else size for size in entry.shape]
    if isinstance(found, Statistics):
        record["blanks"] = found.nans
        if found.count:
            ends = (*_ends(found, entry), found.std)
            for name, value in zip(("min", "mean", "max", "std"), ends):
                record[name] = value if math.isfinite(value) else str(value)
        record |= {name: count for name, count in found.alarms() if name != "nan"}
    elif found is not None:
        record["blanks"] = found.blanks
        if found.is_whole:
            record |= {"min": found.smallest, "max": found.largest}
    return record | {"source": source}
