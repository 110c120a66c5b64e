"""The sessions whose programs run, the innermost last."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ACTIVE: list[Any] = []
