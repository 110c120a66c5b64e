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
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.named_results import return_type
from tcalc.runtime.base.op import Op, saved_plan
from tcalc.runtime.call.arguments import NUMBERS
from tcalc.runtime.tensor.storage import View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable

_new = object.__new__


def finish(op: Op, result: Any, values: tuple[Any, ...]) -> Any:
    """Tensors from a kernel's arrays, recorded where gradients flow."""
    several = type(result) in (tuple, list)
    arrays = result if several else [result]
    outs = _views(op, arrays, values, several) if op.family == "view" else [*map(wrap, arrays)]
    if mode.enabled and may_track(values) and op.has_gradient:
        record_outputs(op, outs, values, several)
    if not several:
        return outs[0]
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


def _views(op: Op, arrays: list[Any], values: tuple[Any, ...], several: bool) -> list[Tensor]:
    source: Tensor = values[0]
    storage = source.storage()
    parent = source._v
    base = source if parent is None else parent.base
    outs = []
    for i, a in enumerate(arrays):
        out: Tensor = _new(Tensor)
        out._d = np.asarray(a) if isinstance(a, np.generic) else a
        out._s = storage
        out._g = None
        out._v = View(base, parent, op, values, storage.version, mode.enabled,
                      i if several else None)  # fmt: skip
        outs.append(out)
    return outs


def record_outputs(op: Op, outs: list[Tensor], values: tuple[Any, ...], several: bool) -> None:
    """Put outputs into the graph where some operand requires grad."""
    ends: list[Any] = []
    tracked: set[str] = set()
    for p, v in zip(op.params, values):
        if not p.is_array:
            continue
        known = p.name in op.vjps or p.name in op.joint_params
        if p.is_sequence:
            found = [end_of(t) if known else None for t in v]
            ends.extend(found)
            if any(e is not None for e in found):
                tracked.add(p.name)
        else:
            end = end_of(v) if known and isinstance(v, Tensor) else None
            ends.append(end)
            if end is not None:
                tracked.add(p.name)
    if not tracked:
        return
    if not any(o._d.dtype.char not in EXACT for o in outs):
        return
    plan = saved_plan(op)
    by_name = {p.name: v for p, v in zip(op.params, values)}
    saved = tuple(_saved_value(n, users, by_name, outs, tracked, several)
                  for n, users in plan.items())  # fmt: skip
    if not several:
        outs[0]._g = record(op, tuple(ends), saved, versions_of(op, saved), outs[0]._d)
        return
    node = Node(op, tuple(ends), saved, versions_of(op, saved), tuple(o._d.shape for o in outs),
                tuple(o._d.dtype for o in outs), user_place(2))  # fmt: skip
    for i, o in enumerate(outs):
        if o._d.dtype.char not in EXACT:
            o._g = Output(node, i)


def _saved_value(
    name: str,
    users: list[str],
    by_name: dict[str, Any],
    outs: list[Tensor],
    tracked: set[str],
    several: bool,
) -> Any:
    if name == "out":
        if all(type(by_name[u]) in NUMBERS for u in users):
            return None
        kept = tuple(
            SavedOutput(o._d, o.storage(), i if several else -1) for i, o in enumerate(outs)
        )
        return kept if several else kept[0]
    if name == "aux":
        return tuple(SavedOutput(o._a, o.storage(), i) for i, o in enumerate(outs) if i)
    if name in by_name:
        value = by_name[name]
        if isinstance(value, Tensor) and not any(u in tracked for u in users):
            return None
        return value
    base, _, what = name.rpartition("_")
    value = by_name[base]
    if isinstance(value, (tuple, list)):
        return [getattr(t._d, what) for t in value]
    if not isinstance(value, Tensor):
        return () if what == "shape" else None
    return getattr(value._d, what)
