"""Arithmetic and comparison: the ops behind the operators."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from tcalc.errors import DtypeError, StateError
from tcalc.runtime.arrays.numbers import as_single, product
from tcalc.runtime.base.lossparts import DIFFERENCE, SIZE, is_part
from tcalc.runtime.base.op import BOOLEAN, FLOAT, SAME, Array, Scalar
from tcalc.runtime.base.symbols import kind_of
from tcalc.runtime.call.define import elementwise
from tcalc.runtime.types.codes import BOOLS, EXACT, FLOATS, INTEGERS
from tcalc.runtime.types.dtypes import FLOATING, bool_
from tcalc.runtime.types.scalars import factor, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor


def _is_bool(value: object) -> bool:
    """Whether an operand is a bool, or a tensor or an array of them."""
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return isinstance(value, bool)
    char = getattr(dtype, "char", None)
    return dtype is bool_ if char is None else char in BOOLS


def _no_bools(*operands: object) -> None:
    bools = [*map(_is_bool, operands)]
    if len(bools) > 1 and all(bools):
        raise DtypeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    if any(bools):
        raise DtypeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are "
            "trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )


def _scaled(xp: ModuleType, input: Array, other: Any, alpha: Scalar, sign: int = 1) -> Any:
    """alpha times `other`, as it is added to `input`, or (sign -1) taken from it; of float32 in double,
    so that the sum is rounded once."""
    if alpha == 1 and type(alpha) is not bool:
        return other
    if type(alpha) is bool and input.dtype.char not in BOOLS:
        raise StateError("Boolean alpha only supported for Boolean results.", argument="alpha")
    whole = isinstance(other, int) or (hasattr(other, "dtype") and other.dtype.char in EXACT)
    if whole and isinstance(alpha, float):
        raise StateError(
            "For integral input tensors, argument alpha must not be a floating point number.",
            argument="alpha",
        )
    if sign > 0:
        scale = factor(alpha, input, "alpha")
    else:
        scale = wrapped(-factor(-alpha, input, "alpha"), input.dtype)
    return product(xp, other, scale)


@elementwise(
    inplace=True, numbers=True, scalar=lambda a, b, alpha=1: a + alpha * b, installed=True,
)  # fmt: skip
def add(xp: ModuleType, input: Array, other: Array, *, alpha: Scalar = 1) -> Array:
    """The sum `input + alpha * other`.

    Shapes broadcast; the dtype is the common one.

    >>> add(tensor([1., 2.]), 10)
    tensor([11., 12.])
    """
    if type(alpha) is int and alpha == 1:
        return xp.add(input, other)
    return as_single(xp.add(input, _scaled(xp, input, other, alpha)), input)


add.fits = ("alpha",)
add.flops = lambda result, *_: result._d.size
add.into = lambda xp, input, other, alpha=1: xp.add(
    input, _scaled(xp, input, other, alpha), out=input
)
add.vjp(
    input=lambda g: g,
    other=lambda g, alpha: g if alpha == 1 else g * alpha,
)


@elementwise(
    names=("sub", "subtract"), inplace=True, scalar=lambda a, b, alpha=1: a - alpha * b,
    numbers=True, installed=True,
)  # fmt: skip
def sub(xp: ModuleType, input: Array, other: Array, *, alpha: Scalar = 1) -> Array:
    """The difference `input - alpha * other`.

    Shapes broadcast; the dtype is the common one. Two bool tensors are refused.

    >>> sub(tensor([5, 7]), tensor([1, 2]))
    tensor([4, 5])
    """
    if type(alpha) is int and alpha == 1:
        return xp.subtract(input, other)  # NumPy refuses two bools
    _no_bools(input, other)
    return as_single(xp.subtract(input, _scaled(xp, input, other, alpha, -1)), input)


sub.check = _no_bools
sub.fits = ("alpha",)
sub.into = lambda xp, input, other, alpha=1: xp.subtract(
    input, _scaled(xp, input, other, alpha, -1), out=input
)
is_part(sub, DIFFERENCE)
sub.vjp(
    input=lambda g: g,
    other=lambda g, alpha: -g if alpha == 1 else g * -alpha,
)


@elementwise(
    names=("rsub",), numbers=True, holomorphic=True, node_name="RsubBackward1", installed=True,
)  # fmt: skip
def rsub(xp: ModuleType, input: Array, other: Array, *, alpha: Scalar = 1) -> Array:
    """The difference the other way round, `other - alpha * input`; `1 - x` is `rsub(x, 1)`.

    Shapes broadcast; the dtype is the common one. Two bool tensors are refused.

    >>> rsub(tensor([5, 7]), 10)
    tensor([5, 3])
    """
    if alpha != 1 or type(alpha) is bool:
        _no_bools(input, other)
    return as_single(xp.subtract(other, _scaled(xp, other, input, alpha, -1)), input)


rsub.check = _no_bools
rsub.fits = ("alpha",)
rsub.vjp(
    input=lambda g, alpha: -g if alpha == 1 else g * -alpha,
    other=lambda g: g,
)


@elementwise(
    only="bifcu",
    names=("mul", "multiply"),
    inplace=True,
    numbers=True,
    holomorphic=True,
    scalar=operator.mul,
    installed=True,
)
def mul(xp: ModuleType, input: Array, other: Array) -> Array:
    """The product, element by element.

    Shapes broadcast; the dtype is the common one.

    >>> mul(tensor([1, 2, 3]), tensor([4, 5, 6]))
    tensor([ 4, 10, 18])
    """
    return xp.multiply(input, other)


mul.digits = ("input", "other")
mul.flops = add.flops
mul.into = lambda xp, input, other: xp.multiply(input, other, out=input)
mul.vjp(
    input=lambda g, other: g * other,
    other=lambda g, input: g * input,
)


def _divide(a: float, b: float, rounding_mode: str | None = None) -> float:
    if rounding_mode is None:
        try:
            return a / b
        except ZeroDivisionError:
            return _divide_by_zero(a)
    if b == 0:
        if isinstance(a, int) and isinstance(b, int):
            raise ZeroDivisionError("integer division by zero")
        return _divide_by_zero(a)
    if rounding_mode == "floor":
        return a // b
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) if (a < 0) is (b < 0) else -(abs(a) // abs(b))
    q = a / b
    return math.copysign(math.trunc(q), q) if math.isfinite(q) else q


def _divide_by_zero(a: float) -> float:
    return float("nan") if a == 0 or a != a else float("inf") if a > 0 else float("-inf")


def _quotient_rule(rounding_mode: str | None, **_: object) -> str:
    return FLOAT if rounding_mode is None else SAME


@elementwise(
    dtype=_quotient_rule, names=("div", "divide", "true_divide"), inplace=True, scalar=_divide,
    numbers=True, holomorphic=True, installed=True,
)  # fmt: skip
def div(xp: ModuleType, input: Array, other: Array, *, rounding_mode: str | None = None) -> Array:
    """The quotient; with `rounding_mode` "trunc" or "floor", rounded towards zero or down.

    Without rounding, integers give the default dtype. Shapes broadcast. By zero: inf or nan for
    floating types, an error for integers.

    >>> div(tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    >>> div(tensor([-7, 7]), 2, rounding_mode="floor")
    tensor([-4,  3])
    """
    if rounding_mode is None:
        return xp.true_divide(input, other)
    if rounding_mode == "floor":
        return _floor_divide(xp, input, other)
    if rounding_mode == "trunc":
        if input.dtype.char in EXACT:
            _no_zero(xp, other)
            quotient = xp.floor_divide(input, other)
            inexact = (quotient * other != input) & (quotient < 0)
            return quotient + inexact.astype(quotient.dtype)
        return xp.trunc(xp.true_divide(input, other))
    raise StateError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"'{rounding_mode}'",
        argument="rounding_mode",
    )


# From so many elements on floats are divided with remainder another way (see `arrays.parts`).
_MANY = 512


def _no_zero(xp: ModuleType, other: Array) -> None:
    # Asked so that arrays without contents, which are read as zeros, hold none.
    if not other if kind_of(other) is int else xp.any(other == 0):
        raise StateError("ZeroDivisionError: integer division or modulo by zero")


def _floor_divide(xp: ModuleType, input: Array, other: Array) -> Array:
    # NumPy does it as PyTorch (and Python): exact where the quotient is near a whole number.
    if input.dtype.char in EXACT:
        _no_zero(xp, other)
    if getattr(input, "size", 0) < _MANY:
        return xp.floor_divide(input, other)
    from tcalc.runtime.arrays.parts import floor_divided

    return floor_divided(xp, input, other)


# A rounded quotient is flat: its gradient is 0, also where g is not finite.
div.digits = ("other",)
div.vjp(
    input=lambda g, other, rounding_mode: g / other if rounding_mode is None else (g != g) * 0.0,
    other=lambda g, input, other, rounding_mode: (
        -g * (input / other) / other if rounding_mode is None else (g != g) * 0.0
    ),
)


@elementwise(
    inplace=True, scalar=lambda a, b: _divide(a, b, "floor"), differentiable=False, only="if",
    numbers=True,
)  # fmt: skip
def floor_divide(xp: ModuleType, input: Array, other: Array) -> Array:
    """The quotient rounded down.

    Shapes broadcast; the dtype is the common one. Integers by zero are an error.

    >>> floor_divide(tensor([7., -7.]), 2)
    tensor([ 3., -4.])
    """
    return _floor_divide(xp, input, other)


def _remainder(a: float, b: float) -> float:
    if b == 0:
        if isinstance(a, int) and isinstance(b, int):
            raise ZeroDivisionError("integer modulo by zero")
        return float("nan")
    return a % b


@elementwise(inplace=True, scalar=_remainder, only="if", numbers=True, installed=True)
def remainder(xp: ModuleType, input: Array, other: Array) -> Array:
    """The remainder of floor division: it has the sign of `other`, or where it is 0 that of `input`.

    Shapes broadcast; the dtype is the common one.

    >>> remainder(tensor([-3., 5.]), 2)
    tensor([1., 1.])
    """
    if input.dtype.char in EXACT:
        _no_zero(xp, other)
    if getattr(input, "size", 0) < _MANY:
        rest = xp.remainder(input, other)
    else:
        from tcalc.runtime.arrays.parts import remains

        rest = remains(xp, input, other)
    if rest.dtype.char not in FLOATS or (hasattr(rest, "all") and rest.all()):
        return rest
    # Of zeros NumPy takes the sign of `other`.
    return xp.where(rest == 0, xp.copysign(rest, input), rest)


remainder.vjp(
    input=lambda g: g,
    other=lambda g, input, other: -g * div(input, other, rounding_mode="floor"),
)


def _power(a: float, b: float) -> float:
    try:
        result = a**b
    except ZeroDivisionError:
        return float("inf")
    except OverflowError:
        return float("inf") if a > 0 or b % 2 == 0 else float("-inf")
    return float("nan") if isinstance(result, complex) else result


def _no_negative_power(input: Tensor, exponent: Any) -> None:
    if kind_of(exponent) is int and exponent < 0 and input.dtype.category < FLOATING:
        raise StateError("Integers to negative integer powers are not allowed.")


def _node_of_powers(saved: dict[str, object]) -> str:
    """PyTorch's three: by a number, of tensors, of a number."""
    if isinstance(saved["exponent"], (int, float, complex)):
        return "PowBackward0"
    return "PowBackward2" if isinstance(saved["input"], (int, float, complex)) else "PowBackward1"


@elementwise(
    inplace=True,
    numbers=True,
    only="ifc",
    holomorphic=True,
    scalar=_power,
    node_name=_node_of_powers,
)
def pow(xp: ModuleType, input: Array, exponent: Array) -> Array:
    """`input` to the power `exponent`, element by element.

    Shapes broadcast; the dtype is the common one. Integers to a negative integer power are an
    error for a number, and for tensors 0 except for 1 and -1.

    >>> pow(tensor([1., 2., 3.]), 2)
    tensor([1., 4., 9.])
    """
    if kind_of(exponent) in (int, float):
        if exponent == 2:
            return xp.multiply(input, input)
        if abs(exponent) == 0.5 and input.dtype.char in FLOATS:
            root = xp.sqrt(input)
            return root if exponent > 0 else xp.reciprocal(root)
        if exponent == 3:
            return input * input * input
    if input.dtype.char in INTEGERS:
        if type(exponent) is int and exponent < 0:
            raise StateError("Integers to negative integer powers are not allowed.")
        negative = xp.asarray(exponent) < 0
        if negative.any():
            power = xp.power(input, xp.where(negative, 0, exponent))
            base = input
            inverse = xp.where(base == 1, 1, xp.where(base == -1, 1 - 2 * (exponent & 1), 0))
            return xp.where(negative, inverse, power).astype(base.dtype)
    return xp.power(input, exponent)


pow.check = _no_negative_power
pow.fits = ("exponent",)
pow.fits_halves = False


def pow_by_input(g: Tensor, input: Tensor, exponent: Tensor | Scalar) -> Tensor:
    if isinstance(exponent, (int, float, complex)):
        if exponent == 0:
            return g._zeros()
        if exponent == 2:
            return g * (input * 2)
        return g * (input.pow(exponent - 1) * exponent)
    from tcalc.runtime.ops.elementwise.selection import where

    return where(exponent == 0.0, 0.0, g * (exponent * input.pow(exponent - 1)))


def pow_by_exponent(g: Tensor, input: Any, exponent: Tensor, out: Tensor) -> Tensor:
    from tcalc.runtime.base.registry import REGISTRY
    from tcalc.runtime.ops.elementwise.selection import where

    if not hasattr(input, "_a"):
        from tcalc.runtime.call.arguments import operand

        input = operand(REGISTRY["torch.pow"], "input", input).to(exponent.dtype)
    flat = (input == 0) & (exponent >= 0) if not input.dtype.is_complex else input == 0
    return g * where(flat, 0.0, out * input.log())


is_part(pow, SIZE)
pow.vjp(input=pow_by_input, exponent=pow_by_exponent)


@elementwise(names=("neg", "negative"), inplace=True, scalar=operator.neg, installed=True)
def neg(xp: ModuleType, input: Array) -> Array:
    """The negative. A bool tensor is refused.

    >>> neg(tensor([1, -2]))
    tensor([-1,  2])
    """
    if input.dtype == bool:
        raise DtypeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return xp.negative(input)


neg.vjp(input=lambda g: -g)


@elementwise(scalar=operator.pos, only="bifcu")
def positive(xp: ModuleType, input: Array) -> Array:
    """The input itself. A bool tensor is refused.

    >>> positive(tensor([1, -2]))
    tensor([ 1, -2])
    """
    if input.dtype == bool:
        raise DtypeError("The `+` operator, on a bool tensor is not supported.")
    return input


positive.vjp(input=lambda g: g)


def _comparison(
    name: str, ufunc: str, sign: str, compare: Callable[[float, float], bool], *aliases: str
) -> DefinedOp:
    def kernel(xp: ModuleType, input: Array, other: Array) -> Array:
        return getattr(xp, ufunc)(input, other)

    kernel.__name__ = name
    kernel.__doc__ = f"""Whether `input {sign} other`, element by element.

    Shapes broadcast; operands are promoted; the dtype is bool.

    >>> {name}(tensor([1, 2, 3]), 2)
    tensor([{
        ", ".join(
            str(compare(i, 2)).rjust(5)
            if len({compare(j, 2) for j in (1, 2, 3)}) > 1
            else str(compare(i, 2))
            for i in (1, 2, 3)
        )
    }])
    """
    return elementwise(
        dtype=BOOLEAN, names=(name, *aliases), inplace=True, scalar=compare, differentiable=False,
        numbers=True, only="bifcu" if sign in ("==", "!=") else "bif", installed=True,
    )(kernel)  # fmt: skip


eq = _comparison("eq", "equal", "==", operator.eq)
ne = _comparison("ne", "not_equal", "!=", operator.ne, "not_equal")
lt = _comparison("lt", "less", "<", operator.lt, "less")
le = _comparison("le", "less_equal", "<=", operator.le, "less_equal")
gt = _comparison("gt", "greater", ">", operator.gt, "greater")
ge = _comparison("ge", "greater_equal", ">=", operator.ge, "greater_equal")


for _op in (add, sub, rsub, mul, div, eq, ne, lt, le, gt, ge):
    _op.number_as_array = True
for _op in (neg, positive):
    _op.keeps_zero = True
