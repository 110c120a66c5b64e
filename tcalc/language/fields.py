"""`str.format` and `str.format_map` for programs: the attributes in fields go through the gate."""

from __future__ import annotations

import _string  # type: ignore[import-not-found]  # CPython's own

from tcalc.language.attributes import read
from tcalc.language.formatting import CONVERSIONS, format_value
from tcalc.language.shown import REPLACED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# Formats nest one deep in Python: `{:{width}}`.
_DEPTH = 2


def _fill(template: str, args: tuple[Any, ...], mapping: Any, count: list[int], depth: int) -> str:
    """`count` holds the next automatic field number, or -1 once a field had a number."""
    if depth == 0:
        raise ValueError("Max string recursion exceeded")
    parts: list[str] = []
    for text, field, spec, conversion in _string.formatter_parser(template):
        parts.append(text)
        if field is None:
            continue
        first, rest = _string.formatter_field_name_split(field)
        if first == "":
            if count[0] < 0:
                raise ValueError(
                    "cannot switch from manual field specification to automatic field numbering"
                )
            first = count[0]
            count[0] += 1
        elif type(first) is int:
            if count[0] > 0:
                raise ValueError(
                    "cannot switch from automatic field numbering to manual field specification"
                )
            count[0] = -1
        if type(first) is int:
            if first >= len(args):
                raise IndexError(
                    f"Replacement index {first} out of range for positional args tuple"
                )
            value = args[first]
        else:
            value = mapping[first]
        for is_attribute, key in rest:
            value = read(value, key) if is_attribute else value[key]
        if conversion is not None:
            if conversion not in CONVERSIONS:
                raise ValueError(f"Unknown conversion specifier {conversion!r}")
            value = CONVERSIONS[conversion](value)
        if spec and "{" in spec:
            spec = _fill(spec, args, mapping, count, depth - 1)
        parts.append(format_value(value, spec))
    return "".join(parts)


def _format(self: str, /, *args: Any, **kwargs: Any) -> str:
    """Fill the fields in braces with arguments."""
    return _fill(self, args, kwargs, [0], _DEPTH)


def _format_map(self: str, mapping: Any) -> str:
    """Fill the fields in braces from a mapping."""
    return _fill(self, (), mapping, [0], _DEPTH)


_format.__name__, _format_map.__name__ = "format", "format_map"
REPLACED[str] |= {"format": _format, "format_map": _format_map}
