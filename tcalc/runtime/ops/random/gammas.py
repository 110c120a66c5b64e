"""Gamma and Dirichlet distributed numbers, with gradients along the paths of what was drawn.

The gradients are those of the numbers by their parameters where the chance of a smaller number
stays: -(d cdf / d parameter) / pdf. They have no closed form; as in PyTorch, they are series and
fits of four digits, one for each region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tcalc.errors import AutogradError
from tcalc.runtime.base.op import FLOAT, Array, Generator
from tcalc.runtime.call.batching import draws
from tcalc.runtime.call.define import elementwise, kernel
from tcalc.runtime.ops.elementwise.special import module
from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.drawing import drawn_like, on_host

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

# The fit of log(d x / d alpha): by power of log(x / alpha) the coefficients of a numerator in
# log(alpha), then those of a denominator.
_GAMMA_FIT = (
    ((0.16009398, -0.094634809, 0.025146376, -0.0030648343),
     (0.53487893, 0.1298071, 0.065735949, -0.0015649758),
     (0.040121004, -0.0065914022, -0.0026286047, -0.0013441777)),
    ((1, 0.32668115, 0.10406089, 0.0014179084),
     (0.16639465, 0.020070113, -0.0035938915, -0.00058392623),
     (0.017050642, -0.0021309326, 0.00085092367, -1.5247877e-07)),
)  # fmt: skip
# The same of the factor by which (psi(total) - psi(alpha)) x / beta is mended: by powers of
# log(x) and of log(alpha / x), in log(total x / alpha).
_BETA_FIT = (
    (((1.003668233, -0.01061107488, -0.0657888334, 0.01201642863),
      (0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033),
      (-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013)),
     ((0.221950385, -0.3187676331, 0.01799915743, 0.01074823814),
      (-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057),
      (0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05)),
     ((-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565),
      (0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181),
      (0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05))),
    (((1, -0.02924021934, -0.04438342661, 0.007285809825),
      (0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521),
      (-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149)),
     ((0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273),
      (0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956),
      (-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05)),
     ((0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05),
      (0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05),
      (-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06))),
)  # fmt: skip
# Why the registry's checks pass by all of them.
_TRIED = {"samples": "drawn by distributions, and tried with them"}


@kernel(names=(), node_name="StandardGammaBackward0", upcast_halves=False, long=0, exempt=_TRIED)
def standard_gamma(xp: ModuleType, input: Array, generator: Generator | None = None) -> Array:
    """Gamma distributed numbers of given shape parameters and rate 1."""
    shapes = on_host(input)
    return drawn_like(input, input.shape, generator,
                      lambda a, g: a.__setitem__(..., sampling.standard_gamma(shapes, g)))  # fmt: skip


@kernel(names=(), node_name="SampleDirichletBackward0", upcast_halves=False, long=0, exempt=_TRIED)
def sample_dirichlet(xp: ModuleType, input: Array, generator: Generator | None = None) -> Array:
    """Points of a simplex by their concentrations: (*, n) → (*, n)."""
    concentration = on_host(input)
    return drawn_like(input, input.shape, generator,
                      lambda a, g: a.__setitem__(..., sampling.dirichlet(concentration, g)))  # fmt: skip


@elementwise(dtype=FLOAT, names=(), exempt=_TRIED)
def standard_gamma_grad(xp: ModuleType, concentration: Array, sample: Array) -> Array:
    """The derivative of gamma distributed numbers by their shape parameter."""
    a, x = concentration.astype(xp.float64), sample.astype(xp.float64)
    u, v = xp.log(x / a), xp.log(a)
    powers = (1, u, u * u)
    above, below = (_sum(xp, [p * _polynomial(v, c) for p, c in zip(powers, row)])
                    for row in _GAMMA_FIT)  # fmt: skip
    found = xp.where(a > 8, _gamma_large(xp, a, x), xp.exp(above / below))
    found = xp.where(x < 0.8, _gamma_small(xp, a, x), found)
    return found.astype(concentration.dtype)


@elementwise(dtype=FLOAT, names=(), exempt=_TRIED)
def dirichlet_grad(xp: ModuleType, sample: Array, concentration: Array, total: Array) -> Array:
    """The derivative of shares by their own concentration, over what is left of the whole."""
    x, a, t = (v.astype(xp.float64) for v in (sample, concentration, total))
    b = t - a
    edge = t * x * (1 - x)
    found = xp.where((a > 6) & (b > 6), _beta_large(xp, a, b, x), _beta_fit(xp, a, t, x))
    found = xp.where((x >= 0.5) & (edge < 0.75), -_beta_near_one(xp, a, b, x), found)
    found = xp.where((x <= 0.5) & (edge < 2.5), _beta_near_zero(xp, a, b, x), found)
    return found.astype(sample.dtype)


def _dirichlet_slope(g: Tensor, input: Tensor, out: Tensor) -> Tensor:
    """More of one share takes from the others in proportion to them."""
    total = input.sum(-1, True).expand_as(input)
    return dirichlet_grad(out, input, total) * (g - (out * g).sum(-1, True))


def _no_derivative(name: str) -> NoReturn:
    raise AutogradError(f"derivative for aten::{name} is not implemented")


standard_gamma.vjp(input=lambda g, input, out: g * standard_gamma_grad(input, out))
sample_dirichlet.vjp(input=_dirichlet_slope)
standard_gamma_grad.vjp(
    concentration=lambda g: _no_derivative("_standard_gamma_grad"),
    sample=lambda g: _no_derivative("_standard_gamma_grad"),
)
dirichlet_grad.vjp(
    sample=lambda g: _no_derivative("_dirichlet_grad"),
    concentration=lambda g: _no_derivative("_dirichlet_grad"),
    total=lambda g: _no_derivative("_dirichlet_grad"),
)

for _op in (standard_gamma, sample_dirichlet):
    _op.batch = draws


# -- region by region -------------------------------------------------------------------------


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Its value at x, by Horner's rule; the coefficients begin with the constant."""
    value: Any = 0.0
    for c in reversed(coefficients):
        value = c + x * value
    return value


