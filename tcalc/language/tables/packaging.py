"""`packaging`: versions that can be compared."""

from __future__ import annotations

from tcalc.language.namespace import module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"version": module("packaging.version")}
