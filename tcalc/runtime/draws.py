"""Random numbers in NumPy arrays, each drawn as PyTorch's CPU kernels draw it.

The functions with a `_` fill an array in place, in the order in which its memory lies (which is
PyTorch's order too), and whatever its strides. Kinds of numbers are made of words so:

    float32 unit    low 24 bits of a word, times 2**-24
    float64 unit    low 53 bits of two words, the high one first, times 2**-53
    normals         Box–Muller on float64 units one by one, or on blocks of 16 units at once
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.random import Generator

Array = Any

# Numbers made at once, so that what lies between the words and the result stays in cache.
BLOCK = 16384
_ROW = 16  # normals that share a block of Box–Muller
_TWO_PI = 2 * math.pi
# From so many values on, remainders take two words (a skew of 5 % is allowed below).
_WIDE = 1 << 28
_INT64 = 1 << 63


def unit32(g: Generator, n: int) -> Array:
    """`n` float32 numbers, uniform in [0, 1)."""
    words = g.words(n)
    words &= np.uint32((1 << 24) - 1)
    return words.view(np.int32) * np.float32(2.0**-24)


def unit64(g: Generator, n: int) -> Array:
    """`n` float64 numbers, uniform in [0, 1)."""
    words = _words64(g, n)
    words &= np.uint64((1 << 53) - 1)
    return words.view(np.int64) * 2.0**-53


def uniform_(out: Array, low: float, high: float, g: Generator) -> Array:
    """Fill with numbers uniform in [low, high); of complex numbers, both parts."""
    out = _parts(out)
    _need_floating(out, "uniform_")
    most = _largest(out.dtype)
    for name, bound in (("from", low), ("to", high)):
        if not -most <= bound <= most:
            raise StateError(f"{name} is out of bounds for {_name(out.dtype)}")
    if low > high:
        raise StateError(
            f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
        )
    if high - low > most:
        raise StateError(
            f"uniform_ expects to-from <= the largest {_name(out.dtype)}, "
            f"but found to={high} and from={low}"
        )
    double = out.dtype == np.float64
    if double:
        start, scale = low, high - low
    else:
        start = np.float32(low)
        scale = np.float32(high) - start
    first, last = (np.asarray(v, out.dtype) for v in (low, high))

    def draw(n: int) -> Array:
        values = unit64(g, n) if double else unit32(g, n)
        if (start, scale) != (0, 1):
            values = _fused(values, scale, start)
        # Rounding can reach the upper end, which does not belong to the range.
        values = values.astype(out.dtype, copy=False)
        at_end = values == last
        if at_end.any():
            values[at_end] = first
        return values

    return _fill(out, draw)


def normal_(out: Array, mean: float, std: float, g: Generator) -> Array:
    """Fill with normals of the mean and standard deviation; complex ones have it over both parts."""
    if not std >= 0:
        raise StateError(f"normal expects std >= 0.0, but found std {std}")
    if out.dtype.kind == "c":
        out, std = _parts(out), std / math.sqrt(2)
    _need_floating(out, "normal_")
    if out.size >= _ROW and out.flags.c_contiguous:
        _fill_rows(out.reshape(-1), mean, std, g)
        return out
    return _fill(out, lambda n: normals(g, n) * std + mean)


def normal(mean: Any, std: Any, g: Generator) -> Array:
    """Normals of means and deviations given as arrays (one of the two may be a number)."""
    spread = std if isinstance(std, np.ndarray) else None
    if spread is not None and spread.dtype.kind == "c":
        raise StateError("normal expects standard deviation to be non-complex")
    if spread is not None and spread.size and not (spread >= 0).all():
        raise StateError("normal expects all elements of std >= 0.0")
    centre = mean if isinstance(mean, np.ndarray) else None
    given = [a for a in (centre, spread) if a is not None]
    out = np.empty(np.broadcast_shapes(*(a.shape for a in given)), given[0].dtype)
    normal_(out, 0.0, 1.0 if spread is not None else std, g)
    if spread is not None:
        np.multiply(out, spread, out=out, casting="same_kind")
    return np.add(out, mean, out=out, casting="same_kind")


def normals(g: Generator, n: int) -> Array:
    """`n` float64 normals drawn one by one; a second of a pair is kept for the next call."""
    kept = [] if g.spare is None or not n else [g.spare]
    wanted = n - len(kept)
    pairs = (wanted + 1) // 2
    values = np.empty(len(kept) + 2 * pairs)
    values[: len(kept)] = kept
    if pairs:
        units = unit64(g, 2 * pairs)
        rest = values[len(kept) :]
        if pairs <= 16:
            # The C library's functions, as in PyTorch; faster on few numbers too.
            for i in range(0, 2 * pairs, 2):
                rest[i], rest[i + 1] = _pair(*units[i : i + 2].tolist())
        else:
            radius = np.sqrt(-2.0 * np.log1p(-units[1::2]))
            angle = _TWO_PI * units[::2]
            np.multiply(radius, np.cos(angle), out=rest[::2])
            np.multiply(radius, np.sin(angle), out=rest[1::2])
    if n:
        g.spare = float(values[n]) if len(values) > n else None
    return values[:n]


def _pair(u: float, v: float) -> tuple[float, float]:
    radius, angle = math.sqrt(-2.0 * math.log1p(-v)), _TWO_PI * u
    return radius * math.cos(angle), radius * math.sin(angle)


def next_normal(g: Generator, next_unit: Callable[[], float]) -> float:
    """One float64 normal, where the units come one by one."""
    kept = g.spare
    if kept is not None:
        g.spare = None
        return kept
    value, g.spare = _pair(next_unit(), next_unit())
    return value


def random_(out: Array, low: int | None, high: int | None, g: Generator) -> Array:
    """Fill with whole numbers in [low, high).

    Without `high`: up to the largest that the dtype holds; without both: from 0 up to it (for
    floating dtypes up to the largest whole number below which all are held).
    """
    if out.dtype.kind == "c":
        raise DtypeError(f'"random_from_to_kernel_cpu" not implemented for {_name(out.dtype)}')
    if low is None:
        return _random_default(out, g)
    base, count = _int_range(out.dtype, low, high)

    if count >= 1 << 64:
        return _fill(out, lambda n: _words64(g, n).view(np.int64))
    if count >= _WIDE:
        return _fill(out, lambda n: _shifted(_words64(g, n) % np.uint64(count), base))
    divisor = np.uint32(count)

    def draw(n: int) -> Array:
        # NumPy divides by one number with vector instructions, but has none for remainders.
        words = g.words(n)
        words -= words // divisor * divisor
        return _shifted(words.astype(np.int64), base)

    return _fill(out, draw)


def _shifted(numbers: Array, base: int) -> Array:
    shifted = numbers.view(np.int64)
    if base:
        shifted += np.int64(base)
    return shifted


def _random_default(out: Array, g: Generator) -> Array:
    kind = out.dtype.kind
    if kind == "b":
        return _fill(out, lambda n: g.words(n) & np.uint32(1))
    count = 1 << _digits(out.dtype)
    if kind not in "iu":
        count += 1
    if out.dtype.itemsize == 8:
        return _fill(out, lambda n: _words64(g, n) % np.uint64(count))
    return _fill(out, lambda n: g.words(n) % np.uint32(count))


def _int_range(t: Any, low: int, high: int | None) -> tuple[int, int]:
    """The first number and how many there are, within what the dtype holds."""
    floating = t.kind not in "biu"
    if high is None and low == -_INT64:
        return low, 1 << 64
    if high is not None and low >= high:
        raise StateError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    if high is None:
        last = 1 << _digits(t)
        if t.kind in "biu":
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
    least, most = _limits(t)
    for name, bound in (("from", low), ("to - 1", last)):
        if not least <= bound <= most:
            raise StateError(f"{name} is out of bounds for {_name(t)}")
    return low, last - low + 1


def _nearest_from(t: Any, low: int) -> int:
    """The first whole number that the dtype holds at or after `low`."""
    following = _whole(t, low + 1)
    if following < low:
        return following + (1 << max(0, abs(low + 1).bit_length() - _digits(t)))
    return low


def _nearest_to(t: Any, high: int) -> int:
    """The end that keeps rounded numbers below `high`."""
    before = _whole(t, high - 1)
    if before >= high:
        return before - (1 << max(0, abs(high - 1).bit_length() - _digits(t)))
    return high


def _whole(t: Any, value: int) -> int:
    """A whole number as the floating dtype holds it."""
    with np.errstate(over="ignore"):
        held = float(_cast(np.array([value], np.int64), t)[0])
    return int(held) if math.isfinite(held) and abs(held) < _INT64 else -_INT64


def bernoulli_(out: Array, p: Any, g: Generator) -> Array:
    """Fill with 1 with the probability p, a number or an array that broadcasts; else with 0."""
    if out.dtype.kind == "c":
        raise DtypeError(f'"bernoulli_scalar_cpu_" not implemented for {_name(out.dtype)}')
    if not isinstance(p, np.ndarray):
        if not 0 <= p <= 1:
            raise StateError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
        return _fill(out, lambda n: unit64(g, n) < p)
    if p.dtype.kind in "biuc":
        raise DtypeError(f'"bernoulli_tensor_cpu_p_" not implemented for {_name(p.dtype)}')
    if p.size and not ((p >= 0) & (p <= 1)).all():
        raise StateError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    chances = _memory_order(out, np.broadcast_to(p, out.shape))[1].reshape(-1)
    unit = unit64 if p.dtype == np.float64 else unit32
    at = 0

    def draw(n: int) -> Array:
        nonlocal at
        at += n
        return unit(g, n) < chances[at - n : at].astype(np.float64)

    return _fill(out, draw)


def exponential_(out: Array, rate: float, g: Generator) -> Array:
    """Fill with exponentially distributed numbers of the rate lambda."""
    if not rate > 0:
        raise StateError(f"exponential_ expects lambda > 0.0, but found lambda={rate}")
    _need_floating(out, "Exponential distribution")
    return _fill(out, lambda n: -1.0 / rate * np.log1p(-unit64(g, n)))


def geometric_(out: Array, p: float, g: Generator) -> Array:
    """Fill with the number of trials, each a success with the probability p, until the first."""
    if not 0 < p < 1:
        raise StateError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    if out.dtype.kind in "bc":
        raise DtypeError(f'"geometric_cpu" not implemented for {_name(out.dtype)}')
    scale = math.log1p(-p)
    return _fill(out, lambda n: np.ceil(np.log(unit64(g, n)) / scale))


def cauchy_(out: Array, median: float, sigma: float, g: Generator) -> Array:
    """Fill with Cauchy distributed numbers."""
    if not sigma > 0:
        raise StateError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    _need_floating(out, "Cauchy distribution")
    return _fill(out, lambda n: median + sigma * np.tan(np.pi * (unit64(g, n) - 0.5)))


def log_normal_(out: Array, mean: float, std: float, g: Generator) -> Array:
    """Fill with exponentials of normals of the mean and standard deviation."""
    if not std > 0:
        raise StateError(f"log_normal_ expects std > 0.0, but found std={std}")
    _need_floating(out, "log_normal_")
    return _fill(out, lambda n: np.exp(normals(g, n) * std + mean))


def randperm(n: int, t: Any, g: Generator) -> Array:
    """The numbers 0 … n-1 in random order."""
    if n < 0:
        raise StateError(f"n must be non-negative, got {n}", argument="n")
    if t.kind in "bc":
        raise DtypeError(f'"randperm" not implemented for {_name(t)}')
    most = (1 << _digits(t)) - (t.kind in "iu")
    if n - 1 > most:
        raise StateError(
            f"n is too large for result tensor type: '{_name(t)}' holds whole numbers up to {most}",
            argument="n",
        )
    if n >= ((1 << 32) - 1) // 20:
        return _cast(_wide_randperm(n, g), t)
    order = list(range(n))
    if n > 1:
        left = np.arange(n, 1, -1, dtype=np.uint32)
        swaps = g.words(n - 1) % left + np.arange(n - 1, dtype=np.uint32)
        for i, j in enumerate(swaps.tolist()):
            order[i], order[j] = order[j], order[i]
    return _cast(np.array(order, np.int64), t)


def _wide_randperm(n: int, g: Generator) -> Array:
    """As many numbers that a word's remainder would favour some: two words for each."""
    order = np.arange(n)
    cells = memoryview(order)
    for start in range(0, n, BLOCK):
        count = min(BLOCK, n - start)
        bounds = np.arange(start + 1, start + count + 1, dtype=np.uint64)
        for i, j in enumerate((_words64(g, count) % bounds).tolist(), start):
            cells[i] = cells[j]
            cells[j] = i
    return order


