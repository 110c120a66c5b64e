"""The page that tells what was measured."""

from __future__ import annotations

from collections.abc import Callable

from precision.recorded import Recorded, Told

HEAD = """\
# Accuracy

How far results are from the exact ones, in units of the last place of their dtype (ulps): the greatest
of all numbers tried, and in brackets the mean. Made by `scripts/make_accuracy.py --write` with
{versions}; not edited by hand.

tcalc's is the worst of four ways: of arrays of 16 and of 20,000 elements, with compiled code and
without; PyTorch's of arrays of 16 and 20,000, and for special numbers of 5. Whole tensors are reductions,
products, norms, losses and what else looks at more than one number, of 8 rows or one. The exact results
are mpmath's where it has the function, else PyTorch's in float64. `usual` numbers are between 0.01 and 30
in size, `kinks and poles` next to halves and to multiples of π/2, `alike` operands that nearly cancel.

A row is a call at numbers of one kind. tcalc is *farther off* where its greatest error is more than an
ulp beyond PyTorch's, or where it gives NaN, an infinity or a zero of the other sign (*astray*) and PyTorch
what is right; so *on average*, where its mean error is more than an ulp beyond PyTorch's too, or it is
astray. It is *nearer* where PyTorch's greatest error is more than an ulp beyond its own.
"""
REASONS = """\
What is farther off and stays so:

- Results that nearly cancel, of which only the last digits of the parts are left: sums and products in
  another order than PyTorch's, what lies next to a mean, Fourier coefficients that are 0, derivatives next
  to their zeros or where nothing is left of them (`silu`, `gelu`, `tanh`, `erfcx`), `gelu` of large tensors
  beyond -5. Of eight rows the worst is a matter of luck: hence the column *on average*.
- Sums of equal numbers by rows are off by a few ulps more in single floats. In double they would not be,
  but take up to half as long again.
- Norms, `softmax` and `cross_entropy` without compiled code: NumPy's sums are in single floats.
- `addcmul` and `lerp` in float64: NumPy has no product and sum that are rounded once.
- `erfc`, `lgamma` and `airy_ai` in float64 are SciPy's; `lstsq`, `pinv` and `matrix_exp` go other ways.
- Convolutions of the least and greatest numbers are products of matrices, in another order: what leaves the
  range of the dtype on the way differs.
- `copysign` and `softsign` have derivatives at infinities, where PyTorch's are NaN.
"""


def render(recorded: Recorded) -> str:
    """The page."""
    parts = [HEAD.format(versions=recorded.versions), _summary(recorded), REASONS]
    for title, calls in recorded.rows.items():
        parts += _section(title, calls)
    return "\n".join(parts)


def _summary(recorded: Recorded) -> str:
    lines = [
        "| group | rows | farther off | so on average | nearer | within an ulp, both |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for title, calls in recorded.rows.items():
        rows = [row for kinds in calls.values() for row in kinds.values()]
        worse = [row for row in rows if row.is_worse]
        counts = (
            len(rows),
            len(worse),
            sum(row.is_worse_on_average for row in worse),
            sum(row.is_better for row in rows),
            sum(max(row.tcalc[0], row.torch[0]) <= 1 for row in rows if not row.is_worse),
        )
        lines.append(f"| {title} | {' | '.join(f'{n:,}' for n in counts)} |")
    return "\n".join(lines) + "\n"


def _section(title: str, calls: dict[str, dict[str, Told]]) -> list[str]:
    """What is told of one group: row by row what is farther off on average, call by call the rest of what is,
    and what is nearer."""
    average: list[str] = []
    worse: list[str] = []
    better: list[str] = []
    for call, kinds in calls.items():
        average += [_line(call, k, row) for k, row in kinds.items() if row.is_worse_on_average]
        apart = {k: r for k, r in kinds.items() if r.is_worse and not r.is_worse_on_average}
        worse += _worst(call, apart, lambda row: row.tcalc[0] - row.torch[0])
        apart = {k: row for k, row in kinds.items() if row.is_better}
        better += _worst(call, apart, lambda row: row.torch[0] - row.tcalc[0])
    parts = [f"## {title}\n"]
    for name, lines in (
        ("Farther off on average", average),
        ("Farther off in places, by call where most", worse),
        ("Nearer, by call where most", better),
    ):
        if lines:
            parts += [f"{name}:\n", "| call | numbers | tcalc | PyTorch |\n|---|---|---:|---:|"]
            parts += [*lines, ""]
    if not average + worse:
        parts.append("No row is farther off.\n")
    return parts


def _worst(call: str, rows: dict[str, Told], by: Callable[[Told], float]) -> list[str]:
    """A line for some rows of a call, with the numbers of the one where the difference is greatest."""
    return [_line(call, ", ".join(rows), max(rows.values(), key=by))] if rows else []


def _line(call: str, kinds: str, row: Told) -> str:
    told = f"{_number(row.tcalc[0])} ({_number(row.tcalc[1])})"
    told += f", {row.astray} astray" if row.astray else ""
    told = f"refused: {row.refused}" if row.refused else told
    call = call.replace("|", "\\|")
    return f"| `{call}` | {kinds} | {told} | {_number(row.torch[0])} ({_number(row.torch[1])}) |"


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.1e}"
