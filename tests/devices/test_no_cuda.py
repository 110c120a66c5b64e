"""Where there is no GPU, every way in says so in one line."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.errors import NoCudaError
from tcalc.session import Session


class NoDriver(RuntimeError):
    """What CuPy raises without a driver."""


def fail(*args: Any) -> Any:
    raise NoDriver("cudaErrorInsufficientDriver: CUDA driver version is insufficient")


@pytest.fixture(params=["no CuPy", "CuPy without a GPU"], autouse=True)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A machine without CUDA, of both kinds."""
    found: Any = None
    if request.param != "no CuPy":
        found = types.ModuleType("cupy")
        found.cuda = types.SimpleNamespace(
            runtime=types.SimpleNamespace(getDeviceCount=fail), Device=fail
        )
    monkeypatch.setitem(sys.modules, "cupy", found)
    return str(request.param)


@pytest.mark.parametrize(
    "text",
    [
        "tensor([1.], device='cuda')",
        "zeros(2, device='cuda:1')",
        "arange(3, device=0)",
        "rand(2, device=device('cuda'))",
        "ones(2).cuda()",
        "ones(2).to('cuda:1')",
        "ones(2).to(device='cuda', dtype=float64)",
        "nn.Linear(2, 1).cuda()",
        "nn.Linear(2, 1).to('cuda')",
        "nn.Linear(2, 1, device='cuda')",
        "set_default_device('cuda'); ones(2)",
        "cuda.current_device()",
        "cuda.get_device_name()",
        "cuda.get_device_name(0)",
        "cuda.synchronize()",
    ],
)
def test_one_clear_line(text: str) -> None:
    session = Session()
    try:
        with pytest.raises(NoCudaError) as caught:
            session.evaluate(text)
    finally:
        session.evaluate("set_default_device('cpu')")
    message = str(caught.value)
    assert message.startswith("Torch not compiled with CUDA enabled")
    assert "\n" not in message
    assert diagnose(caught.value).span is not None
    assert isinstance(caught.value, (RuntimeError, AssertionError))


def test_the_default_of_a_session() -> None:
    session = Session(device="cuda")
    try:
        assert session.evaluate("1 + 1") == 2
        with pytest.raises(NoCudaError, match=r"^Torch not compiled with CUDA enabled"):
            session.evaluate("ones(2)")
    finally:
        session.evaluate("set_default_device('cpu')")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("cuda.is_available()", False),
        ("cuda.device_count()", 0),
        ("cuda.memory_allocated()", 0),
        ("cuda.empty_cache()", None),
        ("cuda.manual_seed(1)", None),
        ("cuda.manual_seed_all(1)", None),
        ("str(device('cuda' if cuda.is_available() else 'cpu'))", "cpu"),
        ("ones(2).is_cuda", False),
    ],
)
def test_what_never_raises(text: str, value: Any) -> None:
    assert Session().evaluate(text) == value
