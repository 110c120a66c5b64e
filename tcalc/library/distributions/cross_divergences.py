"""How far two distributions of different kinds are apart: a formula for each pair of kinds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.library.distributions.bernoulli import Bernoulli
from tcalc.library.distributions.binomial import Binomial
from tcalc.library.distributions.continuous_bernoulli import ContinuousBernoulli, log_norm
from tcalc.library.distributions.dirichlet import Beta
from tcalc.library.distributions.divergences import noting
from tcalc.library.distributions.exponential import Exponential, Pareto
from tcalc.library.distributions.gamma import Gamma
from tcalc.library.distributions.normal import Normal
from tcalc.library.distributions.poisson import Poisson
from tcalc.library.distributions.tails import Gumbel, Laplace
from tcalc.library.distributions.uniform import Uniform
from tcalc.library.distributions.utils import euler_constant
from tcalc.runtime.ops.create.constant import full_like
from tcalc.runtime.ops.elementwise.exponential import xlogy
from tcalc.runtime.ops.elementwise.selection import where

if TYPE_CHECKING:
    from tcalc.library.distributions.divergences import Formula
    from tcalc.runtime.tensor.tensor import Tensor

FORMULAS: dict[tuple[type, type], Formula] = {}
between = noting(FORMULAS)
_HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)


# -- where p draws what q does not ------------------------------------------------------------


def _infinite(parameter: str) -> Formula:
    return lambda p, q: full_like(getattr(p, parameter), math.inf)


# By p a parameter that has the shape of the result, and the classes of q.
_BEYOND: tuple[tuple[type, str, tuple[type, ...]], ...] = (
    (Beta, "concentration1", (Pareto,)),
    (ContinuousBernoulli, "probs", (Pareto,)),
    (Exponential, "rate", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    (Gamma, "concentration", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    (Gumbel, "loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    (Laplace, "loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    (Normal, "loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    (Pareto, "scale", (Beta, ContinuousBernoulli, Uniform)),
    (Poisson, "rate", (Bernoulli, Binomial)),
)
for _p, _parameter, _others in _BEYOND:
    for _q in _others:
        between(_p, _q)(_infinite(_parameter))


# -- elsewhere --------------------------------------------------------------------------------


def _x_log_x(x: Tensor) -> Tensor:
    return xlogy(x, x)


def _against_gamma(q: Any) -> Tensor:
    """What a gamma distribution's density is divided by, as a logarithm."""
    return q.concentration.lgamma() - q.concentration * q.rate.log()


