"""Memory and the views on it.

A Storage is one piece of memory with a version counter; every tensor on that memory shares it.
A View says how a tensor was made from the tensor whose memory it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.tensor import Tensor


class Storage:
    """Memory shared by a tensor and its views; `version` counts the writes to it."""

    __slots__ = ("array", "version")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.version = 0


class View:
    """How a tensor shows its base: the calls that lead there, and when its gradient was current.

    base: the tensor that is no view itself. replay: makes this view of another base.
    version: the storage's version at which the view's grad_fn was taken.
    tracked: False when the view was made where gradients were off.
    multiple: True for one of several views made by one call (`chunk`, `unbind`).
    """

    __slots__ = ("args", "base", "function", "index", "kwargs", "multiple", "parent", "tracked",
                 "version")  # fmt: skip

    def __init__(
        self,
        base: Tensor,
        parent: View | None,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        version: int,
        tracked: bool,
        index: int | None,
    ) -> None:
        self.base = base
        self.parent = parent
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.version = version
        # A view of a view inherits what forbids writing to it.
        self.tracked = tracked and (parent is None or parent.tracked)
        self.multiple = index is not None or (parent is not None and parent.multiple)
        self.index = index

    def replay(self, base: Tensor) -> Tensor:
        """The same view of another tensor of the base's shape."""
        start = base if self.parent is None else self.parent.replay(base)
        made = self.function(start, *self.args, **self.kwargs)
        return made if self.index is None else made[self.index]  # type: ignore[no-any-return]
