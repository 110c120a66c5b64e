"""tcalc gives PyTorch's recorded answers to every case (see scripts/record_torch.py)."""

from __future__ import annotations

import builtins
import json
import math
from pathlib import Path
from typing import Any

import pytest

from tcalc.runtime.base.registry import lookup
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.dtypes import dtype, float32
from tcalc.runtime.types.shapes import Size
from tcalc.session import Session
from tcalc.source import Source

HERE = Path(__file__).parent
# Relative and absolute tolerance by dtype: what the language promises, and room around 0.
TOLERANCE = {
    "float32": (1e-5, 1e-6), "float64": (1e-10, 1e-12), "float16": (1e-3, 1e-4),
    "bfloat16": (8e-3, 1e-3), "complex64": (1e-5, 1e-6), "complex128": (1e-10, 1e-12),
}  # fmt: skip
BATCH = 150


def batches() -> list[Any]:
    found = []
    for path in sorted((HERE / "answers").glob("*.json")):
        cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
        for start in range(0, len(cases), BATCH):
            found.append(
                pytest.param(path.stem, cases[start : start + BATCH], id=f"{path.stem}-{start}")
            )
    return found


def number(value: Any) -> Any:
    if isinstance(value, complex):
        return [number(value.real), number(value.imag)]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def encode(value: Any) -> Any:
    if isinstance(value, Tensor):
        flat = value.detach().array.reshape(-1).tolist()
        return {
            "tensor": value.dtype.name,
            "shape": list(value.shape),
            "data": [
                number(v if type(v) in (int, bool, float, complex) else float(v)) for v in flat
            ],
            "requires_grad": value.requires_grad,
        }
    if isinstance(value, Size):
        return {"size": list(value)}
    if isinstance(value, (dtype, device)):
        return {"text": str(value)}
    if isinstance(value, (tuple, list)):
        return {"items": [encode(v) for v in value]}
    if value is None or isinstance(value, (bool, int, float, complex)):
        return {"number": number(value), "type": type(value).__name__}
    return {"text": str(value)}


def close(got: Any, want: Any, rtol: float, atol: float) -> bool:
    if isinstance(got, list) and isinstance(want, list):
        return len(got) == len(want) and all(close(a, b, rtol, atol) for a, b in zip(got, want))
    if isinstance(got, (str, bool)) or isinstance(want, (str, bool)) or want is None:
        return type(got) is type(want) and got == want
    return bool(abs(got - want) <= atol + rtol * abs(want))


def same(got: Any, want: Any) -> bool:
    if "tensor" in want:
        return all(got.get(k) == want[k] for k in ("tensor", "shape", "requires_grad")) and close(
            got["data"], want["data"], *TOLERANCE.get(want["tensor"], (0.0, 0.0))
        )
    if "items" in want:
        items = got.get("items", [])
        return len(items) == len(want["items"]) and all(map(same, items, want["items"]))
    if "number" in want:
        return got.get("type") == want["type"] and close(got["number"], want["number"], 1e-6, 1e-9)
    return bool(got == want)


def prelude(family: str) -> str:
    text = (HERE / "cases" / f"{family}.txt").read_text(encoding="utf-8")
    return "\n".join(b for b in text.split("\n\n") if b.lstrip("\n").startswith("# prelude"))


class Cases:
    """Runs the cases of a family, each as if in a session of its own."""

    def __init__(self, family: str) -> None:
        self.session = Session()
        self.prelude = self.session.compiled(Source(prelude(family) or "0"))

    def __call__(self, case: str) -> Any:
        self.session.reset()
        lookup("torch.set_default_dtype")(float32)
        lookup("torch.manual_seed")(0)
        self.prelude()
        *before, last = case.split("\n")
        if last.startswith((" ", "\t")):
            before, last = [*before, last], "result"
        if before:
            self.session.evaluate("\n".join(before))
        return self.session.evaluate(last)


@pytest.mark.parametrize(("family", "cases"), batches())
def test_answers(family: str, cases: list[Any]) -> None:
    run = Cases(family)
    wrong = []
    for recorded in cases:
        want = recorded["answer"]
        try:
            got = encode(run(recorded["case"]))
            good = "error" not in want and same(got, want)
        except Exception as e:  # compared with the one that was recorded
            expected = getattr(builtins, want.get("error", ""), RuntimeError)
            got = f"{type(e).__name__}: {e}"
            good = "error" in want and isinstance(e, expected)
        if recorded["case"].startswith("# differs: "):  # with the reason: then it must still differ
            good = not good
        if not good:
            wrong.append(
                f"{recorded['case']}\n    got  {str(got)[:300]}\n    want {str(want)[:300]}"
            )
    assert not wrong, f"{len(wrong)} of {len(cases)} differ:\n" + "\n".join(wrong[:20])
