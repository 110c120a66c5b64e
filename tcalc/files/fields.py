"""The fields of a table: which spell a number, which a missing value, and which rows are headers."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A group matches where there is more than a whole number.
POINT = re.compile(
    r"[+-]?(?:[0-9]+(\.[0-9]*)?|(\.)[0-9]+)(?:([eE])[+-]?[0-9]+)?", re.ASCII
).fullmatch
COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII).fullmatch
# A decimal comma, or the English mark of thousands.
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", re.ASCII).fullmatch
# Numbers as other programs and people write them. None is read, and none makes a header.
_FOREIGN = re.compile(
    r"[+\-−]?(?:0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+"
    r"|\d{1,3}(?:[.,'’_ \u00a0\u202f]\d{3})+(?:[.,]\d*)?|\d+(?:_\d+)+(?:\.\d*)?"
    r"|(?:\d+[.,]?\d*|[.,]\d+)(?:[ed][+-]?\d+)?[jl]?)",
    re.IGNORECASE,
).fullmatch
_MISSING = frozenset(("", "na", "n/a", "null", "nan"))
WORDS = {
    **dict.fromkeys((*_MISSING, "+nan", "-nan"), math.nan),
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
}


def may_be_thousands(field: str) -> bool:
    """Whether a field with a comma could be a whole number as well: 1,234.

    >>> may_be_thousands("1,234"), may_be_thousands("0,234"), may_be_thousands("1,5")
    (True, False, False)
    """
    return _THOUSANDS(field) is not None


def is_blank(field: str) -> bool:
    """Whether a field spells a missing value.

    >>> is_blank(" N/A "), is_blank("none")
    (True, False)
    """
    return field.strip().lower() in _MISSING


def is_header(row: Sequence[str]) -> bool:
    """Whether a first row names the columns: no field is a number, and one at least is text.

    >>> is_header(["", "a"]), is_header(["a", "2019"]), is_header(["NA", ""]), is_header(["0x1"])
    (True, False, False, False)
    """
    fields = [field.strip() for field in row]
    return any(map(_is_text, fields)) and not any(map(_is_number, fields))


def are_numbers(words: Sequence[str]) -> bool:
    """Whether these are several numbers, such as blanks may stand between.

    >>> are_numbers(["1", "2.5"]), are_numbers(["1"]), are_numbers(["2019", "sales"])
    (True, False, False)
    """
    return len(words) > 1 and all(map(POINT, words))


def _is_text(field: str) -> bool:
    return field.lower() not in _MISSING and not _is_number(field)


def _is_number(field: str) -> bool:
    if POINT(field) or _FOREIGN(field) or are_numbers(field.split()):
        return True
    lower = field.lower()
    return lower in WORDS and lower not in _MISSING
