"""Numbers as JSON: floats have the digits that give the same float back.

What JSON has no number for is the string "nan", "inf" or "-inf"; complex numbers are [re, im].
"""

from __future__ import annotations

from math import isfinite, prod

from tcalc.display import numbers
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, INTEGERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import numpy as np

_NO_NUMBERS = {"nan": '"nan"', "inf": '"inf"', "-inf": '"-inf"'}


def number(value: complex) -> str:
    """A Python number as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return numbers.integer(int(value))
    if isinstance(value, float):
        return float.__repr__(value) if isfinite(value) else f'"{float(value)}"'
    return f"[{number(value.real)},{number(value.imag)}]"


def nested(array: np.ndarray) -> str:
    """The elements in nested JSON arrays."""
    if not array.ndim:
        return spelled(array)[0]
    cells = [f"[{row}]" for row in numbers.rows(array, ",", spelled)]
    for axis in range(array.ndim - 2, -1, -1):
        size, count = array.shape[axis], prod(array.shape[:axis])
        groups = (cells[at * size : (at + 1) * size] for at in range(count))
        cells = [f"[{','.join(group)}]" for group in groups]
    return cells[0]


def spelled(array: np.ndarray) -> list[str]:
    """Every element as JSON, in row-major order."""
    char = array.dtype.char
    if char in BOOLS:
        return ["true" if value else "false" for value in array.reshape(-1).tolist()]
    if char in COMPLEXES:
        return [f"[{r},{i}]" for r, i in zip(spelled(array.real), spelled(array.imag))]
    words = numbers.words(array)
    if char in INTEGERS or isfinite(float(array.astype("float64").sum())):
        return words
    return [_NO_NUMBERS.get(word, word) for word in words]
