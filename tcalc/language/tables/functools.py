"""`functools`, without what sets attributes by given names."""

from __future__ import annotations

import functools
from types import FunctionType

from tcalc.language import classes
from tcalc.language.modules import taken
from tcalc.language.shown import FUNCTIONS, NATIVE
from tcalc.runtime.objects.pieces import in_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    cached = type(functools.lru_cache(len))
    NATIVE[cached] = frozenset({"cache_clear", "cache_info"})
    NATIVE[functools.partial] = frozenset({"args", "func", "keywords"})
    information = type(functools.lru_cache(len).cache_info())
    NATIVE[information] = frozenset({"currsize", "hits", "maxsize", "misses"})
    FUNCTIONS.add(cached)

    def wraps(wrapped: Any, /) -> Callable[[Any], Any]:
        """A decorator that gives a function the name and the text of another"""

        def named(function: Any) -> Any:
            # A program's: the file name of its code is more than text.
            own = type(function) is FunctionType and type(function.__code__.co_filename) is not str
            if own and type(wrapped) in FUNCTIONS:
                function.__name__ = function.__qualname__ = str(wrapped.__name__)
                text = wrapped.__doc__
                function.__doc__ = text if type(text) is str else None
            return function

        return named

    def total_ordering(cls: Any, /) -> Any:
        """Give a class with one ordering and == the other orderings"""
        if not (isinstance(cls, type) and classes.is_users(cls)):
            raise TypeError("total_ordering() takes a class of the program")
        return functools.total_ordering(cls)

    def reduce(function: Any, iterable: Any, /, *initial: Any) -> Any:
        """Take the items together from left to right"""
        return functools.reduce(function, in_pieces(iterable), *initial)

    made = taken(functools, "cache cached_property cmp_to_key lru_cache partial")
    return {**made, "reduce": reduce, "total_ordering": total_ordering, "wraps": wraps}
