"""What may be written to: rules of in-place calls and of `out=`."""

from __future__ import annotations

# Where what an op writes to may lie: anywhere, not on a part of an operand, or apart from them all.
ANYWHERE, NOT_PARTLY, APART = range(3)

# Which dtypes `out` may have: the result's alone; those that it can be cast to, or of them floats or
# complex ones alone; bool and uint8; all that are real; any.
OWN, CAST, FLOATS, COMPLEX, TRUTH, REAL, ANY = range(7)
# The result's alone too, but the call gives None; or `out` stays as it was, a slip of PyTorch's.
GIVES_NONE, UNTOUCHED = range(7, 9)
