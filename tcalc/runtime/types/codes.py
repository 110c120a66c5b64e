"""NumPy's type codes (`array.dtype.char`) by what they mean: what an array is asked what it holds by.

Each is computed from the table of dtypes once: `array.dtype.char in EXACT` is as quick as a test can
be, and a new row of the table is in all that it belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.types.dtypes import ALL, BOOL, COMPLEX, FLOATING, INTEGER, float32

if TYPE_CHECKING:
    from tcalc.runtime.types.dtypes import dtype


def codes(*types: dtype) -> str:
    """The codes of some types.

    >>> from tcalc.runtime.types.dtypes import float32, int64
    >>> codes(float32, int64)
    'flq'
    """
    return "".join([t.codes for t in types])


BOOLS = codes(*[t for t in ALL if t.category == BOOL])
INTEGERS = codes(*[t for t in ALL if t.category == INTEGER])
SIGNED = codes(*[t for t in ALL if t.category == INTEGER and t.is_signed])
UNSIGNED = codes(*[t for t in ALL if t.category == INTEGER and not t.is_signed])
EXACT = BOOLS + INTEGERS
FLOATS = codes(*[t for t in ALL if t.category == FLOATING])
SINGLES = codes(float32)
HALVES = codes(*[t for t in ALL if t.is_half])  # computed in float32
COMPLEXES = codes(*[t for t in ALL if t.category == COMPLEX])
REALS = INTEGERS + FLOATS
INEXACT = FLOATS + COMPLEXES
KNOWN = EXACT + INEXACT
# The types that kernels have unless they say otherwise; what they take as it is.
USUAL = codes(*[t for t in ALL if t.group in "bifc"])
PLAIN = "".join([t.codes[0] for t in ALL if t.is_plain])
PLAIN_FLOATS = "".join([c for c in PLAIN if c in FLOATS])
PLAIN_INEXACT = "".join([c for c in PLAIN if c in INEXACT])
