"""What the lines of a session have done, line by line: a failed one is taken back, others can be."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tcalc.language.results import blocks
from tcalc.prompt.undo.parts import EMPTY, has_come
from tcalc.prompt.undo.snapshot import Change, Snapshot
from tcalc.prompt.undo.standing import Standing
from tcalc.runtime.base.threads import uninterrupted

if TYPE_CHECKING:
    from tcalc.prompt.repl import Logged
    from tcalc.prompt.undo.writes import Writes
    from tcalc.session import Session
    from tcalc.why.past import Past, Ran

# How many entries can be taken back, and what they may hold in memory for it.
MOST_STEPS, MOST_BYTES = 100, 256 << 20


class Step:
    """What one line has changed, so that it can be undone and done again.

    ran: what had run before it (see `Past`). lost: memory that it wrote to and that was too large to
    keep. nbytes: roughly what is kept.
    """

    def __init__(
        self,
        changes: list[Change],
        writes: Writes | None,
        standing: Standing,
        past: Past,
        ran: tuple[Ran | None, ...],
    ) -> None:
        self._changes = changes
        self._writes = writes if writes is not None and writes.held else None
        self._standing = standing
        self._past, self._ran = past, ran
        self.lost = [] if writes is None else writes.lost
        self.nbytes = _size_of(changes) + (0 if self._writes is None else self._writes.copied)

    def changes_only(self, own: set[int], variables: dict[str, Any]) -> bool:
        """Whether nothing is changed but some objects, and variables that begin with `_`."""
        if self._writes is not None or self.lost or self._standing.changed():
            return False
        for change in self._changes:
            if change.owner is variables:
                now = change.part.read(variables)
                names = {k for k, v in now.items() if change.held.get(k, EMPTY) is not v}
                names |= change.held.keys() - now.keys()
                if any(name[0] != "_" for name in names):
                    return False
            elif id(change.owner) not in own and not _has_come(change):
                return False
        return True

    def undo(self) -> None:
        """Put everything back."""
        if self._writes is not None:
            self._writes.undo()
        self._swap()

    def redo(self) -> None:
        """Put everything where it was before `undo`."""
        if self._writes is not None:
            self._writes.redo()
        self._swap()

    def _swap(self) -> None:
        for change in self._changes:
            # A key of a program's may refuse to be compared; the rest is put back all the same.
            with suppress(Exception):
                change.swap()
        self._standing.swap()
        self._past.ran, self._ran = self._ran, self._past.ran


def _size_of(changes: list[Change]) -> int:
    """Roughly what is kept in memory for what things held before."""
    held: dict[int, int] = {}
    for change in changes:
        for value in change.gone():
            held |= blocks(value)
    return sum(held.values())


def _has_come(change: Change) -> bool:
    if not change.part.ours:
        return False
    pairs = zip(change.held, change.part.read(change.owner))
    return all(held is now or has_come(held, now) for held, now in pairs)


class Entry:
    """What was entered at once, and its steps: one for each of its lines.

    texts: what ran of it without an error, as `:save` writes it, and what there was before. lines:
    what was entered that is taken back with it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[Logged] = []
        self.steps: list[Step] = []
        self.texts: tuple[list[str], list[str]] = ([], [])

    def undo(self) -> None:
        """Take its lines back, the last one first."""
        for step in reversed(self.steps):
            step.undo()
        for line in self.lines:
            line.undone = True

    def redo(self) -> None:
        """Do them again."""
        for step in self.steps:
            step.redo()
        for line in self.lines:
            line.undone = False

    @property
    def nbytes(self) -> int:
        """Roughly what it keeps in memory."""
        return sum(step.nbytes for step in self.steps)


