"""What stands under the line while it is typed: the call at the cursor, and what the line comes to.

Nothing is evaluated: names are looked up in tables, and shapes come from a dry run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcalc.display.escape import escape
from tcalc.help.signatures import Parameter
from tcalc.prompt.calls import called_by, current, masked, open_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.session import Session

# Styled text, a list of pieces a line; the styles are classes of the editor's.
Line = list[tuple[str, str]]


class _Part(NamedTuple):
    """A piece of a signature, and whether it is the argument at the cursor."""

    text: str
    here: bool


def hints(session: Session, text: str, cursor: int, width: int) -> list[Line]:
    """The lines to show under a text with the cursor in it, each within the width.

    >>> from tcalc.session import Session
    >>> for line in hints(Session(), "norm(x, ", 8, 60):
    ...     print("".join(piece for _, piece in line))
    norm(input, p='fro', dim=None, keepdim=False, dtype=None)
    The norm of all elements, or over dimensions.
    """
    if text.startswith(":"):
        return _of_command(text, width)
    lines = _of_call(session, text[:cursor], width)
    if (told := _preview(session, text)) is not None:
        style = "class:hint.error" if told.startswith("ShapeError") else "class:hint.value"
        lines.append([(style, _cut(f"= {told}" if style.endswith("value") else told, width))])
    return lines


def _preview(session: Session, text: str) -> str | None:
    from tcalc.prompt.preview import preview

    return preview(session, text)


def _of_command(text: str, width: int) -> list[Line]:
    from tcalc.prompt.commands import COMMANDS

    row = COMMANDS.get(text[1:].partition(" ")[0])
    if row is None:
        return []
    return [
        [("class:hint.name", _cut(f":{row.usage}", width))],
        [("class:hint.meaning", _cut(row.summary, width))],
    ]


def _of_call(session: Session, before: str, width: int) -> list[Line]:
    from tcalc.help.reference import summary

    blotted, string = masked(before)
    call = open_call(blotted if string is None else f"{blotted}''", outer=True)
    if call is None:
        return []
    called = called_by(call, session)
    if called.value is None:
        return []
    found = called.parameters
    here = None if found is None else current(call, found)
    lines = [_signature(call.path[-1], found, here, width)]
    if meaning := summary(called.value):
        lines.append([("class:hint.meaning", _cut(meaning, width))])
    return lines


def _signature(name: str, found: Sequence[Parameter] | None, here: int | None, width: int) -> Line:
    """A call as it is written, the parameter at `here` marked; what does not fit is left out
    at the end, and at the beginning where the mark would not fit otherwise."""
    if found is None:
        return [("class:hint.name", _cut(f"{name}(…)", width))]
    parts = _parts(found, here)
    room = width - len(name) - 2
    first, last = _window([len(part.text) for part in parts], room, _place(parts))
    line: Line = [("class:hint.name", f"{name}(" + "…, " * (first > 0))]
    for at, part in enumerate(parts[first:last], first):
        line.append(("class:hint.here" if part.here else "class:hint.name", part.text))
        if at < len(parts) - 1:
            line.append(("class:hint.name", ", "))
    line.append(("class:hint.name", "…" * (last < len(parts)) + ")"))
    return _fitted(line, width)


def _parts(found: Sequence[Parameter], here: int | None) -> list[_Part]:
    parts: list[_Part] = []
    starred = False
    for at, parameter in enumerate(found):
        if parameter.keyword_only and not starred:
            parts.append(_Part("*", False))
        starred = starred or parameter.keyword_only or parameter.star == "*"
        tail = "" if parameter.default is None else f"={parameter.default}"
        parts.append(_Part(escape(f"{parameter.star}{parameter.name}{tail}"), at == here))
    return parts


def _place(parts: Sequence[_Part]) -> int:
    return next((at for at, part in enumerate(parts) if part.here), 0)


def _window(sizes: Sequence[int], room: int, place: int) -> tuple[int, int]:
    """Which parts to show, from the first on, so that the one at a place is among them.

    >>> _window([5, 5, 5, 5], 40, 3), _window([5, 5, 5, 5], 16, 0), _window([5, 5, 5, 5], 16, 3)
    ((0, 4), (0, 2), (2, 4))
    """

    def width(first: int, last: int) -> int:
        return (
            sum(sizes[first:last]) + 2 * max(0, last - first - 1)
            + 3 * (first > 0) + 3 * (last < len(sizes))
        )  # fmt: skip

    first, last = 0, len(sizes)
    while last > place + 1 and width(first, last) > room:
        last -= 1
    while first < place and width(first, last) > room:
        first += 1
    while last < len(sizes) and width(first, last + 1) <= room:
        last += 1
    return first, last


def _fitted(line: Line, width: int) -> Line:
    left = width
    fitted: Line = []
    for style, text in line:
        fitted.append((style, _cut(text, left)))
        left -= len(fitted[-1][1])
    return fitted


def _cut(text: str, width: int) -> str:
    """One line of text within a width.

    >>> _cut("a longer text", 8)
    'a longe…'
    """
    text = " ".join(escape(text).split(" "))
    return text if len(text) <= width else text[: max(0, width - 1)] + "…" * (width > 0)
