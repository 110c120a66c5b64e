"""Python's own parser and compiler as the yardstick for ours; used by the tests only."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings

from tcalc.errors import ParseError
from tcalc.parser import nodes, parse
from tcalc.source import Source

OPERATORS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**",
    "MatMult": "@", "LShift": "<<", "RShift": ">>", "BitOr": "|", "BitAnd": "&", "BitXor": "^",
    "And": "and", "Or": "or", "Not": "not", "USub": "-", "UAdd": "+", "Invert": "~",
    "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Is": "is",
    "IsNot": "is not", "In": "in", "NotIn": "not in",
}  # fmt: skip


def tame(text: str) -> str:
    """A Python program with what we refuse on purpose replaced by something like it.

    Bytes become strings, `^` becomes `|`, `__x__` becomes `x_`, class keywords go.
    """
    starts = [0]
    for line in io.StringIO(text):
        starts.append(starts[-1] + len(line))
    pieces: list[str] = []
    at = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        word = token.string
        if token.type == tokenize.NAME:
            word = re.sub(r"^__(\w+)__$", r"\1_", word)
        elif token.type == tokenize.STRING:
            word = re.sub(r"^[bB]([rR]?)|^([rR])[bB]", r"\1\2", word)
        elif word in ("^", "^="):
            word = word.replace("^", "|")
        if word != token.string:
            start, end = (starts[line - 1] + column for line, column in (token.start, token.end))
            pieces += [text[at:start], word]
            at = end
    tamed = "".join(pieces) + text[at:]
    return re.sub(r"(?m)^( *class \w+)\(.*?\):", r"\1:", tamed)


def dump_python(node: object) -> str:
    """A tree of Python's `ast` in the form of `nodes.dump`."""
    if isinstance(node, ast.operator | ast.boolop | ast.unaryop | ast.cmpop):
        return repr(OPERATORS[type(node).__name__])
    if isinstance(node, ast.Constant):
        return f"Constant({node.value!r})"
    if isinstance(node, ast.AST):
        name = type(node).__name__
        fields = [
            getattr(node, field)
            for field in node._fields
            if field not in ("ctx", "type_comment", "type_ignores", "kind", "is_async")
            and (name != "ClassDef" or field != "keywords")
        ]
        return f"{name}({', '.join([dump_python(field) for field in fields])})"
    if isinstance(node, list):
        return "[" + ", ".join([dump_python(item) for item in node]) + "]"
    return repr(node)


def positions_python(tree: ast.AST, text: str) -> list[tuple[str, int, int]]:
    """Class, start and end of every expression and statement."""
    lines = [0]
    for line in text.split("\n"):
        lines.append(lines[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        start = lines[line - 1]
        row = text[start:].split("\n", 1)[0].encode()
        return start + len(row[:column].decode())

    found = []
    for node in ast.walk(tree):
        if hasattr(node, "lineno") and not inside_string(node):
            start = offset(node.lineno, node.col_offset)
            end = offset(node.end_lineno, node.end_col_offset)
            found.append((type(node).__name__, start, end))
    return sorted(found)


def inside_string(node: ast.AST) -> bool:
    return False


def positions_ours(tree: nodes.Node) -> list[tuple[str, int, int]]:
    found = []
    stack = [tree]
    while stack:
        node = stack.pop()
        stack.extend(nodes.children(node))
        if not isinstance(
            node, nodes.Module | nodes.arguments | nodes.comprehension | nodes.withitem
        ):
            found.append((type(node).__name__, node.start, node.end))
    return sorted(found)


def python_error(text: str) -> str | None:
    """What Python's compiler says against a text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<test>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, OverflowError) as error:
            return f"{type(error).__name__}: {error}"
        except (RecursionError, MemoryError) as error:
            return f"{type(error).__name__}"
    return None


def our_error(text: str) -> ParseError | None:
    try:
        parse(Source(text))
    except ParseError as error:
        return error
    return None


def python_tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def deep() -> None:
    """What tcalc's entry point does for nested programs."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))
