"""`tensorboardX`: the writer of `torch.utils.tensorboard` by its older name."""

from __future__ import annotations

from tcalc.runtime.base.registry import lookup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"SummaryWriter": lookup("torch.utils.tensorboard.SummaryWriter")}
