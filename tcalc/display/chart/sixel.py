"""Pixels as Sixel, the graphics of DEC's terminals: bands six pixels high, a colour at a time."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcalc.display.chart.pixels import Pixels

REGISTERS = 256
_HIGH = 6  # pixels of a band
# A colour as a number, and what is left of it where only its upper bits are looked at.
_PLACES, _COARSE = np.array([65536, 256, 1]), 0xF8F8F8
_FIRST = 0x3F  # the character of a column of a band with no pixel in it


def sixel(pixels: Pixels) -> str:
    """The escape that draws colours [h, w, 3] from 0 to 255 at the cursor; -1 is left as it was.

    >>> import numpy as np
    >>> sixel(np.full((1, 5, 3), 255, np.int16))
    '\\x1bP0;1;0q"1;1;5;1#0;2;100;100;100#0!5@\\x1b\\\\'
    """
    high, wide = pixels.shape[:2]
    colours, which = registers(pixels)
    parts = [
        "#{};2;{};{};{}".format(k, *c) for k, c in enumerate(np.rint(colours / 2.55).astype(int))
    ]
    bands = [_band(which[top : top + _HIGH]) for top in range(0, high, _HIGH)]
    return f'\x1bP0;1;0q"1;1;{wide};{high}{"".join(parts)}{"-".join(bands)}\x1b\\'


def _band(which: NDArray[np.intp]) -> str:
    """Each colour of a band over its whole width, one over the other."""
    used = np.unique(which)
    used = used[used >= 0]
    bits = np.zeros((len(used), which.shape[1]), np.uint8)
    for row, line in enumerate(which):
        there = np.flatnonzero(line >= 0)
        bits[np.searchsorted(used, line[there]), there] |= 1 << row
    return "$".join(f"#{colour}{_runs(row)}" for colour, row in zip(used.tolist(), bits))


def _runs(bits: NDArray[np.uint8]) -> str:
    """What repeats is written once, with how often; blanks at the end are left out."""
    starts = np.flatnonzero(np.concatenate([[True], bits[1:] != bits[:-1]]))
    counts = np.diff(starts, append=len(bits)).tolist()
    values = bits[starts].tolist()
    if not values[-1]:
        del values[-1]
    return "".join(
        f"!{n}{chr(_FIRST + value)}" if n > 3 else chr(_FIRST + value) * n
        for value, n in zip(values, counts)
    )


def registers(pixels: Pixels) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The colours [k, 3] that are enough, no more than there are registers, and which each pixel has.

    All there are where these are few; else by median cut: the box of colours that is widest for the
    pixels in it is halved until there are enough boxes, and each stands for the mean of its pixels.
    """
    there = pixels[..., 0] >= 0
    shown = pixels[there].astype(np.intp)
    keys = shown @ _PLACES
    found, inverse = np.unique(keys, return_inverse=True)
    if len(found) > REGISTERS:
        found, inverse, counts = np.unique(keys & _COARSE, return_inverse=True, return_counts=True)
        inverse = _boxes(found[:, None] // _PLACES % 256, counts)[inverse]
    each = np.bincount(inverse)[:, None]
    colours = np.stack([np.bincount(inverse, part) for part in shown.T], 1) / each
    which = np.full(there.shape, -1, np.intp)
    which[there] = inverse
    return colours, which


def _boxes(colours: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The box of each colour."""
    order = count()

    def weighed(members: NDArray[np.intp]) -> tuple[float, int, NDArray[np.intp]]:
        width = np.ptp(colours[members], axis=0).max()
        return -float(width * np.sqrt(counts[members].sum())), next(order), members

    heap = [weighed(np.arange(len(colours)))]
    heapify(heap)
    while len(heap) < min(REGISTERS, len(colours)):
        _, _, members = heappop(heap)
        axis = np.ptp(colours[members], axis=0).argmax()
        members = members[np.argsort(colours[members, axis], kind="stable")]
        sums = np.cumsum(counts[members])
        cut = int(np.clip(np.searchsorted(sums, sums[-1] / 2), 1, len(members) - 1))
        for half in (members[:cut], members[cut:]):
            heappush(heap, weighed(half))
    boxes = np.zeros(len(colours), np.intp)
    for at, (_, _, members) in enumerate(heap):
        boxes[members] = at
    return boxes
