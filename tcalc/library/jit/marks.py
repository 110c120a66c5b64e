"""What programs say to TorchScript's compiler, which a program here has no need of.

Python runs whole, so what a function is marked with changes nothing of what it does.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = {"samples": "takes no tensor"}


@composite(names=("torch.jit.is_scripting", "torch.jit.is_tracing"), exempt=_MARK)
def is_scripting() -> bool:
    """Whether TorchScript compiles: never, functions are traced as they run.

    >>> torch.jit.is_scripting()
    False
    """
    return False


def unused(fn: Any) -> Any:
    """Over a method that TorchScript's compiler should take, or leave alone: it stays as it is."""
    return _function(fn)


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Over a method that TorchScript's compiler should leave alone, with parentheses or not."""
    return drop if callable(drop) else _function


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value, of which TorchScript's compiler is told the type.

    >>> torch.jit.annotate(list[int], [1])
    [1]
    """
    return the_value


def Attribute(value: Any, type: Any) -> Any:
    """The value, of which TorchScript's compiler is told the type."""
    return value


@contextmanager
def optimized_execution(should_optimize: Any = True) -> Iterator[None]:
    """Accepted: a plan is always made as small as it can be."""
    yield


def _function(fn: Any) -> Any:
    if not callable(fn):
        raise ArgumentError(f"a mark stands over a function, not {type(fn).__name__}")
    return fn


export("torch.jit.export", "torch.jit.unused", value=unused)
export("torch.jit.ignore", value=ignore)
export("torch.jit.annotate", value=annotate)
export("torch.jit.Attribute", value=Attribute)
export("torch.jit.optimized_execution", value=optimized_execution)
