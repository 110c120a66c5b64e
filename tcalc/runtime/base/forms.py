"""What names of an op's other forms stand for in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.base.registry import Definition

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Op


# What an op says of its form in place where a function of torch has it too.
FUNCTION = "function"


class InPlace(Definition):
    """An op's form that writes into its first operand."""

    __slots__ = ("op",)

    def __init__(self, op: Op) -> None:
        self.op = op

    @property
    def function(self) -> Callable[..., object]:
        """What a user calls."""
        return self.op.inplace_function


class Switched(InPlace):
    """An op's form with a parameter `inplace`."""

    __slots__ = ()

    @property
    def function(self) -> Callable[..., object]:
        """What a user calls."""
        return self.op.switched_function
