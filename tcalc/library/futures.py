"""`torch.futures` and `torch.jit.fork`: work whose result is asked for later.

A program is one thread: what is forked is done at once, and `wait` gives what it gave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime.base.registry import export
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable


@export("torch.futures.Future", "torch.jit.Future", "torch.Future", home="torch.futures")
class Future:
    """A result that may not be there yet.

    >>> f = torch.futures.Future()
    >>> g = f.then(lambda f: f.wait() + 1)
    >>> f.set_result(2)
    >>> g.wait()
    3
    """

    _public_ = frozenset(
        {"add_done_callback", "done", "set_exception", "set_result", "then", "value", "wait"}
    )

    def __init__(self, *, devices: Any = None) -> None:
        self._done = False
        self._result: Any = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[Future], object]] = []

    def done(self) -> bool:
        """Whether it has a result or an error."""
        return self._done

    def wait(self) -> Any:
        """The result; raises the error that was set instead of one."""
        if not self._done:
            raise StateError(
                "a Future without a result is waited for, and a program is one thread: nothing "
                "would set it",
                hint="set_result comes first",
            )
        if self._error is not None:
            raise self._error
        return self._result

    def value(self) -> Any:
        """The same as wait."""
        return self.wait()

    def set_result(self, result: Any) -> None:
        """Give it its result."""
        self._settle(result, None)

    def set_exception(self, result: Any) -> None:
        """Give it an error for a result."""
        if not isinstance(result, Exception):
            raise ArgumentError(
                f"{type(result).__name__} is of type {type(result).__name__}, not an Exception."
            )
        self._settle(None, result)

    def then(self, callback: Any) -> Future:
        """The Future of what `callback` gives of this one, called once this one is done."""
        _check(callback)
        following = Future()

        def follow(_: Future) -> None:
            following._run(callback, (self,), {})

        self._when_done(follow)
        return following

    def add_done_callback(self, callback: Any) -> None:
        """Call `callback` with this Future once it is done."""
        self._when_done(_check(callback))

    def __repr__(self) -> str:
        return "<torch.futures.Future object>"

    def _when_done(self, callback: Callable[[Future], object]) -> None:
        if self._done:
            callback(self)
        else:
            self._callbacks.append(callback)

    def _run(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Let a function's result, or its error, be this Future's."""
        try:
            found = function(*args, **kwargs)
        except Exception as error:  # it is told where it is waited for
            self._settle(None, error)
        else:
            self._settle(found, None)

    def _settle(self, result: Any, error: BaseException | None) -> None:
        if self._done:
            raise StateError(
                "Attempting to mark a completed Future as complete again. Note that a Future can "
                "only be marked completed once."
            )
        self._done, self._result, self._error = True, result, error
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)


def collect_all(futures: Any) -> Future:
    """The Future of the list of Futures, done once all of them are.

    >>> f = torch.futures.Future()
    >>> all_of_them = torch.futures.collect_all([f])
    >>> f.set_result(1)
    >>> [f.wait() for f in all_of_them.wait()]
    [1]
    """
    waiting = List(_futures(futures))
    collected = Future()

    def look(_: Any) -> None:
        if all(future.done() for future in waiting) and not collected.done():
            collected.set_result(waiting)

    if not waiting:
        look(None)
    for future in list(waiting):
        future._when_done(look)
    return collected


def wait_all(futures: Any) -> List:
    """The results of Futures, in order.

    >>> torch.futures.wait_all([torch.jit.fork(lambda x: x + 1, 1)])
    [2]
    """
    return List([future.wait() for future in _futures(futures)])


def fork(func: Any, *args: Any, **kwargs: Any) -> Future:
    """The Future of a call, which is done at once.

    >>> torch.jit.wait(torch.jit.fork(lambda x: x + 1, ones(1)))
    tensor([2.])
    """
    made = Future()
    made._run(_check(func), args, kwargs)
    return made


def wait(future: Any) -> Any:
    """The result of what was forked."""
    return _futures([future])[0].wait()


def _check(callback: Any) -> Any:
    if not callable(callback):
        raise ArgumentError(f"expected a function, not {type(callback).__name__}")
    return callback


def _futures(values: Any) -> list[Future]:
    if not isinstance(values, (list, tuple)):
        raise ArgumentError(f"expected a list of Futures, not {type(values).__name__}")
    found = list(values)
    for value in found:
        if not isinstance(value, Future):
            raise ArgumentError(f"expected a Future, not {type(value).__name__}")
    return found


export("torch.futures.collect_all", value=collect_all)
export("torch.futures.wait_all", value=wait_all)
export("torch.jit.fork", value=fork)
export("torch.jit.wait", value=wait)
