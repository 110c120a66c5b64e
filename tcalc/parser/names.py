"""The names that targets and statements bind."""

from __future__ import annotations

from tcalc.parser import nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def bound_names(statement: Any) -> list[str]:
    """The plain names that an assignment, an import, a function or a class binds.

    >>> from tcalc.parser import parse
    >>> from tcalc.source import Source
    >>> bound_names(parse(Source("a, *b = c.d = f()")).body[0])
    ['a', 'b']
    """
    kind = type(statement)
    if kind is nodes.Assign:
        return [name for target in statement.targets for name in names_in(target)]
    if kind is nodes.AnnAssign or kind is nodes.AugAssign:
        return names_in(statement.target)
    if kind is nodes.FunctionDef or kind is nodes.ClassDef:
        return [statement.name]
    if kind is nodes.Import or kind is nodes.ImportFrom:
        return [alias.asname or alias.name.split(".", 1)[0] for alias in statement.names]
    return []


def text_of(body: Sequence[Any]) -> str | None:
    """The text that a program begins with, if it begins with one: it says what the program is."""
    first = body[0].value if body and type(body[0]) is nodes.Expr else None
    return first.value if type(first) is nodes.Constant and type(first.value) is str else None


def names_in(target: Any) -> list[str]:
    """The names that a target binds."""
    kind = type(target)
    if kind is nodes.Name:
        return [target.id]
    if kind is nodes.Starred:
        return names_in(target.value)
    if kind is nodes.Tuple or kind is nodes.List:
        return [name for e in target.elts for name in names_in(e)]
    return []
