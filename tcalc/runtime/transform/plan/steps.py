"""The array steps that calls come to when they are lowered."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.graph.listing import Entry, Listing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcalc.runtime.base.op import Op
    from tcalc.runtime.graph.call import Call
    from tcalc.runtime.graph.values import Value


class Step(Entry):
    """One call of a function on arrays. form: how it is called (see lower).

    call: that whose work it is. checked: whether the shapes of its outputs may depend on values.
    """

    __slots__ = ("call", "checked", "form", "function")

    def __init__(
        self,
        form: str,
        function: Any,
        args: tuple[object, ...],
        kwargs: dict[str, object],
        target: Value | None,
        call: Call,
    ) -> None:
        super().__init__(args, kwargs, target)
        self.form = form
        self.function = function
        self.call = call
        self.checked = False
        self.pinned = form == "expect"

    @property
    def name(self) -> str:
        """The function's name, or the op's whose kernel it is."""
        if self.random or self.form == "kernel":
            return self.call.name if self.call.op is not None else "random"
        return name_of(self.form, self.function)

    def arguments(self) -> list[tuple[str, object]]:
        """The arguments that say something."""
        given = [*self.args, *self.kwargs.values()]
        if self.form == "view":
            given = given[:1]
        elif self.function is operator.setitem:
            given = [v for v in given[1:] if not is_whole(v)]
        elif self.random:
            given = []
        return [("", v) for v in given if v is not None and v is not np]

    @property
    def op(self) -> Op | None:
        """The op whose work it is, or None."""
        return self.call.op

    @property
    def back(self) -> bool:
        """Whether it is part of the pass back from the results."""
        return self.call.back

    def what(self) -> tuple[str, object]:
        """The function, and how it is called."""
        return self.form, self.function


def is_elementwise(call: Call | None) -> bool:
    """Whether what a call does with large arrays is noted where it is not planned."""
    return call is not None and call.op is not None and call.op.family == "elementwise"


def name_of(form: str, function: Any) -> str:
    """What a call of a function on arrays is called."""
    if form in ("empty", "expect", "view"):
        return form
    if function is operator.setitem:
        return "write"
    if function is operator.getitem:
        return "index"
    name = str(getattr(function, "__name__", function))
    inner = form in ("reduce", "accumulate", "outer")
    return f"{function.__self__.__name__}.{name}" if inner else name


def is_whole(index: object) -> bool:
    """Whether an index takes all of an array."""
    return index is Ellipsis or (type(index) is tuple and len(index) == 1 and index[0] is Ellipsis)


class Program(Listing[Step]):
    """Steps with what must come of them."""

    @property
    def steps(self) -> list[Step]:
        """The steps."""
        return self.entries

    def part(self, steps: Iterable[Step], results: Iterable[Value]) -> Program:
        """Some of the steps, with what must come of them."""
        made = Program(steps, results)
        made.same = self.same
        return made
