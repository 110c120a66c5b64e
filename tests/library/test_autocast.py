"""autocast belongs to a thread, and costs what does not ask for it nothing."""

from __future__ import annotations

import threading

from tcalc.library.amp.autocast import autocast
from tcalc.runtime.base.modes import casting, mode
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call.operators import OPERATORS
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.dtypes import bfloat16, float32
from tcalc.session import Session

ones, matmul, jit = (lookup(name) for name in ("torch.ones", "torch.matmul", "tcalc.jit"))


def test_it_is_a_threads_own() -> None:
    found = []
    with autocast("cpu"):
        there = threading.Thread(target=lambda: found.append(matmul(ones(2, 2), ones(2, 2)).dtype))
        there.start()
        there.join()
        found.append(matmul(ones(2, 2), ones(2, 2)).dtype)
    assert found == [float32, bfloat16]
    assert casting.count == 0 and mode.autocast is None


def test_an_error_inside_leaves_nothing() -> None:
    try:
        with autocast("cpu"):
            matmul(ones(2, 2), ones(3, 2))
    except RuntimeError:
        pass
    assert casting.count == 0 and mode.autocast is None


def test_only_ops_that_have_a_dtype_there_ask() -> None:
    def asks(name: str) -> bool:
        return "casting" in lookup(f"torch.{name}").__globals__

    assert all(map(asks, ("mm", "nn.functional.linear", "conv2d", "nn.functional.mse_loss")))
    assert not any(map(asks, ("add", "exp", "softmax", "sum", "reshape")))


def test_a_compiled_function_follows() -> None:
    f = jit(lambda a: a @ a)
    assert f(ones(2, 2)).dtype is float32
    with autocast("cpu"):
        assert f(ones(2, 2)).dtype is bfloat16
    assert f(ones(2, 2)).dtype is float32


def test_inside_a_compiled_function() -> None:
    source = (
        "def step(a):\n    with torch.autocast('cpu'):\n        return a @ a\n"
        "f = jit(step); [f(ones(2, 2)).dtype, f(ones(2, 2)).dtype, (ones(2, 2) @ ones(2, 2)).dtype]"
    )
    assert Session().evaluate(source) == [bfloat16, bfloat16, float32]


def test_with_vmap() -> None:
    with autocast("cpu"):
        found = lookup("torch.vmap")(lambda a: a @ a)(ones(3, 2, 2))
    assert found.dtype is bfloat16 and found.tolist() == [[[2.0, 2.0], [2.0, 2.0]]] * 3


def test_operators_cast_as_their_functions_do() -> None:
    """After a few calls too, when machine code has been found."""
    x = ones(3, 3)
    with autocast("cpu"):
        for dunder, name in OPERATORS.items():
            operator, function = getattr(Tensor, dunder), lookup(f"torch.{name}")
            operands = [x, x][: len(function.__op__.params)]
            try:
                wanted = function(*operands).dtype
            except (NotImplementedError, RuntimeError, TypeError):  # bits of floats
                continue
            assert {operator(*operands).dtype for _ in range(20)} == {wanted}, name
    assert {(x @ x).dtype for _ in range(20)} == {float32}
