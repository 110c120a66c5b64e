"""Calls tried on shapes and dtypes alone: the same work on stand-ins that have no numbers.

What a hint offers was tried here first. Nothing is computed and no code of the program's runs.
"""

from __future__ import annotations

import operator
from types import FunctionType
from typing import TYPE_CHECKING, Any

from tcalc.display.values import as_tensor
from tcalc.help.lookups import UNKNOWN, instance_dict
from tcalc.language.classes import is_users
from tcalc.parser import nodes
from tcalc.runtime.base.registry import lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.diagnosis.operands import Failure, Operand

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "==": operator.eq,
    "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_PLAIN = (int, float, complex, bool, str, type(None), type(...), slice)


class Untried(Exception):
    """A call that cannot be made again without running code of the program's."""


class Trial:
    """A failed call or operator, to be made again with other operands.

    operands: those of the expression, in the order of the source. Raises Untried.
    """

    def __init__(self, failure: Failure, found: Sequence[Operand], function: object) -> None:
        node = failure.node
        self.operands = list(found)
        # Whether operands are those of an operator, of the product of matrices, or a module's.
        self.of_operator = not isinstance(node, nodes.Call)
        self.of_matrices = isinstance(node, nodes.BinOp | nodes.AugAssign) and node.op == "@"
        self.of_module = False
        self._keywords: list[str] = []
        self._function: Callable[..., Any]
        if isinstance(node, nodes.BinOp | nodes.AugAssign):
            made = _OPERATORS.get(node.op)
        elif isinstance(node, nodes.Compare) and len(node.ops) == 1:
            made = _OPERATORS.get(node.ops[0])
        elif isinstance(node, nodes.Call):
            made = self._of_call(node, function)
        else:
            made = None
        if made is None:
            raise Untried
        self._function = made
        self.stand_ins = [_stand_in(operand.value) for operand in found]

    def _of_call(self, node: nodes.Call, function: object) -> Callable[..., Any] | None:
        if any(isinstance(argument, nodes.Starred) for argument in node.args):
            return None
        if any(keyword.arg is None for keyword in node.keywords):
            return None
        self._keywords = [keyword.arg or "" for keyword in node.keywords]
        method = node.func
        count = len(node.args) + len(node.keywords)
        if isinstance(method, nodes.Attribute) and len(self.operands) == count + 1:
            if as_tensor(self.operands[0].value) is None:
                return None
            name = method.attr
            return lambda receiver, *args, **more: getattr(receiver, name)(*args, **more)
        if type(function) is FunctionType:
            # Ops alone: other functions may do more than give a result.
            return function if hasattr(function, "__op__") else None
        self.of_module = True
        return _of_module(function)

    def takes(self, name: str) -> bool:
        """Whether the function that is called has a parameter."""
        code = getattr(self._function, "__code__", None)
        return code is not None and name in code.co_varnames[: code.co_argcount]

    def run(self, values: Sequence[Any]) -> Any:
        """The result with these operands; raises what the call does."""
        first = len(values) - len(self._keywords)
        return self._function(*values[:first], **dict(zip(self._keywords, values[first:])))

    def run_with(self, name: str, value: object) -> Any:
        """The result with another value of a parameter that may be given by name."""
        first = len(self.stand_ins) - len(self._keywords)
        keywords = dict(zip(self._keywords, self.stand_ins[first:]))
        return self._function(*self.stand_ins[:first], **{**keywords, name: value})

    def run_by(self, name: str) -> Any:
        """The result of another op with the same operands, given as they were."""
        function: Any = lookup(f"torch.{name}") or lookup(f"torch.Tensor.{name}")
        first = len(self.stand_ins) - len(self._keywords)
        keywords = dict(zip(self._keywords, self.stand_ins[first:]))
        return function(*self.stand_ins[:first], **keywords)


def _of_module(module: object) -> Callable[..., Any] | None:
    """A call of one of our own modules with stand-ins for its parameters."""
    kind: Any = lookup("torch.nn.Module")
    if not isinstance(module, kind):
        return None
    parts: list[Any] = list(module.modules())
    if any(is_users(type(part)) or _has_hooks(part) for part in parts):
        return None
    call: Any = lookup("torch.func.functional_call")
    held = {
        name: _stand_in(value)
        for named in (module.named_parameters(), module.named_buffers())
        for name, value in named
    }
    return lambda *args, **keywords: call(module, held, args, keywords)


def _has_hooks(module: object) -> bool:
    return any(value and name.endswith("hooks") for name, value in instance_dict(module).items())


def _stand_in(value: Any) -> Any:
    """A value without numbers: tensors of the same shape, dtype and place in memory."""
    if value is UNKNOWN:
        raise Untried
    tensor = as_tensor(value)
    if tensor is not None:
        empty: Any = lookup("torch.empty_strided")
        made = empty(tuple(tensor.shape), tensor.stride(), dtype=tensor.dtype, device="meta")
        return made.requires_grad_() if tensor.requires_grad else made
    if type(value) in (list, tuple):
        return type(value)([_stand_in(item) for item in value])
    if isinstance(value, list):  # a list of the program's
        return [_stand_in(item) for item in value]
    if type(value) in _PLAIN or type(value) is lookup("torch.dtype"):
        return value
    raise Untried
