"""What was measured, row by row, in a file that partial runs put their rows into."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from precision.cases import Case, group
from precision.rows import Row


class Told(NamedTuple):
    """What is kept of a row: the greatest and mean errors, in ulps, and how many are astray.

    refused: why tcalc gives nothing. points: as in `Row`.
    """

    tcalc: tuple[float, float] = (0.0, 0.0)
    torch: tuple[float, float] = (0.0, 0.0)
    astray: int = 0
    refused: str = ""
    points: tuple[Any, ...] = ()

    @property
    def is_worse(self) -> bool:
        """Whether tcalc is farther off than PyTorch by more than an ulp, in another class, or refuses."""
        return bool(self.refused) or self.astray > 0 or self.tcalc[0] > self.torch[0] + 1

    @property
    def is_worse_on_average(self) -> bool:
        """Whether it is so of the mean too: else of some numbers that were bad luck."""
        return self.is_worse and (self.astray > 0 or self.tcalc[1] > self.torch[1] + 1)

    @property
    def is_better(self) -> bool:
        """Whether PyTorch is farther off by more than an ulp."""
        return not self.is_worse and self.torch[0] > self.tcalc[0] + 1

    @property
    def bound(self) -> float:
        """How far off tests let tcalc be: as it is, or as PyTorch is and one more."""
        return max(self.tcalc[0], self.torch[0] + 1)


Rows = dict[str, dict[str, dict[str, Told]]]


class Recorded:
    """Rows by group, call and kind of numbers, with the versions of what they were measured with."""

    def __init__(self, versions: str, rows: Rows) -> None:
        self.versions, self.rows = versions, rows

    @classmethod
    def read(cls, path: Path) -> Recorded:
        """What a file holds."""
        found = json.loads(path.read_text(encoding="utf-8"))
        rows = {
            group: {
                call: {kind: _told(row) for kind, row in kinds.items()}
                for call, kinds in calls.items()
            }
            for group, calls in found["rows"].items()
        }
        return cls(found["versions"], rows)

    def put(self, row: Row) -> None:
        """Put a row in the place of an earlier one; where PyTorch refuses, or nothing tells, is none."""
        kinds = self.rows.setdefault(group(row.case), {}).setdefault(row.case["call"], {})
        kinds.pop(row.case["kind"], None)
        if row.failed and not row.is_refused:
            return
        errors = [(_short(most), _short(mean)) for most, mean in (row.tcalc, row.torch)]
        refused = row.failed.removeprefix("tcalc: ")
        kinds[row.case["kind"]] = Told(errors[0], errors[1], row.astray, refused, row.points)

    def keep(self, known: Iterable[Case], versions: str) -> None:
        """Rows of cases that there are, in their order."""
        found: Rows = {}
        for case in known:
            title, call, kind = group(case), case["call"], case["kind"]
            told = self.rows.get(title, {}).get(call, {}).get(kind)
            if told:
                found.setdefault(title, {}).setdefault(call, {})[kind] = told
        self.rows, self.versions = found, versions

    def text(self) -> str:
        """The file: a line for each call."""
        groups = []
        for title, calls in self.rows.items():
            lines = [f"{json.dumps(call)}: {_line(kinds)}" for call, kinds in calls.items()]
            groups.append(f"{json.dumps(title)}: {{\n" + ",\n".join(lines) + "\n}")
        rows = ",\n".join(groups)
        return f'{{"versions": {json.dumps(self.versions)}, "rows": {{\n{rows}\n}}}}\n'


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _told(row: Any) -> Told:
    (mine, theirs, *rest) = row
    return Told((mine[0], mine[1]), (theirs[0], theirs[1]), *rest)


def _line(kinds: dict[str, Told]) -> str:
    rows = {}
    for kind, told in kinds.items():
        row = list(told)
        while len(row) > 2 and not row[-1]:  # what is left out is nothing
            row.pop()
        rows[kind] = row
    return json.dumps(rows, ensure_ascii=False)
