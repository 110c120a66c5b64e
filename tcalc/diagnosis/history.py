"""What led to a place in a program, read from its text: which statement gave a name its value, and
which change values in place. Nothing is run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tcalc.parser import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.session import Session
    from tcalc.source import Source


class Step(NamedTuple):
    """A statement, and what it stands in: the innermost function, and `with` blocks and loops."""

    source: Source
    statement: nodes.Node
    function: nodes.FunctionDef | None
    blocks: tuple[nodes.Node, ...]


class Definition(NamedTuple):
    """The statement that gave a name its value, and the expression it got."""

    step: Step
    value: nodes.Node


@lru_cache(maxsize=8)
def steps(source: Source) -> list[Step]:
    """Every statement of a program, in the order of its text."""
    from tcalc.parser import parse_all

    found: list[Step] = []

    def walk(
        node: nodes.Node, function: nodes.FunctionDef | None, blocks: tuple[nodes.Node, ...]
    ) -> None:
        for child in nodes.children(node):
            if isinstance(child, nodes.ExprNode):
                continue
            if isinstance(child, nodes.StmtNode):
                found.append(Step(source, child, function, blocks))
            if isinstance(child, nodes.FunctionDef):
                walk(child, child, ())
            elif isinstance(child, nodes.With | nodes.For | nodes.While):
                walk(child, function, (*blocks, child))
            else:
                walk(child, function, blocks)

    walk(parse_all(source)[0], None, ())
    return found


@lru_cache(maxsize=8)
def calls(source: Source) -> dict[tuple[int, int], tuple[nodes.Call, Step]]:
    """Every call of a program, by the place of what it calls."""
    return {
        (call.func.start, call.func.end): (call, step)
        for step in steps(source)
        for call in calls_of(step.statement)
    }


def function_at(source: Source, offset: int) -> nodes.FunctionDef | None:
    """The innermost function that a place is in."""
    inside = [
        step.statement for step in steps(source)
        if isinstance(step.statement, nodes.FunctionDef)
        and step.statement.start <= offset < step.statement.end
    ]  # fmt: skip
    return inside[-1] if inside else None


def before(source: Source, session: Session | None) -> Iterator[Source]:
    """A program, and those that ran before it in its session, the latest first."""
    yield source
    if session is not None:
        yield from (s for s in reversed(session.around.sources) if s is not source)


def definition(
    name: str, source: Source, offset: int, session: Session | None = None
) -> Definition | None:
    """The last statement above a place that gave a name its value."""
    function = function_at(source, offset)
    for scope in dict.fromkeys((function, None)):
        for program in before(source, session if scope is None else None):
            for step in reversed(steps(program)):
                statement = step.statement
                # What stands below the place, or around it, is not done yet.
                undone = program is source and (statement.start >= offset or offset < statement.end)
                if step.function is not scope or undone:
                    continue
                value = _given(statement, name)
                if value is not None:
                    return Definition(step, value)
    return None


def _given(statement: nodes.Node, name: str) -> nodes.Node | None:
    """What a statement gives a name, None if it does not."""
    if isinstance(statement, nodes.AugAssign):
        return statement.value if _is_name(statement.target, name) else None
    if not isinstance(statement, nodes.Assign):
        return None
    for target in statement.targets:
        if _is_name(target, name):
            return statement.value
        if isinstance(target, nodes.Tuple | nodes.List):
            for i, part in enumerate(target.elts):
                if _is_name(part, name):
                    value = statement.value
                    if isinstance(value, nodes.Tuple) and i < len(value.elts):
                        return value.elts[i]
                    return value
    return None


def _is_name(node: nodes.Node, name: str) -> bool:
    return isinstance(node, nodes.Name) and node.id == name


class Change(NamedTuple):
    """What changes a value in place: where, the expression that is changed, and the node that does."""

    step: Step
    target: nodes.Node
    node: nodes.Node


def changes(source: Source) -> Iterator[Change]:
    """What changes tensors in place in a program: `x += …`, `x[…] = …`, `x.add_(…)`."""
    for step in steps(source):
        statement = step.statement
        if isinstance(statement, nodes.AugAssign):
            yield Change(step, _root(statement.target), statement)
        elif isinstance(statement, nodes.Assign):
            for target in statement.targets:
                if isinstance(target, nodes.Subscript):
                    yield Change(step, _root(target), statement)
        for call in calls_of(statement):
            function = call.func
            if isinstance(function, nodes.Attribute) and function.attr.endswith("_"):
                yield Change(step, _root(function.value), call)


def _root(node: nodes.Node) -> nodes.Node:
    """What a part is a part of: x of x[0], self.x of self.x.data[1:]."""
    while isinstance(node, nodes.Subscript) or (
        isinstance(node, nodes.Attribute) and node.attr in ("data", "T", "mT")
    ):
        node = node.value
    return node


def calls_of(statement: nodes.Node) -> Iterator[nodes.Call]:
    """The calls of a statement, not those of the statements in it."""
    for child in nodes.children(statement):
        if isinstance(child, nodes.StmtNode):
            continue
        if isinstance(child, nodes.Call):
            yield child
        yield from calls_of(child)
