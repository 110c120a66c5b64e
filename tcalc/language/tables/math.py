"""`math`: Python's, with integers bounded."""

from __future__ import annotations

import math
from operator import index

from tcalc.errors import LimitError
from tcalc.language.modules import taken
from tcalc.language.powers import MOST_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    made = taken(
        math,
        "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees dist e erf "
        "erfc exp exp2 expm1 fabs floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf "
        "isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter pi pow prod radians "
        "remainder sin sinh sqrt sumprod tan tanh tau trunc ulp",
    )

    def factorial(n: int, /) -> int:
        """n! = 1 * 2 * ... * n"""
        n = index(n)
        if n > 1 and n * math.log2(n / math.e) > MOST_BITS:
            raise LimitError(f"factorial({n}) would have too many digits", hint="lgamma(n + 1)")
        return math.factorial(n)

    def comb(n: int, k: int, /) -> int:
        """The number of ways to choose k of n, without order"""
        n, k = index(n), index(k)
        check_choices("comb", n, k, min(k, n - k))
        return math.comb(n, k)

    def perm(n: int, k: int | None = None, /) -> int:
        """The number of ways to choose k of n, in order"""
        n = index(n)
        k = n if k is None else index(k)
        check_choices("perm", n, k, k)
        return math.perm(n, k)

    def check_choices(name: str, n: int, k: int, taken: int) -> None:
        if 0 <= k <= n and taken * n.bit_length() > MOST_BITS:
            raise LimitError(f"{name}({n}, {k}) would have too many digits")

    return {**made, "factorial": factorial, "comb": comb, "perm": perm}
