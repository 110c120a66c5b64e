"""`types`: objects that are nothing but attributes."""

from __future__ import annotations

from tcalc.language.instances import Values, held
from tcalc.language.lent import lend
from tcalc.runtime.objects.texts import telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class SimpleNamespace(Values):
    """Values by names: SimpleNamespace(lr=0.1).lr"""

    @telling(held)
    def __repr__(self) -> str:
        kind = type(self)
        text = super().__repr__()
        return "namespace" + text.removeprefix(kind.__name__) if kind is SimpleNamespace else text


def members() -> dict[str, Any]:
    """What programs find in it."""
    return lend("types", SimpleNamespace)
