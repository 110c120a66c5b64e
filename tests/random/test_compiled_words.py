"""Words that compiled code makes are the generator's own, from any state on."""

from __future__ import annotations

import numpy as np
import pytest

from tcalc.runtime.lazy import twister
from tcalc.runtime.lazy.compiled import building, kernels
from tcalc.runtime.ops.random.generator import Generator, _Many
from tcalc.session import Session

pytestmark = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LONG", 1)
    twister.is_ready(1)
    building.wait()
    assert twister.is_ready(1)


@pytest.mark.parametrize("position", [1, 300, 623, 624])
def test_words(position: int) -> None:
    key = np.random.default_rng(position).integers(0, 1 << 32, 624).tolist()
    one, other = _Many(key, position), twister.Twister(key, position)
    for n in (1, 5, 623, 624, 625, 5000, 100, 40_000, 39_936, 7, 200_000):
        assert np.array_equal(one.words(n), other.words(n))
    assert list(one.key()) == list(other.key())


def test_a_generator_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for on in (True, False):
        monkeypatch.setattr(kernels.settings, "on", on)
        made = Generator().manual_seed(3)
        parts = []
        for n in (3, 700, 5000, 9, 60_000, 2, 800, 5001):
            parts.append(made.words(n))
            twin = Generator()
            twin.load_bytes(made.state_bytes())
            assert np.array_equal(twin.words(5000), made.clone().words(5000))
        found.append((np.concatenate(parts), made.state_bytes()))
    assert np.array_equal(found[0][0], found[1][0]) and found[0][1] == found[1][1]


@pytest.mark.parametrize(
    "text", ["rand(300, 300)", "randint(0, 9, (70_000,))", "randperm(20_000)",
             "nn.functional.dropout(ones(300, 300), 0.5)", "rand(300, 300, dtype=float64)"],
)  # fmt: skip
def test_draws(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for on in (True, False):
        monkeypatch.setattr(kernels.settings, "on", on)
        drawn = Session().evaluate(f"manual_seed(1)\nrand(5)\n({text}, {text}, rand(3))")
        found.append([t.array.tobytes() for t in drawn])
    assert found[0] == found[1]
