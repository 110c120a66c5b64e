"""The multivariate gamma function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import DtypeError, StateError
from tcalc.runtime.base.op import on_a_copy
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.ranges import arange

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


@composite(
    names=("mvlgamma", "torch.special.multigammaln"),
    samples=lambda: [(([2.5, 3.5], 3), {})],
)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the multivariate gamma function of dimension p: of input > (p - 1) / 2.

    >>> mvlgamma(tensor([2., 3.]), 2)
    tensor([0.4516, 1.5502])
    """
    if p < 1:
        raise StateError("p has to be greater than or equal to 1", argument="p")
    x = input if input.is_floating_point() else input.float()
    steps = arange(0, p, dtype=x.dtype, device=x.device) * 0.5
    constant = p * (p - 1) * 0.25 * math.log(math.pi)
    return (x.contiguous().unsqueeze(-1) - steps).lgamma().sum(-1) + constant


mvlgamma.outs = CAST


@composite(
    names=("Tensor.mvlgamma_",),
    samples=lambda: [(([2.5, 3.5], 3), {}, on_a_copy)],
)
def mvlgamma_(input: Tensor, p: int) -> Tensor:
    """The logarithm of the multivariate gamma function, in place of the tensor's elements.

    >>> tensor([2., 3.]).mvlgamma_(2)
    tensor([0.4516, 1.5502])
    """
    if not input.is_floating_point():
        raise DtypeError(
            f"result type Float can't be cast to the desired output type {input.dtype.shorthand}",
            argument="input", hint="convert it with .float()",
        )  # fmt: skip
    return input.copy_(mvlgamma(input, p))
