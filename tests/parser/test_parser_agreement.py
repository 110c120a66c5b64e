"""Our parser accepts what Python's compiler accepts and makes the same trees at the same places.

What differs on purpose is listed here and tested by `test_refused_on_purpose`.
"""

from __future__ import annotations

import ast
import os
import random
import re
import sys
from pathlib import Path

import pytest
from edge_programs import PROGRAMS
from hypothesis import given, settings
from hypothesis import strategies as st
from python_oracle import compare, our_error, python_error, tame

LIBRARY = Path(os.__file__).parent
FILES = [
    "abc", "argparse", "ast", "bisect", "calendar", "cmd", "code", "colorsys", "configparser",
    "copy", "csv", "difflib", "dis", "fractions", "functools", "glob", "heapq", "hmac", "inspect",
    "keyword", "linecache", "locale", "opcode", "pdb", "plistlib", "posixpath", "pprint", "queue",
    "random", "reprlib", "sched", "shlex", "statistics", "string", "tabnanny", "textwrap", "this",
    "tokenize", "traceback", "turtle", "uuid", "wave", "zipapp",
]  # fmt: skip
FILES = [name for name in FILES if (LIBRARY / f"{name}.py").exists()]

# Accepted by one side only; why.
DIFFERENT = {
    "\ufeffx = 1": "a byte order mark: Python drops it from a file, but not from a string",
    "x = '\ud800'": "half a surrogate pair cannot be encoded for Python's tokenizer",
}
# The language is the same whatever Python runs it: Python 3.11's grammar. Where a newer Python
# differs: from which version on (and before which), in what programs, and why.
NEWER: list[tuple[tuple[int, int], tuple[int, int] | None, str, str]] = [
    ((3, 12), None, r"f'\{f\"\{f", "quotes of an f-string may come again inside it (PEP 701)"),
    ((3, 12), None, r"f'\{a!r \}'", "a space after a conversion (PEP 701)"),
    ((3, 12), None, r"\{a:\{b:\{c\}\}\}", "replacement fields within each other (PEP 701)"),
    ((3, 12), None, r"\{a for a in b\}", "a generator needs its parentheses (PEP 701)"),
    ((3, 12), (3, 13), r"f'[^']*:[^']*\{", "3.12 makes other trees of format specs"),
    ((3, 14), None, r"except \*?x, y:", "exceptions without parentheses (PEP 758)"),
    ((3, 14), None, r"x: \(y := int\)", "annotations have a scope (PEP 649)"),
    ((3, 14), None, r"def g\(y: x\): pass\n global x", "annotations have a scope (PEP 649)"),
    ((3, 14), None, r"del x\.__debug__", "`__debug__` is no attribute to delete"),
]


def is_newer(program: str) -> bool:
    """Whether this Python takes a program in a newer way than the language does."""
    return any(
        version <= sys.version_info and (before is None or sys.version_info < before)
        and re.search(pattern, program)
        for version, before, pattern, _ in NEWER
    )  # fmt: skip


OURS = re.compile(
    r"is not part of the language|are not part of the language|cannot be bound|cannot define"
    r"|a power or exclusive or|no metaclasses|there is no `(match|type)` statement|levels of nesting|in other letters"
    + ("|more than 20 loops" if sys.version_info >= (3, 13) else "")
)


def test_edges() -> None:
    differences = [
        f"{program!r}: {difference}"
        for program in PROGRAMS
        if program not in DIFFERENT and not is_newer(program)
        if (difference := compare(program))
        if not ((error := our_error(program)) and OURS.search(str(error)))
    ]  # fmt: skip
    assert differences == []


@pytest.mark.parametrize("program", DIFFERENT)
def test_explained_differences(program: str) -> None:
    assert python_error(program) is not None
    assert our_error(program) is None


@pytest.mark.parametrize(
    "program",
    [
        "async def f(): pass",
        "async def f():\n  await x",
        "match x:\n  case 1: pass",
        "b'a'",
        "x = rb'a' b'b'",
        "2 ^ 3",
        "__x__ = 1",
        "class C(metaclass=D): pass",
        "class C(x, **y): pass",
        "class C:\n  __slots__ = ()",
        "class C:\n  def __del__(self): pass",
        "(" * 501 + ")" * 501,
        "𝐝𝐞𝐟 = 1",
    ],
)
def test_refused_on_purpose(program: str) -> None:
    error = our_error(program)
    assert error is not None and OURS.search(str(error)), error


def test_an_import_counts_as_an_assignment() -> None:
    """Python lets it alone come before `global`; compiled, ours is an assignment."""
    program = "def f():\n import x\n global x"
    assert python_error(program) is None
    assert str(our_error(program)) == "`x` is assigned to before it is declared global"


@pytest.mark.parametrize("name", FILES)
def test_library(name: str) -> None:
    text = tame((LIBRARY / f"{name}.py").read_text(encoding="utf-8"))
    if re.search(r"(?m)^\s*(async def|match .*:$|type \w+ =|(def|class) \w+\[)", text):
        pytest.skip("uses what we do not have")
    assert compare(text) is None


