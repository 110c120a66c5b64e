"""Which type an operation on several types has.

The rules are PyTorch's: dtypes fall in the categories bool < integer < floating < complex; a 0-dim
tensor or a Python number raises the dtype of tensors with dimensions only across categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import DtypeError
from tcalc.runtime.types.dtypes import ALL, BOOL, FLOATING, complex64, dtype

if TYPE_CHECKING:
    from collections.abc import Iterable


def _promote(a: dtype, b: dtype) -> dtype:
    for t, other in ((a, b), (b, a)):
        if t.unpromoted and (t.category == FLOATING or other.category != FLOATING):
            raise DtypeError(
                f"Promotion for {t.unpromoted} is not supported, attempted to promote "
                f"{a.shorthand} and {b.shorthand}",
                hint="convert one of them with .to(dtype)",
            )
    low, high = sorted((a, b), key=lambda t: t.category)
    if low.category < min(high.category, FLOATING):
        return high
    return next(t for t in ALL if t.category == high.category and t.holds(a) and t.holds(b))


_PROMOTED: dict[tuple[dtype, dtype], dtype] = {}


def promote(a: dtype, b: dtype) -> dtype:
    """The smallest dtype that holds both, by PyTorch's table.

    >>> from tcalc.runtime.types.dtypes import complex64, float16, float64, int8, int64, uint8
    >>> promote(uint8, int8), promote(int64, float16), promote(float64, complex64)
    (torch.int16, torch.float16, torch.complex128)
    """
    if a is b:
        return a
    found = _PROMOTED.get((a, b))
    if found is None:
        found = _PROMOTED[a, b] = _promote(a, b)
    return found


def result_type(
    dimensioned: Iterable[dtype], zero_dim: Iterable[dtype], numbers: Iterable[dtype]
) -> dtype:
    """The common dtype of tensors with dimensions, 0-dim tensors and Python numbers.

    >>> from tcalc.runtime.types.dtypes import complex128, float32, float64, int32
    >>> result_type([float32], [float64], [])
    torch.float32
    >>> result_type([int32], [], [float32])
    torch.float32
    >>> result_type([float32], [complex128], [])
    torch.complex64
    """
    best: dtype | None = None
    for group in (dimensioned, zero_dim, numbers):
        of_group: dtype | None = None
        for t in group:
            of_group = t if of_group is None else promote(of_group, t)
        if best is None:
            best = of_group
        elif of_group is not None and of_group.category > best.category:
            if not of_group.is_complex:
                best = promote(best, of_group)
            elif best.category < FLOATING:
                best = of_group
            else:  # of as many digits as it has itself
                best = best.to_complex() if best.to_complex().is_complex else complex64
    assert best is not None
    return best


def can_cast(source: dtype, target: dtype) -> bool:
    """Whether PyTorch lets a result of type `source` be stored as `target`."""
    if source.category > target.category:
        return False
    return source.category == BOOL or target.category != BOOL
