"""The values of numbers and strings."""

from __future__ import annotations

from tcalc.parser.tokens import LexError

_CHUNK = 4000  # below the number of digits at which Python refuses to convert


def number(text: str) -> int | float | complex:
    """The value of a number that the lexer let through.

    >>> number("1_000"), number("0x1f"), number("2.5e3"), number("2j")
    (1000, 31, 2500.0, 2j)
    """
    if text.isdigit():
        return int(text) if len(text) <= _CHUNK else _long_int(text)
    if text[-1] in "jJ":
        return complex(0.0, float(text[:-1]))
    if text[:2] in ("0x", "0X", "0o", "0O", "0b", "0B"):
        return int(text, 0)
    plain = text.replace("_", "")
    return number(plain) if plain.isdigit() else float(plain)


def _long_int(digits: str) -> int:
    """Halves first: quicker than digit by digit, and under the limit whatever it is set to."""
    if len(digits) <= _CHUNK:
        return int(digits)
    low = len(digits) // 2
    scale: int = 10**low
    return _long_int(digits[:-low]) * scale + _long_int(digits[-low:])


_SIMPLE = {
    "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r",
    "t": "\t", "v": "\v", "\n": "",
}  # fmt: skip
_SIZES = {"x": 2, "u": 4, "U": 8}


def unescape(text: str, start: int) -> str:
    """What a string's text means once its escapes are read; Python's rules.

    text: without quotes, its first character at the offset `start` of the source. Raises
    BadEscape for an escape that is cut short or names no character.
    """
    if "\r" in text:
        import re

        # A `\\r\\n` counts as one character of the text but two of the source.
        text = re.sub(r"\r\n?", "\n", text)
    if "\\" not in text:
        return text
    parts: list[str] = []
    at = 0
    while True:
        slash = text.find("\\", at)
        if slash < 0:
            parts.append(text[at:])
            return "".join(parts)
        parts.append(text[at:slash])
        char = text[slash + 1 : slash + 2]  # nothing before a replacement field of an f-string
        at = slash + 2
        if char in _SIMPLE:
            parts.append(_SIMPLE[char])
        elif char and char in "01234567":
            digits = char
            while len(digits) < 3 and text[at : at + 1] and text[at] in "01234567":
                digits += text[at]
                at += 1
            parts.append(chr(int(digits, 8)))
        elif char in _SIZES:
            digits = text[at : at + _SIZES[char]]
            at += len(digits)
            if len(digits) < _SIZES[char] or digits.strip("0123456789abcdefABCDEF"):
                message = f"`\\{char}` needs {_SIZES[char]} hexadecimal digits"
                raise BadEscape(message, start + slash, start + at)
            if int(digits, 16) > 0x10FFFF:
                raise BadEscape("there is no such character", start + slash, start + at)
            parts.append(chr(int(digits, 16)))
        elif char == "N":
            close = text.find("}", at)
            if text[at : at + 1] != "{" or close < 0:
                raise BadEscape(
                    "`\\N` needs the name of a character in braces", start + slash, start + at
                )
            import unicodedata

            try:
                parts.append(unicodedata.lookup(text[at + 1 : close]))
            except KeyError:
                raise BadEscape(
                    "no character has this name", start + slash, start + close + 1
                ) from None
            at = close + 1
        else:
            parts.append("\\" + char)


class BadEscape(Exception):
    """An escape that means nothing; `error` says what and where."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.error = LexError(message, start, end, "for a backslash itself write `\\\\`")
