"""What a call worked on, kept as it was: contents, and where in memory they lay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays.strides import root_of, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

    from tcalc.runtime.autograd.nodes import Node
    from tcalc.runtime.base.op import Array, Op

    # From contents of operands in order to those of the results.
    Again = Callable[[Sequence[Array]], Sequence[Array]]
    # A place in a program: its code and the instruction.
    Place = tuple[CodeType, int]
    Index = tuple[int, ...]
    # Where an array starts, its shape and its strides.
    Lies = tuple[int, tuple[int, ...], tuple[int, ...]]


class Kept:
    """An array of a call at the time: `array` holds its contents, a copy once its memory is written
    to; the rest says where it lay. name: of the parameter."""

    __slots__ = ("array", "name", "root", "shape", "start", "strides")

    def __init__(self, array: Array, name: str = "") -> None:
        self.array = array
        self.name = name
        self.root = root_of(array)
        self.start = start_of(array)
        self.shape = array.shape
        self.strides = array.strides

    def address(self, index: Index) -> int:
        """Where in memory an element lay."""
        address: int = self.start + sum([i * step for i, step in zip(index, self.strides)])
        return address

    def index_of(self, address: int) -> Index | None:
        """Which element lay there, or None."""
        rest = address - self.start
        found = [0] * len(self.shape)
        axes = [a for a, n in enumerate(self.shape) if n > 1 and self.strides[a]]
        for a in axes:  # count from the lowest address
            if self.strides[a] < 0:
                rest -= self.strides[a] * (self.shape[a] - 1)
        for a in sorted(axes, key=lambda a: -abs(self.strides[a])):
            at, rest = divmod(rest, abs(self.strides[a]))
            if not 0 <= at < self.shape[a]:
                return None
            found[a] = at if self.strides[a] > 0 else self.shape[a] - 1 - at
        return tuple(found) if rest == 0 and 0 not in self.shape else None


def lies(kept: Kept) -> Lies:
    """Where in memory something is, and how it lies there."""
    return kept.start, kept.shape, kept.strides


class Record:
    """One call: what it was given, what it gave, where, and how it is done again.

    values: of the op's parameters in order, a Kept for each tensor. again: from contents of the
    operands in order to those of the results; None where it cannot be done again. place: the innermost
    of the program's. callers: the calls that led there. node: in a pass back, of which gradient it is
    part. inside: what it is part of, as a loss of several ops. turn: how often the place had run.
    """

    __slots__ = (
        "again", "callers", "inside", "name", "node", "number", "op", "operands", "outs", "place",
        "size", "turn", "values",
    )  # fmt: skip

    def __init__(self, number: int, name: str, op: Op | None, values: Any) -> None:
        self.number = number
        self.name = name
        self.op = op
        self.values = values
        self.operands: list[Kept] = []
        self.outs: list[Kept] = []
        self.again: Again | None = None
        self.place: Place | None = None
        self.callers: Sequence[Place | None] = ()
        self.node: Node | None = None
        self.inside: Op | None = None
        self.turn = 1
        self.size = 0

    @property
    def is_elementwise(self) -> bool:
        """Whether each element comes of those at its own index."""
        return self.op is not None and self.op.family == "elementwise"
