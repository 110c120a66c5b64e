"""What must fail in a program, found without running it.

The program is run dry, on shapes and dtypes. Where a branch depends on values, one way is followed; an
error behind it counts only if every other way leads to it too. Where nobody can tell how a program goes
on, nothing more is said of it.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.explain.apart import apart
from tcalc.explain.expression import LIMIT
from tcalc.explain.telling import packed, unpacked
from tcalc.explain.trial import run, silent
from tcalc.runtime.transform.dry import unknown
from tcalc.runtime.transform.dry.interpreter import Dry
from tcalc.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.diagnosis.excerpt import Diagnosis
    from tcalc.session import Session
    from tcalc.source import Source

# So many ways through a program are tried to prove that all of them fail alike, with so many branches.
_MOST_WAYS, _MOST_BRANCHES = 64, 12


class Unchecked(NamedTuple):
    """Where it was not known how the program goes on, and why."""

    why: str
    span: Span | None


class Findings(NamedTuple):
    """errors: those that must come. unchecked: where the rest begins of which nothing is known."""

    errors: list[Diagnosis]
    unchecked: Unchecked | None


class _Way(unknown.Answers):
    """Which way branches go that depend on values: as the run before was told, then past them."""

    def __init__(self, told: Sequence[bool]) -> None:
        self.taken = list(told)
        self._at = 0

    def choose(self) -> bool:
        """The next answer."""
        if self._at == len(self.taken):
            self.taken.append(False)
        self._at += 1
        return self.taken[self._at - 1]


def check(session: Session, source: Source, *, keep_going: bool = False) -> Findings:
    """The errors that come whatever the values are. Its syntax was checked before.

    keep_going: go on after an error, as the program itself would be told to.
    """
    end = monotonic() + LIMIT
    ways: list[list[bool]] = [[]]
    first: list[Any] | None = None
    for _ in range(_MOST_WAYS):
        way = ways.pop()
        found = apart(lambda: _run(session, source, keep_going, way), end - monotonic())  # noqa: B023 (it is called at once)
        if found is None:
            return Findings([], Unchecked(f"a dry run takes longer than {LIMIT:g} s", None))
        errors, unchecked, taken = found
        first = errors if first is None else first
        if errors != first or (taken and not errors):
            return Findings([], _unchecked(unchecked))
        if len(taken) > _MOST_BRANCHES:
            break
        # The other ways that begin as this one does, the longest beginning last.
        ways += [[*taken[:at], True] for at in range(len(way), len(taken))]
        if not ways:
            made = [unpacked(data, [source]) for data in errors]
            return Findings(made, _unchecked(unchecked))
    return Findings([], Unchecked("too many ways through the program depend on values", None))


def _run(
    session: Session, source: Source, keep_going: bool, told: Sequence[bool]
) -> tuple[list[Any], Any, list[bool]]:
    """One way through the program, in a process of its own."""
    silent(session)
    way = _Way(told)
    unknown.answers.append(way)
    errors: list[Exception] = []
    with Dry():
        found: list[Any] = []

        def note(error: Exception) -> None:
            errors.append(error)
            found.append(packed(diagnose(error, session)))

        outcome = run(lambda: session.run(source, _keep, keep_going=keep_going, on_error=note))
        if outcome.error is not None:
            note(outcome.error)
        unchecked = None
        if outcome.why is not None:
            place = outcome.place
            at = (place[1].start, place[1].end) if place and place[0].name == source.name else None
            unchecked = (outcome.why, at)
    return found, unchecked, way.taken


def _keep(value: object, line: int) -> None:
    """Values are shown to nobody, but are results that later lines may name."""


def _unchecked(data: Any) -> Unchecked | None:
    if data is None:
        return None
    why, span = data
    return Unchecked(why, None if span is None else Span(*span))
