"""Pixels as a PNG file."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tcalc.display.chart.pixels import Pixels


def png(pixels: Pixels) -> bytes:
    """The file of colours [h, w, 3] from 0 to 255, -1 where nothing is: that is transparent.

    >>> import numpy as np
    >>> png(np.zeros((1, 1, 3), np.int16))[:8]
    b'\\x89PNG\\r\\n\\x1a\\n'
    """
    high, wide = pixels.shape[:2]
    there = pixels[..., :1] >= 0
    kind, parts = 2, [pixels]
    if not there.all():
        kind, parts = 6, [np.where(there, pixels, 0), 255 * there]
    rows = np.concatenate(parts, axis=2).astype(np.uint8).reshape(high, -1)
    # Each row begins with the filter that it went through: none.
    data = zlib.compress(np.insert(rows, 0, 0, axis=1).tobytes())
    head = struct.pack(">IIBBBBB", wide, high, 8, kind, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n"
    for name, held in ((b"IHDR", head), (b"IDAT", data), (b"IEND", b"")):
        made += struct.pack(">I", len(held)) + name + held
        made += struct.pack(">I", zlib.crc32(name + held))
    return made
