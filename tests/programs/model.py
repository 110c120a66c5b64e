"""What the generator of programs knows of a program's tensors: shapes, dtypes, memory and gradients.

It is a sketch: where it is wrong a statement is refused that was not meant to be, in PyTorch too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import TypeVar

T = TypeVar("T")
Shape = tuple[int, ...]

BITS = {
    "bool": 1, "uint8": 8, "int8": 8, "int16": 16, "int32": 32, "int64": 64, "float16": 16,
    "bfloat16": 16, "float32": 32, "float64": 64, "complex64": 64, "complex128": 128,
}  # fmt: skip
RANK = {n: 0 if n == "bool" else 1 if "int" in n else 3 if "complex" in n else 2 for n in BITS}


class Draw:
    """Choices that a seed decides, on every Python alike: only random() is promised to stay."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random

    def below(self, n: int) -> int:
        return int(self._random() * n)

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def chance(self, share: float) -> bool:
        return self._random() < share

    def distinct(self, count: int, below: int) -> list[int]:
        """So many different numbers."""
        pool = list(range(below))
        return [pool.pop(self.below(len(pool))) for _ in range(count)]

    def weighted(self, rows: Sequence[tuple[int, T]]) -> T:
        at = self.below(sum(weight for weight, _ in rows))
        for weight, choice in rows:
            at -= weight
            if at < 0:
                return choice
        raise AssertionError


@dataclass
class Chain:
    """A base and its views, as the graph sees them."""

    grad: bool = False
    leaf: bool = True
    # The leaves that gradients go to.
    roots: set[str] = field(default_factory=set)
    freed: bool = False


@dataclass
class Var:
    """A variable; the shape is None where values decide it."""

    name: str
    shape: Shape | None
    dtype: str
    chain: Chain
    is_view: bool = False
    # Elements that lie on each other; made where nothing was recorded, or by a split.
    overlaps: bool = False
    blind: bool = False

    @property
    def rank(self) -> int:
        return RANK[self.dtype]

    @property
    def inexact(self) -> bool:
        return self.rank >= 2

    @property
    def grad(self) -> bool:
        return self.chain.grad and self.inexact

    @property
    def dims(self) -> int:
        return -1 if self.shape is None else len(self.shape)


def promoted(a: str, b: str) -> str:
    """The dtype of two."""
    if a == b:
        return a
    low, high = sorted((a, b), key=lambda n: (RANK[n], BITS[n], n))
    if RANK[low] != RANK[high]:
        return "complex128" if (low, high) == ("float64", "complex64") else high
    if {a, b} == {"float16", "bfloat16"}:
        return "float32"
    return "int16" if {a, b} == {"uint8", "int8"} else high


def result_type(*of: Var | float | complex) -> str:
    """The dtype of an elementwise result: tensors with dims first, then those without, then numbers."""
    levels: list[list[str]] = [[], [], []]
    for x in of:
        if isinstance(x, Var):
            levels[0 if x.dims else 1].append(x.dtype)
        else:
            kind = {bool: "bool", int: "int64", float: "float32", complex: "complex64"}[type(x)]
            levels[2].append(kind)
    found = ""
    for level in levels:
        for name in level:
            if not found or RANK[name] > RANK[found] or level is levels[0]:
                found = promoted(found, name) if found else name
            elif level is levels[1] and not levels[0]:
                found = promoted(found, name)
    return found


def broadcast(*shapes: Shape) -> Shape | None:
    """The shape of all together, or None where they do not fit."""
    found: list[int] = []
    for at in range(1, max(map(len, shapes), default=0) + 1):
        sizes = {s[-at] for s in shapes if len(s) >= at} - {1}
        if len(sizes) > 1:
            return None
        found.append(sizes.pop() if sizes else 1)
    return tuple(reversed(found))


def size(shape: Shape) -> int:
    """How many elements."""
    return prod(shape)
