"""Text from programs and files made safe for a terminal."""

from __future__ import annotations

import re

# Controls but newline and tab, what reverses the reading order, and halves of surrogate pairs,
# which no encoder takes.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def escape(text: str) -> str:
    """The text with control characters other than newline and tab written as Python escapes.

    >>> print(escape("\\x1b[31mred\\a"))
    \\x1b[31mred\\x07
    """
    return _UNSAFE.sub(_spell, text)
