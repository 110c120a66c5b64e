"""Mutants that give what the original gives, each with the reason.

An entry of the file is three lines: `path: line`, `-> the line as it becomes`, `# reason`; spaces
do not count.
"""

from __future__ import annotations

from pathlib import Path

from mutating.sites import Mutant


class Equivalents:
    """The entries of a file."""

    def __init__(self, path: Path) -> None:
        self.reasons: dict[tuple[str, str, str], str] = {}
        for entry in path.read_text(encoding="utf-8").strip().split("\n\n"):
            first, new, reason = entry.splitlines()
            where, _, old = first.partition(": ")
            key = where, _plain(old), _plain(new.removeprefix("-> "))
            self.reasons[key] = reason.removeprefix("# ")

    def reason(self, mutant: Mutant, source: bytes) -> str | None:
        """Why a mutant of a file's text is equivalent, or None."""
        begin = source.rfind(b"\n", 0, mutant.start) + 1
        rest = source[mutant.end :].partition(b"\n")[0].decode()
        old = source[begin : mutant.end].decode() + rest
        new = source[begin : mutant.start].decode() + mutant.new + rest
        return self.reasons.get((mutant.path, _plain(old), _plain(new)))


def _plain(text: str) -> str:
    return "".join(text.split())
