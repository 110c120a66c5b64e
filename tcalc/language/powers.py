"""Powers and shifts of integers, which a few characters can make too large for anyone."""

from __future__ import annotations

from tcalc.errors import LimitError
from tcalc.runtime.base.symbols import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# The most bits that one power or shift of integers may make: 2.5 million digits.
MOST_BITS = 1 << 23


def power(base: Any, exponent: Any) -> Any:
    """`base ** exponent`, refused where integers would make more digits than anyone can use."""
    if kind_of(exponent) is int and exponent > 1:
        _check_power(base, exponent)
    return base**exponent


def power_in_place(base: Any, exponent: Any) -> Any:
    """`base **= exponent`, refused likewise."""
    if kind_of(exponent) is int and exponent > 1:
        _check_power(base, exponent)
    base **= exponent
    return base


def _check_power(base: Any, exponent: int) -> None:
    if isinstance(base, int):
        bits = (base.bit_length() - 1) * exponent
        if bits > MOST_BITS:
            raise _too_many_digits("the power", bits)


def shift(value: Any, count: Any) -> Any:
    """`value << count`, refused where the integer would be too large."""
    _check_shift(value, count)
    return value << count


def shift_in_place(value: Any, count: Any) -> Any:
    """`value <<= count`, refused likewise."""
    _check_shift(value, count)
    value <<= count
    return value


def _check_shift(value: Any, count: Any) -> None:
    if isinstance(value, int) and kind_of(count) is int and value:
        bits = value.bit_length() + count
        if bits > MOST_BITS:
            raise _too_many_digits("the shifted number", bits)


def _too_many_digits(what: str, bits: int) -> LimitError:
    digits = bits * 30103 // 100000 + 1
    # The number of digits may itself be a number that fills screens.
    size = f"{digits:,}" if digits < 10**15 else f"about 10**{len(bin(digits)) * 30103 // 100000}"
    return LimitError(f"{what} would have {size} digits", hint="floats reach 1e308: write 10.0**n")
