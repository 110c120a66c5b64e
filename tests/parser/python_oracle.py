"""Python's own parser and compiler as the yardstick for ours; used by the tests only."""

from __future__ import annotations

import ast
import io
import re
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

    Bytes become strings, `__x__` becomes `x_`, class keywords go.
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
            and (field != "type_params" or node.type_params)
        ]
        return f"{name}({', '.join([dump_python(field) for field in fields])})"
    if isinstance(node, list):
        return "[" + ", ".join([dump_python(item) for item in node]) + "]"
    return repr(node)


def places(python: object, ours: object, text: str) -> list[tuple[str, str, str]]:
    """Nodes that our tree places elsewhere than Python's: class, their text there and here.

    The trees must have the same structure. Parts of f-strings have no places in Python 3.11.
    """
    raw = text.encode("utf-8", "surrogatepass")
    starts = [0]
    for line in raw.replace(b"\r\n", b" \n").replace(b"\r", b"\n").split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return len(raw[: starts[line - 1] + column].decode("utf-8", "surrogatepass"))

    found: list[tuple[str, str, str]] = []
    stack = [(python, ours)]
    while stack:
        theirs, mine = stack.pop()
        if isinstance(theirs, list) and isinstance(mine, list):
            stack += zip(theirs, mine)
        elif isinstance(theirs, ast.AST) and isinstance(mine, nodes.Node):
            if hasattr(theirs, "lineno"):
                start = offset(theirs.lineno, theirs.col_offset)
                end = offset(theirs.end_lineno, theirs.end_col_offset)
                if (start, end) != (mine.start, mine.end):
                    found.append(
                        (type(theirs).__name__, text[start:end], text[mine.start : mine.end])
                    )
            if not isinstance(theirs, ast.JoinedStr):
                stack += [(getattr(theirs, field), getattr(mine, field)) for field in mine.fields]
    return found


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
    """What our parser says against a text."""
    try:
        parse(Source(text))
    except ParseError as error:
        return error
    return None


def compare(text: str) -> str | None:
    """How our parser and Python's compiler differ about a text, if they do."""
    theirs, mine = python_error(text), our_error(text)
    if bool(theirs) != bool(mine):
        return f"Python: {theirs}; ours: {mine}"
    if theirs is None:
        python, ours = python_tree(text), parse(Source(text))
        if nodes.dump(ours) != dump_python(python):
            return f"Python: {dump_python(python)}; ours: {nodes.dump(ours)}"
        if elsewhere := places(python, ours, text):
            return f"places: {elsewhere}"
    return None


def python_tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
