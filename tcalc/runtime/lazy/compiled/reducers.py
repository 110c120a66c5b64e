"""What the kernels of reductions go over rows and columns with: functions that the installation has, of the
forms that large arrays have.

Each is given a block of words: rows, columns, and of each array where it begins and the bytes from row to
row (see `rowwise`; of those down columns `downwards`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.compiled import columnforms, rownorms, rowscans, summing
from tcalc.runtime.lazy.compiled.downwards import Columns
from tcalc.runtime.lazy.compiled.folding import fold_of
from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED, STANDING
from tcalc.runtime.lazy.compiled.places import DOWN, worst
from tcalc.runtime.lazy.compiled.rowforms import Fold, Form
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.lazy.compiled.steps import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.lazy.compiled.code import Code, V
    from tcalc.runtime.lazy.compiled.rowwise import Place

SIZES = {"i1": 1, "i32": 4, "float": 4, "i64": 8, "double": 8}
_DTYPES = {"float": np.dtype(np.float32), "i64": np.dtype(np.int64), "i1": np.dtype(np.bool_)}
_UFUNCS = {
    "sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum, "any": np.logical_or,
    "all": np.logical_and,
}  # fmt: skip
# What is reduced along rows, and down columns, by type.
_FOLDS = {
    "float": ("sum", "prod", "max", "min"), "i64": ("max", "min", "total"), "i1": ("any", "all"),
}  # fmt: skip
_COUNTED = "i32"
_FORMS = {
    "wide_spread": rownorms.WIDE_SPREAD, "running.sum": rowscans.SUMS, "running.prod": rowscans.PRODUCTS,
    "running_down.sum": rowscans.SUMS_DOWN, "running_down.prod": rowscans.PRODUCTS_DOWN,
    "powers": columnforms.POWERS, "powers_kept": columnforms.POWERS_KEPT, "shares": columnforms.SHARES,
    "logarithms": columnforms.LOGARITHMS, "less": columnforms.LESS, "squares": columnforms.SQUARES,
}  # fmt: skip


def fold(what: str, kind: str) -> Fold:
    """How elements of a type are reduced."""
    if what == "total":
        return _COUNTS
    found = fold_of(_UFUNCS[what], _DTYPES[kind])
    assert found is not None
    return found


def neutral(what: str, kind: str) -> float:
    """What changes nothing where elements of a type are reduced."""
    return fold(what, kind).neutral(kind) if what in _UFUNCS else 0


def functions() -> list[tuple[str, Code]]:
    """All of them, as a module has them."""
    made = summing.functions(
        "internal void @pairwise", Run((), (0,), (), True), [_DTYPES["float"]], MOVING, [0]
    )
    for kind, whats in _FOLDS.items():
        made += [_along(f"fold.{what}.{kind}", kind, fold(what, kind)) for what in whats]
    for kind, whats in _FOLDS.items():
        made += [_down(f"down.{what}.{kind}", kind, kind, fold(what, kind)) for what in whats]
    for wide, own in (("", "float"), ("wide_", "double")):
        made.append(_down(f"down.{wide}squares.float", "float", own, fold("sum", "float"), _square))
    made.append(_along("fold.squares.float", "float", fold("sum", "float"), _square))
    streams = [
        ("sum", "double"),
        ("wide_sum", "float"),
        *[(what, "float") for what in ("prod", "max", "min")],
    ]
    made += [_stream(what, kind) for what, kind in streams]
    made.append(_down("down.wide_sum.float", "float", "double", fold("sum", "float")))
    for kind in ("float", "i64", "i1"):
        made.append(_counts(kind))
        made.append(_down(f"down.count.{kind}", kind, "i64", _COUNTS, _is_some))
    for kind in ("float", "i64"):
        for greatest, what in ((True, "max"), (False, "min")):
            made.append(_of_form(f"place_down.{what}.{kind}", DOWN[greatest], kind))
            made.append(_of_form(f"place.{what}.{kind}", _place(greatest), kind))
    made += [_of_form(name, form, "float") for name, form in _FORMS.items()]
    return made


def _head(name: str) -> str:
    return f"internal void @{name}"


def _of_form(name: str, form: Form, kind: str) -> tuple[str, Code]:
    kinds = form.kinds or [""] * len(form.layout)
    rows = Rows([own or kind for own in kinds], form.layout)
    form.write(rows, kind)
    return rows.function(_head(name))


def _along(
    name: str, kind: str, how: Fold, each: Callable[[Code, V], V] = lambda code, x: x
) -> tuple[str, Code]:
    """Rows, each as one number; each: what is made of an element before."""
    rows = Rows([kind, kind], MOVING + STANDING)
    rows.put(1, rows.fold(how, kind, lambda place: each(rows.code, place.load(0))))
    return rows.function(_head(name))


def _stream(what: str, kind: str) -> tuple[str, Code]:
    """Rows that are taken into one, row after row: for long ones, which come from far."""
    own = "double" if what == "wide_sum" else kind
    how = fold(what.removeprefix("wide_"), "float")
    rows = Rows([kind, own], MOVING + REPEATED)
    code = rows.code

    def body(place: Place) -> None:
        x = place.load(0)
        x = x if kind == own else code.convert("fpext", x, own)
        place.store(1, how.combine(code, place.load(1), x))

    rows.each(body)
    return rows.function(_head(f"stream.{what}.{kind}"))


_COUNTS = Fold(lambda code, a, b: code.op("add", a, b), lambda _: 0)


def _is_some(code: Code, x: V) -> V:
    """1 for elements that are not 0."""
    if x.type != "i1":
        x = code.test("fcmp une" if x.type == "float" else "icmp ne", x, 0)
    return code.convert("zext", x, _COUNTED)


def _square(code: Code, x: V) -> V:
    return code.op("fmul", x, x)


def _counts(kind: str) -> tuple[str, Code]:
    """How many elements of each row are not 0."""
    rows = Rows([kind, "i64"], MOVING + STANDING)
    code = rows.code
    found = rows.fold(_COUNTS, _COUNTED, lambda place: _is_some(code, place.load(0)))
    rows.put(1, code.convert("zext", found, "i64"))
    return rows.function(_head(f"fold.count.{kind}"))


def _down(
    name: str, kind: str, own: str, how: Fold, each: Callable[[Code, V], V] | None = None
) -> tuple[str, Code]:
    """Columns of elements of one type that are taken into numbers of another; each: what is made of an
    element before."""
    columns = Columns(kind, own)
    code = columns.code

    def combine(made: V, x: V) -> V:
        x = x if each is None else each(code, x)
        if x.type != own:
            x = code.convert("fpext" if own == "double" else "zext", x, own)
        return how.combine(code, made, x)

    return columns.function(_head(name), combine)


def _place(greatest: bool) -> Form:
    """Arrays: the input; for each row the greatest or least, and where the first of it is; nan is either."""

    def write(rows: Rows, kind: str) -> None:
        code = rows.code
        floating = kind != "i64"
        top = rows.fold(fold("max" if greatest else "min", kind), kind, lambda place: place.load(0))
        rows.put(1, top)
        least = Fold(
            lambda code, a, b: code.call("llvm.smin", a, b), lambda kind: worst(kind, False)
        )

        def place(at: Place) -> V:
            x = at.load(0)
            here = code.test("fcmp oeq" if floating else "icmp eq", x, top)
            if floating:
                both = code.op("and", code.test("fcmp uno", x, x), code.test("fcmp uno", top, top))
                here = code.op("or", here, both)
            return code.select(here, at.index(_COUNTED), worst(_COUNTED, False))

        rows.put(2, code.convert("sext", rows.fold(least, _COUNTED, place), "i64"))

    return Form(write, MOVING + STANDING * 2, ("", "", "i64"))
