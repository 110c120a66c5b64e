"""`:alias`: who shares memory, and how each lies in it."""

from __future__ import annotations

import re

from .conftest import Talk


def rows(answer: str) -> dict[str, list[str]]:
    """The cells of the table by name."""
    table = answer.split("\n\n")[0].splitlines()[1:]
    split = [re.split(r"  +", line) for line in table]
    return {cells[0]: cells[1:] for cells in split}


def test_views_of_every_kind(talk: Talk) -> None:
    talk("b = zeros(12)\nx = b.view(3, 4)\ny = x.T\nz = x[1]\nc = x.clone()\nx.add_(1)")
    said = talk(":alias x")
    assert said == (
        "   what          shape   strides  offset  version  contiguous  dtype\n"
        "x  view of b     [3, 4]  [4, 1]   0       1        yes         float32\n"
        "b  base          [12]    [1]      0       1        yes         float32\n"
        "y  permute of b  [4, 3]  [1, 4]   0       1        no          float32\n"
        "z  select of b   [4]     [1]      4       1        yes         float32\n"
        "\n"
        "memory  12 elements\n"
        "x       ■■■■■■■■■■■■\n"
        "b       ■■■■■■■■■■■■\n"
        "y       ■■■■■■■■■■■■  takes 0 4 8 1 5 9 2 6 …\n"
        "z       ····■■■■····\n"
    )
    assert "nothing else shares its memory" in talk(":alias c")


def test_parts_apart_in_one_memory_do_not_share(talk: Talk) -> None:
    talk("b = zeros(12)\neven = b[::2]\nodd = b[1::2]")
    assert [*rows(talk(":alias even"))] == ["even", "b"]
    assert [*rows(talk(":alias b"))] == ["b", "even", "odd"]
    assert "b[2]" in rows(talk(":alias b[2]"))


def test_containers_modules_gradients_and_arrays(talk: Talk) -> None:
    talk("m = nn.Sequential(nn.Linear(2, 3))\no = optim.SGD(m.parameters(), 0.1)")
    talk("m(ones(1, 2)).sum().backward()\np = m[0].weight.grad\nd = {'a': [p[0]], 'n': p.numpy()}")
    found = rows(talk(":alias p"))
    assert [*found] == [
        "p", "m[0].weight.grad", "o.param_groups[0]['params'][0].grad", "d['a'][0]", "d['n']",
    ]  # fmt: skip
    assert found["m[0].weight.grad"][0] == "the same tensor"
    assert found["d['n']"][0] == "NumPy array"
    assert "m[0].weight" in rows(talk(":alias m[0].weight"))


def test_nothing_is_computed(talk: Talk) -> None:
    talk("b = rand(300000)\nc = b + 1")
    assert rows(talk(":alias c"))["c"][0] == "waits, no memory yet"
    talk("d = c[3:]")
    assert rows(talk(":alias c"))["d"][:4] == ["slice of c", "[299997]", "[1]", "3"]


def test_elements_that_are_shown_again(talk: Talk) -> None:
    talk("b = zeros(3)\ne = b.expand(2, 3)")
    assert "e       ■■■  takes 0 1 2 0 1 2\n" in talk(":alias e")


def test_what_is_no_tensor(talk: Talk) -> None:
    talk("zeros(1)")
    assert ":alias needs a tensor" in talk(":alias")
    assert ":alias is for tensors, and 3 is of type int" in talk(":alias 3")
    assert "NameError" in talk(":alias nothing")
    assert "'a = 1' is not an expression" in talk(":alias a = 1")
    assert talk("_1") == "tensor([0.])\n"  # what commands evaluate is no result
