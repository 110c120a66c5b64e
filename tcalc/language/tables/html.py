"""`html`: the signs of HTML as text."""

from __future__ import annotations

import html

from tcalc.language.lent import need_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def escape(s: str, quote: bool = True) -> str:
    """A text with &, < and > (and quotes) as HTML spells them"""
    return html.escape(need_text("a text", s), bool(quote))


def unescape(s: str) -> str:
    """A text with what HTML spells as the signs that it means"""
    return html.unescape(need_text("a text", s))


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {"escape": escape, "unescape": unescape}
