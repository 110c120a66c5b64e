"""How far two distributions of one kind are apart: a formula for each kind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import NotDefined, ValueProblem
from tcalc.library.distributions.bernoulli import Bernoulli, Geometric
from tcalc.library.distributions.binomial import Binomial
from tcalc.library.distributions.categorical import Categorical, OneHotCategorical
from tcalc.library.distributions.continuous_bernoulli import ContinuousBernoulli, log_norm
from tcalc.library.distributions.dirichlet import Beta, Dirichlet
from tcalc.library.distributions.exp_family import ExponentialFamily, normalizer_and_slopes
from tcalc.library.distributions.exponential import Exponential, Pareto
from tcalc.library.distributions.factors import (
    log_diagonal,
    mahalanobis,
    solved,
    squares,
)
from tcalc.library.distributions.gamma import Gamma
from tcalc.library.distributions.multivariate_normal import (
    LowRankMultivariateNormal,
    MultivariateNormal,
    low_rank_log_det,
    low_rank_mahalanobis,
    low_rank_rows,
)
from tcalc.library.distributions.normal import HalfNormal, Normal
from tcalc.library.distributions.poisson import Poisson
from tcalc.library.distributions.tails import Cauchy, Gumbel, Laplace
from tcalc.library.distributions.uniform import Uniform
from tcalc.library.distributions.utils import euler_constant, sum_rightmost
from tcalc.runtime.ops.elementwise.activation import softplus
from tcalc.runtime.ops.elementwise.selection import where

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.tensor.tensor import Tensor

    Formula = Callable[[Any, Any], Tensor]

FORMULAS: dict[tuple[type, type], Formula] = {}


def noting(
    formulas: dict[tuple[type, type], Formula],
) -> Callable[..., Callable[[Formula], Formula]]:
    """A decorator of formulas that notes each for one class with itself, or for two."""

    def between(*classes: type) -> Callable[[Formula], Formula]:
        def mark(function: Formula) -> Formula:
            formulas[classes[0], classes[-1]] = function
            return function

        return mark

    return between


between = noting(FORMULAS)


@between(Bernoulli)
def _bernoulli(p: Any, q: Any) -> Tensor:
    one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    one = where(p.probs == 0, 0.0, where(q.probs == 0, math.inf, one))
    none = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    return one + where(p.probs == 1, 0.0, where(q.probs == 1, math.inf, none))


@between(Beta)
def _beta(p: Any, q: Any) -> Tensor:
    a, b, c, d = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    above = c.lgamma() + d.lgamma() + (a + b).lgamma()
    below = a.lgamma() + b.lgamma() + (c + d).lgamma()
    slopes = (a - c) * a.digamma() + (b - d) * b.digamma()
    return above - below + slopes + (c + d - a - b) * (a + b).digamma()


@between(Binomial)
def _binomial(p: Any, q: Any) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotDefined(
            "KL between Binomials where q.total_count > p.total_count is not implemented"
        )
    one = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return where(p.total_count > q.total_count, math.inf, p.total_count * one)


@between(Categorical)
def _categorical(p: Any, q: Any) -> Tensor:
    terms = p.probs * (p.logits - q.logits)
    terms = where(q.probs == 0, math.inf, terms)
    return where(p.probs == 0, 0.0, terms).sum(-1)


@between(OneHotCategorical)
def _one_hot_categorical(p: Any, q: Any) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@between(Cauchy)
def _cauchy(p: Any, q: Any) -> Tensor:
    """Chyzak and Nielsen (2019)."""
    return ((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log() - (4 * p.scale * q.scale).log()


@between(ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Tensor:
    own = log_norm(p) + (-p.probs).log1p()
    return p.mean * (p.logits - q.logits) + own - log_norm(q) - (-q.probs).log1p()


@between(Dirichlet)
def _dirichlet(p: Any, q: Any) -> Tensor:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    betas = total.lgamma() - b.sum(-1).lgamma() - (a.lgamma() - b.lgamma()).sum(-1)
    return betas + ((a - b) * (a.digamma() - total.digamma().unsqueeze(-1))).sum(-1)


@between(Exponential)
def _exponential(p: Any, q: Any) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@between(ExponentialFamily)
def _exponential_family(p: Any, q: Any) -> Tensor:
    """The Bregman divergence of the log normalizer."""
    if type(p) is not type(q):
        raise NotDefined(
            "The cross KL-divergence between different exponential families cannot be computed "
            "using Bregman divergences"
        )
    params, normalizer, slopes = normalizer_and_slopes(p)
    others, dims = q._natural_params, max(len(p._batch_shape), len(q._batch_shape))
    result = q._log_normalizer(*others) - normalizer
    for param, other, slope in zip(params, others, slopes):
        term = (other - param) * slope
        result = result - sum_rightmost(term, term.ndim - dims)
    return result


@between(Gamma)
def _gamma(p: Any, q: Any) -> Tensor:
    a, b = p.concentration, q.concentration
    rates = b * (p.rate / q.rate).log() + (q.rate - p.rate) * (a / p.rate)
    return rates + b.lgamma() - a.lgamma() + (a - b) * a.digamma()


@between(Geometric)
def _geometric(p: Any, q: Any) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@between(Gumbel)
def _gumbel(p: Any, q: Any) -> Tensor:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc) / q.scale
    tail = (-apart + (1 + ratio).lgamma()).exp()
    return -ratio.log() + apart + ratio * euler_constant + tail - (1 + euler_constant)


@between(Laplace)
def _laplace(p: Any, q: Any) -> Tensor:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + apart / q.scale + ratio * (-apart / p.scale).exp() - 1


@between(Normal)
def _normal(p: Any, q: Any) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@between(HalfNormal)
def _half_normal(p: Any, q: Any) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@between(Pareto)
def _pareto(p: Any, q: Any) -> Tensor:
    """Gil (2011)."""
    ratio = q.alpha / p.alpha
    found = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return where(p.scale < q.scale, math.inf, found)


@between(Poisson)
def _poisson(p: Any, q: Any) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@between(Uniform)
def _uniform(p: Any, q: Any) -> Tensor:
    found = ((q.high - q.low) / (p.high - p.low)).log()
    return where((q.low > p.low) | (q.high < p.high), math.inf, found)


# -- of several dims --------------------------------------------------------------------------


def _same_event(p: Any, q: Any, what: str) -> int:
    if p._event_shape != q._event_shape:
        raise ValueProblem(
            f"KL-divergence between two {what}s with different event shapes cannot be computed"
        )
    n: int = p._event_shape[0]
    return n


@between(MultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Tensor:
    n = _same_event(p, q, "Multivariate Normal")
    traces = squares(solved(q._factor, p._factor))
    apart = mahalanobis(q._factor, q.loc - p.loc)
    return log_diagonal(q._factor) - log_diagonal(p._factor) + 0.5 * (traces + apart - n)


@between(LowRankMultivariateNormal)
def _low_rank(p: Any, q: Any) -> Tensor:
    n = _same_event(p, q, "Low Rank Multivariate Normal")
    rows, over = low_rank_rows(q), q._diagonal.rsqrt().unsqueeze(-1)
    traces = (
        (p._diagonal / q._diagonal).sum(-1)
        + squares(p._factor * over)
        - squares(rows * p._diagonal.sqrt().unsqueeze(-2))
        - squares(rows @ p._factor)
    )
    apart = low_rank_mahalanobis(q, q.loc - p.loc)
    return 0.5 * (low_rank_log_det(q) - low_rank_log_det(p) + traces + apart - n)


@between(MultivariateNormal, LowRankMultivariateNormal)
def _full_and_low_rank(p: Any, q: Any) -> Tensor:
    n = _same_event(p, q, "(Low Rank) Multivariate Normal")
    over = q._diagonal.rsqrt().unsqueeze(-1)
    traces = squares(p._factor * over) - squares(low_rank_rows(q) @ p._factor)
    apart = low_rank_mahalanobis(q, q.loc - p.loc)
    return 0.5 * (low_rank_log_det(q) - 2 * log_diagonal(p._factor) + traces + apart - n)


@between(LowRankMultivariateNormal, MultivariateNormal)
def _low_rank_and_full(p: Any, q: Any) -> Tensor:
    n = _same_event(p, q, "(Low Rank) Multivariate Normal")
    traces = squares(solved(q._factor, p._factor)) + squares(
        solved(q._factor, p._diagonal.sqrt().diag_embed())
    )
    apart = mahalanobis(q._factor, q.loc - p.loc)
    return 0.5 * (2 * log_diagonal(q._factor) - low_rank_log_det(p) + traces + apart - n)
