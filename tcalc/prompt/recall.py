"""`:undo`, `:redo` and `:history`: what was entered, and taking it back."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tcalc.display.escape import escape
from tcalc.prompt.command import CommandError, nothing_follows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.prompt.repl import Repl
    from tcalc.prompt.undo.timeline import Entry

    Row = tuple[int | None, str, str]

# Entries of this session that `:history` shows, and of earlier ones that a pattern finds.
_LAST, _MOST = 20, 200
_NONE = object()


def undo(repl: Repl, rest: str) -> None:
    """Take the last line back."""
    nothing_follows("undo", rest)
    _go(repl, "undo", repl.timeline.undo)


def redo(repl: Repl, rest: str) -> None:
    """Do again what was undone, or what was taken back of a line that failed."""
    nothing_follows("redo", rest)
    _go(repl, "redo", repl.timeline.redo)


def _go(repl: Repl, what: str, step: Callable[[], Entry | None]) -> None:
    """Take one step through what was entered, and tell which, and the results that are others now."""
    before = repl.session.results.numbered()
    entry = step()
    if entry is None:
        raise CommandError(f"there is nothing to {what}")
    after = repl.session.results.numbered()
    others = sorted(
        number
        for number in before.keys() | after.keys()
        if before.get(number, _NONE) is not after.get(number, _NONE)
    )
    ends = dict.fromkeys(f"_{number}" for number in (*others[:1], *others[-1:]))
    results = f" (with {' to '.join(ends)})" if ends else ""
    first, *more = entry.text.strip().split("\n")
    text = f"{what.replace('do', 'done')}: {escape(first)}{' …' if more else ''}"
    repl.answer(text[: repl.width - len(results)] + results)
    if any(step.lost for step in entry.steps):
        repl.output.tell("  = note: without what it wrote into memory that was too large to keep")


def history(repl: Repl, rest: str) -> None:
    """List what was entered: the last N of this session, or what a pattern finds, in all of them."""
    if rest and not rest.isdigit():
        pattern = rest if any(sign in rest for sign in "*?[") else f"*{rest}*"
        rows: list[Row] = [(None, " ", text) for text in _earlier(repl, pattern)]
        rows += [row for row in _own(repl) if fnmatchcase(row[2], pattern)]
    else:
        rows = _own(repl)[-(int(rest) if rest.isdigit() else _LAST) :]
    if not rows:
        raise CommandError("nothing was entered yet" if not rest else f"nothing matches {rest!r}")
    lines = []
    for number, sign, text in rows:
        head = "" if number is None else str(number)
        first, *more = escape(text).split("\n")
        lines.append(f"{head:>4} {sign} {first}")
        lines += [f"{'':>7}{line}" for line in more]
    repl.answer("\n".join(lines))


def _own(repl: Repl) -> list[Row]:
    """The entries of this session with the numbers of their prompts; what failed, and what is
    undone, is marked."""
    return [
        (line.number, "×" if not line.fine else "↶" if line.undone else " ", line.text)
        for line in repl.log
    ]


def _earlier(repl: Repl, pattern: str) -> list[str]:
    """What earlier sessions were given, without what comes again."""
    own = {entry.text for entry in repl.log}
    found: dict[str, None] = {}
    for text in repl.earlier():
        if text not in own and fnmatchcase(text, pattern):
            found.setdefault(text)
        if len(found) == _MOST:
            break
    return list(found)[::-1]
