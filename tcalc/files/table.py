"""Tables of numbers as text: CSV and TSV, and numbers between blanks.

A first row with something that is no number is a header. Only whole numbers give int64, anything
else the default dtype; empty fields are nan. One column is a vector, and so is one row of .txt.

Well-formed tables go through NumPy's reader. What it does not take (empty fields, text) is read
field by field, which is slower and knows where things are.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import FileProblem, ValueProblem
from tcalc.runtime import dtypes, memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NUMBER = re.compile(
    r"\s*[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf(?:inity)?)\s*",
    re.ASCII | re.IGNORECASE,
)
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
# Bytes for each byte of text: the text itself twice, and its numbers.
_TEXT_COST = 8
# A field read one by one costs a str and a float.
_FIELD_COST = 120
_LONGEST_FIELD = 1 << 20
_NAMES_SHOWN = 12


class _Layout(NamedTuple):
    """Where the numbers are: `lines_before` of them come lines, `names` are the header's."""

    separator: str | None
    names: list[str] | None
    width: int
    lines_before: int


def read(
    data: bytes, name: str, separator: str | None, columns: Any = None, floats: Any = None
) -> Any:
    """The numbers in a text, as an array of 1 or 2 dims.

    separator: between fields; None for blanks, where `#` begins a comment.
    columns: names or numbers (from 0) of those to read; one alone gives a vector.
    floats: NumPy dtype of what are not whole numbers; the default dtype where it is None.
    """
    import numpy as np

    memory.check(_TEXT_COST * len(data), name)
    floats = dtypes.default.value.numpy if floats is None else floats
    text = _decode(data, name)
    layout = _layout(text, name, separator)
    chosen = None if columns is None else _chosen(columns, layout, name)
    if layout.width == 0:
        return np.zeros(0, floats)
    array = _read_fast(text, layout, chosen)
    if array is None:
        memory.check(_FIELD_COST * (len(data) // 2 + 1), name)
        array = _read_slow(text, name, layout, chosen)
    if array.dtype == np.float64:
        array = array.astype(floats, copy=False)
    if columns is not None:
        return array[:, 0] if isinstance(columns, (str, int)) else array
    if array.shape[1] == 1:
        return array[:, 0]
    is_row = array.shape[0] == 1 and separator is None and layout.names is None
    return array[0] if is_row else array


def sniff(data: bytes) -> str | None:
    """What separates the fields of a text: a tab, a comma or a semicolon; None for blanks."""
    bare = re.sub(rb'"[^"]*"', b'""', data[:_LONGEST_FIELD])
    line = next((line for line in bare.splitlines() if line.strip()), b"")
    # Where numbers have decimal commas, fields are apart by semicolons.
    return next((s for s in "\t;," if s.encode() in line), None)


def write(array: Any, separator: str, name: str, header: Sequence[str] | None = None) -> bytes:
    """A vector as one column, a matrix as rows; numbers have the digits that give them back."""
    if array.ndim > 2:
        raise ValueProblem(
            f"{name}: a table has two dims at most, not shape {list(array.shape)}",
            hint="save it as .npy",
        )
    if array.dtype.kind == "c":
        raise ValueProblem(f"{name}: text has no complex numbers", hint="save it as .npy")
    cells = _digits(array)
    width = array.shape[1] if array.ndim == 2 else 1
    lines = []
    if header is not None:
        lines.append(separator.join(_quoted(h, separator) for h in header))
    if width == 1:
        lines += cells
    else:
        lines += [separator.join(cells[i : i + width]) for i in range(0, len(cells), width)]
        lines += [""] * (array.shape[0] if not width else 0)
    return "".join(line + "\n" for line in lines).encode()


def _digits(array: Any) -> list[str]:
    flat = array.reshape(-1)
    if flat.dtype.kind in "bi":
        return list(map(str, flat.astype("i8").tolist()))
    if flat.dtype.kind == "u":
        return list(map(str, flat.tolist()))
    if flat.dtype == "f8":
        return list(map(repr, flat.tolist()))
    if flat.dtype.kind != "f":
        flat = flat.astype("f4")
    # NumPy's scalars print the fewest digits that give the same number of their own type.
    return list(map(str, flat))


def _quoted(text: str, separator: str) -> str:
    if any(c in text for c in (separator, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _decode(data: bytes, name: str) -> str:
    if b"\0" in data[: 1 << 16]:
        raise FileProblem(f"{name} is not text: it holds zero bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileProblem(
            f"{name}, line {line}: byte {error.start} (0x{data[error.start]:02x}) is not UTF-8 text"
        ) from None


def _rows(text: str, name: str, separator: str | None) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the number of its first line."""
    if separator is None:
        for number, line in enumerate(io.StringIO(text, newline=None), 1):
            fields = line.partition("#")[0].split()
            if fields:
                yield number, fields
        return
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = 1
    try:
        for fields in reader:
            if len(fields) > 1 or (fields and fields[0].strip()):
                yield number, fields
            number = reader.line_num + 1
    except csv.Error as error:
        raise FileProblem(f"{name}, line {number}: {error}") from None


def _layout(text: str, name: str, separator: str | None) -> _Layout:
    for line, fields in _rows(text, name, separator):
        if all(not f.strip() or _NUMBER.fullmatch(f) for f in fields):
            return _Layout(separator, None, len(fields), 0)
        # The header may span lines, so what it covers is counted up to the row that follows.
        following = next((n for n, _ in _after(text, name, separator, line)), None)
        before = text.count("\n") + text.count("\r") + 1 if following is None else following - 1
        return _Layout(separator, [f.strip() for f in fields], len(fields), before)
    return _Layout(separator, None, 0, 0)


def _after(
    text: str, name: str, separator: str | None, line: int
) -> Iterator[tuple[int, list[str]]]:
    return ((n, fields) for n, fields in _rows(text, name, separator) if n > line)


def _chosen(columns: Any, layout: _Layout, name: str) -> list[int]:
    wanted = [columns] if isinstance(columns, (str, int)) else list(columns)
    chosen = []
    for column in wanted:
        if type(column) is int:
            if not -layout.width <= column < layout.width:
                raise ValueProblem(
                    f"{name} has no column {column}: there are {layout.width}", argument="columns"
                )
            chosen.append(column % layout.width)
        elif type(column) is str and layout.names is not None and column in layout.names:
            if layout.names.count(column) > 1:
                raise ValueProblem(
                    f"{name} has several columns {column!r}: give numbers, from 0",
                    argument="columns",
                )
            chosen.append(layout.names.index(column))
        else:
            known = "no header" if layout.names is None else "columns " + _listed(layout.names)
            raise ValueProblem(
                f"{name} has no column {column!r}: it has {known}", argument="columns"
            )
    if not chosen:
        raise ValueProblem("columns must name one column at least", argument="columns")
    return chosen


def _read_fast(text: str, layout: _Layout, chosen: list[int] | None) -> Any:
    """By NumPy's reader, or None where the text is not as simple as it wants."""
    import numpy as np

    if chosen is not None and layout.separator is None:
        return None  # the reader would not see that rows differ in length
    for kind in (np.int64, np.float64):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                array = np.loadtxt(
                    io.StringIO(text, newline=None),
                    dtype=kind,
                    delimiter=layout.separator,
                    comments="#" if layout.separator is None else None,
                    quotechar=None if layout.separator is None else '"',
                    skiprows=layout.lines_before,
                    usecols=chosen,
                    ndmin=2,
                )
        except (ValueError, UserWarning, DeprecationWarning):
            continue
        if chosen is None:
            return array if array.shape[1] == layout.width else None
        rows = len(array) + (layout.names is not None)
        fields = text.count(layout.separator or " ") + rows
        return array if fields == rows * layout.width else None
    return None


def _read_slow(text: str, name: str, layout: _Layout, chosen: list[int] | None) -> Any:
    """Field by field: empty ones are nan, and what is wrong is told with its place."""
    import numpy as np

    rows = _rows(text, name, layout.separator)
    if layout.names is not None:
        next(rows)
    picked = range(layout.width) if chosen is None else chosen
    values: list[int | float] = []
    whole = True
    height = 0
    for line, fields in rows:
        if len(fields) != layout.width:
            raise ValueProblem(
                f"{name}, line {line}: {_count(len(fields))}, but the rows before have "
                f"{layout.width}"
            )
        height += 1
        for column in picked:
            field = fields[column]
            if not field.strip():
                values.append(float("nan"))
                whole = False
            elif _NUMBER.fullmatch(field):
                is_whole = _WHOLE.fullmatch(field) is not None
                whole = whole and is_whole
                values.append(int(field) if is_whole else float(field))
            else:
                raise _no_number(field, line, column, text, name, layout)
    kind = np.int64 if whole and height else np.float64
    return np.array(values, kind).reshape(height, len(picked))


def _no_number(
    field: str, line: int, column: int, text: str, name: str, layout: _Layout
) -> ValueProblem:
    """The error for text among numbers; its hint names the columns that hold numbers alone."""
    good = [True] * layout.width
    for n, fields in _rows(text, name, layout.separator):
        if layout.names is None or n > layout.lines_before:
            for i, f in enumerate(fields[: layout.width]):
                good[i] = good[i] and (not f.strip() or _NUMBER.fullmatch(f) is not None)
    names: Sequence[str | int] = layout.names or range(layout.width)
    usable = [n for n, is_good in zip(names, good) if is_good]
    called = f" ({layout.names[column]!r})" if layout.names is not None else ""
    short = field if len(field) <= 40 else field[:37] + "..."
    return ValueProblem(
        f"{name}, line {line}, column {column + 1}{called}: {short!r} is not a number",
        hint=f"columns={_listed(usable)} reads the columns of numbers" if usable else None,
    )


def _listed(names: Sequence[object]) -> str:
    shown = ", ".join(map(repr, names[:_NAMES_SHOWN]))
    return f"[{shown}, ...]" if len(names) > _NAMES_SHOWN else f"[{shown}]"


def _count(n: int) -> str:
    return f"{n} field" if n == 1 else f"{n} fields"
