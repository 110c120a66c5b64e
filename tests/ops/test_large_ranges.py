"""Long ranges by compiled code are NumPy's to the bit."""

from __future__ import annotations

import pytest

from tcalc.runtime.lazy.compiled import ranges
from tcalc.runtime.lazy.compiled.kernels import available
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.session import Session

pytestmark = pytest.mark.skipif(not available(), reason="nothing is compiled here")


@pytest.mark.parametrize(
    "text",
    [
        "linspace(0, 1, 20_000)", "linspace(-3.7, 11.1, 8_193)", "linspace(5, -2, 300_001, dtype=float64)",
        "linspace(0, 1, 9_000, dtype=float16)", "linspace(0, 1, 9_000, dtype=int64)", "linspace(0, 1j, 9_000)",
        "linspace(-0.0, 0.0, 8_500)", "linspace(1e38, -3e38, 8_500)", "arange(20_000)", "arange(7, 600_000, 3)",
        "arange(9_000, -9_000, -2)", "arange(1 << 62, (1 << 62) + 10_000)", "arange(0, 1, 1e-4)",
        "arange(5, -5, -1e-5, dtype=float64)", "arange(9_000, dtype=int32)", "arange(9_000, dtype=bfloat16)",
        "torch.range(0, 9_000)", "eye(300)", "eye(700, 601)", "eye(601, 700, dtype=int64)", "eye(600, dtype=bool)",
    ],
)  # fmt: skip
def test_bits(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for kinds in ranges.KINDS:
        made = ranges._made(kinds)
        if made.call is None:
            made.prepare()
    found = []
    for on in (True, False):
        monkeypatch.setattr(settings, "on", on)
        made = Session().evaluate(text)
        found.append((made.dtype, made.shape, made.stride(), made.array.tobytes()))
    assert found[0] == found[1]
