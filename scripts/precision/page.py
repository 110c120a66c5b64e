"""Errors of both, case by case, and the page that tells them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from precision.points import Errors, errors


class Row(NamedTuple):
    """A case with the errors of both: the greatest and the mean of all forms.

    astray: at how many numbers tcalc gives another class than the exact result, where PyTorch does
    not; and one of them, with what came out. points: some of the operands, with the exact result and
    how far off tests let tcalc be: as PyTorch is and one more. failed: who refused, and how.
    """

    case: dict[str, Any]
    by: str = ""
    tcalc: tuple[float, float] = (0.0, 0.0)
    torch: tuple[float, float] = (0.0, 0.0)
    forms: dict[str, float] = {}
    astray: int = 0
    where: str = ""
    points: tuple[tuple[list[float], float, float], ...] = ()
    failed: str = ""

    @classmethod
    def of(cls, case: dict[str, Any], exact: Any, torch: Any, tcalc: Any) -> Row:
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
            return cls(case, failed=f"lengths {len(asked)} {[len(v) for v in outs.values()]}")
        found: dict[tuple[str, str], Errors] = {
            key: errors(case["dtype"], v[asked], true, rest) for key, v in outs.items()
        }
        of = {who: [e for (w, _), e in found.items() if w == who] for who in ("torch", "tcalc")}
        # Where PyTorch's own ways differ there is nothing to follow.
        theirs = np.any([e.astray for e in of["torch"]], axis=0)
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
            () if case["whole"] or case["gradient"] else _points(numbers, asked, true, of, theirs),
        )

    @property
    def is_worse(self) -> bool:
        """Whether tcalc is farther off than PyTorch by more than an ulp, or in another class."""
        return self.astray > 0 or self.tcalc[0] > self.torch[0] + 1

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


def at(
    case: dict[str, Any], numbers: Any, asked: Any, index: int, form: str, outs: Any, true: Any
) -> str:
    """One of the numbers, with what came out for it."""
    place = int(np.flatnonzero(asked)[index])
    given = "" if case["whole"] else ", ".join(repr(float(x[place % len(x)])) for x in numbers)
    mine, theirs = outs["tcalc", form][place], outs["torch", "large"][place]
    return f"at ({given}): {mine:.9g}, PyTorch {theirs:.9g}, exact {true[index]:.9g}"


def _points(
    numbers: Any, asked: Any, true: Any, of: dict[str, list[Errors]], theirs: Any
) -> tuple[tuple[list[float], float, float], ...]:
    """Some of the numbers of a case, and where either is farthest off."""
    places = np.flatnonzero(asked)
    if len(asked) != len(numbers[0]) or not places.size:
        return ()
    most = {who: np.max([e.apart for e in found], axis=0) for who, found in of.items()}
    wrong = theirs | np.any([e.astray for e in of["tcalc"]], axis=0)
    picked = {*np.linspace(0, len(places) - 1, 8).astype(int), *(m.argmax() for m in most.values())}
    return tuple(
        (
            [float(x[places[i]]) for x in numbers],
            float(true[i]),
            float(np.ceil(2 * max(most["torch"][i] + 1, most["tcalc"][i])) / 2),
        )
        for i in sorted(map(int, picked))
        if not wrong[i]
    )


def recorded(rows: list[Row]) -> str:
    """What tests hold tcalc to: of each call of float32 the operands, exact results and bounds."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        if row.points and row.case["dtype"] == "float32":
            found.setdefault(row.case["text"], []).extend(row.points)
    lines = [f"{json.dumps(text)}: {json.dumps(points)}" for text, points in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


HEAD = """\
# Accuracy

How far results are from the exact ones, in units of the last place of their dtype (ulps): the greatest
of all numbers tried, and in brackets the mean. Made by `{command}` with
{version}; not edited by hand.

tcalc's is the worst of four ways: of arrays of 16 and of 20,000 elements, with compiled code and
without; PyTorch's of arrays of 16 and 20,000, and for special numbers of 5. The exact results are
PyTorch's in float64, and mpmath's for float64 and for derivatives that cancel in float64. `usual` numbers
are between 0.01 and 30 in size, `kinks and poles` next to halves and to multiples of π/2, `alike` operands
that nearly cancel. Kinds of numbers where both are within an ulp stand together as *other numbers*.
**Bold** is where tcalc is farther off than PyTorch by more than one, or gives NaN, an infinity or a zero
of the other sign where PyTorch gives what is right.

What is farther off and stays so: `gelu` of large float32 tensors beyond -5, of which neither has a digit
left; sums of numbers that nearly cancel, in another order than PyTorch's, of which only the last digits of
the parts are left; derivatives next to their zeros (`silu`, `mish`, `gelu`), likewise.
"""


def render(rows: list[Row], version: str, command: str) -> str:
    """The page, with what made it."""
    parts = [HEAD.format(version=version, command=command)]
    measured = [row for row in rows if not row.failed]
    groups: dict[str, list[Row]] = {}
    for row in measured:
        what = "gradients" if row.case["gradient"] else "whole tensors" if row.case["whole"] else ""
        groups.setdefault(f"{row.case['dtype']} {what}".strip(), []).append(row)
    for title, some in groups.items():
        worse = sum(row.is_worse for row in some)
        parts.append(f"## {title}\n\n{worse} of {len(some)} are farther off than PyTorch's.\n")
        parts.append("| call | numbers | tcalc | PyTorch |\n|---|---|---:|---:|")
        calls = dict.fromkeys(row.case["call"] for row in some)
        for call in calls:
            parts += _lines(call, [row for row in some if row.case["call"] == call])
        parts.append("")
    return "\n".join(parts)


def _lines(call: str, rows: list[Row]) -> list[str]:
    """The lines of one call."""
    close = [row for row in rows if max(row.tcalc[0], row.torch[0]) <= 1 and not row.is_worse]
    told = [(row.case["kind"], row) for row in rows if row not in close]
    lines = [
        _line(call, kind, row.tcalc, row.torch, row.is_worse, row.astray) for kind, row in told
    ]
    if close:
        mine, theirs = (
            (max(v[0] for v in some), max(v[1] for v in some))
            for some in ([row.tcalc for row in close], [row.torch for row in close])
        )
        lines.append(_line(call, "*other numbers*" if told else "*all*", mine, theirs, False, 0))
    return lines


def _line(call: str, kind: str, mine: Any, theirs: Any, is_worse: bool, astray: int) -> str:
    told = f"{_number(mine[0])} ({_number(mine[1])})" + (f", {astray} astray" if astray else "")
    told = f"**{told}**" if is_worse else told
    call = call.replace("|", "\\|")
    return f"| `{call}` | {kind} | {told} | {_number(theirs[0])} ({_number(theirs[1])}) |"


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.1e}"
