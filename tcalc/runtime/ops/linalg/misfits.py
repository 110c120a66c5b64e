"""The errors of matrices, vectors and stacks of them that cannot be multiplied."""

from __future__ import annotations

from tcalc.errors import ShapeError
from tcalc.runtime.types.shapes import broadcast, numel


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def cannot_multiply(a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    """The error that two matrices (a vector counts as one row) do not fit."""
    fits = []
    if len(a) == len(b) == 2:
        if a[1] == b[1]:
            fits.append(f"the second: ({_by(a)}) @ ({_by(b[::-1])})")
        if a[0] == b[0]:
            fits.append(f"the first: ({_by(a[::-1])}) @ ({_by(b)})")
        if not fits and a[0] == b[1]:
            fits.append(f"both: ({_by(a[::-1])}) @ ({_by(b[::-1])})")
    return ShapeError(
        f"mat1 and mat2 shapes cannot be multiplied ({_by(a if len(a) > 1 else (1, *a))} and "
        f"{_by(b)})",
        hint=f"it fits with .T on {' or '.join(fits)}" if fits else None,
        clash=((a, len(a) - 1), (b, 0)),
    )


def wrong_stack(a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    """The error that two stacks of matrices do not fit."""
    fits = a[0] == b[0] and a[2] == b[2]
    return ShapeError(
        "Expected size for first two dimensions of batch2 tensor to be: "
        f"[{a[0]}, {a[2]}] but got: [{b[0]}, {b[1]}].",
        hint="it fits with .mT on the second" if fits else None,
        clash=((a, 0), (b, 0)) if a[0] != b[0] else ((a, 2), (b, 1)),
    )


def do_not_fit(a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    """The error that a stack does not fit a vector, a matrix or another stack."""
    if len(b) == 1:
        n, k = numel(a[:-1]), a[-1]
        return ShapeError(
            f"size mismatch, got input ({n}), mat ({n}x{k}), vec ({b[0]})",
            clash=((a, len(a) - 1), (b, 0)),
        )
    if len(b) == 2:
        return ShapeError(
            f"mat1 and mat2 shapes cannot be multiplied ({numel(a[:-1])}x{a[-1]} and {_by(b)})",
            hint="it fits with .T on the second" if a[-1] == b[1] else None,
            clash=((a, len(a) - 1), (b, 0)),
        )
    rows = a[-2] if len(a) > 1 else 1
    stack = numel(broadcast(a[:-2], b[:-2]))
    error = wrong_stack((stack, rows, a[-1]), (stack, b[-2], b[-1]))
    error.clash = ((a, len(a) - 1), (b, len(b) - 2))
    return error
