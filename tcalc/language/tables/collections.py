"""`collections`, of our own where Python's could crash."""

from __future__ import annotations

import collections

from tcalc.language import classes
from tcalc.language.modules import taken
from tcalc.language.shown import NATIVE
from tcalc.runtime.objects import containers
from tcalc.runtime.objects.containers import Counter, OrderedDict, deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    names = NATIVE[dict]
    NATIVE[Counter] = names | {"elements", "most_common", "subtract", "total"}
    NATIVE[deque] = NATIVE[list] | set("appendleft copy extendleft maxlen popleft rotate".split())
    own = {"Counter": Counter, "OrderedDict": OrderedDict, "deque": deque}
    classes.NAMED.update(own.values())
    return {**taken(collections, "defaultdict"), **own, "namedtuple": namedtuple}


def namedtuple(
    typename: str, field_names: Any, *, rename: bool = False, defaults: Any = None
) -> Any:
    """A class of tuples whose fields have names"""

    made = containers.namedtuple(typename, field_names, rename=rename, defaults=defaults)
    NATIVE[made] = frozenset({*made._fields, "_asdict", "_fields", "_make", "_replace"}) | {
        "count",
        "index",
    }
    classes.NAMED.add(made)
    return made
