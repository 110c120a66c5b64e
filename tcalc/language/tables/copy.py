"""`copy`: copies by what a value is."""

from __future__ import annotations

from tcalc.library.copying import copy, deepcopy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"copy": copy, "deepcopy": deepcopy}
