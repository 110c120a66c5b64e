"""What a thread's calls go by: whether ops record what they do, and what runs them instead of eager work."""

from __future__ import annotations

from _thread import _local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Op


class Interpreter:
    """What runs the calls of ops in a thread: `mode.interpreter`, None where work is eager.

    A call reaches it where an operand holds something else than a plain array, such as a batch of
    them. While it runs ops of its own, `outer` is in its place.
    """

    outer: Interpreter | None
    # Whether a pass back may add to the gradients that leaves keep.
    fills_grads = True

    def run(self, op: Op, values: tuple[Any, ...]) -> Any:
        """The result of a call: tensors, or what the op gives. values: of the op's parameters."""
        raise NotImplementedError

    def write(self, op: Op, values: tuple[Any, ...]) -> Any:
        """Do a call of an op's in-place form, which writes into the first value, and give that;
        None where nothing in it is the interpreter's."""
        return None

    def draw(self, shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Any]) -> Any:
        """Random numbers of a shape, or None where they are drawn as ever. make: draws a shape."""
        return None

    def redraw(self, target: Any, fill: Callable[[Any], Any]) -> Any:
        """Let `fill` write random numbers into a tensor, and give it; None as above."""
        return None

    def drawn(self) -> None:
        """Hear that a kernel is about to draw random numbers."""

    def tracks(self, tensor: Any) -> bool:
        """Whether gradients flow to what a tensor stands for."""
        return False

    def anywhere(self, condition: Any) -> bool:
        """Whether a tensor of bools is true at any place, in whatever it stands for."""
        return bool(condition._a.any())

    def matched(self, tensor: Any, others: Sequence[Any]) -> Any:
        """A tensor, into which values of the others can be written: as many as they stand for."""
        return tensor


class Mode(_local):
    """What holds in one thread; every thread begins with these."""

    enabled = True
    inference = False
    anomaly = False
    interpreter: Interpreter | None = None
    tape: Any = None


mode = Mode()


def anywhere(condition: Any) -> bool:
    """Whether a tensor of bools is true at any place, of whatever it stands for."""
    if mode.interpreter is not None:
        return mode.interpreter.anywhere(condition)
    return bool(condition._a.any())


def matched(tensor: Any, *others: Any) -> Any:
    """A new tensor into which values of others can be written: as many as they stand for."""
    return tensor if mode.interpreter is None else mode.interpreter.matched(tensor, others)
