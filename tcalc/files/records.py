"""Rows that are objects, as JSON has them, turned into columns by their keys."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.runtime.types import dtypes


def columns(rows: list[Any], floats: Any = None) -> dict[str, Any] | None:
    """The columns of rows that are all dicts: arrays of numbers, or lists of texts.

    What a row has not, or has as null, is nan, or a blank text. None where rows are something else, or
    hold more than single values.
    """
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    keys = dict.fromkeys(key for row in rows for key in row)
    found = {key: _column([row.get(key) for row in rows], floats) for key in keys}
    return None if any(column is None for column in found.values()) else found


def _column(values: list[Any], floats: Any) -> Any:
    kinds = set(map(type, values))
    if kinds == {bool}:
        return np.array(values, np.bool_)
    if kinds == {int}:
        fits = all(-(1 << 63) <= value < 1 << 63 for value in values)
        return np.array(values, np.int64) if fits else list(map(str, values))
    if kinds <= {int, float, type(None)} and kinds != {type(None)}:
        numbers = [np.nan if value is None else float(value) for value in values]
        return np.array(numbers, floats or dtypes.default.value.numpy)
    if kinds <= {str, bool, int, float, type(None)}:
        return ["" if value is None else str(value) for value in values]
    return None
