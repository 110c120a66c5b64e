"""`contextlib`: contexts for `with`."""

from __future__ import annotations

from types import FunctionType

from tcalc.language.contexts import (
    ExitStack,
    Managed,
    closing,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from tcalc.language.lent import lend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def contextmanager(func: Any, /) -> Any:
    """Make of a generator function a function that gives contexts

    @contextmanager
    def timed(name):
        start = time.time()
        yield
        print(name, time.time() - start)
    """

    def helper(*args: Any, **kwargs: Any) -> Managed:
        return Managed(func, args, kwargs)

    if type(func) is FunctionType:
        helper.__name__ = helper.__qualname__ = func.__name__
        helper.__doc__ = func.__doc__ if type(func.__doc__) is str else None
    return helper


def members() -> dict[str, Any]:
    """What programs find in it."""
    kinds = (ExitStack, closing, nullcontext, redirect_stderr, redirect_stdout, suppress)
    return {**lend("contextlib", *kinds), "contextmanager": contextmanager}
