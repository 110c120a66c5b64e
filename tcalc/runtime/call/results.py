"""From a kernel's arrays to tensors: views, several outputs, and the graph's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.autograd.nodes import (
    Node,
    Output,
    SavedOutput,
    end_of,
    record,
    user_place,
    versions_of,
)
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.named_results import return_type
from tcalc.runtime.base.op import Op, saved_plan
from tcalc.runtime.call.arguments import NUMBERS
from tcalc.runtime.tensor.storage import Part, View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcalc.runtime.autograd.nodes import End

ndarray = np.ndarray
_new = object.__new__


def finish(op: Op, result: Any, values: tuple[Any, ...]) -> Any:
    """Tensors from a kernel's arrays, recorded where gradients flow."""
    several = type(result) in (tuple, list)
    arrays = result if several else [result]
    outs = views(op, arrays, values, several) if op.family == "view" else [*map(wrap, arrays)]
    if mode.enabled and op.differentiable and may_track(values) and op.has_gradient:
        record_outputs(op, outs, values, several)
    if not several:
        return outs[0]
    return return_type(op)(outs) if op.returns else tuple(outs)


def outside(op: Op, arrays: Iterable[Any]) -> Any:
    """Tensors from several arrays of a kernel, outside the graph."""
    if interpreters.count:
        outs = [wrap(a) for a in arrays]
    else:
        outs = []
        for a in arrays:
            out: Tensor = _new(Tensor)
            out._d = np.asarray(a) if type(a) is not ndarray and isinstance(a, np.generic) else a
            out._s = out._g = out._v = None
            outs.append(out)
    return return_type(op)(outs) if op.returns else tuple(outs)


def may_track(values: Iterable[Any]) -> bool:
    """Whether a tensor among them, or in a sequence there, may be in the graph or show one that is."""
    for v in values:
        if isinstance(v, Tensor):
            if v._g is not None or v._v is not None:
                return True
        elif isinstance(v, (tuple, list)) and may_track(v):
            return True
    return False


def views(op: Op, arrays: list[Any], values: tuple[Any, ...], several: bool) -> list[Tensor]:
    """Tensors from arrays that show the memory of the first value."""
    source: Tensor = values[0]
    storage = source.shared()
    parent = source._v
    base = source if parent is None else parent.base
    kind, version, enabled = Part if several else View, storage.version, mode.enabled
    outs: list[Tensor] = []
    for a in arrays:
        out: Tensor = _new(Tensor)
        out._d = np.asarray(a) if type(a) is not ndarray and isinstance(a, np.generic) else a
        out._s = storage
        out._g = None
        out._v = view = kind(base, parent, op, values, version, enabled)
        if type(view) is Part:
            view.index = len(outs)
        outs.append(out)
    return outs


class _Recipe:
    """How the calls of an op are recorded, found out once.

    inputs: of each parameter that takes tensors its place, its name, whether it takes a sequence, and
    whether it has a gradient. saved: of each saved value how it is found, where, and the places of the
    parameters whose gradients need it.
    """

    __slots__ = ("inputs", "saved")

    def __init__(self, op: Op) -> None:
        place = {p.name: i for i, p in enumerate(op.params)}
        self.inputs = [
            (i, p.is_sequence, p.name in op.vjps or p.name in op.joint_params)
            for i, p in enumerate(op.params)
            if p.is_array
        ]
        self.saved: list[tuple[Callable[..., object], Any, tuple[int, ...]]] = []
        for name, users in saved_plan(op).items():
            by = tuple([place[u] for u in users])
            if name == "out":
                self.saved.append((_outputs, None, by))
            elif name == "aux":
                self.saved.append((_others, None, by))
            elif name in place:
                self.saved.append((_value, place[name], by))
            else:
                base, _, what = name.rpartition("_")
                self.saved.append((_aspect, (place[base], what), by))


_recipes: dict[Op, _Recipe] = {}


def record_outputs(op: Op, outs: list[Tensor], values: tuple[Any, ...], several: bool) -> None:
    """Put outputs into the graph where some operand requires grad."""
    recipe = _recipes.get(op)
    if recipe is None:
        recipe = _recipes[op] = _Recipe(op)
    ends: list[End | None] = []
    tracked: list[int] = []
    for i, is_sequence, known in recipe.inputs:
        v = values[i]
        if is_sequence:
            found = [end_of(t) if known else None for t in v]
            ends += found
            if found.count(None) != len(found):
                tracked.append(i)
        else:
            end = end_of(v) if known and isinstance(v, Tensor) else None
            ends.append(end)
            if end is not None:
                tracked.append(i)
    if not tracked:
        return
    if not any([o._d.dtype.char not in EXACT for o in outs]):  # noqa: C419 (they are few)
        return
    saved = tuple([find(values, at, by, outs, tracked, several) for find, at, by in recipe.saved])
    if not several:
        outs[0]._g = record(op, tuple(ends), saved, versions_of(op, saved), outs[0]._d)
        return
    node = Node(op, tuple(ends), saved, versions_of(op, saved),
                tuple([o._d.shape for o in outs]), tuple([o._d.dtype for o in outs]), user_place(2))  # fmt: skip
    for i, o in enumerate(outs):
        if o._d.dtype.char not in EXACT:
            o._g = Output(node, i)


# How a saved value is found: of a call's values, at a place or by the places of its users; of its
# outputs; where the operands at some places are tracked.


def _outputs(
    values: tuple[Any, ...], at: None, by: tuple[int, ...], outs: list[Tensor], tracked: list[int],
    several: bool,
) -> object:  # fmt: skip
    if all([type(values[i]) in NUMBERS for i in by]):  # noqa: C419 (they are few)
        return None
    if not several:
        return SavedOutput(outs[0]._d, outs[0].shared(), -1)
    return tuple([SavedOutput(o._d, o.shared(), i) for i, o in enumerate(outs)])


def _others(
    values: tuple[Any, ...], at: None, by: tuple[int, ...], outs: list[Tensor], *_: object
) -> object:
    return tuple([SavedOutput(o._a, o.shared(), i) for i, o in enumerate(outs) if i])


def _value(
    values: tuple[Any, ...], at: int, by: tuple[int, ...], outs: list[Tensor], tracked: list[int],
    *_: object,
) -> object:  # fmt: skip
    value = values[at]
    if isinstance(value, Tensor):
        for i in by:
            if i in tracked:
                return value
        return None
    return value


def _aspect(values: tuple[Any, ...], at: tuple[int, str], *_: object) -> object:
    """The shape of an operand, or another of its array's attributes."""
    i, what = at
    value = values[i]
    if isinstance(value, Tensor):
        return getattr(value._d, what)
    if isinstance(value, (tuple, list)):
        return [getattr(t._d, what) for t in value]
    return () if what == "shape" else None
