"""Errors of both, case by case."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from precision.cases import Case
from precision.points import Errors, errors


class Row(NamedTuple):
    """A case with the errors of both: the greatest and the mean of all forms.

    astray: at how many numbers tcalc gives another class than the exact result, where PyTorch does
    not; and one of them, with what came out. points: some of the operands, with the exact result and
    how far off tests let tcalc be: as PyTorch is and one more. failed: who refused, and how.
    """

    case: Case
    by: str = ""
    tcalc: tuple[float, float] = (0.0, 0.0)
    torch: tuple[float, float] = (0.0, 0.0)
    forms: dict[str, float] = {}
    astray: int = 0
    where: str = ""
    points: tuple[tuple[list[float], float, float], ...] = ()
    failed: str = ""

    @classmethod
    def of(cls, case: Case, exact: Any, torch: Any, tcalc: Any) -> Row:
        """The row of a case with the results of all."""
        for who, result in (("exact", exact), ("PyTorch", torch), ("tcalc", tcalc)):
            if "failed" in result:
                return cls(case, failed=f"{who}: {result['failed']}")
        told, asked = exact["exact"], exact["known"]
        true, rest = told[asked], exact["rest"][asked]
        outs = {
            (who, form): values
            for who, result in (("torch", torch), ("tcalc", tcalc))
            for form, values in result.items()
        }
        if any(len(v) != len(asked) for v in outs.values()):
            return cls(case, failed=f"tcalc: {[len(v) for v in outs.values()]} numbers")
        found: dict[tuple[str, str], Errors] = {
            key: errors(case["dtype"], v[asked], true, rest) for key, v in outs.items()
        }
        # Where PyTorch itself is astray there is nothing to follow.
        theirs = np.any([e.astray for (who, _), e in found.items() if who == "torch"], axis=0)
        found = {key: Errors(np.where(theirs, 0, e.apart), e.astray) for key, e in found.items()}
        of = {who: [e for (w, _), e in found.items() if w == who] for who in ("torch", "tcalc")}
        numbers = case["inputs"]
        where, astray = "", 0
        for (who, form), e in found.items():
            wrong = e.astray & ~theirs
            if who == "tcalc" and wrong.sum() > astray:
                astray = int(wrong.sum())
                where = at(case, numbers, asked, int(np.argmax(wrong)), form, outs, true)
        if not where and found:
            (_, form), e = max(
                ((k, e) for k, e in found.items() if k[0] == "tcalc"), key=lambda p: p[1].greatest
            )
            where = (
                at(case, numbers, asked, int(e.apart.argmax()), form, outs, true)
                if e.greatest
                else ""
            )
        return cls(
            case,
            exact["by"],
            _most(of["tcalc"]),
            _most(of["torch"]),
            {form: e.greatest for (who, form), e in found.items() if who == "tcalc"},
            astray,
            where,
            () if case["whole"] or case["gradient"] else _points(case, asked, true, of, theirs),
        )

    @property
    def is_refused(self) -> bool:
        """Whether tcalc alone gives nothing."""
        return self.failed.startswith("tcalc: ")

    @property
    def is_worse(self) -> bool:
        """Whether tcalc is farther off than PyTorch by more than an ulp, or in another class."""
        return self.is_refused or self.astray > 0 or self.tcalc[0] > self.torch[0] + 1

    def text(self) -> str:
        """The row in a line."""
        what = f"{self.case['call']}{' gradient' if self.case['gradient'] else ''}"
        head = f"{'WORSE ' * self.is_worse}{what}  {self.case['dtype']}  {self.case['kind']}"
        if self.failed:
            return f"{head}  {self.failed}"
        forms = " ".join(f"{form}={most:.4g}" for form, most in self.forms.items())
        astray = f"  ASTRAY {self.astray}" if self.astray else ""
        return (
            f"{head}  {self.tcalc[0]:.4g} ({self.tcalc[1]:.3g}) against {self.torch[0]:.4g} "
            f"({self.torch[1]:.3g})  [{forms}]{astray} {self.where}"
        )


def _most(found: list[Errors]) -> tuple[float, float]:
    return max(e.greatest for e in found), max(e.mean for e in found)


def at(case: Case, numbers: Any, asked: Any, index: int, form: str, outs: Any, true: Any) -> str:
    """One of the numbers, with what came out for it."""
    place = int(np.flatnonzero(asked)[index])
    given = "" if case["whole"] else ", ".join(repr(float(x[place % len(x)])) for x in numbers)
    mine, theirs = outs["tcalc", form][place], outs["torch", "large"][place]
    return f"at ({given}): {mine:.9g}, PyTorch {theirs:.9g}, exact {true[index]:.9g}"


# At how many numbers of a kind, beside the worst, tests hold results to their bounds.
_COUNTS = {"float32": 8, "float64": 2}


def _points(
    case: Case, asked: Any, true: Any, of: dict[str, list[Errors]], theirs: Any
) -> tuple[tuple[list[float], float, float], ...]:
    """Some of the numbers of a case, and where either is farthest off."""
    places, numbers = np.flatnonzero(asked), case["inputs"]
    count = _COUNTS.get(case["dtype"], 0)
    if len(asked) != len(numbers[0]) or not places.size or not count:
        return ()
    most = {who: np.max([e.apart for e in found], axis=0) for who, found in of.items()}
    wrong = theirs | np.any([e.astray for e in of["tcalc"]], axis=0)
    evenly = np.linspace(0, len(places) - 1, count).astype(int)
    picked = {*evenly, *(m.argmax() for m in most.values())}
    # What float64 rounds off the exact result is half of its ulps, and none of a smaller dtype's.
    spare = 0.5 * (case["dtype"] == "float64")
    return tuple(
        (
            [float(x[places[i]]) for x in numbers],
            float(true[i]),
            float(np.ceil(2 * max(most["torch"][i] + 1, most["tcalc"][i] + spare)) / 2),
        )
        for i in sorted(map(int, picked))
        if not wrong[i]
    )
