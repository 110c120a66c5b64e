"""Python that is written at run time: compiled under a name by which tracebacks show its lines."""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What was written before `linecache` was loaded (NumPy loads it), by name.
_unregistered: dict[str, str] = {}
_numbers = count(1)


def run_text(what: str, lines: Sequence[str], scope: dict[str, object]) -> None:
    """Run lines that define functions in a scope. what: what they are of, such as `op add`.

    >>> scope = {}
    >>> run_text("example", ["def twice(x):", "    return 2 * x"], scope)
    >>> scope["twice"](4)
    8
    """
    text = "\n".join(lines)
    name = f"<{what} #{next(_numbers)}>"
    _unregistered[name] = text
    register()
    exec(compile(text, name, "exec"), scope)


def register() -> None:
    """Let tracebacks find the lines of what was written so far."""
    linecache = sys.modules.get("linecache")
    if linecache is None:
        return
    for name, text in _unregistered.items():
        lines = [line + "\n" for line in text.split("\n")]
        linecache.cache[name] = len(text), None, lines, name
    _unregistered.clear()
