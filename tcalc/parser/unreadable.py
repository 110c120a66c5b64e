"""What is wrong with a piece of text that is no token, and what was probably meant."""

from __future__ import annotations

from tcalc.parser import foreign
from tcalc.parser.tokens import LexError

_LOOKALIKES = {
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "✕": "*", "÷": "/", "∕": "/", "⁄": "/",
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "＋": "+", "＝": "=",
    "≤": "<=", "≥": ">=", "≠": "!=", "≔": ":=", "←": "=", "→": "->", "≈": "isclose(a, b)",
    "∧": "and", "∨": "or", "¬": "not", "∈": "in", "∉": "not in",
    "√": "sqrt(x)", "∞": "inf", "²": "**2", "³": "**3", "∑": "sum(x)", "∏": "prod(x)",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'",
    "（": "(", "）": ")", "，": ",", "：": ":", "；": ";", "…": "...",
}  # fmt: skip
_BLANKS = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_SIGNS = {
    "!": "write `not x`, `!=` for “differs from”, `math.factorial(n)` for n!",
    "?": "write `a if condition else b`; for help, `help(name)`",
    "$": "names consist of letters, digits and `_`",
    "`": "strings are written with ' or \"",
}


def explain(text: str, start: int, end: int) -> LexError:
    """The error for text[start:end], which the lexer could not use."""
    value = text[start:end]
    first = value[:1]
    quote = next((at for at, char in enumerate(value[:3]) if char in "\"'"), None)
    if quote is not None and (quote == 0 or value[:quote].isalpha()):
        return _string(text, value, start, end, value[quote:])
    if first == "\\":
        if end == len(text):
            return LexError("the text ends after a `\\`", start, start + 1, None, True)
        hint = foreign.of_backslash(text, start)
        return LexError("only a line's end can follow a `\\`", start, start + 1, hint)
    if first.isascii() and first.isdigit():
        return _number(value, start, end)
    if first.isascii() and not first.isalpha() and first != "_":
        shown = f"`{first}`" if first.isprintable() else f"character U+{ord(first):04X}"
        hint = foreign.of_exclamation(text, start) if first == "!" else None
        hint = hint or _SIGNS.get(first)
        return LexError(f"{shown} is not part of the language", start, start + 1, hint)
    return _word(value, start)


def _string(text: str, value: str, start: int, end: int, body: str) -> LexError:
    prefix = value[: len(value) - len(body)].lower()
    if "b" in prefix:
        hint = "leave out the `b` for text, or write a list of numbers"
        return LexError("bytes are not part of the language", start, end, hint)
    what = "f-string" if "f" in prefix else "string"
    if body[:3] in ('"""', "'''"):
        size = len(prefix) + 3
        return LexError(
            f"this triple-quoted {what} was never closed", start, start + size, None, True
        )
    incomplete = end == len(text) and value.endswith("\\") and body.count("\\") % 2 == 1
    return LexError(
        f"this {what} is not closed on its line",
        start,
        end,
        (foreign.of_quote(text, start) if not prefix else None)
        or f"close it with {body[0]}, or use {body[0] * 3} for several lines",
        incomplete,
    )


def _number(value: str, start: int, end: int) -> LexError:
    digits = value.replace("_", "")
    if digits.isascii() and digits.isdigit():
        if value.strip("_") != value or "__" in value:
            return LexError("`_` in a number must stand between two digits", start, end)
        if digits[0] != "0":
            return LexError(
                f"a number of {len(digits):,} digits is too long", start, end, "write it as a float"
            )
        hint = f"write `{digits.lstrip('0')}`, or `0o{digits.lstrip('0')}` for octal"
        return LexError("a whole number cannot begin with 0", start, end, hint)
    for prefix, what, allowed in (
        ("0x", "hexadecimal", "0123456789abcdefABCDEF_"),
        ("0o", "octal", "01234567_"),
        ("0b", "binary", "01_"),
    ):
        if value[:2].lower() == prefix:
            bad = next((i for i in range(2, len(value)) if value[i] not in allowed), None)
            if bad is not None and bad > 2:
                return LexError(
                    f"`{value[bad]}` is not a {what} digit", start + bad, start + bad + 1
                )
            return LexError(f"this is not a {what} number", start, end)
    size = next(at for at, char in enumerate(value) if char not in "0123456789")
    rest = value[size:].removeprefix(".")
    size = len(value) - len(rest)
    if rest[0] == "_" and not rest.strip("_0123456789"):
        return LexError("`_` in a number must stand between two digits", start, end)
    if rest in ("e", "E"):
        return LexError("this number has no exponent after its `e`", start, end)
    if not rest[:1].isascii() and not rest[:1].isidentifier():
        return _word(rest, start + size)
    product = f"write `{value[:size]} * {rest}`" if rest.isidentifier() else None
    return LexError(
        f"`{rest}` cannot follow a number directly", start + size, start + len(value), product
    )


def _word(value: str, start: int) -> LexError:
    """A name with a character in it that names cannot have."""
    hint: str | None = None
    at = next((at for at in range(len(value)) if not value[: at + 1].isidentifier()), 0)
    char = value[at]
    code = f"U+{ord(char):04X}"
    if char in _BLANKS:
        return LexError(
            f"a blank that is not a plain one ({code})", start + at, start + at + 1,
            "write an ordinary blank instead",
        )  # fmt: skip
    if char in _INVISIBLE:
        return LexError(f"an invisible character ({code})", start + at, start + at + 1, "delete it")
    if char in _LOOKALIKES:
        plain = _LOOKALIKES[char]
        hint = f"write {plain} instead" if plain in ("'", '"') else f"write `{plain}`"
    shown = f"`{char}` ({code})" if char.isprintable() else f"character {code}"
    if value.isidentifier():
        return LexError(
            f"`{value}` is a keyword in other letters", start, start + len(value),
            "type it with plain letters",
        )  # fmt: skip
    return LexError(f"{shown} is not part of the language", start + at, start + at + 1, hint)