def multinomial(p: Array, count: int, replacement: bool, g: Generator) -> Array:
    """Indices drawn with the weights p: (n,) → (count,) or (m, n) → (m, count), int64."""
    if not 1 <= p.ndim <= 2:
        raise ShapeError("prob_dist must be 1 or 2 dim")
    if p.dtype.kind in "biuc":
        raise DtypeError(
            f"multinomial only supports floating-point dtypes for input, got: {_name(p.dtype)}"
        )
    if count <= 0:
        raise StateError("cannot sample n_sample <= 0 samples", argument="num_samples")
    kinds = p.shape[-1]
    if not replacement and count > kinds:
        raise StateError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if kinds > 1 << 24:
        raise StateError("number of categories cannot exceed 2^24")
    rows = p.reshape(-1, kinds)
    if not rows.size:
        return np.zeros((*p.shape[:-1], count), np.int64)
    if replacement:
        return _with_replacement(rows, count, g).reshape(*p.shape[:-1], count)
    weights = rows.astype(np.float32) if rows.dtype.itemsize == 2 else rows
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise StateError("probability tensor contains either `inf`, `nan` or element < 0")
    if (weights.sum(1) == 0).any():
        raise StateError("invalid multinomial distribution (sum of probabilities <= 0)")
    # Exponential races: the first to arrive at rate p are drawn in proportion to p.
    times = exponential_(np.empty(rows.shape, rows.dtype), 1.0, g)
    with np.errstate(all="ignore"):
        speeds = _cast(weights / times.astype(weights.dtype), rows.dtype)
    if count == 1:
        chosen = speeds.argmax(1)[:, None]
    else:
        chosen = np.argsort(-speeds, axis=1, kind="stable")[:, :count]
    return chosen.reshape(*p.shape[:-1], count)


