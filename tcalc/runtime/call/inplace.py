"""Writing in place: the `_` forms of ops, and what a write does to the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AutogradError, DtypeError, ShapeError
from tcalc.runtime.arrays import backend
from tcalc.runtime.arrays.mirror import Mirror, memory_of
from tcalc.runtime.arrays.overlap import check_overlap
from tcalc.runtime.autograd.nodes import (
    AccumulateGrad,
    Node,
    Output,
    end_of,
    meta_of,
    only_shown,
    user_place,
)
from tcalc.runtime.autograd.saving import Packed
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.op import Op, saved_plan
from tcalc.runtime.call.arguments import prepared, type_name
from tcalc.runtime.call.compute import compute, settled, write_large
from tcalc.runtime.call.layouts import among, layouts
from tcalc.runtime.call.layouts import write as write_sparse
from tcalc.runtime.call.outs import check_writeable, write_array
from tcalc.runtime.call.results import may_track, record_outputs
from tcalc.runtime.lazy.expression import LARGE, live
from tcalc.runtime.lazy.hazards import before_write, is_read
from tcalc.runtime.lazy.pending import Pending, computed
from tcalc.runtime.lazy.pending import write as compute_into
from tcalc.runtime.tensor.storage import Storage, View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, promotion, shapes
from tcalc.runtime.types.codes import USUAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ndarray = np.ndarray
# Whether it is empty takes less time to ask of the table in it.
_live = vars(live)["data"]


def write(op: Op, values: tuple[Any, ...]) -> Tensor:
    """Run the form of an op that writes its result into the first of its values."""
    name = op.name + "_"
    input = _target(name, values[0])
    if not op.keeps_history:
        check_inplace(input, name)
    ready = tuple(prepared(op, values))
    if mode.interpreter is not None:
        eagerly = lambda: update(op, ready)  # noqa: E731 (it is nothing more)
        written: Tensor | None = mode.interpreter.write(op, ready, name, eagerly)
        if written is not None:
            return written
    return update(op, ready)


def update(op: Op, values: tuple[Any, ...]) -> Tensor:
    """Write what an op gives for its operands into the first of them, and record it."""
    if layouts.kind is not None and among(values):
        return write_sparse(op, values)
    target: Tensor = values[0]
    if op.apart:
        check_overlap(target._d, _arrays(values[1:]), op.apart)
    if _is_apart_and_large(op, target, values) and write_large(op, values):
        target.shared().version += 1
        return target
    r = compute(op, values)
    kept = keep_original(op, values)
    store(op.name + "_", target, r)
    track_inplace(op, target, kept)
    return target


def _is_apart_and_large(op: Op, target: Tensor, values: tuple[Any, ...]) -> bool:
    """Whether an elementwise op writes a large array that no graph and nothing that waits knows of."""
    if op.family != "elementwise" or interpreters.count:
        return False
    array = settled(target)
    if type(array) is not ndarray:
        return False
    if array.size < LARGE:
        return False
    flags = array.flags
    if not (flags.c_contiguous and flags.writeable) or (mode.enabled and may_track(values)):
        return False
    return not is_read(array)


def write_in_place(
    op: Op, name: str, target: Tensor, values: tuple[Any, ...], change: Callable[[Any], None],
    repeats: bool = False,
) -> Tensor:  # fmt: skip
    """Let `change(array)` write into a tensor's memory, count the write and put it into the graph.

    op: the same without writing, whose gradients hold for it. values: op's arguments. repeats:
    whether elements may share memory, since all get one value.
    """
    if isinstance(target, Tensor):
        array = target._d
        if (
            type(array) is ndarray and not interpreters.count and (op.moves or array.dtype.char in USUAL)
            and (
                (target._g is None is target._v and (len(values) == 1 or not may_track(values[1:])))
                or not (mode.enabled and may_track(values))
            )
        ):  # fmt: skip
            flags = array.flags
            if flags.writeable and (repeats or flags.c_contiguous or backend.writeable(array)):
                if op.apart and len(values) > 1:
                    check_overlap(array, _arrays(values[1:]), op.apart)
                if _live:
                    before_write(array)
                change(array)
                (target._s or target.shared()).version += 1
                return target
    check_inplace(_target(name, target), name)
    if target._d.dtype.char not in USUAL and not op.moves:
        target.dtype.need(op.only, op.name)
    if mode.interpreter is not None:
        eagerly = lambda: _written(op, target, values, change, repeats)  # noqa: E731 (no more)
        written: Tensor | None = mode.interpreter.write(op, values, name, eagerly)
        if written is not None:
            return written
    return _written(op, target, values, change, repeats)


def _written(
    op: Op, target: Tensor, values: tuple[Any, ...], change: Callable[[Any], None], repeats: bool
) -> Tensor:
    """The same of a tensor that may be written to, by no short path."""
    if layouts.kind is not None and among(values):
        return write_sparse(op, values)
    shown = target._shown
    if not repeats:
        check_writeable(target)
    if op.apart:
        check_overlap(shown, _arrays(values[1:]), op.apart)
    kept = keep_original(op, values)
    before_write(memory_of(shown))
    array = target._a
    change(array)
    if type(shown) is Mirror:
        shown.write(array)
    target.shared().version += 1
    track_inplace(op, target, kept)
    return target


def _arrays(values: Sequence[Any]) -> list[Any]:
    """What the tensors among some values hold."""
    return [v._d for v in values if isinstance(v, Tensor)]


def _target(name: str, value: object) -> Tensor:
    if isinstance(value, Tensor):
        return value
    raise ArgumentError(
        f"{name}(): argument 'input' must be Tensor, not {type_name(value)}", argument="input"
    )


def check_inplace(target: Tensor, name: str) -> None:
    """Refuse to write where the graph forbids it."""
    if not mode.enabled:
        return
    view = target._v
    if view is None:
        end = target._g
        if end is None or not end.requires_grad:
            return
    elif not target.requires_grad:
        return
    else:
        _check_chain(view)
        end = meta_of(target)
        if (view.base.is_leaf and view.base.requires_grad) or _shows_leaf(end):
            raise _leaf_shown()
    if not isinstance(end, (Node, Output)):
        raise AutogradError(
            "a leaf Variable that requires grad is being used in an in-place operation.",
            hint="change it within `with no_grad():`, or make a new tensor",
        )


def _leaf_shown() -> AutogradError:
    return AutogradError(
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
        hint="change it within `with no_grad():`, or make a new tensor",
    )


def _shows_leaf(end: Any) -> bool:
    """Whether a view was made of a leaf that requires grad and is itself a view of another."""
    while True:
        node = end.node if type(end) is Output else end
        if not isinstance(node, Node) or node.op.family != "view":
            return type(node) is AccumulateGrad
        end = node.edges[0]


def _check_chain(view: View | None) -> None:
    """Refuse to write through a view that cannot be made of another base."""
    why = only_shown(view, "is being")
    if why is not None:
        raise AutogradError(why)


def store(name: str, target: Tensor, r: Any) -> None:
    """Write an array into a tensor's memory and count the write."""
    a = target._a
    r = np.asarray(r) if isinstance(r, np.generic) else r
    check_writeable(target)
    if r.shape != a.shape and shapes.broadcast(r.shape, a.shape) != a.shape:
        raise ShapeError(
            f"output with shape {list(a.shape)} doesn't match the broadcast shape {list(r.shape)}"
        )
    if r.dtype != a.dtype and not promotion.can_cast(dtypes.of(r.dtype), target.dtype):
        raise DtypeError(
            f"result type {dtypes.of(r.dtype).shorthand} can't be cast to the desired output "
            f"type {target.dtype.shorthand}",
            hint=f"use the form without the underscore instead of {name}",
            instead=name.removesuffix("_"),
        )
    if type(r) is Pending and type(target._d) is not Mirror:
        compute_into(r, a)
    else:
        write_array(target, computed(r))
    target.shared().version += 1


