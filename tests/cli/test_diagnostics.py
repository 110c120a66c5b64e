"""Errors mark the place, label what took part and say what next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.diagnosis.excerpt import render
from tcalc.diagnosis.operands import describe
from tcalc.session import Session
from tcalc.source import Source

from .conftest import Cli

CLASSES = """
class Net:
    def __init__(self):
        self.weight = ones(2, 3)
    def run(self, x):
        return x @ self.weight
net = Net()
"""


def failing(program: str) -> str:
    """The message of a program that fails, without the place's line."""
    session = Session()
    try:
        session.run(Source(program, "t"))
    except Exception as error:  # whichever it is, its message is asked for
        lines = render(diagnose(error, session)).splitlines()
        return "\n".join(line for line in lines if line.strip() != "|")
    raise AssertionError("it did not fail")


def check(program: str, *expected: str) -> None:
    """Each expected line is part of a line of the message, in this order."""
    text = failing(program)
    rest = text.splitlines()
    for want in expected:
        while rest and want not in rest[0]:
            rest.pop(0)
        assert rest, f"{want!r} is not in its turn in\n{text}"


def test_a_whole_message() -> None:
    program = "a = ones(2, 3)\nb = a.double()\na @ b"
    assert failing(program).splitlines()[1:5] == [
        " --> t:3:3",
        "3 | a @ b",
        "  | - ^ - float64 [2, 3]",
        "  | |              ~",
    ]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("x = ones(2, 3)\nx.mean(dim=5)", ["t:2:12", "x.mean(dim=5)", "-          ^"]),
        ("x = ones(2, 3)\nnorm(x, kepdim=True)", ["t:2:9", "     -  ^^^^^^", "did you mean keepdim=?"]),
        ("x = ones(2, 3)\nx.view(3, 4)", ["t:2:8", "-      ^^^^"]),
        ("nrom(3)", ["NameError", "t:1:1", "^^^^", "did you mean norm?"]),
        ("ln(2)", ["NameError", "did you mean log?"]),
        ("factorial(5)", ["NameError", "did you mean math.factorial?"]),
        ("x = [1, 2]\nx.mean()", ["t:2:3", "a tensor has it: tensor(x).mean"]),
        ("(3).sqrt()", ["a tensor has it: tensor(3).sqrt"]),
        ("ones(2).nrom()", ["AccessError", "t:1:9", "------- ^^^^", "did you mean ones(2).norm?"]),
        ("nn.functional.reluu(1)", ["t:1:15", "^^^^^", "did you mean nn.functional.relu?"]),
        ("x = ones(2)\nx.requires_grd = True", ["t:2:3", "- ^^^^^^^^^^^^", "x.requires_grad?"]),
        ("d = {'alpha': 1}\nd['alhpa']", ["KeyError: 'alhpa'", "t:2:3", "did you mean 'alpha'?"]),
        ("def f(dim): return dim\nf(dmi=3)", ["TypeError", "t:2:3", "did you mean dim=?"]),
        ("xs = [1, 2]\nxs[7]", ["IndexError", "t:2:4", "-- ^", "list of 2"]),
        ("x = ones(2, 3)\ni = 5\nx[0, i]", ["t:3:3", "^^^^ int 5", "float32 [2, 3]"]),
        ("n = 0\n5 % n", ["ZeroDivisionError", "t:2:3", "^ - int 0"]),
        ("n = 0\nn //= n", ["t:2:3", "- ^^^ - int 0", "int 0"]),
        ("x = 3\nassert x == 4", ["AssertionError: the assertion", "t:2:10", "int 3"]),
        ("x = 3\nassert x == 4, 'no ' + str(x)", ["AssertionError: no 3", "t:2:10"]),
        ("1 < 'a' < 3", ["TypeError", "t:1:3", "  ^"]),
        ("-'a'", ["TypeError", "t:1:1", "^"]),
        ("for i in 3: pass", ["TypeError", "t:1:10", "^"]),
        ("a, b = 1, 2, 3", ["ValueError: too many values", "t:1:1"]),
        ("import ctypes", ["No module named 'ctypes'", "t:1:8", "^^^^^^"]),
        ("cat([ones(2, 3), ones(3, 4)])", ["^^^  ----------  ---------- float32 [3, 4]", "[2, 3]"]),
        ("einsum('ij,jk->ik', ones(2, 3), ones(4, 5))", ["float32 [4, 5]", "float32 [2, 3]"]),
        ("漢字 = ones(2)\n漢字 + ones(3)", ["t:2:4", "---- ^ ------- float32 [3]", "float32 [2]"]),
        ("zeros(10**6, 10**6)", ["LimitError", "3.64 TiB", "t:1:1"]),
        ("[ones(2) @ ones(3) for i in range(3)]", ["t:1:10", "------- ^ ------- float32 [3]"]),
        ("x = [1,\n  ones(2) @ ones(3)]", ["t:2:11", "2 |   ones(2) @ ones(3)]"]),
    ],
)  # fmt: skip
def test_marks_and_labels(program: str, expected: list[str]) -> None:
    check(program, *expected)


