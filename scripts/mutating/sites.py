"""Every mutant of a source file: one node of its syntax tree made another.

What cannot change a result is left alone: annotations, texts, what is only for type checkers, what
an error says, and the sizes from which on the same is done another way (numbers that a module names
in capitals, and comparisons with them).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

# What an operator becomes; those that are missing stay.
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.Mod: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd,
}  # fmt: skip
# Names whose values are for readers; functions whose arguments have no order; what is as it is.
_SHOWN = frozenset({"__slots__", "__all__", "__doc__"})
_UNORDERED = frozenset({"max", "min"})
_GIVEN = "sys.version_info", "sys.platform", "os.name"


class Mutant(NamedTuple):
    """One change: the text from `start` to `end` becomes `new`. statement: the line it begins in."""

    path: str
    line: int
    statement: int
    start: int
    end: int
    old: str
    new: str

    def applied(self, source: bytes) -> bytes:
        """The file's text with the change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants(path: str, source: bytes) -> list[Mutant]:
    """The mutants of a file, in order."""
    tree = ast.parse(source)
    starts = [0]
    for text in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(text))
    limits = _limits(tree)
    found: dict[Mutant, None] = {}
    for statement, node, new in _changes(tree, tree.body[0], limits):
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        old = source[start:end].decode()
        found[Mutant(path, node.lineno, statement.lineno, start, end, old, new)] = None
    return list(found)


def differs(mutant: Mutant, source: bytes) -> bool:
    """Whether a mutant is a program, and another one."""
    try:
        return ast.dump(ast.parse(mutant.applied(source))) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def _limits(tree: ast.Module) -> frozenset[str]:
    """The names in capitals that a module gives, or takes from others: sizes where they compare."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and not isinstance(node.value, (ast.Dict, ast.Set)):
            targets = [e for t in node.targets for e in getattr(t, "elts", [t])]
            found |= {t.id for t in targets if isinstance(t, ast.Name)}
        if isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return frozenset(name for name in found if name.isupper())


def _is_limit(node: ast.AST, limits: frozenset[str]) -> bool:
    """Whether a comparison is of a size with one of the limits."""
    if not isinstance(node, ast.Compare):
        return False
    ordered = all(isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for op in node.ops)
    named = any(isinstance(v, ast.Name) and v.id in limits for v in (node.left, *node.comparators))
    return ordered and named


def _changes(
    node: ast.AST, statement: ast.stmt, limits: frozenset[str]
) -> Iterator[tuple[ast.stmt, ast.stmt | ast.expr, str]]:
    """The nodes in a tree, each in its statement, and the texts that they may become."""
    if _is_silent(node, limits):
        return
    if isinstance(node, ast.stmt):
        statement = node
        for text in _of_statement(node):
            yield statement, node, text
    if isinstance(node, ast.expr):
        for made in _of_expression(node):
            yield statement, node, f"({ast.unparse(made)})"
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        fixed = isinstance(node.test, ast.Constant) or _is_silent(node.test, limits)
        if not fixed:
            yield statement, node.test, f"(not ({ast.unparse(node.test)}))"
    for child in _inside(node):
        yield from _changes(child, statement, limits)


def _is_silent(node: ast.AST, limits: frozenset[str]) -> bool:
    """Whether nothing below a node may be changed."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    if isinstance(node, ast.keyword):
        return node.arg == "hint"
    if isinstance(node, ast.Assign):
        targets = [e for t in node.targets for e in getattr(t, "elts", [t])]
        names = {t.id for t in targets if isinstance(t, ast.Name)}
        numbers = all(
            isinstance(n, (ast.Constant, ast.BinOp, ast.operator, ast.Tuple, ast.Load))
            for n in ast.walk(node.value)
        )
        return bool(names & _SHOWN) or (numbers and bool(names & limits))
    if isinstance(node, ast.Compare) and ast.unparse(node.left) in _GIVEN:
        return True
    return _is_limit(node, limits)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """What is below a node and is run when it is."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "op", "ops", "ctx"):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield item


def _of_statement(node: ast.stmt) -> Iterator[str]:
    """What a statement may become."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "pass"
    elif isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)):
        targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
        if all(isinstance(t, (ast.Attribute, ast.Subscript)) for t in targets):
            yield "pass"
        if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
            op = ARITHMETIC[type(node.op)]()
            yield ast.unparse(ast.AugAssign(node.target, op, node.value))
    elif isinstance(node, (ast.Break, ast.Continue)):
        yield "pass"
    elif isinstance(node, ast.Return) and node.value and getattr(node.value, "value", True):
        yield "return None"


def _of_expression(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression may become."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            ops = [*node.ops[:i], COMPARISONS[type(op)](), *node.ops[i + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)
            of = node.comparators[i]
            if isinstance(op, (ast.In, ast.NotIn)) and isinstance(of, ast.Constant) and of.value:
                fewer = ast.Constant(of.value[:-1])
                new = [*node.comparators[:i], fewer, *node.comparators[i + 1 :]]
                yield ast.Compare(node.left, node.ops, new)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for i in range(len(node.values)):
            rest = [*node.values[:i], *node.values[i + 1 :]]
            yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif type(node.value) is int:
            yield ast.Constant(node.value + 1)
            if node.value:
                yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        first, second, *rest = node.args
        if isinstance(node.func, ast.Name) and node.func.id in _UNORDERED:
            return
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            yield ast.Call(node.func, [second, first, *rest], node.keywords)
