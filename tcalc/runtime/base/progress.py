"""How far long work has come: told from its first second on, where somebody shows it.

Who does the work begins a Task, tells it how far it has come, and ends it. It costs a look at the
clock; where nobody shows anything, on no terminal, it costs nothing.
"""

from __future__ import annotations

from _thread import get_ident
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds before anything is shown, and between two times that it is.
PATIENCE, INTERVAL = 1.0, 0.1


class Task:
    """Work that is under way: what it is, how much of it is done, and how much there is.

    total: None where that is not known. unit: of what.
    """

    _constant_ = True
    __slots__ = ("_before", "_due", "done", "start", "total", "unit", "what")

    def __init__(self, what: str, total: int | None, unit: str, before: Task | None) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.done = 0
        self.start: float = monotonic() if before is None else before.start
        self._due = self.start + PATIENCE
        self._before = before

    def advance(self, count: int = 1) -> None:
        """So much more is done."""
        self.reach(self.done + count)

    def reach(self, done: int) -> None:
        """So much is done in all."""
        self.done = done
        now = monotonic()
        if now >= self._due and get_ident() == settings.thread and settings.current is self:
            self._due = now + INTERVAL
            if settings.show is not None:
                settings.shown = True
                settings.show(self)

    def end(self) -> None:
        """It is over."""
        if settings.current is self:
            settings.current = self._before
            if settings.shown and settings.show is not None and self._before is None:
                settings.shown = False
                settings.show(None)

    def __enter__(self) -> Task:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class _Unshown(Task):
    """Stands for work of which nothing is shown."""

    __slots__ = ()

    def reach(self, done: int) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class _Settings:
    """show: gets the task that is under way, or None once it is over; None where nobody looks.
    thread: whose tasks are shown. current: the one under way. shown: whether it stands there."""

    __slots__ = ("current", "show", "shown", "thread")

    def __init__(self) -> None:
        self.show: Callable[[Task | None], object] | None = None
        self.thread = 0
        self.current: Task | None = None
        self.shown = False


settings = _Settings()
UNSHOWN = _Unshown("", None, "", None)


def show_by(show: Callable[[Task | None], object]) -> None:
    """Let what the main thread does be shown, by this."""
    settings.show, settings.thread = show, get_ident()


def begin(what: str, total: int | None = None, unit: str = "", *, part: bool = False) -> Task:
    """Work begins. part: it is a part of what is under way, and stands for that meanwhile."""
    before = settings.current
    if settings.show is None or (before is not None and not part) or get_ident() != settings.thread:
        return UNSHOWN
    task = settings.current = Task(what, total, unit, before)
    return task


def clear() -> None:
    """Take the line off the terminal, where something else is about to be written."""
    if settings.shown and settings.show is not None and get_ident() == settings.thread:
        settings.shown = False
        settings.show(None)


def drop() -> None:
    """Whatever was under way has ended without a word."""
    clear()
    settings.current = None
