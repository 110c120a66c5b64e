"""MT19937's words by compiled code, many at a time: each is made of one 624 words before it, its neighbour
and one 227 before, so that vectors of them are.

What is stored is the sequence that the generator's own state is 624 words of; a word that is given is
four shifts of one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.compiled.kernels import Kernel, address, available
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
from tcalc.runtime.lazy.compiled.steps import Run
from tcalc.runtime.lazy.hazards import announce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Array

WORDS, _MIDDLE = 624, 397
# Times the state that is made at a time, so that they stay in the cache.
_TOGETHER = 64
_WORD = np.dtype(np.uint32)


# The numbers that words are made with, as operands after the words before.
_NUMBERS = (0x80000000, 0x7FFFFFFF, 1, 0x9908B0DF, 11, 7, 0x9D2C5680, 15, 0xEFC60000, 18)


@cache
def _kernel() -> tuple[Kernel, list[Array], list[int]]:
    """What makes words, its numbers, and where they are. Arrays: the words 624, 623 and 227 before, the
    numbers; the word, and what is given of it."""
    constants = {value: 3 + i for i, value in enumerate(_NUMBERS)}
    steps: list[tuple[Any, tuple[int, ...], int]] = []

    def do(function: Any, *registers: int) -> int:
        steps.append((function, registers, 3 + len(constants) + len(steps)))
        return steps[-1][2]

    def shifted(how: Any, word: int, bits: int, mask: int = 0) -> int:
        moved = do(how, word, constants[bits])
        return do(
            np.bitwise_xor, word, do(np.bitwise_and, moved, constants[mask]) if mask else moved
        )

    high = do(np.bitwise_and, 0, constants[0x80000000])
    both = do(np.bitwise_or, high, do(np.bitwise_and, 1, constants[0x7FFFFFFF]))
    odd = do(np.multiply, do(np.bitwise_and, both, constants[1]), constants[0x9908B0DF])
    half = do(np.right_shift, both, constants[1])
    word = do(np.bitwise_xor, do(np.bitwise_xor, 2, half), odd)
    given = shifted(np.right_shift, word, 11)
    given = shifted(np.left_shift, given, 7, 0x9D2C5680)
    given = shifted(np.left_shift, given, 15, 0xEFC60000)
    given = shifted(np.right_shift, given, 18)
    run = Run(tuple(steps), tuple(range(3 + len(constants))), (word, given), True)
    layout = MOVING * 3 + NUMBER * len(constants) + MOVING * 2
    kernel = Kernel(run, [_WORD] * (given + 1), layout)
    numbers = [np.array(value, _WORD) for value in _NUMBERS]
    return kernel, numbers, [part for a in numbers for part in (address(a), 0)]


def is_ready(n: int) -> bool:
    """Whether `n` words are made here."""
    return available() and _kernel()[0].is_ready(n)


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
        blocks = max(0, -(-(n - left.size) // WORDS))
        found = np.empty(left.size + blocks * WORDS, _WORD)
        found[: left.size] = left
        at = left.size
        while blocks:
            some = min(blocks, _TOGETHER)
            self._make(found[at : at + some * WORDS])
            at, blocks = at + some * WORDS, blocks - some
        self._left = found[n:].copy()
        return found[:n]

    def _make(self, out: Array) -> None:
        kernel, _, numbers = _kernel()
        sequence, n = self._sequence, out.size
        announce(sequence)  # a line at the prompt may be taken back
        first, size = address(sequence), _WORD.itemsize
        before = [first, 0, first + size, 0, first + _MIDDLE * size, 0]
        kernel.take([1, n, *before, *numbers, first + WORDS * size, 0, address(out), 0])
        sequence[:WORDS] = sequence[n : n + WORDS].copy()

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
