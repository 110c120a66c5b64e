"""Every function that is compiled beside NumPy's: to the bit, or within 1 ulp of the exact result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.runtime.arrays.clipping import clip
from tcalc.runtime.lazy.casting import cast_to
from tcalc.runtime.lazy.compiled import building, kernels
from tcalc.runtime.lazy.compiled.kernels import Kernel, layout_of
from tcalc.runtime.lazy.compiled.lower import MOVING, NAME
from tcalc.runtime.lazy.compiled.primitives import PRIMITIVES, every
from tcalc.runtime.lazy.compiled.steps import Run, divided, lowered
from tcalc.runtime.lazy.expression import cast, choose
from tcalc.runtime.types.dtypes import bfloat16

pytestmark = pytest.mark.skipif(not kernels.available(), reason="nothing is compiled here")

DTYPES = "? b h i q B H I Q f d".split()
HALVES = ["e"]
WIDE = 150  # columns: several vectors and a rest


def values(dtype: Any, seed: int, rows: int = 5) -> np.ndarray:
    """Numbers of all sizes, and the special ones in every column."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.random((rows, WIDE)) > 0.5
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        special = [0, 1, limits.max, limits.min, limits.max // 2, 7]
        found = rng.integers(limits.min, limits.max, (rows, WIDE), dtype, endpoint=True)
    else:
        limits = np.finfo(dtype)
        special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 0.5, 1.5, -2.5, limits.max,
                   limits.tiny, limits.smallest_subnormal, -limits.tiny]  # fmt: skip
        found = rng.normal(size=(rows, WIDE)) * 10.0 ** rng.integers(-8, 9, (rows, WIDE))
        found = found.clip(limits.min, limits.max).astype(dtype)
    where = rng.random(found.shape) < 0.4
    found[where] = rng.choice(np.array(special, dtype), found.shape)[where]
    return found


