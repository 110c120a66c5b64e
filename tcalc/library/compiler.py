"""`torch.compiler`: what programs say to the compiler that is not `compile` itself.

Compiled or not, a function gives the same numbers: what only speed goes by is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.library.nn.module import Module
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Object
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.call.define import composite

if TYPE_CHECKING:
    from collections.abc import Callable

ALWAYS = {"samples": "takes a function, or nothing"}


@composite(names=("torch.compiler.is_compiling", "torch.compiler.is_dynamo_compiling",
                  "torch.compiler.is_exporting"),
           exempt=ALWAYS)  # fmt: skip
def is_compiling() -> bool:
    """Whether a function runs only to be traced: never, what is traced runs too.

    >>> torch.compiler.is_compiling()
    False
    """
    return False


@composite(names=("torch.compiler.reset", "torch.compiler.cudagraph_mark_step_begin"),
           exempt=ALWAYS)  # fmt: skip
def reset() -> None:
    """Accepted: a compiled function sees for itself when its graph no longer holds."""


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """A function that always runs eagerly; as `@torch.compiler.disable`, with parentheses or not.

    >>> torch.compiler.disable(lambda x: x + 1)(2)
    3
    """
    if fn is None:
        return disable
    if isinstance(fn, Module):
        return fn
    if not callable(fn):
        raise ArgumentError(f"disable() takes a function, not {type(fn).__name__}")

    def eager(*args: Any, **kwargs: Any) -> Any:
        effect(eager.__name__)
        return fn(*args, **kwargs)

    name = getattr(fn, "__name__", None)
    eager.__name__ = eager.__qualname__ = name if type(name) is str else "disabled"
    eager.__doc__ = fn.__doc__ if type(fn.__doc__) is str else None
    return eager


export("torch.compiler.disable", value=disable)


def _same(name: str, doc: str) -> None:
    def same(fn: Object) -> Any:
        return fn

    same.__doc__ = doc
    composite(name=name, names=(f"torch.compiler.{name}",), exempt=ALWAYS)(same)


_same("allow_in_graph", "The function itself: what it calls is traced.")
_same("assume_constant_result", "The function itself: what it gives is looked at each time.")

_STANCES = (
    "default", "force_eager", "eager_on_recompile", "fail_on_recompile",
    "aot_eager_then_compile", "eager_then_compile",
)  # fmt: skip


@silent
@export("torch.compiler.set_stance")
class set_stance:
    """How eagerly functions are compiled, at once, for a `with` block or a function; accepted.

    stance: "default", "force_eager", "eager_on_recompile", "fail_on_recompile", ….
    """

    __slots__ = ()
    _public_: frozenset[str] = frozenset()

    def __init__(
        self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False,
        force_backend: Any = None,
    ) -> None:  # fmt: skip
        if stance not in _STANCES:
            raise StateError(f"invalid torch.compile stance '{stance}'")

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        return fn
