"""`io`: text in memory."""

from __future__ import annotations

import io

from tcalc.language.lent import lend, need_text
from tcalc.language.textfiles import TextBuffer, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class StringIO(TextBuffer):
    """Text in memory that is read and written like a file"""

    __slots__ = ()
    _public_ = TextBuffer._public_ | {"getvalue"}

    def __init__(self, initial_value: str | None = "", newline: str | None = "\n") -> None:
        super().__init__(need_text("initial_value", initial_value or ""), newline)

    def getvalue(self) -> str:
        """All of the text"""
        return self._text.getvalue()


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {
        **lend("io", StringIO),
        "UnsupportedOperation": io.UnsupportedOperation,
        "open": opened,
    }
