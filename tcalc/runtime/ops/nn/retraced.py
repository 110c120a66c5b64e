"""Gradients of fused ops with a graph of their own: those of the same made of ops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.autograd.backward import run_backward
from tcalc.runtime.autograd.nodes import end_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.tensor.tensor import Tensor


def retraced(
    function: Callable[..., Sequence[Tensor | None]], operands: Sequence[Any], g: Sequence[Tensor],
    needs: Sequence[bool],
) -> list[Tensor | None]:  # fmt: skip
    """The gradients by the operands that need one, recorded.

    function: from the operands to outputs, made of ops. g: what arrives at the outputs.
    """
    # Copies, for gradients by each alone and not by what others were made of.
    given = [t.clone() if n else t for t, n in zip(operands, needs)]
    ends, seeds = [], []
    for out, slope in zip(function(*given), g):
        end = None if out is None else end_of(out)
        if end is not None:
            ends.append(end)
            seeds.append(slope)
    found = iter(run_backward(
        ends, seeds, inputs=[end_of(t) for t, n in zip(given, needs) if n], retain_graph=True,
        create_graph=True, accumulate=False,
    ))  # fmt: skip
    return [next(found) if n else None for n in needs]
