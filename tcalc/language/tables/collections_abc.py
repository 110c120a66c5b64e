"""`collections.abc`: what values can do, for `isinstance` and annotations."""

from __future__ import annotations

import collections.abc

from tcalc.language.classes import Ability

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NAMES = (
    "Callable Collection Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping "
    "MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView"
)


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {name: Ability(name, getattr(collections.abc, name)) for name in _NAMES.split()}
