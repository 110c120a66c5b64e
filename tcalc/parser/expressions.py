"""Expressions: a Pratt parser whose pending operators are on a list rather than on Python's stack.

`1 + 1 + …` then needs neither a call for an operand nor a frame for an operator, and nesting costs
three frames a bracket.
"""

from __future__ import annotations

from tcalc.parser import nodes
from tcalc.parser.cursor import Context, Cursor
from tcalc.parser.grammar import (
    ANY,
    BINARY,
    BITWISE,
    BOOLEAN,
    COMPARISON,
    CONDITIONAL,
    DISJUNCTION,
    INFIX,
    PREFIX,
    UNARY,
    XOR,
    XOR_HINT,
)
from tcalc.parser.nodes import BinOp, Constant, ExprNode, Name
from tcalc.parser.tokens import (
    AUGMENTED,
    END,
    NAME,
    NEWLINE,
    NUMBER,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TRAILERS = frozenset(["(", "[", "."])
_POWER = INFIX["**"][1]
_XOR = INFIX["^"][1]
_IN_LAMBDA = Context("function")
_NO_OPERATOR = (-1, -1, "")
_UNREAD = ExprNode(0, 0)  # stands for an operand until it is read
_LIST_ENDS = frozenset([")", "]", "}", "=", ":", ";", "!", NEWLINE, END]) | AUGMENTED


class Expressions(Cursor):
    """The rules from `named` down."""

    def expression(self, floor: int = ANY) -> ExprNode:
        """Operands and operators, up to one that takes less than `floor`."""
        kinds, starts, ends, values = self.kinds, self.starts, self.ends, self.values
        numbers = self.numbers
        pos = self.pos
        # Pending operators: (right power, kind, the node that lacks its end and last operand).
        pending: list[tuple[int, str, Any]] = []
        new = object.__new__  # with the fields set here, quicker than a constructor in Python
        while True:
            # An operand.
            kind = kinds[pos]
            start = starts[pos]
            node: ExprNode
            if kind == NAME:
                node = new(Name)
                node.start, node.end, node.id = start, ends[pos], values[pos]
                pos += 1
            elif kind == NUMBER:
                node = new(Constant)
                node.start, node.end, node.value = start, ends[pos], numbers[values[pos]]
                pos += 1
            elif kind in PREFIX and PREFIX[kind][1] >= (pending[-1][0] if pending else floor):
                pending.append(self.prefix(kind, pos))
                pos = self.pos
                continue
            else:
                self.pos = pos
                node = self.atom(kind)
                pos = self.pos
            kind = kinds[pos]
            if kind in _TRAILERS:
                self.pos = pos
                node = self.trailers(node, start)
                pos = self.pos
                kind = kinds[pos]
            # The operators after it: those pending that take more get their right operand.
            left, power, sort = INFIX.get(kind, _NO_OPERATOR)
            if left < floor:
                left = -1
            while pending and pending[-1][0] >= left:
                before, complete, known = pending.pop()
                if complete == BINARY:
                    known.right = node
                    if before == _POWER:
                        self.depth -= 1
                    elif before == _XOR:
                        self.check_xor(known)
                else:
                    self.complete(complete, known, node)
                known.end = ends[pos - 1]
                node, start = known, known.start
            if left < 0:
                self.pos = pos
                return node
            if sort == BINARY:
                binary = new(BinOp)
                binary.start, binary.left, binary.op = start, node, kind
                binary.op_span = (starts[pos], ends[pos])
                pending.append((power, sort, binary))
                pos += 1
                if power == _POWER:
                    self.pos = pos
                    self.deeper()
            else:
                self.pos = pos
                self.infix(power, sort, start, node, pending)
                pos = self.pos

    def check_xor(self, node: BinOp) -> None:
        """Refuse `^` between numbers that are written out."""
        if _is_number(node.left) and _is_number(node.right):
            self.fail(XOR, *node.op_span, XOR_HINT)

    def prefix(self, kind: str, pos: int) -> tuple[int, str, Any]:
        """A prefix operator, as it is pending until its operand is read."""
        power, _, sort = PREFIX[kind]
        start = self.starts[pos]
        self.pos = pos
        self.deeper()
        self.pos = pos + 1
        if sort == UNARY:
            return power, sort, nodes.UnaryOp(start, 0, kind, _UNREAD)
        outside: Any = (self.context, self.last_yield)
        args = self.parameters(":", annotated=False)
        self.expect(":")
        self.context = _IN_LAMBDA
        return power, sort, nodes.Lambda(start, 0, args, outside)

    def infix(
        self, power: int, sort: str, start: int, node: ExprNode, pending: list[tuple[int, str, Any]]
    ) -> None:
        """Add an infix operator that is not binary to those that are pending, or to the last."""
        kinds, starts, ends = self.kinds, self.starts, self.ends
        pos = self.pos
        operator = kinds[pos]
        at, to = starts[pos], ends[pos]
        self.pos = pos = pos + 1
        if sort == COMPARISON:
            if operator == "not":
                if kinds[pos] != "in":
                    self.unexpected("`in` after `not`")
                operator, to = "not in", ends[pos]
                self.pos = pos + 1
            elif operator == "is" and kinds[pos] == "not":
                operator, to = "is not", ends[pos]
                self.pos = pos + 1
            if pending and pending[-1][1] == COMPARISON:
                known = pending[-1][2]
                known.comparators.append(node)
            else:
                known = nodes.Compare(start, 0, node, [], [], [])
                pending.append((power, sort, known))
            known.ops.append(operator)
            known.op_spans.append((at, to))
        elif sort == BOOLEAN:
            if pending and pending[-1][0] == power:
                pending[-1][2].values.append(node)
            else:
                pending.append((power, sort, nodes.BoolOp(start, 0, operator, [node])))
        else:
            self.deeper()
            test = self.expression(DISJUNCTION)
            if kinds[self.pos] != "else":
                self.unexpected("`else` and the value otherwise")
            self.pos += 1
            pending.append((power, sort, nodes.IfExp(start, 0, test, node, _UNREAD)))

    def complete(self, sort: str, known: Any, node: ExprNode) -> None:
        """Give a pending operator its last operand."""
        if sort == COMPARISON:
            known.comparators.append(node)
            return
        if sort == BOOLEAN:
            known.values.append(node)
            return
        self.depth -= 1
        if sort == UNARY:
            known.operand = node
        elif sort == CONDITIONAL:
            known.orelse = node
        else:
            # Where the body belongs was what to go back to after it.
            self.context, self.last_yield = known.body
            known.body = node

    def named(self) -> ExprNode:
        """An expression, or `name := expression`."""
        begin = self.pos
        node = self.expression()
        if self.kinds[self.pos] == ":=":
            return self.walrus(node, begin)
        return node

    def walrus(self, target: ExprNode, begin: int) -> ExprNode:
        pos = self.pos
        if type(target) is not nodes.Name or pos != begin + 1:
            self.fail(
                "only a plain name can stand before `:=`",
                self.starts[begin],
                self.ends[pos - 1],
            )
        self.bind(target.id, target.start, target.end)
        self.pos = pos + 1
        value = self.expression()
        if self.iterables:
            self.fail(
                "`:=` cannot be used in what a comprehension goes through",
                target.start,
                value.end,
            )
        self.scoped = True
        return nodes.NamedExpr(target.start, self.ends[self.pos - 1], target, value)

    def starred(self) -> ExprNode:
        """`*expression` with the operand that displays and targets take, or `named`."""
        if self.kinds[self.pos] != "*":
            return self.named()
        start = self.starts[self.pos]
        self.pos += 1
        value = self.expression(BITWISE)
        return nodes.Starred(start, self.ends[self.pos - 1], value)

    def expressions(self, *, yields: bool = False, star: bool = False) -> ExprNode:
        """One expression, or a tuple without parentheses.

        yields: a `yield` may stand here. star: `*x` alone may stand here (a target does).
        """
        kinds = self.kinds
        begin = self.pos
        kind = kinds[begin]
        if kind == "yield" and yields:
            return self.yielded()
        if kind == "*":
            node = self.starred()
        else:
            node = self.expression()
        if kinds[self.pos] != ",":
            if kind == "*" and not star and kinds[self.pos] not in ("=", ":"):
                self.lone_star(node)
            return node
        return self.tuple_after(node, begin)

    def tuple_after(self, first: ExprNode, begin: int) -> ExprNode:
        """The rest of a tuple without parentheses, at the first comma."""
        kinds = self.kinds
        elements = [first]
        while kinds[self.pos] == ",":
            self.pos += 1
            if not self.starts_operand():
                break
            elements.append(self.starred() if kinds[self.pos] == "*" else self.expression())
        return nodes.Tuple(self.starts[begin], self.ends[self.pos - 1], elements)

    def lone_star(self, node: ExprNode) -> None:
        self.fail(
            "a starred expression cannot stand alone",
            node.start,
            node.end,
            "write `*x,` for a tuple, or `[*x]`",
        )

    def starts_operand(self) -> bool:
        """Whether an element follows a comma (an error there is for whoever reads it)."""
        kind = self.kinds[self.pos]
        return kind not in _LIST_ENDS

    def yielded(self) -> ExprNode:
        """`yield`, `yield values` or `yield from value`."""
        pos = self.pos
        start, end = self.starts[pos], self.ends[pos]
        if self.context.scope != "function":
            self.fail("`yield` outside a function", start, end)
        self.pos = pos + 1
        node: ExprNode
        if self.accept("from"):
            value = self.expression()
            node = nodes.YieldFrom(start, self.ends[self.pos - 1], value)
        elif self.kinds[self.pos] in _LIST_ENDS:
            node = nodes.Yield(start, end, None)
        else:
            values = self.expressions()
            node = nodes.Yield(start, self.ends[self.pos - 1], values)
        self.last_yield = max(self.last_yield, start)
        return node

    if TYPE_CHECKING:  # what the classes built on this one add

        def atom(self, kind: str) -> ExprNode: ...
        def parameters(self, closer: str, *, annotated: bool) -> nodes.arguments: ...
        def trailers(self, node: ExprNode, start: int) -> ExprNode: ...


def _is_number(node: ExprNode) -> bool:
    """Whether an expression is made of literal numbers alone."""
    pending = [node]
    while pending:
        part = pending.pop()
        if type(part) is BinOp:
            pending += (part.left, part.right)
        elif type(part) is nodes.UnaryOp:
            pending.append(part.operand)
        elif type(part) is not Constant or type(part.value) not in (int, float, complex):
            return False
    return True
