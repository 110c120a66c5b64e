"""The record of a short call as text: the ends of the graph that the operands have, what the gradients
need, and the node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.base.op import saved_plan
from tcalc.runtime.types.codes import INEXACT

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op, Parameter


def record_lines(
    op: Op,
    arrays: list[Parameter],
    number: str | None = None,
    loose: bool = False,
    result: str = "out",
) -> list[str]:
    """Lines that return `out`, the tensor of the array `r`, with its node where a gradient is wanted.

    number: the operand that is a number. loose: whether each may be one, or None. result: what they return
    in its place; of several results, the others' arrays are in `rest`.
    """
    tracked = [p for p in arrays if p.name != number and _has_vjp(op, p.name)]
    if not op.has_gradient or not tracked:
        return []
    test = tracked_text(tracked, number, loose)
    if any(p.name == "dtype" for p in op.params):  # whole numbers have no gradient
        test += f" and r.dtype.char in {INEXACT!r}"
    lines = [f"if {test}:"]
    for p in tracked:
        lines += ["    " + line for line in _end_lines(p, loose)]
    names = {p.name for p in tracked}
    wanted = " or ".join(_is_wanted(p) for p in tracked)
    ends = "".join(
        f"*g_{p.name}, " if p.is_sequence and p.name in names
        else f"*(None,) * len({p.name}), " if p.is_sequence
        else f"g_{p.name}, " if p.name in names else "None, "
        for p in arrays
    )  # fmt: skip
    saved = _saved_text(op, names, number, loose)
    lines.append(f"    if {wanted}:")
    if "saved_out" in saved:
        lines.append("        saved_out = keep_output(out, r)")
    return [
        *lines,
        f"        saved = ({saved})",
        f"        out._g = record(op, ({ends}), saved, {_versions_text(op, number, loose)}, r)",
        f"        return {result}",
    ]


def tracked_text(arrays: list[Parameter], number: str | None, loose: bool) -> str:
    """Whether an operand may be in the graph, and calls are recorded."""
    may = " or ".join(_may_track(p, loose) for p in arrays if p.name != number)
    # The mode is a thread's own, which takes longer to ask than whether it matters.
    return f"({may}) and grad_mode.enabled"


def _has_vjp(op: Op, name: str) -> bool:
    return name in op.vjps or name in op.joint_params


def _may_track(p: Parameter, loose: bool) -> str:
    """Whether a tensor may be in the graph, or a view of one that is."""
    if p.is_sequence:
        return f"may_track({p.name})"
    # Both are None, or at most one is: then they are not the same.
    test = f"{p.name}._g is not {p.name}._v"
    return _guarded(p, loose, f"({test})") if p.optional or loose else test


def _guarded(p: Parameter, loose: bool, test: str) -> str:
    """A test on an operand that is a tensor; else it fails."""
    is_tensor = f"isinstance({p.name}, Tensor)" if loose else f"{p.name} is not None"
    return f"({is_tensor} and {test})" if loose or p.optional else test


def _end_lines(p: Parameter, loose: bool) -> list[str]:
    """Lines that find the end of an operand where it requires grad: `g_name`."""
    name = p.name
    if p.is_sequence:
        return [f"g_{name} = [end_of(t) for t in {name}]"]
    end = f"{name}._g if {name}._v is None else meta_of({name})"
    if loose:
        end = f"({end}) if isinstance({name}, Tensor) else None"
    elif p.optional:
        end = f"None if {name} is None else {end}"
    return [
        f"g_{name} = {end}",
        f"if g_{name} is not None and not g_{name}.requires_grad: g_{name} = None",
    ]


def _is_wanted(p: Parameter) -> str:
    """Whether an operand's gradient is wanted."""
    if p.is_sequence:
        return f"g_{p.name}.count(None) != len(g_{p.name})"
    return f"g_{p.name} is not None"


def _saved_text(op: Op, tracked: set[str], number: str | None, loose: bool) -> str:
    """The saved values, each tensor only where a gradient that runs needs it."""
    plan = saved_plan(op)
    by_name = {p.name: p for p in op.params}
    parts = []
    for name, users in plan.items():
        used = [by_name[u] for u in users if u in tracked]
        p = by_name.get(name)
        if name == "out":
            parts.append("saved_out" if used else "None")
        elif name == "aux":
            parts.append(
                "rest" if op.leads and used else "None"
            )  # `finish` records several results
        elif p is not None and p.is_array and not p.is_sequence and name != number:
            wanted = " or ".join(map(_is_wanted, used)) or "False"
            parts.append(f"({name} if {wanted} else None)")
        elif p is not None:
            parts.append(name)
        else:
            base, _, what = name.rpartition("_")
            parts.append(_aspect(by_name[base], what, base == number, loose))
    return "".join(part + ", " for part in parts)


def _aspect(p: Parameter, what: str, is_number: bool, loose: bool) -> str:
    """The shape or dtype of an operand."""
    nothing = "()" if what == "shape" else "None"
    if is_number:
        return nothing
    if p.is_sequence:
        return f"[a.{what} for a in _{p.name}]"
    value = f"_{p.name}.{what}"
    if loose:
        return f"({value} if isinstance({p.name}, Tensor) else {nothing})"
    return f"(None if _{p.name} is None else {value})" if p.optional else value


def _versions_text(op: Op, number: str | None, loose: bool) -> str:
    """The versions of the saved tensors, where memory of theirs may have been written to."""
    plan = saved_plan(op)
    tests = [
        _guarded(p, loose, f"{p.name}._s is not None")
        for p in op.params
        if p.is_array and not p.is_sequence and p.name in plan and p.name != number
    ]
    return f"versions_of(op, saved) if {' or '.join(tests)} else None" if tests else "None"
