"""Ops that write into their first tensor: the kernel writes, and both forms come from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays import backend
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import APART
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.arguments import operand
from tcalc.runtime.call.define import DefinedOp
from tcalc.runtime.call.generate import make_form
from tcalc.runtime.call.inplace import write_in_place
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.base.op import Array


def writer(**settings: object) -> Callable[[Callable[..., None]], DefinedOp]:
    """Make an op of a kernel that writes into its first array.

    `name` works on a copy, the method `name_` on the tensor's own memory, without another copy.
    Everything that can be wrong must be found before the first element is written.
    """

    settings.setdefault("apart", APART)

    def make(write: Callable[..., None]) -> DefinedOp:
        def copying(xp: ModuleType, input: Array, *args: object, **kwargs: object) -> Array:
            memory.check(input.nbytes)
            out = input.copy()
            write(xp, out, *args, **kwargs)
            return out

        op = DefinedOp(write, "kernel", upcast_halves=False, **settings)
        assert op.params  # read from the kernel that is written down, before it is wrapped
        copying.__module__ = write.__module__
        copying.__name__ = write.__name__
        op.kernel = copying
        if op.qualified:
            export(f"Tensor.{op.name}_", value=_in_place(op, write))
        return op

    return make


def _in_place(op: DefinedOp, write: Callable[..., None]) -> Callable[..., object]:
    def in_place(op: DefinedOp, values: tuple[object, ...]) -> Tensor:
        return write_with(op, write, list(values))

    made = make_form(op, op.name + "_", "in_place", {"in_place": in_place})
    made.__doc__ = f"The form of {op.name} that writes into the tensor itself."
    return made


def write_with(
    op: DefinedOp, write: Callable[..., None], values: list[Any], repeats: bool = False
) -> Tensor:
    """Run a writing kernel on a tensor's own memory.

    values: the op's arguments, in order. repeats: whether its elements may share memory.
    """
    for i, p in enumerate(op.params):
        if i and p.is_array and values[i] is not None and not isinstance(values[i], Tensor):
            values[i] = operand(op, p.name, values[i])
    tensors = [v for p, v in zip(op.params, values) if p.is_array and isinstance(v, Tensor)]
    xp = backend.common(tensors)
    given = [
        v._a if p.is_array and isinstance(v, Tensor) else v for p, v in zip(op.params, values)
    ][1:]
    rest = op.params[1:]
    positional = [v for p, v in zip(rest, given) if not p.keyword_only]
    keywords = {p.name: v for p, v in zip(rest, given) if p.keyword_only}
    return write_in_place(
        op, op.name + "_", values[0], tuple(values),
        lambda a: write(xp, a, *positional, **keywords), repeats,
    )  # fmt: skip
