"""Compiles what an installation has for arrays of every size: `python -m tcalc.runtime.call.installing`.

Functions of elements come from their ops' own kernels, so that they give what large arrays have to the
bit; those of rows are the forms that large arrays have.
"""

from __future__ import annotations

import sys
from importlib import import_module
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base.op import BOOLEAN, OPS, REQUIRED
from tcalc.runtime.base.registry import NAMES
from tcalc.runtime.call.preferred import ALL
from tcalc.runtime.lazy import casting, filling, middle
from tcalc.runtime.lazy.compiled import (
    callindex,
    callmoves,
    callproducts,
    callreduce,
    calls,
    callviews,
    casts,
    chances,
    channelnorms,
    channels,
    classlosses,
    creating,
    drawing,
    draws,
    fewrows,
    indexkernels,
    keptcalls,
    largereductions,
    library,
    losscalls,
    moving,
    nncalls,
    normals,
    normcalls,
    orders,
    permutations,
    picks,
    pool,
    poolcalls,
    pooling,
    ranges,
    records,
    reducers,
    reductions,
    rowforms,
    rownorms,
    rowreductions,
    rowscans,
    scalars,
    searches,
    sequences,
    ufuncs,
    words,
)
from tcalc.runtime.lazy.compiled.code import PAST, module
from tcalc.runtime.lazy.compiled.kernels import cost_of
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER, REPEATED, STANDING
from tcalc.runtime.lazy.compiled.loader import Refused
from tcalc.runtime.lazy.compiled.lower import emit
from tcalc.runtime.lazy.compiled.primitives import type_of
from tcalc.runtime.lazy.compiled.rowforms import INSTALLED, Form
from tcalc.runtime.lazy.compiled.rowkernel import row_kernel
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.lazy.compiled.sliding import sliding
from tcalc.runtime.lazy.compiled.steps import Run, divided
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.pending import lazy
from tcalc.runtime.lazy.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.runtime.base.op import Op
    from tcalc.runtime.lazy.compiled.code import Code
    from tcalc.runtime.lazy.compiled.rowwise import Place

FORMS = {
    **INSTALLED, **rownorms.INSTALLED, **rownorms.INSTALLED_SLOPES, **classlosses.INSTALLED,
}  # fmt: skip
_FLOAT, _BOOL = np.dtype(np.float32), np.dtype(np.bool_)
# From so much work on (elements times what they cost) threads share it.
_SHARED = 1 << 17
# Numbers that a function is to be given, while its kernel tells its steps.
_MARKS = (0.71875, 0.84375)


def install() -> None:
    """Compile the functions for this processor. Raises ImportError without llvmlite, OSError, Refused."""
    from tcalc.runtime.lazy.compiled.build import compiled

    functions = []
    loops = []
    entries = []
    for op in every():
        made = Elementwise(op)
        body = f"body_{op.name}"
        functions.append(made.function(body, MOVING * len(made.kinds)))
        others = made.layouts()
        functions += [made.function(f"{body}.{layout}", layout) for layout in others]
        loops.append(ufuncs.loop(f"loop_{op.name}", body, made.kinds, others, made.least))
        own = "" if {*made.kinds} == {"float"} else ",".join(made.kinds)
        entries.append(library.Entry(op.name, len(made.kinds) - 1, kinds=own))
    for source, target in casts.PAIRS:
        name, kinds = casts.name(source, target), casts.kinds(source, target)
        functions.append(casts.body(f"internal void @body_{name}", source, target))
        loops.append(ufuncs.loop(f"loop_{name}", f"body_{name}", kinds, least=casts.LEAST))
        entries.append(library.Entry(name, 1, kinds=",".join(kinds)))
    for form, outputs in FORMS.items():
        name, has_rows = form.name, [how in (MOVING, REPEATED) for how in form.layout]
        parts = ["(n)" if along else "()" for along in has_rows]
        inputs = len(parts) - outputs
        signature = f"{','.join(parts[:inputs])}->{','.join(parts[inputs:])}"
        kinds = [own or "float" for own in form.kinds or [""] * len(form.layout)]
        rows = Rows(kinds, form.layout)
        form.write(rows, "float")
        functions.append(rows.function(f"internal void @body_{name}"))
        loops.append(ufuncs.row_loop(f"loop_{name}", f"body_{name}", has_rows))
        entries.append(library.Entry(name, inputs, outputs, signature, ",".join(kinds)))
    for right, kind in product((False, True), ("float", "i64")):
        functions.append(searches.function(right, kind))
        own = searches.kinds(kind)
        entries.append(library.Entry(searches.name(right, kind), 2, 1, searches.SIGNATURE, own))
    functions += [
        *reducers.functions(), *ranges.functions(), *draws.functions(),
        *losscalls.functions(), *normcalls.functions(), *channels.functions(),
        normals.function(), permutations.function(), words.function(),
    ]  # fmt: skip
    over = {
        **reductions.every(), **rowreductions.every(), **orders.every(), **indexkernels.every(),
    }  # fmt: skip
    homes = (pool, records, callviews, callreduce, callindex, moving, callmoves, creating)
    called = [name for home in (calls, callproducts, *homes) for name in home.names()]
    networks = (keptcalls, losscalls, normcalls, poolcalls)
    called += [f"{nncalls.PREFIX}{name}" for home in networks for name in home.NAMES]
    drawn = (drawing.NORMALS, drawing.ORDER, drawing.UNITS, drawing.RANGE, words.NAME)
    called += [*over, *drawn, channels.NAME, *ranges.NAMES.values()]
    entries += [library.Entry(name, 0, 0) for name in called]
    texts = [
        module(*functions), *loops, calls.text(LARGE), callproducts.text(LARGE),
        *[home.text() for home in homes],
        scalars.module([
            *over.values(), *largereductions.functions(), *orders.functions(), *channels.every(), *nncalls.shared(),
            *[f for home in networks for f in home.every()],
        ]),
        PAST,
    ]  # fmt: skip
    library.write(compiled("\n".join(texts)), entries)