def kernel(steps: list[Any], dtypes: list[Any], layout: str, wanted: list[int]) -> Kernel:
    (run,) = divided(steps, dtypes, wanted)
    assert type(run) is Run
    made = Kernel(run, dtypes, layout + MOVING * len(run.writes))
    made.call = building.built(made._text, NAME)
    assert made.call is not None
    return made


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal to the bit, but for which nan it is."""
    nans = (a != a) & (b != b)
    return bool(np.all(nans | (a.view(f"V{a.itemsize}") == b.view(f"V{b.itemsize}"))))


def computed(steps: list[Any], inputs: list[np.ndarray], dtypes: list[Any]) -> dict[int, Any]:
    registers: dict[int, Any] = dict(enumerate(inputs))
    with np.errstate(all="ignore"):
        for function, parts, out in steps:
            made = np.empty(np.broadcast_shapes(*[registers[p].shape for p in parts]), dtypes[out])
            registers[out] = function(*[registers[p] for p in parts], out=made)
            registers[out] = made
    return registers


def run(made: Kernel, inputs: list[np.ndarray], shape: Any, dtypes: list[Any]) -> list[np.ndarray]:
    outs = [np.empty(shape, dtypes[r]) for r in made.run.writes]
    made([*[inputs[r] for r in made.run.reads], *outs])
    return outs


def check(steps: list[Any], inputs: list[np.ndarray], dtypes: list[Any]) -> None:
    wanted = [step[2] for step in steps]
    made = kernel(steps, dtypes, layout_of(inputs), wanted)
    shape = np.broadcast_shapes(*[a.shape for a in inputs])
    expected = computed(steps, inputs, dtypes)
    for r, found in zip(made.run.writes, run(made, inputs, shape, dtypes)):
        function = next(step[0] for step in steps if step[2] == r)
        assert same(found, np.broadcast_to(expected[r], shape)), (function, dtypes[r])


def exact_steps(dtype: Any) -> tuple[list[Any], list[Any]]:
    """A step for each exact function of one or two operands of a dtype, and a choice."""
    dtype = np.dtype(dtype)
    steps: list[Any] = []
    dtypes = [dtype, dtype, np.dtype(bool)]
    for function, primitive in PRIMITIVES.items():
        given = (dtype,) * function.nin
        if function.nin > 2:
            continue
        try:
            out = function.resolve_dtypes((*given, None))[-1]
        except TypeError:
            continue
        if primitive.exact and lowered(function, given, out) is not None:
            steps.append((function, tuple(range(function.nin)), len(dtypes)))
            dtypes.append(out)
    steps.append((choose, (2, 0, 1), len(dtypes)))
    return steps, [*dtypes, dtype]


@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_functions(dtype: str) -> None:
    steps, dtypes = exact_steps(dtype)
    assert len(steps) > 8
    check(steps, [values(dtype, 1), values(dtype, 2), values("?", 3)], dtypes)


def test_division_of_floats_far_apart() -> None:
    rng = np.random.default_rng(15)
    x, y = (rng.integers(0, 1 << 32, (60, 1 << 12), np.uint32).view("f4") for _ in "xy")
    with np.errstate(all="ignore"):
        y[::2] = x[::2] / rng.integers(1, 1 << 20, x[::2].shape).astype("f4")
    dtypes = [np.dtype("f4")] * 5
    check(
        [(f, (0, 1), 2 + i) for i, f in enumerate((np.floor_divide, np.remainder, np.fmod))],
        [x, y],
        dtypes,
    )


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("least", [-0.0, -1.5, np.nan, -np.inf])
@pytest.mark.parametrize("most", [0.0, 2.5, -2.0, np.nan, np.inf])
def test_limits_that_are_numbers(dtype: str, least: float, most: float) -> None:
    bounds = [np.array(least, dtype), np.array(most, dtype)]
    check([(clip, (0, 1, 2), 3)], [values(dtype, 14), *bounds], [np.dtype(dtype)] * 4)


@pytest.mark.parametrize("source", DTYPES + HALVES)
def test_casts(source: str) -> None:
    steps: list[Any] = []
    dtypes = [np.dtype(source)]
    for target in map(np.dtype, DTYPES + HALVES):
        if lowered(cast, (dtypes[0],), target) is not None:
            steps.append((cast, (0,), len(dtypes)))
            dtypes.append(target)
    check(steps, [values(source, 4)], dtypes)


def test_single_floats_and_bfloat16() -> None:
    short = bfloat16.numpy
    numbers = values("f", 7, 3000)
    check([(cast, (0,), 1), (cast, (1,), 2)], [numbers], [np.dtype("f"), short, np.dtype("f")])
    every_one = np.arange(1 << 16, dtype="u2").view(short).reshape(-1, 1 << 8)
    check([(cast, (0,), 1)], [every_one], [short, np.dtype("f")])


def test_operands_of_two_dtypes_meet_where_numpy_says() -> None:
    dtypes = [np.dtype(c) for c in "fqd?"]
    steps = [(np.multiply, (0, 1), 2), (np.less, (1, 0), 3)]
    check(steps, [values("f", 5), values("q", 6)], dtypes)


@pytest.mark.parametrize("columns", [1, 2, 15, 31, 32, 33, 63, 64, 65, 128, 130, 150])
@pytest.mark.parametrize("rows", [1, 3])
def test_rows_of_any_length(rows: int, columns: int) -> None:
    whole = values("f", 7)
    part = whole[:rows, :columns]
    standing, row = values("f", 8)[:rows, :1], values("f", 9)[:1, :columns]
    inputs = [
        part,
        np.broadcast_to(standing, part.shape),
        np.broadcast_to(row, part.shape),
        np.array(1.25, "f4"),
        values("f", 10).T[:columns, :rows].T if rows > 1 else values("f", 10)[:1, :columns],
    ]
    steps = [(np.multiply, (0, 1), 5), (np.add, (5, 2), 5), (np.subtract, (5, 3), 6),
             (np.maximum, (6, 4), 7)]  # fmt: skip
    dtypes = [np.dtype("f4")] * 8
    made = kernel(steps, dtypes, layout_of(inputs), [5, 7])
    around = [np.full((rows + 2, columns + 40), 7, "f4") for _ in made.run.writes]
    outs = [a[1:-1, 20:-20] for a in around]
    made([*[inputs[r] for r in made.run.reads], *outs])
    expected = computed(steps, inputs, dtypes)
    for r, out, whole in zip(made.run.writes, outs, around):
        assert same(np.ascontiguousarray(out), expected[r])
        out[...] = 7
        assert (whole == 7).all()  # and nothing else was written


def test_results_may_take_the_place_of_operands() -> None:
    x, y = values("f", 11), values("f", 12)
    dtypes = [np.dtype("f4")] * 4
    made = kernel([(np.add, (0, 1), 2), (np.multiply, (2, 1), 3)], dtypes, "cc", [3])
    with np.errstate(all="ignore"):
        expected = (x + y) * y
    made([x, y, x])
    assert same(x, expected)


@pytest.mark.parametrize("function", [f for f, p in every().items() if not p.exact])
def test_functions_within_1_ulp(function: Any) -> None:
    rng = np.random.default_rng(13)
    bits = rng.integers(0, 1 << 32, 1 << 18, np.uint32)
    near = rng.normal(size=1 << 18) * 10.0 ** rng.integers(-3, 2, 1 << 18)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1, -1, 1e-45, -1e-45, 3.4e38, -3.4e38]
    special += [2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 1 << 24, -(1 << 24), 1 - 2**-24, 1 + 2**-23]
    # Every special value beside every one, where there are several operands.
    edges = np.array(np.meshgrid(*[np.array(special, "f4")] * function.nin)).reshape(
        function.nin, -1
    )
    some = np.concatenate([bits.view("f4"), near.astype("f4")])
    operands = [np.concatenate([some, edges[0]])[None]]
    operands += [np.concatenate([rng.permutation(some), e])[None] for e in edges[1:]]
    count = function.nin
    dtypes = [np.dtype("f4")] * (count + 1)
    steps = [(function, tuple(range(count)), count)]
    made = kernel(steps, dtypes, "c" * count, [count])
    (found,) = run(made, operands, operands[0].shape, dtypes)
    with np.errstate(all="ignore"):
        exact = function(*[x.astype(np.float64) for x in operands])
        nearest = exact.astype("f4")
        _, exponent = np.frexp(exact)
        apart = abs(found - exact) / np.ldexp(1.0, np.maximum(exponent, -125) - 24)
    plain = np.isfinite(nearest)
    assert (apart[plain] <= 1).all()
    assert same(found[~plain], nearest[~plain])
    zeros = nearest == 0
    assert (np.signbit(found) == np.signbit(nearest))[zeros].all()


def test_steps_between_which_numpy_works() -> None:
    dtypes = [np.dtype("f4")] * 5
    steps = [
        (np.add, (0, 0), 1),
        (np.cbrt, (1,), 2),
        (np.negative, (2,), 3),
        (np.add, (3, 1), 4),
    ]
    first, middle, last = divided(steps, dtypes, [4])
    assert type(first) is Run and first.reads == (0,) and first.writes == (1,)
    assert middle == steps[1]
    assert type(last) is Run and set(last.reads) == {1, 2} and last.writes == (4,)


@pytest.mark.parametrize("dtype", [np.dtype("f2"), bfloat16.numpy])
def test_short_floats_of_middle_size(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LONG", 1)
    numbers = values("f", 16, 120)
    with np.errstate(all="ignore"):
        expected = numbers.astype(dtype)
        for _ in range(2):
            assert same(cast_to(numbers, dtype), expected)
            assert same(cast_to(expected, np.dtype("f4")), expected.astype("f4"))
            building.wait()
