"""`itertools`: Python's, and our own where those could crash."""

from __future__ import annotations

import itertools

from tcalc.language import classes
from tcalc.language.iterators import OWN, chain
from tcalc.language.modules import taken
from tcalc.language.shown import NATIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    NATIVE[chain] = frozenset({"from_iterable"})
    classes.NAMED.update(v for v in OWN.values() if isinstance(v, type))
    made = taken(
        itertools,
        "batched combinations combinations_with_replacement compress dropwhile filterfalse "
        "permutations product repeat starmap takewhile",
    )
    return {**made, **OWN}
