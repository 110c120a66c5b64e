"""Special functions, from SciPy (or CuPy's copy of it)."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from tcalc.errors import AutogradError, StateError
from tcalc.runtime.arrays.backend import of_module
from tcalc.runtime.arrays.numbers import at_least, number
from tcalc.runtime.base.forms import FUNCTION
from tcalc.runtime.base.op import FLOAT, Array
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import elementwise, kernel
from tcalc.runtime.ops.elementwise.exponential import log
from tcalc.runtime.ops.elementwise.unary import INF, on_number, unary
from tcalc.runtime.types.codes import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor


def module(xp: ModuleType) -> Array:
    """The special functions that work on the device's arrays."""
    return of_module(xp).special()


@cache
def _function(xp: ModuleType, name: str) -> Callable[..., Array]:
    from tcalc.runtime.arrays.parts import over_threads

    found = getattr(module(xp), name, None)
    if found is None:  # the device's own package lacks it
        from scipy import special

        return of_module(xp).adopt(getattr(special, name))
    return over_threads(found) if getattr(found, "nout", 1) == 1 else found


def scipys(name: str) -> Callable[[ModuleType, Array], Array]:
    """A kernel that is SciPy's function, the first result of several, in the dtype of its input."""

    def kernel(xp: ModuleType, input: Array) -> Array:
        found = _function(xp, name)(input)
        return (found[0] if type(found) is tuple else found).astype(input.dtype, copy=False)

    return kernel


def _names(name: str, *aliases: str) -> tuple[str, ...]:
    spellings = (name, *aliases)
    return (
        tuple(f"torch.{n}" for n in spellings)
        + tuple(f"Tensor.{n}" for n in spellings)
        + tuple(f"torch.special.{n}" for n in spellings)
    )


erf = unary(
    "erf", "The error function.",
    scipys("erf"),
    vjp=lambda g, input: g * (input * input * -1.0).exp() * (2 / math.sqrt(math.pi)),
    scalar=math.erf, names=_names("erf"), only="bif",
    example=("[0., 1.]", "tensor([0.0000, 0.8427])"),
    installed=True,
)  # fmt: skip
erfc = unary(
    "erfc", "1 - erf(input), exact where that is near 0.",
    scipys("erfc"),
    vjp=lambda g, input: g * (input * input * -1.0).exp() * (-2 / math.sqrt(math.pi)),
    scalar=math.erfc, names=_names("erfc"), only="bif",
    example=("[0., 1.]", "tensor([1.0000, 0.1573])"),
)  # fmt: skip
_erfinv = scipys("erfinv")
# SciPy's loses the sign of -0.
erfinv = unary(
    "erfinv", "The inverse of the error function; inf at 1, nan beyond.",
    lambda xp, input: xp.copysign(_erfinv(xp, input), input),
    vjp=lambda g, input: g * input.erfinv().square().exp() * (math.sqrt(math.pi) / 2),
    names=_names("erfinv"), only="bif", domain=(-1, 1),
    example=("[0., 0.5]", "tensor([0.0000, 0.4769])"),
)  # fmt: skip


def _lgamma(xp: ModuleType, input: Array) -> Array:
    # SciPy's at -inf is -inf, below this inf.
    input = at_least(xp, input, number(-3e38, input))
    found = _function(xp, "gammaln")(input).astype(input.dtype, copy=False)
    if input.dtype == xp.float64:
        # Of subnormal numbers it is inf.
        least = xp.abs(input)
        is_least = (least < 2.0**-1022) & (least > 0)
        if is_least.any():
            found = xp.where(is_least, -xp.log(xp.where(is_least, least, 1)), found)
    return found


lgamma = unary(
    "lgamma", "The logarithm of the magnitude of the gamma function.",
    _lgamma,
    vjp=lambda g, input: g * input.digamma(),
    scalar=on_number(math.lgamma, {0: INF}), names=(*_names("lgamma"), "torch.special.gammaln"), only="bif",
    domain=(0, None),
    example=("[1., 5.]", "tensor([0.0000, 3.1781])"),
)  # fmt: skip


def _digamma(xp: ModuleType, input: Array) -> Array:
    values = _function(xp, "psi")(input).astype(input.dtype, copy=False)
    return xp.where(input == 0, xp.copysign(xp.asarray(INF, input.dtype), -input), values)


digamma = unary(
    "digamma", "The derivative of lgamma.",
    _digamma,
    vjp=lambda g, input: g * input.polygamma(1),
    names=(*_names("digamma"), "torch.special.psi"), only="bif", domain=(0, None),
    example=("[1., 5.]", "tensor([-0.5772,  1.5061])"),
)  # fmt: skip
i0 = unary(
    "i0", "The modified Bessel function of the first kind, order 0.",
    scipys("i0"),
    vjp=lambda g, input: g * _i1(input),
    names=_names("i0"), only="bif",
    example=("[0., 1.]", "tensor([1.0000, 1.2661])"),
)  # fmt: skip
i1 = unary(
    "i1", "The modified Bessel function of the first kind, order 1.",
    scipys("i1"),
    vjp=lambda g, input, out: g * _next_to_0(input, lambda x: i0(x) - out / x),
    names=("torch.special.i1",), inplace=False,
    example=("[0., 1.]", "tensor([0.0000, 0.5652])"),
)  # fmt: skip


