"""Calls that move elements in machine code: what an installation has for them (see `callmoves`)."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.call import native
from tcalc.runtime.lazy.compiled import callmoves, casts, library, moving, pool
from tcalc.runtime.lazy.compiled.callmoves import CAST, CUT, EDGED, JOINED, REPEATED
from tcalc.runtime.lazy.compiled.movecalls import PREFIX
from tcalc.runtime.lazy.compiled.ufuncs import sharing
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.storage import View
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import PLAIN
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.runtime.base.op import Op

# Of each kind of call its function, and what it is told beside.
_MOVES: dict[str, tuple[str, int]] = {
    "cat": (JOINED, callmoves.CAT), "stack": (JOINED, callmoves.STACK), "hstack": (JOINED, callmoves.BESIDE),
    "vstack": (JOINED, callmoves.BELOW), "column_stack": (JOINED, callmoves.COLUMNS),
    "flip": (callmoves.TURNED, 0), "roll": (callmoves.ROLLED, 0), "triu": (CUT, 0), "tril": (CUT, 1),
    "repeat": (REPEATED, 0), "tile": (REPEATED, 1), "pad": (EDGED, 0), "contiguous": (callmoves.ORDERED, 0),
    "cast": (CAST, 0),
}  # fmt: skip


def call(op: Op) -> Any:
    """What gives the result of an op's call for tensors and the op's other arguments, and None for what is
    left to Python; None where the installation has no such call."""
    name, _, target = (op.move_call or "").partition(".")
    kind, own = _MOVES[name]
    context, start = native.context(), library.address(PREFIX + kind)
    if not context or not start:
        return None
    pool.helpers()  # who may share what it does
    modes = [p.default for p in op.params if p.name == "mode"]
    rows = [*_casts(target)] if kind == CAST else [*_alike(kind == EDGED)]
    view = View(*[""] * 6)  # type: ignore[arg-type]
    view.base = None  # type: ignore[assignment]
    words = [
        ctypes.addressof(context), native.slot(view, "base"), id(True if op.family != "composite" and op.has_gradient else None),
        *map(id, (tuple, Size, list, List)), ctypes.addressof(sharing), LARGE,
        id(modes[0]) if modes else own, len(rows), *[word for row in rows for word in row],
    ]  # fmt: skip
    return native.builtin(f"{PREFIX}{name}", start, words)


def _alike(tells: bool) -> Iterator[tuple[int, ...]]:
    """The dtypes whose elements are moved as they are. tells: whether how many bytes floats have."""
    halves = (dtypes.float16.numpy, dtypes.bfloat16.numpy)
    for dtype in (*map(np.dtype, PLAIN), *halves):
        width = dtype.itemsize
        if width in moving.WIDTHS:
            is_float = tells and dtype in (dtypes.float32.numpy, dtypes.float64.numpy)
            yield id(dtype), id(dtype), width, width, width if is_float else 0


def _casts(target: str) -> Iterator[tuple[int, ...]]:
    """Those that become another by a function."""
    into: Any = next(t.numpy for t in dtypes.ALL if t.name == target)
    for source, made in casts.PAIRS:
        start = library.address(casts.name(source, made))
        if made is into and start:
            yield id(source), id(into), source.itemsize, into.itemsize, start
