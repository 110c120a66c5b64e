"""`enum`: classes whose names stand for one object each."""

from __future__ import annotations

from tcalc.language.classes import NAMED, is_users
from tcalc.language.enums import Enum, EnumType, Flag, IntEnum, auto
from tcalc.language.lent import lend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def unique(enumeration: Any, /) -> Any:
    """Check that no two names of an enumeration have one value"""
    if type(enumeration) is not EnumType or not is_users(enumeration):
        raise TypeError("unique() takes an enumeration of the program")
    return enumeration.need_no_aliases()


def members() -> dict[str, Any]:
    """What programs find in it."""
    kinds = (Enum, Flag, IntEnum)
    NAMED.update(kinds)
    return {**{kind.__name__: kind for kind in kinds}, **lend("enum", auto), "unique": unique}
