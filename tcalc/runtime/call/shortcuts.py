"""Short paths, closed while somebody wants to hear of every call.

A short path begins by asking whether its operands are plain arrays. The names in that question are
the function's own globals, and mean something that no operand is while the path is closed: then each
call takes the full path, which asks the thread's interpreter. An open path pays nothing for it.
"""

from __future__ import annotations

from _thread import allocate_lock
from itertools import count
from types import FunctionType
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.modes import mode

if TYPE_CHECKING:
    from collections.abc import Callable


class _Nothing:
    """The type of no operand."""


def _nothing(operands: object) -> None:
    """What is found among operands: no plain array."""


_CLOSED: dict[str, Any] = {
    "ndarray": _Nothing, "plain_array": _nothing, "plain_arrays": _nothing, "CALL": None,
    "CALL_INTO": None,
}  # fmt: skip
_lock = allocate_lock()


class _Path:
    """The names of a short path: the globals that hold them, and what they mean when it is closed."""

    __slots__ = ("closed", "open", "scope")

    def __init__(self, scope: dict[str, Any], closed: dict[str, Any]) -> None:
        self.scope = scope
        self.closed = closed
        self.open: dict[str, Any] = {}

    def close(self) -> None:
        self.open = {name: self.scope[name] for name in self.closed if name in self.scope}
        self.scope.update({name: self.closed[name] for name in self.open})

    def reopen(self) -> None:
        self.scope.update(self.open)


class _Paths:
    """All short paths so far, and how many want them closed."""

    __slots__ = ("by_scope", "closers")

    def __init__(self) -> None:
        self.by_scope: dict[int, _Path] = {}
        self.closers = 0


_paths = _Paths()


def known(scope: dict[str, Any], **others: Any) -> None:
    """A function has been made whose globals these are; others: what more of them means something
    else while its path is closed."""
    path = _Path(scope, {**_CLOSED, **others})
    with _lock:
        _paths.by_scope[id(scope)] = path
        if _paths.closers:
            path.close()


# So many calls of a function are soon done without machine code, which takes longer to find.
FEW = 8


def after_few(scope: dict[str, Any], name: str, find: Callable[[], Any]) -> Callable[..., Any]:
    """What stands in a function's globals for machine code that does whole calls, for the first few of them:
    a program that makes no more need not wait for it to be found. Until then, where something runs calls in
    place of eager work, and where there is none, it gives None."""
    calls = count()

    def stand_in(*given: Any) -> Any:
        if mode.interpreter is not None or next(calls) < FEW:
            return None
        found = find()
        if scope[name] is stand_in:  # and not closed meanwhile
            scope[name] = found
        return None if found is None else found(*given)

    return stand_in


def replace(name: str, before: object, after: object) -> None:
    """Have functions made so far call something else by a name of theirs."""
    with _lock:
        for path in _paths.by_scope.values():
            if path.scope.get(name) is before:
                path.scope[name] = after


def close() -> None:
    """Close all short paths, until `reopen` is called as often."""
    with _lock:
        _paths.closers += 1
        if _paths.closers == 1:
            for path in _paths.by_scope.values():
                path.close()


def reopen() -> None:
    """One no longer wants them closed."""
    with _lock:
        _paths.closers -= 1
        if not _paths.closers:
            for path in _paths.by_scope.values():
                path.reopen()


def path_of(function: Callable[..., Any]) -> _Path | None:
    """The short path of a function that was made of an op."""
    made: Any = function
    return _paths.by_scope.get(id(made.__globals__))


def opened(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function as it is when its short path is open."""
    made: Any = function
    path = path_of(function)
    if path is None:
        return function
    scope = {**made.__globals__, **path.open}
    copy = FunctionType(made.__code__, scope, made.__name__, made.__defaults__)
    copy.__kwdefaults__ = made.__kwdefaults__
    return copy
