"""`format`, `str.format` and `%` for programs: fields go through the gate, widths are checked."""

from __future__ import annotations

import _string  # type: ignore[import-not-found]

from tcalc.runtime.lists import check_repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}
# Formats nest one deep in Python: `{:{width}}`.
_DEPTH = 2


def check_spec(spec: str) -> str:
    """The format spec, if no width or precision in it is beyond the memory limit."""
    digits = ""
    for character in spec + " ":
        if character.isdecimal():
            digits += character
        elif digits:
            if len(digits) > 7:
                check_repeat(1, int(digits[:20]), "the string")
            digits = ""
    return spec


def format_value(value: Any, spec: Any = "", /) -> str:
    """format(value, format_spec='') -> the value as text"""
    if type(spec) is str and len(spec) > 7:
        check_spec(spec)
    return format(value, spec)


def format_fields(template: str, args: tuple[Any, ...], mapping: Any) -> str:
    """What `template.format(*args, **mapping)` gives, with attributes looked up in the tables."""
    return _fill(template, args, mapping, [0], _DEPTH)


def _fill(template: str, args: tuple[Any, ...], mapping: Any, count: list[int], depth: int) -> str:
    """`count` holds the next automatic field number, or -1 once a field had a number."""
    from tcalc.language.attributes import read

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
            if conversion not in _CONVERSIONS:
                raise ValueError(f"Unknown conversion specifier {conversion!r}")
            value = _CONVERSIONS[conversion](value)
        if spec and "{" in spec:
            spec = _fill(spec, args, mapping, count, depth - 1)
        parts.append(format_value(value, spec))
    return "".join(parts)


def check_percent(template: str, values: Any) -> None:
    """Raise LimitError if a width or precision of `template % values` is beyond the limit."""
    check_spec(template)
    if "*" in template:
        for value in values if type(values) is tuple else (values,):
            if type(value) is int:
                check_repeat(1, abs(value), "the string")


def percent(template: Any, values: Any) -> Any:
    """`template % values` where the left side may be text."""
    if type(template) is str:
        check_percent(template, values)
    return template % values
