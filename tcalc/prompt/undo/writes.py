"""Memory that is written to: what it held before, copied as the first write is announced.

Only memory that could be reached when the line began is of account. A write to a small part of a
large tensor copies that part, any other all of it, up to a limit for the line together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base import memory, threads
from tcalc.runtime.lazy.exposure import is_exposed, owner
from tcalc.runtime.lazy.hazards import Listener, before_write
from tcalc.runtime.lazy.pending import Pending

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

# Most bytes that are copied for one line, and most of those that a program may write to unseen.
MOST, MOST_UNSEEN = 1 << 30, 32 << 20
# A part that is no more than this share of its memory is copied by itself.
_SMALL, _PARTS = 8, 256


class _Memory:
    """One piece of memory: what it is, which parts were copied, whether all of it was or cannot be,
    and whether a program may write to it unseen."""

    __slots__ = ("done", "parts", "unseen", "whole")

    def __init__(self, whole: Array | None) -> None:
        self.whole = whole
        self.done = self.unseen = False
        self.parts: set[tuple[object, ...]] = set()


class Writes:
    """What one line writes to memory that was there before it."""

    def __init__(self) -> None:
        self._known: dict[int, _Memory] = {}
        self._waiting: list[Pending] = []
        # What was written to, in order, with what it held, and what it held at the end.
        self.held: list[tuple[Array, Array]] = []
        self._later: list[Array] = []
        # What a program can write to without our hearing of it, with what it held.
        self._unseen: list[tuple[Array, Array]] = []
        self.copied = 0
        self.lost: list[Array] = []
        self._listener = Listener(self.before)

    def know(self, value: Any, unseen: bool) -> None:
        """An array, or what waits to become one, can be reached. unseen: by a program itself."""
        if type(value) is Pending:
            if value.array is None:
                self._waiting.append(value)
                return
            value = value.array
        holder = owner(value)
        known = self._known.get(id(holder))
        if known is None:
            known = self._known[id(holder)] = _Memory(
                holder if type(holder) is type(value) else None
            )
        if not known.unseen and (unseen or is_exposed(value)):
            known.unseen = True
            self._keep_unseen(value if known.whole is None else known.whole)

    def _keep_unseen(self, array: Array) -> None:
        if array.nbytes <= MOST_UNSEEN - sum(copy.nbytes for _, copy in self._unseen):
            self._unseen.append((array, array.copy()))

    def begin(self) -> None:
        """Writes are announced from here on."""
        self._listener.open()

    def pause(self) -> None:
        """No more are, and what is copied by now is all that is put back."""
        self._listener.close()

    def end(self) -> None:
        """The line has ended."""
        self._listener.close()
        self._known.clear()
        self._waiting.clear()
        changed = [(a, c) for a, c in self._unseen if a.tobytes() != c.tobytes()]
        # What was copied later was copied after they were.
        self.held[:0] = changed
        self._unseen.clear()

    def before(self, array: Array) -> None:
        """Some memory is about to be written to."""
        known = self._known.get(id(owner(array)))
        if known is None:
            if not self._waiting or not self._has_come(array):
                return
            known = self._known[id(owner(array))]
        if known.done:
            return
        whole = known.whole
        if whole is None or (array.nbytes * _SMALL <= whole.nbytes and len(known.parts) < _PARTS):
            place = _place(array)
            if place not in known.parts and self._copy(array, known):
                known.parts.add(place)
            return
        known.done = True
        self._copy(whole, known)

    def _has_come(self, array: Array) -> bool:
        """Whether memory is that of something that was still to be computed as the line began."""
        come = [p for p in self._waiting if p.array is not None]
        if come:
            self._waiting = [p for p in self._waiting if p.array is None]
            for pending in come:
                self.know(pending, False)
        return id(owner(array)) in self._known

    def _copy(self, array: Array, known: _Memory) -> bool:
        if self.copied + array.nbytes > MOST or _is_short(array.nbytes):
            known.done = True
            self.lost.append(array if known.whole is None else known.whole)
            return False
        self.copied += array.nbytes
        self.held.append((array, array.copy()))
        return True

    def undo(self) -> None:
        """Put back what was there before the line."""
        self._later = [array.copy() for array, _ in self.held]
        with threads.uninterrupted():
            for array, held in reversed(self.held):
                _fill(array, held)

    def redo(self) -> None:
        """Put back what was there after it."""
        with threads.uninterrupted():
            for (array, _), held in zip(self.held, self._later):
                _fill(array, held)


def _fill(array: Array, held: Array) -> None:
    before_write(array)
    closed = not getattr(array.flags, "writeable", True)  # which other devices do not have
    if closed:
        array.flags.writeable = True
    array[...] = held
    if closed:
        array.flags.writeable = False


def _place(array: Array) -> tuple[object, ...]:
    """Which part of its memory an array is."""
    data = getattr(array, "__array_interface__", None)
    return (id(array) if data is None else data["data"][0], array.shape, array.strides)


def _is_short(nbytes: int) -> bool:
    """Whether a copy would take memory that the session itself needs."""
    if nbytes < memory.SMALL:
        return False
    return 2 * nbytes > memory.current_limit() - memory.resident()
