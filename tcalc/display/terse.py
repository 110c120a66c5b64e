"""Bare numbers for pipes: rows with tabs for cut and awk, rows with commas for spreadsheets.

Nothing is rounded, summarised or wrapped: what is written reads back as the same numbers.
"""

from __future__ import annotations

from math import inf

from tcalc.display import numbers, plain
from tcalc.display.options import OPTIONS, printoptions
from tcalc.display.values import as_ndarray, as_tensor, has_data, host, named_fields
from tcalc.errors import ShapeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeGuard

    import numpy as np


def text(value: object, precision: int | None = None, sep: str = "\t") -> str:
    """The value bare: a number in full, a tensor as rows with a blank line between matrices, a
    string raw, the items of a tuple one after the other, the rest as PyTorch prints it.

    precision: digits after the point instead of all that matter.

    >>> text(0.1), text("raw"), text((1, 2.5)), text(2 / 3, precision=2)
    ('0.1', 'raw', '1\\n2.5', '0.67')
    """
    if isinstance(value, str):
        return value
    array = _array(value)
    if array is not None:
        return "\n".join(_lines(array, precision, sep))
    if _is_sequence(value):
        return _stack([(text(item, precision, sep), _is_matrix(item)) for item in value])
    if isinstance(value, (bool, int, float, complex)):
        return plain.text(value, precision)
    if precision is None:
        return plain.exact(value)
    with printoptions(threshold=inf, linewidth=inf, sci_mode=OPTIONS.sci_mode):
        return plain.text(value, precision)


def csv(value: object, precision: int | None = None) -> str:
    """The value as rows with commas; strings that need it are quoted (RFC 4180).

    Lists of numbers or strings are rows too. ShapeError where there are more than two dimensions.

    >>> csv([[1, 2.5], ["a,b", True]])
    '1,2.5\\n"a,b",True'
    """
    array = _array(value)
    if array is not None:
        if array.ndim > 2:
            shape = list(array.shape)
            raise ShapeError(
                f"--csv writes two dimensions at most, but this tensor has {array.ndim}: "
                f"its shape is {shape}",
                hint="choose a slice, or flatten it with .flatten(0, -2)",
            )
        return "\n".join(_lines(array, precision, ","))
    if _is_sequence(value):
        return "\n".join(csv(item, precision) for item in value)
    if isinstance(value, list) and value:
        if all(isinstance(row, (list, tuple)) for row in value):
            return "\n".join(_csv_row(row, precision) for row in value)
        return _csv_row(value, precision)
    return _quoted(text(value, precision))


def _csv_row(row: list[object] | tuple[object, ...], precision: int | None) -> str:
    return ",".join(_quoted(text(item, precision)) for item in row)


def _quoted(word: str) -> str:
    if any(mark in word for mark in ',"\n\r') or word != word.strip():
        return '"' + word.replace('"', '""') + '"'
    return word


def _array(value: object) -> np.ndarray | None:
    """The numbers of a tensor or array, in the computer's memory; None for anything else."""
    tensor = as_tensor(value)
    if tensor is not None:
        return host(tensor.array) if has_data(tensor) else None
    array = as_ndarray(value)
    if array is None:
        return None
    from tcalc.runtime.types.codes import KNOWN  # which plain numbers do without

    return array if array.dtype.char in KNOWN else None


def _is_sequence(value: object) -> TypeGuard[tuple[object, ...]]:
    # Size and what a call reports in words are tuples as well, but one value to their reader.
    if not isinstance(value, tuple) or getattr(type(value), "_whole_", False):
        return False
    return type(value) is tuple or bool(named_fields(value))


def _is_matrix(value: object) -> bool:
    tensor = as_tensor(value)
    return tensor is not None and tensor.ndim > 1 and has_data(tensor)


def _stack(items: list[tuple[str, bool]]) -> str:
    """The texts one after the other, with a blank line on each side of a matrix."""
    pieces: list[str] = []
    before = False
    for at, (word, matrix) in enumerate(items):
        if at:
            pieces.append("\n\n" if matrix or before else "\n")
        pieces.append(word)
        before = matrix
    return "".join(pieces)


def _lines(array: np.ndarray, precision: int | None, sep: str) -> list[str]:
    def spell(block: np.ndarray) -> list[str]:
        return numbers.words(block, precision)

    if not array.ndim:
        return spell(array)
    lines: list[str] = []
    height = array.shape[-2] if array.ndim > 1 else 1
    for at, row in enumerate(numbers.rows(array, sep, spell)):
        if at and at % height == 0 and array.ndim > 2:
            lines.append("")
        lines.append(row)
    return lines
