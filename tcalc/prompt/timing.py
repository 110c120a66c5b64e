"""`:time` and `:profile`: how long a statement takes, and what that time goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.prompt.command import CommandError
from tcalc.source import Source

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl

_REPEATS = 7
# Seconds that one repeat takes at least, and after how many no further one begins.
_LEAST, _MOST = 0.05, 3.0


def time(repl: Repl, expression: str) -> None:
    """Time a statement: as many loops as make a measurable while, several times over.

    What it leaves is computed and not shown, and what it assigns is forgotten.
    """
    if not expression:
        raise CommandError(":time needs an expression", "for instance :time randn(100) @ ones(100)")
    from tcalc.stopwatch import stopwatch

    spent = stopwatch(repl.session, Source(expression, "<:time>"), repl.clock)
    total = spent(1)  # what happens once only: generating an op's code, importing its family
    loops, seconds = 1, spent(1)
    while seconds < _LEAST:
        total += seconds
        loops = _more(loops, seconds)
        seconds = spent(loops)
    each = [seconds / loops]
    while len(each) < _REPEATS and total + sum(each) * loops < _MOST:
        each.append(spent(loops) / loops)
    each.sort()
    counted = f"{loops:,} loop{'s' if loops > 1 else ''}"
    if len(each) == 1:
        repl.answer(f"{_seconds(each[0])} ({counted})")
        return
    count, middle = len(each), max(each[len(each) // 2], 1e-12)
    spread = 50 * (each[3 * count // 4] - each[count // 4]) / middle  # half of it, in percent
    repl.answer(
        f"{_seconds(middle)} ± {spread:.0f} %, best {_seconds(each[0])} "
        f"(median of {count} × {counted})"
    )


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

    What it leaves is computed and not shown, and what it assigns is forgotten.
    """
    if not expression:
        raise CommandError(
            ":profile needs an expression", "for instance :profile rand(9, 9).inverse()"
        )
    from tcalc.library.profiler import profiler
    from tcalc.stopwatch import stopwatch

    spent = stopwatch(repl.session, Source(expression, "<:profile>"), repl.clock)
    spent(1)
    with profiler.profile() as prof:
        spent(1)
    table = prof.key_averages().table(
        "self_cpu_time_total", _ROWS, max_name_column_width=_NAME_WIDTH
    )
    repl.answer(table.rstrip("\n") or "no op was called")
