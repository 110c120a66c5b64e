"""From an element back to what made it, call by call, over as many runs as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays.strides import start_of
from tcalc.why.causes import Feed, cause, feeds, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.why.kept import Index, Kept, Place
    from tcalc.why.trace import Made, Tracer

# How many calls deep a value that is finite is followed, and operands of a call at fault; how many
# calls at most pass on a value that is not finite.
_DEPTH, _NEAR, _LONGEST = 4, 2, 100_000
# A trail that leaves what was kept is followed in so many further runs.
_RUNS = 8


class Origin:
    """A part of a tensor, and what made it: a call, or what came in at a place.

    made: the call that made its first element. own: whether what is not finite began there. parts:
    what it came of. place: where it came in, if no call made it. lost: whether that is not known.
    """

    __slots__ = ("first", "kept", "last", "lost", "made", "own", "parts", "place")

    def __init__(self, kept: Kept, first: Index, last: Index) -> None:
        self.kept = kept
        self.first = first
        self.last = last
        self.made: Made | None = None
        self.own = False
        self.parts: list[Origin] = []
        self.place: Place | None = None
        self.lost = False

    @property
    def is_one(self) -> bool:
        """Whether it is one element."""
        return self.first == self.last

    @property
    def values(self) -> Any:
        """What its elements were."""
        return self.kept.array[tuple([slice(i, j + 1) for i, j in zip(self.first, self.last)])]

    @property
    def is_finite(self) -> bool:
        """Whether it is one element, which is neither nan nor infinite."""
        return self.is_one and not kind_of(self.kept.array[self.first])


class Trail:
    """Follows elements through the runs of a tracer.

    rerun: makes another run that keeps the calls before one of a number, by the same numbers.
    """

    def __init__(self, tracer: Tracer, rerun: Callable[[int], Tracer]) -> None:
        self._tracer = tracer
        self._rerun = rerun
        self._runs = 0
        self._seen: set[Made] = set()

    def follow(self, kept: Kept, index: Index) -> Origin:
        """How an element came about: back to where it first was nan or infinite, else a few calls."""
        root = Origin(kept, index, index)
        self._back(root, self._tracer.count)
        return root

    def _back(self, origin: Origin, before: int) -> None:
        """Find what made a part, and what that came of; of what is not finite all the way."""
        for _ in range(_LONGEST):
            made = self._find(origin, before)
            if made is None:
                return
            record = made.record
            if not kind_of(record.outs[made.out].array[made.at]):
                self._finite(origin, made, _DEPTH)
                return
            if made in self._seen:
                return
            self._seen.add(made)
            found = cause(*made)
            if not found.own:
                part = _part(found.follow[0])
                origin.parts = [part]
                origin, before = part, record.number
                continue
            origin.own = True
            told = found.follow if found.follow and not record.is_elementwise else feeds(*made)
            origin.parts = [_part(feed) for feed in told]
            for part in origin.parts:
                if any(_is_part(part, feed) for feed in found.follow):
                    self._back(part, record.number)
                elif (known := self._find(part, record.number)) is not None and part.is_finite:
                    self._finite(part, known, _NEAR)
            return
        origin.lost = True

    def _finite(self, origin: Origin, made: Made, depth: int) -> None:
        """What a part came of, some calls deep; what was told already is not told again."""
        if made in self._seen:
            return
        self._seen.add(made)
        for feed in feeds(*made):
            part = _part(feed)
            origin.parts.append(part)
            found = self._find(part, made.record.number)
            if depth and found is not None and part.is_finite:
                self._finite(part, found, depth - 1)

    def _find(self, origin: Origin, before: int) -> Made | None:
        """Find the call that made the first element of a part."""
        kept = origin.kept
        root, address = kept.root, kept.address(origin.first)
        origin.made = self._tracer.writer(root, address, before)
        while origin.made is None and (lost := self._tracer.lost_at(root)) is not None:
            if self._runs == _RUNS:
                origin.lost = True
                return None
            self._runs += 1
            # Addresses differ from run to run; where in its memory an element lies does not.
            offset = address - start_of(root)
            self._tracer = self._rerun(lost)
            last = self._tracer.records[-1]
            root = next((out.root for out in last.outs if out.root.nbytes == root.nbytes), root)
            address = start_of(root) + offset
            origin.made = self._tracer.writer(root, address, lost + 1)
        if origin.made is None:
            origin.place = self._tracer.made_at(kept)
        return origin.made


def _part(feed: Feed) -> Origin:
    return Origin(feed.kept, feed.first, feed.last)


def _is_part(part: Origin, feed: Feed) -> bool:
    return part.kept is feed.kept and part.first == feed.first and part.last == feed.last
