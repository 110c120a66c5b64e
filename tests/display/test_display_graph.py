"""The drawing of a tensor's graph."""

from __future__ import annotations

import doctest
import importlib
import re

import numpy as np
import pytest

from tcalc.display import graph, plain
from tcalc.runtime.base.formatting import set_formatter
from tcalc.runtime.tensor.tensor import wrap
from tcalc.session import Session

set_formatter(plain.tensor)


def leaf(*shape):
    tensor = wrap(np.ones(shape, np.float32))
    tensor.requires_grad = True
    return tensor


def drawn(tensor, colour=False, sources=None, **named):
    names = {id(value): name for name, value in named.items()}
    sources = sources or {}
    return graph.text(
        tensor, lambda t: names.get(id(t)), lambda node: sources.get(node.name()), colour
    )


def test_a_chain_with_branches_and_shared_parts():
    x, w = leaf(2, 2), leaf(2)
    y = x + 2
    loss = (y * y * w + y) / 2
    sources = {"AddBackward0": "x + 2", "DivBackward0": "(y * y *\n  w + y) / 2"}
    assert drawn(loss, sources=sources, x=x, w=w, loss=loss) == (
        "● loss = DivBackward0  float32 [2, 2]         (y * y * w + y) / 2\n"
        "● AddBackward0  float32 [2, 2]                x + 2\n"
        "├─● MulBackward0  float32 [2, 2]\n"
        "│ ├─● MulBackward0  float32 [2, 2]\n"
        "│ │ ● AddBackward0 #1  float32 [2, 2]  ×2     x + 2\n"
        "│ │ ○ x  float32 [2, 2]  leaf, requires grad\n"
        "│ ╰─○ w  float32 [2]  leaf, requires grad\n"
        "╰─↑ AddBackward0 #1  (above)"
    )


def test_leaves_that_come_again():
    x = leaf(3)
    assert drawn(x * 2 + x * 3, x=x).splitlines()[-1] == "  ↑ x  (above)"
    assert "○ (unnamed)" in drawn(x * 2)


def test_tensors_without_a_graph():
    assert drawn(leaf(2)) == "○ (unnamed)  float32 [2]  leaf, requires grad"
    plain_tensor = wrap(np.zeros(2))
    assert drawn(plain_tensor, a=plain_tensor) == (
        "○ a  float64 [2]  does not require grad: no graph"
    )


def test_shared_parts_are_drawn_once():
    x = leaf(1)
    for _ in range(60):  # 2**60 paths
        x = (x + 1) * (x + 2)
    # Each round draws three ops and points once to the one before.
    assert len(drawn(x).splitlines()) == 60 * 4 + 1


def test_a_long_chain_needs_no_recursion():
    x = leaf(1)
    for _ in range(5000):
        x = x * 2
    assert len(drawn(x).splitlines()) == 5001


def test_controls_and_length_of_sources():
    x = leaf(1)
    text = drawn(x * 2, sources={"MulBackward0": "\x1b" + "y" * 100})
    assert "\\x1byyy" in text
    assert text.splitlines()[0].endswith("y…")


def test_colour_changes_nothing_but_colour():
    x = leaf(2)
    coloured = drawn(x * x + x, colour=True, x=x)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == drawn(x * x + x, x=x)


MODULES = [
    "brief", "cells", "entries", "escape", "grid", "ink", "jsonl", "numbers", "options", "plain",
    "spelling", "statistics", "terse",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"tcalc.display.{name}")
    result = doctest.testmod(module)
    assert result.attempted and not result.failed


def test_calls_inside_calls_are_shown_as_the_program_writes_them(capsys):
    Session().evaluate(
        "x = tensor([1., 2.], requires_grad=True)\n"
        "def f(a): return nn.functional.mse_loss(a.std() * a, zeros(2))\n"
        "graph(f(x) + torch.var(x) + x.norm() + torch.matmul(x, x))"
    )
    shown = capsys.readouterr().out
    for node, text in (
        ("MseLossBackward0", "nn.functional.mse_loss(a.std() * a, zeros(2))"),
        ("StdBackward0", "a.std()"),
        ("VarBackward0", "torch.var(x)"),
        ("LinalgVectorNormBackward0", "x.norm()"),
        ("DotBackward0", "torch.matmul(x, x)"),
    ):
        assert re.search(rf"{node} .* {re.escape(text)}$", shown, re.MULTILINE), shown
