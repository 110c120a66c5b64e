"""Regular expressions that are there at once.

Compiling the lexer's takes as long as lexing a thousand lines, and `re` with all that it imports a
sixth of the time in which `tcalc 1+1` is done. So what Python makes of them is kept, written by
scripts/make_patterns.py, for the Pythons whose engine runs that code; others compile.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]

from tcalc.parser._codes import CODES, MAGIC, SIZE

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
    if code is None or (_sre.MAGIC, _sre.CODESIZE) != (MAGIC, SIZE):
        import re

        return re.compile(pattern)
    return _sre.compile(pattern, _UNICODE, code, 0, {}, (None,))  # type: ignore[no-any-return]
