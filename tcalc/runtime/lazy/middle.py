"""Elementwise ops of middle-sized arrays: a kernel's steps as one call of compiled code.

The kernel runs once on arrays that are not computed, which tells its steps; they are kept by the op and
what it was given. What they give is what the kernel gives with functions as large arrays have them
(see `large`): that is what is done where there is no such code, or not yet.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy import large
from tcalc.runtime.lazy.compiled.kernels import Kernel, address, available, can_be_had, prepared
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
from tcalc.runtime.lazy.compiled.primitives import is_quick
from tcalc.runtime.lazy.expression import LARGE
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
        numbers = [1, found.size]
        for r in self.reads:
            numbers += address(values[r] if type(r) is int else r), 0
        numbers += address(found), 0
        self.kernel.take(numbers)
        return found


_kept: dict[Any, Whole | None] = {}
_kinds: dict[Op, int] = {}


def compute(op: Op, values: Sequence[Any]) -> Any:
    """What an elementwise op's kernel gives on the CPU.

    values: those of the op's parameters, some arrays of middle size.
    """
    if not available():
        if not can_be_had():
            quick.add(op)
        return _called(op, np, values)
    key: list[Any] = [op]
    shape: Any = None
    for v in values:
        if type(v) is not ndarray:
            # Of floats that are equal one may be negative: 0.0 and -0.0.
            key += type(v), v or repr(v)
        elif not v.ndim:
            key += v.dtype, v.tobytes()
        else:
            if shape is None:
                shape = v.shape
            if v.shape != shape or not v.flags.c_contiguous:
                return _called(op, large.module(), values)
            key.append(v.dtype)
    kind = tuple(key)
    whole = _kept.get(kind, _kept)
    if whole is _kept:
        whole = _found(op, values, kind)
    if type(whole) is Whole and (
        whole.kernel.call is not None or whole.kernel.is_ready(prod(shape))
    ):
        return whole(values, shape)
    return _called(op, large.module(), values)


def _called(op: Op, xp: Any, values: Sequence[Any]) -> Any:
    positional = []
    keywords = {}
    for p, v in zip(op.params, values):
        if p.keyword_only:
            keywords[p.name] = v
        else:
            positional.append(v)
    return op.kernel(xp, *positional, **keywords)


def _found(op: Op, values: Sequence[Any], kind: tuple[Any, ...]) -> Whole | None:
    """The kernel's steps as one function, kept; None where they are no such thing."""
    count = _kinds[op] = _kinds.get(op, 0) + 1
    if count > _KINDS:
        return None
    if len(_kept) >= _REMEMBERED:
        _kept.clear()
        _kinds.clear()
    # Nobody looks at what is in them.
    given = [np.empty(LARGE, v.dtype) if type(v) is ndarray and v.ndim else v for v in values]
    found = None
    try:
        made = _called(op, np, [lazy(v) for v in given])
        if type(made) is Pending and made.node is not None:
            found = _whole(op, Program([made.node], []), given, made.dtype)
    except Exception:  # what cannot be noted, or is refused: it is again where it is called
        pass
    _kept[kind] = found
    return found


def _whole(op: Op, program: Program, given: Sequence[Any], dtype: Any) -> Whole | None:
    """A program's steps as one function; None where NumPy has a part in it, or is as quick."""
    reads: list[int | Array] = []
    for a in program.inputs:
        place = next((i for i, v in enumerate(given) if v is a), None) if a.ndim else None
        if place is None and a.ndim:
            return None
        reads.append(a.copy() if place is None else place)
    template = program.template
    layout = "".join([NUMBER if not a.ndim else MOVING for a in program.inputs])
    dtypes = [*[a.dtype for a in program.inputs], *template.result_dtypes, *template.scratch]
    parts = prepared(template.steps, dtypes, layout, template.results)
    if len(parts) != 1 or type(parts[0]) is not Kernel or len(parts[0].run.writes) != 1:
        return None
    kernel = parts[0]
    if len(kernel.run.steps) < _MANY and all(is_quick(step[0]) for step in kernel.run.steps):
        # Only single floats have other forms than NumPy's, which other settings might ask for.
        alone = all(p.is_array or p.kinds == ("Scalar",) for p in op.params)
        if alone and all(type(v) is not ndarray or v.dtype == np.float32 for v in given):
            quick.add(op)
        return None
    return Whole(kernel, [reads[r] for r in kernel.run.reads], dtype)
