"""`torchinfo` and `torchsummary`: tables of a model's layers."""

from __future__ import annotations

from tcalc.library.nn.summary import ModelStatistics, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"ModelStatistics": ModelStatistics, "summary": summary}
