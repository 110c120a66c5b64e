"""Calls of ops as data, and the graph that they make."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from tcalc.runtime.graph.listing import Entry, Listing
from tcalc.runtime.graph.text import shown
from tcalc.runtime.graph.values import Constant, Value, mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

    from tcalc.runtime.base.op import Op


class Call(Entry):
    """One call of an op: `Call(op, operands, attributes, outs)`.

    op: None for work on arrays beside ops (a draw, a write through `out=`), which `name` tells.
    operands: of the op's tensor parameters in order: Values, Constants, numbers, None, and nests of
    them. attributes: its other parameters, by name (the arrays in them as Values too). target: the operand that it writes into.
    place: the program's code, line and instruction. back: whether it is part of the pass back.
    """

    __slots__ = ("also", "back", "name", "number", "op", "place", "shown")

    def __init__(
        self, op: Op | None, operands: Sequence[object], attributes: dict[str, object],
        outs: Sequence[Value] = (), *, target: Value | None = None, name: str = "",
        place: tuple[CodeType, int, int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(tuple(operands), attributes, target)
        self.op = op
        self.outs = tuple(outs)
        self.name = name or (op.name + "_" * (target is not None) if op is not None else "")
        self.place = place
        self.back = False
        self.number = -1
        # What its work reads beside its operands, and whether others see what is made inside.
        self.also: tuple[Value, ...] = ()
        self.shown = False

    @property
    def operands(self) -> tuple[object, ...]:
        """What it is called on."""
        operands: tuple[Any, ...] = self.args
        return operands

    @property
    def attributes(self) -> dict[str, object]:
        """How it is called."""
        attributes: dict[str, Any] = self.kwargs
        return attributes

    def values(
        self, tensor_of: Callable[[object], object], array_of: Callable[[object], object]
    ) -> tuple[object, ...]:
        """The values of all of the op's parameters in order, with tensors for what its operands are,
        and arrays for those among its attributes (places that are picked)."""
        assert self.op is not None
        operands = iter(mapped(self.operands, tensor_of))
        attributes = mapped(self.attributes, array_of)
        return tuple([next(operands) if p.is_array else attributes[p.name] for p in self.op.params])

    def what(self) -> object:
        """The op, in which form."""
        return id(self) if self.shown or self.also else (self.op, self.name)

    def reads(self) -> list[Value]:
        """The values among its operands, and those that its work reads beside them."""
        return [*super().reads(), *self.also]

    def needs(self, value: Value) -> None:
        """Its work reads a value."""
        if value not in self.reads():
            self.also = (*self.also, value)

    def shows(self, value: Value) -> None:
        """Others read a value that its work makes."""
        if value not in self.outs:
            self.outs = (*self.outs, value)
            self.shown = True

    def arguments(self) -> list[tuple[str, object]]:
        """What says something: operands without a name, attributes that are no defaults by theirs."""
        if self.op is None:
            return [("", v) for v in (*self.args, *self.kwargs.values()) if v is not None]
        defaults = {p.name: p.default for p in self.op.params}
        given = [("", v) for v in self.args if v is not None]
        return given + [
            (name, v) for name, v in self.attributes.items()
            if v is not defaults[name] and v != defaults[name]
        ]  # fmt: skip

    def __repr__(self) -> str:
        return shown(self, repr)


class Graph(Listing[Call]):
    """Calls in the order in which they were made.

    inputs: the values that are given. constants: by number, what calls on constants give.
    """

    _constant_ = True

    def __init__(self, calls: Sequence[Call] = (), results: Sequence[Value] = ()) -> None:
        super().__init__(calls, results)
        self.inputs: list[Value] = []
        self.constants: dict[int, Constant] = {}

    @property
    def calls(self) -> list[Call]:
        """The calls."""
        return self.entries

    def copy(self, results: Sequence[Value]) -> Graph:
        """The same calls with other results, for passes to make fewer."""
        made = Graph([*map(copy, self.calls)], results)
        made.inputs, made.constants = self.inputs, dict(self.constants)
        return made

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.calls))
