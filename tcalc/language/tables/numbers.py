"""`numbers`: kinds of numbers, for `isinstance` and annotations."""

from __future__ import annotations

import numbers

from tcalc.language.classes import Ability

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def members() -> dict[str, Any]:
    """What programs find in it."""
    names = "Complex Integral Number Rational Real".split()
    return {name: Ability(name, getattr(numbers, name)) for name in names}
