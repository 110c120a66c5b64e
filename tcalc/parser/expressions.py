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
    CONSTANTS,
    END,
    FSTRING_START,
    NAME,
    NEWLINE,
    NUMBER,
    STRING,
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

    # Atoms.

    def atom(self, kind: str) -> ExprNode:
        """Anything that is an operand by itself, but names and numbers."""
        pos = self.pos
        if kind in (STRING, FSTRING_START):
            return self.strings()
        if kind in CONSTANTS:
            self.pos = pos + 1
            return nodes.Constant(self.starts[pos], self.ends[pos], CONSTANTS[kind])
        if kind not in ("(", "[", "{"):
            self.unexpected("an expression")
        self.deeper()
        self.pos = pos + 1
        if kind == "(":
            node = self.group(pos)
        elif kind == "[":
            node = self.bracket(pos)
        else:
            node = self.brace(pos)
        self.depth -= 1
        return node

    def group(self, opener: int) -> ExprNode:
        """After `(`: a tuple, a generator expression, or an expression in parentheses."""
        kinds = self.kinds
        start = self.starts[opener]
        if kinds[self.pos] == ")":
            self.pos += 1
            return nodes.Tuple(start, self.ends[self.pos - 1], [])
        if kinds[self.pos] == "yield":
            node = self.yielded()
            self.close(")", opener)
            return node
        node = self.starred()
        kind = kinds[self.pos]
        if kind == ",":
            elements = self.elements(node, ")", opener)
            return nodes.Tuple(start, self.ends[self.pos - 1], elements)
        if kind in ("for", "async"):
            generators = self.comprehension(node, "a generator expression")
            self.close(")", opener)
            return nodes.GeneratorExp(start, self.ends[self.pos - 1], node, generators)
        if kind == ")" and type(node) is nodes.Starred:
            self.lone_star(node)
        self.close(")", opener)
        return node

    def bracket(self, opener: int) -> ExprNode:
        """After `[`: a list or a list comprehension."""
        kinds = self.kinds
        start = self.starts[opener]
        if kinds[self.pos] == "]":
            self.pos += 1
            return nodes.List(start, self.ends[self.pos - 1], [])
        node = self.starred()
        if kinds[self.pos] in ("for", "async"):
            generators = self.comprehension(node, "a list comprehension")
            self.close("]", opener)
            return nodes.ListComp(start, self.ends[self.pos - 1], node, generators)
        elements = self.elements(node, "]", opener)
        return nodes.List(start, self.ends[self.pos - 1], elements)

    def elements(self, first: ExprNode, closer: str, opener: int) -> list[ExprNode]:
        """The elements of a display after its first, and the closing bracket."""
        kinds = self.kinds
        elements = [first]
        while kinds[self.pos] == ",":
            self.pos += 1
            if kinds[self.pos] == closer:
                break
            elements.append(self.starred())
            if kinds[self.pos] == "for":
                self.fail(
                    "this comprehension's element needs parentheses",
                    first.start,
                    elements[-1].end,
                    "write `[(a, b) for …]`",
                )
        self.close(closer, opener)
        return elements

    def brace(self, opener: int) -> ExprNode:
        """After `{`: a dict, a set, or one of their comprehensions."""
        kinds = self.kinds
        start = self.starts[opener]
        if kinds[self.pos] == "}":
            self.pos += 1
            return nodes.Dict(start, self.ends[self.pos - 1], [], [])
        if kinds[self.pos] == "**":
            return self.dict_items(opener, [], [])
        begin = self.pos
        first = self.starred()
        if kinds[self.pos] == ":" and type(first) is not nodes.Starred:
            if type(first) is nodes.NamedExpr and first.start == self.starts[begin]:
                self.unexpected("`}`")
            self.pos += 1
            value = self.expression()
            if kinds[self.pos] in ("for", "async"):
                generators = self.comprehension(first, "a dict comprehension")
                self.close("}", opener)
                return nodes.DictComp(start, self.ends[self.pos - 1], first, value, generators)
            return self.dict_items(opener, [first], [value])
        if kinds[self.pos] in ("for", "async"):
            generators = self.comprehension(first, "a set comprehension")
            self.close("}", opener)
            return nodes.SetComp(start, self.ends[self.pos - 1], first, generators)
        elements = self.elements(first, "}", opener)
        return nodes.Set(start, self.ends[self.pos - 1], elements)

    def dict_items(
        self, opener: int, keys: list[ExprNode | None], values: list[ExprNode]
    ) -> ExprNode:
        """The rest of a dict display."""
        kinds = self.kinds
        if keys and kinds[self.pos] != ",":
            self.close("}", opener)
            return nodes.Dict(self.starts[opener], self.ends[self.pos - 1], keys, values)
        if keys:
            self.pos += 1
        while kinds[self.pos] != "}":
            at = self.pos
            if self.accept("**"):
                keys.append(None)
                values.append(self.expression(BITWISE))
                if kinds[self.pos] == "for":
                    self.fail(
                        "`**` cannot be used in a dict comprehension",
                        self.starts[at],
                        values[-1].end,
                    )
            else:
                keys.append(self.expression())
                self.expect(":", "`:` and the value of this key")
                values.append(self.expression())
            if not self.accept(","):
                break
        self.close("}", opener)
        return nodes.Dict(self.starts[opener], self.ends[self.pos - 1], keys, values)

    def close(self, closer: str, opener: int) -> None:
        """The closing bracket."""
        if self.kinds[self.pos] != closer:
            self.unexpected(f"`,` or `{closer}`")
        self.pos += 1

    def comprehension(self, element: ExprNode, what: str) -> list[nodes.comprehension]:
        """`for target in iterable if condition …`, after the element."""
        kinds = self.kinds
        if type(element) is nodes.Starred:
            self.fail("a comprehension's element cannot be starred", element.start, element.end)
        clauses: list[nodes.comprehension] = []
        first_yield = element.start
        while kinds[self.pos] in ("for", "async"):
            pos = self.pos
            if kinds[pos] == "async":
                self.unexpected("`for`")
            self.pos = pos + 1
            outer = self.context
            self.context = _IN_LAMBDA  # a scope of its own: a class's methods are not bound here
            target = self.target_list("`in`")
            self.context = outer
            self.expect("in", "`in` and what to go through")
            outer_yield = self.last_yield
            self.iterables += 1
            iterable = self.expression(DISJUNCTION)
            self.iterables -= 1
            if not clauses:  # the first iterable belongs to the scope around
                self.check_no_yield(first_yield, outer_yield, what)
                first_yield = self.starts[self.pos]
            conditions: list[ExprNode] = []
            while self.accept("if"):
                conditions.append(self.expression(DISJUNCTION))
            clauses.append(
                nodes.comprehension(
                    self.starts[pos], self.ends[self.pos - 1], target, iterable, conditions
                )
            )
        self.check_no_yield(first_yield, self.last_yield, what)
        return clauses

    def check_no_yield(self, first: int, last: int, what: str) -> None:
        if last >= first:
            self.fail(f"`yield` inside {what}", last, last + len("yield"))

    if TYPE_CHECKING:  # what the classes built on this one add

        def parameters(self, closer: str, *, annotated: bool) -> nodes.arguments: ...
        def trailers(self, node: ExprNode, start: int) -> ExprNode: ...
        def strings(self) -> ExprNode: ...
        def target_list(self, after: str) -> ExprNode: ...


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