@between(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@between(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p: Any, q: Any) -> Tensor:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - log_norm(q)


@between(Beta, Exponential)
def _beta_exponential(p: Any, q: Any) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@between(Beta, Gamma)
def _beta_gamma(p: Any, q: Any) -> Tensor:
    a, b = p.concentration1, p.concentration0
    log_mean = a.digamma() - (a + b).digamma()
    return -p.entropy() + _against_gamma(q) - (q.concentration - 1) * log_mean + q.rate * p.mean


@between(Beta, Normal)
def _beta_normal(p: Any, q: Any) -> Tensor:
    variance, mean = q.scale**2, p.mean
    square = 0.5 * (p.variance + mean**2) - q.loc * mean + 0.5 * q.loc**2
    return -p.entropy() + 0.5 * (variance * 2 * math.pi).log() + square / variance


@between(Beta, Uniform)
def _beta_uniform(p: Any, q: Any) -> Tensor:
    found = -p.entropy() + (q.high - q.low).log()
    return where((q.low > 0) | (q.high < 1), math.inf, found)


@between(ContinuousBernoulli, Exponential)
def _continuous_bernoulli_exponential(p: Any, q: Any) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@between(ContinuousBernoulli, Normal)
def _continuous_bernoulli_normal(p: Any, q: Any) -> Tensor:
    own = 0.5 * (math.log(2 * math.pi) + (q.loc / q.scale) ** 2) + q.scale.log()
    square = (p.variance + p.mean**2 - 2.0 * q.loc * p.mean) / (2.0 * q.scale**2)
    return -p.entropy() + own + square


@between(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: Any, q: Any) -> Tensor:
    found = -p.entropy() + (q.high - q.low).log()
    return where((q.low >= 0) | (q.high <= 1), math.inf, found)  # PyTorch's bounds


@between(Exponential, Gamma)
def _exponential_gamma(p: Any, q: Any) -> Tensor:
    ratio, b = q.rate / p.rate, q.concentration
    return -b * ratio.log() + ratio + b.lgamma() + b * euler_constant - (1 + euler_constant)


@between(Exponential, Gumbel)
def _exponential_gumbel(p: Any, q: Any) -> Tensor:
    product, apart = p.rate * q.scale, q.loc / q.scale
    tail = apart.exp() * product / (product + 1)
    return product.log() - 1 - apart + tail + product.reciprocal()


@between(Exponential, Normal)
def _exponential_normal(p: Any, q: Any) -> Tensor:
    variance, square = q.scale**2, p.rate**2
    apart = (square.reciprocal() - q.loc / p.rate + 0.5 * q.loc**2) / variance
    return 0.5 * (square * variance * 2 * math.pi).log() - 1 + apart


@between(Gamma, Exponential)
def _gamma_exponential(p: Any, q: Any) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@between(Gamma, Gumbel)
def _gamma_gumbel(p: Any, q: Any) -> Tensor:
    a, product, apart = p.concentration, p.rate * q.scale, q.loc / q.scale
    own = (a - 1) * a.digamma() - a.lgamma() - a
    tail = apart.exp() * (1 + product.reciprocal()) ** -a - apart
    return own + product.log() + a / product + tail


@between(Gamma, Normal)
def _gamma_normal(p: Any, q: Any) -> Tensor:
    a, variance, square = p.concentration, q.scale**2, p.rate**2
    own = 0.5 * (square * variance * 2 * math.pi).log() - a - a.lgamma() + (a - 1) * a.digamma()
    apart = 0.5 * (a**2 + a) / square - q.loc * a / p.rate + 0.5 * q.loc**2
    return own + apart / variance


@between(Gumbel, Normal)
def _gumbel_normal(p: Any, q: Any) -> Tensor:
    ratio = p.scale / q.scale
    spread = (math.pi * ratio * 0.5) ** 2 / 3
    apart = 0.5 * ((p.loc + p.scale * euler_constant - q.loc) / q.scale) ** 2
    return -(ratio / math.sqrt(2 * math.pi)).log() + spread + apart - (euler_constant + 1)


@between(Laplace, Normal)
def _laplace_normal(p: Any, q: Any) -> Tensor:
    variance = q.scale**2
    ratio = p.scale**2 / variance
    apart = 0.5 * (p.loc - q.loc) ** 2 / variance
    return -0.5 * (2 * ratio / math.pi).log() + ratio + apart - 1


@between(Normal, Gumbel)
def _normal_gumbel(p: Any, q: Any) -> Tensor:
    ratio, apart = (p.scale / q.scale) ** 2, (p.loc - q.loc) / q.scale
    tail = (-apart + 0.5 * ratio).exp()
    return -0.5 * ratio.log() + apart + tail - (0.5 + _HALF_LOG_2_PI)


@between(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Tensor:
    apart = p.loc - q.loc
    ratio, scaled = p.scale / q.scale, apart / p.scale
    near = math.sqrt(2 / math.pi) * p.scale * (-0.5 * scaled**2).exp()
    far = apart * (math.sqrt(0.5) * scaled).erf()
    return -ratio.log() + (near + far) / q.scale - (0.5 * (1 + math.log(0.5 * math.pi)))


@between(Pareto, Exponential)
def _pareto_exponential(p: Any, q: Any) -> Tensor:
    a, product = p.alpha, p.scale * q.rate
    found = (a / product).log() - a.reciprocal() + a * product / (a - 1) - 1
    return where(a <= 1, math.inf, found)


@between(Pareto, Gamma)
def _pareto_gamma(p: Any, q: Any) -> Tensor:
    a, log_mean = p.alpha, p.scale.log() + p.alpha.reciprocal()
    own = a.log() - log_mean + (1 - q.concentration) * log_mean
    found = own + _against_gamma(q) + q.rate * a * p.scale / (a - 1) - 1
    return where(a <= 1, math.inf, found)


@between(Pareto, Normal)
def _pareto_normal(p: Any, q: Any) -> Tensor:
    a, share = p.alpha, p.scale / (p.alpha - 1)
    own = (math.sqrt(2 * math.pi) * q.scale * a / p.scale).log() - a.reciprocal()
    square = a * share**2 / (a - 2) + (a * share - q.loc) ** 2
    return where(a <= 2, math.inf, own + square / (2 * q.scale**2) - 1)


@between(Uniform, Beta)
def _uniform_beta(p: Any, q: Any) -> Tensor:
    width, a, b = p.high - p.low, q.concentration1, q.concentration0
    below = (a - 1) * (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    above = (b - 1) * (_x_log_x(1 - p.high) - _x_log_x(1 - p.low) + width) / width
    found = above + a.lgamma() + b.lgamma() - (a + b).lgamma() - width.log() - below
    return where((p.high > 1) | (p.low < 0), math.inf, found)


@between(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Any, q: Any) -> Tensor:
    found = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - log_norm(q)
    return where((p.high >= 1) | (p.low <= 0), math.inf, found)  # PyTorch's bounds


@between(Uniform, Exponential)
def _uniform_exponential(p: Any, q: Any) -> Tensor:
    found = q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log()
    return where(p.low < 0, math.inf, found)


@between(Uniform, Gamma)
def _uniform_gamma(p: Any, q: Any) -> Tensor:
    width = p.high - p.low
    log_mean = (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    found = (
        -width.log() + _against_gamma(q) + (1 - q.concentration) * log_mean
        + q.rate * (p.high + p.low) / 2
    )  # fmt: skip
    return where(p.low < 0, math.inf, found)


@between(Uniform, Gumbel)
def _uniform_gumbel(p: Any, q: Any) -> Tensor:
    share = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return share.log() + 0.5 * (high + low) - share * ((-high).exp() - (-low).exp())


@between(Uniform, Normal)
def _uniform_normal(p: Any, q: Any) -> Tensor:
    width = p.high - p.low
    square = width**2 / 12 + ((p.high + p.low - 2 * q.loc) / 2) ** 2
    return (math.sqrt(math.pi * 2) * q.scale / width).log() + 0.5 * square / q.scale**2


@between(Uniform, Pareto)
def _uniform_pareto(p: Any, q: Any) -> Tensor:
    width = p.high - p.low
    log_mean = (_x_log_x(p.high) - _x_log_x(p.low) - width) / width
    found = log_mean * (q.alpha + 1) - (q.alpha * q.scale**q.alpha * width).log()
    return where(p.low < q.scale, math.inf, found)
