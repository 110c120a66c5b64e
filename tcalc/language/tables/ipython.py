"""`IPython`: what notebooks use to show values, as a terminal of IPython does."""

from __future__ import annotations

from tcalc.language.namespace import module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def get_ipython() -> None:
    """None, as outside of IPython"""


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"display": module("IPython.display"), "get_ipython": get_ipython}
