"""Lists are Python's until something tensor-like touches them."""

from __future__ import annotations

import pytest

from tcalc.runtime.objects.lists import List, deep, is_numeric, multiplies


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 2, 3] * 2", [2, 4, 6]),
        ("2 * [1, 2, 3]", [2, 4, 6]),
        ("[1, 2] / 2", [0.5, 1.0]),
        ("-[1, 2]", [-1, -2]),
        ("[1, 2] - 1", [0, 1]),
        ("10 - [1, 2]", [9, 8]),
        ("[1, 2] + 1", [2, 3]),
        ("1 + [1, 2]", [2, 3]),
        ("[1, 2] ** 2", [1, 4]),
        ("2 ** [1, 2]", [2, 4]),
        ("[5, 7] % 3", [2, 1]),
        ("[5, 7] // 2", [2, 3]),
        ("[1, 2] - [3, 5]", [-2, -3]),
        ("[1, 2] * [3, 5]", [3, 10]),
        ("[[1, 2], [3, 4]] @ [1, 1]", [3, 7]),
        ("[[1, 2], [3, 4]] * 2", [[2, 4], [6, 8]]),
        ("[1, 2] + tensor([1, 1])", [2, 3]),
        ("tensor([1, 1]) + [1, 2]", [2, 3]),
        ("[1, 2] * tensor(3)", [3, 6]),
        ("[1, 2] == 1", [True, False]),
        ("[1, 2] < 2", [True, False]),
        ("2 > [1, 2]", [True, False]),
        ("[1, 2] * 1.5", [1.5, 3.0]),
        ("[i for i in range(3)] * 2", [0, 2, 4]),
        ("[1, 2, 3][1:] * 2", [4, 6]),
        ("list((1, 2)) * 2", [2, 4]),
        ("sorted([2, 1]) * 2", [2, 4]),
        ("tensor([1, 2]).tolist() * 2", [2, 4]),
        ("(lambda a, *b: [*b])(1, 2, 3) * 2", [4, 6]),
        ("[[1, 2].copy()][0] * 2", [2, 4]),
        ("([1] + [2]) * 2", [2, 4]),
        ("__import__ if False else [1, 2] * 2", [2, 4]),
        ("np.array([1, 2]).tolist() * 2", [2, 4]),
        ("[[1, 2], [3, 4]][0] * 2", [2, 4]),
        ("[[1, 2]] * tensor(2)", [[2, 4]]),
    ],
)
def test_makes_a_tensor(run, text: str, expected: list[object]) -> None:
    found = run.value(text)
    assert type(found).__name__ == "Tensor", text
    assert found.tolist() == expected
    assert type(found.tolist()) is List


@pytest.mark.parametrize(
    "setup", ["first, *x = 0, 1, 2", "for a, *x in [(0, 1, 2)]: pass", "*x, last = [1, 2, 3]",
              "s = slice(1, 3); x = [0, 1, 2][s]", "x = [0]; del x[:]; x += [1, 2]",
              "x = [3, 3]; x[:] = (1, 2)", "x = [y for _, *y in [(0, 1, 2)]][0]",
              "import copy; x = copy.deepcopy([1, 2])", "import copy; x = copy.copy([1, 2])",
              "import random; x = sorted(random.sample([1, 2], 2))",
              "def f(*a): return list(a)\nx = f(1, 2)", "x = list(map(int, '1 2'.split()))",
              "class W: pass\nw = W()\n*w.v, z = 1, 2, 3\nx = w.v", "x = [*range(1, 3)]",
              "x = list({1: 0, 2: 0})", "x = [2, 1]; x.reverse()", "x = [0, 1, 2]; x = x[1:]"],
)  # fmt: skip
def test_every_list_keeps_the_rule(run, setup: str) -> None:
    run(setup)
    assert run.value("type(x) is list, x == [1, 2], str(x)") == (True, True, "[1, 2]")
    assert run.value("x * 2").tolist() == [2, 4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[0] * 3", [0, 0, 0]),
        ("3 * [0]", [0, 0, 0]),
        ("[] * 3", []),
        ("['a', 'b'] * 2", ["a", "b", "a", "b"]),
        ("[[1], 'a'] * 2", [[1], "a", [1], "a"]),
        ("[None] * 2", [None, None]),
        ("[1, 2] + [3]", [1, 2, 3]),
        ("[1, 2] == [1, 2]", True),
        ("[1, 2] != [1, 2]", False),
        ("[1, 2] < [1, 3]", True),
        ("[1, 3] >= [1, 3]", True),
        ("1 in [1, 2]", True),
        ("1 in [[1, 2], 3]", False),
        ("[1, 2] in [[1, 2]]", True),
        ("[3, [1, 2]].index([1, 2])", 1),
        ("[[1, 2], 3].count(3)", 1),
        ("['a'] == 1", False),
        ("[1, 2] == None", False),
        ("[1, 2] == 'x'", False),
        ("[1, 2] == (1, 2)", False),
        ("sum([[1], [2]], [])", [1, 2]),
        ("max([3, 4])", 4),
        ("isinstance([1], list)", True),
        ("repr([1, [2.5]])", "[1, [2.5]]"),
        ("str(type([]))", "<class 'list'>"),
    ],
)
def test_stays_python(run, text: str, expected: object) -> None:
    found = run.value(text)
    assert found == expected
    assert type(found).__name__ == type(expected).__name__


def test_refusals_are_pythons(run) -> None:
    for text in ("[1] + (2,)", "[1] + 'a'", "[1] + None", "[1] < 'a'", "[1] * 'a'", "[1] - None"):
        assert isinstance(run.fails(text), TypeError), text


def test_in_place(run) -> None:
    assert run("x = [1]; y = x; x += [2]; x += (3,)\nx is y\nx") == [True, [1, 2, 3]]
    assert run("x = ['a']; y = x; x *= 2\nx is y\nx") == [True, ["a", "a"]]
    assert run.value("x = [1, 2]; x += 1\nx").tolist() == [2, 3]
    assert run.value("x = [1, 2]; x *= 2\nx").tolist() == [2, 4]
    assert run.value("x = [1, 2]; x /= 2\nx").tolist() == [0.5, 1]


def test_helpers() -> None:
    assert is_numeric([1, 2.0, [True, 1j]]) and not is_numeric([1, "a"])
    row = [1, 2]
    assert multiplies([row, row]) and not multiplies([1]) and not multiplies([])
    nested = deep([1, (2, [3])])
    assert type(nested) is List and type(nested[1][1]) is List
    itself: list[object] = [1]
    itself.append(itself)
    assert is_numeric(itself)
