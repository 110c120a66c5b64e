"""Ops that write into their first tensor: the kernel writes, and both forms come from it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays import backend, copies
from tcalc.runtime.base import memory
from tcalc.runtime.base.forms import InPlace
from tcalc.runtime.base.registry import export
from tcalc.runtime.base.targets import APART
from tcalc.runtime.call.arguments import operand
from tcalc.runtime.call.compute import arguments_of
from tcalc.runtime.call.define import DefinedOp
from tcalc.runtime.call.inplace import write_in_place
from tcalc.runtime.lazy.filling import copied
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.base.op import Array, Op


def writer(
    repeats: bool = False, alike: bool = False, **settings: Any
) -> Callable[[Callable[..., None]], DefinedOp]:
    """Make an op of a kernel that writes into its first array.

    `name` works on a copy, the method `name_` on the tensor's own memory, without another copy.
    Everything that can be wrong must be found before the first element is written.
    repeats: whether elements that are written to may share memory, since all get one value. alike:
    whether the copy lies as the tensor does.
    """

    settings.setdefault("apart", APART)

    def make(write: Callable[..., None]) -> DefinedOp:
        def copying(xp: ModuleType, input: Array, *args: object, **kwargs: object) -> Array:
            memory.check(input.nbytes)
            out = copies.alike(input) if alike else copied(input)
            write(xp, out, *args, **kwargs)
            return out

        op = DefinedOp(write, "kernel", upcast_halves=False, **settings)
        assert op.params  # read from the kernel that is written down, before it is wrapped
        copying.__module__ = write.__module__
        copying.__name__ = write.__name__
        op.kernel = copying
        op.into = write
        op.writes = partial(_write, repeats)
        if op.qualified:
            export(f"Tensor.{op.name}_", value=InPlace(op))
        return op

    return make


def _write(repeats: bool, op: Op, values: Sequence[Any]) -> Tensor:
    """Run a writing kernel on a tensor's own memory."""
    values = [
        operand(op, p.name, v)
        if i and p.is_array and v is not None and not isinstance(v, Tensor)
        else v
        for i, (p, v) in enumerate(zip(op.params, values))
    ]
    arrays = [p.is_array and isinstance(v, Tensor) for p, v in zip(op.params, values)]
    xp = backend.common([v for v, is_array in zip(values, arrays) if is_array])
    given = [v._a if is_array and i else v for i, (v, is_array) in enumerate(zip(values, arrays))]
    (_, *positional), keywords = arguments_of(op, given)
    into: Any = op.into
    return write_in_place(
        op, op.name + "_", values[0], tuple(values),
        lambda a: into(xp, a, *positional, **keywords), repeats,
    )  # fmt: skip
