"""Syntax nodes become Python code objects, through Python's `ast` classes and never from text.

Loops, calls, closures, generators and exceptions then run at CPython's own speed and with its
exact semantics. What keeps a program inside is in three places: names resolve only in the
program's variables and a dict of our own that stands for the built-ins; attributes go through
tcalc.language.attributes; classes are made by tcalc.language.classes.
"""

from __future__ import annotations

import _ast
import gc
import sys

from tcalc.compiler.places import listing, locate, locate_place, too_deep
from tcalc.compiler.statements import Statements
from tcalc.errors import ParseError
from tcalc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any

    from tcalc.compiler.targets import Names
    from tcalc.parser.nodes import StmtNode
    from tcalc.source import Source

__all__ = ["Compiled", "compile_statements", "locate", "locate_place"]

# How deep Python's compiler may go, which is what limits the length of operator chains.
_DEPTH = 12_000


class Compiled:
    """Code to run in order, and the names that it looks up.

    In place of code that would do no more there are variables with their values.
    """

    __slots__ = ("parts", "used")

    def __init__(self, parts: list[CodeType | dict[str, Any]], used: set[str]) -> None:
        self.parts = parts
        self.used = used


def compile_statements(
    body: Sequence[StmtNode], source: Source, names: Names, *, steps: bool = False
) -> Compiled:
    """Code for top-level statements that stand one after the other.

    steps: call the session before each statement. Raises ParseError for what a program may not do
    and for expressions that are too deep for Python's compiler.
    """
    # Nothing here is garbage, and collecting takes longer than the work.
    collecting = gc.isenabled()
    gc.disable()
    try:
        maker = Statements(source, names)
        # Label 0, for what cannot fail, is the first statement.
        maker.nodes.extend(body[:1])
        made = list(maker.program(body, steps))
        where = listing(source, maker.nodes)
        parts = [p if isinstance(p, dict) else _compile(p, where) for p in made if p]
        return Compiled(parts, maker.used)
    finally:
        if collecting:
            gc.enable()


def _compile(statements: list[Any], where: Any) -> CodeType:
    module = _ast.Module(statements, [])
    before = sys.getrecursionlimit()
    try:
        try:
            return compile(module, where, "exec", 0, True, 0)
        except RecursionError:
            sys.setrecursionlimit(max(before, _DEPTH))
            return compile(module, where, "exec", 0, True, 0)
        finally:
            sys.setrecursionlimit(before)
    except (RecursionError, MemoryError):
        raise too_deep(where.source, where.nodes[statements[0].col_offset]) from None
    except SyntaxError as error:
        at = (error.offset or 1) - 1
        node = where.nodes[at if at < len(where.nodes) else 0]
        raise ParseError(error.msg, where.source, Span(node.start, node.end)) from None
