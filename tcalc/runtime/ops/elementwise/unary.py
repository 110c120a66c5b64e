"""The factory for elementwise functions of one tensor, and their forms on plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.op import FLOAT
from tcalc.runtime.call.define import DefinedOp, elementwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.base.op import Array

INF = float("inf")
NAN = float("nan")


def unary(
    name: str,
    doc: str,
    kernel: Callable[..., Array],
    *,
    example: tuple[str, str],
    vjp: Callable[..., object] | None = None,
    dtype: str = FLOAT,
    inplace: bool = True,
    **settings: Any,
) -> DefinedOp:
    """Define an elementwise function of one tensor.

    doc: its effect, with units and edge values. kernel: `(xp, input) -> array`. vjp: its gradient,
    or None where it has none. example: an argument for `tensor(...)`, and what is shown.
    """
    lines = doc.strip().split("\n")
    if dtype == FLOAT and len(lines) == 1:
        lines += ["", "Integers give the default dtype."]
    spelling = name
    names = settings.get("names", (f"torch.{name}",)) or settings["switched"]
    if f"torch.{name}" not in names:
        spelling = names[0].removeprefix("torch.")
    lines += ["", f">>> {spelling}(tensor({example[0]}))", *example[1].split("\n")]
    kernel.__name__ = name
    kernel.__doc__ = "\n".join(lines)
    kernel.__annotations__ = {"input": "Array"}
    op = elementwise(
        dtype=dtype,
        inplace=inplace,
        differentiable=vjp is not None,
        **settings,
    )(kernel)
    if vjp is not None:
        op.vjp(input=vjp)
    return op


def on_number(
    function: Callable[[float], float],
    edges: dict[float, float] | None = None,
    overflow: float = INF,
) -> Callable[[float], float]:
    """A function of `math` with PyTorch's edge values instead of exceptions."""
    edges = edges or {}

    def scalar(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return edges.get(x, NAN)
        except OverflowError:
            return overflow

    return scalar
