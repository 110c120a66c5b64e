"""Uniform numbers out of words, and arrays filled with what is drawn.

float32 unit    low 24 bits of a word, times 2**-24
float64 unit    low 53 bits of two words, the high one first, times 2**-53
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, UnsupportedDtype
from tcalc.runtime.base import threads
from tcalc.runtime.types.codes import COMPLEXES, FLOATS, HALVES
from tcalc.runtime.types.dtypes import of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.ops.random.generator import Generator

Array = Any

_LITTLE = sys.byteorder == "little"
# Numbers made at once, so that what lies between the words and the result stays in cache.
BLOCK = 16384
# Numbers as arrays: NumPy takes those quicker than its scalars.
_MASK32, _SCALE32 = np.array((1 << 24) - 1, np.uint32), np.array(2.0**-24, np.float32)
_MASK64, _SCALE64 = np.array((1 << 53) - 1, np.uint64), np.array(2.0**-53)
_HALF_WORD = np.array(32, np.uint64)
# So few numbers are taken of those that are made of a whole state of the generator.
_FEW = 64
# From so many on a function of the installation is worth looking for, where it gives the same.
SEVERAL = 512
# Words drawn at once, of which threads make numbers.
_DRAWN = 1 << 17


def unit32(words: Array) -> Array:
    """float32 numbers, uniform in [0, 1), one a word."""
    units: Array = (words & _MASK32).view(np.int32).astype(np.float32)
    return np.multiply(units, _SCALE32, units)


def unit64(words: Array) -> Array:
    """float64 numbers, uniform in [0, 1), of two words each."""
    joined = words64(words)
    return np.bitwise_and(joined, _MASK64, joined).view(np.int64) * _SCALE64


def words64(words: Array) -> Array:
    """uint64 numbers of two words each, the high word first."""
    if _LITTLE:
        pairs = words.view(np.uint64)
        joined = pairs << _HALF_WORD
        return np.bitwise_or(joined, pairs >> _HALF_WORD, joined)
    return words.astype(">u4").view(">u8").astype(np.uint64)


def same(values: Array) -> Array:
    """Numbers as they are."""
    return values


def fill(
    out: Array, g: Generator, each: int, make: Callable[..., Array], *beside: Array, of: Callable[[Array], Array] = same,
) -> Array:  # fmt: skip
    """Fill with what `make(of(words))` gives for the next words in memory order.

    each: how many words make one element. of: always the same function. beside: flat arrays of which
    `make` gets the part that belongs to the words.
    """
    if out.size <= _FEW and out.flags.c_contiguous:
        if out.size:
            values = g.words(out.size * each) if of is same else g.made(of, out.size, each)
            if make is not same:
                values = make(values, *beside)
            if out.itemsize == 2:
                values = _single(values, out.dtype)
            out.ravel()[:] = values
        return out

    def write(words: Array, part: Array, where: slice) -> None:
        part[...] = _single(make(of(words), *[a[where] for a in beside]), part.dtype)

    return in_order(out, lambda flat: _in_blocks(flat, g, each, write))


def write_words(
    out: Array, g: Generator, each: int, write: Callable[[Array, Array], object]
) -> Array:
    """Fill with what `write(words, part)` writes for the next words in memory order.

    each: how many words make one element.
    """
    return in_order(
        out, lambda flat: _in_blocks(flat, g, each, lambda words, part, _: write(words, part))
    )


def in_order(out: Array, write: Callable[[Array], None]) -> Array:
    """Have `write` fill a flat array with the elements of another in memory order."""
    dense = out.flags.c_contiguous
    view = out if dense else out.transpose(memory_order(out))
    dense = dense or view.flags.c_contiguous
    flat = view.reshape(-1) if dense else np.empty(view.size, out.dtype)
    write(flat)
    if not dense:
        view[...] = flat.reshape(view.shape)
    return out


def _in_blocks(
    flat: Array, g: Generator, each: int, write: Callable[[Array, Array, slice], object]
) -> None:
    """Have `write(words, part, where)` write each part of a flat array, over threads where there are
    several."""
    if flat.size <= BLOCK:
        if flat.size:
            write(g.words(flat.size * each), flat, slice(None))
        return
    length = _DRAWN // each
    counts = [min(length, flat.size - start) for start in range(0, flat.size, length)]
    following = g.words(counts[0] * each)
    for k, count in enumerate(counts):
        words, start = following, k * length

        def work(i: int, k: int = k, words: Array = words, start: int = start) -> None:
            nonlocal following
            if i == 0:  # the next words are drawn while numbers are made of these
                following = g.words(counts[k + 1] * each) if k + 1 < len(counts) else None
                return
            at, stop = (i - 1) * BLOCK, min(i * BLOCK, counts[k])
            where = slice(start + at, start + stop)
            write(words[at * each : stop * each], flat[where], where)

        threads.spread(work, 1 - (-count // BLOCK))


def fill_in_turn(out: Array, draw: Callable[[int], Array]) -> Array:
    """Fill with what `draw(n)` gives for the next n elements in memory order."""
    view = out.transpose(memory_order(out))
    if view.size <= BLOCK:
        view[...] = _single(draw(view.size), out.dtype).reshape(view.shape)
        return out
    flat = np.empty(view.size, out.dtype)
    for start in range(0, flat.size, BLOCK):
        stop = min(start + BLOCK, flat.size)
        flat[start:stop] = _single(draw(stop - start), out.dtype)
    view[...] = flat.reshape(view.shape)
    return out


def memory_order(array: Array) -> list[int]:
    """Its dimensions in the order in which they lie in memory, the outermost first."""
    return sorted(range(array.ndim), key=lambda d: -array.strides[d])


def _single(values: Array, t: np.dtype[np.generic]) -> Array:
    """Values as they are to be assigned to an array: of halves by way of float32."""
    return values.astype(np.float32, copy=False) if t.itemsize == 2 and t.char in HALVES else values


def cast(values: Array, t: np.dtype[np.generic]) -> Array:
    """Values in a dtype as C casts them: to halves by way of float32."""
    return values if values.dtype == t else _single(values, t).astype(t)


def fused(x: Array, scale: float, start: float) -> Array:
    """x * scale + start with one rounding, as the kernels' fused multiply-add has it."""
    if x.dtype == np.float32:
        # The product of two float32 is exact in float64.
        return (x.astype(np.float64) * float(scale) + float(start)).astype(np.float32)
    # Dekker's product and Knuth's sum give the two rounding errors exactly.
    product = x * scale
    total = product + start
    if abs(scale) > 2.0**900:
        return total
    split = 134217729.0
    x_high = x * split - (x * split - x)
    scale_high = scale * split - (scale * split - scale)
    x_low, scale_low = x - x_high, scale - scale_high
    error = x_low * scale_low - (
        product - x_high * scale_high - x_low * scale_high - x_high * scale_low
    )
    back = total - product
    return total + (error + ((product - (total - back)) + (start - back)))


