"""What is known of a value before a program runs: numbers that are written out, and sums of them."""

from __future__ import annotations

import operator

from tcalc.parser.nodes import BinOp, Constant, ExprNode, UnaryOp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

UNKNOWN = object()

# Operators whose results are no larger than their operands call for. Powers and shifts are not.
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos}
_NUMBERS = frozenset({int, float, complex})
# Integers beyond this are left to the program's run.
_MOST = 1 << 128


def known(node: ExprNode) -> Any:
    """The value of an expression that can neither fail nor grow, UNKNOWN for all others.

    >>> known(BinOp(0, 5, Constant(0, 1, 2), "+", Constant(4, 5, 0.5), (2, 3)))
    2.5
    """
    chain: list[BinOp] = []
    while type(node) is BinOp:
        chain.append(node)
        node = node.left
    if type(node) is Constant:
        value: Any = node.value
        if not chain:
            return value
    elif type(node) is UnaryOp and node.op in _UNARY:
        value = known(node.operand)
        if type(value) in _NUMBERS:
            value = _UNARY[node.op](value)
    else:
        return UNKNOWN
    if type(value) not in _NUMBERS:
        return UNKNOWN
    while chain:
        binary = chain.pop()
        right, apply = binary.right, _BINARY.get(binary.op)
        other = right.value if type(right) is Constant else known(right)
        if apply is None or type(other) not in _NUMBERS:
            return UNKNOWN
        try:
            value = apply(value, other)
        except (ArithmeticError, TypeError):
            return UNKNOWN  # the error is for when it runs
        if type(value) is int and not -_MOST < value < _MOST:
            return UNKNOWN
    return value
