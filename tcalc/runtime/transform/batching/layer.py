"""An interpreter around another: what it has no part in goes on to that one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.modes import Interpreter, anywhere, interpreters, matched, mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcalc.runtime.base.op import Op
    from tcalc.runtime.tensor.tensor import Tensor


class Layer(Interpreter):
    """Runs calls by what was there when it was made."""

    def __init__(self) -> None:
        self.outer = mode.interpreter

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Runs the calls in a block."""
        interpreters.add(1)
        before, mode.interpreter = mode.interpreter, self
        try:
            yield
        finally:
            mode.interpreter = before
            interpreters.add(-1)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Leaves the calls in a block to what was there before."""
        before, mode.interpreter = mode.interpreter, self.outer
        try:
            yield
        finally:
            mode.interpreter = before

    def run(self, op: Op, values: tuple[object, ...]) -> Any:
        """The result of a call."""
        with self.outside():
            return op.call_with(values)

    def write(
        self, op: Op, values: tuple[object, ...], name: str, eagerly: Callable[[], Tensor]
    ) -> Tensor | None:
        """The in-place form of a call."""
        with self.outside():
            return None if self.outer is None else self.outer.write(op, values, name, eagerly)

    def tracks(self, tensor: Tensor) -> bool:
        """Whether gradients flow to what a tensor stands for."""
        with self.outside():
            return self.outer is not None and self.outer.tracks(tensor)

    def anywhere(self, condition: Tensor) -> bool:
        """Whether a tensor of bools is true at any place."""
        with self.outside():
            return anywhere(condition)

    def matched(self, tensor: Tensor, others: Sequence[object]) -> Tensor:
        """A tensor into which values of others can be written."""
        with self.outside():
            return matched(tensor, *others)
