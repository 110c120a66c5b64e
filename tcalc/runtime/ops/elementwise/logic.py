"""Logic on truth values and on bits, and tests of what a number is."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from tcalc.errors import StateError
from tcalc.runtime.base.op import BOOLEAN, SAME, Array
from tcalc.runtime.base.targets import OWN
from tcalc.runtime.call.define import composite, elementwise
from tcalc.runtime.ops.elementwise.arithmetic import eq
from tcalc.runtime.ops.elementwise.unary import INF, unary

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor

logical_not = unary(
    "logical_not", "Whether each element is zero or False.",
    lambda xp, input: xp.logical_not(input), dtype=SAME, scalar=operator.not_,
    example=("[0, 2]", "tensor([ True, False])"),
)  # fmt: skip
logical_not.keeps_history = True


def _logical(name: str, doc: str, scalar: Callable[..., bool], shown: str) -> DefinedOp:
    def kernel(xp: ModuleType, input: Array, other: Array) -> Array:
        return getattr(xp, name)(input, other)

    kernel.__name__ = name
    kernel.__doc__ = f"""{doc}

    What is not zero counts as true. Shapes broadcast; the dtype is bool.

    >>> {name}(tensor([True, False]), tensor([True, True]))
    {shown}
    """
    op = elementwise(dtype=BOOLEAN, inplace=True, differentiable=False, scalar=scalar)(kernel)
    op.keeps_history = True
    return op


logical_and = _logical("logical_and", "Whether both elements are true.",
                       lambda a, b: bool(a) and bool(b), "tensor([ True, False])")  # fmt: skip
logical_or = _logical("logical_or", "Whether either element is true.",
                      lambda a, b: bool(a) or bool(b), "tensor([True, True])")  # fmt: skip
logical_xor = _logical("logical_xor", "Whether just one of the elements is true.",
                       lambda a, b: bool(a) != bool(b), "tensor([False,  True])")  # fmt: skip


def _bitwise(
    name: str,
    ufunc: str,
    doc: str,
    scalar: Callable[[int, int], int],
    shown: str,
    only: str = "biu",
) -> DefinedOp:
    def kernel(xp: ModuleType, input: Array, other: Array) -> Array:
        return getattr(xp, ufunc)(input, other)

    kernel.__name__ = name
    kernel.__doc__ = f"""{doc}

    Integers and bools only. Shapes broadcast; the dtype is the common one.

    >>> {name}(tensor([12]), tensor([10]))
    {shown}
    """
    return elementwise(inplace=True, differentiable=False, scalar=scalar, only=only)(kernel)


bitwise_and = _bitwise("bitwise_and", "bitwise_and", "The bits set in both.", operator.and_,
                       "tensor([8])")  # fmt: skip
bitwise_or = _bitwise("bitwise_or", "bitwise_or", "The bits set in either.", operator.or_,
                      "tensor([14])")  # fmt: skip
bitwise_xor = _bitwise("bitwise_xor", "bitwise_xor", "The bits set in just one.", operator.xor,
                       "tensor([6])")  # fmt: skip
bitwise_left_shift = _bitwise(
    "bitwise_left_shift", "left_shift", "The bits of input moved up by other.", operator.lshift,
    "tensor([12288])", "i")  # fmt: skip
bitwise_right_shift = _bitwise(
    "bitwise_right_shift", "right_shift", "The bits of input moved down by other.",
    operator.rshift, "tensor([0])", "i")  # fmt: skip


bitwise_not = unary(
    "bitwise_not", "Every bit the other way; of a bool, not.",
    lambda xp, input: xp.invert(input), dtype=SAME, only="bi", scalar=operator.invert,
    example=("[0, 5]", "tensor([-1, -6])"),
)  # fmt: skip
bitwise_not.outs = OWN

isnan = unary(
    "isnan", "Whether each element is nan.",
    lambda xp, input: xp.isnan(input), dtype=SAME, inplace=False, only="bifcu", installed=True, scalar=lambda x: x != x,
    example=("[nan, 1.]", "tensor([ True, False])"),
)  # fmt: skip
isinf = unary(
    "isinf", "Whether each element is infinite.",
    lambda xp, input: xp.isinf(input), dtype=SAME, inplace=False, only="bifcu", installed=True, scalar=math.isinf,
    example=("[inf, 1., -inf]", "tensor([ True, False,  True])"),
)  # fmt: skip
isfinite = unary(
    "isfinite", "Whether each element is neither infinite nor nan.",
    lambda xp, input: xp.isfinite(input), dtype=SAME, inplace=False, only="bifcu", installed=True, scalar=math.isfinite,
    example=("[inf, 1., nan]", "tensor([False,  True, False])"),
)  # fmt: skip
isposinf = unary(
    "isposinf", "Whether each element is positive infinity.",
    lambda xp, input: input == INF, dtype=SAME, inplace=False, scalar=lambda x: x == INF, only="bifu",
    example=("[inf, -inf]", "tensor([ True, False])"),
)  # fmt: skip
isneginf = unary(
    "isneginf", "Whether each element is negative infinity.",
    lambda xp, input: input == -INF, dtype=SAME, inplace=False, scalar=lambda x: x == -INF, only="bifu",
    example=("[inf, -inf]", "tensor([False,  True])"),
)  # fmt: skip
isreal = unary(
    "isreal", "Whether the imaginary part of each element is 0.",
    lambda xp, input: xp.isreal(input), dtype=SAME, inplace=False, only="bifcu", scalar=lambda x: True,
    example=("[1., 2.]", "tensor([True, True])"),
)  # fmt: skip


@elementwise(dtype=BOOLEAN, only="bifcu", differentiable=False)
def isclose(
    xp: ModuleType, input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08,
    equal_nan: bool = False,
) -> Array:  # fmt: skip
    """Whether |input - other| <= atol + rtol * |other|, element by element.

    >>> isclose(tensor([1., 2.]), tensor([1. + 1e-9, 3.]))
    tensor([ True, False])
    """
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise StateError(
                f"{name} must be greater than or equal to zero, but got {value}", argument=name
            )
    return xp.isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


@composite(differentiable=False)
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:  # fmt: skip
    """Whether every pair of elements is close (see `isclose`).

    >>> allclose(tensor([1.]), tensor([1. + 1e-9]))
    True
    """
    if input.dtype is not other.dtype:
        raise StateError(
            f"{input.dtype.name} did not match {other.dtype.name}",
            hint="convert one of them, as in other.to(input.dtype)",
        )
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@composite(differentiable=False)
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements.

    >>> equal(tensor([1, 2]), tensor([1, 2]))
    True
    """
    return input._a.shape == other._a.shape and bool(eq(input, other).all())


for _op in (isinf, isnan, isneginf, isposinf):
    _op.keeps_zero = True
