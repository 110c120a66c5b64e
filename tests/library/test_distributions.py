"""Distributions agree with themselves: draws, densities, moments, entropies, divergences, gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.library.distributions import cross_divergences, divergences
from tcalc.runtime.base.registry import lookup, names
from tcalc.runtime.ops.random.gammas import dirichlet_grad, standard_gamma_grad
from tcalc.session import Session

tensor, manual_seed = lookup("torch.tensor"), lookup("torch.manual_seed")
float64 = lookup("torch.float64")


def of(name: str) -> Any:
    return lookup(f"torch.distributions.{name}")


def t(*numbers: float) -> Any:
    return tensor(numbers, dtype=float64)


# Of numbers, with the range in which nearly all of what they draw lies.
CONTINUOUS: dict[str, tuple[Callable[[], Any], float, float]] = {
    "Normal": (lambda: of("Normal")(t(0.3), t(0.7)), -6, 6),
    "LogNormal": (lambda: of("LogNormal")(t(0.3), t(0.4)), 1e-6, 15),
    "HalfNormal": (lambda: of("HalfNormal")(t(0.7)), 0, 7),
    "Laplace": (lambda: of("Laplace")(t(0.3), t(0.4)), -12, 12),
    "Gumbel": (lambda: of("Gumbel")(t(0.3), t(0.4)), -1.5, 12),
    "Uniform": (lambda: of("Uniform")(t(-0.5), t(1.5)), -0.5, 1.5),
    "Exponential": (lambda: of("Exponential")(t(1.5)), 0, 20),
    "Weibull": (lambda: of("Weibull")(t(1.5), t(2.5)), 1e-9, 8),
    "Gamma": (lambda: of("Gamma")(t(2.5), t(1.5)), 1e-9, 25),
    "Chi2": (lambda: of("Chi2")(t(5.0)), 1e-9, 60),
    "InverseGamma": (lambda: of("InverseGamma")(t(8.0), t(3.0)), 0.02, 30),
    "FisherSnedecor": (lambda: of("FisherSnedecor")(t(6.0), t(40.0)), 1e-9, 40),
    "StudentT": (lambda: of("StudentT")(t(30.0), t(0.3), t(0.5)), -8, 8),
    "Beta": (lambda: of("Beta")(t(2.5), t(3.5)), 1e-9, 1 - 1e-9),
    "Kumaraswamy": (lambda: of("Kumaraswamy")(t(2.5), t(3.5)), 1e-9, 1 - 1e-9),
    "GeneralizedPareto": (lambda: of("GeneralizedPareto")(t(0.5), t(0.4), t(-0.2)), 0.5, 2.5),
    "ContinuousBernoulli": (lambda: of("ContinuousBernoulli")(t(0.2)), 0, 1),
}
COUNTS = {
    "Bernoulli": lambda: of("Bernoulli")(t(0.3)),
    "Binomial": lambda: of("Binomial")(t(6.0), t(0.3)),
    "Geometric": lambda: of("Geometric")(t(0.3)),
    "NegativeBinomial": lambda: of("NegativeBinomial")(t(2.5), t(0.3)),
    "Poisson": lambda: of("Poisson")(t(2.5)),
}
VECTORS = {
    "Dirichlet": lambda: of("Dirichlet")(t(0.7, 2.0, 3.5)),
    "Multinomial": lambda: of("Multinomial")(5, t(0.2, 0.5, 0.3)),
    "OneHotCategorical": lambda: of("OneHotCategorical")(t(0.2, 0.5, 0.3)),
    "MultivariateNormal": lambda: of("MultivariateNormal")(
        t(0.5, -1.0), tensor([[2.0, 0.5], [0.5, 1.0]], dtype=float64)
    ),
    "LowRankMultivariateNormal": lambda: of("LowRankMultivariateNormal")(
        t(0.5, -1.0), tensor([[2.0], [0.5]], dtype=float64), t(0.5, 1.0)
    ),
    "Wishart": lambda: of("Wishart")(t(5.0)[0], tensor([[2.0, 0.5], [0.5, 1.0]], dtype=float64)),
    "Independent": lambda: of("Independent")(of("Gamma")(t(2.0, 3.0), t(1.0, 2.0)), 1),
    "MixtureSameFamily": lambda: of("MixtureSameFamily")(
        of("Categorical")(t(0.2, 0.8)), of("Normal")(t(-1.0, 2.0), t(0.5, 1.0))
    ),
}


def grid(name: str) -> tuple[Any, Any, np.ndarray[Any, Any], float]:
    """A distribution, places close to each other, its density there and the width between them."""
    make, low, high = CONTINUOUS[name]
    d = make()
    places = np.linspace(low, high, 40001)
    x = tensor(places, dtype=float64)
    density = np.exp(d.log_prob(x).array)
    return d, x, density, (high - low) / 40000


def total(values: Any, width: float) -> float:
    return float(np.trapezoid(np.nan_to_num(values), dx=width))


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_density_adds_up(name: str) -> None:
    d, x, density, width = grid(name)
    places = x.array
    mean = total(density * places, width)
    assert total(density, width) == pytest.approx(1, abs=2e-4)
    assert float(d.mean) == pytest.approx(mean, abs=1e-3)
    assert float(d.variance) == pytest.approx(
        total(density * (places - mean) ** 2, width), abs=5e-3
    )
    with np.errstate(all="ignore"):
        surprise = -density * np.log(density)
    try:
        entropy = float(d.entropy())
    except NotImplementedError:
        return
    assert entropy == pytest.approx(total(surprise, width), abs=2e-3)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_cdf_is_the_density_added_up(name: str) -> None:
    d, x, density, width = grid(name)
    try:
        cdf = d.cdf(x).array
    except NotImplementedError:
        return
    summed = np.cumsum(np.nan_to_num(density, posinf=0)) * width
    assert np.abs(cdf - cdf[0] - summed).max() < 2e-3
    try:
        q = t(0.1, 0.5, 0.9)
        assert np.allclose(d.cdf(d.icdf(q)).array, q.array, atol=1e-6)
    except NotImplementedError:
        return


@pytest.mark.parametrize("name", [*CONTINUOUS, *COUNTS, *VECTORS])
def test_draws_have_the_moments(name: str) -> None:
    made = CONTINUOUS[name][0] if name in CONTINUOUS else (COUNTS | VECTORS)[name]
    d: Any = made()
    manual_seed(3)
    drawn = d.sample((4000,)).array
    deviation = np.sqrt(d.variance.array)
    # Seven deviations of a mean, and of a variance where the tails are not heavier than these.
    assert (np.abs(drawn.mean(0) - d.mean.array) <= 7 * deviation / math.sqrt(4000)).all()
    assert np.allclose(drawn.var(0), d.variance.array, rtol=0.35)
    d.log_prob(d.sample((3,)))  # is within the support


@pytest.mark.parametrize("name", COUNTS)
def test_the_probabilities_add_up(name: str) -> None:
    d = COUNTS[name]()
    counts = d.enumerate_support()[:, 0] if d.has_enumerate_support else tensor(list(range(80)))
    chances = np.exp(d.log_prob(counts.double()).array)
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    assert (chances * counts.array).sum() == pytest.approx(float(d.mean), abs=1e-8)


# -- divergences ------------------------------------------------------------------------------


def other(kind: type) -> Any:
    """Another distribution of the kind."""
    two = {
        "Normal": (0.6, 1.1), "Laplace": (0.2, 0.9), "Gumbel": (0.1, 0.9), "Beta": (1.5, 2.0),
        "Gamma": (1.5, 1.0), "Uniform": (-1.0, 30.0), "Exponential": (0.8,), "HalfNormal": (1.2,),
        "ContinuousBernoulli": (0.4,), "Pareto": (0.4, 1.5),
    }  # fmt: skip
    name = kind.__name__
    return None if name not in two else kind(*[t(v) for v in two[name]])


PAIRS = [
    (p, q)
    for p, q in {**divergences.FORMULAS, **cross_divergences.FORMULAS}
    if p.__name__ in CONTINUOUS and other(q) is not None
]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda kind: kind.__name__)
def test_divergences_are_the_mean_of_the_log_ratio(p: Any, q: Any) -> None:
    near, x, density, width = grid(p.__name__)
    far = other(q)
    found = float(of("kl_divergence")(near, far))
    inside, allowed = density > 1e-12, far.support.check(x).array
    if math.isinf(found):
        # What ends where the other does, PyTorch takes to go beyond.
        assert (inside & ~allowed).any() or q.__name__ in ("Uniform", "ContinuousBernoulli")
        return
    places = inside & allowed
    # Not the edges, where one of the two may be infinite.
    places &= np.append(places[1:], False) & np.append(False, places[:-1])
    log_p, log_q = (d.log_prob(x[tensor(places)]).array for d in (near, far))
    assert found == pytest.approx(float((np.exp(log_p) * (log_p - log_q)).sum() * width), abs=5e-3)


# -- gradients along paths --------------------------------------------------------------------


def test_gammas_move_with_their_shape() -> None:
    a = np.array([0.3, 0.9, 2.0, 7.0, 9.0, 40.0])
    for chance in (0.02, 0.3, 0.5, 0.9):
        step = 1e-5 * a
        ends = [scipy.special.gammaincinv(a + s, chance) for s in (step, -step)]
        x = scipy.special.gammaincinv(a, chance)
        slope = (ends[0] - ends[1]) / (2 * step)
        assert np.allclose(standard_gamma_grad(tensor(a), tensor(x)).array, slope, rtol=2e-3)


def test_shares_move_with_their_concentration() -> None:
    a, b = (v.ravel() for v in np.meshgrid([0.4, 1.5, 7.0, 30.0], [0.6, 3.0, 8.0]))
    for chance in (0.05, 0.4, 0.8):
        step = 1e-5 * a
        ends = [scipy.special.betaincinv(a + s, b, chance) for s in (step, -step)]
        x = scipy.special.betaincinv(a, b, chance)
        slope = (ends[0] - ends[1]) / (2 * step)
        found = dirichlet_grad(tensor(x), tensor(a), tensor(a + b)).array * (1 - x)
        assert np.allclose(found, slope, rtol=1e-2, atol=1e-9)


@pytest.mark.parametrize("make", ["Gamma(x, 1.)", "Dirichlet(x)"])
def test_there_is_no_second_derivative_along_a_path(make: str) -> None:
    session = Session()
    session.evaluate("x = tensor([2., 3.], requires_grad=True)")
    session.evaluate(f"s = distributions.{make}.rsample()")
    session.evaluate("g = torch.autograd.grad((s * s).sum(), x, create_graph=True)[0]")
    with pytest.raises(RuntimeError, match=r"derivative for aten::_.*_grad is not implemented"):
        session.evaluate("g.sum().backward()")


# -- transforms -------------------------------------------------------------------------------

CONSTRAINTS = (
    "real", "positive", "nonnegative", "greater_than(1.)", "greater_than_eq(1.)", "less_than(2.)",
    "unit_interval", "interval(-1., 3.)", "half_open_interval(0., 2.)", "simplex", "corr_cholesky",
    "lower_cholesky", "positive_definite", "independent(constraints.positive, 1)",
)  # fmt: skip


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_transforms_give_what_is_asked_for(constraint: str) -> None:
    session = Session()
    session.evaluate("from torch.distributions import biject_to, constraints, transform_to")
    session.evaluate(f"c = constraints.{constraint}; manual_seed(0)")
    matrices = constraint in ("lower_cholesky", "positive_definite")
    session.evaluate(f"x = randn({'3, 3' if matrices else '3'}, dtype=torch.float64)")
    session.evaluate("y = transform_to(c)(x)")
    assert session.evaluate("bool(c.check(y).all())")
    assert session.evaluate("transform_to(c)(transform_to(c).inv(y)).allclose(y)")
    if matrices:
        with pytest.raises(NotImplementedError, match="Cannot transform"):
            session.evaluate("biject_to(c)")
        return
    session.evaluate("f = biject_to(c); y = f(x)")
    assert session.evaluate("f.inv(y).allclose(x)")
    # The numbers that are free: those of a simplex but the last, those below a diagonal.
    free = {"simplex": "[:-1]", "corr_cholesky": "[tril_indices(3, 3, -1).unbind()]"}
    session.evaluate(f"j = jacobian(lambda v: f(v){free.get(constraint, '')}, x)")
    session.evaluate("found = f.log_abs_det_jacobian(x, y)")
    assert session.evaluate("found.sum().allclose(linalg.slogdet(j)[1])")


# -- what programs may do ---------------------------------------------------------------------


def test_every_name_is_there() -> None:
    there = set(names("torch.distributions"))
    assert len(there) >= 100
    for name in there:
        value = of(name)
        if isinstance(value, type) and hasattr(value, "sample"):
            assert value.__doc__


def test_a_plan_and_a_batch_give_the_same() -> None:
    session = Session()
    session.evaluate("""def f(m, s, x):
    d = distributions.Normal(m, s)
    return d.log_prob(x).sum() + distributions.kl_divergence(d, distributions.Gumbel(m, 2.)).sum()
