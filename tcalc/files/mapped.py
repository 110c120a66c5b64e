"""Files whose numbers are left where they are until somebody looks at them.

A page that is written to becomes this process's own: the file stays as it is.
"""

from __future__ import annotations

from typing import IO, Any

from tcalc.errors import FileProblem, LimitError, shortage


def has_pages(file: IO[bytes]) -> bool:
    """Whether a file is one of the system's, which can be mapped."""
    try:
        return file.fileno() >= 0
    except OSError:
        return False


def pages(file: IO[bytes], name: str) -> Any:
    """The bytes of a file, mapped: each page is read when it is first looked at."""
    from mmap import ACCESS_COPY, mmap

    try:
        return mmap(file.fileno(), 0, access=ACCESS_COPY)
    except OSError as error:
        if shortage(error) is not None:
            raise LimitError(f"{name} does not fit the memory that may be mapped") from None
        raise FileProblem(f"{name} cannot be mapped: {error}", argument="f") from None
