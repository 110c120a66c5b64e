"""torch.utils.benchmark.Compare: measurements side by side, in a table of text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.benchmark.measurement import Measurement
from tcalc.library.benchmark.units import select_unit, trim_sigfig, unit_to_english
from tcalc.library.host import host
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Row = tuple[int, str | None, str]

_NOTE = "(! XX%) Measurement has high variance, where XX is the IQR / median * 100.\n"
_BETWEEN = "  |  "


@export("torch.utils.benchmark.Compare", home="torch.utils.benchmark.utils.compare")
class Compare:
    """A table of measurements for each label: descriptions across, sub-labels and threads down.

    >>> m = torch.utils.benchmark.Timer("1 + 1", description="sum").timeit(10)
    >>> "1 threads: " in str(torch.utils.benchmark.Compare([m]))
    True
    """

    _public_ = frozenset(
        {"colorize", "extend_results", "highlight_warnings", "print", "trim_significant_figures"}
    )

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self._trims = False
        self._warns = False
        self.extend_results(results)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Take more measurements in."""
        for found in results:
            if not isinstance(found, Measurement):
                raise ValueProblem(
                    f"Expected an instance of `Measurement`, got {type(found)} instead."
                )
            self._results.append(found)

    def trim_significant_figures(self) -> None:
        """Show no more figures than are certain."""
        self._trims = True

    def highlight_warnings(self) -> None:
        """Show beside a median how wide its times are spread, where that is much."""
        self._warns = True

    def colorize(self, rowwise: bool = False) -> None:
        """Accepted; the table stays without colours, which are not a program's to set."""

    def print(self) -> None:
        """Write the table."""
        host.write(f"{self}\n")

    def __str__(self) -> str:
        groups: dict[str | None, list[Measurement]] = {}
        for found in Measurement.merge(self._results):
            groups.setdefault(found.task_spec.label, []).append(found)
        return "\n".join(self._table(label or "", found) for label, found in groups.items())

    def _table(self, label: str, results: list[Measurement]) -> str:
        unit, size = select_unit(min(found.median for found in results))
        cells = {(_row(r), r.task_spec.description): r for r in results}
        # By threads and environment; within them, in the order in which they came.
        rows = sorted(dict.fromkeys(map(_row, results)), key=lambda row: (row[0], row[1] or ""))
        heads = list(dict.fromkeys(r.task_spec.description for r in results))
        columns = [
            [head or "", *self._column([cells.get((row, head)) for row in rows], size)]
            for head in heads
        ]
        columns.insert(0, ["", *_row_names(rows)])
        widths = [max(map(len, column)) for column in columns]
        first, *rest = (
            _BETWEEN.join(
                _placed(cell, width, at) for at, (cell, width) in enumerate(zip(line, widths))
            )
            for line in zip(*columns)
        )
        width = len(first)
        lines = [f"[{f' {label} '.center(width - 2, '-')}]", first]
        for before, row, line in zip([None, *rows], rows, rest):
            if before is None or before[0] != row[0]:
                lines.append(f"{row[0]} threads: ".ljust(width, "-"))
            lines.append(line)
        note = _NOTE if self._warns and any(r.has_warnings for r in results) else ""
        return "\n".join([*lines, "", f"Times are in {unit_to_english(unit)}s ({unit}).", note])

    def _column(self, found: Sequence[Measurement | None], size: float) -> list[str]:
        """The cells of a column, all of one width."""
        there = [m for m in found if m is not None]
        digits = [math.ceil(math.log10(m.median / size)) for m in there]
        decimals = 1
        if self._trims:
            decimals = min(max(m.significant_figures - d, 0) for m, d in zip(there, digits))
        width = max(digits) + decimals + bool(decimals)
        warns = self._warns and any(m.has_warnings for m in there)

        def cell(m: Measurement) -> str:
            value = m.median / size
            value = trim_sigfig(value, m.significant_figures) if self._trims else value
            spread = f" (! {m.iqr / m.median * 100:.0f}%)" if warns and m.has_warnings else ""
            return f"{value:>{width}.{decimals}f}{spread:>{7 if warns else 0}}"

        blank = " " * (width + (7 if warns else 0))
        return [blank if m is None else cell(m) for m in found]


def _row(found: Measurement) -> Row:
    task = found.task_spec
    return task.num_threads, task.env, found.as_row_name


def _row_names(rows: list[Row]) -> list[str]:
    """What begins each row: its name, after its environment where there are several."""
    environments = {env for _, env, _ in rows}
    if len(environments) < 2:
        return [f"      {name}" for _, _, name in rows]
    width = max(len(str(env)) for env in environments) + 4
    names = []
    before: tuple[int, str | None] | None = None
    for number, env, name in rows:
        shown = f"({env})" if before != (number, env) else ""
        names.append(f"  {shown.ljust(width)}{name}")
        before = number, env
    return names


def _placed(cell: str, width: int, column: int) -> str:
    return cell.center(width) if column else cell.ljust(width)
