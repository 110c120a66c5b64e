"""MT19937's words by compiled code, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.lazy.compiled.kernels import address, available
from tcalc.runtime.lazy.compiled.words import WORDS, words
from tcalc.runtime.lazy.hazards import announce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array

# Times the state that is made at a time, so that they stay in the cache.
_TOGETHER = 64
_WORD = np.dtype(np.uint32)


def is_ready(n: int) -> bool:
    """Whether `n` words are made here."""
    return available() and words().is_ready(n)


class Twister:
    """MT19937 from a state of 624 words, of which those from a position on are yet to be given."""

    __slots__ = ("_left", "_sequence")

    def __init__(self, key: Sequence[int], position: int) -> None:
        self._sequence = np.empty((1 + _TOGETHER) * WORDS, _WORD)
        self._sequence[:WORDS] = key
        self._left = _tempered(self._sequence[position:WORDS])

    def words(self, n: int) -> Array:
        """The next `n` words."""
        left = self._left
        start = left.size
        states = max(0, -(-(n - start) // WORDS))
        found = np.empty(start + states * WORDS, _WORD)
        if start:
            found[:start] = left
        sequence, at = self._sequence, address(found) + start * _WORD.itemsize
        if states:
            announce(sequence)  # a line at the prompt may be taken back
        while states:
            some = min(states, _TOGETHER)
            words().take([address(sequence), at, some])
            at += some * WORDS * _WORD.itemsize
            states -= some
        if start or n < found.size:
            self._left = found[n:].copy()
        return found[:n]

    def key(self) -> Sequence[int]:
        """The words of the state."""
        found: list[int] = self._sequence[:WORDS].tolist()
        return found


def _tempered(words: Array) -> Array:
    """What is given of words of the state."""
    found = words ^ (words >> 11)
    found ^= (found << 7) & np.uint32(0x9D2C5680)
    found ^= (found << 15) & np.uint32(0xEFC60000)
    return found ^ (found >> 18)