def parts(array: Array) -> Array:
    """Real and imaginary parts of complex numbers as one more dimension."""
    if array.dtype.char not in COMPLEXES:
        return array
    return array[..., None].view(np.float32 if array.itemsize == 8 else np.float64)


def not_implemented(kernel: str, t: np.dtype[np.generic]) -> UnsupportedDtype:
    """The error for a dtype that a kernel of PyTorch does not have."""
    return UnsupportedDtype(f"\"{kernel}\" not implemented for '{name_of(t)}'")


def need_floating(array: Array, kernel: str) -> None:
    if array.dtype.char not in FLOATS:
        raise not_implemented(kernel, array.dtype)


def need_continuous(array: Array, name: str) -> None:
    if array.dtype.char not in FLOATS:
        raise DtypeError(
            f"{name} distribution is a continuous probability distribution. dtype must be a "
            f"floating point but you specified {name_of(array.dtype)}"
        )


def name_of(t: np.dtype[np.generic]) -> str:
    """PyTorch's capitalised name of a NumPy dtype, as its messages have it."""
    return of(t).shorthand


def digits(t: np.dtype[np.generic]) -> int:
    """Bits in which whole numbers are held without gaps."""
    return of(t).digits


def largest(t: np.dtype[np.generic]) -> float:
    return of(t).largest


def limits(t: np.dtype[np.generic]) -> tuple[float, float]:
    row = of(t)
    return row.least, row.largest
