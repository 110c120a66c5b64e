"""The first lines of a call as text: all of it in machine code, where the installation has that (see
`native`), before the short path is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.call.recording import record_lines

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op, Parameter


def native_lines(op: Op) -> list[str]:
    """The whole call in machine code, where the installation has it; it gives None for what it leaves to
    the lines that follow, and a result with True for its end of the graph where one may be wanted."""
    if not _has_call(op):
        return []
    if op.memory_call in ("divided", "cloned"):  # which leave to Python what the graph has
        return [f"{_test(op, 'CALL')} return out"]
    if op.family == "composite":
        return [_test(op, "CALL"), "        if out._g is None: return out"]
    if op.over_call is not None and not op.has_gradient:  # whose results are never marked
        return [f"{_test(op, 'CALL')} return out"]
    arrays = [p for p in op.params if p.is_array]
    record = record_lines(op, arrays, None, loose=len(arrays) > 1)
    seen = [p for p in arrays if f"_{p.name}." in "".join(record)]
    arrays_of = [line for p in seen for line in _arrays_of(p)]
    lines = ["if out._g is None: return out", "r = out._d", *arrays_of, *record]
    lines += ["out._g = None", "return out"]
    return [_test(op, "CALL"), *["        " + line for line in lines]]


def _arrays_of(p: Parameter) -> list[str]:
    """Lines that name an operand's array, or those of a sequence, which is a tuple from then on."""
    if p.is_sequence:
        return [f"{p.name} = tuple({p.name})", f"_{p.name} = [t._d for t in {p.name}]"]
    return [f"_{p.name} = {p.name}._d if isinstance({p.name}, Tensor) else None"]


def native_write_lines(op: Op) -> list[str]:
    """The same of the form that writes."""
    if op.installed is None and (op.index_call is None or op.into is None):
        return []
    return [f"{_test(op, 'CALL_INTO')} return out"]


def _has_call(op: Op) -> bool:
    calls = (
        op.installed, op.memory_call, op.over_call, op.move_call, op.product_call, op.index_call,
    )  # fmt: skip
    return any(call is not None for call in calls)


def _test(op: Op, call: str) -> str:
    """Whether a call does it."""
    arrays = [p.name for p in op.params if p.is_array]
    if op.memory_call is not None or op.move_call is not None or op.index_call is not None:
        named = op.index_call[1:] if op.index_call else ()
        operands = [*named] or [p.name for p in op.params]
    elif op.over_call is not None:
        operands = [*arrays[:1], *op.over_call[1]]
    else:
        operands = [*arrays, *(op.installed or ())]
    tests = [f"{p.name} is _default_{p.name}" for p in op.params if p.name not in operands]
    tests = [f"{call} is not None", *tests, f"(out := {call}({', '.join(operands)})) is not None"]
    return f"    if {' and '.join(tests)}:"
