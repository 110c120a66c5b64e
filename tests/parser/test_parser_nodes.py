"""What nodes carry beyond Python's trees, and the grammar's rules one by one."""

from __future__ import annotations

import re

import pytest

from tcalc.parser import nodes, parse, parser
from tcalc.source import Source

RULES = {
    "program": "x\n\ny",
    "line": "x; y",
    "block": "if x:\n  y\n  z",
    "simple": "pass",
    "assignment": "x = y, *z = w",
    "augmented": "x @= y, z",
    "annotation": "x.y: int = 1",
    "import": "import x.y as z, w",
    "from": "from ..x import (y as z, w,)",
    "names": "from x import y as z, w",
    "dotted": "import x.y.z",
    "del": "del x, y[0]",
    "return": "def f(): return x, y",
    "raise": "raise x from y",
    "assert": "assert x, y",
    "global": "global x, y",
    "nonlocal": "def f(x):\n  def g(): nonlocal x",
    "compound": "while x: pass",
    "if": "if x: y\nelif z: w\nelse: v",
    "while": "while x: y\nelse: z",
    "for": "for x, *y in z, w: v\nelse: u",
    "with": "with (x as y, z): w",
    "items": "with x as y, z as w: v",
    "try": "try: x\nexcept y as z: w\nelse: v\nfinally: u",
    "handlers": "try: x\nexcept* y: z\nexcept* w as v: u",
    "decorators": "@x\n@y(z)\ndef f(): pass",
    "function": "def f(x) -> y: z",
    "class": "class C(x, *y):\n  z = 1",
    "parameters": "def f(x, y, /, z=1, *, w, **v): pass",
    "parameter": "def f(x: int = 1, *y: str): pass",
    "targets": "for x, in y: pass",
    "target": "for x, *y in z: pass",
    "expressions": "x, *y,",
    "starred": "*x | y, z",
    "yield": "def f(): x = yield from y",
    "named": "if x := y: z",
    "expression": "x or y",
    "conditional": "x if y else z if w else v",
    "lambda": "lambda x, *y: z",
    "operation": "not -x ** +y < z | w",
    "primary": "x.y(z)[w]",
    "arguments": "f(x for x in y)",
    "argument": "f(x, y := 1, *z, w=2, **v)",
    "subscript": "x[y, *z, 1:2]",
    "index": "x[y := 1]",
    "slice": "x[1:2:3], x[:], x[::y]",
    "atom": "x, 1, 's', None, True, False, ...",
    "group": "(x := (y for y in z))",
    "tuple": "(), (x,), (x, *y)",
    "list": "[], [x, *y], [x for x in y]",
    "set": "{x, *y}, {x for x in y}",
    "dict": "{}, {x: y, **z}, {x: y for x in z}",
    "element": "[x := 1, *y]",
    "pair": "{x: y, **z | w}",
    "comprehension": "[x for x, y in z if x if y for w in v]",
    "strings": "'a' f'b' r'c'",
    "fstring": "f'a{b}c'",
    "replacement": "f'{a = !r:>{b}}'",
    "spec": "f'{a:x{b}y}'",
}


def tree(text: str) -> list[nodes.StmtNode]:
    return parse(Source(text)).body


def only(text: str) -> nodes.ExprNode:
    (statement,) = tree(text)
    assert isinstance(statement, nodes.Expr)
    return statement.value


def test_every_rule_of_the_grammar_has_an_example() -> None:
    assert set(re.findall(r"(?m)^    (\w+) +=", parser.__doc__ or "")) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str) -> None:
    text = RULES[rule]
    body = tree(text)
    assert (body[0].start, body[-1].end) == (text.find("def") if text[0] == "@" else 0, len(text))


def test_operators_know_their_place() -> None:
    text = "é + 1 not   in x is not y"
    compare = only(text)
    assert isinstance(compare, nodes.Compare)
    assert compare.ops == ["not in", "is not"]
    assert [text[start:end] for start, end in compare.op_spans] == ["not   in", "is not"]
    assert isinstance(compare.left, nodes.BinOp)
    assert compare.left.op_span == (2, 3)
    (statement,) = tree("x **= 2")
    assert isinstance(statement, nodes.AugAssign)
    assert (statement.op, statement.op_span) == ("**", (2, 5))


def test_names_know_their_place() -> None:
    attribute = only("x . y")
    assert isinstance(attribute, nodes.Attribute)
    assert (attribute.attr, attribute.attr_start) == ("y", 4)
    function, class_, declared = tree("@d\ndef f(): pass\nclass  C: pass\nglobal x, yy")
    assert isinstance(function, nodes.FunctionDef)
    assert (function.start, function.name_start) == (3, 7)
    assert isinstance(class_, nodes.ClassDef)
    assert class_.name_start == class_.start + 7
    assert isinstance(declared, nodes.Global)
    assert [end - start for start, end in declared.name_spans] == [1, 2]


def test_parts_of_f_strings_have_places() -> None:
    text = "'é' f'{ x = :>{w}}'"
    joined = only(text)
    assert isinstance(joined, nodes.JoinedStr)
    label, field = joined.values
    assert isinstance(label, nodes.Constant)
    assert label.value == "é x = "
    assert isinstance(field, nodes.FormattedValue)
    assert text[field.start : field.end] == "{ x = :>{w}}"
    assert text[field.value.start : field.value.end] == "x"
    assert field.format_spec is not None
    assert text[field.format_spec.start : field.format_spec.end] == ">{w}"


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("x", [False]),
        ("x;", [True]),
        ("x; y", [True, False]),
        ("x; y;  # c", [True, True]),
        ("x;\ny", [True, False]),
    ],
)
def test_a_semicolon_silences_what_stands_before_it(text: str, silent: list[bool]) -> None:
    assert [node.silent for node in tree(text) if isinstance(node, nodes.Expr)] == silent


def test_numbers() -> None:
    def value(text: str) -> object:
        node = only(text)
        assert isinstance(node, nodes.Constant)
        return node.value

    assert value("1_000") == 1000
    assert value("0xFF") == value("0b1111_1111") == value("0o377") == 255
    assert value("1_0.5e-1_0") == 10.5e-10
    assert value("1e999") == float("inf")
    assert value("2.5J") == 2.5j
    assert value("00") == 0
    big = value("1" * 100_000)
    assert isinstance(big, int)
    assert big * 9 + 1 == 10**100_000
    assert value("0x" + "f" * 50_000) == 16**50_000 - 1
    assert value("1" * 5000 + ".0") == float("inf")


def test_dump_and_children() -> None:
    (statement,) = tree("x = f(y, k=1)")
    dumped = "Assign([Name('x')], Call(Name('f'), [Name('y')], [keyword('k', Constant(1))]))"
    assert nodes.dump(statement) == repr(statement) == dumped
    assert [type(node).__name__ for node in nodes.children(statement)] == ["Name", "Call"]
