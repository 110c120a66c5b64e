"""PNG files, written: each row as it is, deflated."""

from __future__ import annotations

import zlib
from struct import pack
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tcalc.library.images.image import Image

_MARK = b"\x89PNG\r\n\x1a\n"
# By mode, PNG's number of its colours.
_COLORS = {"L": 0, "1": 0, "RGB": 2, "LA": 4, "RGBA": 6}
_DEPTH = 8


def png(image: Image, level: int = 6) -> bytes:
    """The bytes of a PNG file. level: how much time packing takes, from 0 to 9."""
    bands = image.bands()
    if image.mode == "1":
        bands = bands.astype(np.uint8) * 255
    height, width = bands.shape[:2]
    # Each row begins with a byte that says how it is written: 0, as it is.
    rows = np.zeros((height, 1 + width * bands.shape[2]), np.uint8)
    rows[:, 1:] = bands.reshape(height, -1)
    header = pack(">IIBBBBB", width, height, _DEPTH, _COLORS[image.mode], 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), level)), (b"IEND", b""))
    return _MARK + b"".join(_part(kind, data) for kind, data in parts)


def _part(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
