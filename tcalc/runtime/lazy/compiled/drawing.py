"""What an installation's functions make of random words: each is one call for some words and an array, whose
elements lie in order. None, or False, where the installation has no such function."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.compiled.addresses import address
from tcalc.runtime.lazy.compiled.switch import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

    Write = Callable[[Array, Array], None]

NORMALS, ORDER, UNITS, RANGE = "normals", "permutation", "units", "range"
# Normals that are made together.
ROW = 16


def normals(mean: float, std: float) -> Write | None:
    """What writes normals into an array of float32 of whole rows."""
    call = library.call(NORMALS) if settings.on else None
    if call is None:
        return None
    numbers = np.array([mean, std], np.float32)

    def write(words: Array, out: Array) -> None:
        at = address(numbers)
        given = array(
            "q", [address(words), address(out), out.size // ROW, at, at + numbers.itemsize]
        )
        call(given.buffer_info()[0])

    return write


def units() -> Write | None:
    """What writes numbers uniform in [0, 1) into an array of float32."""
    return _writer(UNITS)


def remainders(count: int, base: int) -> Write | None:
    """What writes numbers of a range into an array of int64; count: of them, below 2**31."""
    return _writer(RANGE, count, base)


def _writer(name: str, *numbers: int) -> Write | None:
    call = library.call(name) if settings.on else None
    if call is None:
        return None

    def write(words: Array, out: Array) -> None:
        given = array("q", [address(words), address(out), out.size, *numbers])
        call(given.buffer_info()[0])

    return write


def order(out: Array, words: Array) -> bool:
    """Write the numbers 0 … n-1 in the order that n-1 words come to into an array of int64 (n is at least
    2)."""
    write = _writer(ORDER)
    if write is None:
        return False
    write(words, out)
    return True
