"""`:time`, `:bench` and `:profile`: how long a statement takes, and what that time goes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tcalc.parser.lexer import tokenize
from tcalc.parser.tokens import CLOSERS
from tcalc.prompt.command import CommandError
from tcalc.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.host import Stopwatch
    from tcalc.prompt.repl import Repl

_REPEATS = 7
# Of statements side by side: most turns of each, and how many there are however long they take.
_TURNS, _LEAST_TURNS = 15, 3
# Seconds that one repeat takes at least, and after how many no further one begins.
_LEAST, _MOST = 0.05, 3.0


class Measure(NamedTuple):
    """Seconds that a turn took in each of some repeats, of so many loops, in order of time."""

    each: list[float]
    loops: int

    @property
    def middle(self) -> float:
        """The median."""
        return max(sorted(self.each)[len(self.each) // 2], 1e-12)

    @property
    def spread(self) -> float:
        """Half of the middle half's width, in percent of the median."""
        return _spread(self.each, self.middle)


def time(repl: Repl, rest: str) -> None:
    """Time a statement: as many loops as make a measurable while, several times over.

    What it leaves is computed and not shown, and what it has done is taken back.
    """
    loops, repeats, expression = _options(rest)
    if not expression:
        raise CommandError(":time needs an expression", "for instance :time randn(100) @ ones(100)")
    from tcalc.stopwatch import stopwatch

    with repl.aside() as settled:
        spent = stopwatch(repl.session, Source(expression, "<:time>"), repl.clock)
        measure = _measured(spent, loops, repeats, settled)
    counted = f"{measure.loops:,} loop{'s' if measure.loops > 1 else ''}"
    count = len(measure.each)
    if count == 1:
        repl.answer(f"{_seconds(measure.each[0])} ({counted})")
        return
    repl.answer(
        f"{_seconds(measure.middle)} ± {measure.spread:.0f} %, best {_seconds(min(measure.each))} "
        f"(median of {count} × {counted})"
    )


def _measured(
    spent: Stopwatch, loops: int | None, repeats: int | None, settled: Callable[[], None]
) -> Measure:
    total = spent(1)  # what happens once only: generating an op's code, importing its family
    settled()
    if loops is None:
        loops, seconds, before = _enough(spent)
        total += before
        each = [seconds / loops]
    else:
        each = [spent(loops) / loops]
    most = repeats or _REPEATS
    while len(each) < most and (repeats or total + sum(each) * loops < _MOST):
        each.append(spent(loops) / loops)
    return Measure(each, loops)


def _enough(spent: Stopwatch) -> tuple[int, float, float]:
    """Loops that make a measurable while, what they took, and what it took to find out."""
    loops, seconds, before = 1, spent(1), 0.0
    while seconds < _LEAST:
        before += seconds
        loops = _more(loops, seconds)
        seconds = spent(loops)
    return loops, seconds, before


def _options(rest: str) -> tuple[int | None, int | None, str]:
    """`-n LOOPS -r REPEATS` in front of an expression, each only if it is there, and the rest."""
    found: dict[str, int] = {}
    while match := re.match(r"-([nr])\s*([1-9]\d{0,8})\s+", rest):
        found[match[1]] = int(match[2])
        rest = rest[match.end() :]
    return found.get("n"), found.get("r"), rest


def bench(repl: Repl, rest: str) -> None:
    """Time statements side by side: a turn of each after the other, so that what slows the machine
    slows them all. Ratios are those of turns that stood side by side.
    """
    parts = [part for part in _alternatives(rest) if part]
    if len(parts) < 2:
        raise CommandError(
            ":bench needs two or more expressions with | between them",
            "for instance :bench x @ x | x.mm(x); a | that is an operator goes into brackets",
        )
    from tcalc.stopwatch import stopwatch

    with repl.aside() as settled:
        all_spent = [stopwatch(repl.session, Source(p, "<:bench>"), repl.clock) for p in parts]
        for spent in all_spent:
            spent(1)
        settled()
        counts = [_enough(spent)[0] for spent in all_spent]
        turns: list[list[float]] = [[] for _ in parts]
        total = 0.0
        while len(turns[0]) < _TURNS and (total < _MOST or len(turns[0]) < _LEAST_TURNS):
            for spent, loops, each in zip(all_spent, counts, turns):
                seconds = spent(loops)
                total += seconds
                each.append(seconds / loops)
    _answer_bench(repl, parts, [Measure(*found) for found in zip(turns, counts)])


