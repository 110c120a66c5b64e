"""Similarities and distances of vectors as modules."""

from __future__ import annotations

from tcalc.library.nn.arguments import layer
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.nn import margins
from tcalc.runtime.tensor.tensor import Tensor


@layer("distance")
class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps along the last dimension.

    x1, x2: of shapes that broadcast, (n, d) or (d) → (n) or ().

    >>> nn.PairwiseDistance()(tensor([[0., 0.]]), tensor([[3., 4.]]))
    tensor([5.0000])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The distances."""
        return margins.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


@layer("distance")
class CosineSimilarity(Module):
    """The cosine of the angle between vectors: their product over the product of their lengths.

    x1, x2: of shapes that broadcast → that shape without `dim`. Lengths below eps count as eps.

    >>> nn.CosineSimilarity()(tensor([[1., 0.]]), tensor([[1., 1.]]))
    tensor([0.7071])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The similarities."""
        return margins.cosine_similarity(x1, x2, self.dim, self.eps)
