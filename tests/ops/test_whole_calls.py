"""Calls that machine code does whole give what Python's path gives: values, layout, errors, generators."""

from __future__ import annotations

import gc
import sys
from typing import Any

import numpy as np
import pytest

from tcalc.errors import TcalcError
from tcalc.runtime.call import shortcuts
from tcalc.runtime.lazy.compiled import creating, library
from tcalc.session import Session

pytestmark = pytest.mark.skipif(
    library.address(creating.names()[0]) is None, reason="no functions are installed here"
)
SIZES = [
    "", "()", "4, 4", "(2, 3)", "[2, 3]", "torch.Size([2, 3])", "x.shape", "0", "3, 0", "-1", "2, -3", "2.0",
    "True", "'a'", "None", "(2, 2.5)", "[[2]]", "(2,), 3", "1, 2, 3, 4, 5, 6, 7, 8", "1, 1, 1, 1, 1, 1, 1, 1, 2",
    "5000, 5", "181, 181", "182, 182", "1 << 62", "1 << 70", "tensor(3)", "1, 1 << 40", "625", "624", "601", "15", "16",
    "17", "300, 2",
]  # fmt: skip
TEXTS = [
    *[f"{op}({size})" for op in ("zeros", "ones", "empty", "rand", "randn") for size in SIZES],
    "zeros(2, dtype=int64)", "ones(2, requires_grad=True)", "rand(3, dtype=float64)", "zeros(2, device='meta')",
    "zeros(size=(2, 3))", "rand(3, generator=torch.Generator())", "zeros(2, 3, names=None)",
    *[f"full({args})" for args in (
        "(2, 3), 1.5", "[2], -0.0", "(), 2.5", "(2,), 3", "(2,), True", "(2,), 1e39", "(2,), 3.5e38", "(2,), 1e-46",
        "(2,), inf", "(2,), nan", "(2,), 2+1j", "2, 1.0", "(2,), tensor(1.5)", "(0,), 1.0", "(2,), 'a'", "(2, 3)",
        "(-1,), 1.0", "(181, 181), 0.1", "(182, 182), 0.1", "(2,), 1 << 70",
    )],
    *[f"linspace({args})" for args in (
        "0, 1, 5", "0, 1, 16", "3.0, -1.0, 4", "0, 1, 2", "0, 1, 1", "0, 1, 0", "0, 1, -1", "0, 1, 1000", "0.1, 0.7, 33",
        "0, 1e39, 4", "inf, 1, 3", "nan, 1, 3", "0, 1, 2.0", "1 << 54, 1, 4", "0, 1", "0, 1j, 3", "0, 1, 40000",
        "1, 1, 5", "-0.0, 0.0, 6",
    )],
    *[f"arange({args})" for args in (
        "5", "0", "-3", "2, 9", "2, 9, 3", "9, 2", "9, 2, -2", "2, 2", "1, 5, 0", "0.0, 1.0, 0.25", "5.0", "1, 5, 0.5",
        "1 << 60", "1 << 60, (1 << 60) + 3", "16383", "16384", "0, 100, 7", "True", "5, step=2", "end=4", "(1 << 53) + 1",
        "-5, 5, 1 << 52", "-(1 << 53), -(1 << 53) + 40",
    )],
    *[f"eye({args})" for args in ("3", "0", "-1", "2, 3", "3, 2", "1", "181", "182", "2.0", "2, 0", "2, -1", "True")],
    *[f"tensor({args})" for args in (
        "2.5", "2", "True", "1j", "[1.0, 2.0, 3.0]", "[1, 2]", "[1, 2.5]", "(1, 2)", "[[1, 2], [3, 4]]", "[[1.5], [2]]",
        "[]", "[[]]", "[[], []]", "[[1, 2], [3]]", "[1, [2]]", "[[1], 2]", "[[1], 'a']", "[True, 1]", "'a'", "None", "[None]",
        "1 << 60", "1 << 70", "[1 << 53, (1 << 53) + 1]", "[-(1 << 53), 1 << 53]", "[[[1, 2]]]", "range(3)", "x", "[x, x]",
        "[1e39, -1e39]", "[nan, inf, -0.0]", "[3.4028235677973366e38]", "[(1, 2), [3, 4]]", "[1.0] * 300", "[[0.5] * 16] * 16",
        "[[0.5] * 17] * 16", "1e-46", "[1, 1 << 54]", "torch.Size([2, 3])", "[tensor(1.0), 2.0]", "[torch.Size([1, 2])]",
    )],
    *[f"{op}({args})" for op in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like") for args in (
        "x", "x.T", "x[:, :2]", "x[0, 0]", "tensor([1, 2])", "zeros(0, 3)", "zeros(182, 182)", "nn.Parameter(x)", "x > 0",
        "x.expand(2, 3, 4)", "[1.0, 2.0]", "x.double()", "ones(20)", "x, dtype=float64", "x.to_sparse()", "3", "x, x",
    )],
    *[f"randint({args})" for args in (
        "5, (3,)", "-2, 5, (2, 3)", "5, [4]", "5, ()", "5, 5, (2,)", "0, (2,)", "1 << 28, (3,)", "(1 << 28) - 1, (3,)",
        "1 << 40, (3,)", "5, 3", "5, (0,)", "5, (700,)", "1 << 62, (1 << 62) + 5, (9,)", "-(1 << 63), -(1 << 63) + 5, (9,)",
        "5.0, (2,)", "True, (2,)", "5, x.shape", "3", "1, 2, 3, (2,)", "high=5, size=(2,)", "5, (2,), dtype=int32",
    )],
    *[f"randperm({args})" for args in ("0", "1", "2", "16", "625", "626", "-1", "2.0", "True", "5, dtype=int32")],
    *[f"bernoulli({args})" for args in (
        "x", "x.T", "x - 2", "x + 2", "x * nan", "x, 0.3", "x[:1]", "tensor([0.0, 1.0])", "tensor([1, 0])", "[0.2, 0.8]", "x, x",
        "x.clone().requires_grad_()", "nn.Parameter(x)", "zeros(0)", "x.double()", "full((700,), 0.5)", "tensor(0.5)", "x.detach()",
    )],
    *[f"x.new_zeros({size})" for size in SIZES],
    *[f"{made}" for made in (
        "x.new_ones(2, 3)", "x.new_empty((2,))", "tensor([1]).new_ones(2)", "x.T.new_ones(3)", "x.double().new_zeros(2)",
        "x.new_full((2, 3), 1.5)", "x.new_full((2,), 3)", "x.new_full((2,), True)", "x.new_full((2,), 1e39)", "x.new_full(2, 1.0)",
        "x.new_zeros(2, dtype=int64)", "full_like(x, 2)", "full_like(x, -0.0)", "full_like(x, 1e39)", "full_like(x, nan)",
        "full_like(x.T, 0.5)", "full_like(x, True)", "full_like(tensor([1, 2]), 2.5)", "full_like(x)", "full_like(x, tensor(2.0))",
    )],
    *[f"arange({args})" for args in (
        "0.5, 3", "3.0, 0.5, -0.5", "0, 1, 0.1", "1.0, 0.0", "0.0, nan", "0.0, inf", "1, 2, 0.0", "5, -5, -3", "-5, 5, 3",
        "1 << 52, (1 << 52) + 7, 2", "(1 << 53) - 7, 1 << 53, 3", "0, 1 << 53, (1 << 53) - 1", "0.0, 16384.0", "0.0, 16383.0",
        "0.1, 0.1", "-0.0, 2", "0, 3.0000000001", "0, -7, -7", "0, -8, -7", "1e300, 2e300, 1e299",
    )],
    *[f"torch.normal({args})" for args in (
        "0.0, 1.0, (4, 4)", "2.0, 3.0, (17,)", "0.0, 1.0, (3,)", "0, 1, (20,)", "0.0, -1.0, (20,)", "0.0, 0.0, (16,)",
        "1e39, 1.0, (16,)", "0.0, 1.0, [5, 5]", "0.0, 1.0, 16", "x, 1.0", "0.0, x", "x, x", "0.0, nan, (16,)", "True, 1.0, (16,)",
    )],
    *[f"{target}.{call}" for call in (
        "normal_()", "normal_(1.0, 2.0)", "normal_(0.0, -1.0)", "normal_(0, 0)", "uniform_()", "uniform_(0, 1)", "uniform_(-1, 1)",
        "uniform_(1, 0)", "bernoulli_()", "bernoulli_(0.3)", "bernoulli_(0)", "bernoulli_(1.5)", "bernoulli_(nan)", "bernoulli_(x)",
        "normal_(std=2.0)", "uniform_('a')",
    ) for target in (
        "ones(4, 5).zero_()", "x", "x.zero_()", "x.zero_()[0]", "x.zero_().T", "ones(20, 20).zero_()", "ones(30, 30).zero_()",
        "zeros(0).zero_()", "nn.Parameter(x)", "tensor([1, 2]).zero_()", "x.double().zero_()", "(x * 1).requires_grad_().exp()",
        "zeros(3).expand(2, 3)", "x.detach().zero_()",
    )],
    *[f"{call}, dtype={dtype}{grad})" for grad in ("", ", requires_grad=True") for dtype in (
        "float32", "float64", "int64", "int32", "bool", "float16", "complex64", "None", "'a'",
    ) for call in (
        "zeros(2, 3", "ones((3,)", "empty(70, 300", "zeros(182, 181", "full((2,), 1.5", "full((2,), 2", "full((2,), -0.0", "full((2,), True",
        "full((3, 100), 1 << 40", "zeros_like(x", "ones_like(x", "full_like(x, 3", "x.new_zeros(2, 2", "x.new_ones(3",
        "x.new_full((2,), 2.5", "eye(3", "linspace(0, 1, 5", "arange(5", "arange(0, 1, 0.25", "arange(2.0", "tensor([1, 2]",
        "tensor([1.5, 2]", "tensor(3", "tensor([[1, 2]]", "tensor(2.5", "rand(3", "randn(20", "rand_like(x", "randint(5, (3,)",
        "randperm(4", "torch.normal(0.0, 1.0, (16,)",
    )],
]  # fmt: skip


