"""`cmath`: functions of complex numbers."""

from __future__ import annotations

import cmath

from tcalc.language.modules import taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def members() -> dict[str, Any]:
    """What programs find in it."""
    return taken(
        cmath,
        "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log "
        "log10 nan nanj phase pi polar rect sin sinh sqrt tan tanh tau",
    )
