"""After an error the parser goes on: every error is found once, and good statements survive."""

from __future__ import annotations

import pytest

from tcalc.parser import parse_all
from tcalc.source import Source


def outcome(program: str) -> tuple[list[str], list[int], list[str]]:
    """The top-level statements that survive, and the errors' lines and messages."""
    source = Source(program)
    module, errors = parse_all(source)
    kept = [program[node.start : node.end] for node in module.body]
    lines = [source.line_of(error.span.start) for error in errors if error.span]
    return kept, lines, [str(error) for error in errors]


@pytest.mark.parametrize(
    ("program", "kept", "lines"),
    [
        ("a\nb c\nd\n1 = e\nf", ["a", "d", "f"], [2, 4]),
        ("a = (1\nb = 2\nc = (3\nd", ["b = 2", "d"], [1, 3]),
        ("a = f(1,\nb = 2\nc = 3\n", ["b = 2", "c = 3"], [1]),
        ("f(a,\n  g(b\nc = 1\nd", ["c = 1", "d"], [2]),
        ("f(a\n  def g(): pass\nh", ["h"], [1]),
        ("x = [\n  1 2,\n  3\n]\ny", ["y"], [2]),
        ("x = [1)\ny", ["y"], [1]),
        ("x = 1)\ny", ["y"], [1]),
        ("x = 'abc\ny", ["y"], [1]),
        ('x = """abc\ny', [], [1]),
        ("if a\n  b +\n  c\nd = 1 1\ne", ["e"], [1, 2, 4]),
        ("def f():\n  a +\n  b\n  c d\n  def g():\n    1 = e\nh", ["h"], [2, 4, 6]),
        ("if a = 1:\n  b\nelif c:\n  d\nelse: e\nf", ["f"], [1]),
        ("if a:\n  b\nelif c = 1:\n  d\nelse: e\nf", ["f"], [3]),
        ("try:\n  a b\nexcept A, B:\n  c\nfinally: d\ne", ["e"], [2, 3]),
        ("whlie a:\n  break\nb", ["b"], [1]),
        ("  a\nb\n   c\n  d\ne", ["b", "e"], [1, 3]),
        ("if a:\n    b\n  c\nd", ["d"], [3]),
        ("a; b c; d\ne", ["e"], [1]),
        ("@a b\ndef f(): pass\nc", ["def f(): pass", "c"], [1]),
        ("a\n)\nb\n]\nc", ["a", "b", "c"], [2, 4]),
        ("class C:\n  __slots__ = 1\n  def __del__(self): pass\n  x = 1\na", ["a"], [2, 3]),
        ("return 1\nbreak\na", ["a"], [1, 2]),
        ("def f():\n  x = 1\n  global x\na b\ndef g(): nonlocal y\nc", ["c"], [3, 4, 5]),
        ("for x in range(3:\n  print(x)\ny = 1", ["y = 1"], [1]),
        ("a = $\nb = `c`\nd × e\nf", ["f"], [1, 2, 3]),
        ("a\0b\nc", [], [1]),
        ("a\nif b:\n  c\nd", ["a", "if b:\n  c", "d"], []),
    ],
)
def test_recovery(program: str, kept: list[str], lines: list[int]) -> None:
    found = outcome(program)
    assert found[:2] == (kept, lines), found


def test_errors_come_in_order() -> None:
    program = "def f():\n  x = 1\n  global x\n" + "a b\n" * 20 + "def g(): nonlocal z\n"
    assert outcome(program)[1] == list(range(3, 25))


@pytest.mark.parametrize("lines", [")\n", "a b\n", "'\n", "if x\n  y\n", "x = = y\n"])
def test_every_error_is_found(lines: str) -> None:
    assert len(outcome(lines * 2000)[1]) == 2000
