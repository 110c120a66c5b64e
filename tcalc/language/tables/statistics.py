"""`statistics`: of Python's numbers; tensors have their own `mean`, `median` and `std`."""

from __future__ import annotations

import statistics

from tcalc.language.modules import taken
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def multimode(data: Any) -> List:
    """The values that are there most often"""
    return List(statistics.multimode(data))


def members() -> dict[str, Any]:
    """What programs find in it."""
    made = taken(
        statistics,
        "fmean geometric_mean harmonic_mean mean median median_high median_low mode pstdev "
        "pvariance stdev variance StatisticsError",
    )
    return {**made, "multimode": multimode}
