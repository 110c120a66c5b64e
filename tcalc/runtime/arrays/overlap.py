"""Memory that is written to and read in one call: what PyTorch refuses of it.

Its rules look at layouts that fill their memory without gaps alone; of others it lets pass what it
cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import StateError
from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.arrays.strides import start_of, strides_of
from tcalc.runtime.base.targets import ANYWHERE, APART, NOT_PARTLY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcalc.runtime.base.op import Array

ndarray = np.ndarray


def check_overlap(target: Array, sources: Iterable[Array | None], rule: int | None) -> None:
    """Refuse to write to an array of which a source shows a part (or, where they must be apart, all)."""
    if rule == ANYWHERE:
        return
    if type(target) is not ndarray:
        target = _real(target)
        if target is None or not has_contents(target):
            return  # there is no memory, or none yet
    for source in sources:
        if type(source) is not ndarray:
            source = _real(source)
        if source is target:
            if rule == NOT_PARTLY:
                continue
            raise _refusal()
        if source is None or (type(source) is ndarray and source.base is None is target.base):
            continue  # each has memory of its own
        if type(source) is ndarray is type(target) and not np.may_share_memory(source, target):
            continue
        if type(source) is type(target) and _is_refused(target, source, rule):
            raise _refusal()


def _refusal() -> StateError:
    return StateError(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to "
        "a single memory location. Please clone() the tensor before performing the operation.",
        hint="read from a .clone()",
    )


def _real(array: Array) -> Array | None:
    """The array that holds the memory: of one that is shown otherwise, traced, or not computed (None)."""
    return array if type(array) is np.ndarray else getattr(array, "array", array)


def _is_refused(a: Array, b: Array, rule: int | None) -> bool:
    """Whether two arrays without gaps share memory, and not all of it in one order."""
    if not a.size or not b.size or not (_is_dense(a) and _is_dense(b)):
        return False
    first, second = start_of(a), start_of(b)
    if first == second and a.nbytes == b.nbytes:
        return rule == APART or strides_of(a) != strides_of(b)
    return bool(first < second + b.nbytes and second < first + a.nbytes)


def _is_dense(array: Array) -> bool:
    """Whether the elements fill one piece of memory, in whatever order."""
    if type(array) is np.ndarray and array.flags.c_contiguous:
        return True
    expected = array.itemsize
    for stride, n in sorted(zip(array.strides, array.shape)):
        if n != 1:
            if stride != expected:
                return False
            expected *= n
    return True
