"""Activations along a dimension as modules: softmax and its kin, and gates."""

from __future__ import annotations

from tcalc.errors import ValueProblem
from tcalc.library.nn.arguments import layer, tensor
from tcalc.library.nn.module import Module
from tcalc.runtime.call.define import DefinedOp
from tcalc.runtime.ops.nn import softmax
from tcalc.runtime.ops.nn.activation import glu
from tcalc.runtime.tensor.tensor import Tensor


class _Along(Module):
    """An activation along a dimension, which PyTorch picks, with a warning, where none is given.

    _function: the op.
    """

    _function: DefinedOp

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The activation along the dimension."""
        return self._function(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


@layer("activation")
class Softmax(_Along):
    """The exponentials along a dimension divided by their sum: they add up to 1.

    >>> nn.Softmax(dim=0)(tensor([0., 0.]))
    tensor([0.5000, 0.5000])
    """

    _function = softmax.functional_softmax


@layer("activation")
class LogSoftmax(_Along):
    """The logarithm of softmax, exact also where softmax would be 0.

    >>> nn.LogSoftmax(dim=0)(tensor([0., 0.]))
    tensor([-0.6931, -0.6931])
    """

    _function = softmax.functional_log_softmax


@layer("activation")
class Softmin(_Along):
    """The softmax of the negatives.

    >>> nn.Softmin(dim=0)(tensor([1., 1.]))
    tensor([0.5000, 0.5000])
    """

    _function = softmax.softmin


@layer("activation")
class GLU(_Along):
    """The first half along a dimension times the sigmoid of the second half.

    >>> nn.GLU()(tensor([2., 0.]))
    tensor([1.])
    """

    _function = glu

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim)


@layer("activation")
class Softmax2d(Module):
    """Softmax over the channels at each place of (n, c, h, w) or (c, h, w).

    >>> nn.Softmax2d()(zeros(2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The activation along the third dimension from the end."""
        rank = tensor(self, "input", input).ndim
        if rank not in (3, 4):
            raise ValueProblem(
                f"Softmax2d: expected input to be 3D or 4D, got {rank}D instead", argument="input"
            )
        return softmax.softmax(input, -3)
