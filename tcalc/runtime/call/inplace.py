"""Writing in place: the `_` forms of ops, and what a write does to the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AutogradError, DtypeError, ShapeError, StateError
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
)
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Op, saved_plan
from tcalc.runtime.call.arguments import (
    bind,
    follow,
    operand,
    tensors_of,
    type_name,
)
from tcalc.runtime.call.dispatch import KERNEL_ERRORS, elementwise_array, record_outputs, run_kernel
from tcalc.runtime.call.generate import short_form
from tcalc.runtime.call.outs import write_array
from tcalc.runtime.lazy.expression import LARGE, live
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.lazy.pending import Pending, computed, write
from tcalc.runtime.tensor.storage import Storage, View
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ndarray = np.ndarray

# What converting asks nothing of.
_PLAIN = frozenset({int, float, bool, str, type(None)})


def make_inplace(op: Op) -> Callable[..., Any]:
    """The form of an op that writes its result into its first argument."""
    if not op.inplace:
        raise ArgumentError(f"{op.name} has no in-place form")
    name = op.name + "_"
    arrays = [i for i, p in enumerate(op.params) if p.is_array]
    elementwise = op.family == "elementwise"

    quick = _quick_form(op) if elementwise else None

    def inplace(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if quick is not None and isinstance(input, Tensor) and quick(input, args, kwargs):
            return input
        if not isinstance(input, Tensor):
            raise ArgumentError(
                f"{name}(): argument 'input' must be Tensor, not {type_name(input)}",
                argument="input",
            )
        given = bind(op, (input, *args), kwargs)
        ready = list(given)
        check_inplace(input, name)
        for i in arrays[1:]:
            v = ready[i]
            p = op.params[i]
            if p.is_sequence:
                ready[i] = tensors_of(op, p.name, v)
            elif (
                not (v is None and p.optional)
                and not isinstance(v, Tensor)
                and not (elementwise and type(v) in (int, float, bool, complex))
            ):
                ready[i] = operand(op, p.name, v)
        if mode.interpreter is not None:
            return mode.interpreter.write(op, tuple(ready))
        follow(op, given, ready)
        if op.apart:
            sources = [ready[i]._d for i in arrays[1:] if isinstance(ready[i], Tensor)]
            check_overlap(input._d, sources, op.apart)
        if elementwise:
            r = elementwise_array(op, ready, [i for i in arrays if ready[i] is not None])
        else:
            r = run_kernel(op, ready)
        values = keep_original(op, tuple(ready))
        store(op, name, input, r)
        track_inplace(op, input, values)
        return input

    inplace.__name__ = inplace.__qualname__ = name
    inplace.__doc__ = f"The form of {op.name} that writes the result into `input`."
    inplace.__op__ = op  # type: ignore[attr-defined]  # a function takes any
    return inplace


def _quick_form(op: Op) -> Callable[..., bool] | None:
    """What writes at once where the short path would compute: CPU arrays of one dtype, not large,
    and numbers, outside the graph. Says whether it has."""
    alike, others, chars = short_form(op)
    if others:
        return None
    arrays = frozenset(alike)
    kernel = op.into or op.kernel
    written = op.into is not None
    named = {p.name: p for p in op.params}
    apart = op.apart

    def quick(input: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        a = input._d
        if type(a) is not ndarray or a.size >= LARGE or mode.tape is not None:
            return False
        dtype = a.dtype
        if dtype.char not in chars or (mode.enabled and not _is_apart(input)):
            return False
        given = []
        for at, v in enumerate(args, 1):
            if isinstance(v, Tensor):
                d = v._d
                if (
                    type(d) is not ndarray
                    or d.dtype is not dtype
                    or d.size >= LARGE
                    or (mode.enabled and not _is_apart(v))
                ):
                    return False
                if d is not a and (d.base is not None or a.base is not None):
                    check_overlap(a, (d,), apart)
                v = d
            elif at in arrays and not (
                op.numbers
                and (type(v) is int or (type(v) is float and dtype.kind in "fc"))
                and -1e18 < v < 1e18
            ):
                return False
            elif at not in arrays:
                if (
                    at >= len(op.params)
                    or op.params[at].keyword_only
                    or type(v) not in _PLAIN  # asked here, it would be asked again after a False
                ):
                    return False
                v = op.params[at].convert(op, v)
            given.append(v)
        for k, v in kwargs.items():
            if k not in named or named[k].is_array:
                return False
            kwargs[k] = named[k].convert(op, v)
        flags = a.flags
        if not flags.writeable or not (flags.c_contiguous or backend.writeable(a)):
            return False
        if live:
            before_write(a)
        try:
            r = kernel(np, a, *given, **kwargs)
            if not written:
                if r.dtype is not dtype or r.shape != a.shape:
                    return False
                a[...] = r
        except (*KERNEL_ERRORS, AttributeError):
            return False
        input.storage().version += 1
        return True

    return quick


def _is_apart(tensor: Tensor) -> bool:
    """Whether a tensor is surely in no graph, and no view."""
    return tensor._g is None and tensor._v is None


def check_inplace(target: Tensor, name: str) -> None:
    """Refuse to write where the graph forbids it."""
    if not mode.enabled:
        return
    view = target._v
    end = meta_of(target) if view is not None else target._g
    if end is None or not end.requires_grad:
        if view is not None and view.base._g is not None and view.base.requires_grad:
            _check_base(view)
        return
    if not isinstance(end, (Node, Output)):
        raise AutogradError(
            "a leaf Variable that requires grad is being used in an in-place operation.",
            hint=f"use the form without the underscore instead of {name}, or with no_grad():",
        )
    if view is not None:
        _check_base(view)
        if _shows_leaf(end):
            raise _leaf_shown()


def _check_base(view: View) -> None:
    if view.base.is_leaf and view.base.requires_grad:
        raise _leaf_shown()
    _check_chain(view)


def _leaf_shown() -> AutogradError:
    return AutogradError(
        "a view of a leaf Variable that requires grad is being used in an in-place operation."
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


def store(op: Op, name: str, target: Tensor, r: Any) -> None:
    """Write an array into a tensor's memory and count the write."""
    a = target._a
    r = np.asarray(r) if isinstance(r, np.generic) else r
    if r.dtype != a.dtype and not dtypes.can_cast(dtypes.of(r.dtype), target.dtype):
        raise DtypeError(
            f"result type {dtypes.of(r.dtype).shorthand} can't be cast to the desired output "
            f"type {target.dtype.shorthand}",
            hint=f"use the form without the underscore instead of {name}",
        )
    if r.shape != a.shape and shapes.broadcast(r.shape, a.shape) != a.shape:
        raise ShapeError(
            f"output with shape {list(a.shape)} doesn't match the broadcast shape {list(r.shape)}"
        )
    if not backend.writeable(memory_of(target._shown)):
        raise StateError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )
    if type(r) is Pending and type(target._d) is not Mirror:
        write(r, a)
    else:
        write_array(target, computed(r))
    target.storage().version += 1


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
    storage = target.storage()
    if not op.has_gradient:
        if end_of(target) is not None and op.differentiable is False:
            target._g = None if view is None else target._g
        return
    # Other values on the same memory were saved before the write: backward finds them changed.
    storage.version -= 1
    out = wrap(target._shown)
    try:
        record_outputs(op, [out], values, False)
    finally:
        storage.version += 1
    node = out._g
    if node is None:
        if view is not None:
            view.version = storage.version if end_of(view.base) is None else view.version
        return
    _own_outputs(op, node, storage)
    if view is None:
        target._g = _replace_end(target._g, node)
        return
    base = view.base
    base._g = CopySlices(node, end_of(base), view, base)
    meta_of(target)


def _replace_end(old: Any, new: Node) -> Node:
    """Keep the hooks and a retained gradient's flag when the graph moves on in place."""
    if isinstance(old, (Node, Output)) and old.extra is not None and old.extra.retains:
        new.extras().retains = True
    return new


def _own_outputs(op: Op, node: Node, storage: Storage) -> None:
    """A saved output lies in the target's own storage, at its version after the write."""
    for i in op.saved_outputs:
        kept = node.saved[i]
        if kept is not None:
            kept.storage = storage
            kept.version = storage.version


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
