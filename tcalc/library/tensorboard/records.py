"""How an event file holds its messages: each with its length and two checks (TFRecord).

A check is CRC-32C (Castagnoli), turned and shifted so that checks of data that holds checks differ.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint32]

_POLYNOMIAL = 0x82F63B78
_ALL = 0xFFFFFFFF
_TURN = 0xA282EAD8
_LENGTH, _CHECK = Struct("<Q"), Struct("<I")
# Longer data is taken in lanes of so many bytes, all at once.
_LANE = 64
_LONG = 1 << 16


def _bytewise() -> Words:
    """What each byte adds to a check."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table


_TABLE = _bytewise()
_INTS = _TABLE.tolist()


def crc32c(data: bytes) -> int:
    """The CRC-32C of bytes.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    if len(data) >= _LONG:
        return _in_lanes(data)
    check = _ALL
    for byte in data:
        check = _INTS[(check ^ byte) & 0xFF] ^ check >> 8
    return check ^ _ALL


def _in_lanes(data: bytes) -> int:
    """The same, of lanes side by side whose checks are then joined: a check is linear in the data.

    Zeros in front add nothing to a check that starts from 0, so that they fill the first lane; the
    start from all ones is in the first four bytes.
    """
    lanes = 1
    while lanes * _LANE < len(data):
        lanes *= 2
    padded = np.zeros(lanes * _LANE, np.uint8)
    padded[len(padded) - len(data) :] = np.frombuffer(data, np.uint8)
    padded[len(padded) - len(data) :][:4] ^= 0xFF
    checks = np.zeros(lanes, np.uint32)
    for column in padded.reshape(lanes, _LANE).T:
        checks = _TABLE[(checks ^ column) & 0xFF] ^ checks >> 8
    shift = _after_lane()
    while len(checks) > 1:
        checks = _moved(shift, checks[::2]) ^ checks[1::2]
        shift = [_moved(shift, part) for part in shift]
    return int(checks[0]) ^ _ALL


def _after_lane() -> list[Words]:
    """What the four bytes of a check become after a lane of zeros, a table each."""
    every = np.arange(256, dtype=np.uint32)
    shift = [_TABLE[every], *(every << np.uint32(8 * at) >> np.uint32(8) for at in (1, 2, 3))]
    size = 1
    while size < _LANE:
        shift = [_moved(shift, part) for part in shift]
        size *= 2
    return shift


def _moved(shift: list[Words], checks: Words) -> Words:
    made: Any = 0
    for at, table in enumerate(shift):
        made = made ^ table[checks >> np.uint32(8 * at) & np.uint32(0xFF)]
    moved: Words = made
    return moved


def _masked(data: bytes) -> bytes:
    check = crc32c(data)
    return _CHECK.pack(((check >> 15 | check << 17) + _TURN) & _ALL)


def record(data: bytes) -> bytes:
    """A message as a file holds it."""
    length = _LENGTH.pack(len(data))
    return length + _masked(length) + data + _masked(data)
