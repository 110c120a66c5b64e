"""Grad modes: whether ops record, as contexts, decorators or at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base.modes import mode

if TYPE_CHECKING:
    from collections.abc import Callable


class _GradMode:
    """Sets whether ops record, as a context, a decorator or (set_grad_enabled) at once."""

    __slots__ = ("_before",)
    _public_: frozenset[str] = frozenset()
    value = False

    def __init__(self) -> None:
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((mode.enabled, mode.inference))
        mode.enabled = self.value

    def __exit__(self, *_: object) -> None:
        mode.enabled, mode.inference = self._before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(function):
            raise ArgumentError(f"expected a function to decorate, not {type(function).__name__}")

        def wrapped(*args: object, **kwargs: object) -> Any:
            with self:
                return function(*args, **kwargs)

        wrapped.__name__ = getattr(function, "__name__", "wrapped")
        wrapped.__doc__ = function.__doc__
        return wrapped


class no_grad(_GradMode):
    """Inside, ops record nothing: `with no_grad(): ...` or `@no_grad()`."""

    __slots__ = ()

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        if function is not None:  # used as @no_grad without parentheses
            no_grad.__init__(made)
            return made(function)
        return made

    def __init__(self, function: object = None) -> None:
        super().__init__()


class enable_grad(no_grad):
    """Inside, ops record again."""

    __slots__ = ()
    value = True


class inference_mode(_GradMode):
    """Inside, ops record nothing."""

    __slots__ = ("value",)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.value = not mode

    def __enter__(self) -> None:
        super().__enter__()
        mode.inference = not self.value


class set_grad_enabled(_GradMode):
    """Turn recording on or off: at once, or for a `with` block."""

    __slots__ = ("value",)

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.value = bool(mode)
        self._before.append((_set_enabled(self.value), False))

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.value})"

    def __enter__(self) -> None:
        pass


def _set_enabled(value: bool) -> bool:
    before, mode.enabled = mode.enabled, value
    return before


class set_detect_anomaly(_GradMode):
    """Make backward check every gradient for nan and name the op that made it."""

    __slots__ = ("_anomaly", "_kept")

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._anomaly = mode

    def __enter__(self) -> None:
        self._kept, mode.anomaly = mode.anomaly, self._anomaly

    def __exit__(self, *_: object) -> None:
        mode.anomaly = self._kept