def keep_original(op: Op, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a call that is about to write into the first of them.

    Where a gradient needs that tensor as it was, a copy stands for it.
    """
    if not mode.enabled or not op.has_gradient:
        return values
    tracked = {
        p.name
        for p, v in zip(op.params, values)
        if p.is_array and not p.is_sequence and isinstance(v, Tensor) and end_of(v) is not None
    }
    if not tracked:
        return values
    target: Tensor = values[0]
    _check_chain(target._v)
    if tracked.isdisjoint(saved_plan(op).get(op.params[0].name, ())):
        return values
    kept = wrap(target._a.copy())
    kept._g = end_of(target)
    return (kept, *values[1:])


def track_inplace(op: Op, target: Tensor, values: tuple[Any, ...]) -> None:
    """Put the write into the graph: a node for the target, or for the base of a view."""
    if not mode.enabled:
        return
    view = target._v
    storage = target.shared()
    if not op.has_gradient:
        end = None if op.keeps_history else end_of(target)
        if end is None:
            return
        node: Any = Overwritten(op, end, target._d)
    else:
        node = _recorded(op, target, values)
    if node is None:
        if view is not None:
            view.version = storage.version if end_of(view.base) is None else view.version
        return
    if view is None:
        target._g = _replace_end(target._g, node)
        return
    base = view.base
    base._g = _replace_end(base._g, CopySlices(node, end_of(base), view, base))
    meta_of(target)


def _recorded(op: Op, target: Tensor, values: tuple[Any, ...]) -> Node | None:
    """The node of an op that was written into a tensor, where some operand requires grad."""
    storage = target.shared()
    # Other values on the same memory were saved before the write: backward finds them changed.
    storage.version -= 1
    out = wrap(target._shown)
    try:
        record_outputs(op, [out], values, False)
    finally:
        storage.version += 1
    node: Node | None = out._g
    if node is not None:
        _own_outputs(op, node, storage)
    return node


def _replace_end(old: Any, new: Node) -> Node:
    """Keep a retained gradient and that it is retained when the graph moves on in place."""
    if isinstance(old, (Node, Output)) and old.extra is not None and old.extra.retains:
        extra = new.extras()
        extra.retains, extra.grad = True, old.extra.grad
    return new


def _own_outputs(op: Op, node: Node, storage: Storage) -> None:
    """A saved output lies in the target's own storage, at its version after the write."""
    if type(node.saved) is Packed:
        return
    for i in op.saved_outputs:
        kept = node.saved[i]
        if kept is not None:
            kept.storage = storage
            kept.version = storage.version


class Overwritten(Node):
    """The node of a tensor into which something was written that does not vary with what was there."""

    __slots__ = ()

    def __init__(self, op: Op, end: Any, array: Any) -> None:
        super().__init__(op, (end,), (), None, array.shape, array.dtype, user_place(4))

    def backward(self, g: Any, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """Nothing comes back."""
        return [g._zeros()]


class CopySlices(Node):
    """The node of a base written to through a view: only the view's part goes through the op."""

    __slots__ = ("inner", "view")
    gives_new = False  # what the inner node saved may come out

    def __init__(self, inner: Node, base_end: Any, view: View, base: Tensor) -> None:
        super().__init__(inner.op, (base_end, *inner.edges[1:]), (), None, base._a.shape,
                         base._a.dtype, inner.place)  # fmt: skip
        self.inner = inner
        self.view = view

    def name(self) -> str:
        """PyTorch's name for it."""
        return "CopySlices"

    def backward(self, g: Any, needs: Sequence[bool] | None) -> Sequence[Tensor | None]:
        """The part's gradient goes through the op, the rest passes."""
        whole = g.clone()
        part = self.view.replay(whole)
        inner_needs = None if needs is None else [True, *needs[1:]]
        grads = list(self.inner.backward(part.clone(), inner_needs))
        with_part = self.edges[0] is not None and (needs is None or needs[0])
        if with_part:
            if grads[0] is None:
                part.zero_()
            else:
                part.copy_(grads[0].expand(part._a.shape))
            grads[0] = whole
        else:
            grads[0] = None
        return grads

    def release(self) -> None:
        """Let go of the op's saved values."""
        self.inner.release()
