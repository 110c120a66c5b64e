"""Calls and steps as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.graph.values import Constant, Value
from tcalc.runtime.types.codes import INEXACT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.graph.call import Call
    from tcalc.runtime.graph.listing import Entry

_LONGEST = 40


def shown(call: Call, name_of: Callable[[Value], str]) -> str:
    """A call as `%2 = mul(%1, 3)`; name_of: what values are called."""
    outs = ", ".join(map(name_of, outputs(call)))
    text = f"{call.name}({', '.join(arguments(call, name_of))})"
    return f"{outs} = {text}" if outs else text


def arguments(call: Any, name_of: Callable[[Value], str]) -> list[str]:
    """The arguments of a call or step that say something."""
    return [
        f"{name}={argument(v, name_of)}" if name else argument(v, name_of)
        for name, v in call.arguments()
    ]


def outputs(call: Entry) -> tuple[Value, ...]:
    """What a call or step gives, or what it writes into."""
    outs: tuple[Value, ...] = call.outs if call.target is None else (call.target,)
    return outs


def argument(value: Any, name_of: Callable[[Value], str]) -> str:
    """An argument as text."""
    kind = type(value)
    if kind is Value:
        return name_of(value)
    if kind is Constant:
        a = value.array
        if a.size == 1 or is_uniform(a):
            return f"{a.flat[0]:.6g}" if a.dtype.char in INEXACT else str(a.flat[0])
        return f"constant {list(a.shape)}"
    if kind is tuple:
        inner = ", ".join(argument(v, name_of) for v in value)
        return f"({inner}{',' if len(value) == 1 else ''})"
    if kind is list:
        return f"[{', '.join(argument(v, name_of) for v in value)}]"
    if kind is slice:
        parts = [
            None if v is None else argument(v, name_of)
            for v in (value.start, value.stop, value.step)
        ]
        text = ":".join("" if v is None else v for v in parts[:2])
        return text if parts[2] is None else f"{text}:{parts[2]}"
    if value is Ellipsis:
        return "..."
    if isinstance(value, Symbol):
        return value.label
    return str(value) if len(str(value)) <= _LONGEST else kind.__name__


def is_uniform(array: Array) -> bool:
    """Whether an array is full of one number, bit for bit."""
    if array.size < 2 or not array.ndim:
        return False
    if not any(array.strides):
        return True
    first = array.flat[0].tobytes()
    return bool(array.size <= 1 << 12 and array.tobytes() == first * array.size)