def _sum(xp: ModuleType, terms: list[Array]) -> Array:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _defined(xp: ModuleType, values: Array) -> Array:
    """0 where there is no number."""
    return xp.where(xp.isnan(values), 0.0, values)


def _gamma_small(xp: ModuleType, a: Array, x: Array) -> Array:
    """For small x: six terms of the series of the lower incomplete gamma function."""
    term: Any = 1.0
    first, second = 1 / a, 1 / (a * a)
    for i in range(1, 6):
        term = term * (-x / i)
        first = first + term / (a + i)
        second = second + term / ((a + i) * (a + i))
    power = x**a
    by_a = (xp.log(x) - module(xp).psi(a)) * power * first - power * second
    return _defined(xp, -by_a / (x ** (a - 1) * xp.exp(-x)))


def _gamma_large(xp: ModuleType, a: Array, x: Array) -> Array:
    """For large shape parameters: Rice's expansion around the saddle, and its limit close to it."""
    limit = (
        (1 + 24 * a * (1 + 12 * a))
        * (1440 * a * a + 6 * x * (53 - 120 * x) - 65 * x * x / a + a * (107 + 3600 * x))
        / (1244160 * (a * a) * (a * a))
    )
    width = xp.sqrt(8 * a)
    log_ratio = xp.log(x / a)
    bend = (x - a - a * log_ratio) ** -1.5
    term = width / (a - x) + xp.where(x < a, -bend, bend)
    term = log_ratio * term - xp.sqrt(2 / a) * (a + x) / ((a - x) * (a - x))
    stirling = 1 + 1 / (12 * a) * (1 + 1 / (24 * a))
    near = (0.9 * a <= x) & (x <= 1.1 * a)
    return xp.where(near, limit, -stirling * x * term / width)


def _beta_near_zero(xp: ModuleType, a: Array, b: Array, x: Array) -> Array:
    """For x near 0: eleven terms of the series in it."""
    factor = module(xp).psi(a) - module(xp).psi(a + b) - xp.log(x)
    term: Any = 1.0
    series = 1 / a * (factor + 1 / a)
    for i in range(1, 11):
        term = term * ((i - b) * x / i)
        series = series + term / (a + i) * (factor + 1 / (a + i))
    return _defined(xp, x * (1 - x) ** -b * series)


def _beta_near_one(xp: ModuleType, a: Array, b: Array, x: Array) -> Array:
    """For x near 1: nine terms of the series in 1 - x, of which b is the concentration."""
    rest = 1 - x
    factor = module(xp).psi(a + b) - module(xp).psi(a)
    term: Any = 1.0
    product: Any = 1.0
    slope: Any = 0.0
    series = factor / b
    for i in range(1, 9):
        term = term * (-rest / i)
        slope = slope * (a - i) + product
        product = product * (a - i)
        series = series + term / (b + i) * (slope + factor * product)
    return _defined(xp, -((1 - rest) ** (1 - a)) * series)


def _beta_large(xp: ModuleType, a: Array, b: Array, x: Array) -> Array:
    """For two large concentrations: Rice's expansion around the saddle, and its limit there."""
    total = a + b
    mean = a / total
    near = abs(x - mean) <= 0.1 * (xp.sqrt(a * b / (total + 1)) / total)
    inner = (453 + 1620 * b * (1 - x) - 455 * x) * b + a * (8 * (1 - x) * (135 * b - 11))
    inner = 3 * (59 + 180 * b - 90 * x) * (b * b) + a * inner
    inner = (43 + 20 * (16 + 27 * b) * x) * (b * b) * b + a * inner
    inner = 47 * x * (b * b) * (b * b) + a * inner
    limit = (
        (1 + 12 * a) * (1 + 12 * b) / (total * total) / (1 - x) * inner
        / (12960 * a * a * a * b * b * (1 + 12 * total))
    )  # fmt: skip

    def stirling(n: Array) -> Array:
        return 1 + 1 / (12 * n) + 1 / (288 * n * n)

    off = a * (x - 1) + b * x
    first = (2 * (a * a) * (x - 1) + a * b * (x - 1) - x * (b * b)) / (
        xp.sqrt(2 * a / b) * total**1.5 * off * off
    )
    bend = (b * xp.log(b / (total * (1 - x))) + a * xp.log(a / (total * x))) ** -1.5
    second = xp.sqrt(8 * a * b / total) / off + xp.where(x < mean, bend, -bend)
    sum_ = first + 0.5 * xp.log(a / (total * x)) * second
    scale = stirling(a) * stirling(b) / stirling(total) * -x / xp.sqrt(2 * a * b / total)
    return xp.where(near, limit, scale * sum_)


def _beta_fit(xp: ModuleType, a: Array, total: Array, x: Array) -> Array:
    """Elsewhere: a ratio of polynomials times what it would be by the logarithm's mean."""
    u = xp.log(x)
    v = xp.log(a) - u
    w = xp.log(total) - v
    powers = [(1, u, u * u), (1, v, v * v)]
    above, below = (
        _sum(xp, [p * q * _polynomial(w, c) for p, row in zip(powers[0], rows)
                  for q, c in zip(powers[1], row)])
        for rows in _BETA_FIT
    )  # fmt: skip
    rough = x * (module(xp).psi(total) - module(xp).psi(a)) / (total - a)
    return above / below * rough
