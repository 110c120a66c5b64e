"""The theme's colours in the line editor's words."""

from __future__ import annotations

import re

from prompt_toolkit.styles import Style

from tcalc import theme

# What the editor and the highlighter call the parts of a line, and what the theme does.
_PARTS = {
    "prompt": "prompt", "continuation": "continuation", "keyword": "keyword", "number": "number",
    "string": "string", "comment": "comment", "operator": "operator", "error": "mistake",
    "command": "command", "auto-suggestion": "suggestion",
    "hint.meaning": "continuation", "hint.value": "code", "hint.error": "alarm",
}  # fmt: skip
# What is marked in a terminal without colours, too.
_MARKS = {"hint.here": "bold underline", "matching-bracket": "bold underline"}
_STEPS = (0, 95, 135, 175, 215, 255)
# The editor has its own names for some of the sixteen colours.
_NAMES = {"white": "ansigray", "bright_black": "ansibrightblack", "bright_white": "ansiwhite"}
_KEPT = ("bold", "dim", "italic", "underline")


def style() -> Style:
    """The style of the line in the user's theme."""
    return Style.from_dict(
        {name: _words(theme.look(part)) for name, part in _PARTS.items()} | _MARKS
    )


def _words(look: str) -> str:
    """A look in prompt_toolkit's words.

    >>> _words("bold color(75)"), _words("italic bright_black")
    ('bold #5fafff', 'italic ansibrightblack')
    """
    return " ".join(word if word in _KEPT else colour(word) for word in look.split())


def colour(word: str) -> str:
    """A colour of rich's as prompt_toolkit writes it; of the 256 those from 16 on are `#rrggbb`."""
    found = re.fullmatch(r"color\((\d+)\)", word)
    if found is None:
        return _NAMES.get(word, "ansi" + word.replace("_", ""))
    number = int(found[1])
    if number >= 232:
        return f"#{10 * (number - 232) + 8:02x}" + f"{10 * (number - 232) + 8:02x}" * 2
    red, rest = divmod(number - 16, 36)
    return "#" + "".join(f"{_STEPS[at]:02x}" for at in (red, *divmod(rest, 6)))
