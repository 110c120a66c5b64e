"""Losses of few rows of scores against their classes, on NumPy arrays: in few calls."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.arrays.blas import sum_rows
from tcalc.runtime.arrays.numbers import constant
from tcalc.runtime.lazy.summation import add_up

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# So many scores are few.
_FEW = 1 << 16
# Exponentials above this are exact enough without taking the row's greatest score away first.
TINY = 1e-25


def least(array: Array) -> float:
    """The least element, nan where there is one: `min` of a small array takes ten times as long."""
    return array.item(array.argmin())


def greatest(array: Array) -> float:
    """The greatest element, nan where there is one."""
    return array.item(array.argmax())


def one_number(value: int, beside: Array) -> Array:
    """A number as an array of another's dtype, not to be written to."""
    return constant(value, beside.dtype)


def are_few(scores: Array, ignored: int) -> bool:
    """Whether scores are few rows, of which none that has a class can be ignored."""
    return scores.ndim == 2 and 0 < scores.size <= _FEW and ignored < 0


def is_plain(scores: Array, target: Array) -> bool:
    """Whether no row is ignored or out of bounds, where `are_few` holds."""
    return least(target) >= 0 and greatest(target) < scores.shape[1]


def own_places(scores: Array, target: Array) -> tuple[Array, Array]:
    """The indices of plain rows' own classes among their scores."""
    return np.arange(len(scores)), target.reshape(-1)


def few_losses(scores: Array, target: Array, reduction: str) -> tuple[Array, ...] | None:
    """The cross-entropy of plain rows, and what its gradient needs; None where a score is extreme."""
    powers = np.exp(scores)
    sums = sum_rows(powers)
    losses = powers[own_places(powers, target)]
    if not (least(losses) > TINY and greatest(sums) < inf):
        return None
    np.divide(losses, sums[:, 0], losses)
    np.negative(np.log(losses, losses), losses)
    if reduction == "none":
        return losses.reshape(target.shape), powers, sums, one_number(1, scores)
    divisor = one_number(len(powers) if reduction == "mean" else 1, scores)
    return add_up(np, losses, None) / divisor, powers, sums, divisor
