"""The lexer's regular expressions, which are there at once.

Compiling the lexer's takes as long as lexing a thousand lines, and `re` with all that it imports a
sixth of the time in which `tcalc 1+1` is done. So what Python makes of them is kept, written by
scripts/make_patterns.py, for the Pythons whose engine runs that code; others compile.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]  # CPython's own

from tcalc.parser._codes import CODES, ENGINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_UNICODE = 32


def compiled(pattern: str) -> re.Pattern[str]:
    """What `re.compile` gives for a pattern without groups.

    >>> compiled("a+").match("aab").group()
    'aa'
    """
    code = CODES.get(pattern)
    if code is None or ENGINES.get(_sre.MAGIC) != _sre.CODESIZE:
        import re

        return re.compile(pattern)
    made: re.Pattern[str] = _sre.compile(pattern, _UNICODE, code, 0, {}, (None,))
    return made


_START = r"[^\x00-@\[-\^`{-\x7f]"  # beyond ASCII anything, for now
_WORD = r"[^\x00-/:-@\[-\^`{-\x7f]"
_EOL = r"(?:\r\n?|\n)"
_PREFIX = r"(?:[uUrRbBfF]|[fFbB][rR]|[rR][fFbB])?"
_DIGITS = r"[0-9]++(?:_[0-9]++)*+"
_NUMBER = (
    r"(?>0[xX](?:_?[0-9a-fA-F])++|0[oO](?:_?[0-7])++|0[bB](?:_?[01])++"
    rf"|(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?[jJ]?)"
)
# Python lets a keyword follow a number without a blank between them.
_NUMBER_ENDS = rf"(?:(?!{_WORD})|(?=and|else|for|if|in|is|not|or))"
_ESCAPED = r"\\(?:\r\n|[\s\S])"
PIECE = compiled(
    rf"""(?:{_START}{_WORD}*+(?!["'])"""
    r"|\n(?![ \t\f\r\n#])"  # most lines end so, and this is the quick way to know
    r"|\*\*=?|//=?|>>=?|<<=?|\.\.\.|!=|->|:=|[-+*/%@&|<>^=]=?|[][(){},:;~]|\.(?![0-9])"
    rf"|{_NUMBER}{_NUMBER_ENDS}"
    rf"|(?:#[^\r\n]*+)?{_EOL}(?:[ \t\f]*+(?:#[^\r\n]*+)?{_EOL})*+"
    rf"|{_PREFIX}(?:"
    rf""""(?!"")[^"\\\r\n]*+(?:{_ESCAPED}[^"\\\r\n]*+)*+"|'(?!'')[^'\\\r\n]*+(?:{_ESCAPED}"""
    r"""[^'\\\r\n]*+)*+'|\"\"\"[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+)*+\"\"\""""
    r"""|'''[^'\\]*+(?:(?:\\[\s\S]|'(?!''))[^'\\]*+)*+''')"""
    # From here on what is left over: not closed, not a number, a name before a quote, no token.
    rf"""|{_PREFIX}(?:\"\"\"[\s\S]*+|'''[\s\S]*+|["'](?:[^\\\r\n]|{_ESCAPED})*+\\?)"""
    rf"|\\{_EOL}|#[^\r\n]*+|[0-9](?:{_WORD}|\.)*+|{_START}{_WORD}*+|[\s\S])[ \t\f]*+"
)
WHOLE_NUMBER = compiled(rf"{_NUMBER}\Z")
BLANK_LINES = compiled(rf"\ufeff?(?:[ \t\f]*+(?:#[^\r\n]*+)?{_EOL})*+[ \t\f]*+")

# What scripts/make_patterns.py keeps compiled.
PATTERNS = (PIECE, WHOLE_NUMBER, BLANK_LINES)
