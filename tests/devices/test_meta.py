"""Tensors without contents: every op gives the shape and dtype that it gives for real ones."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.errors import DeviceError, LimitError, StateError
from tcalc.runtime.arrays import backend
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.samples import samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.devices import device
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

SAMPLED = [
    op
    for op in OPS
    if any(sample.arrays() for sample in samples_of(op)) and "devices" not in op.exempt
]
# What these give, or their shape, depends on the values (of where: with a condition alone).
BY_VALUE = frozenset({
    "nonzero", "argwhere", "masked_select", "unique", "unique_consecutive", "allclose", "equal",
    "histc", "histogram", "histogramdd", "bincount", "where", "embedding_renorm_",
})  # fmt: skip


def leaves(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


def evaluate(text: str) -> Any:
    return Session().evaluate(text)


@pytest.mark.parametrize("op", SAMPLED, ids=lambda op: f"{op.name}-{op.family}")
def test_shapes_and_dtypes(op: Op) -> None:
    refused = 0
    for sample in samples_of(op):
        try:
            want = leaves(sample.call(wrap))
        except Exception:  # where numbers do not do either
            assert not op.is_public, sample
            continue
        try:
            got = leaves(sample.call(lambda a: wrap(backend.to_device(a, device("meta")))))
        except (DeviceError, StateError) as e:
            if op.name not in BY_VALUE:
                # A mask among the indices.
                assert "depends on values" in str(e), (sample, e)
            refused += 1
            continue
        assert len(got) == len(want)
        for a, b in zip(want, got):
            if isinstance(a, Tensor):
                assert b.device.type == "meta", sample
                assert (b.shape, b.dtype) == (a.shape, a.dtype), sample
                if op.family == "view":
                    assert b.stride() == a.stride(), sample
    assert refused < len(samples_of(op)) or op.name in BY_VALUE


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("zeros(10**6, 10**6, device='meta')", (10**6, 10**6)),
        ("x = ones(10**6, 10**6, device='meta'); (x + x.T).exp().sum(1)", (10**6,)),
        ("x = rand(10**6, 10**6, device='meta'); x @ x", (10**6, 10**6)),
        ("x = empty(10**6, 10**6, device='meta'); cat([x, x], 1)", (10**6, 2 * 10**6)),
        (
            "x = empty(10**6, 10**6, device='meta'); stack([x, x]).sort(-1).values",
            (2, 10**6, 10**6),
        ),
        ("empty(10**6, 10**6, device='meta')[::2, 5].reshape(-1, 2).tril()", (250000, 2)),
        (
            "empty(10**6, 10**6, device='meta').softmax(0).cumsum(1).argmax(1, keepdim=True)",
            (10**6, 1),
        ),
        ("empty(10**6, 10**5, device='meta').var(0)", (10**5,)),
        ("empty(10**6, 10**5, device='meta').view(10**5, 10**6).max(1)[1]", (10**5,)),
        (
            "where(empty(10**6, 1, device='meta') > 0, zeros(10**6, device='meta'), 1)",
            (10**6, 10**6),
        ),
        ("eye(10**6, device='meta')", (10**6, 10**6)),
        ("arange(10**12, device='meta')", (10**12,)),
        ("linspace(0, 1, 10**12, device='meta')", (10**12,)),
    ],
)
def test_size_costs_no_memory(text: str, shape: tuple[int, ...]) -> None:
    found = evaluate(text)
    assert found.device.type == "meta"
    assert tuple(found.shape) == shape


def test_gradients_have_shapes() -> None:
    text = """
x = rand(1000000, 1000000, device='meta', requires_grad=True)
w = rand(1000000, 3, device='meta', requires_grad=True)
((x @ w).relu().softmax(-1) * x.mean()).sum().backward()
x.grad, w.grad
"""
    x, w = evaluate(text)
    assert (x.device.type, tuple(x.shape)) == ("meta", (10**6, 10**6))
    assert (w.device.type, tuple(w.shape)) == ("meta", (10**6, 3))


@pytest.mark.parametrize("index", ["i", "i, i", "i, 0", ":, i", "j", "j, j", "i, 1:"])
def test_picked_elements_are_there_too(index: str) -> None:
    text = f"i, j = tensor([1, 0], device='meta'), tensor([1, 0]); ones(2, 2, 2, device='meta')[{index}]"
    assert evaluate(text).device.type == "meta"


def test_shown() -> None:
    assert repr(evaluate("ones(2, 3, device='meta')")) == "tensor(..., device='meta', size=(2, 3))"
    shown = repr(evaluate("ones(2, device='meta', dtype=int64)"))
    assert shown == "tensor(..., device='meta', size=(2,), dtype=torch.int64)"


def test_in_place() -> None:
    text = "x = zeros(2, 3, device='meta'); x.add_(1); x[0] = 5; x[:, 1].mul_(2); x.fill_(3); x"
    assert repr(evaluate(text)) == "tensor(..., device='meta', size=(2, 3))"
    with pytest.raises(RuntimeError):
        evaluate("zeros(2, 3, device='meta').add_(ones(4, device='meta'))")


@pytest.mark.parametrize(
    "text",
    [
        "ones((), device='meta').item()",
        "float(ones((), device='meta'))",
        "bool(ones((), device='meta'))",
        "ones(2, device='meta').tolist()",
        "ones(2, device='meta').cpu()",
        "ones(2, device='meta').to('cpu')",
        "ones(2, device='meta').numpy()",
        "ones(2, device='meta').nonzero()",
        "x = ones(2, device='meta'); x[x > 0]",
        "unique(ones(2, device='meta'))",
        "bincount(ones(2, device='meta', dtype=int64), minlength=5)",
    ],
)
def test_values_are_refused(text: str) -> None:
    with pytest.raises((RuntimeError, TypeError)):
        evaluate(text)


@pytest.mark.parametrize(
    "text",
    [
        "ones(3, device='meta') + ones(3)",
        "ones(3, 2).mm(ones(2, 3, device='meta'))",
        "cat([ones(2), ones(2, device='meta')])",
        "where(ones(2, device='meta') > 0, ones(2), zeros(2))",
        "nn.functional.linear(ones(2, device='meta'), ones(3, 2))",
        "ones(2).add_(ones(2, device='meta'))",
        "ones(2).copy_(ones(2, device='meta'))",
    ],
)
def test_two_devices(text: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        evaluate(text)
    if "copy_" not in text:
        assert "at least two devices, cpu and meta" in str(caught.value)
    found = diagnose(caught.value)
    assert found.span is not None


def test_zero_dim_cpu_operands_go_anywhere() -> None:
    assert evaluate("ones(3, device='meta') * tensor(2.)").device.type == "meta"


def test_beyond_all_addresses() -> None:
    with pytest.raises((StateError, LimitError)):
        evaluate("empty(10**9, 10**9, device='meta')")


@pytest.mark.parametrize(
    "text", ["i % 3", "i // i", "i.fmod(i)", "i.div(2, rounding_mode='trunc')"]
)
def test_divisors_without_contents_are_no_zeros(text: str) -> None:
    found = evaluate(f"i = ones(2, dtype=int64, device='meta'); {text}")
    assert (found.device.type, found.dtype.name, found.shape) == ("meta", "int64", (2,))
