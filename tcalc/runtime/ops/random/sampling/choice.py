"""Random orders, and indices drawn by weight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, ShapeError, StateError
from tcalc.runtime.arrays.blas import swap_in_turn
from tcalc.runtime.ops.random.sampling.continuous import exponential_
from tcalc.runtime.ops.random.sampling.units import (
    BLOCK,
    SEVERAL,
    cast,
    digits,
    name_of,
    unit64,
    words64,
)
from tcalc.runtime.types.codes import FLOATS, INTEGERS
from tcalc.runtime.types.dtypes import bfloat16, of

if TYPE_CHECKING:
    from tcalc.runtime.ops.random.generator import Generator

Array = Any


def randperm(n: int, t: np.dtype[np.generic], g: Generator) -> Array:
    """The numbers 0 … n-1 in random order."""
    if n < 0:
        raise StateError(
            f"Trying to create tensor with negative dimension {n}: [{n}]", argument="n"
        )
    of(t).need("if", "randperm")
    # PyTorch lets bfloat16 round, which gives numbers twice.
    most = (1 << digits(t)) + (t.char not in INTEGERS)
    if n > most and of(t) is not bfloat16:
        if t.char in INTEGERS:
            message = f"value cannot be converted to type {t.name}_t without overflow"
        else:
            message = f"n cannot be greater than {most} for {name_of(t)} type."
        raise StateError(message, argument="n")
    if n >= ((1 << 32) - 1) // 20:
        return cast(_wide_randperm(n, g), t)
    if n <= 1:
        return np.zeros(n, t)
    words = g.words(n - 1)
    if n < SEVERAL:
        return np.array(_swapped_one_by_one(n, words.tolist()), t)
    from tcalc.runtime.lazy.compiled import drawing  # after the quick tests

    if drawing.order(order := np.empty(n, np.int64), words):
        return cast(order, t)
    bounds = np.arange(n, 1, -1, dtype=np.uint32)
    # The quotients of such numbers are exact enough in float64 for their whole part, and quicker.
    whole = (words / bounds).astype(np.uint32)
    whole *= bounds
    targets = (words - whole).astype(np.int64)
    targets += np.arange(n - 1)
    order = np.arange(n)
    return cast(order if swap_in_turn(order, targets) else _swapped(targets), t)


def _swapped_one_by_one(n: int, words: list[int]) -> list[int]:
    order = list(range(n))
    for i, word in enumerate(words):
        j = i + word % (n - i)
        order[i], order[j] = order[j], order[i]
    return order


def _swapped(targets: Array) -> Array:
    """0 … n-1 after swapping places i and targets[i] >= i, for i from 0 to n-2 in turn.

    What stands at a place p before step i was put there by the last step k < i with the target p,
    which took it from place k, and is p itself where there was none. Following these steps back
    to their first, for all places at once, takes about log n rounds instead of n swaps.
    """
    n = len(targets) + 1
    # Steps with one target come together, in order.
    keys = targets << 32
    keys |= np.arange(n - 1)
    keys.sort()
    order, grouped = keys & 0xFFFFFFFF, keys >> 32
    again = grouped[1:] == grouped[:-1]
    before = np.full(n - 1, -1)  # the step before with the same target
    before[order[1:].compress(again)] = order[:-1].compress(again)
    ends = np.append(~again, True)
    place, last = grouped.compress(ends), order.compress(ends)
    origin = np.arange(n)  # the step that put there what step k finds at place k
    last = np.where(last == place, before[np.minimum(place, n - 2)], last)
    origin[place] = np.where(last >= 0, last, place)
    while True:
        further = origin.take(origin)
        if np.array_equal(further, origin):
            break
        origin = further
    return np.append(np.where(before >= 0, origin[before], targets), origin[-1])


def _wide_randperm(n: int, g: Generator) -> Array:
    """As many numbers that a word's remainder would favour some: two words for each."""
    order = np.arange(n)
    cells = memoryview(order)  # type: ignore[arg-type]  # 3.11 has no Buffer
    for start in range(0, n, BLOCK):
        count = min(BLOCK, n - start)
        bounds = np.arange(start + 1, start + count + 1, dtype=np.uint64)
        for i, j in enumerate((words64(g.words(2 * count)) % bounds).tolist(), start):
            cells[i] = cells[j]
            cells[j] = i
    return order


def multinomial(p: Array, count: int, replacement: bool, g: Generator) -> Array:
    """Indices drawn with the weights p: (n,) → (count,) or (m, n) → (m, count), int64."""
    if not 1 <= p.ndim <= 2:
        raise ShapeError("prob_dist must be 1 or 2 dim")
    if p.dtype.char not in FLOATS:
        raise DtypeError(
            f"multinomial only supports floating-point dtypes for input, got: {name_of(p.dtype)}"
        )
    if count <= 0:
        raise StateError("cannot sample n_sample <= 0 samples", argument="num_samples")
    kinds = p.shape[-1]
    if not replacement and count > kinds:
        raise StateError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if kinds > 1 << 24:
        raise StateError("number of categories cannot exceed 2^24")
    rows = p[None] if p.ndim == 1 else p
    if not len(rows):
        return np.zeros((0, count), np.int64)
    if not kinds:
        raise StateError("invalid multinomial distribution (sum of probabilities <= 0)")
    if replacement and count > 1:
        return _with_replacement(rows, count, g).reshape(*p.shape[:-1], count)
    weights = rows.astype(np.float32) if rows.dtype.itemsize == 2 else rows
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise StateError("probability tensor contains either `inf`, `nan` or element < 0")
    if (weights.sum(1) == 0).any():
        raise StateError("invalid multinomial distribution (sum of probabilities <= 0)")
    # Exponential races: the first to arrive at rate p are drawn in proportion to p.
    # They are drawn in the order of the weights in memory, if these are nowhere shown twice.
    times = np.empty_like(rows) if all(rows.strides) else np.empty(rows.shape, rows.dtype)
    exponential_(times, 1.0, g)
    with np.errstate(all="ignore"):
        speeds = cast(weights / times.astype(weights.dtype), rows.dtype)
    if count == 1:
        chosen = speeds.argmax(1)[:, None]
    else:
        chosen = _first_greatest(speeds, count)
    return chosen.reshape(*p.shape[:-1], count)


def _first_greatest(rows: Array, count: int) -> Array:
    """The indices of the greatest of each row, in order, of equal ones the first."""
    if 8 * count < rows.shape[1]:  # where no more are as great, nothing else need be in order
        bound = np.partition(rows, -count, axis=1)[:, -count, None]
        greatest = rows >= bound
        if (np.count_nonzero(greatest, axis=1) == count).all():
            places = greatest.nonzero()[1].reshape(len(rows), count)
            by = np.argsort(-np.take_along_axis(rows, places, 1), axis=1, kind="stable")
            return np.take_along_axis(places, by, 1)
    return np.argsort(-rows, axis=1, kind="stable")[:, :count]


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
    units = unit64(g.words(2 * count * len(sums))).reshape(len(sums), count)
    chosen = [row.searchsorted(drawn) for row, drawn in zip(sums.astype(np.float64), units)]
    return np.array(chosen, np.int64)
