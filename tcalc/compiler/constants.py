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
# An integer that is worked out here has at most so many bits.
_MOST_BITS = 128


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
    elif type(node) is UnaryOp and node.op in _UNARY:
        value = known(node.operand)
        if type(value) not in _NUMBERS:
            return UNKNOWN
        value = _UNARY[node.op](value)
    else:
        return UNKNOWN
    for node in reversed(chain):
        other = node.right.value if type(node.right) is Constant else known(node.right)
        if node.op not in _BINARY or type(value) not in _NUMBERS or type(other) not in _NUMBERS:
            return UNKNOWN
        try:
            value = _BINARY[node.op](value, other)
        except (ArithmeticError, TypeError):
            return UNKNOWN  # the error is for when it runs
        if type(value) is int and value.bit_length() > _MOST_BITS:
            return UNKNOWN
    return value
