"""Numbers as words for a terminal, all of one width, and how each is written: zeros dim, and what
is not finite with a mark that takes no colour to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.display import numbers
from tcalc.display.ink import ABOUT, ALARM, PLAIN
from tcalc.display.values import host
from tcalc.runtime.types.codes import COMPLEXES, EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Cell = tuple[str, str]  # a word, and how it is written

# Before nan and inf.
MARK = "!"
_BLOCK = 1 << 16


class Speller:
    """Spells parts of an array, (*,) with at least one element, as PyTorch spells all of it.

    width: the cells that every word takes. All elements are looked at once, a block at a time.

    >>> spell = Speller(np.array([0.0, 1.5, np.nan]))
    >>> spell(np.array([1.5, np.nan])), spell.width
    ([('1.5000', ''), ('  !nan', 'alarm')], 6)
    """

    def __init__(self, array: np.ndarray) -> None:
        char = array.dtype.char
        self._words: Callable[[np.ndarray], list[str]]
        if char in EXACT:
            ends = (array.min(), array.max())
            self._words = lambda values: list(map(str, values.tolist()))
            self.width = max(len(str(end)) for end in ends)
            return
        if char in COMPLEXES:
            real, imag = _Part(array.real), _Part(array.imag)
            self._words = lambda a: numbers.joined(
                real.words(a.real.tolist()), imag.words(a.imag.tolist())
            )
            # Each imaginary part has a sign, and one mark stands for both parts.
            self.width = real.width + imag.signed + len("j")
        else:
            part = _Part(array)
            self._words = lambda a: part.words(a.tolist())
            self.width = part.width

    def __call__(self, part: np.ndarray) -> list[Cell]:
        """The words of some of the elements, in row-major order."""
        values = _wide(part).reshape(-1)
        words = self._words(values)
        inks = [ABOUT if zero else PLAIN for zero in (values == 0).tolist()]
        if part.dtype.char not in EXACT:
            for at in np.flatnonzero(~np.isfinite(values)).tolist():
                inks[at], words[at] = ALARM, MARK + words[at].lstrip()
        return [(word.rjust(self.width), ink) for word, ink in zip(words, inks)]


class _Part:
    """Floats, or the real or imaginary parts of complex numbers.

    width: of the widest word and its mark; signed: where all have a sign.
    """

    def __init__(self, array: np.ndarray) -> None:
        extremes: list[float] = []
        integral = True
        odd: set[str] = set()
        for block in _blocks(array):
            values = block.astype(np.float64)
            plain = np.isfinite(values) & (values != 0)
            if not plain.all():
                # The few values that there can be beside the plain ones.
                odd.update(map(str, np.unique(values[~plain]).tolist()))
                if np.signbit(values[values == 0]).any():
                    odd.add("-0.0")
            values = values[plain]
            integral = integral and bool((values == np.rint(values)).all())
            extremes = _ends(extremes, values)
        self._notation = numbers.Notation(extremes, integral) if extremes else None
        shown = [word.strip() for word in self.words([*extremes, *map(float, odd)])]
        shown = [word if word[-1].isdigit() or word[-1] == "." else MARK + word for word in shown]
        self.width = max(map(len, shown))
        self.signed = max(len(word) + (word[0] != "-") for word in shown)

    def words(self, values: Sequence[float]) -> list[str]:
        return self._notation.words(values) if self._notation else numbers.column(values, True)[0]


def _ends(before: Sequence[float], values: np.ndarray) -> list[float]:
    """The extremes on either side of 0, of those before and more."""
    both = np.concatenate([np.asarray(before, np.float64), values.reshape(-1)])
    sides = (both[both > 0], both[both < 0])
    return [float(end) for side in sides if side.size for end in (side.min(), side.max())]


def _blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """The elements in blocks, in any order; no copy of the whole is made."""
    if array.size <= _BLOCK or array.ndim == 0:
        yield host(array)
        return
    # Along the first dimension, as many of its items at a time as make a block.
    step = _BLOCK * len(array) // array.size
    if step:
        for at in range(0, len(array), step):
            yield host(array[at : at + step])
    else:
        for part in array:
            yield from _blocks(part)


def _wide(array: np.ndarray) -> np.ndarray:
    """The array in a dtype of NumPy's own that holds all its values."""
    if array.dtype.char in EXACT:
        return array
    return array.astype(np.complex128 if array.dtype.char in COMPLEXES else np.float64)
