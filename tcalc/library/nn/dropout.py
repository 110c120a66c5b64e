"""Dropout: while training, elements or whole channels are set to 0 by chance."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ValueProblem
from tcalc.library.nn.arguments import layer, take
from tcalc.library.nn.module import Module
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.nn import dropout
from tcalc.runtime.tensor.tensor import Tensor


@export("torch.nn.modules.dropout._DropoutNd", home="torch.nn.modules.dropout")
class _DropoutNd(Module):
    """What all kinds share. _function: the op."""

    _function: Any

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.p: float = take(self, "p", p, "Scalar")
        self.inplace = inplace
        if not 0 <= self.p <= 1:
            raise ValueProblem(
                f"dropout probability has to be between 0 and 1, but got {self.p}", argument="p"
            )

    def forward(self, input: Tensor) -> Tensor:
        """What is left of the input; all of it unless training."""
        return self._function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        return f"p={self.p}, inplace={self.inplace}"


@layer("dropout")
class Dropout(_DropoutNd):
    """Each element is 0 with probability p, else divided by 1 - p; as it is after eval().

    >>> nn.Dropout(0.2).eval()(tensor([1., 2.]))
    tensor([1., 2.])
    """

    _function = dropout.dropout


@layer("dropout")
class Dropout1d(_DropoutNd):
    """Each channel of (n, c, l) or (c, l) is 0 with probability p, else divided by 1 - p.

    >>> nn.Dropout1d(0.2)
    Dropout1d(p=0.2, inplace=False)
    """

    _function = dropout.dropout1d


@layer("dropout")
class Dropout2d(_DropoutNd):
    """Each channel of (n, c, h, w) is 0 with probability p, else divided by 1 - p.

    >>> nn.Dropout2d(0.2)
    Dropout2d(p=0.2, inplace=False)
    """

    _function = dropout.dropout2d


@layer("dropout")
class Dropout3d(_DropoutNd):
    """Each channel of (n, c, d, h, w) or (c, d, h, w) is 0 with probability p, else divided by 1 - p.

    >>> nn.Dropout3d()
    Dropout3d(p=0.5, inplace=False)
    """

    _function = dropout.dropout3d


class _AlphaDropoutNd(_DropoutNd):
    def forward(self, input: Tensor) -> Tensor:
        """What is left of the input; all of it unless training."""
        return self._function(input, self.p, self.training)


@layer("dropout")
class AlphaDropout(_AlphaDropoutNd):
    """Dropout for SELU: what is dropped becomes its limit, and mean and variance stay as they are.

    >>> nn.AlphaDropout(0.2).eval()(tensor([1., 2.]))
    tensor([1., 2.])
    """

    _function = dropout.alpha_dropout


@layer("dropout")
class FeatureAlphaDropout(_AlphaDropoutNd):
    """AlphaDropout of whole channels of (n, c, *).

    >>> nn.FeatureAlphaDropout(0.2).eval()(ones(1, 2))
    tensor([[1., 1.]])
    """

    _function = dropout.feature_alpha_dropout
