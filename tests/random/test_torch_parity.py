"""Long mixed sequences of draws recorded from PyTorch: the same numbers and the same states."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.generator import Generator

RECORDED = json.loads((Path(__file__).parent / "data" / "torch.json").read_text())
# What consists of uniform draws and comparisons is equal; the rest within a few roundings.
ROUNDED = {
    "float16": 2e-3, "bfloat16": 1.6e-2, "float32": 1e-6, "float64": 1e-12,
    "complex64": 1e-6, "complex128": 1e-12,
}  # fmt: skip
EXACT = {
    "uniform_", "random_", "bernoulli_", "geometric_", "randperm", "multinomial", "bernoulli",
    "poisson", "binomial",
}  # fmt: skip


def numpy_dtype(name: str) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def decode(text: str, dtype: np.dtype[Any]) -> Any:
    return np.frombuffer(base64.b64decode(text), np.uint8).view(dtype)


def blank(dtype: np.dtype[Any], size: int, layout: str) -> Any:
    if layout == "transposed":
        return np.zeros((3, size), dtype).T
    if layout == "sliced":
        return np.zeros((2 * size, 3), dtype)[::2, 1:]
    if layout == "permuted":
        return np.zeros((2, size, 3), dtype).transpose(2, 0, 1)
    return np.zeros(size, dtype)


def replay(call: dict[str, Any], g: Generator) -> Any:
    name, dtype = call["call"], numpy_dtype(call["dtype"])
    if "layout" in call:
        out = blank(dtype, call["size"], call["layout"])
        return getattr(sampling, name)(out, *call["args"], g)
    inputs = [decode(i, dtype).reshape(call["shape"]) for i in call.get("inputs", ())]
    if name == "randperm":
        return sampling.randperm(*call["args"], dtype, g)
    if name == "bernoulli":
        return sampling.bernoulli_(np.empty_like(inputs[0]), inputs[0], g)
    return getattr(sampling, name)(*inputs, *call.get("args", ()), g)


@pytest.mark.parametrize("life", RECORDED["lives"], ids=lambda life: f"seed{life['seed']}")
def test_a_generators_life(life: dict[str, Any]) -> None:
    g = Generator().manual_seed(life["seed"])
    for number, call in enumerate(life["calls"]):
        found = replay(call, g)
        where = f"call {number}: {[call.get(k) for k in ('call', 'dtype', 'size', 'args')]}"
        dtype = np.dtype(np.int64) if call["call"] == "multinomial" else found.dtype
        assert found.dtype == dtype, where
        expected = decode(call["out"], dtype)
        if call["call"] in EXACT:
            np.testing.assert_array_equal(found.reshape(-1), expected, where)
        else:
            wide = np.complex128 if dtype.kind == "c" else np.float64
            np.testing.assert_allclose(
                found.reshape(-1).astype(wide),
                expected.astype(wide),
                rtol=ROUNDED[call["dtype"]],
                # A mean added to a normal can leave next to nothing of both.
                atol=ROUNDED[call["dtype"]] if call["call"].startswith("normal") else 0,
                err_msg=where,
            )
        assert hashlib.sha256(g.state_bytes()[:5016]).hexdigest()[:16] == call["state"], where


@pytest.mark.parametrize("case", RECORDED["states"], ids=lambda c: f"{c['seed']}-{c['drawn']}")
def test_whole_states(case: dict[str, Any]) -> None:
    g = Generator().manual_seed(case["seed"])
    if case["drawn"]:
        g.words(case["drawn"])
    state = g.state_bytes()
    assert hashlib.sha256(state).hexdigest() == case["digest"]
    again = Generator()
    again.load_bytes(state)
    assert again.state_bytes() == state
    assert again.initial_seed() == case["seed"] % 2**64
    np.testing.assert_array_equal(again.words(700), g.words(700))
    assert again.state_bytes() == g.state_bytes()


def test_a_state_with_a_kept_normal() -> None:
    theirs = base64.b64decode(RECORDED["kept"])
    g = Generator()
    g.load_bytes(theirs)
    assert g.state_bytes() == theirs
    ours = Generator().manual_seed(0)
    sampling.normal_(np.empty(3, np.float32), 0, 1, ours)
    assert ours.state_bytes()[:5016] == theirs[:5016]
    assert ours.spare == pytest.approx(g.spare, rel=1e-15)
