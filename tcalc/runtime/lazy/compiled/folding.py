"""Reductions of rows in machine code: a run of steps, and each row of what comes of it as one number.

The order is the same on every processor and in every way of running, but it is not NumPy's: where there
is a form here, large arrays have it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.compiled.downwards import Columns
from tcalc.runtime.lazy.compiled.kernels import FLOATING, address, available
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER, REPEATED, STANDING
from tcalc.runtime.lazy.compiled.lower import emit
from tcalc.runtime.lazy.compiled.primitives import primitive_of, type_of
from tcalc.runtime.lazy.compiled.rowforms import SUM, Fold
from tcalc.runtime.lazy.compiled.rowkernel import RowKernel
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.lazy.compiled.steps import Run, divided
from tcalc.runtime.types.codes import BOOLS, FLOATS, INTEGERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.code import V
    from tcalc.runtime.lazy.compiled.steps import Step

INF = float("inf")
# What changes nothing beside a float.
_NEUTRAL = {np.multiply: 1.0, np.maximum: -INF, np.minimum: INF}
_TRUTH = {np.logical_or: ("or", 0), np.logical_and: ("and", 1)}


def fold_of(ufunc: Any, dtype: Any) -> Fold | None:
    """How rows of a dtype are reduced, or None where that is NumPy's."""
    if ufunc is np.add:
        return SUM if type_of(dtype) in FLOATING else None
    if ufunc in _TRUTH:
        what, neutral = _TRUTH[ufunc]
        if dtype.char not in BOOLS:
            return None
        return Fold(lambda code, a, b: code.op(what, a, b), lambda _: neutral)
    if ufunc not in _NEUTRAL:
        return None
    if dtype.char in FLOATS and type_of(dtype) in FLOATING:
        value = _NEUTRAL[ufunc]
    elif dtype.char in INTEGERS and ufunc is not np.multiply:
        limits = np.iinfo(dtype)
        value = limits.min if ufunc is np.maximum else limits.max
    else:
        return None
    form = primitive_of(ufunc).form(dtype)  # type: ignore[union-attr]  # there is
    return Fold(form, lambda _: value)  # type: ignore[arg-type]  # of two


def lower_fold(run: Run, dtypes: Sequence[Any], layout: str, register: int, fold: Fold) -> str:
    """The text of a module whose function does a run and reduces each row of a register.

    layout: of the arrays that are read, those that are written, and the results, one for each row.
    """
    whole = (*run.reads, *run.writes)
    rows = Rows([type_of(dtypes[r]) or "" for r in (*whole, register)], layout)
    standing = {
        r: rows.number(k) for k, r in enumerate(run.reads) if layout[k] in (NUMBER, STANDING)
    }

    def value(place: Any) -> Any:
        values = dict(standing)
        for k, r in enumerate(run.reads):
            if layout[k] == MOVING:
                values[r] = place.load(k)
        emit(rows.code, run, dtypes, values)
        for k, r in enumerate(run.writes, len(run.reads)):
            place.store(k, values[r])
        return values[register]

    rows.put(len(whole), rows.fold(fold, type_of(dtypes[register]) or "", value))
    return rows.text()


class Folding(RowKernel):
    """A function that does a run and reduces each row of one of its registers.

    layout: of the arrays that are read (see `lower`). Its arrays are those, those that are written, and
    what takes a number for each row.
    """

    __slots__ = ("dtype", "run")

    def __init__(
        self, run: Run, dtypes: Sequence[Any], layout: str, register: int, fold: Fold, exact: bool
    ) -> None:
        layout += MOVING * len(run.writes) + STANDING
        text = lower_fold(run, dtypes, layout, register, fold)
        super().__init__(text, exact, len(run.steps) + 1, layout)
        self.run = run
        self.dtype = dtypes[register]


def folding(ufunc: Any, dtype: Any) -> Folding | None:
    """The reduction of the rows of an array of a dtype, or None where that is NumPy's."""
    made = _folding(ufunc, dtype) if available() else None
    return made if made is not None and made.is_ready(1) else None


@cache
def _folding(ufunc: Any, dtype: Any) -> Folding | None:
    fold = fold_of(ufunc, dtype)
    if fold is None:
        return None
    return Folding(Run((), (0,), (), True), [dtype], MOVING, 0, fold, False)


def folding_down(ufunc: Any, dtype: Any) -> Down | None:
    """What takes rows of a dtype into one row of what was made of those before, which lie in `dtype` of
    it; None where that is NumPy's."""
    made = _folding_down(ufunc, dtype) if available() else None
    return made if made is not None and made.is_ready(1) else None


@cache
def _folding_down(ufunc: Any, dtype: Any) -> Down | None:
    fold = fold_of(ufunc, dtype)
    return None if fold is None else Down(dtype, fold, ufunc is np.add)


class Down(RowKernel):
    """A function that takes rows into one row of what was made of those before.

    dtype: of that, sums of single floats in double. start: what changes nothing there.
    """

    __slots__ = ("dtype", "start")

    def __init__(self, dtype: Any, fold: Fold, wide: bool) -> None:
        self.dtype = np.dtype(np.float64) if wide else dtype
        kind, own = type_of(dtype) or "", type_of(self.dtype) or ""
        self.start = fold.neutral(own)
        columns = Columns(kind, own)
        code = columns.code

        def combine(made: V, x: V) -> V:
            return fold.combine(code, made, x if kind == own else code.convert("fpext", x, own))

        super().__init__(columns.text(combine), False, 1, MOVING + REPEATED)

    def over_groups(self, rows: Array, made: Array, deep: int) -> None:
        """Take each group of so many rows into a row of its own, over threads where that pays.

        rows: 2-dim, in C order. made: of the dtype, a row for each group.
        """
        count, columns = rows.shape
        made.fill(self.start)
        numbers = [min(deep, count), columns, address(rows), rows.strides[0], address(made), 0]
        ahead = [0, 0, deep * rows.strides[0], 0, made.strides[0], 0]
        self.parts(numbers, ahead, 0, deep, count, rows.size)


def fused(
    steps: Sequence[Step], dtypes: Sequence[Any], layout: str, register: int, written: Sequence[int],
    ufunc: Any,
) -> Folding | None:  # fmt: skip
    """A program's steps, where all of them come to code, with the reduction of the rows of a register.

    dtypes, layout: see `kernels.prepared`. written: the registers that are wanted whole.
    """
    fold = fold_of(ufunc, dtypes[register])
    parts = divided(steps, dtypes, (register, *written))
    if fold is None or len(parts) != 1 or type(parts[0]) is not Run:
        return None
    run = parts[0]._replace(writes=tuple(sorted(written)))
    reads = "".join([layout[r] for r in run.reads])
    return Folding(run, dtypes, reads, register, fold, run.exact)