def test_the_way_to_the_error() -> None:
    check(
        CLASSES + "def go(x):\n    return net.run(x)\n\ngo(ones(4))",
        "ShapeError", "t:6:18", "6 |         return x @ self.weight",
        "- ^ ----------- float32 [2, 3]", "float32 [4]",
        "called from line 9, in go: net.run(x)", "called from line 11: go(ones(4))",
    )  # fmt: skip
    text = failing("def f(n): return f(n + 1)\nf(0)")
    assert text.startswith("RecursionError") and "more calls" in text
    assert text.splitlines()[-1].endswith("called from line 2: f(0)")
    assert len(text.splitlines()) < 16


def test_errors_of_the_programs_own() -> None:
    check(
        "class Bad(Exception): pass\ndef f():\n    try:\n        1/0\n"
        "    except ZeroDivisionError as e:\n        raise Bad('why') from e\nf()",
        "Bad: why", "t:6:9", "called from line 7: f()",
        "because of ZeroDivisionError: division by zero (t:4:9)",
    )  # fmt: skip
    # What goes wrong while an error is shown is not worse than the error.
    check(
        "class Bad(Exception):\n    def __str__(self): return 1/0\nraise Bad()",
        "Bad: <its message could not be made: ZeroDivisionError>", "t:3:1",
    )  # fmt: skip
    check(
        "class Odd:\n    def __len__(self): return 1/0\no = Odd()\no + 1", "TypeError", "- ^", "Odd"
    )


def test_gradients_name_the_programs_lines() -> None:
    check(
        "x = ones(2, requires_grad=True)\ny = exp(x)\ny.add_(1)\ny.sum().backward()",
        "AutogradError", "modified by an inplace operation", "t:",
    )  # fmt: skip
    check(
        "x = ones(2, requires_grad=True)\ny = (x * x).sum()\ny.backward()\ny.backward()",
        "second time", "t:4:3", "retain_graph",
    )  # fmt: skip


def test_what_earlier_entries_of_a_session_say_counts() -> None:
    session = Session()
    for text in ("x = ones(4, 3)", "m = x.mean(1)"):
        session.run(Source(text, "t"))
    with pytest.raises(RuntimeError) as caught:
        session.run(Source("x - m", "t"))
    hint = diagnose(caught.value, session).hint
    assert hint == "`x.mean(1, keepdim=True)` gives [4, 1]"


def test_what_is_tried_has_no_effects(tmp_path: Path) -> None:
    session = Session(base_dir=str(tmp_path))
    for text in ("save(ones(3, dtype=complex64), 'a.csv')", "manual_seed(ones(2))"):
        with pytest.raises(Exception) as caught:
            session.run(Source(text, "t"))
        diagnose(caught.value, session)
    assert not list(tmp_path.iterdir())


def test_names_of_the_machinery_never_show(cli: Cli) -> None:
    programs = [
        "x = 1\nx.foo", "x.y.z = 1", "del ones.x", "1 + None", "x = ones(2)\nx.real.bar()",
        "def f():\n    yield undefined\nlist(f())", "f'{1:q}'", "'%d' % 'a'", "2 ** 'a'", "1 << 'a'",
        "'a' * 'b'", "class A:\n    x = missing", "lambda: (yield)\n)", "from torch import nothing",
        "with 3: pass", "print(*3)", "print(**3)", "{**3}", "[*3]", "None()", "'a'[1.5]", "sorted([1, 'a'])",
    ]  # fmt: skip
    for program in programs:
        _, out, err = cli(program)
        assert out == "" and err, program
        for leak in ("Traceback", "InternalError", "tcalc.", "Target", ".py", "<module>", "_ast"):
            assert leak not in err, (leak, program, err)


def test_values_in_a_few_words() -> None:
    class Own(list):
        def __len__(self) -> int:
            raise ValueError

    for value, words in [
        (True, "True"), (2.5, "float 2.5"), ("a" * 99, "str 'aaaaaaaaaaaaaaaaaaaaaaa…"),
        (10**5000, "int of 16610 bits"), ({1: 2}, "dict of 1"), (Own([1]), "Own of 1"),
        (int, "class int"), (object(), "object"), (..., "Ellipsis"), (b"a", "bytes b'a'"),
    ]:  # fmt: skip
        assert describe(value) == words
