"""The p-norms of the windows of an input."""

from __future__ import annotations

from math import inf, prod
from typing import TYPE_CHECKING

from tcalc.runtime.base.op import Array, Ints
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.nn.pooling.avg_pool import averaged
from tcalc.runtime.ops.nn.pooling.max_pool import pooled
from tcalc.runtime.ops.nn.spatial import each, made_up

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def _lp_pool(
    name: str,
    input: Tensor,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None,
    ceil_mode: bool,
) -> Tensor:
    n = int(name[7])
    count = prod(each(name, "kernel_size", kernel_size, n))
    if norm_type in (inf, -inf):
        sign = 1 if norm_type > 0 else -1
        sizes = input.abs() * sign
        return pooled(f"max_pool{n}d", sizes, kernel_size, stride, 0, 1, ceil_mode, False) * sign
    powers = input.pow(norm_type)
    mean = averaged(f"avg_pool{n}d", powers, kernel_size, stride, 0, ceil_mode, True, None)
    return (mean.sign() * mean.abs().relu() * count).pow(1 / norm_type)


@composite(names=("torch.nn.functional.lp_pool1d",),
           samples=lambda: [((made_up(2, 3, 6) + 2, 2.0, 2), {})])  # fmt: skip
def lp_pool1d(
    input: Array,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    """The p-norm of each window, (the sum of its elements' powers) ** (1 / norm_type).

    >>> nn.functional.lp_pool1d(tensor([[3., 4., 6., 8.]]), 2, 2)
    tensor([[ 5., 10.]])
    """
    return _lp_pool("lp_pool1d", input, norm_type, kernel_size, stride, ceil_mode)


@composite(names=("torch.nn.functional.lp_pool2d",),
           samples=lambda: [((made_up(2, 4, 4) + 2, 3.0, 2, 1), {})])  # fmt: skip
def lp_pool2d(
    input: Array,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    """The p-norm of each window, (the sum of its elements' powers) ** (1 / norm_type).

    >>> nn.functional.lp_pool2d(tensor([[[3., 0.], [4., 0.]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _lp_pool("lp_pool2d", input, norm_type, kernel_size, stride, ceil_mode)


@composite(names=("torch.nn.functional.lp_pool3d",),
           samples=lambda: [((made_up(2, 2, 2, 3) + 2, 2.0, (2, 1, 2), 1), {})])  # fmt: skip
def lp_pool3d(
    input: Array,
    norm_type: float,
    kernel_size: Ints,
    stride: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    """The p-norm of each window, (the sum of its elements' powers) ** (1 / norm_type).

    >>> nn.functional.lp_pool3d(ones(1, 2, 2, 4), 2, (2, 2, 4))
    tensor([[[[4.]]]])
    """
    return _lp_pool("lp_pool3d", input, norm_type, kernel_size, stride, ceil_mode)
