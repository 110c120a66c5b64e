"""Parsing and compiling take steps in proportion to the text, whatever there are thousands of."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tcalc.errors import ParseError
from tcalc.parser import parse_all
from tcalc.session import Session
from tcalc.source import Source


def joined(part: str, between: str, around: str = "{}") -> Callable[[int], str]:
    """Programs of so many parts, numbered, with something between and around them."""
    return lambda count: around.replace("{}", between.join(part % {"n": n} for n in range(count)))


PROGRAMS: dict[str, Callable[[int], str]] = {
    "keywords": joined("k%(n)d=1", ",", "f({})"),
    "a keyword twice": joined("k%(n)d=1", ",", "f({}, k0=2)"),
    "parameters": joined("k%(n)d", ",", "def f({}): pass"),
    "defaults": joined("k%(n)d=1", ",", "lambda {}: 1"),
    "keyword-only": joined("k%(n)d=1", ",", "def f(*, {}): pass"),
    "targets": joined("k%(n)d", "=", "{} = 1"),
    "unpacking": joined("k%(n)d", ",", "{} = x"),
    "dict": joined("'k%(n)d': 1", ",", "{{}}"),
    "set": joined("%(n)d", ",", "{{}}"),
    "list": joined("*k%(n)d", ",", "[{}]"),
    "decorators": joined("@k%(n)d", "\n", "{}\ndef f(): pass"),
    "elif": joined("elif k%(n)d: pass", "\n", "if x: pass\n{}"),
    "comparisons": joined("k%(n)d", "<"),
    "and": joined("k%(n)d", " and "),
    "sums": joined("k%(n)d", "+"),
    "xor": joined("k%(n)d", "^"),
    "attributes": joined("a", ".", "x.{}"),
    "calls": joined("()", "", "x{}"),
    "subscripts": joined("[0]", "", "x{}"),
    "indices": joined("k%(n)d:1", ",", "x[{}]"),
    "except": joined("except k%(n)d: pass", "\n", "try: pass\n{}"),
    "try": joined("try: pass\nfinally: pass", "\n"),
    "conditions": joined("if k%(n)d", " ", "[1 for i in x {}]"),
    "strings": joined("'%(n)d'", " "),
    "f-strings": joined("{k%(n)d}", "", "f'{}'"),
    "global": joined("k%(n)d", ",", "def f():\n global {}"),
    "global statements": joined(" global k%(n)d", "\n", "def f():\n{}"),
    "imports": joined("math as k%(n)d", ",", "import {}"),
    "statements": joined("k%(n)d = x", "\n"),
    "statements on a line": joined("k%(n)d", ";"),
    "functions": joined("def k%(n)d(): pass", "\n"),
    "methods": joined(" def k%(n)d(self): pass", "\n", "class A:\n{}"),
    "bases": joined("k%(n)d", ",", "class A({}): pass"),
    "loops": joined("for k%(n)d in x: pass", "\n"),
    "walrus": joined("(k%(n)d := 1)", ",", "({})"),
    "conditionals": joined("(1 if k%(n)d else 2)", "+"),
    "lambdas": joined("lambda: k%(n)d", ",", "[{}]"),
    "yields": joined(" yield %(n)d", "\n", "def f():\n{}"),
    "gradients": joined("k%(n)d", ",", "grad(x + 1, [{}])"),
    "blank lines": joined("", "\n", "{}\n1"),
    "continuations": joined("1 + \\\n", "", "{}1"),
    "wrong lines": joined("k%(n)d +", "\n"),
    "wrong characters": joined("k%(n)d ? 1", "\n"),
    "wrong brackets": joined(")", ""),
    "open brackets": joined("(", ""),
    "lines without commas": joined("k%(n)d", "\n", "[{}]"),
    "break": joined("break", "\n"),
    "nonlocal": joined("def f%(n)d():\n nonlocal k", "\n"),
    "refused names": joined("__k%(n)d__ = 1", "\n"),
}
FEW, MANY = 60, 240


def steps(work: Callable[[], object]) -> int:
    """How many lines of ours run; a loop's count again each time around."""
    taken = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal taken
        taken += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except ParseError:
        pass
    finally:
        sys.settrace(before)
    return taken


@pytest.mark.parametrize("kind", PROGRAMS)
def test_steps_grow_with_the_text_and_no_faster(kind: str) -> None:
    def parsing(count: int) -> int:
        source = Source(PROGRAMS[kind](count))
        return steps(lambda: parse_all(source))

    def compiling(count: int) -> int:
        session, source = Session(), Source(PROGRAMS[kind](count))
        return steps(lambda: session.compiled(source))

    for work in (parsing, compiling):
        work(2)  # what is loaded once
        assert work(MANY) < work(FEW) * MANY / FEW * 1.2, work.__name__


def test_the_programs_are_what_they_should_be() -> None:
    """Those that are right parse, the others have an error for each part or one for all."""

    def right() -> Iterator[str]:
        return (k for k in PROGRAMS if not parse_all(Source(PROGRAMS[k](FEW)))[1])

    assert set(PROGRAMS) - set(right()) == {
        "a keyword twice", "wrong lines", "wrong characters", "wrong brackets", "open brackets",
        "lines without commas", "break", "nonlocal", "refused names",
    }  # fmt: skip