def _next_to_0(input: Tensor, slope: Callable[[Tensor], Tensor]) -> Tensor:
    """A slope of i1 or i1e: 1/2 where the input has no digit beside 1 (and, as PyTorch's, of nan)."""
    from tcalc.runtime.ops.elementwise.selection import select

    is_apart = input.abs() > input.dtype.eps
    return select(is_apart, slope(select(is_apart, input, 1.0)), 0.5)


def _i1(input: Tensor) -> Tensor:
    return i1(input)


def _i1e(input: Tensor) -> Tensor:
    return i1e(input)


i0e = unary(
    "i0e", "i0 scaled by exp(-|input|).",
    scipys("i0e"),
    vjp=lambda g, input, out: g * (_i1e(input) - input.sign() * out),
    names=("torch.special.i0e",), inplace=False,
    example=("[0., 1.]", "tensor([1.0000, 0.4658])"),
)  # fmt: skip
i1e = unary(
    "i1e", "i1 scaled by exp(-|input|).",
    scipys("i1e"),
    vjp=lambda g, input, out: g * _next_to_0(input, lambda x: i0e(x) - out * x.sign() - out / x),
    names=("torch.special.i1e",), inplace=False,
    example=("[0., 1.]", "tensor([0.0000, 0.2079])"),
)  # fmt: skip
entr = unary(
    "entr", "-input * log(input); 0 at 0, -inf below.",
    scipys("entr"),
    vjp=lambda g, input: g * (-input.log() - 1),
    names=("torch.special.entr",), inplace=False, domain=(0, None),
    example=("[0., 0.5]", "tensor([0.0000, 0.3466])"),
)  # fmt: skip
ndtr = unary(
    "ndtr", "The normal distribution function.",
    scipys("ndtr"),
    vjp=lambda g, input: g * (input * input * -0.5).exp() * (1 / math.sqrt(2 * math.pi)),
    names=("torch.special.ndtr",), inplace=False,
    example=("[0., 1.]", "tensor([0.5000, 0.8413])"),
)  # fmt: skip
ndtri = unary(
    "ndtri", "The inverse of the normal distribution function.",
    scipys("ndtri"),
    vjp=lambda g, out: g * (out * out * 0.5).exp() * math.sqrt(2 * math.pi),
    names=("torch.special.ndtri",), inplace=False, domain=(0, 1),
    example=("[0.5, 0.9]", "tensor([0.0000, 1.2816])"),
)  # fmt: skip
log_ndtr = unary(
    "log_ndtr", "The logarithm of the normal distribution function.",
    scipys("log_ndtr"),
    vjp=lambda g, input, out: g * (input * input * -0.5 - out).exp() / math.sqrt(2 * math.pi),
    names=("torch.special.log_ndtr",), inplace=False,
    example=("[0., 1.]", "tensor([-0.6931, -0.1728])"),
)  # fmt: skip


@elementwise(dtype=FLOAT, inplace=FUNCTION, names=_names("logit"), domain=(0, 1))
def logit(xp: ModuleType, input: Array, eps: float | None = None) -> Array:
    """log(input / (1 - input)); `eps` keeps the input between eps and 1 - eps.

    >>> logit(tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    if eps is not None:
        input = xp.clip(input, eps, 1 - eps)
    return log.kernel(xp, input / (1 - input))


def _logit_slope(g: Tensor, input: Tensor, eps: float | None) -> Tensor:
    from tcalc.runtime.ops.elementwise.selection import select

    slope = g / (input * (1 - input))
    if eps is None:
        return select((input >= 0) & (input <= 1), slope, math.nan)
    return select((input >= eps) & (input <= 1 - eps), slope, 0.0)


logit.vjp(input=_logit_slope)


# Further below 0 the terms of zeta are taken together: SciPy adds one for each whole number on the way.
_FAR_BELOW = -30.0


def _zeta(xp: ModuleType, s: Array, q: Array) -> Array:
    """Hurwitz's zeta function of two arrays of one dtype."""
    zeta = module(xp).zeta
    far = (q < _FAR_BELOW) & xp.isfinite(q) & (s > 1) & (s == xp.floor(s))
    if not far.any():
        return zeta(s, q)
    below = xp.where(far, q, _FAR_BELOW).astype(xp.float64)
    part = below - xp.floor(below)
    sign = xp.where(s % 2 == 0, 1.0, -1.0)
    # The sum over whole numbers on both sides of 0, without those below q.
    found = zeta(s, part) + sign * zeta(s, 1 - part) - sign * zeta(s, 1 - below)
    return xp.where(far, found, zeta(s, xp.where(far, 1, q)))


@kernel(only="bifu", names=("Tensor.polygamma",), name="polygamma", inplace=True, domain=(0, None),
        samples=lambda: [(([0.5, 1.5, 2.5], 1), {})])  # fmt: skip
