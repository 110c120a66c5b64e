"""Calls with sparse operands: what an op says runs them, or the error that it takes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import DtypeError, StateError
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call.results import finish
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import promotion
from tcalc.runtime.types.shaped import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcalc.errors import LayoutError
    from tcalc.runtime.base.op import Op


# Of an op (`Op.sparse`): its kernel takes sparse arrays as they are. Others give a function of the
# parameters, in order, which other ops run; it gives NotImplemented where it does not know how.
ITSELF: Any = object()


class Layouts:
    """Which kind of arrays is sparse: none before there is one."""

    __slots__ = ("kind",)

    def __init__(self) -> None:
        self.kind: type[Any] | None = None


layouts = Layouts()


def is_sparse(value: object) -> bool:
    """Whether a value is a sparse tensor."""
    return (
        layouts.kind is not None
        and isinstance(value, Tensor)
        and isinstance(value._d, layouts.kind)
    )


def among(values: Iterable[Any]) -> bool:
    """Whether a sparse tensor is among some values, or in a sequence there."""
    for v in values:
        if isinstance(v, Tensor):
            if isinstance(v._d, Standing) and is_sparse(v):
                return True
        elif isinstance(v, (tuple, list)) and among(v):
            return True
    return False


def run(op: Op, values: Sequence[Any]) -> Any:
    """The result of a call that has a sparse operand."""
    if op.sparse is None:
        lookup("torch._sparse_forms")(op)
    if op.sparse is ITSELF:
        given = [_held(p, v) for p, v in zip(op.params, values)]
        return finish(op, op.kernel(np, *given), tuple(values))
    result = NotImplemented if op.sparse is None else op.sparse(*values)
    if result is NotImplemented:
        raise refused(op.name, values)
    return result


def _held(p: Any, value: Any) -> Any:
    """What a kernel takes for an operand: its array, sparse or not."""
    if p.is_sequence:
        return [v._shown for v in value]
    if not isinstance(value, Tensor):
        return value
    return value._shown if is_sparse(value) else plain(value)


def plain(tensor: Tensor) -> Any:
    """The array of a tensor, of which no interpreter sees what is done with it."""
    return tensor._a if mode.interpreter is None else mode.interpreter.look(tensor._a)


def refused(name: str, values: Iterable[Any]) -> LayoutError:
    """The error that an op takes no sparse tensors."""
    for v in values:
        if is_sparse(v):
            error: LayoutError = v._d.refused(name)
            return error
        if isinstance(v, (tuple, list)) and among(v):
            return refused(name, v)
    raise AssertionError(name)


def write(op: Op, values: Sequence[Any]) -> Tensor:
    """An in-place call with a sparse operand: the target gets what the op gives."""
    target: Tensor = values[0]
    found = run(op, values)
    if is_sparse(found) and not is_sparse(target):
        found = found.to_dense()
    if found._d.shape != target._d.shape or is_sparse(found) != is_sparse(target):
        raise StateError(
            f"{op.name}_: a tensor of the layout {target.layout} and the size "
            f"{list(target._d.shape)} cannot hold the result, of the layout {found.layout} and the size "
            f"{list(found._d.shape)}"
        )
    if not is_sparse(target):
        written: Tensor = target.copy_(found)
        return written
    if found._d.dtype != target._d.dtype:
        if not promotion.can_cast(found.dtype, target.dtype):
            raise DtypeError(
                f"result type {found.dtype.shorthand} can't be cast to the desired output type "
                f"{target.dtype.shorthand}"
            )
        found = found.to(target.dtype)
    target.shared().version += 1
    target._d = found._d
    target._g = found._g if found._g is not None else target._g
    return target
