"""Mutants that give what the original gives, each with the reason.

An entry of the file is three lines: `path: old text`, `-> new text`, `# reason`; spaces do not count.
"""

from __future__ import annotations

from pathlib import Path

from mutating.sites import Mutant


class Equivalents:
    """The entries of a file."""

    def __init__(self, path: Path) -> None:
        self.reasons: dict[tuple[str, str, str], str] = {}
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for entry in text.strip().split("\n\n"):
            if entry:
                first, new, reason = entry.splitlines()
                where, _, old = first.partition(": ")
                key = where, _plain(old), _plain(new.removeprefix("-> "))
                self.reasons[key] = reason.removeprefix("# ")

    def reason(self, mutant: Mutant) -> str | None:
        """Why a mutant is equivalent, or None."""
        return self.reasons.get((mutant.path, _plain(mutant.old), _plain(mutant.new)))


def _plain(text: str) -> str:
    return "".join(text.split())
