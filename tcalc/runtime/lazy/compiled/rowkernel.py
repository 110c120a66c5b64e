"""Functions of rows, as programs use them: a few calls for some rows each."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tcalc.runtime.lazy.compiled.kernels import Compiled, address, available
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER, REPEATED, STANDING
from tcalc.runtime.lazy.compiled.pool import UNIT
from tcalc.runtime.lazy.compiled.primitives import type_of
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.types.codes import UNSIGNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.rowforms import Form


# How arrays lie that are the same for every row.
_SAME = NUMBER + REPEATED


def layout_of_rows(arrays: Sequence[Array]) -> str:
    """How arrays lie: 0-dim ones, and 2-dim ones of one shape. No copies are made of short rows."""
    return "".join([NUMBER if not a.ndim else _along(a) for a in arrays])


def _along(array: Array) -> str:
    return STANDING if not array.strides[1] and array.shape[1] > 1 else MOVING


class RowKernel(Compiled):
    """A function that goes over the rows of some arrays (see `rowwise`)."""

    __slots__ = ("layout",)

    def __init__(self, text: str, exact: bool, work: int, layout: str) -> None:
        super().__init__(text, exact, work)
        self.layout = layout

    def places(self, columns: int, arrays: Sequence[Array]) -> list[tuple[int, int]]:
        """Where arrays begin, and the bytes from row to row.

        arrays: each a number (0-dim), a number for each row (2-dim where they lie apart, the same along
        a row; else in C order), rows (2-dim, their elements side by side; or in C order), or one row.
        """
        found = []
        for a, how in zip(arrays, self.layout, strict=True):
            if how in _SAME:
                step = 0
            elif how == STANDING:
                apart = a.ndim == 2 and (a.shape[1] == 1 or not a.strides[1])
                step = a.strides[0] if apart else a.itemsize
            else:
                step = a.strides[0] if a.ndim == 2 else columns * a.itemsize
            found.append((address(a), step))
        return found

    def __call__(self, shape: tuple[int, int], arrays: Sequence[Array]) -> None:
        """Do all rows.

        shape: how many rows there are, and how many elements in each. arrays: see `places`.
        """
        self.pass_on(shape, self.places(shape[1], arrays))

    def over_rows(self, shape: tuple[int, int], arrays: Sequence[Array], work: int) -> None:
        """The same, over threads where that pays. work: what an element costs."""
        rows, columns = shape
        numbers = [rows, columns]
        steps = [0, 0]
        for place in self.places(columns, arrays):
            numbers += place
            steps += place[1], 0
        self.share(numbers, steps, 0, 1, rows * columns * work)

    def over_elements(self, arrays: Sequence[Array], work: int) -> None:
        """Do one row, over threads where that pays, of a form that looks at each element alone.

        arrays: 1-dim of one length, their elements side by side, or numbers (0-dim).
        """
        size = arrays[-1].size
        numbers = [1, size]
        steps = [0, 0]
        for a in arrays:
            numbers += address(a), 0
            steps += UNIT * a.itemsize if a.ndim else 0, 0
        self.share(numbers, steps, 1, UNIT, size * work)


def row_kernel(form: Form, dtype: Any) -> RowKernel | None:
    """What does a form with rows of a dtype, or None where that is NumPy's."""
    made = _row_kernel(form, dtype) if available() else None
    return made if made is not None and made.is_ready(1) else None


@cache
def _row_kernel(form: Form, dtype: Any) -> RowKernel | None:
    kind = type_of(dtype)
    if kind not in form.types or dtype.char in UNSIGNED:
        return None
    kinds = form.kinds or [""] * len(form.layout)
    rows = Rows([own or kind for own in kinds], form.layout)
    form.write(rows, kind)
    return RowKernel(rows.text(), False, 1, form.layout)
