"""The quick ways from text to numbers, for what is as simple as most tables are.

What could be lost on the way is looked for afterwards, in the numbers and then in the text; where
there may be something, `gather` goes field by field.
"""

from __future__ import annotations

import math
import re
import warnings
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.files import exact, text
from tcalc.runtime.base import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.files.rows import Layout

# So many fields are read in one call.
_PIECE = 1 << 16
_INFINITE = re.compile(rb"inf", re.IGNORECASE)
# As many as a number needs that is too small without an exponent, and more.
_ZEROS = b"0" * 64
_COMMENT = re.compile(rb"#[^\r\n]*")
_EXPONENT = re.compile(rb"[eE]-[0-9]{3}")


def matrix(data: bytes, table: Layout, chosen: Sequence[int] | None, floats: Any) -> Any:
    """The rows of a table as int64, `floats` or float64; None where that takes a closer look."""
    body = _simple(data, table, chosen)
    if body is None:
        return None
    for kind in (np.int64, np.float64):
        array = _loaded(body, table, chosen, kind)
        if array is None or (chosen is None and array.shape[1] != table.width):
            continue
        return array if kind is np.int64 else _held(array, body, table, chosen, floats)
    return None


class _Body(NamedTuple):
    """The rows below a header: what follows byte `start`."""

    data: bytes
    start: int

    def __contains__(self, piece: Any) -> bool:
        return self.data.find(piece, self.start) >= 0


def _simple(data: bytes, table: Layout, chosen: Sequence[int] | None) -> _Body | None:
    """The text without quotes and decimal commas, or None where it needs the other reader."""
    body = _Body(data, table.start)
    if table.separator is None:
        # The reader would not see that rows differ in length where it takes some columns alone,
        # and it takes more for blanks than we do.
        return body if chosen is None and data.isascii() else None
    mark = table.separator.encode()
    if b'"' in body:
        plain = rb'(?m)(?:(?<=%s)|^)"([^"\r\n%s]*[^"\s%s])"(?=%s|\r?$)' % ((mark,) * 4)
        body = _Body(re.sub(plain, rb"\1", data[table.start :]), 0)
        if b'"' in body:
            return None
    if table.separator != "," and table.width > 1 and b"," in body:
        if table.separator == "\t" or b"." in body:
            return None
        body = _Body(body.data.replace(b",", b"."), body.start)
    return body if chosen is None or _is_even(body, mark, table.width) else None


def _is_even(body: _Body, mark: bytes, width: int) -> bool:
    """Whether every line has so many fields."""
    others = bytes(set(range(256)) - set(mark + b"\n"))
    marks = body.data[body.start :].translate(None, others)
    if not body.data.endswith(b"\n"):
        marks += b"\n"
    return marks == (mark * (width - 1) + b"\n") * marks.count(b"\n")


def _loaded(body: _Body, table: Layout, chosen: Sequence[int] | None, kind: Any) -> Any:
    lines = text.stream(*body, newline=None)
    rows = max(1, _PIECE // table.width)
    pieces: list[Any] = []
    try:
        with warnings.catch_warnings(), ExitStack() as stack:
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "Input line|loadtxt: input contained no data")
            task = stack.enter_context(
                progress.begin("reading rows", len(body.data), "B", part=True)
            )
            # A piece at a time, so that signals are heeded in between.
            while not pieces or len(pieces[-1]) == rows:
                piece = np.loadtxt(
                    lines,
                    dtype=kind,
                    delimiter=table.separator,
                    comments="#" if table.separator is None else None,
                    usecols=chosen,
                    ndmin=2,
                    max_rows=rows,
                )
                if not len(piece):
                    break
                pieces.append(piece)
                task.reach(lines.buffer.tell())  # type: ignore[attr-defined]  # bytes in memory
        return np.concatenate(pieces) if pieces else None
    except (ValueError, UserWarning, DeprecationWarning):
        return None


def _held(array: Any, body: _Body, table: Layout, chosen: Sequence[int] | None, floats: Any) -> Any:
    """The numbers in a dtype that keeps them, or None where float64 may have lost some."""
    infinite = int(np.isinf(array).sum())
    if infinite and (chosen is not None or len(_INFINITE.findall(*body)) != infinite):
        return None
    if not array.all() and _may_vanish(body):
        return None
    wide = exact.overflows(array, floats)
    most = exact.largest_whole(floats)
    flat = array.reshape(-1)
    with np.errstate(invalid="ignore"):
        large = flat[np.abs(flat) > most]
        may_be_whole = bool((np.isfinite(large) & (large == np.rint(large))).any())
    if may_be_whole:
        if chosen is not None:
            return None
        found = _whole(body, table.separator, len(str(most)))
        if not all(map(exact.is_held, found)):
            return None
        wide = wide or exact.rounds(np.array(found, np.float64), floats)
    return array.astype(np.float64 if wide else floats, copy=False)


def _may_vanish(body: _Body) -> bool:
    """Whether there are numbers that float64 may take for zero though they are none."""
    powers = b"e" in body or b"E" in body
    return (powers and _EXPONENT.search(*body) is not None) or _ZEROS in body


def _whole(body: _Body, separator: str | None, digits: int) -> list[int]:
    """The fields that are whole numbers of so many digits at least."""
    if separator is None and b"#" in body:  # which ends a field, and hides what follows
        body = _Body(_COMMENT.sub(b"", body.data[body.start :]), 0)
    ends = rb"\s" if separator is None else rb"\s" + separator.encode()
    spelled = re.compile(rb"(?<![^%s])[+-]?[0-9]{%d,400}(?![^%s])" % (ends, digits, ends))
    return [int(match[0]) for match in spelled.finditer(*body)]


def block(fields: list[str], floats: Any) -> Any:
    """The numbers of fields without anything special, of int64 or float64; None for others."""
    joined = "".join(fields)
    if "_" in joined or not joined.isascii():
        return None
    try:
        if not joined.strip("0123456789+-") and all(fields):
            # Longer ones may be more than int64 holds.
            return np.array(list(map(int, fields)), np.int64) if _are_short(fields) else None
        numbers = np.array([float(field) if field else math.nan for field in fields], np.float64)
    except ValueError:
        return None
    small = "e-" in joined or "E-" in joined or "0" * 300 in joined
    if np.isinf(numbers).any() or (small and not numbers.all()):
        return None
    large = numbers[np.abs(numbers) > exact.largest_whole(floats)]
    return None if (large == np.rint(large)).any() else numbers


def _are_short(fields: list[str]) -> bool:
    return max(map(len, fields), default=0) < 19
