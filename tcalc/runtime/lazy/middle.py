"""Elementwise ops of middle-sized arrays, and large ones in place: a kernel's steps as one function.

The kernel runs once on arrays that are not computed, which tells its steps; they are kept by the op and
what it was given. What they give is what the kernel gives with functions as large arrays have them
(see `large`): that is what is done where there is no such code, or not yet.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy import large
from tcalc.runtime.lazy.compiled.kernels import (
    Kernel,
    available,
    can_be_had,
    prepared,
)
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
from tcalc.runtime.lazy.compiled.primitives import is_quick
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.hazards import announce
from tcalc.runtime.lazy.pending import Pending, lazy
from tcalc.runtime.lazy.program import Program
from tcalc.runtime.lazy.sizes import quick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array, Op

ndarray = np.ndarray
# So many calls are kept, and of each op so many that differ: more have another number each time.
_REMEMBERED, _KINDS = 1024, 16
# From so many of NumPy's quick functions on one call of compiled code is quicker.
_MANY = 3


class Whole:
    """A kernel for arrays of some dtypes, of one shape and in C order, as one function.

    reads: for each array that the function reads its place among the values, or a number.
    """

    __slots__ = ("dtype", "kernel", "reads")

    def __init__(self, kernel: Kernel, reads: Sequence[int | Array], dtype: Any) -> None:
        self.kernel = kernel
        self.reads = reads
        self.dtype = dtype

    def __call__(self, values: Sequence[Any], shape: tuple[int, ...]) -> Array:
        """The result for the values of an op's parameters."""
        found = np.empty(shape, self.dtype)
        self._run(values, found)
        return found

    def into(self, values: Sequence[Any], target: Array) -> None:
        """Write the result into memory."""
        with threads.uninterrupted():  # a block that is written over cannot be done again
            self._run(values, target)

    def _run(self, values: Sequence[Any], target: Array) -> None:
        arrays = [values[r] if type(r) is int else r for r in self.reads]
        self.kernel.over((*arrays, target), self.kernel.work + 1)


_kept: dict[Any, Whole | None] = {}
# Those that write large arrays in place, which NumPy is not as quick at.
_written: dict[Any, Whole | None] = {}
_kinds: dict[Op, int] = {}
# Of each op where its parameters begin that are given by name.
_keywords: dict[Op, int] = {}


def compute(op: Op, values: Sequence[Any]) -> Any:
    """What an elementwise op's kernel gives on the CPU.

    values: those of the op's parameters, some arrays of middle size.
    """
    if not available():
        if not can_be_had():
            quick.add(op)
        return called(op, np, values)
    for v in values:
        if type(v) is ndarray and v.ndim:
            shape = v.shape
            break
    else:
        shape = ()
    kind = _kind(op, values, shape)
    if kind is None:
        return called(op, large.module(), values)
    whole = _kept.get(kind, _kept)
    if whole is _kept:
        whole = _found(op, values, kind)
    if type(whole) is Whole and (
        whole.kernel.call is not None or whole.kernel.is_ready(prod(shape))
    ):
        return whole(values, shape)
    return called(op, large.module(), values)


def write(op: Op, values: Sequence[Any], target: Array) -> bool:
    """Write what an elementwise op's kernel gives into a large array on the CPU: whether that was done.

    values: as above. target: in C order; what else lies in its memory is nobody's operand.
    """
    if not available():
        return False
    kind = _kind(op, values, target.shape)
    if kind is None:
        return False
    whole = _written.get(kind, _written)
    if whole is _written:
        whole = _found(op, values, kind, _written)
    if type(whole) is not Whole or whole.dtype != target.dtype:
        return False
    if not whole.kernel.is_ready(target.size):
        return False
    announce(target)
    whole.into(values, target)
    return True


def _kind(op: Op, values: Sequence[Any], shape: tuple[int, ...]) -> tuple[Any, ...] | None:
    """By what calls of an op differ for their function; None where arrays are not of a shape and in C
    order."""
    key: list[Any] = [op]
    for v in values:
        if type(v) is not ndarray:
            # Of floats that are equal one may be negative: 0.0 and -0.0.
            key += type(v), v or repr(v)
        elif not v.ndim:
            key += v.dtype, v.tobytes()
        elif v.shape != shape or not v.flags.c_contiguous:
            return None
        else:
            key.append(v.dtype)
    return tuple(key)


def called(op: Op, xp: Any, values: Sequence[Any]) -> Any:
    """What an op's kernel gives for the values of its parameters."""
    first = _keywords.get(op)
    if first is None:
        first = _keywords[op] = sum(not p.keyword_only for p in op.params)
    if first == len(values):
        return op.kernel(xp, *values)
    keywords = {p.name: v for p, v in zip(op.params[first:], values[first:])}
    return op.kernel(xp, *values[:first], **keywords)


def _found(
    op: Op, values: Sequence[Any], kind: tuple[Any, ...], kept: dict[Any, Whole | None] = _kept
) -> Whole | None:
    """The kernel's steps as one function, kept; None where they are no such thing."""
    count = _kinds[op] = _kinds.get(op, 0) + 1
    if count > _KINDS:
        return None
    if len(kept) >= _REMEMBERED:
        kept.clear()
        _kinds.clear()
    kept[kind] = found = told(op, values)
    if kept is _kept and found is not None and _is_numpys(op, found.kernel, values):
        kept[kind] = found = None
    return found


def told(op: Op, values: Sequence[Any], layouts: Sequence[str] = ()) -> Whole | None:
    """The kernel's steps as one function; None where they are no such thing.

    layouts: how each of the values that are arrays lies; by default in C order, all of one shape.
    """
    # Nobody looks at what is in them.
    given = [np.empty(LARGE, v.dtype) if type(v) is ndarray and v.ndim else v for v in values]
    try:
        made = called(op, np, [lazy(v) for v in given])
        if type(made) is Pending and made.node is not None:
            return _whole(Program([made.node], []), given, made.dtype, layouts)
    except Exception:  # what cannot be noted, or is refused: it is again where it is called
        pass
    return None


def _whole(
    program: Program, given: Sequence[Any], dtype: Any, layouts: Sequence[str]
) -> Whole | None:
    """A program's steps as one function; None where NumPy has a part in it."""
    reads: list[int | Array] = []
    layout = ""
    for a in program.inputs:
        place = next((i for i, v in enumerate(given) if v is a), None) if a.ndim else None
        if place is None and a.ndim:
            return None
        reads.append(a.copy() if place is None else place)
        layout += NUMBER if place is None else layouts[place] if layouts else MOVING
    template = program.template
    dtypes = [*[a.dtype for a in program.inputs], *template.result_dtypes, *template.scratch]
    parts = prepared(template.steps, dtypes, layout, template.results)
    if len(parts) != 1 or type(parts[0]) is not Kernel or len(parts[0].run.writes) != 1:
        return None
    kernel = parts[0]
    return Whole(kernel, [reads[r] for r in kernel.run.reads], dtype)


def _is_numpys(op: Op, kernel: Kernel, given: Sequence[Any]) -> bool:
    """Whether NumPy is as quick with what it keeps in the cache."""
    if len(kernel.run.steps) >= _MANY or not all(is_quick(step[0]) for step in kernel.run.steps):
        return False
    # Only single floats have other forms than NumPy's, which other settings might ask for; and what
    # the kernel makes of one number beside them is no step.
    if all(
        type(v) is ndarray and v.ndim and v.dtype == np.float32
        if p.is_array
        else p.kinds == ("Scalar",)
        for p, v in zip(op.params, given)
    ):
        quick.add(op)
    return True
