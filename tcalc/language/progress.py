"""Progress bars, as `tqdm` has them: on a terminal's standard error, and nowhere else.

The clock is read only when a bar may be due: after so many steps as took about a tenth of a second
the last time.
"""

from __future__ import annotations

import sys
from time import monotonic
from weakref import ref

from tcalc.language import attributes
from tcalc.language.bars import BLOCKS, DIGITS, clock, drawn, scaled
from tcalc.language.lent import Lent
from tcalc.language.streams import Output
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tcalc.runtime.base.progress import Task

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_INTERVAL = 0.1
# What says how a bar looks or how often it is drawn; here it always looks the same.
_LOOKS = frozenset(
    "bar_format colour delay dynamic_ncols gui lock_args maxinterval mininterval miniters "
    "nrows position smoothing write_bytes".split()
)
# The bars that stand on the last lines of the terminal, from the top; the cursor is on the first.
_drawn: list[ref[tqdm]] = []


class tqdm(Lent):
    """Shows how far it has come, while its items are gone through or `update` is called

    for batch in tqdm(loader, desc="training"):
        ...
    """

    __slots__ = (
        "_blocks", "_closed", "_desc", "_divisor", "_due", "_first", "_items", "_most", "_postfix",
        "_scale", "_shown", "_start", "_unit", "_width", "disable", "initial", "leave", "n", "total",
    )  # fmt: skip
    _public_ = frozenset(
        "clear close desc disable display initial iterable leave n postfix refresh reset "
        "set_description set_description_str set_postfix set_postfix_str total unit update write "
        "format_dict".split()
    )
    _writable_ = frozenset({"desc", "disable", "leave", "n", "total"})

    def __init__(
        self,
        iterable: Any = None,
        desc: str | None = None,
        total: Any = None,
        leave: bool | None = True,
        file: Any = None,
        ncols: int | None = None,
        disable: bool | None = False,
        unit: str = "it",
        unit_scale: Any = False,
        unit_divisor: float = 1000,
        ascii: Any = None,
        initial: Any = 0,
        postfix: Any = None,
        **looks: Any,
    ) -> None:
        """iterable: what to go through. total: how many steps there are; told from what knows it.
        desc: what stands in front. unit: what a step is, of which unit_scale counts thousands (or as
        many as unit_divisor says). leave: whether the bar stays at its end; None is where it is the
        only one. ascii: whether it is drawn with digits. disable: to show nothing.
        """
        effect("tqdm")
        for name in looks:
            if name not in _LOOKS:
                raise TypeError(f"tqdm() got an unexpected keyword argument '{name}'")
        self._items = iterable
        if total is None and iterable is not None:
            try:
                total = len(iterable)
            except (TypeError, AttributeError):
                total = None
        self.total = None if total is None or total == float("inf") else total
        self.n = self.initial = initial
        self.leave, self.disable = None if leave is None else bool(leave), bool(disable)
        self._desc = "" if desc is None else str_of(desc)
        self._unit, self._scale = str_of(unit), bool(unit_scale)
        self._divisor = 1024 if unit_divisor == 1024 else 1000
        self._blocks = DIGITS if ascii else BLOCKS
        self._width = ncols if type(ncols) is int else None
        self._postfix = "" if postfix is None else _pairs(postfix, {})
        self._shown = not self.disable and sys.stderr.isatty() and _is_ours(file)
        self._closed = False
        # Steps from which on the clock is read again, and most that this may be ahead.
        self._due = self._first = initial
        self._most = 1
        self._start = monotonic() if self._shown else 0.0
        if self._shown:
            self.refresh()

    @property
    def desc(self) -> str:
        """What stands in front of the bar"""
        return self._desc

    @desc.setter
    def desc(self, desc: Any) -> None:
        self._desc = "" if desc is None else str_of(desc)

    unit = property(lambda self: self._unit)
    postfix = property(lambda self: self._postfix)
    iterable = property(lambda self: self._items)

    def __iter__(self) -> Iterator[Any]:
        if not self._shown:
            for item in self._items:
                yield item
                self.n += 1
            return
        try:
            for item in self._items:
                yield item
                self.n += 1
                if self.n >= self._due:
                    self._tick()
        finally:
            self.close()

    def __len__(self) -> int:
        return len(self._items) if self.total is None else int(self.total)

    def __bool__(self) -> bool:
        return self.total is None or bool(self.total)

    def __enter__(self) -> tqdm:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @silent
    def update(self, n: Any = 1) -> None:
        """Some steps were made"""
        self.n += n
        if self._shown and self.n >= self._due:
            effect("update")
            self._tick()

    def set_description(self, desc: Any = None, refresh: bool = True) -> None:
        """What stands in front of the bar"""
        self._desc = "" if desc is None else f"{str_of(desc)}: "
        self._maybe(refresh)

    def set_description_str(self, desc: Any = None, refresh: bool = True) -> None:
        """What stands in front of the bar, without a colon"""
        self._desc = "" if desc is None else str_of(desc)
        self._maybe(refresh)

    def set_postfix(self, ordered_dict: Any = None, refresh: bool = True, **kwargs: Any) -> None:
        """Values that stand behind the bar, by name"""
        if not self._shown:
            return  # what values look like takes longer than a step
        self._postfix = _pairs(ordered_dict, kwargs)
        self._maybe(refresh)

    def set_postfix_str(self, s: Any = "", refresh: bool = True) -> None:
        """What stands behind the bar"""
        self._postfix = str_of(s)
        self._maybe(refresh)

    def reset(self, total: Any = None) -> None:
        """Begin anew"""
        self.n, self._closed = 0, False
        self._due, self._first, self._most = 0, 0, 1
        self.total = self.total if total is None else total
        self._start = monotonic() if self._shown else 0.0
        self._maybe(True)

    def refresh(self, nolock: bool = False, lock_args: Any = None) -> bool:
        """Draw the bar now"""
        if self._shown and not self._closed:
            effect("refresh")
            self._draw()
        return True

    def display(self, msg: Any = None, pos: Any = None) -> bool:
        """Draw the bar now"""
        return self.refresh()

    def clear(self, nolock: bool = False) -> None:
        """Take the bar off the terminal, until it is drawn again"""
        if self._shown and not self._closed:
            _put_at(_place(self), "")

    def close(self) -> None:
        """The last step was made"""
        if self._closed:
            return
        self._closed = True
        if not self._shown:
            return
        effect("close")
        place = _place(self)
        if self.leave or (self.leave is None and not place):
            _put_at(0, self._text())
            _drawn[:] = [bar for bar in _drawn if bar() is not self]
            _put("\n")
        else:
            _put_at(place, "")
            _drawn[:] = [bar for bar in _drawn if bar() is not self]
        if len(_drawn) > place:  # those below move up
            _put_at(len(_drawn), "")
            _draw_all()

    def __del__(self) -> None:
        # `tqdm(total=n)` need not be closed.
        if hasattr(self, "_start"):
            self.close()

    @staticmethod
    def write(s: Any, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Print a line above the bars"""
        effect("write")
        for place in range(len(_drawn)):
            _put_at(place, "")
        text = str_of(s) + str_of(end)
        target = current().instead.get("stdout") if file is None else file
        if target is None:
            current().write(text)
            current().flush()
        else:
            attributes.read(target, "write")(text)
        _draw_all()

    @property
    def format_dict(self) -> dict[str, Any]:
        """How far it is, as a dict"""
        elapsed = monotonic() - self._start if self._shown else 0.0
        return {
            "n": self.n, "total": self.total, "elapsed": elapsed, "unit": self._unit,
            "prefix": self._desc, "postfix": self._postfix, "initial": self.initial,
            "rate": (self.n - self._first) / elapsed if elapsed > 0 else None,
        }  # fmt: skip

    # -- drawing --------------------------------------------------------------------------------

    def _maybe(self, refresh: Any) -> None:
        if refresh and self._shown and self.n >= self._due:
            self._tick()

    def _tick(self) -> None:
        """Draw if it is time, and say when it may be again."""
        passed = monotonic() - self._start
        if self._closed or passed <= 0:
            return
        steps = self.n - self._first
        self._most = min(2 * self._most, max(1, int(steps * _INTERVAL / passed)))
        self._due = self.n + self._most
        self._draw()

    def _draw(self) -> None:
        _put_at(_place(self), self._text())

    def _text(self) -> str:
        """The bar as a line of the terminal."""
        from tcalc.display.escape import escape

        parts = [escape(part) for part in (self._desc, self._unit, self._postfix)]
        text = self._line(*[part.replace("\n", " ") for part in parts])
        return text[: self._columns() - 1]

    def _columns(self) -> int:
        if self._width is not None:
            return max(10, min(self._width, 1000))
        import os

        try:
            return os.get_terminal_size(sys.stderr.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _line(self, desc: str, unit: str, postfix: str) -> str:
        elapsed = monotonic() - self._start
        done = self.n - self._first
        rate = done / elapsed if elapsed > 0 and done else None
        front = desc if desc.endswith(": ") or not desc else f"{desc}: "
        behind = f", {postfix}" if postfix else ""
        count = self._count(self.n)
        speed = self._speed(rate, unit)
        if not self.total:
            return f"{front}{count}{unit} [{clock(elapsed)}, {speed}{behind}]"
        part = min(1.0, max(0.0, self.n / self.total))
        left = (self.total - self.n) / rate if rate else None
        times = f"{clock(elapsed)}<{'?' if left is None else clock(left)}"
        head = f"{front}{100 * self.n / self.total:3.0f}%|"
        tail = f"| {count}/{self._count(self.total)} [{times}, {speed}{behind}]"
        width = max(10, self._columns() - 1 - len(head) - len(tail))
        return head + drawn(part, width, self._blocks) + tail

    def _count(self, number: Any) -> str:
        return scaled(number, self._divisor) if self._scale else str_of(number)

    def _speed(self, rate: float | None, unit: str) -> str:
        if not rate:
            return f"?{unit}/s"
        if rate < 1:
            return f"{1 / rate:5.2f}s/{unit}"
        return f"{scaled(rate, self._divisor) if self._scale else f'{rate:5.2f}'}{unit}/s"


def _is_ours(file: Any) -> bool:
    """Whether a bar for a file is one for the terminal."""
    return file is None or type(file) is Output


def _put(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


# What stands for work of the runtime's that takes long.
_of_task: list[tqdm] = []


def show_task(task: Task | None) -> None:
    """Draw how far work of the runtime's has come; None once it is over, and nothing is left.

    Where a program shows a bar of its own, that is enough.
    """
    if task is None:
        while _of_task:
            _of_task.pop().close()
        return
    if not _of_task:
        if _drawn:
            return
        unit = f" {task.unit}" if task.unit not in ("", "B") else task.unit
        bar = tqdm(desc=task.what, leave=False, unit=unit, unit_scale=True)
        bar._start = task.start
        _of_task.append(bar)
    bar = _of_task[0]
    bar.desc, bar.total = task.what, task.total
    bar.n = task.done if task.total is None else min(task.done, task.total)
    bar.refresh()


class _Ends:
    """What the session flushes when what it runs has ended: then bars that stand there stay."""

    def flush(self) -> None:
        """Let what follows begin below the bars."""
        _draw_all()
        _put("\n" * len(_drawn))
        _drawn.clear()


_ends = _Ends()


def _place(bar: tqdm) -> int:
    """On which line below the cursor a bar stands; a new one below all others."""
    if not _drawn:
        current().writers.add(_ends)
    _drawn[:] = [other for other in _drawn if other() is not None]
    for place, other in enumerate(_drawn):
        if other() is bar:
            return place
    _drawn.append(ref(bar))
    return len(_drawn) - 1


def _put_at(place: int, text: str) -> None:
    """Write a line so far below the cursor, which stays where it is."""
    _put("\n" * place + f"\r{text}\x1b[K" + "\x1b[A" * place + ("" if text else "\r"))


def _draw_all() -> None:
    for bar in [found for other in _drawn if (found := other()) is not None]:
        bar.refresh()


def _pairs(values: Any, more: dict[str, Any]) -> str:
    """Values behind a bar, each with its name."""
    found = {**({} if values is None else dict(values)), **more}
    return ", ".join([f"{str_of(key)}={_short(value)}" for key, value in found.items()])


def _short(value: Any) -> str:
    if type(value) is float or type(value) is int:
        text = f"{value:.3g}"
        plain = str(value)
        return plain if len(plain) < len(text) else text
    return str_of(value).strip()


def trange(*args: Any, **kwargs: Any) -> tqdm:
    """A progress bar over range(*args)"""
    return tqdm(range(*args), **kwargs)
