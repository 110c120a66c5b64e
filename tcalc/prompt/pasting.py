"""Prompts that come along when a session is copied from a page: told apart from code, dropped.

Known are Python's (`>>> `, `... `), IPython's (`In [3]: `, `   ...: `, `Out[3]: `) and tcalc's own
(`3> `, ` . `, and `> ` on pages). No line of code can begin with the first of each, so that nothing
else is touched; but for `3> `, which is a comparison where somebody types it.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class _Style(NamedTuple):
    """How one kind of session marks its lines; group 1 of each pattern is the code."""

    first: re.Pattern[str]
    more: re.Pattern[str]


_STYLES = (
    _Style(re.compile(r"\s*>>>(?: (.*)|$)"), re.compile(r"\s*\.\.\.(?: (.*)|$)")),
    _Style(re.compile(r"\s*In \[\d+\]:(?: (.*)|$)"), re.compile(r"\s*\.\.\.+:(?: (.*)|$)")),
    _Style(re.compile(r"\s*\d*>(?: (.*)|$)"), re.compile(r"\s*\.(?: (.*)|$)")),
)
_COMPARISON = re.compile(r"\s*\d+>")
_ANSWER = re.compile(r"\s*Out\s?\[\d+\]:")


def strip_prompts(text: str) -> str:
    """The code in a copied session; text without prompts comes back unchanged.

    The first line that is not blank decides: only when it carries a prompt (or an `Out[3]:`) are
    there prompts at all. Lines after that without one are answers and are dropped. Line ends
    become newlines.

    >>> strip_prompts(">>> x = ones(2)\\n>>> x\\ntensor([1., 1.])\\n>>> for v in x:\\n...     v")
    'x = ones(2)\\nx\\nfor v in x:\\n    v'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = next((line for line in lines if line.strip()), "")
    style = _style_of(head)
    if style is None and _ANSWER.match(head):
        style = next((found for line in lines if (found := _style_of(line))), None)
    if style is None:
        return "\n".join(lines)
    code: list[str] = []
    in_entry = False  # an answer may begin with `...` too (a long tensor): it follows no prompt
    for line in lines:
        if match := style.first.match(line):
            in_entry = True
        elif in_entry and (match := style.more.match(line)):
            pass
        else:
            in_entry = False
            continue
        code.append(match[1] or "")
    return "\n".join(code).rstrip("\n")


def is_typed_comparison(text: str) -> bool:
    """Whether a line that was typed begins with a number that is compared, and with no prompt.

    >>> is_typed_comparison("3> x"), is_typed_comparison("> x")
    (True, False)
    """
    return _COMPARISON.match(text) is not None


def has_prompts(text: str) -> bool:
    """Whether a text begins like a copied session.

    >>> has_prompts(">>> x"), has_prompts("x >>> 2")
    (True, False)
    """
    head = next((line for line in text.splitlines() if line.strip()), "")
    return _style_of(head) is not None or _ANSWER.match(head) is not None


def _style_of(line: str) -> _Style | None:
    return next((style for style in _STYLES if style.first.match(line)), None)
