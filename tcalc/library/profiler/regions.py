"""`record_function`: a stretch of a program that has a name in profiles."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import interpreters, mode
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Self


@export("torch.profiler.record_function", "torch.autograd.profiler.record_function",
        home="torch.autograd.profiler")  # fmt: skip
class record_function:
    """A context, or a decorator, whose time profiles show under a name.

    args: text that goes with the name, and changes nothing.

    >>> with torch.profiler.profile() as prof:
    ...     with torch.profiler.record_function("scores"):
    ...         y = ones(2, 3) @ ones(3, 2)
    >>> [e.key for e in prof.key_averages() if not e.key.startswith("aten::")]
    ['scores']
    """

    _public_ = frozenset({"args", "name"})

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = kinds.take("record_function", "name", ("str",), name)
        self.args = args
        self._open: list[AbstractContextManager[None]] = []

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(function):
            raise ArgumentError(
                f"record_function decorates a function, not {type(function).__name__}"
            )

        @wraps(function, ("__name__", "__qualname__", "__doc__"), ())
        def call(*args: object, **kwargs: object) -> Any:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return call

    def __enter__(self) -> Self:
        if interpreters.count and mode.interpreter is not None:
            span = mode.interpreter.span(self.name)
            span.__enter__()
            self._open.append(span)
        return self

    def __exit__(self, *error: Any) -> None:
        if self._open:
            self._open.pop().__exit__(*error)
