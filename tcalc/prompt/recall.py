"""`:undo`, `:redo` and `:history`: what was entered, and taking it back."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tcalc.display.escape import escape
from tcalc.prompt.command import CommandError, nothing_follows

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl
    from tcalc.prompt.undo.timeline import Entry

    Row = tuple[int | None, str, bool]

# Entries of this session that `:history` shows, and of earlier ones that a pattern finds.
_LAST, _MOST = 20, 200


def undo(repl: Repl, rest: str) -> None:
    """Take the last line back."""
    nothing_follows("undo", rest)
    entry = repl.timeline.undo()
    if entry is None:
        raise CommandError("there is nothing to undo")
    _tell(repl, "undone", entry)


def redo(repl: Repl, rest: str) -> None:
    """Do again what was undone, or what was taken back of a line that failed."""
    nothing_follows("redo", rest)
    entry = repl.timeline.redo()
    if entry is None:
        raise CommandError("there is nothing to redo")
    _tell(repl, "redone", entry)


def _tell(repl: Repl, what: str, entry: Entry) -> None:
    first, *more = entry.text.strip().split("\n")
    text = escape(first) + (" …" if more else "")
    repl.answer(f"{what}: {text}"[: repl.width])
    if any(step.lost for step in entry.steps):
        repl.output.tell("  = note: without what it wrote into memory that was too large to keep")


def history(repl: Repl, rest: str) -> None:
    """List what was entered: the last N of this session, or what a pattern finds, in all of them."""
    if rest and not rest.isdigit():
        pattern = rest if any(sign in rest for sign in "*?[") else f"*{rest}*"
        rows: list[Row] = [(None, text, True) for text in _earlier(repl, pattern)]
        rows += [row for row in _own(repl) if fnmatchcase(row[1], pattern)]
    else:
        rows = _own(repl)[-(int(rest) if rest.isdigit() else _LAST) :]
    if not rows:
        raise CommandError("nothing was entered yet" if not rest else f"nothing matches {rest!r}")
    lines = []
    for number, text, fine in rows:
        head = "" if number is None else str(number)
        first, *more = escape(text).split("\n")
        sign = " " if fine else "×"
        lines.append(f"{head:>4} {sign} {first}")
        lines += [f"{'':>7}{line}" for line in more]
    repl.answer("\n".join(lines))


def _own(repl: Repl) -> list[Row]:
    """The entries of this session by number; what failed is marked."""
    return [(at, entry.text, entry.fine) for at, entry in enumerate(repl.log, 1)]


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
