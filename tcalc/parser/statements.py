"""Statements, blocks and the module; where to go on after an error."""

from __future__ import annotations

from tcalc.errors import ParseError
from tcalc.parser import nodes
from tcalc.parser.cursor import Context
from tcalc.parser.grammar import MAX_BLOCKS
from tcalc.parser.nodes import ExprNode, StmtNode
from tcalc.parser.simple import SIMPLE, Simple
from tcalc.parser.tokens import AUGMENTED, DEDENT, END, INDENT, NAME, NEWLINE, Tokens
from tcalc.source import Source

_CLAUSES = frozenset(["elif", "else", "except", "finally"])


class Statements(Simple):
    """The rules from `program` down to `named`."""

    def __init__(self, source: Source, tokens: Tokens) -> None:
        super().__init__(source, tokens)
        self.errors: list[ParseError] = []

    def module(self) -> nodes.Module:
        body: list[StmtNode] = []
        self.lines(body, _END)
        return nodes.Module(0, len(self.source.text), body)

    def lines(self, body: list[StmtNode], last: frozenset[str]) -> None:
        """Statement lines up to a token; one with an error in it is noted and left out."""
        kinds, errors = self.kinds, self.errors
        context, depth = self.context, self.depth
        while (kind := kinds[self.pos]) not in last:
            begin, size, known = self.pos, len(body), len(errors)
            try:
                if kind == NAME:
                    body.append(self.expression_statement())
                    if kinds[self.pos] == NEWLINE:
                        self.pos += 1
                        continue
                    self.rest_of_line(body)
                elif kind in _COMPOUND:
                    body.append(_COMPOUND[kind](self))
                else:
                    self.simple_line(body)
            except (ParseError, RecursionError) as error:
                errors.append(error if isinstance(error, ParseError) else self.too_deep())
                self.context, self.depth, self.iterables = context, depth, 0
                self.skip(begin)
            if len(errors) > known:
                del body[size:]
                if last is _END:
                    for each in errors[known:]:
                        each.binds = self.names_at(begin)

    def names_at(self, begin: int) -> list[str]:
        """What the statement that begins at a token, and does not parse, was to bind."""
        kinds, values = self.kinds, self.values
        if kinds[begin] in ("def", "class"):
            return [values[begin + 1]] if kinds[begin + 1] == NAME else []
        pos = begin
        while kinds[pos] == NAME and (kinds[pos + 1] in (",", "=") or kinds[pos + 1] in AUGMENTED):
            pos += 2
        assigned = pos > begin and kinds[pos - 1] != ","
        return values[begin:pos:2] if assigned else []

    def too_deep(self) -> ParseError:
        pos = self.pos
        return self.error("this is nested too deeply", self.starts[pos], self.ends[pos])

    def skip(self, begin: int) -> None:
        """Past the rest of the statement that began at a token, blocks and clauses included."""
        kinds, pos = self.kinds, begin
        level = 0
        while True:
            kind = kinds[pos]
            if kind == END:
                break
            if kind == INDENT:
                level += 1
            elif kind == DEDENT:
                if level == 0 and pos >= self.pos:
                    break  # of the block around
                level -= 1
            pos += 1
            ended = kind in (NEWLINE, DEDENT)
            if ended and level <= 0 and pos > self.pos and kinds[pos] != INDENT:
                if kinds[pos] in _CLAUSES:
                    continue
                break
        self.pos = pos

    def simple_line(self, body: list[StmtNode]) -> None:
        """Simple statements with `;` between them, and the line's end."""
        body.append(self.simple())
        self.rest_of_line(body)

    def simple(self) -> StmtNode:
        rule = SIMPLE.get(self.kinds[self.pos])
        return self.expression_statement() if rule is None else rule(self)

    def rest_of_line(self, body: list[StmtNode]) -> None:
        """What follows the first statement of a line; each that a `;` follows shows no value."""
        kinds = self.kinds
        while self.accept(";"):
            statement = body[-1]
            if type(statement) is nodes.Expr:
                statement.silent = True
            if kinds[self.pos] == NEWLINE:
                break
            if kinds[self.pos] in _COMPOUND:
                self.own_line()
            body.append(self.simple())
        if kinds[self.pos] != NEWLINE:
            self.unexpected("the end of the statement")
        self.pos += 1

    def own_line(self) -> None:
        kind = self.kinds[self.pos]
        self.fail(
            f"`{kind}` must begin a line of its own", self.starts[self.pos], self.ends[self.pos]
        )

    # Compound statements.

    def block(self, header: int) -> list[StmtNode]:
        """`:` and a block, or simple statements on the same line. header: token it belongs to."""
        kinds = self.kinds
        if kinds[self.pos] != ":":
            self.missing_colon(header)
        else:
            self.pos += 1
        body: list[StmtNode] = []
        if kinds[self.pos] != NEWLINE:
            if kinds[self.pos] in _COMPOUND:
                self.own_line()
            self.simple_line(body)
            return body
        self.pos += 1
        if kinds[self.pos] != INDENT:
            word = self.values[header]
            line = self.source.line_of(self.starts[header])
            self.fail_here(f"expected an indented block after `{word}` on line {line}")
        self.pos += 1
        self.lines(body, _BLOCK_END)
        self.accept(DEDENT)
        return body

    def missing_colon(self, header: int) -> None:
        """A header without its `:`; where errors are collected, its block is read all the same."""
        kinds = self.kinds
        word = self.values[header]
        if kinds[self.pos] != NEWLINE or (self.pos - 1 == header and word not in _NO_HEADER):
            self.unexpected("`:`")
        end = self.ends[self.pos - 1]
        head = self.source.text[self.starts[header] : end]
        hint = f"write `{head}:`" if len(head) <= _SHORT and "\n" not in head else None
        error = self.error(f"expected `:` at the end of the `{word}` line", end, end, hint)
        if kinds[self.pos + 1] != INDENT:
            raise error
        self.errors.append(error)

    def if_statement(self) -> StmtNode:
        """All branches of an `if` in one go, so that many of them need no nesting here."""
        branches: list[tuple[int, ExprNode, list[StmtNode]]] = []
        orelse: list[StmtNode] = []
        while True:
            header = self.pos
            self.pos += 1
            test = self.named()
            branches.append((self.starts[header], test, self.block(header)))
            if self.kinds[self.pos] != "elif":
                break
        if self.kinds[self.pos] == "else":
            orelse = self.orelse()
        end = self.block_end()
        for start, test, body in reversed(branches):
            orelse = [nodes.If(start, end, test, body, orelse)]
        return orelse[0]

    def orelse(self) -> list[StmtNode]:
        """`else:` and its block, if it is there."""
        header = self.pos
        return self.block(header) if self.accept("else") else []

    def block_end(self) -> int:
        """Where the block ends that was just read."""
        pos = self.pos - 1
        while pos and self.kinds[pos] in (DEDENT, NEWLINE):
            pos -= 1
        return self.ends[pos]

    def nested(self, header: int, *, loop: bool = False, levels: int = 1) -> list[StmtNode]:
        """A block that counts among those that CPython limits."""
        outer = self.context
        blocks = outer.blocks + levels
        if blocks > MAX_BLOCKS:
            self.fail(
                f"more than {MAX_BLOCKS} loops, `with` and `try` within each other",
                self.starts[header],
                self.ends[header],
                "move the inner ones into a function",
            )
        self.context = Context(outer.scope, loop or outer.loop, outer.star, blocks)
        body = self.block(header)
        self.context = outer
        return body

    def while_statement(self) -> StmtNode:
        header = self.pos
        self.pos += 1
        test = self.named()
        body = self.nested(header, loop=True)
        orelse = self.orelse()
        return nodes.While(self.starts[header], self.block_end(), test, body, orelse)

    def for_statement(self) -> StmtNode:
        header = self.pos
        self.pos += 1
        target = self.target_list("`in`")
        self.expect("in", "`in` and what to go through")
        iterable = self.expressions()
        if type(iterable) is nodes.Starred:
            self.lone_star(iterable)
        body = self.nested(header, loop=True)
        orelse = self.orelse()
        return nodes.For(self.starts[header], self.block_end(), target, iterable, body, orelse)

    def with_statement(self) -> StmtNode:
        header = self.pos
        self.pos += 1
        items = self.with_items_in_parentheses() or self.with_items()
        body = self.nested(header, levels=len(items))
        return nodes.With(self.starts[header], self.block_end(), items, body)

    def with_items(self) -> list[nodes.withitem]:
        items = [self.with_item()]
        while self.accept(","):
            items.append(self.with_item())
        return items

    def with_items_in_parentheses(self) -> list[nodes.withitem]:
        """`(item, item)` right before the `:`; nothing if the parentheses are an expression's."""
        kinds = self.kinds
        opener = self.pos
        if kinds[opener] != "(":
            return []
        closer = self.matching(opener)
        if kinds[closer] == ")" and kinds[closer + 1] not in (":", NEWLINE):
            return []
        self.pos = opener + 1
        items: list[nodes.withitem] = []
        while kinds[self.pos] not in (")", "*", "yield"):
            items.append(self.with_item())
            if not self.accept(","):
                break
        if self.pos != closer or not items:
            self.pos = opener  # a tuple with a star, a generator expression, …
            return []
        self.pos = closer + 1
        return items

    def with_item(self) -> nodes.withitem:
        begin = self.pos
        context = self.expression()
        target = None
        if self.accept("as"):
            target = self.starred_target()
            if type(target) is nodes.Starred:
                self.lone_target(target)
            self.check_target(target, "assign to")
        return nodes.withitem(self.starts[begin], self.ends[self.pos - 1], context, target)

    def matching(self, opener: int) -> int:
        """The token that closes a bracket, or the end of its line."""
        kinds = self.kinds
        depth = 0
        pos = opener
        while kinds[pos] != NEWLINE:
            if kinds[pos] in ("(", "[", "{"):
                depth += 1
            elif kinds[pos] in (")", "]", "}"):
                depth -= 1
                if depth == 0:
                    break
            pos += 1
        return pos

    def try_statement(self) -> StmtNode:
        kinds, starts, ends = self.kinds, self.starts, self.ends
        header = self.pos
        self.pos += 1
        outer = self.context
        blocks = outer.blocks + self.has_both(header)
        self.context = Context(outer.scope, outer.loop, outer.star, blocks)
        body = self.nested(header)
        handlers: list[nodes.ExceptHandler] = []
        group: bool | None = None
        bare = -1
        while kinds[self.pos] == "except":
            at = self.pos
            if bare >= 0:
                self.fail("a bare `except:` must be the last", starts[bare], ends[bare])
            self.pos += 1
            star = self.accept("*")
            if group is not None and star != group:
                self.fail("`except` and `except*` cannot be mixed", starts[at], ends[self.pos - 1])
            group = star
            if kinds[self.pos] in (":", NEWLINE) and not star:
                bare = at
            handlers.append(self.handler(at, star))
        orelse: list[StmtNode] = []
        if handlers and kinds[self.pos] == "else":
            orelse = self.orelse()
        self.context = outer
        finalbody: list[StmtNode] = []
        if kinds[self.pos] == "finally":
            at = self.pos
            self.pos += 1
            finalbody = self.nested(at)
        elif not handlers:
            self.fail_here(
                f"expected `except` or `finally` after the `try` of line "
                f"{self.source.line_of(starts[header])}"
            )
        made = nodes.TryStar if group else nodes.Try
        return made(starts[header], self.block_end(), body, handlers, orelse, finalbody)

    def has_both(self, header: int) -> int:
        """1 if the `try` at a token has `except` and `finally`, which is a block around the rest."""
        kinds, pos, level = self.kinds, header, 0
        handled = False
        while kinds[pos] != END:
            kind = kinds[pos]
            level += (kind == INDENT) - (kind == DEDENT)
            pos += 1
            if level < 0:
                break
            if level == 0 and kind in (NEWLINE, DEDENT) and kinds[pos] != INDENT:
                if kinds[pos] == "finally":
                    return int(handled)
                if kinds[pos] not in ("except", "else"):
                    break
                handled = True
        return 0

    def handler(self, at: int, star: bool) -> nodes.ExceptHandler:
        """The rest of an `except` clause."""
        kinds = self.kinds
        kind: ExprNode | None = None
        name = None
        if kinds[self.pos] not in (":", NEWLINE) or star:
            kind = self.expression()
            if kinds[self.pos] == ",":
                self.fail(
                    "several exceptions need parentheses",
                    kind.start,
                    self.ends[self.pos],
                    "write `except (A, B):`",
                )
            if self.accept("as"):
                place = self.pos
                name = self.name("a name after `as`")
                self.bind(name, self.starts[place], self.ends[place])
        outer = self.context
        if star:
            self.context = Context(outer.scope, False, True, outer.blocks)
        body = self.nested(at, levels=2)
        self.context = outer
        return nodes.ExceptHandler(self.starts[at], self.block_end(), kind, name, body)

    def decorated(self) -> StmtNode:
        """Decorators, and the function or class that they are for."""
        decorators: list[ExprNode] = []
        while self.accept("@"):
            decorators.append(self.named())
            self.expect(NEWLINE, "the end of the line after a decorator")
        if self.kinds[self.pos] == "def":
            return self.function(decorators)
        if self.kinds[self.pos] == "class":
            return self.class_(decorators)
        self.unexpected("`def` or `class` after a decorator")

    def function_statement(self) -> StmtNode:
        return self.function([])

    def function(self, decorators: list[ExprNode]) -> StmtNode:
        header = self.pos
        self.pos += 1
        at = self.pos
        name = self.name("the name of the function")
        self.bind(name, self.starts[at], self.ends[at])
        opener = self.pos
        self.expect("(", "`(` and the parameters")
        args = self.parameters(")", annotated=True)
        self.close(")", opener)
        returns = self.expression() if self.accept("->") else None
        body = self.scope_body("function", header)
        return nodes.FunctionDef(
            self.starts[header],
            self.block_end(),
            name,
            args,
            body,
            decorators,
            returns,
            self.starts[at],
        )

    def scope_body(self, scope: str, header: int) -> list[StmtNode]:
        """The block of a function or a class."""
        outer, last_yield = self.context, self.last_yield
        self.context = Context(scope)
        body = self.block(header)
        self.context, self.last_yield = outer, last_yield
        return body

    def class_statement(self) -> StmtNode:
        return self.class_([])

    def class_(self, decorators: list[ExprNode]) -> StmtNode:
        header = self.pos
        self.pos += 1
        at = self.pos
        name = self.name("the name of the class")
        self.bind(name, self.starts[at], self.ends[at])
        bases: list[ExprNode] = []
        opener = self.pos
        if self.accept("("):
            bases, keywords = self.arguments(opener)
            for word in keywords:
                self.fail(
                    "a class takes no keywords: there are no metaclasses", word.start, word.end
                )
            for base in bases:
                if isinstance(base, nodes.GeneratorExp) and base.start == self.starts[opener]:
                    self.fail("expected a base class", base.start, base.end)
        body = self.scope_body("class", header)
        return nodes.ClassDef(
            self.starts[header],
            self.block_end(),
            name,
            bases,
            body,
            decorators,
            self.starts[at],
        )


_END = frozenset([END])
_BLOCK_END = frozenset([DEDENT, END])
_SHORT = 40
_NO_HEADER = ("else", "try", "finally", "except")
_COMPOUND = {
    "@": Statements.decorated,
    "class": Statements.class_statement,
    "def": Statements.function_statement,
    "for": Statements.for_statement,
    "if": Statements.if_statement,
    "try": Statements.try_statement,
    "while": Statements.while_statement,
    "with": Statements.with_statement,
}
