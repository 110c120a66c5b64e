"""JSON Lines: a value on each line, such as one object for each row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.files import access, contents, jsontext
from tcalc.files.formats import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.files.columns import Wanted
    from tcalc.files.held import Held


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Any]:
    """The values in a file, a list also where there is one."""
    return jsontext.read_lines(access.checked(file, size, name), name, wanted.floats)


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts the items of a list, or the rows of a tensor, into a file, each on its line."""
    plain = contents.plain(value)
    is_many = isinstance(plain, list) or (hasattr(plain, "ndim") and plain.ndim > 0)
    rows = plain if is_many else [plain]
    text = b"".join([jsontext.write(row, name) for row in rows])
    return lambda file: access.put(file, text)


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """The columns of objects of one kind; else each value by the numbers and keys that lead to it."""
    return [entry for one in _held(file, size, name, None) for entry in one.entries]


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The same with their elements."""
    return _held(file, size, name, wanted.floats)


def _held(file: BinaryIO, size: int, name: str, floats: Any) -> list[Held]:
    return jsontext.held_of(
        jsontext.read_lines(access.checked(file, size, name), name, floats), floats
    )
