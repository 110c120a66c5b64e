"""Histograms: how often values lie between limits, as TensorBoard draws them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ValueProblem
from tcalc.library.tensorboard.arrays import array_of
from tcalc.library.tensorboard.messages import HISTOGRAM
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What NumPy's rules for the widths of bins are called.
_RULES = frozenset("auto doane fd rice scott sqrt stone sturges".split())


@cache
def _tensorflow() -> NDArray[Any]:
    """Limits that grow by a tenth each, on both sides of 0."""
    limits = []
    value = 1e-12
    while value < 1e20:
        limits.append(value)
        value *= 1.1
    return np.array([*[-limit for limit in reversed(limits)], 0, *limits])


def _bins(bins: object) -> Any:
    """What NumPy's histogram takes for what a program asks for."""
    if isinstance(bins, str):
        if bins == "tensorflow":
            return _tensorflow()
        if bins not in _RULES:
            raise ValueProblem(
                f"{bins!r} is not a valid estimator for `bins`",
                hint=f"there are tensorflow, {', '.join(sorted(_RULES))}",
                argument="bins",
            )
        return bins
    if type(bins) is int:
        if bins < 1:
            raise ValueProblem("`bins` must be positive, when an integer", argument="bins")
        memory.check(32 * bins, f"a histogram of {bins} bins")
        return bins
    limits = array_of(bins).astype(np.float64)
    if limits.ndim != 1 or not bool((limits[1:] >= limits[:-1]).all()):
        raise ValueProblem("`bins` must increase monotonically, when an array", argument="bins")
    return limits


def histogram(values: NDArray[Any], bins: object, max_bins: int | None = None) -> bytes:
    """The histogram of values.

    bins: limits, how many there are, or the name of a rule: "tensorflow", or one of NumPy's. Bins
    without values at both ends are left out but for one in front. max_bins: more are joined.
    """
    if values.size == 0:
        raise ValueProblem("The input has no element.", argument="values")
    values = values.astype(np.float64).reshape(-1)
    try:
        counts, limits = np.histogram(values, bins=_bins(bins))
    except ValueError as error:  # values that are not finite, among bins that go by them
        raise ValueProblem(str(error), argument="values") from None
    if max_bins is not None and len(counts) > max_bins:
        counts, limits = _joined(counts, limits, max_bins)
    filled = np.flatnonzero(counts)
    if not filled.size:
        raise ValueProblem("The histogram is empty: no value lies in a bin.", argument="values")
    first, end = int(filled[0]), int(filled[-1]) + 1
    counts = counts[first - 1 : end] if first else np.concatenate([[0], counts[:end]])
    return HISTOGRAM(
        min=values.min(), max=values.max(), num=len(values), sum=values.sum(),
        sum_squares=values.dot(values), bucket_limit=limits[first : end + 1], bucket=counts,
    )  # fmt: skip


def _joined(
    counts: NDArray[Any], limits: NDArray[Any], most: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bins joined, as many as make them `most` at most, or a few more."""
    several = len(counts) // most
    left = len(counts) % several
    if left:
        counts = np.pad(counts, (0, several - left))
    joined = counts.reshape(-1, several).sum(axis=-1)
    ends = np.empty(joined.size + 1, limits.dtype)
    ends[:-1], ends[-1] = limits[:-1:several], limits[-1]
    return joined, ends
