"""Transforms of the parts of a tensor, and by a distribution's own cdf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AssertionProblem
from tcalc.library.distributions import constraints
from tcalc.library.distributions.constraints import need_constraint
from tcalc.library.distributions.distribution import need_distribution
from tcalc.library.distributions.transform import (
    Transform,
    log_slope,
    need_transform,
    transform,
)
from tcalc.library.distributions.utils import need_tensor
from tcalc.runtime.base import kinds
from tcalc.runtime.ops.shape.joining import cat, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.library.distributions.constraints import Constraint
    from tcalc.library.distributions.distribution import Distribution
    from tcalc.runtime.tensor.tensor import Tensor


class _Joined(Transform):
    """Transforms of the parts of a tensor along a dim."""

    _hidden_ = frozenset({"_dim", "_parts"})

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        parts = list(tseq)
        if not all(isinstance(t, Transform) for t in parts):
            raise AssertionProblem("All elements of tseq must be Transform instances")
        if cache_size:
            parts = [need_transform(t.with_cache(cache_size)) for t in parts]
        super().__init__(cache_size=cache_size)
        self._parts = parts
        self._dim: int = kinds.take(type(self).__name__, "dim", ("int",), dim)

    @property
    def transforms(self) -> list[Transform]:
        """The transforms, in order."""
        return list(self._parts)

    @property
    def dim(self) -> int:
        """The dim along which the parts lie."""
        return self._dim

    @property
    def bijective(self) -> bool:
        """Whether all are."""
        return all(t.bijective for t in self._parts)

    def _sized(self, value: Tensor, what: str, length: int, expected: str) -> Tensor:
        """A tensor that has as much along the dim as the transforms take."""
        dims, name = need_tensor(value, "value").ndim, what if what in "xy" else "x"
        if not -dims <= self._dim < dims:
            raise AssertionProblem(
                f"dim {self._dim} out of range for {what} with {dims} dimensions"
            )
        found = value.shape[self._dim]
        if found != length:
            raise AssertionProblem(
                f"{name}.size({self._dim}) = {found} must equal {expected} {length}"
            )
        return value


@transform
class CatTransform(_Joined):
    """Transforms of the parts of a tensor that lie one after the other along a dim.

    lengths: how long the parts are, by default 1 each.

    >>> t = distributions.transforms
    >>> t.CatTransform([t.ExpTransform(), t.AbsTransform()], lengths=[1, 2])(tensor([0., -1., -2.]))
    tensor([1., 1., 2.])
    """

    _hidden_ = frozenset({"_lengths"})

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(tseq, dim, cache_size)
        count = len(self._parts)
        found = [1] * count if lengths is None else list(lengths)
        if len(found) != count:
            raise AssertionProblem(f"lengths ({len(found)}) must match transforms ({count})")
        self._lengths: list[int] = [
            kinds.take(type(self).__name__, "lengths", ("int",), n) for n in found
        ]

    @property
    def lengths(self) -> list[int]:
        """How long the parts are."""
        return list(self._lengths)

    @property
    def length(self) -> int:
        """How long they are together."""
        return sum(self._lengths)

    @property
    def event_dim(self) -> int:
        """The most of theirs."""
        return max(t.event_dim for t in self._parts)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with caches of that size."""
        if self._cache_size == cache_size:
            return self
        return CatTransform(self._parts, self._dim, self._lengths, cache_size)

    def _pieces(self, value: Tensor, what: str = "tensor") -> Any:
        return self._sized(value, what, self.length, "length").split(self._lengths, self._dim)

    def _call(self, x: Tensor) -> Tensor:
        return cat([t(v) for t, v in zip(self._parts, self._pieces(x))], self._dim)

    def _inverse(self, y: Tensor) -> Tensor:
        return cat([t.inv(v) for t, v in zip(self._parts, self._pieces(y))], self._dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Theirs beside each other, or their sum where the dim is among those taken together."""
        dims = self.event_dim
        slopes = [
            log_slope(t, a, b, dims - t.event_dim)
            for t, a, b in zip(self._parts, self._pieces(x, "x"), self._pieces(y, "y"))
        ]
        dim = (self._dim - x.ndim if self._dim >= 0 else self._dim) + dims
        if dim < 0:
            return cat(slopes, dim)
        total = slopes[0]
        for slope in slopes[1:]:
            total = total + slope
        return total

    @constraints.dependent_property
    def domain(self) -> Constraint:
        """What goes in, part by part."""
        return constraints.cat([t.domain for t in self._parts], self._dim, self._lengths)

    @constraints.dependent_property
    def codomain(self) -> Constraint:
        """What comes out, part by part."""
        return constraints.cat([t.codomain for t in self._parts], self._dim, self._lengths)


@transform
class StackTransform(_Joined):
    """Transforms of the slices of a tensor along a dim.

    >>> t = distributions.transforms
    >>> t.StackTransform([t.ExpTransform(), t.AbsTransform()])(tensor([0., -1.]))
    tensor([1., 1.])
    """

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with caches of that size."""
        if self._cache_size == cache_size:
            return self
        return StackTransform(self._parts, self._dim, cache_size)

    def _slices(self, value: Tensor, what: str = "tensor") -> Any:
        count = len(self._parts)
        return self._sized(value, what, count, "len(transforms)").unbind(self._dim)

    def _call(self, x: Tensor) -> Tensor:
        return stack([t(v) for t, v in zip(self._parts, self._slices(x))], self._dim)

    def _inverse(self, y: Tensor) -> Tensor:
        return stack([t.inv(v) for t, v in zip(self._parts, self._slices(y))], self._dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Theirs beside each other."""
        slopes = [
            log_slope(t, a, b, 0)
            for t, a, b in zip(self._parts, self._slices(x, "x"), self._slices(y, "y"))
        ]
        return stack(slopes, self._dim)

    @constraints.dependent_property
    def domain(self) -> Constraint:
        """What goes in, slice by slice."""
        return constraints.stack([t.domain for t in self._parts], self._dim)

    @constraints.dependent_property
    def codomain(self) -> Constraint:
        """What comes out, slice by slice."""
        return constraints.stack([t.codomain for t in self._parts], self._dim)


@transform
class CumulativeDistributionTransform(Transform):
    """y = cdf(x) of a distribution: what is drawn from it becomes uniform.

    >>> t = distributions.transforms.CumulativeDistributionTransform(distributions.Normal(0., 1.))
    >>> t(tensor([0.]))
    tensor([0.5000])
    """

    codomain = constraints.unit_interval
    bijective = True
    sign = 1
    _hidden_ = frozenset({"_distribution"})

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self._distribution = need_distribution(distribution)

    @property
    def distribution(self) -> Distribution:
        """The distribution."""
        return self._distribution

    @property
    def domain(self) -> Constraint:
        """Its support."""
        return need_constraint(self._distribution.support)

    def _call(self, x: Tensor) -> Tensor:
        return self._distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self._distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of its density."""
        return self._distribution.log_prob(x)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of that size."""
        if self._cache_size == cache_size:
            return self
        return CumulativeDistributionTransform(self._distribution, cache_size=cache_size)
