"""Writes an op's backward function from the gradients in its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.autograd import unpack, unpack_arrays
from tcalc.runtime.codegen import needs_of, saved_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.autograd import Node
    from tcalc.runtime.op import Op
    from tcalc.runtime.tensor import Tensor


def make_array_backward(op: Op) -> Callable[..., Any] | None:
    """`make_backward` on arrays, or None where a gradient is more than plain arithmetic."""
    if op.joint is not None or any(p.is_sequence for p in op.params):
        return None
    for vjp in op.vjps.values():
        if vjp.__code__.co_names and not getattr(vjp, "on_arrays", False):
            return None
    return make_backward(op, arrays=True)


def make_backward(op: Op, arrays: bool = False) -> Callable[..., Any]:
    """The function `(node, g, needs)` that gives the gradients of an op's inputs.

    arrays: whether `g` and what comes back are bare arrays instead of tensors.
    """
    plan = list(saved_plan(op))
    scope: dict[str, Any] = {"unpack": unpack_arrays if arrays else unpack, "joint": op.joint}
    lines = ["def backward(node, g, needs):"]
    if op.holomorphic and not arrays:
        scope["conjugated"] = _conjugated
        lines += ["    if g._d.dtype.kind == 'c': return conjugated(plain, node, g, needs)",
                  "    return plain(node, g, needs)", "def plain(node, g, needs):"]  # fmt: skip
    lines += ["    e = node.edges", "    v = unpack(node)"]
    parts = []
    given = [p for p in op.params if p.is_array]
    sequence = next((p for p in given if p.is_sequence), None)
    extra = len(given) - 1
    for k, p in enumerate(given):
        if sequence is not None and p is not sequence:
            at = f"len(e) - {len(given) - k}"
        else:
            at = str(k)
        used = f"e[{at}] is not None and (needs is None or needs[{at}])"
        if p.name in op.vjps:
            vjp = scope[f"vjp_{p.name}"] = op.vjps[p.name]
            args = "".join(f", v[{plan.index(n)}]" for n in needs_of(vjp, 1))
            call = f"vjp_{p.name}(g{args})"
            parts.append(f"*{call}, " if p is sequence else f"{call} if {used} else None, ")
        elif p.name in op.joint_params:
            parts.append(f"j[{op.joint_params.index(p.name)}], ")
        elif p is sequence:
            parts.append(f"*(None,) * (len(e) - {extra}), ")
        else:
            parts.append("None, ")
    if op.joint is not None:
        flags = []
        for name in op.joint_params:
            k = next(i for i, p in enumerate(given) if p.name == name)
            flags.append(f"e[{k}] is not None and (needs is None or needs[{k}]), ")
        args = "".join(f", v[{plan.index(n)}]" for n in needs_of(op.joint, 2))
        lines.append(f"    j = joint(g, ({''.join(flags)}){args})")
    lines.append(f"    return ({''.join(parts)})")
    exec(compile("\n".join(lines), f"<gradient of {op.name}>", "exec"), scope)
    return scope["backward"]  # type: ignore[no-any-return]


def _conjugated(
    plain: Callable[..., Any], node: Node, g: Tensor, needs: Any
) -> tuple[Tensor | None, ...]:
    """The gradients of a holomorphic op from those of the real formula."""
    return tuple(None if r is None else r.conj() for r in plain(node, g.conj(), needs))
