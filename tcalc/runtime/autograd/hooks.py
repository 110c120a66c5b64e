"""What the hooks of tensors and nodes make of gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime.tensor.tensor import Tensor, wrap

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array


def replacing(replaced: object, grads: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
    """What a node's hook gave for several gradients."""
    given = tuple(replaced) if isinstance(replaced, (tuple, list)) else (replaced,)
    if len(given) != len(grads):
        raise StateError(
            f"hook has changed the number of gradients: {len(given)} instead of {len(grads)}"
        )
    return tuple(
        [
            new if old is None or new is None else _checked(new, old)
            for new, old in zip(given, grads)
        ]
    )


def _checked(replaced: object, tensor: Tensor) -> Tensor:
    """A hook's answer, which has to be a gradient of the same kind."""
    if not isinstance(replaced, Tensor):
        raise ArgumentError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
    if replaced._d.shape != tensor._d.shape or replaced._d.dtype != tensor._d.dtype:
        raise StateError(
            f"hook has changed the size or the type of value: {list(tensor._d.shape)} of "
            f"{tensor.dtype.name} to {list(replaced._d.shape)} of {replaced.dtype.name}"
        )
    return replaced


def run_hooks(end: Any, g: Array | Tensor) -> Array | Tensor:
    """What the hooks of a tensor make of its gradient, kept where that was asked for."""
    extra = end.extra
    if not extra.hooks and not extra.retains:
        return g
    tensor = g if isinstance(g, Tensor) else wrap(g)
    for hook in tuple(extra.hooks.values()):
        replaced = hook(tensor)
        if replaced is not None:
            tensor = _checked(replaced, tensor)
    if extra.retains:
        extra.grad = tensor if extra.grad is None else extra.grad + tensor
    return tensor if isinstance(g, Tensor) else tensor._d
