"""Whole numbers: of a range, coin tosses, trials until a success."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.ops.random.sampling.units import (
    SEVERAL,
    cast,
    digits,
    fill,
    limits,
    memory_order,
    name_of,
    not_implemented,
    unit32,
    unit64,
    words64,
    write_words,
)
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, EXACT, FLOATS, INTEGERS, REALS
from tcalc.runtime.types.dtypes import bfloat16, float32, float64, int64, of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.ops.random.generator import Generator

Array = Any

# From so many values on, remainders take two words (a skew of 5 % is allowed below).
_WIDE = 1 << 28
_INT64 = 1 << 63


def random_(out: Array, low: int | None, high: int | None, g: Generator) -> Array:
    """Fill with whole numbers in [low, high).

    Without `high`: up to the largest that the dtype holds; without both: from 0 up to it (for
    floating dtypes up to the largest whole number below which all are held).
    """
    if out.dtype.char in COMPLEXES:
        raise DtypeError(
            "check_random_bounds handles only integral, floating-point and boolean types, "
            f"not {name_of(out.dtype)}"
        )
    if low is None:
        return _random_default(out, g)
    base, count = _int_range(out.dtype, low, high)

    if count >= 1 << 64:
        return fill(out, g, 2, lambda words: words64(words).view(np.int64))
    if count >= _WIDE:
        return fill(out, g, 2, lambda words: _shifted(words64(words) % np.uint64(count), base))
    if out.size >= SEVERAL and out.dtype == np.int64:
        from tcalc.runtime.lazy.compiled.drawing import remainders  # after the quick tests

        write = remainders(count, base)
        if write is not None:
            return write_words(out, g, 1, write)
    return fill(out, g, 1, lambda rest: _shifted(rest, base), of=_remainders(count))


@lru_cache(64)
def _remainders(count: int) -> Callable[[Array], Array]:
    """What divisions of words by a number leave."""
    divisor = np.array(count, np.uint32)

    def make(words: Array) -> Array:
        # NumPy divides by one number with vector instructions, but has none for remainders.
        rest = words // divisor
        np.multiply(rest, divisor, rest)
        np.subtract(words, rest, rest)
        return rest.astype(np.int64)

    return make


def _shifted(numbers: Array, base: int) -> Array:
    shifted = numbers.view(np.int64)
    return shifted + np.int64(base) if base else shifted


def _random_default(out: Array, g: Generator) -> Array:
    if out.dtype.char in BOOLS:
        return fill(out, g, 1, lambda words: words & np.uint32(1))
    count = 1 << digits(out.dtype)
    if out.dtype.char not in INTEGERS:
        count += 1
    if out.dtype.itemsize == 8:
        return fill(out, g, 2, lambda words: words64(words) % np.uint64(count))
    return fill(out, g, 1, lambda words: words % np.uint32(count))


@lru_cache(64)
def _int_range(t: np.dtype[np.generic], low: int, high: int | None) -> tuple[int, int]:
    """The first number and how many there are, within what the dtype holds."""
    floating = t.char not in EXACT
    if high is None and low == -_INT64:
        if of(t) not in (int64, float64, float32, bfloat16):
            raise DtypeError(
                "random_full_64_bits_range_kernel_cpu handles only int64, double, float and "
                f"bfloat16, not {name_of(t)}"
            )
        return low, 1 << 64
    if high is not None and low >= high:
        raise StateError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    if high is None:
        last = 1 << digits(t)
        if t.char in EXACT:
            last -= 1
        if floating:
            low = _nearest_from(t, low)
            if low >= last:
                raise StateError(
                    "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' "
                    f"casted to dtype, but got from={low} > to_inc={last}"
                )
    else:
        if floating:
            low, high = _nearest_from(t, low), _nearest_to(t, high)
            if low >= high:
                raise StateError(
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to "
                    f"dtype, but got from={low} >= to={high}"
                )
        last = high - 1
    least, most = limits(t)
    for name, bound in (("from", low), ("to - 1", last)):
        if not least <= bound <= most:
            raise StateError(f"{name} is out of bounds for {name_of(t)}")
    return low, last - low + 1


def _nearest_from(t: np.dtype[np.generic], low: int) -> int:
    """The first whole number that the dtype holds at or after `low`."""
    following = _whole(t, low + 1)
    if following < low:
        return following + (1 << max(0, abs(low + 1).bit_length() - digits(t)))
    return low


def _nearest_to(t: np.dtype[np.generic], high: int) -> int:
    """The end that keeps rounded numbers below `high`."""
    before = _whole(t, high - 1)
    if before >= high:
        return before - (1 << max(0, abs(high - 1).bit_length() - digits(t)))
    return high


def _whole(t: np.dtype[np.generic], value: int) -> int:
    """A whole number as the floating dtype holds it."""
    held = float(cast(np.array([value], np.int64), t)[0])
    return int(held) if math.isfinite(held) and abs(held) < _INT64 else -_INT64


def bernoulli_(out: Array, p: Any, g: Generator, one: float = 1) -> Array:
    """Fill with 1 with the probability p, a number or an array that broadcasts; else with 0.

    one: the number in the place of 1, where p is a number.
    """
    number = not isinstance(p, np.ndarray)
    if number and not 0 <= p <= 1:
        raise StateError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    if out.dtype.char in COMPLEXES:
        raise not_implemented("bernoulli_scalar_cpu_", out.dtype)
    if number:
        return _by_chance(out, p, g, one)
    if p.dtype.char not in FLOATS:
        raise not_implemented("bernoulli_tensor_cpu_p_", p.dtype)
    if p.size and not _are_chances(p):
        raise StateError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    if p.shape != out.shape:
        try:
            p = np.broadcast_to(p, out.shape)
        except ValueError:
            raise ShapeError(
                f"p of shape {list(p.shape)} does not broadcast to shape {list(out.shape)}",
                argument="p",
            ) from None
    if not out.flags.c_contiguous:
        p = p.transpose(memory_order(out))
    chances = p.reshape(-1)
    if p.itemsize == 8:
        return fill(out, g, 2, np.less, chances, of=unit64)
    if p.itemsize < 4:
        chances = chances.astype(np.float32)
    return fill(out, g, 1, np.less, chances, of=unit32)


def _by_chance(out: Array, p: float, g: Generator, one: float) -> Array:
    """`bernoulli_` of a number."""
    number = np.array(one, out.dtype)
    write = _compiled(out, p, number) if out.size >= MIDDLE else None
    if write is not None:
        return write_words(out, g, 2, write)
    fill(out, g, 2, lambda units: units < p, of=unit64)
    return out if one == 1 else np.multiply(out, number, out)


def _compiled(out: Array, p: float, one: Array) -> Callable[[Array, Array], None] | None:
    """What writes numbers of words by compiled code, or None."""
    from tcalc.runtime.lazy.compiled import chances  # after the quick test
    from tcalc.runtime.lazy.compiled.kernels import address

    function = chances.chances(out.dtype.char, out.size)
    if function is None:
        return None
    # As many of the numbers that are made are less than p.
    below = math.ceil(math.ldexp(p, chances.BITS))

    def write(words: Array, part: Array) -> None:
        function.take([address(words), below, address(one), address(part), part.size])

    return write


_ONE = np.array(1, np.float32).view(np.uint32).item()


def _are_chances(p: Array) -> bool:
    """Whether all numbers are from 0 to 1."""
    if p.itemsize == 4:
        bits = p.view(np.uint32)
        if bits.item(bits.argmax()) <= _ONE:
            return True  # the bits of no other number, nan or less than 0, are as small
    return bool(((p >= 0) & (p <= 1)).all())


def geometric_(out: Array, p: float, g: Generator) -> Array:
    """Fill with the number of trials, each a success with the probability p, until the first."""
    if not 0 < p < 1:
        raise StateError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if out.dtype.char not in REALS:
        raise not_implemented("geometric_cpu", out.dtype)
    scale = math.log1p(-p)
    return fill(out, g, 2, lambda units: np.ceil(np.log(units) / scale), of=unit64)
