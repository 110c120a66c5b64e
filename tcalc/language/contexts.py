"""Contexts for `with`: generators as contexts, and several of them at once."""

from __future__ import annotations

from tcalc.language import attributes
from tcalc.language.lent import Lent
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_Nothing = (None, None, None)


class Managed(Lent):
    """The context that a generator is"""

    __slots__ = ("_args", "_function", "_generator", "_kwargs")

    def __init__(self, function: Any, args: Any, kwargs: Any) -> None:
        self._function, self._args, self._kwargs = function, args, kwargs
        self._generator = function(*args, **kwargs)

    def __enter__(self) -> Any:
        try:
            return next(self._generator)
        except StopIteration:
            raise RuntimeError("generator didn't yield") from None

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> bool:
        throw = attributes.read(self._generator, "throw") if kind is not None else None
        try:
            if throw is None:
                next(self._generator)
            else:
                throw(kind() if value is None else value)
        except StopIteration as stopped:
            return throw is not None and stopped is not value
        except BaseException as error:  # whatever the block raised
            # The context passes the error on, which `with` does itself.
            cause = error.__cause__
            if throw is not None and (
                error is value
                or (type(error) is RuntimeError and cause is value and type(value) is StopIteration)
            ):
                return False
            raise
        raise RuntimeError(f"generator didn't stop{'' if throw is None else ' after throw()'}")

    def __call__(self, function: Any) -> Any:
        def within(*args: Any, **kwargs: Any) -> Any:
            with Managed(self._function, self._args, self._kwargs):
                return function(*args, **kwargs)

        return within


Managed.__name__ = Managed.__qualname__ = "_GeneratorContextManager"
Managed.__module__ = "contextlib"


class suppress(Lent):
    """A context that errors of some classes end without harm"""

    __slots__ = ("_kinds",)

    def __init__(self, *exceptions: Any) -> None:
        for kind in exceptions:
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                raise TypeError("suppress() takes classes of exceptions")
        self._kinds = exceptions

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> bool:
        return kind is not None and issubclass(kind, self._kinds)


class nullcontext(Lent):
    """A context that does nothing"""

    __slots__ = ("enter_result",)
    _public_ = frozenset({"enter_result"})

    def __init__(self, enter_result: Any = None) -> None:
        self.enter_result = enter_result

    def __enter__(self) -> Any:
        return self.enter_result

    def __exit__(self, *_: object) -> None:
        """Nothing to do."""


class closing(Lent):
    """A context that closes something at its end"""

    __slots__ = ("_thing",)

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def __enter__(self) -> Any:
        return self._thing

    def __exit__(self, *_: object) -> None:
        attributes.read(self._thing, "close")()


class Redirect(Lent):
    """A context with something else in the place of a stream"""

    __slots__ = ("_before", "_streams", "_target")
    _stream = ""

    def __init__(self, new_target: Any) -> None:
        self._target = new_target
        self._before: list[tuple[Any, Any]] = []

    def __enter__(self) -> Any:

        effect(type(self).__name__)
        streams = current().instead
        self._before.append((streams, streams.get(self._stream)))
        streams[self._stream] = self._target
        return self._target

    def __exit__(self, *_: object) -> None:
        if self._before:
            streams, before = self._before.pop()
            streams[self._stream] = before


class redirect_stdout(Redirect):
    """A context whose prints go to a file, or to anything else with `write`"""

    __slots__ = ()
    _stream = "stdout"


class redirect_stderr(Redirect):
    """A context in which `sys.stderr` is a file, or anything else with `write`"""

    __slots__ = ()
    _stream = "stderr"


class ExitStack(Lent):
    """A context of contexts and functions, which ends them in turn, the last one first"""

    __slots__ = ("_ends",)
    _public_ = frozenset({"callback", "close", "enter_context", "pop_all", "push"})

    def __init__(self) -> None:
        # Each is called with what `__exit__` is, and says whether the error ends there.
        self._ends: list[Callable[[Any, Any, Any], Any]] = []

    def enter_context(self, cm: Any, /) -> Any:
        """Enter a context, which ends with this one"""
        kind = type(cm)
        if not (hasattr(kind, "__enter__") and hasattr(kind, "__exit__")):
            raise TypeError(
                f"'{kind.__name__}' object does not support the context manager protocol"
            )
        entered = kind.__enter__(cm)
        self._ends.append(lambda *error: kind.__exit__(cm, *error))
        return entered

    def push(self, exit: Any, /) -> Any:
        """Add a context that was entered already, or a function that is called as `__exit__` is"""
        kind = type(exit)
        leaves = hasattr(kind, "__exit__")
        self._ends.append((lambda *error: kind.__exit__(exit, *error)) if leaves else exit)
        return exit

    def callback(self, callback: Any, /, *args: Any, **kwds: Any) -> Any:
        """Add a function that is called at the end"""

        def end(*_: object) -> None:
            callback(*args, **kwds)

        self._ends.append(end)
        return callback

    def pop_all(self) -> ExitStack:
        """Hand everything over to a new stack"""
        made = ExitStack()
        made._ends, self._ends = self._ends, []
        return made

    def close(self) -> None:
        """End everything now"""
        self.__exit__(*_Nothing)

    def __enter__(self) -> ExitStack:
        return self

    def __exit__(self, *error: Any) -> bool:
        had = error[0] is not None
        pending: BaseException | None = None
        while self._ends:
            try:
                if self._ends.pop()(*error):
                    error, pending = _Nothing, None
            except BaseException as raised:  # it takes the place of what came before
                error, pending = (type(raised), raised, raised.__traceback__), raised
        if pending is not None:
            raise pending
        return had and error[0] is None
