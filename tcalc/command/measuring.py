"""What the elements of a file's arrays are, told in a few numbers by one pass over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.display.statistics import Running, Statistics
from tcalc.files.fields import is_blank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcalc.files.held import Held

# So many different texts are told apart, and counted.
MOST_DIFFERENT = 1000


class Texts:
    """What the texts of a column are: how many, how many blank, the first and last in order.

    is_whole: whether all were seen; the first of a column may have looked like numbers.
    """

    def __init__(self, is_whole: bool) -> None:
        self.is_whole = is_whole
        self.count = self.blanks = 0
        self.smallest: str | None = None
        self.largest: str | None = None
        self.different: set[str] = set()

    def add(self, block: Sequence[str]) -> None:
        """Take some fields into account."""
        fields = [field for field in block if not is_blank(field)]
        self.count += len(fields)
        self.blanks += len(block) - len(fields)
        if not fields:
            return
        low, high = min(fields), max(fields)
        self.smallest = low if self.smallest is None else min(low, self.smallest)
        self.largest = high if self.largest is None else max(high, self.largest)
        if len(self.different) <= MOST_DIFFERENT:
            self.different.update(fields)


class _Measure:
    """What is known so far of arrays that are told of together."""

    def __init__(self) -> None:
        self.numbers: Running | None = None
        self.texts: Texts | None = None

    def add(self, block: Any) -> None:
        if isinstance(block, list):
            if self.texts is None:
                self.texts = Texts(self.numbers is None)
                if self.numbers is not None:
                    self.texts.blanks = self.numbers.statistics().nans
            self.texts.add(block)
        elif self.texts is None:
            if self.numbers is None:
                self.numbers = Running(block.dtype.char)
            self.numbers.add(block)

    def found(self) -> Statistics | Texts | None:
        if self.texts is not None:
            return self.texts
        return None if self.numbers is None else self.numbers.statistics()


def measured(held: Sequence[Held], groups: Mapping[int, int]) -> dict[int, Statistics | Texts]:
    """What the elements of arrays are, by the group of each. groups: which group an array is of.

    Arrays are numbered through all of `held`; one without elements is left out.
    """
    measures: dict[int, _Measure] = {}
    start = 0
    for one in held:
        every = range(len(one.entries))
        mine = [measures.setdefault(groups[start + at], _Measure()) for at in every]
        for blocks in one.blocks(every):
            for measure, block in zip(mine, blocks):
                if len(block):
                    measure.add(block)
        start += len(one.entries)
    found = {group: measure.found() for group, measure in measures.items()}
    return {group: one for group, one in found.items() if one is not None}
