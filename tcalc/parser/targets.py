"""What can be assigned to, deleted and annotated."""

from __future__ import annotations

from tcalc.parser import nodes
from tcalc.parser.grammar import BITWISE, MAX_BEFORE_STAR
from tcalc.parser.nodes import ExprNode
from tcalc.parser.strings import Strings


class Targets(Strings):
    """The rules `target` and `target_list`."""

    def target_list(self, after: str) -> ExprNode:
        """Targets of a `for`, up to a keyword that is left for the caller."""
        kinds = self.kinds
        begin = self.pos
        elements: list[ExprNode] = []
        comma = False
        while True:
            if not elements or (self.starts_operand() and kinds[self.pos] != "in"):
                elements.append(self.starred_target())
            if not self.accept(","):
                break
            comma = True
            if kinds[self.pos] == "in" or not self.starts_operand():
                break
        node = elements[0]
        if comma:
            node = nodes.Tuple(self.starts[begin], self.ends[self.pos - 1], elements)
        elif type(node) is nodes.Starred:
            self.lone_target(node)
        self.check_target(node, "assign to")
        return node

    def starred_target(self) -> ExprNode:
        start = self.starts[self.pos]
        if self.accept("*"):
            value = self.expression(BITWISE)
            return nodes.Starred(start, self.ends[self.pos - 1], value)
        return self.expression(BITWISE)

    def lone_target(self, node: ExprNode) -> None:
        self.fail(
            "a starred target must be in a list or a tuple", node.start, node.end, "write `*x, = …`"
        )

    def check_target(self, node: ExprNode, verb: str, *, equals: bool = False) -> None:
        """Refuse what cannot be bound. verb: `assign to`, `delete`; equals: a `=` follows."""
        kind = type(node)
        if kind is nodes.Name:
            assert isinstance(node, nodes.Name)
            self.bind(node.id, node.start, node.end)
        elif isinstance(node, nodes.Tuple | nodes.List):
            stars = 0
            for index, element in enumerate(node.elts):
                if isinstance(element, nodes.Starred):
                    if verb == "delete":
                        self.cannot(element, verb, equals)
                    stars += 1
                    if stars > 1:
                        self.fail("two starred targets", element.start, element.end)
                    if index > MAX_BEFORE_STAR:
                        self.fail("too many targets before a starred one", node.start, node.end)
                    if isinstance(element.value, nodes.Starred):
                        self.cannot(element.value, verb, equals)
                    element = element.value
                self.check_target(element, verb, equals=equals)
        elif isinstance(node, nodes.Attribute):
            if node.attr == "__debug__" and verb != "delete":
                self.fail("`__debug__` cannot be assigned to", node.attr_start, node.end)
        elif kind is not nodes.Subscript:
            self.cannot(node, verb, equals)

    def cannot(self, node: ExprNode, verb: str, equals: bool) -> None:
        text = self.source.text[node.start : node.end]
        what = text if text in ("None", "True", "False") else self.describe(node)
        hint = None
        if equals and not isinstance(node, nodes.Constant | nodes.Starred):
            hint = "to compare, write `==`"
        self.fail(f"cannot {verb} {what}", node.start, node.end, hint)

    def describe(self, node: ExprNode) -> str:
        """An expression's kind with its article: `a function call`."""
        what = node.what
        if isinstance(node, nodes.Constant) and node.value is ...:
            what = "ellipsis"
        return f"an {what}" if what[0] in "aeiou" else f"a {what}"

    def check_single(self, node: ExprNode, sign: str) -> None:
        """The target of an augmented assignment: a name, an attribute or a subscript."""
        if not isinstance(node, nodes.Name | nodes.Attribute | nodes.Subscript):
            what = self.describe(node)
            text = self.source.text[node.start : node.end]
            if text in ("None", "True", "False"):
                what = text
            self.fail(f"{what} cannot stand before `{sign}`", node.start, node.end)
        self.check_target(node, "assign to")

    def check_annotated(self, node: ExprNode, begin: int) -> int:
        """The target of an annotation; 1 if it is a name without parentheses, else 0."""
        if isinstance(node, nodes.Tuple | nodes.List):
            what = self.describe(node)
            self.fail(f"only a single target can be annotated, not {what}", node.start, node.end)
        if not isinstance(node, nodes.Name | nodes.Attribute | nodes.Subscript):
            self.fail(f"{self.describe(node)} cannot be annotated", node.start, node.end)
        self.check_target(node, "assign to")
        return int(isinstance(node, nodes.Name) and self.pos == begin + 1)
