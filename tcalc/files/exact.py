"""What floats hold: a table's numbers become a dtype that keeps them, or float64, or an error."""

from __future__ import annotations

from typing import Any

import numpy as np

from tcalc.runtime.types.dtypes import of


def largest_whole(floats: Any) -> int:
    """The number up to which a dtype of floats holds all whole ones.

    >>> largest_whole(np.float32)
    16777216
    """
    return 1 << of(np.dtype(floats)).digits


def is_held(value: int) -> bool:
    """Whether float64 holds a whole number.

    >>> is_held(2**53 + 1), is_held(10**20), is_held(10**400)
    (False, True, False)
    """
    try:
        return float(value) == value
    except OverflowError:
        return False


def overflows(numbers: Any, floats: Any) -> bool:
    """Whether some of float64's numbers would become infinite, or nothing, in a narrower dtype."""
    with np.errstate(all="ignore"):
        narrow = numbers.astype(floats)
        lost = np.isfinite(numbers) & ~np.isfinite(narrow)
        return bool(lost.any() or ((numbers != 0) & (narrow == 0)).any())


def rounds(whole: Any, floats: Any) -> bool:
    """Whether some whole numbers, (n,) of int64 or float64, would change in a dtype of floats."""
    with np.errstate(all="ignore"):
        large = whole[(whole > largest_whole(floats)) | (whole < -largest_whole(floats))]
        return bool((large.astype(floats).astype(np.float64) != large.astype(np.float64)).any())


def first_lost(whole: Any) -> int | None:
    """Where an array of int64 has a number that float64 does not hold; None where it holds all."""
    for at in np.flatnonzero((whole > 1 << 53) | (whole < -(1 << 53))).tolist():
        if not is_held(int(whole[at])):
            return at
    return None