def outcome(text: str) -> Any:
    lines = f"manual_seed(11)\nx = rand(3, 4)\n(({text}), rand(3))"
    session = Session()
    try:
        made, after = session.evaluate(lines)
        look = getattr(made, "is_meta", False) or getattr(made, "is_sparse", False)
        values = None if look else made.array.tobytes()
        return (
            values, after.array.tobytes(), made.dtype, made.shape, made.stride(), made._version,
            made.requires_grad, str(made.grad_fn)[:20], made.is_leaf,
        )  # fmt: skip
    except (TcalcError, TypeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("text", TEXTS)
def test_as_python_does(text: str) -> None:
    found = outcome(text)
    shortcuts.close()
    try:
        assert outcome(text) == found
    finally:
        shortcuts.reopen()


@pytest.mark.parametrize(
    "text",
    ["zeros(2)", "rand(4)", "linspace(0, 1, 3)", "tensor([0.1])", "ones_like(tensor([1.0], dtype=float32))", "arange(3)",
     "randn(20)", "eye(2)", "full((2,), 0.1)", "randint(5, (3,))"],
)  # fmt: skip
@pytest.mark.parametrize(
    "where", ["torch.set_default_dtype(float64)", "torch.set_default_device('meta')"]
)
def test_settings_hold(where: str, text: str) -> None:
    before = "torch.set_default_dtype(float32)\ntorch.set_default_device('cpu')"
    lines = f"{where}\n(({text}).dtype, ({text}).device.type)"
    session = Session()
    try:
        found = session.evaluate(lines)
        shortcuts.close()
        try:
            assert session.evaluate(lines) == found
        finally:
            shortcuts.reopen()
    finally:
        session.evaluate(before)


def test_they_are_done_whole() -> None:
    """What this is for: no kernel runs."""
    session = Session()
    session.evaluate("rand(1)")
    for text in ("zeros(2, 3)", "ones(2, dtype=int64)", "rand(2, requires_grad=True)", "rand(2)", "randn(16)", "tensor([1.0])", "arange(3)", "eye(2)", "randperm(3)", "linspace(0, 1, 3)",
                 "arange(0.0, 1.0, 0.1)", "full_like(tensor([1.0]), 2.0)", "torch.normal(0.0, 1.0, (16,))"):  # fmt: skip
        name = text.partition("(")[0]
        function = session.evaluate(name)
        for _ in range(10):  # whole calls are found after some others
            session.evaluate(text)
        kernel = function.__globals__["KERNEL"]
        function.__globals__["KERNEL"] = None
        try:
            session.evaluate(text)
        finally:
            function.__globals__["KERNEL"] = kernel


@pytest.mark.parametrize(
    "text",
    ["zeros(2, 3)", "zeros(700)", "ones(2, dtype=float64)", "full((2,), 1.5)", "full((2,), 1)", "eye(3)",
     "linspace(0, 1, 5)", "arange(5)", "arange(0.0, 1.0, 0.1)", "tensor([[1.0, 2.0]])", "tensor(3)",
     "rand(5)", "rand(624)", "randn(17)", "randint(5, (3,))", "randperm(5)", "bernoulli(x)", "x.normal_()", "x.uniform_()",
     "x.bernoulli_(0.5)", "rand_like(x)", "full_like(x, 2.0)", "x.new_zeros(2)", "torch.normal(0.0, 1.0, (16,))"],
)  # fmt: skip
def test_counts_of_references(text: str) -> None:
    session = Session()
    session.evaluate("x = rand(4, 5)\nx.zero_()")
    lines = f"for _ in range(500):\n    {text}\n0"
    session.evaluate(lines)
    gc.collect()
    kept = [None, np.dtype(np.float32), np.dtype(np.int64), np.dtype(np.float64)]
    before = [sys.getrefcount(thing) for thing in kept]
    session.evaluate(lines)
    gc.collect()
    after = [sys.getrefcount(thing) for thing in kept]
    assert all(abs(one - other) < 100 for one, other in zip(before, after))