class Timeline:
    """The entries of a session, those that can be undone and those that can be done again.

    texts: what `:save` writes of them. first: what stood before all of them.
    """

    def __init__(self, session: Session, texts: list[str]) -> None:
        self._session = session
        self._texts = texts
        self.past: list[Entry] = []
        self.future: list[Entry] = []
        self._entry: Entry | None = None
        self._before: list[str] = []
        self._snapshot: Snapshot | None = None
        self._writes: Writes | None = None
        self.first = self._standing = Standing()
        self._ran = session.past.ran

    def begin(self, text: str) -> None:
        """An entry is about to run."""
        self._entry = Entry(text)
        self._before = list(self._texts)
        self._take()

    def step(self) -> None:
        """Its next line is about to run: what the one before did stays."""
        assert self._entry is not None
        self._entry.steps.append(self._end())
        self._take()

    def end(self) -> None:
        """It has run without an error."""
        assert self._entry is not None
        self._entry.steps.append(self._end())
        self._remember(self._entry)

    def fail(self) -> Step:
        """Its last line has failed: what that did is undone, and given.

        It can be done again as if it had been undone.
        """
        assert self._entry is not None
        with uninterrupted():
            done = self._end()
            done.undo()
        self._remember(self._entry)
        if not self._is_look([done]):
            failed = Entry(self._entry.text)
            failed.steps.append(done)
            failed.texts = (list(self._texts), list(self._texts))
            self.future = [failed]
        return done

    def drop(self) -> None:
        """It is taken back, for good."""
        with uninterrupted():
            self._end().undo()

    def unheard(self) -> None:
        """What is written from here on is written where the entry has written before."""
        if self._writes is not None:
            self._writes.pause()

    def undo(self) -> Entry | None:
        """Take the last entry back, and give it; None where there is none."""
        if not self.past:
            return None
        entry = self.past.pop()
        with uninterrupted():
            entry.undo()
        self._texts[:] = entry.texts[0]
        self.future.append(entry)
        return entry

    def redo(self) -> Entry | None:
        """Do again what was undone last, and give it; None where there is nothing."""
        if not self.future:
            return None
        entry = self.future.pop()
        with uninterrupted():
            entry.redo()
        self._texts[:] = entry.texts[1]
        self.past.append(entry)
        return entry

    def forget(self) -> None:
        """Nothing before can be undone."""
        self.past.clear()
        self.future.clear()

    def _take(self) -> None:
        self._writes = None
        # Before NumPy is there, so is no tensor.
        if "tcalc.runtime.lazy.hazards" in sys.modules:
            from tcalc.prompt.undo.writes import Writes

            self._writes = Writes()
        session, self._standing = self._session, Standing()
        self._ran = session.past.ran
        roots = [session.results, *self._standing.roots()]
        self._snapshot = Snapshot(session.variables, roots, self._writes)
        if self._writes is not None:
            self._writes.begin()

    def _end(self) -> Step:
        assert self._snapshot is not None
        if self._writes is not None:
            self._writes.end()
        past = self._session.past
        step = Step(self._snapshot.changes(), self._writes, self._standing, past, self._ran)
        self._snapshot = self._writes = None
        return step

    def _remember(self, entry: Entry) -> None:
        entry.texts = (self._before, list(self._texts))
        if self._is_look(entry.steps):
            # Who looks at a value wants the line before taken back, and the look with it.
            if self.past:
                self.past[-1].steps += entry.steps
                self.past[-1].texts = (self.past[-1].texts[0], entry.texts[1])
            return
        self.past.append(entry)
        self.future.clear()
        held = [e.nbytes for e in self.past]
        while self.past and (len(self.past) > MOST_STEPS or sum(held) > MOST_BYTES):
            del self.past[0], held[0]

    def _is_look(self, steps: list[Step]) -> bool:
        """Whether nothing has changed but the results that are remembered."""
        results = vars(self._session.results)
        own = {id(self._session.results), *map(id, results.values())}
        own.update(id(held) for held in results["_held"].values())
        return all(step.changes_only(own, self._session.variables) for step in steps)
