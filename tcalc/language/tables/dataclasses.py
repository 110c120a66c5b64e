"""`dataclasses`: classes that are made of fields."""

from __future__ import annotations

from tcalc.language import records
from tcalc.language.classes import Hint
from tcalc.language.lent import lend
from tcalc.language.records import MISSING, Field, FrozenInstanceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def dataclass(
    cls: Any = None,
    /,
    *,
    init: bool = True,
    repr: bool = True,
    eq: bool = True,
    order: bool = False,
    unsafe_hash: bool = False,
    frozen: bool = False,
    match_args: bool = True,
    kw_only: bool = False,
    slots: bool = False,
) -> Any:
    """Give a class `__init__`, `__repr__` and `__eq__` by the fields that it annotates

    @dataclass
    class Config:
        lr: float = 0.1
        sizes: list = field(default_factory=list)
    """
    if slots or unsafe_hash:
        raise TypeError("dataclass() makes no slots and no unsafe hashes here")
    options = {"init": init, "repr": repr, "eq": eq, "order": order}

    def wrap(kind: Any) -> Any:
        return records.make(kind, **options, frozen=frozen, kw_only=kw_only)

    return wrap if cls is None else wrap(cls)


def field(**options: Any) -> Any:
    """What is particular about a field: its default, or what makes it (`default_factory`)"""
    return Field(**options)


def fields(class_or_instance: Any) -> tuple[Field, ...]:
    """What is known of each field of a dataclass"""
    kind = class_or_instance
    found = records.fields_of(kind if isinstance(kind, type) else type(kind))
    if found is None:
        raise TypeError("must be called with a dataclass type or instance")
    return tuple([field for field in found if not field.is_for_init])


def is_dataclass(obj: Any) -> bool:
    """Whether something is a dataclass, or an object of one"""
    return records.fields_of(obj if isinstance(obj, type) else type(obj)) is not None


def asdict(obj: Any, *, dict_factory: Any = dict) -> Any:
    """The fields of an object by name, and of those in it"""
    records.need_fields(obj, "asdict")
    return records.as_parts(obj, dict_factory)


def astuple(obj: Any, *, tuple_factory: Any = tuple) -> Any:
    """The fields of an object, and of those in it"""
    records.need_fields(obj, "astuple")
    return records.as_parts(obj, lambda items: tuple_factory([value for _, value in items]))


def replace(obj: Any, /, **changes: Any) -> Any:
    """Another object with new values for some fields"""
    return records.replaced(obj, changes)


def members() -> dict[str, Any]:
    """What programs find in it."""
    functions = (dataclass, field, fields, is_dataclass, asdict, astuple, replace)
    FrozenInstanceError.__module__ = "dataclasses"
    return {
        **{function.__name__: function for function in functions},
        **lend("dataclasses", Field),
        "FrozenInstanceError": FrozenInstanceError,
        "KW_ONLY": Hint("KW_ONLY"),
        "InitVar": Hint("InitVar"),
        "MISSING": MISSING,
    }