def _polygamma(xp: ModuleType, input: Array, n: int) -> Array:
    """The n-th derivative of digamma; n is 0 or more.

    >>> tensor([1., 2.]).polygamma(1)
    tensor([1.6449, 0.6449])
    """
    if n < 0:
        raise StateError("polygamma(n, x) does not support negative n.", argument="n",
                         hint="n counts derivatives of digamma: 0 is digamma itself")  # fmt: skip
    if input.dtype.char in EXACT:
        input = input.astype(xp.float32)
    if n == 0:
        return module(xp).psi(input)
    terms = _zeta(xp, xp.asarray(n + 1.0), input.astype(xp.float64))
    found = ((-1.0) ** (n + 1) * module(xp).gamma(n + 1.0) * terms).astype(input.dtype)
    if n != 1:
        return found
    # At a pole of the first PyTorch has what rounding leaves of sin(pi x).
    pole = (input < 0) & xp.isinf(found)
    pi = input.dtype.type(math.pi)
    sine = xp.sin(pi * xp.where(pole, input, -1).astype(input.dtype))
    return xp.where(pole, pi * pi / (sine * sine), found)


_polygamma.vjp(input=lambda g, input, n: g * input.polygamma(n + 1))


@kernel(only="bifu", names=("torch.polygamma", "torch.special.polygamma"), domain=(0, None),
        samples=lambda: [((1, [0.5, 1.5, 2.5]), {})])  # fmt: skip
def polygamma(xp: ModuleType, n: int, input: Array) -> Array:
    """The n-th derivative of digamma; n is 0 or more.

    >>> polygamma(1, tensor([1., 2.]))
    tensor([1.6449, 0.6449])
    """
    found: Array = _polygamma.kernel(xp, input, n)
    return found


polygamma.outs = CAST


polygamma.vjp(input=lambda g, n, input: g * input.polygamma(n + 1))


@elementwise(dtype=FLOAT, names=("torch.special.xlog1py",))
def xlog1py(xp: ModuleType, input: Array, other: Array) -> Array:
    """input * log1p(other), and 0 where input is 0 (unless other is nan).

    >>> special.xlog1py(tensor([2.]), tensor([1.]))
    tensor([1.3863])
    """
    product = input * xp.log1p(other)
    return xp.where((input == 0) & ~xp.isnan(other), 0, product).astype(product.dtype)


def _times_log1p(g: Tensor, input: Any, other: Tensor) -> Tensor:
    from tcalc.runtime.ops.elementwise.selection import select

    return select((input == 0) & (other <= -1), 0.0, xlog1py(g, other))


xlog1py.vjp(
    input=_times_log1p,
    other=lambda g, input, other: g * (input / (other + 1)),
)


def _no_derivative(name: str) -> NoReturn:
    raise AutogradError(f"the derivative for '{name}: input' is not implemented")


@elementwise(dtype=FLOAT, names=("torch.special.zeta",), domain=(1.5, 4.0))
def zeta(xp: ModuleType, input: Array, other: Array) -> Array:
    """The Hurwitz zeta function. It has no gradient by `input`.

    >>> special.zeta(tensor([2.]), tensor([1.]))
    tensor([1.6449])
    """
    return _zeta(xp, input, other).astype(input.dtype)


zeta.vjp(
    input=lambda g: _no_derivative("zeta"),
    other=lambda g, input, other: g * (-input) * zeta(input + 1, other),
)


def _two(name: str, alias: str, doc: str, args: str, shown: str) -> DefinedOp:
    at_0 = 0 if name == "gammainc" else 1

    def kernel(xp: ModuleType, input: Array, other: Array) -> Array:
        found = getattr(module(xp), name)(input, other).astype(input.dtype)
        # Of nan SciPy's is nan, PyTorch's at 0 and infinity what it is of any other number.
        is_end = xp.isnan(input) & ((other == 0) | (other == INF))
        end = xp.where(other == 0, at_0, 1 - at_0).astype(input.dtype)
        return xp.where(is_end, end, found)

    kernel.__name__ = name
    kernel.__doc__ = f"""{doc}

    Shapes broadcast; integers give the default dtype. It has no gradient by `input`.

    >>> special.{name}({args})
    {shown}
    """
    names = (f"torch.special.{name}", f"torch.{alias}", f"Tensor.{alias}")
    op = elementwise(dtype=FLOAT, inplace=True, names=names)(kernel)
    sign = 1 if name == "gammainc" else -1
    op.vjp(
        input=lambda g: _no_derivative(name),
        other=lambda g, input, other: (
            g * sign * ((input - 1) * other.log() - other - input.lgamma()).exp()
        ),
    )
    return op


gammainc = _two("gammainc", "igamma", "The regularised lower incomplete gamma function.",
                "tensor([2.]), tensor([1.])", "tensor([0.2642])")  # fmt: skip
gammaincc = _two("gammaincc", "igammac", "The regularised upper incomplete gamma function.",
                 "tensor([2.]), tensor([1.])", "tensor([0.7358])")  # fmt: skip


for _op in (erf, erfinv):
    _op.keeps_zero = True


# -- batches ----------------------------------------------------------------------------------

for _op in (polygamma, _polygamma):
    _op.batch = leading
