"""From which size on what is done at once may be compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op

# Below this many elements NumPy is as quick.
MIDDLE = 1 << 14
# Below this many elements threads do not share rows: an installation's function does them sooner.
ALONE = 1 << 15
# The elementwise ops with which it is up to any.
quick: set[Op] = set()
