"""Values that stand for one of a few things, as Python's Enum has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tcalc.errors import ValueProblem

if TYPE_CHECKING:
    from typing import ClassVar


class Choice:
    """The base of such values: each has a name and a value, and there is no other of its class."""

    _public_ = frozenset({"name", "value"})
    _all_: ClassVar[list[Any]]

    name: str
    value: str

    def __new__(cls, value: Any) -> Self:
        """The one that has the value."""
        for one in cls._all_:
            if value is one or (type(value) is str and value == one.value):
                found: Self = one
                return found
        raise ValueProblem(f"{value!r} is not a valid {cls.__name__}", argument="value")

    def __repr__(self) -> str:
        return f"<{self}: {self.value!r}>"

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


def define(cls: type[Choice], name: str, value: str) -> Any:
    """Make one of the values of a class, which shows it by its name."""
    one = object.__new__(cls)
    one.name, one.value = name, value
    setattr(cls, name, one)
    cls._all_ = [*cls.__dict__.get("_all_", ()), one]
    return one