def _with_replacement(rows: Array, count: int, g: Generator) -> Array:
    sums = np.cumsum(rows.astype(np.float32) if rows.dtype.itemsize == 2 else rows, axis=1)
    if not (rows >= 0).all():
        raise StateError("invalid multinomial distribution (encountering probability entry < 0)")
    if not np.isfinite(rows).all():
        raise StateError(
            "invalid multinomial distribution (encountering probability entry = infinity or NaN)"
        )
    if not (sums[:, -1] > 0).all():
        raise StateError("invalid multinomial distribution (sum of probabilities <= 0)")
    sums /= sums[:, -1:].copy()
    sums[:, -1] = 1
    chosen = [row.astype(np.float64).searchsorted(unit64(g, count)) for row in sums]
    return np.array(chosen, np.int64)


def _words64(g: Generator, n: int) -> Array:
    """`n` uint64 numbers of two words each, the high word first."""
    words = g.words(2 * n)
    joined = words[::2].astype(np.uint64)
    joined <<= np.uint64(32)
    joined |= words[1::2]
    return joined


def _fused(x: Array, scale: Any, start: Any) -> Array:
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


def _fill_rows(flat: Array, mean: float, std: float, g: Generator) -> None:
    """Normals in rows of 16: eight radii and eight angles give eight cosines and eight sines."""
    half = flat.dtype.itemsize == 2
    unit = unit64 if flat.dtype == np.float64 else unit32
    whole = len(flat) // _ROW * _ROW
    for start in range(0, whole, BLOCK):
        stop = min(start + BLOCK, whole)
        flat[start:stop] = _box_muller(unit(g, stop - start), mean, std)
    if whole < len(flat):
        # PyTorch draws the rest too (not for halves), then draws the last 16 numbers anew.
        if not half:
            unit(g, len(flat) - whole)
        flat[-_ROW:] = _box_muller(unit(g, _ROW), mean, std)


