"""Compiles what an installation has for arrays of every size: `python -m tcalc.runtime.call.installing`.

Functions of elements come from their ops' own kernels, so that they give what large arrays have to the
bit; those of rows are the forms that large arrays have.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.base.registry import NAMES
from tcalc.runtime.call.preferred import ALL
from tcalc.runtime.lazy.compiled import (
    channelnorms,
    library,
    pooling,
    rowforms,
    rownorms,
    rowscans,
    ufuncs,
)
from tcalc.runtime.lazy.compiled.code import module
from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED
from tcalc.runtime.lazy.compiled.loader import Refused
from tcalc.runtime.lazy.compiled.lower import emit
from tcalc.runtime.lazy.compiled.primitives import type_of
from tcalc.runtime.lazy.compiled.rowcells import INSTALLED as CELLS
from tcalc.runtime.lazy.compiled.rowforms import INSTALLED, Form
from tcalc.runtime.lazy.compiled.rowkernel import row_kernel
from tcalc.runtime.lazy.compiled.rownorms import INSTALLED as NORMS
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.lazy.compiled.sliding import sliding
from tcalc.runtime.lazy.compiled.steps import Run, divided
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.pending import lazy
from tcalc.runtime.lazy.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Op
    from tcalc.runtime.lazy.compiled.code import Code
    from tcalc.runtime.lazy.compiled.rowwise import Place

FORMS = {**INSTALLED, **NORMS, **CELLS}
_FLOAT = np.dtype(np.float32)
# Numbers that a function is to be given, while its kernel tells its steps.
_MARKS = (0.71875, 0.84375)


def install() -> None:
    """Compile the functions for this processor. Raises ImportError without llvmlite, OSError, Refused."""
    from tcalc.runtime.lazy.compiled.build import compiled

    functions = []
    loops = []
    entries = []
    for op in every():
        functions.append(_elementwise(op))
        count = sum(p.is_array for p in op.params) + len(op.installed or ())
        loops.append(ufuncs.loop(f"loop_{op.name}", f"body_{op.name}", count))
        entries.append(library.Entry(op.name, count))
    for form, outputs in FORMS.items():
        name = form.name
        lengths = [
            dict(form.parts).get(k, int(how in (MOVING, REPEATED)))
            for k, how in enumerate(form.layout)
        ]
        parts = [f"({'nm'[length > 1] if length else ''})" for length in lengths]
        inputs = len(parts) - outputs
        signature = f"{','.join(parts[:inputs])}->{','.join(parts[inputs:])}"
        rows = Rows(form.kinds or ["float"] * len(form.layout), form.layout)
        form.write(rows, "float")
        functions.append(rows.function(f"internal void @body_{name}"))
        loops.append(ufuncs.row_loop(f"loop_{name}", f"body_{name}", lengths))
        entries.append(library.Entry(name, inputs, outputs, signature))
    library.write(compiled("\n".join([module(*functions), *loops])), entries)


def keep() -> None:
    """Have the other forms of single floats in the cache: programs behind the wall read it alone."""
    for home in (channelnorms, rowforms, rownorms, rowscans):
        for form in vars(home).values():
            if type(form) is Form:
                row_kernel(form, _FLOAT)
    sliding(_FLOAT.char)
    for made in pooling.every(_FLOAT.char):
        made.prepare()


def _elementwise(op: Op) -> tuple[str, Code]:
    """The function of rows that an op's kernel comes to, with the defaults of numbers that it is not given."""
    operands = [p for p in op.params if p.is_array]
    given = [np.empty(LARGE, _FLOAT) for _ in operands]  # nobody looks at what is in them
    numbers = dict(zip(op.installed or (), _MARKS))
    values = {p.name: numbers.get(p.name, p.default) for p in op.params if not p.is_array}
    named = {p.name: values.pop(p.name) for p in op.params if p.keyword_only}
    made = op.kernel(np, *map(lazy, given), *values.values(), **named)
    program = Program([made.node], [])
    inputs, template = program.inputs, program.template
    dtypes = [*[a.dtype for a in inputs], *template.result_dtypes, *template.scratch]
    (run,) = divided(template.steps, dtypes, template.results)
    assert type(run) is Run
    count = len(given) + len(numbers)
    rows = Rows(["float"] * (count + 1), MOVING * (count + 1))
    places: dict[object, int] = {id(a): i for i, a in enumerate(given)}
    places |= {np.float32(number): i for i, number in enumerate(numbers.values(), len(given))}

    def body(place: Place) -> None:
        values = {}
        for r in run.reads:
            kind = type_of(dtypes[r]) or ""
            value = inputs[r]
            at = places.get(id(value) if value.ndim else value.item())
            values[r] = rows.code.constant(value.item(), kind) if at is None else place.load(at)
        emit(rows.code, run, dtypes, values)
        place.store(count, values[run.writes[0]])

    rows.each(body)
    return rows.function(f"internal void @body_{op.name}")


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
