"""Memory and the views on it.

A Storage is one piece of memory with a version counter; every tensor on that memory shares it.
A View says how a tensor was made from the tensor whose memory it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.pending import Pending, compute

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array, Op
    from tcalc.runtime.tensor.tensor import Tensor


class Storage:
    """Memory shared by a tensor and its views; `version` counts the writes to it."""

    __slots__ = ("_array", "version")

    def __init__(self, array: Array) -> None:
        self._array = array
        self.version = 0

    @property
    def array(self) -> Array:
        """The memory as an array, computed if it was not yet."""
        if type(self._array) is Pending:
            self._array = compute(self._array)
        return self._array

    @array.setter
    def array(self, array: Array) -> None:
        self._array = array


class View:
    """How a tensor shows its base: the call that made it, and when its gradient was current.

    base: the tensor that is no view itself. parent: the view it was made of, or None for the base.
    op, values: the call, with the values of the op's parameters in order.
    version: the storage's version at which the view's grad_fn was taken.
    tracked: False when the view was made where gradients were off.
    index: which it is of several views made by one call (see `Part`), or None.
    """

    __slots__ = ("base", "op", "parent", "tracked", "values", "version")
    index: int | None = None

    def __init__(
        self,
        base: Tensor,
        parent: View | None,
        op: Op,
        values: tuple[object, ...],
        version: int,
        tracked: bool,
    ) -> None:
        self.base = base
        self.parent = parent
        self.op = op
        self.values = values
        self.version = version
        self.tracked = tracked

    def replay(self, base: Tensor) -> Tensor:
        """The same view of another tensor of the base's shape."""
        start = base if self.parent is None else self.parent.replay(base)
        made = self.op.call_with((start, *self.values[1:]))
        return made if self.index is None else made[self.index]


class Part(View):
    """One of several views made by one call (`chunk`, `unbind`)."""

    __slots__ = ("index",)
