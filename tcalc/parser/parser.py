"""parse, parse_all and is_incomplete: the parser as the rest of tcalc sees it."""

from __future__ import annotations

import gc

from tcalc.errors import ParseError
from tcalc.parser import nodes
from tcalc.parser.lexer import tokenize
from tcalc.parser.statements import Statements
from tcalc.source import Source


def parse(source: Source) -> nodes.Module:
    """The syntax tree of a text; raises the first ParseError.

    >>> parse(Source("x = 1 + 2")).body
    [Assign([Name('x')], BinOp(Constant(1), '+', Constant(2)))]
    """
    module, errors = parse_all(source)
    if errors:
        raise errors[0]
    return module


def parse_all(source: Source) -> tuple[nodes.Module, list[ParseError]]:
    """The good top-level statements of a text, and every error in it in order."""
    collecting = gc.isenabled()
    gc.disable()  # it would look through all nodes again and again, and none is garbage
    try:
        parser = Statements(source, tokenize(source.text))
        module = parser.module()
    finally:
        if collecting:
            gc.enable()
    errors = parser.errors
    if parser.scoped:
        from tcalc.parser.scopes import check_scopes

        bad = check_scopes(module, source)
        if bad:
            errors += bad
            errors.sort(key=lambda error: error.span or (0, 0))
            module.body = [
                statement
                for statement in module.body
                if not any(
                    error.span and statement.start <= error.span.start < statement.end
                    for error in bad
                )
            ]
    return module, errors


def is_incomplete(text: str) -> bool:
    """Whether more lines could go on with what was typed so far.

    True while a bracket, a triple-quoted string, a `\\` or a block is open; a block is open until
    an empty line. False for what is complete and for what is wrong however it goes on.
    """
    source = Source(text)
    parser = Statements(source, tokenize(text, recover=False))
    module = parser.module()
    if parser.errors:
        return parser.errors[0].incomplete
    if not module.body or not isinstance(module.body[-1], _WITH_BLOCKS):
        return False
    return bool(text[text.rfind("\n") + 1 :].strip())


_WITH_BLOCKS = (
    nodes.If,
    nodes.While,
    nodes.For,
    nodes.With,
    nodes.Try,
    nodes.TryStar,
    nodes.FunctionDef,
    nodes.ClassDef,
)
