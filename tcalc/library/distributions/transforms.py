"""Transforms of each element: exponentials, powers, sigmoids, lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.library.distributions import constraints
from tcalc.library.distributions.transform import Transform, transform
from tcalc.library.distributions.utils import as_tensor, broadcast_all, is_number, lazy_property
from tcalc.runtime.ops.create.constant import full_like
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.elementwise.activation import softplus
from tcalc.runtime.tensor.nested import tensor_of
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import Size, broadcast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.utils import Value


class Plain(Transform):
    """A transform without settings: all of a class are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self))

    __hash__ = None


@transform
class ExpTransform(Plain):
    """y = exp(x).

    >>> distributions.transforms.ExpTransform()(tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return as_tensor(x).exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return as_tensor(y).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """x."""
        return x


@transform
class PowerTransform(Transform):
    """y = x ** exponent, of positive numbers.

    >>> distributions.transforms.PowerTransform(2.)(tensor([1., 3.]))
    tensor([1., 9.])
    """

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True
    _hidden_ = frozenset({"_exponent"})

    def __init__(self, exponent: Value, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        (self._exponent,) = broadcast_all(exponent)

    @property
    def exponent(self) -> Tensor:
        """The exponent."""
        return self._exponent

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of that size."""
        if self._cache_size == cache_size:
            return self
        return PowerTransform(self._exponent, cache_size=cache_size)

    @lazy_property
    def sign(self) -> Tensor:
        """That of the exponent."""
        return self._exponent.sign()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and _equal(self._exponent, other._exponent)

    __hash__ = None

    def _call(self, x: Tensor) -> Tensor:
        return as_tensor(x).pow(self._exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return as_tensor(y).pow(1 / self._exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log |exponent * y / x|."""
        return (self._exponent * y / x).abs().log()

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape stretched by the exponent."""
        return _stretched(shape, self._exponent)

    inverse_shape = forward_shape


def _equal(a: Any, b: Any) -> bool:
    """Whether two settings, numbers or tensors, are the same everywhere."""
    return bool((tensor_of(a) == b).all())


def _stretched(shape: Sequence[int], *settings: object) -> Sequence[int]:
    shapes = [s.shape for s in settings if isinstance(s, Tensor)]
    return Size(broadcast(shape, *shapes)) if shapes else shape


def clipped_sigmoid(x: Tensor) -> Tensor:
    """The sigmoid within what the dtype tells from 0 and 1."""
    limits = finfo(x.dtype)
    return x.sigmoid().clamp(min=limits.tiny, max=1 - limits.eps)


@transform
class SigmoidTransform(Plain):
    """y = 1 / (1 + exp(-x)).

    >>> distributions.transforms.SigmoidTransform()(tensor([0.]))
    tensor([0.5000])
    """

    domain = constraints.real
    codomain = constraints.unit_interval
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return clipped_sigmoid(as_tensor(x))

    def _inverse(self, y: Tensor) -> Tensor:
        limits = finfo(as_tensor(y).dtype)
        y = y.clamp(min=limits.tiny, max=1 - limits.eps)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log(y * (1 - y))."""
        return -softplus(-x) - softplus(x)


@transform
class SoftplusTransform(Plain):
    """y = log(1 + exp(x)).

    >>> distributions.transforms.SoftplusTransform()(tensor([0.]))
    tensor([0.6931])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-as_tensor(y)).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of the sigmoid."""
        return -softplus(-x)


@transform
class TanhTransform(Plain):
    """y = tanh(x).

    >>> distributions.transforms.TanhTransform()(tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """

    domain = constraints.real
    codomain = constraints.interval(-1.0, 1.0)
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return as_tensor(x).tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return as_tensor(y).atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log(1 - y**2), exact where y is near 1."""
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


@transform
class AbsTransform(Plain):
    """y = |x|; the inverse is y itself.

    >>> distributions.transforms.AbsTransform()(tensor([-2., 1.]))
    tensor([2., 1.])
    """

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return as_tensor(x).abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


@transform
class AffineTransform(Transform):
    """y = loc + scale * x, of numbers or tensors; event_dim: how many dims it takes together.

    >>> distributions.transforms.AffineTransform(1., tensor([2., -1.]))(tensor([3., 3.]))
    tensor([ 7., -2.])
    """

    bijective = True
    _hidden_ = frozenset({"_event_dim", "_loc", "_scale"})

    def __init__(self, loc: Value, scale: Value, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self._loc: Any = loc if is_number(loc) else as_tensor(loc)
        self._scale: Any = scale if is_number(scale) else as_tensor(scale)
        self._event_dim = event_dim

    @property
    def loc(self) -> Value:
        """What is added."""
        return self._loc

    @property
    def scale(self) -> Value:
        """The factor."""
        return self._scale

    @property
    def event_dim(self) -> int:
        """How many dims it takes together."""
        return self._event_dim

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Constraint:
        """Any numbers."""
        if not self._event_dim:
            return constraints.real
        return constraints.independent(constraints.real, self._event_dim)

    codomain = domain

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of that size."""
        if self._cache_size == cache_size:
            return self
        return AffineTransform(self._loc, self._scale, self._event_dim, cache_size=cache_size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AffineTransform):
            return False
        return _equal(self._loc, other._loc) and _equal(self._scale, other._scale)

    __hash__ = None

    @property
    def sign(self) -> Any:
        """That of the scale."""
        scale = self._scale
        return (scale > 0) - (scale < 0) if is_number(scale) else scale.sign()

    def _call(self, x: Tensor) -> Tensor:
        return self._loc + self._scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self._loc) / self._scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log |scale|, summed over the dims that it takes together."""
        scale, shape, dims = self._scale, as_tensor(x).shape, self._event_dim
        if is_number(scale):
            result = full_like(x, math.log(abs(scale)) if scale else -math.inf)
        else:
            result = scale.abs().log()
        if dims:
            result = result.view((*result.shape[:-dims], -1)).sum(-1)
            shape = shape[:-dims]
        return result.expand(shape)

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        """The shape stretched by loc and scale."""
        return _stretched(shape, self._loc, self._scale)

    inverse_shape = forward_shape