manual_seed(0)
m, s, x = randn(3), rand(3) + 0.5, randn(3)""")
    assert session.evaluate("torch.compile(f)(m, s, x) == f(m, s, x)")
    session.evaluate("g = vmap(lambda m, s, x: f(m, s, x))(m, s, x)")
    assert session.evaluate("g.allclose(stack([f(m[i], s[i], x[i]) for i in range(3)]))")


HEAD = """import torch.distributions as D
from torch.distributions import constraints as C, transforms as T
n = D.Normal(0., 1.)
"""
MEDDLING = (
    "n.loc = 3", "del n.loc; n.mean", "n._batch_shape = 'x'", "n._parameters_",
    "D.OneHotCategorical(ones(2))._categorical", "n.expand((2,), _instance=3)", "n.icdf('x')",
    "n.log_prob([1, 'x'])", "n.sample((1.5,))", "D.Independent(n, 0).base_dist = 3",
    "d = D.TransformedDistribution(n, []); d.transforms.append(3); d.cdf(ones(()))",
    "D.Dirichlet('x')", "D.MultivariateNormal(ones(2), 'x')", "D.Wishart(3., ones(2, 3))",
    "T.TanhTransform().inv(3)", "T.StickBreakingTransform()('x')", "C.simplex.check('x')",
    "c = C.independent(C.real, 1); c.base_constraint = 3; c.event_dim",
    "c = C.cat([C.real]); c.cseq = 3; c.check(ones(2))", "D.utils.clamp_probs(ones(2).long())",
    "class A(D.Normal):\n    def __init__(self): pass\nA().sample()",
    "class A(D.Normal):\n    def __init__(self): pass\nrepr(D.Independent(A(), 0))",
    "class A(D.Distribution):\n    arg_constraints = 3\nA()",
    "class A(D.Distribution):\n    arg_constraints = {'loc': C.real}\nA()",
    "class A(D.Distribution):\n    arg_constraints = {}\n    support = 3\nA()._validate_sample(ones(()))",
    "class A(D.Distribution):\n    arg_constraints = {}\n    variance = 3\nA().stddev",
    "class A(D.OneHotCategorical):\n    def __init__(self):\n        self._categorical = 3\nA()",
    "class B(T.Transform):\n    domain = 3\n    codomain = 'x'\nD.TransformedDistribution(n, B())",
    "class B(T.Transform):\n    def _call(self, x): return 'x'\nT.ComposeTransform([B()])(ones(2))",
    "class B(T.Transform):\n    def __init__(self): pass\nB().inv(3)",
    "class K(C.Constraint):\n    event_dim = 'y'\nC.independent(K(), 1).event_dim",
    "class K(C.Constraint):\n    def check(self, v): return 'y'\nC.independent(K(), 1).check(ones(2))",
    "D.utils.lazy_property(3)", "D.transform_to.register(C.positive, 3)", "D.kl_divergence(3, n)",
)  # fmt: skip


@pytest.mark.parametrize("program", MEDDLING)
def test_meddling_is_refused_in_plain_words(program: str) -> None:
    session = Session()
    session.evaluate(HEAD)
    with pytest.raises(Exception) as raised:
        session.evaluate(program)
    assert diagnose(raised.value, session).kind != "InternalError"


def test_lazy_properties_are_kept_by_distributions_alone() -> None:
    session = Session()
    session.evaluate("""class Net(nn.Module):
    @distributions.utils.lazy_property
    def _parameters(self): return 'x'
net = Net()
net._parameters""")
    assert session.evaluate("list(net.parameters())") == []


def test_plain_numbers_and_lists_are_values() -> None:
    session = Session()
    assert session.evaluate("distributions.Normal(0, 1).cdf(0)").item() == 0.5
    assert session.evaluate("distributions.Categorical([1, 3]).log_prob(1).exp()").item() == 0.75
