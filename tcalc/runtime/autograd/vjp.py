"""Writes an op's backward function from the gradients in its definition."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.arrays.mirror import unmirrored
from tcalc.runtime.autograd.nodes import check_versions, restore, unpack
from tcalc.runtime.base.generated import run_text
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import needs_of, saved_plan
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.codes import COMPLEXES

ndarray = np.ndarray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.autograd.nodes import Node
    from tcalc.runtime.base.op import Array, Op

    # `(node, g, needs)` to the gradients of the inputs.
    Backward = Callable[..., Sequence[Array | Tensor | None]]


def make_array_backward(op: Op) -> Backward | None:
    """`make_backward` on arrays, or None where a gradient is more than plain arithmetic."""
    kept = saved_plan(op)
    if any(p.is_sequence and (p.name in kept or op.joint is not None) for p in op.params):
        return None
    for vjp in (*op.vjps.values(), *([] if op.joint is None else [op.joint])):
        if vjp.__code__.co_names and not getattr(vjp, "on_arrays", False):
            return None
    return make_backward(op, arrays=True)


def make_backward(op: Op, arrays: bool = False) -> Backward:
    """The function `(node, g, needs)` that gives the gradients of an op's inputs.

    arrays: whether `g` and what comes back are bare arrays instead of tensors.
    """
    plan = list(saved_plan(op))
    given = [p for p in op.params if p.is_array]
    scope: dict[str, Any] = {"joint": op.joint, "unpack": unpack}
    lines = ["def backward(node, g, needs):"]
    if op.holomorphic and not arrays:
        scope.update(conjugated=_conjugated, COMPLEXES=COMPLEXES)
        lines += ["    if g._d.dtype.char in COMPLEXES: return conjugated(plain, node, g, needs)",
                  "    return plain(node, g, needs)", "def plain(node, g, needs):"]  # fmt: skip
    if op.leads:  # what was recorded as one result (see `call.short`) has one gradient
        lines += ["    if type(g) is not tuple: g = (g,)"]
    lines += ["    e = node.edges"]
    saved = "".join(f"v_{name}, " for name in plan)
    if arrays:
        scope.update(Tensor=Tensor, check_versions=check_versions, own_array=_own_array,
                     unmirrored=unmirrored)  # fmt: skip
        lines.append(f"    {saved}= node.saved" if plan else "    node.saved")
        lines += [line for i in op.saved_tensors for line in _array_of(f"v_{plan[i]}")]
        for i in op.saved_outputs:
            name = f"v_{plan[i]}"
            lines.append(f"    if {name} is not None: {name} = own_array(node, {name})")
    elif plan:
        lines.append(f"    {saved}= unpack(node)")
    sequence = next((p for p in given if p.is_sequence), None)
    extra = len(given) - 1
    parts = []
    for k, p in enumerate(given):
        if sequence is not None and p is not sequence:
            at = f"len(e) - {len(given) - k}"
        else:
            at = str(k)
        if p.name in op.vjps:
            vjp = scope[f"vjp_{p.name}"] = op.vjps[p.name]
            call = f"vjp_{p.name}(g{_taken(vjp, 1)})"
            parts.append(f"*{call}, " if p is sequence else f"{call} if {_used(at)} else None, ")
        elif p.name in op.joint_params:
            parts.append(f"j[{op.joint_params.index(p.name)}], ")
        elif p is sequence:
            parts.append(f"*(None,) * (len(e) - {extra}), ")
        else:
            parts.append("None, ")
    if op.joint is not None:
        at_names = {p.name: k for k, p in enumerate(given)}
        flags = "".join(f"{_used(str(at_names[name]))}, " for name in op.joint_params)
        lines.append(f"    j = joint(g, ({flags}){_taken(op.joint, 2)})")
    result = f"({''.join(parts)})"
    if op.ties and not arrays:
        scope["tied"] = _tied
        result = f"tied({result}, ({''.join(f'v_{name}, ' for name in op.ties)}))"
    lines.append(f"    return {result}")
    run_text(f"gradient of {op.name}", lines, scope)
    return scope["backward"]


def _taken(vjp: Callable[..., object], skip: int) -> str:
    """The saved values that a gradient function takes, as further arguments."""
    return "".join(f", v_{name}" for name in needs_of(vjp, skip))


def _used(at: str) -> str:
    """Whether the gradient along an edge is wanted."""
    return f"e[{at}] is not None and (needs is None or needs[{at}])"


def _array_of(name: str) -> list[str]:
    """A saved tensor's array, refused if written to since; numbers and None as they are."""
    return [
        f"    if isinstance({name}, Tensor):",
        f"        if {name}._s is not None: check_versions(node)",
        f"        {name} = unmirrored({name}._d)",
    ]


def _own_array(node: Node, saved: Any) -> Any:
    """The array of an output that the node saved of its own, or those of several."""
    if type(saved) is tuple:
        return tuple([_own_array(node, s) for s in saved])
    if type(saved) is ndarray:
        return saved
    if saved.storage.version != saved.version:
        restore(node, saved)
    return unmirrored(saved.array)


def _conjugated(
    plain: Backward, node: Node, g: Tensor, needs: list[bool] | None
) -> tuple[Tensor | None, ...]:
    """The gradients of a holomorphic op from those of the real formula."""
    return tuple(None if r is None else r.conj() for r in plain(node, g.conj(), needs))


def _tied(grads: Sequence[Any], saved: Sequence[Any]) -> Sequence[Any]:
    """Gradients whose graph goes on to saved tensors, where calls are recorded."""
    ends = [t for t in saved if isinstance(t, Tensor) and t.requires_grad] if mode.enabled else []
    if not ends:
        return grads
    tied = lookup("Tensor._tied")
    return [g if g is None or g.requires_grad else functools.reduce(tied, ends, g) for g in grads]
