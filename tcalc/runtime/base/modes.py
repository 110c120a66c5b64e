"""What a thread's calls go by: whether ops record what they do, and what runs them instead of eager work."""

from __future__ import annotations

from _thread import _local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op


class Interpreter:
    """What runs the calls of ops in a thread: `mode.interpreter`, None where work is eager.

    A call reaches it where an operand holds something else than a plain array, such as a batch of
    them. While it runs ops of its own, `outer` is in its place.
    """

    outer: Interpreter | None

    def run(self, op: Op, values: tuple[Any, ...]) -> Any:
        """The result of a call: tensors, or what the op gives. values: of the op's parameters."""
        raise NotImplementedError

    def write(self, op: Op, values: tuple[Any, ...]) -> Any:
        """Do a call of an op's in-place form, which writes into the first value, and give that."""
        raise NotImplementedError


class Mode(_local):
    """What holds in one thread; every thread begins with these."""

    enabled = True
    inference = False
    anomaly = False
    interpreter: Interpreter | None = None
    tape: Any = None


mode = Mode()
