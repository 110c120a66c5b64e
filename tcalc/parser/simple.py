"""Simple statements: those that fit on a line."""

from __future__ import annotations

from tcalc.parser import nodes
from tcalc.parser.nodes import ExprNode, StmtNode
from tcalc.parser.targets import Targets
from tcalc.parser.tokens import AUGMENTED, INDENT, NAME, NEWLINE

_new = object.__new__  # as in `expression`


class Simple(Targets):
    """The rule `simple` and those below it."""

    def expression_statement(self) -> StmtNode:
        """An expression, an assignment, an augmented assignment or an annotation."""
        kinds, starts, ends = self.kinds, self.starts, self.ends
        begin = self.pos
        kind = kinds[begin]
        if kind == NAME and kinds[begin + 1] == "=":
            # What most lines are, made short.
            target = _new(nodes.Name)
            target.start, target.end, target.id = starts[begin], ends[begin], self.values[begin]
            if target.id[0] == "_":
                self.bind(target.id, target.start, target.end)
            self.pos = begin + 2
            if kinds[begin + 2] in ("*", "yield"):
                value = self.expressions(yields=True)
            else:
                value = self.expression()
                if kinds[self.pos] == ",":
                    value = self.tuple_after(value, begin + 2)
            if kinds[self.pos] == "=":
                return self.assignment(value, target.start, [target])
            made = _new(nodes.Assign)
            made.start, made.end = target.start, ends[self.pos - 1]
            made.targets, made.value = [target], value
            return made
        if kind == INDENT:
            self.fail("this line is indented for no reason", starts[begin], ends[begin + 1])
        node = self.expressions(yields=True)
        kind = kinds[self.pos]
        if kind == "=":
            return self.assignment(node, starts[begin], [])
        if kind in AUGMENTED:
            at = self.pos
            self.check_single(node, kind)
            self.pos = at + 1
            value = self.expressions(yields=True)
            span = (starts[at], ends[at])
            return nodes.AugAssign(starts[begin], ends[self.pos - 1], node, kind[:-1], value, span)
        if kind == ":" and kinds[begin] not in ("yield", "lambda"):
            return self.annotation(node, begin)
        if type(node) is nodes.Starred:
            self.lone_star(node)
        return nodes.Expr(starts[begin], ends[self.pos - 1], node, False)

    def assignment(self, node: ExprNode, start: int, targets: list[ExprNode]) -> StmtNode:
        """The targets from a `=` on, and the value; `node` stands before that `=`."""
        kinds = self.kinds
        while kinds[self.pos] == "=":
            if type(node) is nodes.Starred:
                self.lone_target(node)
            self.check_target(node, "assign to", equals=True)
            targets.append(node)
            self.pos += 1
            node = self.expressions(yields=True)
        if type(node) is nodes.Starred:
            self.lone_star(node)
        return nodes.Assign(start, self.ends[self.pos - 1], targets, node)

    def annotation(self, node: ExprNode, begin: int) -> StmtNode:
        if self.kinds[self.pos + 1] == NEWLINE:
            self.unexpected("the end of the statement")
        simple = self.check_annotated(node, begin)
        self.pos += 1
        annotation = self.expression()
        value = None
        if self.accept("="):
            value = self.expressions(yields=True)
            if type(value) is nodes.Starred:
                self.lone_star(value)
        return nodes.AnnAssign(
            self.starts[begin], self.ends[self.pos - 1], node, annotation, value, simple
        )

    # Simple statements.

    def pass_statement(self) -> StmtNode:
        self.pos += 1
        return nodes.Pass(self.starts[self.pos - 1], self.ends[self.pos - 1])

    def break_statement(self) -> StmtNode:
        self.needs_loop("break")
        return nodes.Break(self.starts[self.pos - 1], self.ends[self.pos - 1])

    def continue_statement(self) -> StmtNode:
        self.needs_loop("continue")
        return nodes.Continue(self.starts[self.pos - 1], self.ends[self.pos - 1])

    def needs_loop(self, word: str) -> None:
        pos = self.pos
        if not self.context.loop:
            message = f"`{word}` outside a loop"
            if self.context.star:
                message = f"`{word}` cannot leave an `except*` block"
            self.fail(message, self.starts[pos], self.ends[pos])
        self.pos = pos + 1

    def return_statement(self) -> StmtNode:
        pos = self.pos
        start, end = self.starts[pos], self.ends[pos]
        if self.context.scope != "function":
            self.fail("`return` outside a function", start, end)
        if self.context.star:
            self.fail("`return` cannot leave an `except*` block", start, end)
        self.pos = pos + 1
        value = None
        if self.kinds[self.pos] not in (NEWLINE, ";"):
            value = self.expressions()
            if type(value) is nodes.Starred:
                self.lone_star(value)
        return nodes.Return(start, self.ends[self.pos - 1], value)

    def delete_statement(self) -> StmtNode:
        kinds = self.kinds
        start = self.starts[self.pos]
        self.pos += 1
        targets: list[ExprNode] = []
        while not targets or self.starts_operand():
            targets.append(self.starred_target() if kinds[self.pos] == "*" else self.expression())
            if not self.accept(","):
                break
        if kinds[self.pos] not in (NEWLINE, ";"):
            self.unexpected("`,` or the end of the statement")
        for target in targets:
            self.check_target(target, "delete")
        return nodes.Delete(start, self.ends[self.pos - 1], targets)

    def raise_statement(self) -> StmtNode:
        start = self.starts[self.pos]
        self.pos += 1
        exc = cause = None
        if self.kinds[self.pos] not in (NEWLINE, ";"):
            exc = self.expression()
            if self.accept("from"):
                cause = self.expression()
        return nodes.Raise(start, self.ends[self.pos - 1], exc, cause)

    def assert_statement(self) -> StmtNode:
        start = self.starts[self.pos]
        self.pos += 1
        test = self.expression()
        message = self.expression() if self.accept(",") else None
        return nodes.Assert(start, self.ends[self.pos - 1], test, message)

    def global_statement(self) -> StmtNode:
        start = self.starts[self.pos]
        return nodes.Global(start, *self.declared())

    def nonlocal_statement(self) -> StmtNode:
        start, end = self.starts[self.pos], self.ends[self.pos]
        if self.context.scope == "module":
            self.fail("`nonlocal` outside a function", start, end)
        return nodes.Nonlocal(start, *self.declared())

    def declared(self) -> tuple[int, list[str], list[tuple[int, int]]]:
        """The names of a `global` or `nonlocal`, after the end of the statement."""
        names: list[str] = []
        spans: list[tuple[int, int]] = []
        while True:
            self.pos += 1  # the keyword, then each comma
            at = self.pos
            names.append(self.name("a name"))
            spans.append((self.starts[at], self.ends[at]))
            self.bind(names[-1], *spans[-1], scope="function")
            if self.kinds[self.pos] != ",":
                break
        self.scoped = True
        return self.ends[self.pos - 1], names, spans

    def import_statement(self) -> StmtNode:
        start = self.starts[self.pos]
        names: list[nodes.alias] = []
        while True:
            self.pos += 1  # the keyword, then each comma
            at = self.pos
            name = self.dotted("the name of a module")
            names.append(self.renamed(name, at, name.partition(".")[0]))
            if self.kinds[self.pos] != ",":
                break
        return nodes.Import(start, self.ends[self.pos - 1], names)

    def dotted(self, what: str) -> str:
        parts = [self.name(what)]
        while self.accept("."):
            parts.append(self.name("a name after the dot"))
        return ".".join(parts)

    def renamed(self, name: str, at: int, bound: str) -> nodes.alias:
        """`name as asname`; `bound` is the name that is bound without `as`."""
        asname = None
        place = at
        if self.accept("as"):
            place = self.pos
            bound = asname = self.name("a name after `as`")
        self.bind(bound, self.starts[place], self.ends[place])
        return nodes.alias(self.starts[at], self.ends[self.pos - 1], name, asname)

    def from_statement(self) -> StmtNode:
        kinds = self.kinds
        start = self.starts[self.pos]
        self.pos += 1
        level = 0
        while kinds[self.pos] in (".", "..."):
            level += len(kinds[self.pos])
            self.pos += 1
        module = None
        if not level or kinds[self.pos] != "import":
            module = self.dotted("the name of a module")
        self.expect("import", "`import`")
        names: list[nodes.alias] = []
        at = self.pos
        if self.accept("*"):
            if self.context.scope != "module":
                self.fail(
                    "`import *` is possible only outside functions and classes",
                    self.starts[at],
                    self.ends[at],
                )
            names.append(nodes.alias(self.starts[at], self.ends[at], "*", None))
            return nodes.ImportFrom(start, self.ends[at], module, names, level)
        closer = self.accept("(")
        while True:
            at = self.pos
            name = self.name("the name of what to import")
            names.append(self.renamed(name, at, name))
            if not self.accept(","):
                break
            if closer and kinds[self.pos] == ")":
                break
            if not closer and kinds[self.pos] == NEWLINE:
                self.fail(
                    "a comma at the end needs parentheses around the names",
                    self.starts[self.pos - 1],
                    self.ends[self.pos - 1],
                )
        if closer:
            self.close(")", at)
        return nodes.ImportFrom(start, self.ends[self.pos - 1], module, names, level)


SIMPLE = {
    "assert": Simple.assert_statement,
    "break": Simple.break_statement,
    "continue": Simple.continue_statement,
    "del": Simple.delete_statement,
    "from": Simple.from_statement,
    "global": Simple.global_statement,
    "import": Simple.import_statement,
    "nonlocal": Simple.nonlocal_statement,
    "pass": Simple.pass_statement,
    "raise": Simple.raise_statement,
    "return": Simple.return_statement,
}
