"""`typing`: names for annotations, which are never evaluated."""

from __future__ import annotations

from tcalc.language.classes import Hint, Maker
from tcalc.language.tables.collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HINTS = (
    "Any Callable ClassVar Collection Deque DefaultDict Dict Final FrozenSet Generator Generic "
    "Hashable Iterable Iterator List Literal Mapping MutableMapping MutableSequence NoReturn "
    "Optional OrderedDict Protocol Self Sequence Set Sized SupportsFloat SupportsInt Tuple Type "
    "TypeAlias Union"
)


def members() -> dict[str, Any]:
    def cast(typ: Any, val: Any, /) -> Any:
        """The value itself"""
        return val

    def unchanged(function: Any, /) -> Any:
        """What it decorates, unchanged"""
        return function

    def variable(name: str, *bounds: Any, **options: Any) -> Any:
        """A variable for types"""
        return Hint(str(name))

    made: dict[str, Any] = {name: Hint(name) for name in _HINTS.split()}
    decorators = dict.fromkeys("final no_type_check overload runtime_checkable".split(), unchanged)
    made["NamedTuple"] = Maker("NamedTuple", namedtuple)
    made.update(decorators, TYPE_CHECKING=False, cast=cast, TypeVar=variable, NewType=variable)
    return made
