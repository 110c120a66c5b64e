"""Expressions: what is to be computed, apart from who wants it.

Others hold a Pending, which an expression knows only weakly: one whose Pending is gone is wanted
by nobody but the expressions that use it. So what has to be kept never depends on how an
interpreter counts references; a Pending that lives longer than it is needed costs work, no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from tcalc.runtime.types.shaped import Shaped

if TYPE_CHECKING:
    from collections.abc import Callable
    from weakref import ref

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.pending import Pending

# From this many elements on, elementwise work is deferred: below, calling it costs more than memory.
LARGE = 1 << 18


class NotDeferred(TypeError):
    """What cannot be noted down: it has to be computed at once."""


def cast(array: Array, out: Array) -> None:
    """Write an array in another dtype."""
    np.copyto(out, array, casting="unsafe")


_BITS = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}


def choose(condition: Array, chosen: Array, other: Array, out: Array) -> None:
    """Write `chosen` where the condition holds, else `other`; `out` may be the memory of either."""
    kind = _BITS.get(out.itemsize)
    if kind is None:
        np.copyto(out, np.where(condition, chosen, other))
        return
    if np.may_share_memory(out, other):
        other = other.copy()
    # By bits: a branch for each element costs ten times as much.
    mask = np.negative(condition.astype(kind))
    bits = out.view(kind)
    np.bitwise_xor(chosen.view(kind), other.view(kind), out=bits)
    np.bitwise_and(bits, mask, out=bits)
    np.bitwise_xor(bits, other.view(kind), out=bits)


# What stands for the sum of all elements, which waits like the elements themselves: the one step that
# is not elementwise. A loss that nobody looks at is never computed, another one beside the update.
TOTAL: Any = type("Total", (), {"__repr__": lambda self: "total"})()

# What functions cost an element, in passes of plain arithmetic over memory in cache.
_DEAR: dict[Any, int] = {
    np.exp: 8, np.exp2: 8, np.expm1: 20, np.log: 12, np.log2: 12, np.log1p: 20, np.log10: 12,
    np.sin: 12, np.cos: 12, np.tan: 40, np.tanh: 16, np.sinh: 40, np.cosh: 40, np.arctan: 20,
    np.arcsin: 20, np.arccos: 20, np.arctan2: 40, np.power: 40, np.float_power: 40, np.sqrt: 3,
}  # fmt: skip
# What is held and not computed yet, by id.
live: WeakValueDictionary[int, Pending] = WeakValueDictionary()


class Expression(Shaped):
    """`function(*operands)`, element by element, or the TOTAL of one operand.

    operands: expressions of the same shape, arrays that broadcast to it, and numbers as 0-dim ones.
    order: the axes from the outermost in memory to the innermost; None for C order.
    array: the value once it has been computed; then function and operands are let go.
    cost: of an element (see _DEAR). uses: how often it was computed on the way to something else.
    holder: a weak reference to the Pending that others hold; see `is_held`.
    """

    __slots__ = (
        "array", "cost", "dtype", "function", "holder", "length", "operands", "order", "shape",
        "uses",
    )  # fmt: skip

    holder: ref[Pending]

    def __init__(
        self,
        function: Callable[..., object],
        operands: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: np.dtype,
        order: tuple[int, ...] | None,
    ) -> None:
        self.function: Callable[..., Any] | None = function
        self.operands = operands
        self.shape = shape
        self.dtype = dtype
        self.order = order
        self.array: Any = None
        self.uses = 0
        self.cost = _DEAR.get(function, 1)
        self.length = 1
        for v in operands:
            if type(v) is Expression:
                self.cost += v.cost
                self.length += v.length

    def shorten(self, operands: tuple[Array, ...]) -> None:
        """Start from operands that were computed."""
        self.operands = operands
        self.length = 1
        self.cost = _DEAR.get(self.function, 1)

    def is_held(self) -> bool:
        """Whether others than expressions may ask for the value."""
        holder = self.holder()
        return holder is not None and holder.node is self

    def hold(self, array: Array) -> None:
        """Keep the value and let go of what it was computed from."""
        self.array = array
        self.function, self.operands = None, ()
        holder = self.holder()
        if holder is not None and holder.node is self:
            holder.array, holder.node = array, None
            live.pop(id(holder), None)


def waits(value: object) -> bool:
    """Whether an operand, or one that is to be, is not computed yet."""
    return type(value) is Expression and value.array is None


def in_order(shape: tuple[int, ...], order: tuple[int, ...] | None) -> tuple[int, ...]:
    """A shape in memory order."""
    return shape if order is None else tuple([shape[i] for i in order])


def order_of(array: Array) -> tuple[int, ...] | None:
    """The axes of an array or expression from the outermost in memory to the innermost; None for C
    order."""
    if type(array) is Expression:
        if array.array is None:
            return array.order
        array = array.array
    if array.flags.c_contiguous:
        return None
    axes = [i for i, n in enumerate(array.shape) if n > 1]
    if any(array.strides[i] < 0 for i in axes):
        raise NotDeferred
    ranked = iter(sorted(axes, key=lambda i: -array.strides[i]))
    order = tuple([next(ranked) if n > 1 else i for i, n in enumerate(array.shape)])
    return None if order == tuple(range(array.ndim)) else order
