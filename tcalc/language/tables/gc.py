"""`gc`: what nobody holds is let go of."""

from __future__ import annotations

import gc

from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def collect(generation: int = 2) -> int:
    """Let go of what is in circles that nobody holds; how many objects that were"""
    effect("collect")
    return gc.collect(generation)


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"collect": collect}
