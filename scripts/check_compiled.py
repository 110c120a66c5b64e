#!/usr/bin/env python3
"""Tries the functions that are compiled (tcalc/runtime/lazy/compiled) on every float32, beside any others
where they take several.

    .venv/bin/python scripts/check_compiled.py [NAME ...]

For each it tells the largest error in units of the last place of the exact result, which must not be
more than 1, and how many results are not the nearest float32. The exact results are NumPy's in
double precision. It takes about a minute for each function and needs llvmlite.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import kernels
from tcalc.runtime.lazy.compiled.primitives import every
from tcalc.runtime.lazy.evaluate import evaluate
from tcalc.runtime.lazy.expression import Expression
from tcalc.runtime.lazy.pending import Pending

PIECE = 1 << 22


def errors(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """How far results are from the exact ones, in units of their last place; inf where one is a
    special value and the other is not."""
    nearest = exact.astype(np.float32)
    same = (found == nearest) & (np.signbit(found) == np.signbit(nearest))
    same |= np.isnan(found) & np.isnan(nearest)
    _, exponent = np.frexp(exact)
    ulp = np.ldexp(1.0, np.maximum(exponent, -125) - 24)
    apart = np.abs(found.astype(np.float64) - exact) / ulp
    return np.where(same, np.where(np.isfinite(apart), apart, 0), np.nan_to_num(apart, nan=np.inf))


def check(function: np.ufunc) -> tuple[float, int, float]:
    """The largest error over all float32, how many are not the nearest, and where it is largest."""
    worst = [(0.0, 0, 0.0)] * (1 << 32 // PIECE.bit_length())
    worst = [(0.0, 0, 0.0)] * ((1 << 32) // PIECE)

    def some(i: int) -> None:
        bits = np.arange(i * PIECE, (i + 1) * PIECE, dtype=np.uint32)
        x = bits.view(np.float32)
        rng = np.random.default_rng(i)
        others = [
            rng.integers(0, 1 << 32, PIECE, np.uint32).view(np.float32)
            for _ in range(function.nin - 1)
        ]
        made = Expression(function, (x, *others), x.shape, x.dtype, None)
        holder = Pending(made)
        found = evaluate(made)
        exact = function(*[a.astype(np.float64) for a in (x, *others)])
        apart = errors(found, exact)
        at = int(np.argmax(apart))
        inexact = np.count_nonzero((found != exact.astype(np.float32)) & ~np.isnan(exact))
        worst[i] = float(apart[at]), int(inexact), float(x[at])
        del holder

    with np.errstate(all="ignore"):
        threads.spread(some, len(worst))
    most = max(worst)
    return most[0], sum(w[1] for w in worst), most[2]


def main(names: list[str]) -> int:
    """Check the functions of some names, or all."""
    if not kernels.available():
        print("nothing is compiled here: llvmlite is not installed, or no such processor")
        return 2
    functions = [f for f, p in every().items() if not p.exact]
    failed = 0
    for function in functions:
        if names and function.__name__ not in names:
            continue
        most, inexact, where = check(function)
        failed += most > 1
        print(
            f"{function.__name__:8} {most:.4f} ulp at {where!r}, {inexact / (1 << 32):.3%} not nearest",
            flush=True,
        )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
