"""The colours of the terminal: what each part of the screen looks like, by theme.

A look is words: `bold`, `dim`, `italic`, `underline`, one of the sixteen colours by its name, or
`color(N)` of 256. `sgr` makes the codes of an escape sequence of it.
"""

from __future__ import annotations

from enum import IntEnum

from tcalc.config import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Depth(IntEnum):
    """How many colours there are: none, the terminal's sixteen, 256, or all."""

    NONE = 0
    SIXTEEN = 1
    MANY = 2
    ALL = 3


def depth_of(environ: Mapping[str, str]) -> Depth:
    """What a terminal that shows colours can show, by what it says of itself."""
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return Depth.ALL
    term = environ.get("TERM", "")
    return Depth.MANY if "256" in term or "direct" in term else Depth.SIXTEEN


# The terminal's own sixteen colours, which its owner has fitted to the background.
_SIXTEEN = {
    "prompt": "bold green", "continuation": "bright_black", "keyword": "blue", "number": "cyan",
    "string": "green", "comment": "italic bright_black", "operator": "", "mistake": "underline red",
    "command": "magenta", "suggestion": "bright_black", "error": "bold red", "strong": "bold",
    "hint": "bold cyan", "note": "bold blue", "code": "cyan", "faint": "dim",
    "alarm": "bold red", "mark": "red", "beside": "blue", "value": "green",
}  # fmt: skip
_DARK = {
    **_SIXTEEN, "prompt": "bold color(114)", "continuation": "color(245)", "keyword": "color(75)",
    "number": "color(116)", "string": "color(150)", "comment": "italic color(245)",
    "mistake": "underline color(203)", "command": "color(176)", "suggestion": "color(243)",
    "error": "bold color(203)", "hint": "bold color(80)", "note": "bold color(75)",
    "code": "color(116)", "faint": "color(245)", "alarm": "bold color(203)",
    "mark": "color(203)", "beside": "color(75)", "value": "color(150)",
}  # fmt: skip
_LIGHT = {
    **_SIXTEEN, "prompt": "bold color(28)", "continuation": "color(244)", "keyword": "color(25)",
    "number": "color(30)", "string": "color(64)", "comment": "italic color(244)",
    "mistake": "underline color(160)", "command": "color(90)", "suggestion": "color(245)",
    "error": "bold color(160)", "hint": "bold color(30)", "note": "bold color(25)",
    "code": "color(24)", "faint": "color(242)", "alarm": "bold color(160)",
    "mark": "color(160)", "beside": "color(25)", "value": "color(64)",
}  # fmt: skip
THEMES: dict[str, dict[str, str]] = {
    "16": _SIXTEEN, "dark": _DARK, "light": _LIGHT, "none": {},
}  # fmt: skip

_WORDS = {"bold": "1", "dim": "2", "italic": "3", "underline": "4"}
_COLOURS = "black red green yellow blue magenta cyan white".split()


def look(part: str) -> str:
    """How a part of the screen looks in the user's theme."""
    name = settings.theme
    if name == "auto":
        name = settings.background or "16"
    return THEMES[name].get(part, "")


def sgr(look: str) -> str:
    """The codes for a look in an escape sequence.

    >>> sgr("bold red"), sgr("bright_black"), sgr("italic color(75)")
    ('1;31', '90', '3;38;5;75')
    """
    codes = []
    for word in look.split():
        if word.startswith("color("):
            codes.append(f"38;5;{word[6:-1]}")
        elif word in _WORDS:
            codes.append(_WORDS[word])
        else:
            bright = word.startswith("bright_")
            codes.append(str((90 if bright else 30) + _COLOURS.index(word.removeprefix("bright_"))))
    return ";".join(codes)


def paint(text: str, part: str) -> str:
    """A text in the colours of a part of the screen."""
    codes = sgr(look(part))
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text
