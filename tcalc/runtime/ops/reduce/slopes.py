"""Estimates of derivatives from samples of a function."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, DimError, StateError
from tcalc.runtime.base.op import Ints, Scalar, Tree
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import wrap_dims


@composite(
    names=("torch.gradient",), samples=lambda: [(([1.0, 4.0, 9.0, 16.0],), {}), (([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]],), {"dim": 1, "spacing": 0.5})],
)  # fmt: skip
def gradient(
    input: Tensor,
    *,
    spacing: Tree | Scalar | None = None,
    dim: Ints | None = None,
    edge_order: int = 1,
) -> tuple[Tensor, ...]:
    """The slopes along dimensions, by central differences, at the edges by one-sided ones.

    spacing: the distance of the points (1), one for all or one for each dimension, or for each the
    coordinates as a tensor. edge_order: 1 or 2, the order of the estimates at the edges.

    >>> gradient(tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)
    """
    if edge_order not in (1, 2):
        raise StateError(
            "torch.gradient only supports edge_order=1 and edge_order=2.", argument="edge_order"
        )
    given: Any = 1 if spacing is None else spacing
    many = isinstance(given, (tuple, list))
    if dim is None:
        dims = tuple(range(input.ndim)) if not many or len(given) != 1 else (0,)
    else:
        dims = wrap_dims(dim, input.ndim)
    if len(set(dims)) != len(dims):
        raise DimError("dim appears multiple times in the list of dims", argument="dim")
    steps = list(given) if many else [given] * len(dims)
    for i, step in enumerate(steps):
        if not isinstance(step, Tensor) and type(step) not in (int, float, bool, complex):
            raise ArgumentError(
                f"expected Tensor as element {i} in argument 1, but got {type(step).__name__}",
                argument="spacing",
            )
    if len(steps) != len(dims):
        raise ArgumentError(
            f"torch.gradient expected spacing to be unspecified, a scalar or a list of length equal "
            f"to 'self.dim() = {len(dims)}', but got {len(steps)}", argument="spacing",
        )  # fmt: skip
    for d in dims:
        if input.shape[d] < edge_order + 1:
            raise StateError(
                "torch.gradient expected each dimension size to be at least edge_order+1",
                argument="input",
            )
    values = input if input.is_floating_point() or input.is_complex() else input.float()
    return tuple([_along(values, d, h, edge_order) for d, h in zip(dims, steps)])


def _along(input: Tensor, dim: int, spacing: Any, order: int) -> Tensor:
    f = input.movedim(dim, -1)
    n = f.shape[-1]
    if isinstance(spacing, Tensor) and spacing.ndim:
        if spacing.shape[0] != n:
            raise StateError(
                f"torch.gradient expected each tensor to be of the size of its dimension, {n}, but "
                f"got {spacing.shape[0]}", argument="spacing",
            )  # fmt: skip
        steps = (spacing[1:] - spacing[:-1]).to(f.dtype)
    else:
        steps = f.new_ones(n - 1) * spacing
    before, after = steps[:-1], steps[1:]
    rises = (f[..., 1:] - f[..., :-1]) / steps
    inner = (before * rises[..., 1:] + after * rises[..., :-1]) / (before + after)
    first, last = rises[..., :1], rises[..., -1:]
    if order > 1:
        first = first - (rises[..., 1:2] - first) * steps[0] / (steps[0] + steps[1])
        last = last + (last - rises[..., -2:-1]) * steps[-1] / (steps[-1] + steps[-2])
    return cat([part.movedim(-1, dim) for part in (first, inner, last)], dim)
