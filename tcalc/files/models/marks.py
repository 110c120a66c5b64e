"""How files of models begin."""

from __future__ import annotations

# A zip archive's first entry: its mark, and where the length of its name and the name stand.
ZIPPED = b"PK\3\4"
_LENGTH, _NAME = slice(26, 28), 30
PICKLE = "data.pkl"
# PyTorch's files from before 1.6: a pickle of the number that says what they are.
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
# No header of a safetensors file is longer.
LONGEST_HEADER = 100_000_000


def is_checkpoint(data: bytes) -> bool:
    """Whether bytes begin as a file of PyTorch's."""
    if data[:4] != ZIPPED:
        return data.startswith(LEGACY)
    length = int.from_bytes(data[_LENGTH], "little")
    return data[_NAME : _NAME + length].endswith(b"/" + PICKLE.encode())


def is_safetensors(data: bytes) -> bool:
    """Whether bytes begin as a safetensors file: the length of a header, and the header."""
    return data[8:10] in (b'{"', b"{}") and int.from_bytes(data[:8], "little") <= LONGEST_HEADER
