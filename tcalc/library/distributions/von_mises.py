"""Angles around a direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.library.distributions import constraints
from tcalc.library.distributions.distribution import (
    checked,
    distribution,
    extended,
)
from tcalc.library.distributions.located import Located
from tcalc.library.distributions.utils import broadcast_all, lazy_property, like_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.ops.create.constant import zeros
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.random.drawing import rand
from tcalc.runtime.types.shapes import Size

if TYPE_CHECKING:
    from tcalc.library.distributions.distribution import Sizes
    from tcalc.library.distributions.utils import Value
    from tcalc.runtime.tensor.tensor import Tensor

# Abramowitz and Stegun 9.8.1 to 9.8.4: by order, the coefficients below 3.75 and above.
_BESSEL = (
    ((1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2),
     (0.39894228, 0.1328592e-1, 0.225319e-2, -0.157565e-2, 0.916281e-2, -0.2057706e-1,
      0.2635537e-1, -0.1647633e-1, 0.392377e-2)),
    ((0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3),
     (0.39894228, -0.3988024e-1, -0.362018e-2, 0.163801e-2, -0.1031555e-1, 0.2282967e-1,
      -0.2895312e-1, 0.1787654e-1, -0.420059e-2)),
)  # fmt: skip


def _log_bessel(x: Tensor, order: int) -> Tensor:
    """The logarithm of the modified Bessel function of order 0 or 1, of numbers above 0."""
    small, large = _BESSEL[order]
    near = _polynomial((x / 3.75) ** 2, small)
    if order == 1:
        near = x.abs() * near
    far = x - 0.5 * x.log() + _polynomial(3.75 / x, large).log()
    return where(x < 3.75, near.log(), far)


def _polynomial(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    value = x * 0 + coefficients[-1]
    for c in reversed(coefficients[:-1]):
        value = c + x * value
    return value


@distribution("von_mises")
class VonMises(Located):
    """Angles in [-pi, pi) around `loc`, the nearer the greater the concentration.

    >>> distributions.VonMises(0., 1.).log_prob(tensor(0.))
    tensor(-1.0738)
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Value, concentration: Value, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @lazy_property
    def variance(self) -> Tensor:
        """The circular variance: 1 less the mean length of the sum of two."""
        return 1 - (_log_bessel(self.concentration, 1) - _log_bessel(self.concentration, 0)).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        waves = self.concentration * (checked(self, value) - self.loc).cos()
        return waves - math.log(2 * math.pi) - _log_bessel(self.concentration, 0)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """By Best and Fisher's rejection from a wrapped Cauchy distribution, in float64."""
        with no_grad():
            return _best_fisher(self, extended(self, sample_shape)).to(self.loc.dtype)


def _best_fisher(dist: VonMises, shape: Size) -> Tensor:
    loc, kappa = dist.loc.double(), dist.concentration.double()
    tau = 1 + (1 + 4 * kappa**2).sqrt()
    rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
    r = where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))
    x = zeros(shape, **like_of(loc))
    done = x != 0
    while not done.all():
        first, second, third = rand((3, *shape), **like_of(loc)).unbind()
        z = (math.pi * first).cos()
        f = (1 + r * z) / (r + z)
        c = kappa * (r - f)
        accepted = (c * (2 - c) - second > 0) | ((c / second).log() + 1 - c >= 0)
        x = where(accepted, (third - 0.5).sign() * f.acos(), x)
        done = done | accepted
    return (x + math.pi + loc) % (2 * math.pi) - math.pi
