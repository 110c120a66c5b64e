"""The shape and dtype of what is being typed, told without running it.

The expression is walked over its nodes: variables stand for their shapes, ops run on the meta device,
and whatever is no op, no operator and no literal (a function of the program, a file, a property) is
left alone: then there is nothing to tell.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tcalc.errors import ParseError, ShapeError, TcalcError
from tcalc.help import lookups
from tcalc.language.namespace import Namespace
from tcalc.parser import nodes, parse
from tcalc.prompt.dry import GivenUp, limited, stand_in
from tcalc.runtime.base import registry
from tcalc.runtime.base.known import is_tensor
from tcalc.runtime.types.dtypes import dtype
from tcalc.runtime.types.shapes import Size
from tcalc.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.session import Session

_NUMBERS = frozenset({int, float, complex, bool})
_PLAIN = _NUMBERS | {str, type(None), type(...), dtype, Size}
# Larger integers, longer lists and higher powers are not reckoned with.
_LARGEST, _LONGEST, _MOST_POWER = 1 << 63, 1 << 10, 64
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "@": operator.matmul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift,
    ">>": operator.rshift, "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg, "+": operator.pos, "~": operator.invert
}  # fmt: skip
# What makes large numbers of small ones.
_GROWS = frozenset({"**", "<<"})


def preview(session: Session, text: str) -> str | None:
    """Shape and dtype of what a text comes to, its shape error, or None where there is neither.

    Only tensors are told of. Nothing of the session is changed, no file is touched, and it takes no
    longer than `dry.SECONDS`.

    >>> from tcalc.session import Session
    >>> session = Session()
    >>> session.evaluate("a = ones(3, 4); b = arange(4)")
    >>> preview(session, "a @ b.float() > 1")
    '[3] bool'
    """
    try:
        body = parse(Source(text)).body
    except ParseError:
        return None
    walk = _Walk(session)
    try:
        with limited():
            value = None
            for statement in body:
                value = walk.statement(statement)
        return _told(value)
    except ShapeError as error:
        return f"ShapeError: {' '.join(str(error).split())}"
    except (GivenUp, TcalcError, ArithmeticError, LookupError, TypeError, ValueError):
        return None
    except (AttributeError, RuntimeError, MemoryError):  # what has no rule for shapes alone
        return None


def _told(value: Any) -> str | None:
    if is_tensor(value):
        return f"{list(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, tuple) and value and all(is_tensor(v) for v in value):
        names: Sequence[str] = getattr(value, "_fields", ())
        labels = [f"{name} " for name in names] or [""] * len(value)
        parts = [f"{label}{_told(v)}" for label, v in zip(labels, value[:4])]
        return ", ".join(parts + ["…"] * (len(value) > 4))
    return None


class _Walk:
    """What nodes come to; GivenUp where that would take more than shapes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._bound: dict[str, object] = {}

    def statement(self, node: nodes.StmtNode) -> object:
        """What the prompt would show of a statement, or what it assigns."""
        match node:
            case nodes.Expr():
                return self.value(node.value)
            case nodes.Assign(targets=targets):
                value = self.value(node.value)
                for target in targets:
                    self._bind(target, value)
                return value
            case nodes.AugAssign():
                value = _binary(
                    node.op.removesuffix("="), *map(self.value, (node.target, node.value))
                )
                self._bind(node.target, value)
                return value
        raise GivenUp("a statement")

    def _bind(self, target: nodes.ExprNode, value: Any) -> None:
        if type(target) is nodes.Name:
            self._bound[target.id] = value
        elif isinstance(target, nodes.Tuple | nodes.List) and isinstance(value, tuple):
            for one, part in zip(target.elts, value):
                self._bind(one, part)

    def value(self, node: nodes.ExprNode) -> Any:
        """What an expression comes to."""
        match node:
            case nodes.Constant(value=value):
                return value
            case nodes.Name(id=name):
                return self._name(name)
            case nodes.Attribute(value=owner, attr=name):
                return self._attribute(self.value(owner), name)
            case nodes.BinOp():
                return _binary(node.op, self.value(node.left), self.value(node.right))
            case nodes.UnaryOp(op=op, operand=operand) if op in _UNARY:
                return _UNARY[op](_operand(self.value(operand)))
            case nodes.Compare(ops=[op], comparators=[right]):
                return _binary(op, self.value(node.left), self.value(right))
            case nodes.Subscript():
                return self._item(self.value(node.value), self.value(node.slice))
            case nodes.Slice():
                return slice(*(n and self.value(n) for n in (node.lower, node.upper, node.step)))
            case nodes.Tuple(elts=elements):
                return tuple(self._several(elements))
            case nodes.List(elts=elements):
                return self._several(elements)
            case nodes.Call():
                return self._call(node)
        raise GivenUp("an expression")

    def _several(self, elements: Sequence[nodes.ExprNode]) -> list[Any]:
        found: list[Any] = []
        for node in elements:
            if isinstance(node, nodes.Starred):
                many = self.value(node.value)
                if not isinstance(many, list | tuple):
                    raise GivenUp("unpacks something")
                found.extend(many)
            else:
                found.append(self.value(node))
        return found

    def _name(self, name: str) -> Any:
        if name in self._bound:
            return self._bound[name]
        value = self._session.variables.get(name, lookups.UNKNOWN)
        if value is lookups.UNKNOWN:
            value = self._session.namespace.visible(name)
            return value if value is not None else _known(lookups.UNKNOWN)
        return _known(value)

    def _attribute(self, owner: Any, name: str) -> Any:
        if type(owner) is Namespace:
            return lookups.step(owner, name)
        if not is_tensor(owner):
            return _known(lookups.step(owner, name))
        method = registry.lookup(f"Tensor.{name}")
        if method is not None:
            return _Method(method, owner)
        found = getattr(owner, name) if name in lookups.tensor_names() else None
        return found if is_tensor(found) else _known(found)

    def _item(self, owner: Any, index: Any) -> Any:
        if is_tensor(owner) or isinstance(owner, list | tuple):
            return owner[index]
        if type(owner) is dict and type(index) in (str, int):
            return _known(owner[index])
        raise GivenUp("an item")

    def _call(self, node: nodes.Call) -> Any:
        function: Any = self.value(node.func)
        args = self._several(node.args)
        keywords = {each.arg or "": self.value(each.value) for each in node.keywords}
        if "" in keywords:
            raise GivenUp("unpacks something")
        if isinstance(function, _Method):
            function, args = function.function, [function.owner, *args]
        op = getattr(function, "__op__", None)
        if op is None and type(node.func) is nodes.Name and any(map(is_tensor, args)):
            # Python's own `sum` and the like turn to PyTorch's for tensors.
            function = registry.lookup(f"torch.{node.func.id}")
            op = getattr(function, "__op__", None)
        if op is None or op.delayed:
            raise GivenUp("no op")
        for parameter in op.params:
            if "Device" in parameter.kinds:  # all are meta here
                keywords.pop(parameter.name, None)
        return function(*args, **keywords)


class _Method:
    """A method of a tensor, not called yet."""

    def __init__(self, function: Callable[..., Any], owner: Any) -> None:
        self.function = function
        self.owner = owner


def _known(value: Any) -> Any:
    """What a variable or an attribute holds, where its shape says enough."""
    if is_tensor(value):
        return stand_in(value)
    kind = type(value)
    if kind in _PLAIN and not (kind is int and abs(value) >= _LARGEST):
        return value
    if isinstance(value, list | tuple) and len(value) <= _LONGEST:
        return (
            type(value)(map(_known, value)) if kind in (list, tuple) else tuple(map(_known, value))
        )
    if kind is dict or lookups.instance_dict(value):
        return value
    raise GivenUp("a value")


def _operand(value: Any) -> Any:
    if is_tensor(value) or type(value) in _NUMBERS:
        return value
    raise GivenUp("no number")


def _binary(op: str, left: Any, right: Any) -> Any:
    left, right = _operand(left), _operand(right)
    if op not in _BINARY or (op in _GROWS and type(right) is int and right > _MOST_POWER):
        raise GivenUp("an operator")
    return _known_number(_BINARY[op](left, right))


def _known_number(value: Any) -> Any:
    return value if is_tensor(value) else _known(value)