def keep() -> None:
    """Have the other forms of single floats in the cache: programs behind the wall read it alone."""
    for home in (channelnorms, classlosses, rowforms, rownorms, rowscans):
        for form in vars(home).values():
            if type(form) is Form:
                row_kernel(form, _FLOAT)
    sliding(_FLOAT.char)
    for home in (chances, fewrows, pooling):
        for made in home.every(_FLOAT.char):
            made.prepare()
    for made in (*casting.every(), *filling.every(), *picks.every(), *sequences.every()):
        made.prepare()
    every()
    for op in OPS:
        if op.family == "elementwise":
            for values, layouts in _calls(op):
                whole = middle.told(op, values, layouts)
                if whole is not None:
                    whole.kernel.prepare()
                    if not layouts:
                        whole.kernel.past.prepare()


def _calls(op: Op) -> Iterator[tuple[list[Any], str]]:
    """What an elementwise op is given by everyday programs: the values of its parameters, and how arrays
    lie, where that is not alike."""
    arrays = [p for p in op.params if p.is_array and not p.is_sequence]
    if any(p.default is REQUIRED and p not in arrays for p in op.params):
        return
    rest = [p.default for p in op.params if p not in arrays]
    # Nobody looks at what is in them.
    first = [np.empty(LARGE, _BOOL if p.name in op.unpromoted else _FLOAT) for p in arrays]
    yield [*first, *rest], ""
    if op.dtype == BOOLEAN or "f" not in op.only:
        yield [*[np.empty(LARGE, _BOOL) for _ in arrays], *rest], ""
    if len(arrays) == 2:
        one = _MARKS[0]
        yield [first[0], one if op.numbers else np.asarray(one, _FLOAT), *rest], ""
        if op.installed is not None:
            for layouts in (MOVING + STANDING, STANDING + MOVING):
                yield [*first, *rest], layouts


class Elementwise:
    """The functions of rows that an op's kernel comes to, with the defaults of its numbers.

    kinds: the types of its operands' elements, and of the result's. least: the elements that threads share.
    """

    def __init__(self, op: Op) -> None:
        operands = [p for p in op.params if p.is_array]
        # Nobody looks at what is in them.
        given = [np.empty(LARGE, _BOOL if p.name in op.unpromoted else _FLOAT) for p in operands]
        numbers = dict(zip(op.installed or (), _MARKS))
        values = {p.name: numbers.get(p.name, p.default) for p in op.params if not p.is_array}
        named = {p.name: values.pop(p.name) for p in op.params if p.keyword_only}
        made = op.kernel(np, *map(lazy, given), *values.values(), **named)
        program = Program([made.node], [])
        template = program.template
        self._inputs = program.inputs
        self._dtypes = [
            *[a.dtype for a in program.inputs],
            *template.result_dtypes,
            *template.scratch,
        ]
        (run,) = divided(template.steps, self._dtypes, template.results)
        assert type(run) is Run
        self._run = run
        self._places: dict[object, int] = {id(a): i for i, a in enumerate(given)}
        self._places |= {np.float32(n): i for i, n in enumerate(numbers.values(), len(given))}
        self._numbers = len(numbers)
        self.kinds = [type_of(a.dtype) or "" for a in given] + ["float"] * len(numbers)
        self.kinds.append(type_of(made.dtype) or "")
        self.least = _SHARED // (1 + cost_of(run))

    def layouts(self) -> list[str]:
        """How arrays lie where numbers are given, or are among the operands: of several steps the last."""
        operands = self.kinds[:-1]
        several = len(operands) > 2 and len(self._run.steps) > 1
        if self._numbers or several:
            count = len(operands)
            ends = [self._numbers] if self._numbers else range(1, count)
            return [MOVING * (count - n) + NUMBER * n + MOVING for n in ends]
        hows = [MOVING + NUMBER if kind == "float" else MOVING for kind in operands]
        found = ["".join(how) for how in product(*hows)]
        return [how + MOVING for how in found if {*how} == {MOVING, NUMBER}]

    def function(self, name: str, layout: str) -> tuple[str, Code]:
        """The function of arrays that lie in some way."""
        rows = Rows(self.kinds, layout)
        run = self._run

        def body(place: Place) -> None:
            values = {}
            for r in run.reads:
                value = self._inputs[r]
                k = self._places.get(id(value) if value.ndim else value.item())
                if k is None:
                    kind = type_of(self._dtypes[r]) or ""
                    values[r] = rows.code.constant(value.item(), kind)
                else:
                    values[r] = rows.number(k) if layout[k] == NUMBER else place.load(k)
            emit(rows.code, run, self._dtypes, values)
            place.store(len(self.kinds) - 1, values[run.writes[0]])

        rows.each(body)
        return rows.function(f"internal void @{name}")


def every() -> Sequence[Op]:
    """The ops of elements that are compiled."""
    for place in sorted(set(NAMES.values())):
        if "ops.elementwise" in place:
            import_module(place)
    return ALL


if __name__ == "__main__":
    if not library.is_there():
        try:
            install()
        except (ImportError, OSError, Refused) as error:
            sys.exit(f"no functions were compiled: {error}")
    keep()
    print(library.path())
