"""When the prompt asks for another line."""

from __future__ import annotations

import codeop
import re
import sys
import warnings

import pytest

from tcalc.parser import is_incomplete

# fmt: off
OPEN = [
    "x = (", "x = (1,\n2", "f(a,\nb = 3", "[", "{'a': [1,", "(#c", "x = '''a''' (", "a = 1; b = (",
    "'''abc", '"""a\nb', "f'''{a", "f'''a", "'''a'' ", "x \\", "1 + \\\n", "'a\\", "if x: \\",
    "for i in x:", "for i in x:\n  y", "for i in x: y", "if x: # c", "if x:\n  y\nelse:", "while x:",
    "if x:\n  y\n  # c", "def f(\n", "def f(x):", "def f():\n  if x:\n    y", "class A:\n",
    "class A:\n  def f(self):\n", "with (x as y,\n", "with x:\n\n", "def f(**x,", "def f(*, x,",
    "try:\n  x\n", "try: x", "try:\n  x\nexcept y:\n", "@f", "@f\n", "@f\ndef g():", "@f\ndef g(): x",
    "x = [i for i in", "x[1:", "lambda x=(", "from x import (y,", "del (x,", "f(x)(", "x = {1: 2,\n",
]
DONE = [
    "", " ", "\n", "x", "x = 1", "x = (1,\n2)", "x; y;", "# comment", "x # comment (", "'''a\nb'''",
    "for i in x:\n  y\n", "for i in x:\n  y\n  ", "for i in x: y\n", "def f(x):\n    return x\n\n",
    "@f\ndef g(): pass\n", "try:\n  x\nexcept: y\n", "if x: y\nz", "x = 1 + \\\n2",
]
WRONG = [
    "'abc", "f'{a", "if x", "x +", "f(a b", "x)", "x = [1, 2\ny = 3", "def f():\n  a b", "  x", "lambda:",
    "x if y", "(1]", "f(def", "f(\n  def x", "$ (", "x = = (", "if x:\n  y\n z", "return (", "else:",
    "class (", "for 1 in x:", "2 ^ 3, (", "__x__ = (", "import (", "2x + (", "f(a=1, 2, (", "def f(x, x, ",
    "class A(metaclass=B)", "0777 + (", "b'a' (", "1 = (", "print x, (",
]
# fmt: on


@pytest.mark.parametrize("text", OPEN)
def test_more_is_wanted(text: str) -> None:
    assert is_incomplete(text)


@pytest.mark.parametrize("text", [*DONE, *WRONG])
def test_nothing_more_is_wanted(text: str) -> None:
    assert not is_incomplete(text)


PROGRAM = """\
@decorate(1, name="x")
def f(a, /, b=[1, 2], *c, d: int = (3), **e) -> {"k": 1}:
    with open(a) as g, (
        h
    ):
        return f'{a!r:>{b}}' \\
            + [x for x in c
               if x][0:
               1]
    try:
        pass
    except (A, B) as error:
        raise
    else: pass
    finally:
        lambda x=(1,): {**e}
"""


def test_as_python_at_every_cut() -> None:
    for cut in range(len(PROGRAM)):
        text = PROGRAM[:cut]
        if not text.rpartition("\n")[2].strip():
            continue  # codeop takes the line's end away again
        field = re.search(r"f'([^'\n]*)$", text)
        if sys.version_info >= (3, 12) and field and field[1].count("{") > field[1].count("}"):
            continue  # there a replacement field may go on in the next line (PEP 701)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                wanted = codeop.compile_command(text, symbol="single") is None
            except SyntaxError:
                wanted = False
        assert is_incomplete(text) == wanted, text
