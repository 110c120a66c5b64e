"""Activations with `inplace=`: the same numbers, in the input's own memory."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tcalc.errors import ArgumentError
from tcalc.help.signatures import signature
from tcalc.runtime.base import _index
from tcalc.runtime.base.forms import Switched
from tcalc.runtime.base.registry import REGISTRY, lookup
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

SWITCHED = sorted(name for name, value in REGISTRY.items() if type(value) is Switched)
# What comes between the input and `inplace`, where there is no default.
SETTINGS = {"torch.nn.functional.threshold": (0.5, 9.0)}
MODULES = [
    "ReLU()", "ReLU6()", "SiLU()", "Mish()", "SELU()", "Hardsigmoid()", "Hardswish()", "ELU(0.5)",
    "CELU(0.5)", "LeakyReLU(0.2)", "Hardtanh(-0.5, 0.5)", "Threshold(0.5, 9.)", "RReLU(0.1, 0.3)",
]  # fmt: skip


def numbers() -> Any:
    return Session().evaluate("tensor([[-3.5, -1., -0.25], [0., 0.75, 8.]])")


def test_the_forms_are_those_of_pytorch() -> None:
    assert [name.rpartition(".")[2] for name in SWITCHED] == [
        "celu", "elu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "mish", "relu", "relu6",
        "selu", "silu", "threshold",
    ]  # fmt: skip


@pytest.mark.parametrize("name", SWITCHED)
def test_the_result_is_the_input_where_it_is_asked_for(name: str) -> None:
    function, settings = lookup(name), SETTINGS.get(name, ())
    want = function(numbers(), *settings)
    x = numbers()
    assert function(x, *settings, inplace=False) is not x and x._version == 0
    assert function(x, *settings, inplace=True) is x and x._version == 1
    assert x.tolist() == want.tolist()


@pytest.mark.parametrize("name", SWITCHED)
def test_the_switch_is_a_bool_and_the_last_parameter(name: str) -> None:
    function = lookup(name)
    written = signature("f", function)
    assert written is not None and written.endswith(", inplace=False)")
    with pytest.raises(ArgumentError, match="argument 'inplace' must be bool, not str"):
        function(numbers(), *SETTINGS.get(name, ()), inplace="yes")


@pytest.mark.parametrize("made", MODULES)
@pytest.mark.parametrize("training", [True, False])
def test_modules_pass_it_on(made: str, training: bool) -> None:
    session = Session()
    program = f"""
def run(inplace):
    manual_seed(0)
    m = nn.{made}.train({training})
    m.inplace = inplace
    x = tensor([[-3.5, -1., -0.25], [0., 0.75, 8.]], requires_grad=True)
    y = x * 1
    z = m(y)
    (z * tensor([1., 2., 3.])).sum().backward()
    return z.tolist(), x.grad.tolist(), z is y, y._version
"""
    session.evaluate(program)
    plain, written = session.evaluate("run(False), run(True)")
    assert plain[:2] == written[:2]
    assert (plain[2:], written[2:]) == ((False, 0), (True, 1))


def test_what_was_saved_before_is_found_changed() -> None:
    session = Session()
    session.evaluate("x = ones(2, requires_grad=True)\ny = x.exp()\nnn.ReLU(inplace=True)(y)")
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        session.evaluate("y.sum().backward()")