def _answer_bench(repl: Repl, parts: list[str], measures: list[Measure]) -> None:
    first = measures[0]
    rows = []
    for at, (part, measure) in enumerate(zip(parts, measures)):
        ratio = ""
        if at:
            each = sorted(one / max(other, 1e-12) for one, other in zip(measure.each, first.each))
            usual = max(each[len(each) // 2], 1e-12)
            ratio = f"{usual:.2f} × ± {_spread(each, usual):.0f} %"
        text = " ".join(part.split())
        rows.append((text, _seconds(measure.middle), f"± {measure.spread:.0f} %", ratio))
    wide = [max(map(len, column)) for column in zip(*rows)]
    room = max(12, repl.width - sum(wide[1:]) - 6)
    wide[0] = min(wide[0], room)
    lines = []
    for text, middle, spread, ratio in rows:
        text = text if len(text) <= room else text[: room - 1] + "…"
        line = f"{text:{wide[0]}}  {middle:>{wide[1]}}  {spread:>{wide[2]}}  {ratio:>{wide[3]}}"
        lines.append(line.rstrip())
    repl.answer("\n".join(lines) + f"\n({len(first.each)} turns of each, one after the other)")


def _spread(each: list[float], middle: float) -> float:
    ordered, count = sorted(each), len(each)
    return 50 * (ordered[3 * count // 4] - ordered[count // 4]) / middle


def _alternatives(text: str) -> list[str]:
    """The parts of a text between the `|` that stand in no bracket and no string.

    >>> _alternatives("a | (b | c) | '|'")
    ['a', '(b | c)', "'|'"]
    """
    tokens = tokenize(text)
    deep, begin, parts = 0, 0, []
    for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends):
        if kind in CLOSERS:
            deep += 1
        elif kind in CLOSERS.values():
            deep -= 1
        elif kind == "|" and deep == 0:
            parts.append(text[begin:start].strip())
            begin = end
    return [*parts, text[begin:].strip()]


def _more(loops: int, seconds: float) -> int:
    """The next round number of loops towards the one that takes long enough.

    >>> _more(1, 0.001), _more(10, 0.01), _more(100, 0.03)
    (10, 50, 200)
    """
    # A first guess from few loops is too rough to be followed far.
    wanted = max(loops * min(10.0, _LEAST / max(seconds, 1e-9)), loops + 1)
    size: int = 10 ** (len(str(int(wanted))) - 1)
    return next(size * step for step in (1, 2, 5, 10) if size * step >= wanted)


def _seconds(value: float) -> str:
    """A time in the unit that suits it.

    >>> _seconds(0.0000123)
    '12.3 µs'
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


_ROWS, _NAME_WIDTH = 12, 45


def profile(repl: Repl, expression: str) -> None:
    """Show which ops the time of a statement goes to, once what happens at first use is past.

    What it leaves is computed and not shown, and what it has done is taken back.
    """
    if not expression:
        raise CommandError(
            ":profile needs an expression", "for instance :profile rand(9, 9).inverse()"
        )
    from tcalc.library.profiler import profiler
    from tcalc.stopwatch import stopwatch

    with repl.aside():
        spent = stopwatch(repl.session, Source(expression, "<:profile>"), repl.clock)
        spent(1)
        with profiler.profile() as prof:
            spent(1)
    table = prof.key_averages().table(
        "self_cpu_time_total", _ROWS, max_name_column_width=_NAME_WIDTH
    )
    repl.answer(table.rstrip("\n") or "no op was called")
