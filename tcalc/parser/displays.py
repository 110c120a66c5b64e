"""What stands in brackets: groups, tuples, lists, sets, dicts and comprehensions."""

from __future__ import annotations

from tcalc.parser import nodes
from tcalc.parser.cursor import Context
from tcalc.parser.expressions import Expressions
from tcalc.parser.grammar import BITWISE, DISJUNCTION
from tcalc.parser.nodes import ExprNode
from tcalc.parser.tokens import CONSTANTS, FSTRING_START, STRING

TYPE_CHECKING = False

_OWN_SCOPE = Context("function")


class Displays(Expressions):
    """The rule `atom`."""

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
            self.context = _OWN_SCOPE  # a scope of its own: a class's methods are not bound here
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

        def strings(self) -> ExprNode: ...
        def target_list(self, after: str) -> ExprNode: ...