def pieces_of_library() -> list[str]:
    """Statements of library modules, taken out of their blocks."""
    found: list[str] = []
    for name in FILES[::4]:
        text = tame((LIBRARY / f"{name}.py").read_text(encoding="utf-8"))
        lines = text.split("\n")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.stmt) and node.end_lineno - node.lineno < 20:
                part = lines[node.lineno - 1 : node.end_lineno]
                margin = len(part[0]) - len(part[0].lstrip())
                if all(not line[:margin].strip() for line in part):
                    found.append("\n".join([line[margin:] for line in part]) + "\n")
    return found


TOKEN = re.compile(r"\w+|\"[^\"\n]*\"|'[^'\n]*'|\n *|[^\w\s]=?| +")
SPARE = [
    *"x ( ) [ ] { } , : ; . = == := + - * ** / @ -> not and or in is if else elif for".split(),
    *"while def class return yield lambda del pass break continue try except finally".split(),
    *"with as import from raise global nonlocal assert None 1 2.5 'a' f'{x}' ...".split(),
    "\n", "\n    ", "\n  ", " ", "yield x", "*x", "nonlocal x", "global x", "x := 1",
    "for x in y", "return 1", "lambda x: ", "if x else y",
]  # fmt: skip
FRAMES = ["{}", "{}", "def f(x, y):\n{}", "while x:\n{}", "class C:\n{}"]


def mutated(text: str, dice: random.Random) -> str:
    parts = TOKEN.findall(text)
    frame = dice.choice(FRAMES)
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        at = dice.randrange(len(parts))
        match dice.randrange(5):
            case 0:
                parts[at] = ""
            case 1:
                parts[at] += " " + parts[at]
            case 2:
                other = dice.randrange(len(parts))
                parts[at], parts[other] = parts[other], parts[at]
            case 3:
                parts[at] = f" {dice.choice(SPARE)} "
            case _:
                parts[at] += f" {dice.choice(SPARE)} "
    body = "".join(parts)
    if frame != "{}":
        body = "".join([f"    {line}\n" for line in body.split("\n")])
    return frame.replace("{}", body)


@pytest.mark.parametrize("seed", range(3))
def test_mutated_library(seed: int) -> None:
    dice = random.Random(seed)
    statements = pieces_of_library()
    for _ in range(700):
        program = mutated(dice.choice(statements), dice)
        difference = compare(program)
        if difference and not ((error := our_error(program)) and OURS.search(str(error))):
            pytest.fail(f"{difference}\n{program}")


# Expressions and statements made up from the grammar, mostly right.
NAMES = st.sampled_from(["a", "b", "x", "y1", "_", "é"])
ATOMS = st.one_of(
    NAMES,
    st.sampled_from(["0", "12", "3.5", "1e3", "2j", "0xff", "'s'", '"t"', "None", "True", "..."]),
    st.sampled_from(["f'{a}'", "f'{a!r:>{b}}'", "r'\\d'", "()", "[]", "{}"]),
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def form(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda values: pattern.format(*values))

    operator = st.sampled_from(
        [*"+ - * / // % @ ** << >> & | < > <= >= == != and or in is".split(), "not in", "is not"]
    )
    prefix = st.sampled_from(["-", "+", "~", "not "])
    return st.one_of(
        form("{} {} {}", inner, operator, inner),
        form("{}{}", prefix, inner),
        form("({})", inner),
        form("({}, {})", inner, inner),
        form("[{}, *{}]", inner, inner),
        form("{{{}: {}, **{}}}", inner, inner, inner),
        form("{{{}, {}}}", inner, inner),
        form("{} if {} else {}", inner, inner, inner),
        form("lambda {}, *c, d={}: {}", NAMES, inner, inner),
        form("{}({}, k={}, *{})", inner, inner, inner, inner),
        form("{}[{}:{}, {}]", inner, inner, inner, inner),
        form("{}.m", inner),
        form("[{} for {} in {} if {}]", inner, NAMES, inner, inner),
        form("({} for {}, {} in {})", inner, NAMES, NAMES, inner),
        form("({} := {})", NAMES, inner),
        form("(yield {})", inner),
    )


EXPRESSIONS = st.recursive(ATOMS, _grow, max_leaves=12)
STATEMENTS = st.one_of(
    EXPRESSIONS,
    st.tuples(EXPRESSIONS, EXPRESSIONS).map("{0[0]} = {0[1]}".format),
    st.tuples(NAMES, EXPRESSIONS).map("{0[0]}, *z = {0[1]}".format),
    st.tuples(NAMES, EXPRESSIONS).map("{0[0]} += {0[1]}".format),
    st.tuples(NAMES, EXPRESSIONS).map("for {0[0]} in {0[1]}:\n  break".format),
    st.tuples(EXPRESSIONS, EXPRESSIONS).map("if {0}:\n  {0[1]}\nelse: pass".format),
    st.tuples(EXPRESSIONS, NAMES).map("with {0[0]} as {0[1]}: pass".format),
    EXPRESSIONS.map("return {}".format),
    NAMES.map("global {}".format),
    NAMES.map("nonlocal {}".format),
    EXPRESSIONS.map("del {}".format),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(STATEMENTS, min_size=1, max_size=4), st.booleans())
def test_generated(statements: list[str], inside: bool) -> None:
    program = "\n".join(statements)
    if inside:
        program = "def f(x):\n" + "\n".join([f"    {line}" for line in program.split("\n")])
    assert is_newer(program) or compare(program) is None, program
