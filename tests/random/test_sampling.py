"""What draws do at their edges, and what they refuse."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tcalc.errors import DtypeError, StateError
from tcalc.runtime.ops.random import sampling
from tcalc.runtime.ops.random.generator import Generator
from tcalc.runtime.ops.random.sampling.units import BLOCK, fused

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = [np.dtype(t) for t in ("f2", BFLOAT16, "f4", "f8")]


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_known_numbers() -> None:
    out = sampling.uniform_(np.empty(3, np.float32), 0, 1, seeded())
    assert [f"{x:.4f}" for x in out] == ["0.4963", "0.7682", "0.0885"]
    out = sampling.normal_(np.empty(3, np.float32), 0, 1, seeded())
    assert [f"{x:.4f}" for x in out] == ["1.5410", "-0.2934", "-2.1788"]
    assert sampling.randperm(5, np.dtype("i8"), seeded()).tolist() == [4, 0, 1, 3, 2]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_halves_never_round_up_to_the_end(dtype: Any) -> None:
    out = sampling.uniform_(np.empty(100_000, dtype), 0, 1, seeded())
    assert out.min() >= 0
    assert out.max() < 1


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7])
@pytest.mark.parametrize("fill", ["uniform_", "normal_", "random_", "exponential_", "bernoulli_"])
def test_blocks_leave_no_seams(fill: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    args = {"random_": (0, 100), "exponential_": (1.0,), "bernoulli_": (0.5,)}.get(fill, (0, 1))
    g = seeded(9)
    out = getattr(sampling, fill)(np.empty(size, np.float32), *args, g)
    for module in ("units",):
        monkeypatch.setattr(f"tcalc.runtime.ops.random.sampling.{module}.BLOCK", 1 << 20)
    once = seeded(9)
    np.testing.assert_array_equal(
        out, getattr(sampling, fill)(np.empty(size, np.float32), *args, once)
    )
    assert once.state_bytes() == g.state_bytes()


@pytest.mark.parametrize("fill", ["uniform_", "normal_", "log_normal_", "cauchy_", "random_"])
def test_nothing_is_drawn_for_nothing(fill: str) -> None:
    g = seeded()
    before = g.state_bytes()
    getattr(sampling, fill)(np.empty((0, 3), np.float32), 0, 1, g)
    sampling.randperm(0, np.dtype("i8"), g)
    sampling.randperm(1, np.dtype("i8"), g)
    sampling.poisson(np.zeros(4), g)
    sampling.binomial(np.array([0.0, 5, 5]), np.array([0.5, 0, 1]), g)
    assert g.state_bytes() == before


def test_strided_memory_is_filled_in_its_own_order() -> None:
    flat = sampling.random_(np.empty(24, np.int64), 0, 1000, seeded())
    out = np.zeros((4, 3, 2), np.int64).transpose(2, 0, 1)
    sampling.random_(out, 0, 1000, seeded())
    np.testing.assert_array_equal(out.transpose(1, 2, 0).reshape(-1), flat)
    gaps = np.full((4, 12), -1)
    sampling.random_(gaps[:, ::2], 0, 1000, seeded())
    np.testing.assert_array_equal(gaps[:, ::2].reshape(-1), flat)
    assert (gaps[:, 1::2] == -1).all()


def test_chances_follow_the_output_when_it_is_strided() -> None:
    p = np.zeros((3, 4), np.float32)
    p[1] = 1
    out = sampling.bernoulli_(np.empty((4, 3), np.int64).T, p, seeded())
    np.testing.assert_array_equal(out, p)


def test_fused_is_one_rounding() -> None:
    from fractions import Fraction

    r = np.random.default_rng(0)
    x, scale, start = r.random(300), 7.4000000000000004, -0.30000000000000004
    exact = [float(Fraction(float(v)) * Fraction(scale) + Fraction(start)) for v in x]
    assert fused(x, np.float64(scale), np.float64(start)).tolist() == exact


def test_moments() -> None:
    g = seeded(4)
    n = 200_000
    normal = sampling.normal_(np.empty(n, np.float32), 3, 2, g).astype(float)
    assert abs(normal.mean() - 3) < 0.03
    assert abs(normal.std() - 2) < 0.03
    assert abs(sampling.bernoulli_(np.empty(n, bool), 0.3, g).mean() - 0.3) < 0.01
    assert abs(sampling.poisson(np.full(5000, 20.0), g).mean() - 20) < 0.4
    assert abs(sampling.standard_gamma(np.full(5000, 2.5), g).mean() - 2.5) < 0.15
    assert abs(sampling.binomial(np.full(5000, 40.0), np.full(5000, 0.7), g).mean() - 28) < 0.3
    assert abs(sampling.geometric_(np.empty(n, np.int64), 0.25, g).mean() - 4) < 0.1
    rows = sampling.dirichlet(np.full((1000, 3), 2.0, np.float32), g)
    np.testing.assert_allclose(rows.sum(1), 1, rtol=1e-5)
    z = sampling.normal_(np.empty(n, np.complex64), 0, 1, g)
    assert abs((abs(z) ** 2).mean() - 1) < 0.02
    assert sampling.uniform_(z, 0, 1, g) is z
    assert abs(z.mean() - (0.5 + 0.5j)) < 0.01


@pytest.mark.parametrize("replacement", [True, False])
def test_multinomial_never_takes_what_has_no_weight(replacement: bool) -> None:
    p = np.array([0, 1, 0, 2, 3], np.float32)
    for seed in range(50):
        assert set(sampling.multinomial(p, 3, replacement, seeded(seed)).tolist()) <= {1, 3, 4}


def test_multinomial_of_a_batch() -> None:
    p = np.eye(3, dtype=np.float32)
    assert sampling.multinomial(p, 1, False, seeded()).tolist() == [[0], [1], [2]]
    assert sampling.multinomial(p, 2, True, seeded()).tolist() == [[0, 0], [1, 1], [2, 2]]
    assert sampling.multinomial(p[:0], 2, True, seeded()).shape == (0, 2)


def test_randperm_is_a_permutation_in_every_dtype() -> None:
    for dtype, n in (("i1", 128), ("u1", 256), ("f2", 2049), ("i4", 5000), ("f8", 5000)):
        found = sampling.randperm(n, np.dtype(dtype), seeded())
        assert found.dtype == dtype
        np.testing.assert_array_equal(np.sort(found), np.arange(n).astype(dtype))


def test_whole_numbers_of_narrow_floats_stay_below_the_end() -> None:
    # 65503 would become 65504 as a half, so PyTorch ends the range earlier.
    out = sampling.random_(np.empty(20_000, np.float16), 65000, 65504, seeded())
    assert out.max() < 65504
    out = sampling.random_(np.empty(20_000, BFLOAT16), 0, 1000, seeded())
    assert out.astype(np.float32).max() < 1000


i8, f4, c8 = (np.zeros(3, t) for t in ("i8", "f4", "c8"))
REFUSED: list[tuple[str, tuple[Any, ...], type[Exception], str]] = [
    ("uniform_", (i8, 0, 1), DtypeError, "\"check_uniform_bounds\" not implemented for 'Long'"),
    ("uniform_", (f4, 2, 1), StateError, r"from=2 > to=1"),
    ("uniform_", (f4, 0, 1e39), StateError, "to is out of bounds"),
    ("uniform_", (f4, -3e38, 3e38), StateError, "to-from <="),
    ("uniform_", (f4, float("nan"), 1), StateError, "from is out of bounds"),
    ("normal_", (f4, 0, -1), StateError, "normal expects std >= 0.0, but found std -1"),
    ("normal_", (f4, 0, float("nan")), StateError, "normal expects std >= 0.0"),
    ("normal_", (i8, 0, 1), DtypeError, "not implemented for 'Long'"),
    ("normal", (f4, f4 - 1), StateError, "all elements of std >= 0.0"),
    ("normal", (f4, c8), StateError, "non-complex"),
    ("random_", (i8, 10, 10), StateError, "from=10 >= to=10"),
    ("random_", (np.zeros(1, "u1"), -5, 300), StateError, "from is out of bounds for Byte"),
    ("random_", (np.zeros(1, "f2"), 0, 10**6), StateError, "to - 1 is out of bounds for Half"),
    ("random_", (np.zeros(1, "i1"), -(2**63), None), DtypeError, "handles only int64"),
    ("random_", (c8, 0, 1), DtypeError, "integral, floating-point and boolean"),
    ("bernoulli_", (f4, 1.5), StateError, r"in \[0, 1\], but got p=1.5"),
    ("bernoulli_", (f4, f4 + 2), StateError, "Expected p_in >= 0 && p_in <= 1"),
    ("bernoulli_", (f4, i8), DtypeError, "not implemented for 'Long'"),
    ("bernoulli_", (c8, 0.5), DtypeError, "not implemented for 'ComplexFloat'"),
    ("exponential_", (f4, 0.0), StateError, "lambda > 0.0, but found lambda=0"),
    ("exponential_", (i8, 1.0), DtypeError, "continuous probability distribution"),
    ("geometric_", (f4, 1.0), StateError, r"p to be in \(0, 1\), but got p=1"),
    ("geometric_", (np.zeros(1, bool), 0.5), DtypeError, "not implemented for 'Bool'"),
    ("cauchy_", (f4, 0, 0), StateError, "sigma > 0.0"),
    ("log_normal_", (f4, 0, 0), StateError, "std > 0.0"),
    ("randperm", (-1, np.dtype("i8")), StateError, "negative dimension -1"),
    ("randperm", (2050, np.dtype("f2")), StateError, "n cannot be greater than 2049 for Half"),
    ("randperm", (129, np.dtype("i1")), StateError, "int8_t without overflow"),
    ("randperm", (3, np.dtype("?")), DtypeError, "not implemented for 'Bool'"),
    ("multinomial", (f4, 0, True), StateError, "n_sample <= 0"),
    ("multinomial", (f4 + 1, 4, False), StateError, "without replacement"),
    ("multinomial", (f4, 2, True), StateError, "sum of probabilities <= 0"),
    ("multinomial", (f4 - 1, 2, True), StateError, "probability entry < 0"),
    ("multinomial", (f4 + np.inf, 2, True), StateError, "infinity or NaN"),
    ("multinomial", (f4 + np.nan, 1, False), StateError, "`inf`, `nan` or element < 0"),
    ("multinomial", (i8, 1, True), DtypeError, "got: Long"),
    ("poisson", (f4 - 1,), StateError, "invalid Poisson rate"),
    ("poisson", (i8,), DtypeError, '"poisson_cpu" not implemented'),
    ("standard_gamma", (f4 + np.nan,), StateError, "finite and >= 0"),
    ("standard_gamma", (np.zeros(1, "f2"),), DtypeError, '"gamma_cpu" not implemented'),
]


@pytest.mark.parametrize(("name", "args", "error", "message"), REFUSED)
def test_refusals(name: str, args: tuple[Any, ...], error: type[Exception], message: str) -> None:
    g = seeded()
    before = g.state_bytes()
    with pytest.raises(error, match=message):
        getattr(sampling, name)(*args, g)
    assert g.state_bytes() == before


@pytest.mark.parametrize("zeros", [0, 2990])
def test_few_of_many_kinds_are_those_a_full_sort_gives(zeros: int) -> None:
    rows = np.random.default_rng(0).random((2, 3000)).astype(np.float32)
    rows[:, 3000 - zeros :] = 0
    some = sampling.multinomial(rows, 20, False, seeded())
    every = sampling.multinomial(rows, 3000, False, seeded())
    np.testing.assert_array_equal(some, every[:, :20])


@pytest.mark.parametrize("n", [511, 512, 10_007])
def test_permutations_are_those_of_swaps_one_by_one(n: int) -> None:
    drawn = seeded(5).words(n - 1).tolist()
    wanted = list(range(n))
    for i, word in enumerate(drawn):
        j = i + word % (n - i)
        wanted[i], wanted[j] = wanted[j], wanted[i]
    assert sampling.randperm(n, np.dtype("i8"), seeded(5)).tolist() == wanted


def test_many_words_are_those_of_few_at_a_time() -> None:
    one, many = seeded(3), seeded(3)
    few = np.concatenate([one.words(1000) for _ in range(300)])
    np.testing.assert_array_equal(many.words(300_000), few)
    out = sampling.uniform_(np.empty(300_000, np.float32), 0, 1, seeded(3))
    np.testing.assert_array_equal(out, (few & 0xFFFFFF).astype(np.float32) / np.float32(1 << 24))