def _box_muller(units: Array, mean: float, std: float) -> Array:
    t = units.dtype.type
    # All radii together, then all angles: on rows of eight the loops would cost more than the work.
    radius, angle = units.reshape(-1, 2, _ROW // 2).transpose(1, 0, 2).copy()
    np.subtract(t(1), radius, out=radius)
    np.log(radius, out=radius)
    radius *= t(-2)
    np.sqrt(radius, out=radius)
    angle *= t(_TWO_PI)
    both = np.empty((2, *angle.shape), t)
    np.cos(angle, out=both[0])
    np.sin(angle, out=both[1])
    both *= radius
    if (mean, std) != (0, 1):
        both = _fused(both, t(std), t(mean))
    return both.transpose(1, 0, 2).reshape(-1)


def _fill(out: Array, draw: Callable[[int], Array]) -> Array:
    """Fill with what `draw(n)` gives for the next n elements in memory order."""
    (view,) = _memory_order(out, out)[1:]
    dense = view.flags.c_contiguous
    flat = view.reshape(-1) if dense else np.empty(view.size, out.dtype)
    for start in range(0, flat.size, BLOCK):
        stop = min(start + BLOCK, flat.size)
        flat[start:stop] = _cast(draw(stop - start), out.dtype)
    if not dense:
        view[...] = flat.reshape(view.shape)
    return out


def _memory_order(out: Array, other: Array) -> tuple[Array, Array]:
    """Both arrays with their dimensions in the order in which `out` lies in memory."""
    order = sorted(range(out.ndim), key=lambda d: -out.strides[d])
    return out.transpose(order), other.transpose(order)


def _cast(values: Array, t: Any) -> Array:
    """Values in a dtype as C casts them: to halves by way of float32, and with no complaint."""
    if values.dtype == t:
        return values
    with np.errstate(all="ignore"):
        if t.itemsize == 2 and t.kind not in "iu":
            values = values.astype(np.float32, copy=False)
        return values.astype(t)


def _parts(array: Array) -> Array:
    """Real and imaginary parts of complex numbers as one more dimension."""
    if array.dtype.kind != "c":
        return array
    return array[..., None].view(np.float32 if array.itemsize == 8 else np.float64)


def _need_floating(array: Array, what: str) -> None:
    if array.dtype.kind in "biuc":
        raise DtypeError(f"{what} needs a floating-point dtype, but got {_name(array.dtype)}")


def _name(t: Any) -> str:
    from tcalc.runtime.dtypes import of

    return of(t).shorthand


def _digits(t: Any) -> int:
    """Bits in which whole numbers are held without gaps."""
    if t.kind == "b":
        return 1
    if t.kind in "iu":
        return int(8 * t.itemsize - (t.kind == "i"))
    return {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}[t.name]


def _largest(t: Any) -> float:
    return {
        "float64": 1.7976931348623157e308,
        "float32": 3.4028234663852886e38,
        "float16": 65504.0,
        "bfloat16": 3.3895313892515355e38,
    }[t.name]


def _limits(t: Any) -> tuple[float, float]:
    if t.kind in "biu":
        most = (1 << _digits(t)) - 1
        return (-most - 1 if t.kind == "i" else 0), most
    return -_largest(t), _largest(t)
