"""torch.profiler.itt: marks for Intel's profilers, which are not made here."""

from __future__ import annotations

from typing import NoReturn

from tcalc.errors import StateError
from tcalc.runtime.base.registry import export


def is_available() -> bool:
    """Whether marks are made: no.

    >>> torch.profiler.itt.is_available()
    False
    """
    return False


def _missing() -> NoReturn:
    raise StateError(
        "ITT functions not installed. Are you sure you have a ITT build?",
        hint="torch.profiler.record_function gives a stretch of a program a name",
    )


def range_push(msg: str) -> None:
    """Refused, as in a PyTorch without ITT."""
    _missing()


def range_pop() -> None:
    """Refused, as in a PyTorch without ITT."""
    _missing()


def mark(msg: str) -> None:
    """Refused, as in a PyTorch without ITT."""
    _missing()


def _range(msg: str, *args: object, **kwargs: object) -> None:
    """Refused, as in a PyTorch without ITT."""
    _missing()


_range.__name__ = _range.__qualname__ = "range"
for _function in (is_available, range_push, range_pop, mark, _range):
    export(f"torch.profiler.itt.{_function.__name__}", value=_function)
