"""Grad modes: whether ops record, as contexts, decorators or at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.warning import warn

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")


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

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if not callable(function):
            raise ArgumentError(f"expected a function to decorate, not {type(function).__name__}")

        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        wrapped.__name__ = getattr(function, "__name__", "wrapped")
        wrapped.__doc__ = function.__doc__
        return wrapped


class no_grad(_GradMode):
    """Inside, ops record nothing: `with no_grad(): ...` or `@no_grad()`."""

    __slots__ = ()

    def __new__(cls, function: Callable[..., object] | None = None) -> Any:
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


class detect_anomaly(_GradMode):
    """Inside, backward looks for nan in every gradient, and raises RuntimeError where one is.

    The error names the op by PyTorch's name for its node, marks the expression that called it, and
    tells which element of which gradient is nan and the numbers that it came of.
    """

    __slots__ = ("_kept", "_nan")
    _warns = True

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__()
        self._nan = bool(check_nan)
        self._kept: list[tuple[bool, bool]] = []
        if self._warns:
            warn(
                "Anomaly Detection has been enabled. This mode will increase the runtime and "
                "should only be enabled for debugging."
            )

    def __enter__(self) -> None:
        self._kept.append(set_anomaly(True, self._nan))

    def __exit__(self, *_: object) -> None:
        mode.anomaly, mode.checks_nan = self._kept.pop()


class set_detect_anomaly(detect_anomaly):
    """Turn that on or off: at once, or for a `with` block."""

    __slots__ = ()
    _warns = False

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(check_nan)
        self._kept.append(set_anomaly(bool(mode), self._nan))

    def __enter__(self) -> None:
        pass


def set_anomaly(enabled: bool, check_nan: bool) -> tuple[bool, bool]:
    """Set whether anomalies are detected, and nan is one; what was set before."""
    before = mode.anomaly, mode.checks_nan
    mode.anomaly, mode.checks_nan = enabled, check_nan
    return before
