"""Pools of the greatest under the names that always give indices too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.base.op import DRAWS, Array, Floats, Ints, IntsOrNone
from tcalc.runtime.call.define import DefinedOp, composite
from tcalc.runtime.ops.nn.pooling import adaptive, fractional, max_pool
from tcalc.runtime.ops.nn.spatial import made_up

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

_NAME = "torch.nn.functional.{}_with_indices"


def _max(pool: DefinedOp, dims: int) -> DefinedOp:
    names = ("torch.max_pool1d_with_indices",) if dims == 1 else ()

    @composite(
        name=f"{pool.name}_with_indices", names=(_NAME.format(pool.name), *names),
        samples=lambda: [((made_up(2, *(4,) * dims), 2), {})],
    )  # fmt: skip
    def with_indices(
        input: Array, kernel_size: Ints, stride: Ints | None = None, padding: Ints = 0, dilation: Ints = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Tensor:  # fmt: skip
        """What the max pool over as many dimensions gives with return_indices=True."""
        return pool(input, kernel_size, stride, padding, dilation, ceil_mode, True)

    return with_indices


def _adaptive(pool: DefinedOp, dims: int) -> DefinedOp:
    # In torch itself the first of them has the shorter name.
    names = ("torch.adaptive_max_pool1d",) if dims == 1 else ()

    @composite(
        name=f"{pool.name}_with_indices", names=(_NAME.format(pool.name), *names),
        samples=lambda: [((made_up(2, *(4,) * dims), 3), {})],
    )  # fmt: skip
    def with_indices(input: Array, output_size: IntsOrNone, return_indices: bool = False) -> Tensor:
        """What the adaptive max pool over as many dimensions gives with return_indices=True."""
        return pool(input, output_size, True)

    return with_indices


def _fractional(pool: DefinedOp, dims: int) -> DefinedOp:
    @composite(
        name=f"{pool.name}_with_indices", names=(_NAME.format(pool.name),), exempt=DRAWS,
        samples=lambda: [((made_up(2, *(4,) * dims), 2, 2), {})],
    )  # fmt: skip
    def with_indices(
        input: Array, kernel_size: Ints, output_size: Ints | None = None,
        output_ratio: Floats | None = None, return_indices: bool = False,
        _random_samples: Array | None = None,
    ) -> Tensor:  # fmt: skip
        """What the fractional max pool over as many dimensions gives with return_indices=True."""
        return pool(input, kernel_size, output_size, output_ratio, True, _random_samples)

    return with_indices


for _dims, _pool in enumerate((max_pool.max_pool1d, max_pool.max_pool2d, max_pool.max_pool3d), 1):
    _max(_pool, _dims)
for _dims, _pool in enumerate(
    (adaptive.adaptive_max_pool1d, adaptive.adaptive_max_pool2d, adaptive.adaptive_max_pool3d), 1
):
    _adaptive(_pool, _dims)
for _dims, _pool in enumerate(
    (fractional.fractional_max_pool2d, fractional.fractional_max_pool3d), 2
):
    _fractional(_pool, _dims)
