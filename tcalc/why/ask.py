"""The answer to why an element is what it is: run again, follow, tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.compiler.places import line_and_text
from tcalc.errors import ArgumentError, StateError
from tcalc.language.holders import held_by
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.why.kept import Kept, lies
from tcalc.why.replay import replay
from tcalc.why.report import report
from tcalc.why.trace import Tracer
from tcalc.why.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array
    from tcalc.session import Session
    from tcalc.why.kept import Index

# What is kept of a run takes so much memory at most, and a part of what is left at most.
_MOST, _PART = 1 << 30, 4
_EFFECTS = 3


def answer(
    session: Session, value: Any, name: str, find: Callable[[Session], Any] | None, width: int = 80
) -> str:
    """How an element of a tensor came about.

    find: finds the tensor again in a session that ran the same; None where the running program asks.
    Of several elements the first that is nan or infinite is told of. Raises ArgumentError for what
    is no tensor, StateError inside what is interpreted otherwise.
    """
    if not isinstance(value, Tensor):
        raise ArgumentError(
            f"why is for tensors and their elements, and {name} is of type {type(value).__name__}",
            hint="a number that a program took out of a tensor leaves no trail: ask of the tensor",
        )
    if mode.interpreter is not None:
        raise StateError("why is asked outside of vmap, jit and profilers")
    array = value._a
    if type(array) is not np.ndarray:
        return f"{name} has no elements in memory here"
    index, remark = _chosen(array, name)
    if index is None:
        return remark
    most = max(min(_MOST, memory.available() // _PART), 1 << 20)

    def run(until: int | None = None) -> tuple[Tracer, Any, dict[str, Any]]:
        tracer = Tracer(most, until)
        return tracer, *replay(session, find, tracer)

    tracer, found, variables = run()
    if not isinstance(found, Tensor) or not _is_same(found._a, array, index):
        return f"{remark}{_unlike(found, array, index, tracer)}"
    names = {lies(Kept(v._a)): n for n, v in reversed([*held_by(variables)])
             if isinstance(v, Tensor) and n[0] != "_" and type(v._d) is np.ndarray}  # fmt: skip
    origin = Trail(tracer, lambda until: run(until)[0]).follow(Kept(found._a), index)
    return remark + report(origin, name, names, tracer.first, width)


def _chosen(array: Array, name: str) -> tuple[Index | None, str]:
    """The element to tell of, and what is to be said of the others."""
    if array.size == 1:
        return (0,) * array.ndim, ""
    if not array.size:
        return None, f"{name} has no elements"
    bad = ~np.isfinite(array)
    if not bad.any():
        last = ", ".join(str(n - 1) for n in array.shape)
        return (
            None,
            f"all {array.size:,} elements of {name} are finite; ask of one, as {name}[{last}]",
        )
    nans = np.isnan(array)
    flat = int(np.flatnonzero(nans if nans.any() else bad)[0])
    counts = [(int(nans.sum()), "nan"), (int(bad.sum() - nans.sum()), "infinite")]
    told = " and ".join(f"{count:,} {kind}" for count, kind in counts if count)
    index = tuple(map(int, np.unravel_index(flat, array.shape)))
    return index, f"{told} of its {array.size:,} elements; of the first:\n"


def _is_same(found: Array, wanted: Array, index: Index) -> bool:
    if type(found) is not np.ndarray or found.shape != wanted.shape:
        return False
    return bool(np.array_equal(found[index], wanted[index], equal_nan=True))


def _unlike(found: Any, wanted: Array, index: Index, tracer: Tracer) -> str:
    """What to say where running again came to something else."""
    what = "nothing"
    if isinstance(found, Tensor):
        same = found._a.shape == wanted.shape
        what = str(found._a[index].item()) if same else f"a shape of {list(found._a.shape)}"
    lines = [
        f"cannot tell: run again it came to {what} instead of {wanted[index].item()}, so it goes by "
        "something that was another then"
    ]
    told = dict(tracer.effects)
    for effect, place in [*told.items()][:_EFFECTS]:
        line = line_and_text(place[0], 0, place[1])[0] if place is not None else 0
        where = f" in line {line} of {place[0].co_filename}" if place is not None else ""
        lines.append(f"  it {effect}{where}")
    return "\n".join(lines)
