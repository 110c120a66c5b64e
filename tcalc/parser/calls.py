"""What follows an operand: calls, subscripts, attributes; and the parameters of functions."""

from __future__ import annotations

from tcalc.parser import nodes
from tcalc.parser.displays import Displays
from tcalc.parser.grammar import BITWISE
from tcalc.parser.nodes import ExprNode
from tcalc.parser.tokens import NAME


class Calls(Displays):
    """The rules `trailer`, `argument`, `subscript` and `parameter`."""

    def trailers(self, node: ExprNode, start: int) -> ExprNode:
        """Calls, subscripts and attributes of an operand, as many as there are."""
        kinds = self.kinds
        while True:
            pos = self.pos
            kind = kinds[pos]
            if kind == ".":
                at = pos + 1
                if kinds[at] != NAME:
                    self.pos = at
                    self.unexpected("the name of an attribute")
                self.pos = at + 1
                node = nodes.Attribute(start, self.ends[at], node, self.values[at], self.starts[at])
            elif kind == "(":
                self.deeper()
                self.pos = pos + 1
                args, keywords = self.arguments(pos)
                self.depth -= 1
                node = nodes.Call(start, self.ends[self.pos - 1], node, args, keywords)
            elif kind == "[":
                self.deeper()
                self.pos = pos + 1
                index = self.subscript(pos)
                self.depth -= 1
                node = nodes.Subscript(start, self.ends[self.pos - 1], node, index)
            else:
                return node

    def arguments(self, opener: int) -> tuple[list[ExprNode], list[nodes.keyword]]:
        """The arguments of a call after its `(`, and the closing bracket."""
        kinds, starts, ends = self.kinds, self.starts, self.ends
        args: list[ExprNode] = []
        keywords: list[nodes.keyword] = []
        names: set[str] = set()  # of the keywords
        doubled = False  # a `**` argument was seen
        while kinds[self.pos] != ")":
            pos = self.pos
            kind = kinds[pos]
            if kind == NAME and kinds[pos + 1] == "=":
                keywords.append(self.keyword(names))
            elif kind == "**":
                self.pos = pos + 1
                value = self.expression()
                keywords.append(nodes.keyword(starts[pos], ends[self.pos - 1], None, value))
                doubled = True
            elif kind == "*":
                if doubled:
                    self.fail("a `*` argument cannot follow a `**` one", starts[pos], ends[pos])
                self.pos = pos + 1
                value = self.expression()
                args.append(nodes.Starred(starts[pos], ends[self.pos - 1], value))
                if kinds[self.pos] == "for":
                    self.comprehension(args[-1], "a generator expression")
            else:
                value = self.named()
                if kinds[self.pos] in ("for", "async"):
                    generators = self.comprehension(value, "a generator expression")
                    alone = not args and not keywords and kinds[self.pos] == ")"
                    if not alone and kinds[self.pos] in (")", ","):
                        self.fail(
                            "a generator expression beside other arguments needs parentheses",
                            value.start,
                            ends[self.pos - 1],
                        )
                    self.close(")", opener)
                    span = starts[opener], ends[self.pos - 1]
                    return [nodes.GeneratorExp(*span, value, generators)], []
                if kinds[self.pos] == "=":
                    self.not_a_keyword(value, pos)
                if keywords:
                    before = "a `**` argument" if doubled else "a keyword argument"
                    if kinds[self.pos] not in (",", ")"):
                        self.close(")", opener)
                    self.fail(
                        f"a positional argument cannot follow {before}", value.start, value.end
                    )
                args.append(value)
            if kinds[self.pos] != ",":
                break
            self.pos += 1
        self.close(")", opener)
        return args, keywords

    def keyword(self, before: set[str]) -> nodes.keyword:
        """`name=value`, whose name is none of those before it."""
        pos = self.pos
        name, start = self.values[pos], self.starts[pos]
        if name == "__debug__":
            self.fail("`__debug__` cannot be assigned to", start, self.ends[pos])
        if name in before:
            self.fail(f"the keyword `{name}` is given twice", start, self.ends[pos])
        before.add(name)
        self.pos = pos + 2
        value = self.expression()
        return nodes.keyword(start, self.ends[self.pos - 1], name, value)

    def not_a_keyword(self, value: ExprNode, begin: int) -> None:
        """A `=` after an argument that is no plain name."""
        start, end = self.starts[begin], self.ends[self.pos - 1]
        text = self.source.text[start:end]
        if isinstance(value, nodes.Constant) and text in ("None", "True", "False"):
            self.fail(f"`{text}` is a constant and cannot name a parameter", start, end)
        self.fail(
            "only a name can stand before `=` in a call", start, end, "to compare, write `==`"
        )

    def subscript(self, opener: int) -> ExprNode:
        """An index after `[`, and the closing bracket."""
        kinds = self.kinds
        if kinds[self.pos] == "]":
            self.unexpected("an index")
        first = self.index()
        if kinds[self.pos] != "," and type(first) is not nodes.Starred:
            self.close("]", opener)
            return first
        indices = [first]
        while self.accept(","):
            if kinds[self.pos] == "]":
                break
            indices.append(self.index())
        end = self.ends[self.pos - 1]
        self.close("]", opener)
        return nodes.Tuple(first.start, end, indices)

    def index(self) -> ExprNode:
        """One index: an expression, a starred one or a slice."""
        kinds = self.kinds
        pos = self.pos
        if kinds[pos] == "*":
            return self.starred()
        lower = None
        if kinds[pos] != ":":
            lower = self.named()
            if kinds[self.pos] != ":":
                return lower
            if type(lower) is nodes.NamedExpr and kinds[pos] == NAME:
                self.unexpected("`]`")
        self.pos += 1
        upper = step = None
        if kinds[self.pos] not in (":", ",", "]"):
            upper = self.expression()
        if self.accept(":") and kinds[self.pos] not in (",", "]"):
            step = self.expression()
        return nodes.Slice(self.starts[pos], self.ends[self.pos - 1], lower, upper, step)

    def parameters(self, closer: str, *, annotated: bool) -> nodes.arguments:
        """Parameters up to the closing token, which is left for the caller."""
        kinds, starts, ends = self.kinds, self.starts, self.ends
        first = self.pos
        positional: list[nodes.arg] = []
        only: list[nodes.arg] = []
        keyword_only: list[nodes.arg] = []
        defaults: list[ExprNode] = []
        keyword_defaults: list[ExprNode | None] = []
        vararg: nodes.arg | None = None
        kwarg: nodes.arg | None = None
        seen: set[str] = set()
        slash = star = False
        while kinds[self.pos] != closer:
            pos = self.pos
            kind = kinds[pos]
            start, end = starts[pos], ends[pos]
            if kwarg is not None:
                self.check_readable()
                self.fail("nothing can follow a `**` parameter", start, end)
            if kind == "/":
                self.pos = pos + 1
                if slash:
                    self.fail("a second `/` among the parameters", start, end)
                if star:
                    self.fail("`/` must come before `*`", start, end)
                if not positional:
                    self.fail("a parameter must come before `/`", start, end)
                slash = True
                positional, only = [], positional
            elif kind == "*":
                self.pos = pos + 1
                if star:
                    self.fail("a second `*` among the parameters", start, end)
                star = True
                if kinds[self.pos] == NAME:
                    vararg = self.parameter(seen, annotated, star=True)
                    self.no_default("*")
                elif kinds[self.pos] == closer or (
                    kinds[self.pos] == "," and (kinds[self.pos + 1] in (closer, "**"))
                ):
                    self.fail("a named parameter must follow a bare `*`", start, end)
                elif kinds[self.pos] != ",":
                    self.unexpected("a parameter's name or `,`")
            elif kind == "**":
                self.pos = pos + 1
                kwarg = self.parameter(seen, annotated)
                self.no_default("**")
            else:
                if kind == "(":
                    self.fail("parameters cannot be in parentheses", start, end)
                parameter = self.parameter(seen, annotated)
                default = None
                if self.accept("="):
                    default = self.expression()
                if star:
                    keyword_only.append(parameter)
                    keyword_defaults.append(default)
                else:
                    positional.append(parameter)
                    if default is not None:
                        defaults.append(default)
                    elif defaults:
                        self.fail(
                            "a parameter without a default follows one with a default",
                            parameter.start,
                            parameter.end,
                        )
            if kinds[self.pos] != ",":
                break
            self.pos += 1
        if kinds[self.pos] != closer:
            self.unexpected(f"`,` or `{closer}`")
        begin, end = starts[first], max(starts[first], ends[self.pos - 1])
        return nodes.arguments(
            begin, end, only, positional, vararg, keyword_only, keyword_defaults, kwarg, defaults
        )

    def parameter(self, seen: set[str], annotated: bool, *, star: bool = False) -> nodes.arg:
        """A parameter's name and its annotation."""
        pos = self.pos
        name = self.name("the name of a parameter")
        start, end = self.starts[pos], self.ends[pos]
        if name in seen:
            self.fail(f"two parameters are named `{name}`", start, end)
        seen.add(name)
        self.bind(name, start, end, scope="function")
        annotation: ExprNode | None = None
        if annotated and self.accept(":"):
            if star and self.kinds[self.pos] == "*":
                at = self.starts[self.pos]
                self.pos += 1
                value = self.expression(BITWISE)
                annotation = nodes.Starred(at, self.ends[self.pos - 1], value)
            else:
                annotation = self.expression()
        return nodes.arg(start, self.ends[self.pos - 1], name, annotation)

    def no_default(self, star: str) -> None:
        if self.kinds[self.pos] == "=":
            self.fail(
                f"a `{star}` parameter cannot have a default",
                self.starts[self.pos],
                self.ends[self.pos],
            )
