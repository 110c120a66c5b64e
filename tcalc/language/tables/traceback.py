"""`traceback`: errors as text."""

from __future__ import annotations

import sys
from operator import index

from tcalc.language import attributes, streams, tracebacks
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MISSING: Any = object()


def _handled() -> BaseException | None:
    """The error that is being handled."""
    return sys.exc_info()[1]


def _text(error: Any, limit: Any, chain: Any) -> str:
    if error is None:
        return "NoneType: None\n"
    return "".join(tracebacks.lines(error, _limit(limit), bool(chain)))


def _limit(limit: Any) -> int | None:
    return None if limit is None else index(limit)


def _error(exc: Any, value: Any) -> BaseException | None:
    """The error of two ways to give one: alone, or behind its class."""
    error = exc if value is _MISSING else value
    if error is not None and not isinstance(error, BaseException):
        raise TypeError(f"Exception expected for value, {type(error).__name__} found")
    return error


def _print(text: str, file: Any) -> None:
    effect("print_exc")
    attributes.read(streams.stream("stderr") if file is None else file, "write")(text)


def format_exc(limit: int | None = None, chain: bool = True) -> str:
    """The text of the error that is being handled"""
    return _text(_handled(), limit, chain)


def print_exc(limit: int | None = None, file: Any = None, chain: bool = True) -> None:
    """Write the text of the error that is being handled, by default to standard error"""
    _print(format_exc(limit, chain), file)


def format_exception(
    exc: Any, /, value: Any = _MISSING, tb: Any = None, limit: int | None = None, chain: bool = True
) -> List:
    """The text of an error in pieces"""
    error = _error(exc, value)
    if error is None:
        return List(["NoneType: None\n"])
    return List(tracebacks.lines(error, _limit(limit), bool(chain)))


def print_exception(
    exc: Any,
    /,
    value: Any = _MISSING,
    tb: Any = None,
    limit: int | None = None,
    file: Any = None,
    chain: bool = True,
) -> None:
    """Write the text of an error, by default to standard error"""
    _print(_text(_error(exc, value), limit, chain), file)


def format_exception_only(exc: Any, /, value: Any = _MISSING) -> List:
    """What an error says, with its class"""
    error = _error(exc, value)
    return List(["NoneType: None\n" if error is None else tracebacks.last(error)])


def members() -> dict[str, Any]:
    """What programs find in it."""
    functions = (format_exc, print_exc, format_exception, print_exception, format_exception_only)
    return {function.__name__: function for function in functions}
