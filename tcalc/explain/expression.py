"""An expression explained: what each part comes to, and why, from a dry run."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.diagnosis.excerpt import render
from tcalc.explain.apart import apart
from tcalc.explain.drawing import drawn
from tcalc.explain.rows import count, row_of, total
from tcalc.explain.steps import FOLLOW, Steps
from tcalc.explain.trial import run, silent
from tcalc.runtime.base.memory import human
from tcalc.runtime.transform.dry.interpreter import Dry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.explain.trial import Outcome
    from tcalc.parser.nodes import StmtNode
    from tcalc.session import Session
    from tcalc.source import Source

# Seconds that a dry run may take.
LIMIT = 10.0


class Explained(NamedTuple):
    """What there is to say, and whether the expression fails."""

    text: str
    fails: bool


def explain(
    session: Session,
    source: Source,
    width: int = 80,
    colour: bool = False,
    body: Sequence[StmtNode] | None = None,
    variables: dict[str, Any] | None = None,
) -> Explained:
    """What statements would do, part by part; they are not run, and nothing is changed.

    body: the statements where they are part of a larger source. variables: what they find, by default
    the session's. Raises ParseError.
    """
    if body is None:
        from tcalc.parser import parse

        parse(source)
    own = {**(session.variables if variables is None else variables)}
    found = apart(lambda: _told(session, source, width, colour, body, own), LIMIT)
    if found is None:
        return Explained(f"not known: a dry run of this takes longer than {LIMIT:g} s", False)
    return Explained(*found)


def _told(
    session: Session, source: Source, width: int, colour: bool, body: Sequence[StmtNode] | None,
    own: dict[str, Any],
) -> tuple[str, bool]:  # fmt: skip
    silent(session)
    dry = Dry()
    steps = Steps(dry, own)
    own[FOLLOW] = steps.follow

    def work() -> None:
        session.compiled(
            source, own, lambda parsed: steps.around(parsed if body is None else body)
        )()

    with dry:
        outcome = run(work)
        place = outcome.place[1] if outcome.place and outcome.place[0].text == source.text else None
        if outcome.error is not None or outcome.why is not None:
            steps.stops("fails" if outcome.error is not None else "not known", place)
        rows = [row_of(step, source) for step in steps.roots]
        parts = [drawn(rows, width, colour)] if rows else []
        parts += ["\n".join(wrap(line, width)) for line in _end(dry, outcome)]
        if outcome.error is not None:
            parts.append(render(diagnose(outcome.error, session), colour, width))
    return "\n".join(parts), outcome.error is not None


def _end(dry: Dry, outcome: Outcome) -> list[str]:
    """What it comes to in all, and where it could not be followed any further."""
    lines = []
    sums = total(dry.notes)
    if dry.notes:
        line = (
            f"in all {count(sums.flops)}, {human(sums.read)} read, {human(sums.written)} written, "
            f"at most {human(dry.peak)} of new memory at once"
        )
        if sums.uncounted:
            line += f" (operations of {', '.join(sums.uncounted)} not counted)"
        lines.append(line)
    if outcome.why is not None:
        lines.append(f"not known without running: {outcome.why}{_at(outcome)}")
    return lines


def _at(outcome: Outcome) -> str:
    if outcome.place is None:
        return ""
    source, node = outcome.place
    return f", at {' '.join(source.text[node.start : node.end].split())}"
