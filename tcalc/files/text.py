"""Text in files: UTF-8, or UTF-16 where a mark at the beginning says so."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from tcalc.errors import FileProblem

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BUFFER = 1 << 18
_HINT = "iconv -f latin1 -t utf-8 FILE > NEW makes UTF-8 of Latin-1"


def utf8(data: bytes, name: str) -> bytes:
    """The same text in UTF-8 without a mark of the byte order; FileProblem for what is none."""
    if data.startswith(UTF16_MARKS):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError as error:
            raise FileProblem(
                f"{name} begins as UTF-16 text and is none: {getattr(error, 'reason', error)} "
                f"at byte {getattr(error, 'start', 0)}"
            ) from None
    data = data.removeprefix(UTF8_MARK)
    if b"\0" in data:
        raise FileProblem(f"{name} is not text: it holds zero bytes")
    return data


class _Shared(io.RawIOBase):
    """A file that is read through another one, and stays open when that is closed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def stream(data: bytes | BinaryIO, start: int = 0, newline: str | None = "") -> io.TextIOWrapper:
    """The lines from a byte on, decoded as they are asked for; ends of lines as they are ("")."""
    raw: Any = io.BytesIO(data) if isinstance(data, bytes) else data
    raw.seek(start)
    if not isinstance(data, bytes):
        raw = io.BufferedReader(_Shared(data), _BUFFER)
    return io.TextIOWrapper(raw, "utf-8", newline=newline)


def undecodable(data: bytes | BinaryIO, name: str) -> FileProblem:
    """The error for bytes that are no UTF-8, with the place of the first of them."""
    if not isinstance(data, bytes):
        return FileProblem(f"{name} is not UTF-8 text", hint=_HINT)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return FileProblem(
            f"{name}, line {line}: byte {error.start} (0x{data[error.start]:02x}) is not UTF-8 text",
            hint=_HINT,
        )
    return FileProblem(f"{name} is not UTF-8 text")
