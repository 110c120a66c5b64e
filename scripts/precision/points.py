"""The numbers that ops are tried at, by kind, and how far results are from the exact ones.

Everything is in float64, which holds every number of the smaller dtypes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


class Format(NamedTuple):
    """A floating dtype: its digits in bits (with the hidden one), and the least exponent."""

    digits: int
    least: int
    most: int

    @property
    def greatest(self) -> float:
        """The greatest finite number."""
        return float((2 - 2.0 ** (1 - self.digits)) * 2.0**self.most)

    @property
    def smallest(self) -> float:
        """The smallest number that is not subnormal."""
        return float(2.0**self.least)

    def ulp(self, x: Array) -> Array:
        """The distance of neighbours where `x` is."""
        _, exponent = np.frexp(np.where(np.isfinite(x), x, 0))
        exponent = np.where(x == 0, self.least, exponent - 1)
        return np.ldexp(1.0, np.maximum(exponent, self.least) - self.digits + 1)

    def round(self, x: Array) -> Array:
        """The nearest numbers of the dtype; infinite beyond its greatest."""
        ulp = self.ulp(x)
        with np.errstate(all="ignore"):
            near = np.where(np.isfinite(x), np.rint(x / ulp) * ulp, x)
        near = np.copysign(np.where(np.abs(near) > self.greatest, np.inf, near), x)
        return np.where(np.isnan(x), np.nan, near)


FORMATS = {
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
    "float16": Format(11, -14, 15),
    "bfloat16": Format(8, -126, 127),
}


def kinds(dtype: str) -> dict[str, Array]:
    """Numbers of a dtype by kind, the same each time."""
    form = FORMATS[dtype]
    random = np.random.default_rng(0)

    def spread(low: float, high: float, count: int) -> Array:
        sizes = np.exp(random.uniform(np.log(low), np.log(high), count))
        return sizes * np.where(np.arange(count) % 2, -1, 1)

    least, greatest = form.smallest, form.greatest
    steps = np.concatenate([np.arange(-2, 3), [-64, 64]])
    whole = np.concatenate([np.arange(-12, 13) / 2, np.arange(-6, 7) * (np.pi / 2)])
    whole = form.round(np.concatenate([whole, [0.3275911, -0.25, 0.25, 20.0, -20.0, 88.72, 100.0]]))
    one = np.concatenate([np.arange(-24, 25), np.rint(spread(30, 2 ** (form.digits - 2), 60))])
    found = {
        "usual": spread(1e-2, 30, 240),
        "near 1": np.concatenate([s * (1 + one * 2.0 ** (1 - form.digits)) for s in (1, -1)]),
        "kinks and poles": (whole[:, None] + steps * form.ulp(whole)[:, None]).ravel(),
        "small": spread(least, 1e-2, 120),
        "subnormal": np.concatenate([
            np.rint(spread(1, 2.0 ** (form.digits - 1), 50)) * least * 2.0 ** (1 - form.digits)
        ]),
        "large": spread(30, min(1e4, greatest), 120),
        "huge": spread(min(1e4, greatest / 16), greatest, 80),
        "special": np.array([
            0.0, -0.0, np.inf, -np.inf, np.nan, greatest, -greatest, least, -least, 1.0, -1.0,
            0.5, -0.5, 2.0, -2.0, 3.0,
        ]),
    }  # fmt: skip
    return {kind: form.round(x) for kind, x in found.items()}


def tuples(dtype: str, count: int) -> dict[str, list[Array]]:
    """Numbers for the operands of an op, by kind."""
    one = kinds(dtype)
    if count == 1:
        return {kind: [x] for kind, x in one.items()}
    form, random = FORMATS[dtype], np.random.default_rng(1)

    def draw(*names: str) -> list[Array]:
        return [random.choice(one[name], 240) for name in names]

    usual = draw(*["usual"] * count)
    alike = form.ulp(usual[0]) * random.integers(-40, 41, 240)
    special = one["special"]
    every = np.concatenate(list(one.values()))
    return {
        "usual": usual,
        "alike": [usual[0], *[form.round(usual[0] * s + alike) for s in (1.0, -1.0)[: count - 1]]],
        "near 1": draw(*["near 1"] * count),
        "kinks and poles": draw(*["kinks and poles"] * count),
        "small": draw(*["small"] * count),
        "subnormal": draw("subnormal", *["usual"] * (count - 1)),
        "large": draw(*["large"] * count),
        "huge": draw(*["huge"] * count),
        "mixed": [random.choice(every, 400) for _ in range(count)],
        "special": [x.ravel() for x in np.meshgrid(special, special)]
        if count == 2
        else [random.choice(special, 400) for _ in range(count)],
    }


class Errors(NamedTuple):
    """How far results are from the exact ones: each in ulps, and which are of another class (NaN,
    infinite, of the other zero)."""

    apart: Array
    astray: Any

    @property
    def greatest(self) -> float:
        """The greatest."""
        return float(self.apart.max(initial=0))

    @property
    def mean(self) -> float:
        """The mean."""
        return float(self.apart.mean()) if self.apart.size else 0.0


def errors(dtype: str, found: Array, exact: Array, rest: Array) -> Errors:
    """The errors of results; `exact + rest` are the exact ones."""
    form = FORMATS[dtype]
    near = form.round(exact)
    # What overflows is as far as the next number would be: an ulp beyond the greatest is no other class.
    end = 2.0**form.most
    edge = np.isfinite(exact) & np.isinf(found) & (np.sign(exact) == np.sign(found))
    edge |= np.isinf(near) & np.isfinite(found) & (np.sign(exact) == np.sign(found))
    edge &= (np.abs(np.where(np.isinf(exact), found, exact)) > end) & (found != near)
    with np.errstate(all="ignore"):
        ulp = form.ulp(np.where(edge, end, np.where(np.isfinite(exact), exact, 0)))
        halves = np.where(np.isinf(found), np.copysign(end, found), found / 2) - np.where(
            np.isinf(exact), np.copysign(end, exact), exact / 2
        )
        apart = np.abs(halves - np.where(np.isfinite(rest), rest, 0) / 2) / ulp * 2
    same = np.isnan(found) & np.isnan(near) | (found == near)
    finite = np.isfinite(found) & np.isfinite(near) | edge
    astray = ~same & ~finite
    astray |= (found == 0) & (near == 0) & (np.signbit(found) != np.signbit(near))
    apart = np.where(finite & np.isfinite(apart), apart, 0)
    apart = np.where(edge | np.isfinite(near), apart, 0)
    return Errors(apart, astray)
