"""What layers are made with and given: checked once, and known by PyTorch's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError
from tcalc.runtime.base import kinds
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

Sizes = tuple[int, ...]


def layer(file: str) -> Callable[[type], type]:
    """Export a class of torch.nn, which PyTorch defines in a file of that name."""

    def mark(cls: type) -> type:
        home = f"torch.nn.modules.{file}"
        name = cls.__name__
        return export(f"torch.nn.{name}", f"{home}.{name}", home=home)(cls)

    return mark


def take(layer: object, name: str, value: object, *accepted: str) -> Any:
    """An argument of a layer as one of the kinds that it takes (see `base.kinds`)."""
    return kinds.take(type(layer).__name__, name, accepted, value)


def for_each(layer: object, name: str, value: object, count: int) -> Sizes:
    """An int for each of `count` dimensions, or those of a list as they are."""
    taken = take(layer, name, value, "Ints")
    return taken if type(taken) is tuple else (taken,) * count


def tensor(layer: object, name: str, value: object) -> Tensor:
    """An operand whose shape a layer looks at itself."""
    if not isinstance(value, Tensor):
        raise ArgumentError(
            f"{type(layer).__name__}(): argument '{name}' must be Tensor, not "
            f"{type(value).__name__}",
            argument=name,
        )
    return value
