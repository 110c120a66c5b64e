"""The examples of the library's classes show what they say."""

from __future__ import annotations

import doctest
import importlib
from typing import Any

import pytest

from tcalc.display import plain
from tcalc.runtime.base import _index
from tcalc.runtime.base.registry import REGISTRY
from tcalc.runtime.base.warning import warnings
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

CLASSES = {
    value: name
    for name, value in sorted(REGISTRY.items(), reverse=True)
    if isinstance(value, type) and name.startswith(("torch.nn.", "torch.distributions."))
}


@pytest.mark.parametrize("cls", CLASSES, ids=CLASSES.get)
def test_examples(cls: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warnings, "shown", False)
    session = Session()
    for example in doctest.DocTestParser().get_examples(cls.__doc__ or ""):
        source = example.source.rstrip()
        value: Any = session.evaluate(source)
        shown = "" if value is None or source.endswith(";") else plain.text(value)
        if example.want.strip():
            assert shown.split() == example.want.split(), source


@pytest.mark.parametrize("cls", CLASSES, ids=CLASSES.get)
def test_documented(cls: type) -> None:
    assert (cls.__dict__.get("__doc__") or "").strip()
