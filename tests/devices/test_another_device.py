"""A device is one module and its row: what it offers is all that anybody asks."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tcalc.errors import DeviceError
from tcalc.runtime.arrays import backend
from tcalc.runtime.types.devices import KINDS, device
from tcalc.session import Session


class ToyArray(np.ndarray[Any, Any]):
    """An array on a device of its own."""


def toy(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(toy, value))
    return np.asarray(value).view(ToyArray) if isinstance(value, np.ndarray | np.generic) else value


class Toy(backend.Backend):
    kind = "toy"

    def place(self, array: Any) -> device:
        return device("toy")

    def bring(self, array: Any, where: device) -> Any:
        return backend.of(array).on_host(array).view(ToyArray)

    def on_host(self, array: Any) -> Any:
        return array.view(np.ndarray)

    def at_home(self, result: Any) -> Any:
        return toy(result)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(KINDS, "toy", "toy_device")
    monkeypatch.setitem(sys.modules, "toy_device", types.ModuleType("toy_device"))
    monkeypatch.setattr(backend, "_by_kind", dict(backend._by_kind))
    monkeypatch.setattr(backend, "_known", dict(backend._known))
    backend.register(Toy(), ToyArray)
    yield


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = ones(2, 3, device='toy'); str(x.device), x.cpu().sum().item()", ("toy", 6.0)),
        ("x = tensor([1., 2.], device='toy'); (x.exp() * 2).sum().device.type", "toy"),
        ("x = arange(4, device='toy'); x[1] = 7; x.view(2, 2).T[1].tolist()", [7, 3]),
        (
            "x = tensor([2.], device='toy', requires_grad=True); (x * x).backward(); "
            "x.grad.device.type, x.grad.item()",
            ("toy", 4.0),
        ),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert Session().evaluate(text) == value


def test_it_is_none_of_the_others() -> None:
    with pytest.raises(DeviceError, match="at least two devices, cpu and toy"):
        Session().evaluate("ones(2, device='toy') + ones(2)")
    with pytest.raises(DeviceError, match="one of cpu, cuda, meta, toy device type"):
        Session().evaluate("ones(2, device='other')")
