"""How far the elements of two arrays are apart: how many, the most, and where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.files.fields import is_blank
from tcalc.runtime.types.codes import COMPLEXES, EXACT, FLOATS

if TYPE_CHECKING:
    from collections.abc import Sequence


class Place(NamedTuple):
    """A difference, where it is, and the two elements."""

    difference: float
    at: tuple[int, ...]
    a: Any
    b: Any


class Counts(NamedTuple):
    """How many elements differ, and of how many; nan: how many of these are nan on one side alone.

    absolute, relative: the greatest differences of numbers, also within the tolerance; the relative
    ones are parts of the second where that is not 0. first: where the first that differ are.
    """

    differ: int
    of: int
    nan: int
    absolute: Place | None
    relative: Place | None
    first: Place | None


class Found:
    """Goes through two arrays block by block."""

    def __init__(self, rtol: float, atol: float) -> None:
        self.rtol, self.atol = rtol, atol
        self._differ = self._of = self._nan = 0
        self._absolute: tuple[float, int, Any, Any] | None = None
        self._relative: tuple[float, int, Any, Any] | None = None
        self._first: tuple[float, int, Any, Any] | None = None

    def add(self, x: Any, y: Any) -> None:
        """Take two blocks of one length into account: arrays, or lists of texts."""
        if isinstance(x, list) or isinstance(y, list):
            self._add_texts(_texts(x), _texts(y))
        else:
            self._add_numbers(x, y)
        self._of += len(x)

    def counts(self, shape: Sequence[int]) -> Counts:
        """What was found, with places in arrays of a shape."""

        def place(found: tuple[float, int, Any, Any] | None) -> Place | None:
            if found is None:
                return None
            difference, flat, x, y = found
            at = np.unravel_index(flat, tuple(shape)) if shape else ()
            return Place(difference, tuple(map(int, at)), x, y)

        return Counts(
            self._differ,
            self._of,
            self._nan,
            place(self._absolute),
            place(self._relative),
            place(self._first),
        )

    def _add_texts(self, x: Sequence[Any], y: Sequence[Any]) -> None:
        for at, (one, other) in enumerate(zip(x, y)):
            if one != other:
                self._differ += 1
                if self._first is None:
                    self._first = math.nan, self._of + at, one, other

    def _add_numbers(self, x: Any, y: Any) -> None:
        with np.errstate(all="ignore"):
            unequal = x != y
            if not unequal.any():
                return
            left, right = _is_nan(x), _is_nan(y)
            nans = left != right
            unequal &= ~(left & right)
            if not unequal.any():
                return
            wide = _widest(x, y)
            a, b = x.astype(wide), y.astype(wide)
            apart = np.abs(a - b)
            apart[~unequal] = 0
            apart[unequal & np.isnan(apart) & ~nans] = np.inf  # of infinities
            size = np.abs(b)
            allowed = self.atol + self.rtol * size
            differ = unequal & ~((apart <= allowed) & np.isfinite(apart))
            parts = np.where(size > 0, apart / size, 0)
            parts[unequal & np.isnan(parts) & ~nans] = np.inf
        self._differ += int(np.count_nonzero(differ))
        self._nan += int(np.count_nonzero(nans))
        if self._first is None and differ.any():
            self._first = self._place(apart, int(np.argmax(differ)), x, y)
        self._absolute = self._greater(self._absolute, np.where(nans, 0, apart), x, y)
        self._relative = self._greater(self._relative, np.where(nans, 0, parts), x, y)

    def _greater(self, before: Any, values: Any, x: Any, y: Any) -> Any:
        at = int(np.argmax(values))
        found = self._place(values, at, x, y)
        return found if found[0] > (before[0] if before is not None else 0) else before

    def _place(self, values: Any, at: int, x: Any, y: Any) -> tuple[float, int, Any, Any]:
        return float(values[at]), self._of + at, _shortest(x[at]), _shortest(y[at])


def as_other(x: Any, y: Any) -> tuple[Any, Any]:
    """Numbers of a text in the dtype of those that they are compared with."""
    if y.dtype.char in FLOATS and x.dtype.char not in COMPLEXES:
        with np.errstate(all="ignore"):
            return x.astype(y.dtype), y
    return x, y


def _widest(x: Any, y: Any) -> Any:
    """The dtype in which two arrays are subtracted."""
    chars = x.dtype.char + y.dtype.char
    if any(char in COMPLEXES for char in chars):
        return np.complex128
    # Of whole numbers no digit is lost where there are such wide floats.
    return np.longdouble if all(char in EXACT for char in chars) else np.float64


def _is_nan(x: Any) -> Any:
    return np.isnan(x) if x.dtype.char not in EXACT else np.zeros(x.shape, bool)


def _texts(values: Any) -> list[Any]:
    """Fields to compare: what spells a number as one, blanks as the same."""
    found = values if isinstance(values, list) else values.tolist()
    return [_field(value) for value in found]


def _field(value: Any) -> Any:
    if isinstance(value, str):
        if is_blank(value):
            return ""
        try:
            return float(value)
        except ValueError:
            return value
    return "" if value != value else value


def _shortest(value: Any) -> Any:
    """A number as Python has it, with no more digits than its dtype has."""
    plain = value.item()
    if isinstance(plain, float) and value.dtype.itemsize < 8:
        return float(str(np.float32(plain)))
    return plain
