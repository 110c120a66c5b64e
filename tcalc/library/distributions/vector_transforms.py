"""Transforms that take several numbers together: onto simplexes, triangles, other shapes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.transform import Transform, transform
from tcalc.library.distributions.transforms import Plain, clipped_sigmoid
from tcalc.library.distributions.utils import (
    as_tensor,
    like_of,
    size_of,
    tril_matrix_to_vec,
    vec_to_tril_matrix,
)
from tcalc.library.distributions.vector_constraints import (
    corr_cholesky,
    lower_cholesky,
    positive_definite,
    simplex,
)
from tcalc.runtime.ops.create.ranges import arange, eye
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.elementwise.activation import logsigmoid, softplus
from tcalc.runtime.ops.linalg.factorizations import cholesky
from tcalc.runtime.ops.shape.padding import pad
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.library.distributions.constraints import Constraint
    from tcalc.runtime.tensor.tensor import Tensor


def _vector(shape: Sequence[int]) -> Size:
    """A shape that has a dim at least."""
    found = size_of(shape)
    if not found:
        raise ValueProblem("Too few dimensions on input")
    return found


@transform
class SoftmaxTransform(Plain):
    """Shares in proportion to exp(x); the inverse is log(y), up to a constant.

    >>> distributions.transforms.SoftmaxTransform()(tensor([0., 0.]))
    tensor([0.5000, 0.5000])
    """

    domain = constraints.real_vector
    codomain = simplex

    def _call(self, x: Tensor) -> Tensor:
        weights = (as_tensor(x) - x.max(-1, True)[0]).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Tensor) -> Tensor:
        return as_tensor(y).log()

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The same."""
        return _vector(shape)

    inverse_shape = forward_shape


@transform
class StickBreakingTransform(Plain):
    """n numbers as n + 1 shares: each takes a part of what those before it left.

    >>> distributions.transforms.StickBreakingTransform()(tensor([0., 0.]))
    tensor([0.3333, 0.3333, 0.3333])
    """

    domain = constraints.real_vector
    codomain = simplex
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        z = clipped_sigmoid(as_tensor(x) - _left(x, x.shape[-1]).log())
        rest = (1 - z).cumprod(-1)
        return pad(z, [0, 1], value=1) * pad(rest, [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        shares = as_tensor(y)[..., :-1]
        rest = (1 - shares.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return shares.log() - rest.log() + _left(y, shares.shape[-1]).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of the logarithms of what the shares are taken of, and of their slopes."""
        x = as_tensor(x) - _left(x, x.shape[-1]).log()
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """One more."""
        found = _vector(shape)
        return Size((*found[:-1], found[-1] + 1))

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """One less."""
        found = _vector(shape)
        return Size((*found[:-1], found[-1] - 1))


def _left(like: Tensor, n: int) -> Tensor:
    """How many shares follow each of n."""
    return arange(n, 0, -1, **like_of(like))


@transform
class CorrCholeskyTransform(Transform):
    """n (n - 1) / 2 numbers as the Cholesky factor of an n × n correlation matrix.

    >>> distributions.transforms.CorrCholeskyTransform()(tensor([0.])).shape
    torch.Size([2, 2])
    """

    domain = constraints.real_vector
    codomain = corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        eps = finfo(as_tensor(x).dtype).eps
        below = vec_to_tril_matrix(x.tanh().clamp(min=-1 + eps, max=1 - eps), diag=-1)
        rest = (1 - below**2).sqrt().cumprod(-1)
        factor = below + eye(below.shape[-1], **like_of(below))
        return factor * pad(rest[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        rest = pad((1 - (as_tensor(y) * y).cumsum(-1))[..., :-1], [1, 0], value=1)
        t = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(rest, diag=-1).sqrt()
        return (t.log1p() - t.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor, intermediates: object = None) -> Tensor:
        """Those of the tanh and of the lengths that are left in the rows; intermediates: unused."""
        rest = tril_matrix_to_vec(1 - (as_tensor(y) * y).cumsum(-1), diag=-2)
        breaking = 0.5 * rest.log().sum(-1)
        return breaking - 2 * (x + softplus(-2 * x) - math.log(2.0)).sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """From the numbers of a triangle to the matrix."""
        found = _vector(shape)
        count = found[-1]
        n = round((0.25 + 2 * count) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != count:
            raise ValueProblem("Input is not a flattened lower-diagonal number")
        return Size((*found[:-1], n, n))

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """From the matrix to the numbers of a triangle."""
        found = size_of(shape)
        if len(found) < 2:
            raise ValueProblem("Too few dimensions on input")
        n = found[-1]
        if found[-2] != n:
            raise ValueProblem("Input is not square")
        return Size((*found[:-2], n * (n - 1) // 2))


@transform
class LowerCholeskyTransform(Plain):
    """A matrix as a lower triangle with a positive diagonal: exp of its own.

    >>> distributions.transforms.LowerCholeskyTransform()(zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return as_tensor(x).tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return as_tensor(y).tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


@transform
class PositiveDefiniteTransform(Plain):
    """A matrix as a positive definite one, by way of its Cholesky factor.

    >>> distributions.transforms.PositiveDefiniteTransform()(zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(cholesky(y))


@transform
class ReshapeTransform(Transform):
    """Gives the last dims another shape.

    >>> distributions.transforms.ReshapeTransform((4,), (2, 2))(tensor([1, 2, 3, 4]))
    tensor([[1, 2],
            [3, 4]])
    """

    bijective = True

    def __init__(
        self, in_shape: Sequence[int], out_shape: Sequence[int], cache_size: int = 0
    ) -> None:
        before, after = size_of(in_shape), size_of(out_shape)
        if before.numel() != after.numel():
            raise ValueProblem("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size=cache_size)
        self._shapes = before, after

    _hidden_ = frozenset({"_shapes"})

    @property
    def in_shape(self) -> Size:
        """The shape that goes in."""
        return self._shapes[0]

    @property
    def out_shape(self) -> Size:
        """The shape that comes out."""
        return self._shapes[1]

    @constraints.dependent_property
    def domain(self) -> Constraint:
        """What goes in."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self) -> Constraint:
        """What comes out."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of that size."""
        if self._cache_size == cache_size:
            return self
        return ReshapeTransform(self.in_shape, self.out_shape, cache_size=cache_size)

    def _call(self, x: Tensor) -> Tensor:
        before = as_tensor(x).shape
        return x.reshape(before[: x.ndim - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y: Tensor) -> Tensor:
        after = as_tensor(y).shape
        return y.reshape(after[: y.ndim - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """0."""
        return as_tensor(x).new_zeros(x.shape[: x.ndim - len(self.in_shape)])

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape with its end replaced."""
        return _replaced(size_of(shape), self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape with its end put back."""
        return _replaced(size_of(shape), self.out_shape, self.in_shape)


def _replaced(shape: Size, old: Size, new: Size) -> Size:
    cut = len(shape) - len(old)
    if cut < 0:
        raise ValueProblem("Too few dimensions on input")
    if shape[cut:] != old:
        raise ValueProblem(f"Shape mismatch: expected {shape[cut:]} but got {old}")
    return shape[:cut] + new
