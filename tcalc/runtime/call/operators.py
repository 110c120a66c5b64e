"""Python's operators on tensors: each is made of its op when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.registry import REGISTRY, Definition, lookup
from tcalc.runtime.call.generate import make_operator

if TYPE_CHECKING:
    from collections.abc import Callable

# Python's operators and the ops that they call.
OPERATORS = {
    "__add__": "add", "__sub__": "sub", "__mul__": "mul", "__truediv__": "div",
    "__floordiv__": "floor_divide", "__mod__": "remainder", "__pow__": "pow",
    "__matmul__": "matmul", "__and__": "bitwise_and", "__or__": "bitwise_or",
    "__xor__": "bitwise_xor", "__lshift__": "bitwise_left_shift",
    "__rshift__": "bitwise_right_shift", "__eq__": "eq", "__ne__": "ne", "__lt__": "lt",
    "__le__": "le", "__gt__": "gt", "__ge__": "ge", "__neg__": "neg", "__invert__": "bitwise_not",
    "__abs__": "abs", "__pos__": "positive",
}  # fmt: skip
REFLECTED = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor",
    "lshift", "rshift",
)  # fmt: skip


class Operator(Definition):
    """Registry entry of an operator. form: plain, reflected or inplace."""

    __slots__ = ("form", "op_name")

    def __init__(self, op_name: str, form: str) -> None:
        self.op_name = op_name
        self.form = form

    @property
    def function(self) -> Callable[..., Any]:
        """What Python calls."""
        return make_operator(lookup("torch." + self.op_name).__op__, self.form)


for _dunder, _name in OPERATORS.items():
    REGISTRY["Tensor." + _dunder] = Operator(_name, "plain")
for _short in REFLECTED:
    _name = OPERATORS[f"__{_short}__"]
    REGISTRY[f"Tensor.__r{_short}__"] = Operator(_name, "reflected")
    if _short != "matmul":
        REGISTRY[f"Tensor.__i{_short}__"] = Operator(_name, "inplace")
# It has an op of its own, whose nodes are called so.
REGISTRY["Tensor.__rsub__"] = Operator("rsub", "plain")
# The name that it had in Python 2.
REGISTRY["Tensor.__rdiv__"] = Operator("div", "reflected")
