"""From what a call gives to the values of an op's parameters: names, tensors, sequences of them.

Arguments that are no tensors are converted by their kind (see `kinds`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError
from tcalc.runtime.arrays import backend
from tcalc.runtime.base.op import REQUIRED, Op
from tcalc.runtime.base.symbols import Symbol
from tcalc.runtime.call.faults import missing
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.devices import CPU

if TYPE_CHECKING:
    from collections.abc import Sequence

ndarray = np.ndarray
NUMBERS = (int, float, bool, complex)
# Other spellings of parameters, NumPy's among them.
ALIASES = {
    "axis": "dim", "keepdims": "keepdim", "x": "input", "x1": "input", "x2": "other",
    "self": "input", "a": "input",
}  # fmt: skip


def is_operand(value: object) -> bool:
    """Whether a value can become a tensor beside another."""
    numbers = (int, float, bool, complex, ndarray)
    return type(value) in numbers or isinstance(value, (list, tuple, Tensor, np.generic, Symbol))


def operand(op: Op, name: str, value: object) -> Any:
    """A tensor from an argument: a tensor, a number, a list or an array; what stands for a number, for
    an elementwise op."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Symbol):
        if op.family == "elementwise":
            return value
        value = value.looked()
    plain = type(value) in (int, float, bool, complex)
    if plain and op.family != "elementwise" and not op.numbers:
        raise ArgumentError(
            f"{op.name}(): argument '{name}' must be Tensor, not {type_name(value)}",
            hint=f"a tensor of it is `tensor({value})`, a list of one number `[{value}]`",
            argument=name,
        )
    if isinstance(value, (int, float, complex, list, tuple, ndarray, np.generic)):
        from tcalc.runtime.tensor.nested import tensor_of

        return tensor_of(value)
    if value is REQUIRED:
        raise missing(op, name)
    raise ArgumentError(
        f"{op.name}(): argument '{name}' must be Tensor, not {type_name(value)}", argument=name
    )


def prepared(op: Op, values: Sequence[Any]) -> list[Any]:
    """The values of a call with tensors for what stands for them; elementwise ops take numbers."""
    ready = list(values)
    numbers = NUMBERS if op.family == "elementwise" else ()
    for i, p in enumerate(op.params):
        v = ready[i]
        if p.is_sequence:
            ready[i] = tensors_of(op, p.name, v)
        elif (
            p.is_array
            and not isinstance(v, Tensor)
            and not (v is None and p.optional)
            and type(v) not in numbers
        ):
            ready[i] = operand(op, p.name, v)
    follow(op, values, ready)
    return ready


def type_name(value: object) -> str:
    """What messages call a value's type."""
    return type(value).__name__


def follow(op: Op, given: Sequence[Any], ready: list[Any]) -> None:
    """Bring tensors made of lists here to the device of those that were given."""
    made = [i for i, p in enumerate(op.params) if p.is_array and not p.is_sequence
            and ready[i] is not given[i]]  # fmt: skip
    if made:
        where = next((v.device for v in given if isinstance(v, Tensor) and v._d.ndim), CPU)
        for i in made:
            ready[i] = wrap(backend.to_device(ready[i]._a, where)) if where != CPU else ready[i]


def tensors_of(op: Op, name: str, value: object) -> tuple[Tensor, ...]:
    """The tensors of a sequence that was given."""
    if not isinstance(value, (list, tuple)):
        raise ArgumentError(
            f"{op.name}(): argument '{name}' must be tuple of Tensors, not {type_name(value)}",
            argument=name,
        )
    return tuple(operand(op, name, v) for v in value)


def is_default(op: Op, name: str, value: object) -> bool:
    """Whether a parameter still has what it has where it is not given."""
    p = op.parameter(name)
    return value is p.default or (p.variadic and not value)


def unknown_keyword(op: Op, name: str, known: Sequence[str] | dict[str, Any]) -> ArgumentError:
    """The error for a keyword that the op does not have."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), 1)
    return ArgumentError(
        f"{op.name}() got an unexpected keyword argument '{name}'",
        hint=f"did you mean {close[0]}=?" if close else f"it is {op.signature}",
        argument=name,
    )


def respelled(op: Op, extra: dict[str, Any], values: dict[str, Any]) -> tuple[Any, ...]:
    """The values of a call with keywords that the signature does not have: other spellings."""
    for name, value in extra.items():
        target = op.keywords.get(name) or ALIASES.get(name, name)
        if target not in values or not is_default(op, target, values[target]):
            raise unknown_keyword(op, name, values)
        variadic = any(p.name == target and p.variadic for p in op.params)
        values[target] = (value,) if variadic and not isinstance(value, tuple) else value
    return tuple(values[p.name] for p in op.params)
