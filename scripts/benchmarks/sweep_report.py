"""Results of a sweep as text: geometric means by family and size, the worst rows, what was refused."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

from benchmarks.peers import PEERS, THREADS
from benchmarks.report import bullets, seconds
from benchmarks.report import ratio as rounded
from benchmarks.statements import FAMILIES, SIZES, Case

BASE, PLAIN = PEERS[0].name, "tcalc, no llvmlite"
# A row is slower when it takes a quarter more; how many of the worst are shown.
SLOWER, WORST = 1.25, 40
_EVERYDAY = (*FAMILIES, "gradient")

_SECTION = """## Every op

{what}: {count} rows. The same text in both,
timed by `torch.utils.benchmark.Timer` in the process that runs it, {threads} threads; tcalc and
PyTorch take turns, {rounds} each, and the best counts. A number is PyTorch's time over tcalc's:
above 1 tcalc is faster. Small is what a call costs (4×4, or the test's own arguments), middle 128×128,
large 2048×2048, or what comes near it for an op of several operands; an op whose arguments allow no
other size has a small row alone. Behind the geometric mean of a family: how many of its rows are
below 1.

{machine}

{totals}

{families}

The {worst} rows in which tcalc is furthest behind:

{rows}

"""


_EVERY = """Statements that users type, and each op that PyTorch has by the same name with the arguments of its
tests, alone and with its gradient, from `scripts/bench sweep`"""
_TYPED = """Statements that users type, from `scripts/bench sweep --everyday`; without that word it measures each
op with the arguments of its tests too, and with its gradient"""


class Measured:
    """A case, with the best seconds of each peer, and why others have none."""

    def __init__(
        self,
        case: Case,
        times: dict[str, float] | None = None,
        failed: dict[str, str] | None = None,
    ) -> None:
        self.case = case
        self.times = times or {}
        self.failed = failed or {}

    def ratio(self, other: str, base: str = BASE) -> float | None:
        """The other's time over tcalc's."""
        mine, theirs = self.times.get(base), self.times.get(other)
        return theirs / mine if mine and theirs else None


def ratio(value: float) -> str:
    """A ratio with two figures behind the point, or the first two that it has.

    >>> ratio(1.234), ratio(0.0012)
    ('1.23', '0.0012')
    """
    return rounded(value) if value >= 0.1 else f"{value:.2g}"


def ratios(rows: Iterable[Measured], other: str, base: str = BASE) -> list[float]:
    """Those that there are."""
    return [found for row in rows if (found := row.ratio(other, base)) is not None]


def mean(values: list[float]) -> str:
    """A geometric mean, with how many are below 1.

    >>> mean([0.5, 2.0, 8.0]), mean([])
    ('2.00 (1 of 3)', '')
    """
    if not values:
        return ""
    middle = math.exp(statistics.fmean(map(math.log, values)))
    return f"{ratio(middle)} ({sum(value < 1 for value in values)} of {len(values)})"


def summary(rows: list[Measured], other: str) -> str:
    """What the terminal shows."""
    lines = [f"{other}'s time over tcalc's; in brackets, rows below 1"]
    for name, *cells in [["", *_headings(rows)], *_means(rows, other)]:
        lines.append(f"  {name:<24}" + "".join(f"{cell:>22}" for cell in cells))
    lines += ["", *_totals(rows, other), "", "the worst:"]
    for row in worst(rows, other):
        lines.append(
            f"  {ratio(row.ratio(other) or 0):>6} {row.case.size:<7}"
            f"{seconds(row.times[BASE]):>9} {seconds(row.times[other]):>9}  {_short(row)}"
        )
    refused = refusals(rows, other)
    if refused:
        lines += ["", f"{other} does, tcalc does not:"]
        lines += [f"  {row.case.size:<7}{_short(row)}: {row.failed[BASE]}" for row in refused]
    unknown = sum(other in row.failed for row in rows)
    if unknown:
        lines += ["", f"{unknown} statements that {other} refuses are left out"]
    return "\n".join(lines)


def worst(rows: list[Measured], other: str) -> list[Measured]:
    """The rows in which tcalc is furthest behind."""
    found = sorted((r, at) for at, row in enumerate(rows) if (r := row.ratio(other)) is not None)
    return [rows[at] for _, at in found[:WORST]]


def refusals(rows: list[Measured], other: str) -> list[Measured]:
    """The rows that the other does and tcalc does not."""
    return [row for row in rows if BASE in row.failed and other in row.times]


def compared(rows: list[Measured], slow: list[Measured], other: str) -> str:
    """What a change did: the rows that it made slower by a quarter."""
    lines = [f"{other} over now: {mean(ratios(rows, other))} rows slower at all"]
    lines.append(f"{len(slow)} rows are slower by a quarter or more")
    for row in sorted(slow, key=lambda row: row.ratio(other) or 0):
        lines.append(
            f"  {row.case.size:<7}{seconds(row.times[other]):>9} → {seconds(row.times[BASE]):>9}"
            f"  {_short(row)}"
        )
    return "\n".join(lines)


def since(rows: list[Measured], earlier: list[Measured], other: str) -> str:
    """The rows that are slower by a quarter than in an earlier run, each beside its PyTorch."""
    then = {row.case: row.ratio(other) for row in earlier}
    lines = []
    for row in rows:
        now, before = row.ratio(other), then.get(row.case)
        if now is not None and before is not None and now * SLOWER < before:
            lines.append(f"  {ratio(before)} → {ratio(now)} {row.case.size:<7}{_short(row)}")
    known = sum(row.case in then for row in rows)
    if not known:
        return ""
    return "\n".join(
        [f"\nof {known} rows of earlier runs {len(lines)} are slower by a quarter now", *lines]
    )


def section(
    rows: list[Measured], name: str, rounds: int, machine: list[str], everyday: bool = False
) -> str:
    """The part of docs/benchmarks.md; name: of the other, machine: what was measured with; everyday: whether
    it was only what users type."""
    found = _means(rows, name)
    headings = _headings(rows)
    lines = [f"| | {' | '.join(headings)} |", "|---" * (len(headings) + 1) + "|"]
    lines += [f"| {' | '.join(cells)} |" for cells in found]
    table = [f"| | size | {BASE} | {name} | statement |", "|---|---|---|---|---|"]
    for row in worst(rows, name):
        cells = (
            ratio(row.ratio(name) or 0), row.case.size, seconds(row.times[BASE]),
            seconds(row.times[name]), f"`{_short(row)}`".replace("|", "\\|"),
        )  # fmt: skip
        table.append(f"| {' | '.join(cells)} |")
    return _SECTION.format(
        what=_TYPED if everyday else _EVERY, count=len(ratios(rows, name)), threads=THREADS, rounds=rounds, worst=len(table) - 2,
        machine=bullets(machine), totals=bullets(_totals(rows, name)),
        families="\n".join(lines), rows="\n".join(table),
    )  # fmt: skip


def _means(rows: list[Measured], other: str) -> list[list[str]]:
    """A row of cells for each family, and for the everyday statements and the ops together."""
    groups = {"all everyday statements": [r for r in rows if r.case.family in _EVERYDAY]}
    groups["all ops and gradients"] = [r for r in rows if r.case.family not in _EVERYDAY]
    for row in rows:
        groups.setdefault(row.case.family, []).append(row)
    return [
        [
            name,
            *(
                mean(ratios((r for r in some if r.case.size == size), other, base))
                for base in _bases(rows)
                for size in SIZES
            ),
        ]
        for name, some in groups.items()
        if some
    ]


def _bases(rows: list[Measured]) -> list[str]:
    """The tcalcs that were measured."""
    return [BASE, *([PLAIN] if any(PLAIN in row.times for row in rows) else [])]


def _headings(rows: list[Measured]) -> list[str]:
    """What stands above the means."""
    return [size + base.removeprefix(BASE) for base in _bases(rows) for size in SIZES]


def _totals(rows: list[Measured], other: str) -> list[str]:
    """How many rows are below 1 and below 0.5."""
    lines = []
    for what, everyday in (("everyday statements", True), ("ops and gradients", False)):
        found = ratios((r for r in rows if (r.case.family in _EVERYDAY) == everyday), other)
        if found:
            low, half = sum(r < 1 for r in found), sum(r < 0.5 for r in found)
            lines.append(f"{what}: of {len(found)} rows {low} below 1, {half} below 0.5")
    return lines


def _short(row: Measured) -> str:
    """A statement as a line shows it.

    >>> _short(Measured(Case("f", "small", "torch.autograd.grad(F(a), [a], ones, allow_unused=True)", "")))
    'torch.autograd.grad(F(a), [a], ones)'
    """
    return row.case.statement.replace(", allow_unused=True", "").replace(
        "; x.grad.data_ptr(); x.grad = None", ""
    )
