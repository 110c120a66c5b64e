"""Pictures as pixels, for terminals that take such: by Kitty's protocol, iTerm2's or as Sixel.

What goes out draws over cells that hold nothing and leaves the cursor where it was, so that the text
around a picture is written as ever.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tcalc.display.chart.sixel import sixel
from tcalc.runtime.base.png import png

if TYPE_CHECKING:
    from collections.abc import Callable

# Colours [h, w, 3] from 0 to 255, -1 where nothing is.
Pixels = NDArray[np.int16]
_CHUNK = 4096  # characters that Kitty's protocol takes at a time


@dataclass(frozen=True, slots=True)
class Screen:
    """How a terminal takes pixels.

    form: a name of FORMS. cell: the pixels of a cell, its width and height. reach: how many rows above
    the cursor it has.
    """

    form: str
    cell: tuple[int, int]
    reach: int


@dataclass(frozen=True, slots=True)
class Patch:
    """Pixels over cells: where its first one is, and how many rows and columns there are of them."""

    top: int
    left: int
    rows: int
    columns: int
    pixels: Pixels

    def put(self, screen: Screen, below: int, right: int) -> str:
        """What draws it, with the cursor so many rows below the row from which `top` counts, at the
        start of its row; `left` counts from a column."""
        way = f"\x1b[{below - self.top}A\x1b[{right + self.left + 1}G"
        return f"\x1b7{way}{FORMS[screen.form](self.pixels, self.rows, self.columns)}\x1b8"


def _file(pixels: Pixels) -> bytes:
    """A PNG, transparent where nothing is."""
    there = pixels[..., :1] >= 0
    parts = [pixels] if there.all() else [np.where(there, pixels, 0), 255 * there]
    return png(np.concatenate(parts, axis=2).astype(np.uint8))


def _kitty(pixels: Pixels, rows: int, columns: int) -> str:
    """A PNG in chunks. It is not answered, and the cursor stays."""
    text = b64encode(_file(pixels)).decode()
    chunks = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    keys = f"a=T,f=100,q=2,C=1,c={columns},r={rows},"
    made = ""
    for at, chunk in enumerate(chunks):
        made += f"\x1b_G{keys}m={int(at < len(chunks) - 1)};{chunk}\x1b\\"
        keys = ""
    return made


def _iterm2(pixels: Pixels, rows: int, columns: int) -> str:
    """A PNG as a file that is shown."""
    data = _file(pixels)
    keys = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=0"
    return f"\x1b]1337;File={keys}:{b64encode(data).decode()}\a"


def _sixel(pixels: Pixels, rows: int, columns: int) -> str:
    """It takes as many cells as its pixels do."""
    return sixel(pixels)


FORMS: dict[str, Callable[[Pixels, int, int], str]] = {
    "kitty": _kitty, "iterm2": _iterm2, "sixel": _sixel,
}  # fmt: skip
