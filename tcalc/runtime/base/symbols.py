"""What stands for a number of the program's while a function is traced: a plan takes it anew each time.

What meets one and does not know it converts, compares or indexes with it as with a number, and whoever
traces hears of it. What knows it (how numbers meet dtypes, say) lets it pass, so that it may vary.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Symbol:
    """A number that may be another at each call. value: what it is in this one; name: its variable in
    the plan; label: how people write it."""

    __slots__ = ("label", "name", "value")

    label: str
    name: str
    value: Any

    def place(self, size: int) -> Any:
        """Which of `size` places it is, where it picks one: that of its number."""
        return self

    def put(self) -> Any:
        """Its number, as part of new data."""
        return self.looked()

    if TYPE_CHECKING:
        # The number, which has to be the same from now on.
        def looked(self) -> Any: ...

        # What a function of nothing but its arguments gives for it, and does at every call.
        def through(self, function: Callable[..., Any], *rest: Any) -> Any: ...

        # A 0-dim array of it, in a dtype or NumPy's own.
        def as_array(self, dtype: Any) -> Any: ...


def applied(function: Callable[..., Any], values: list[Any]) -> Any:
    """What a function of numbers gives, some of which may be symbols."""
    for v in values:
        if isinstance(v, Symbol):
            return v.through(function, *values)
    return function(*values)


def number_of(value: Any) -> Any:
    """A symbol's number in this call, of which nothing else may come; others as they are."""
    return value.value if isinstance(value, Symbol) else value


def plain(value: Any) -> Any:
    """A symbol's number, which has to be the same from now on; others as they are."""
    return value.looked() if isinstance(value, Symbol) else value


def kind_of(value: object) -> type:
    """The type of a value, of a symbol that of its number."""
    return type(value.value) if isinstance(value, Symbol) else type(value)
