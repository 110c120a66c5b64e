"""Losses of rows of scores against the rows' classes, and their gradients, by compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.compiled.classlosses import LOSSES, LOSSES_KEPT, OUTSIDE, SLOPES
from tcalc.runtime.lazy.pending import at_hand
from tcalc.runtime.lazy.rows import function_of, kernel_for, run
from tcalc.runtime.lazy.sizes import ALONE
from tcalc.runtime.lazy.summation import add_up
from tcalc.runtime.ops.nn.few_rows import least, one_number
from tcalc.runtime.ops.nn.whole import builtin

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

_FLOAT, _WHOLE = np.dtype(np.float32), np.dtype(np.int64)


def losses(scores: Array, classes: Array, keep: bool) -> tuple[Array, Array, Array] | None:
    """Of rows of scores (n, classes) the losses (n); the exponentials, and their sums (n, 1), where they are
    kept. None where that is NumPy's. The loss of a row whose class is not there is `OUTSIDE`."""
    if scores.ndim != 2 or not scores.size:
        return None
    form = LOSSES_KEPT if keep else LOSSES
    dtype = scores.dtype
    function = function_of(form) if dtype is _FLOAT and scores.size < ALONE else None
    if function is not None:
        found = function(np.ascontiguousarray(at_hand(scores)), _flat(classes))
    else:
        kernel = kernel_for(form, scores)
        if kernel is None:
            return None
        count = len(scores)
        found = np.empty(count, dtype)
        arrays = [np.ascontiguousarray(at_hand(scores)), _flat(classes), found]
        if keep:
            arrays += [np.empty(scores.shape, dtype), np.empty(count, dtype)]
            found = arrays[2:]
        run(kernel, scores.shape, arrays)
    if not keep:
        return found, np.empty(0, dtype), np.ones((len(scores), 1), dtype)
    each, powers, sums = found
    return each, powers, sums.reshape(-1, 1)


def plain_losses(
    scores: Array, target: Array, reduction: str, keep: bool
) -> tuple[Array, ...] | None:
    """The cross-entropy of rows whose classes are all there, and what its gradient needs; None where some
    are not, or that is NumPy's."""
    if keep and reduction != "none":
        function = builtin("class_losses_kept")
        made = function and function(scores, target, reduction)
        if made is not None:
            return *made, one_number(len(scores) if reduction == "mean" else 1, scores)
    found = losses(scores, target, keep)
    if found is None:
        return None
    each, powers, sums = found
    if reduction == "none":
        whole = each.reshape(target.shape)
        return (whole, powers, sums, one_number(1, each)) if least(each) > OUTSIDE else None
    whole = add_up(np, each, None)
    if not whole > OUTSIDE:
        return None
    divisor = one_number(len(each) if reduction == "mean" else 1, each)
    return whole / divisor, powers, sums, divisor


def plain_slopes(
    g: Array, powers: Array, sums: Array, divisor: Array, classes: Array
) -> Array | None:
    """The gradients of what `plain_losses` gives by the scores; None where that is NumPy's.

    g: one number, or one for each row.
    """
    if not g.ndim:
        function = builtin("class_slopes_of_all")
        made = function and function(g, powers, sums, divisor, classes)
        if made is not None:
            return made[0]
    own = (1 / divisor) * (g.reshape(-1, 1) if g.ndim else g)
    return slopes(powers, own / sums, own, classes)


def slopes(powers: Array, scale: Array, own: Array, classes: Array) -> Array | None:
    """What losses kept times the numbers of the rows, less `own` at the rows' classes, those that are there;
    None where that is NumPy's.

    scale: a number for each row; own: likewise, or one for all.
    """
    if powers.ndim != 2 or not powers.size or not powers.flags.c_contiguous:
        return None
    scale, dtype = scale.reshape(-1), powers.dtype
    own = own.reshape(-1) if own.ndim else own
    if any(a.dtype != dtype for a in (scale, own)):
        return None
    function = function_of(SLOPES) if dtype is _FLOAT and powers.size < ALONE else None
    if function is not None:
        return function(at_hand(powers), scale, own, _flat(classes))
    kernel = kernel_for(SLOPES, powers)
    if kernel is None:
        return None
    slope = np.empty(powers.shape, dtype)
    each = own if own.ndim else np.full(len(powers), own, dtype)
    run(kernel, powers.shape, [at_hand(powers), scale, each, _flat(classes), slope])
    return slope


def _flat(classes: Array) -> Array:
    """Classes as code takes them."""
    return np.ascontiguousarray(at_hand(classes).reshape(-1), _WHOLE)
