"""Writing tables as text: what is written reads back as the same numbers, texts and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.files import rows, text
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, EXACT
from tcalc.runtime.types.dtypes import of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PIECE = 1 << 16
# What would be taken for something between fields, or for a comment.
_QUOTED = re.compile(r"""[\t;,"\r\n]|^\s|\s$|^#""")


def matrix(array: Any, separator: str, name: str, header: Sequence[str] | None = None) -> bytes:
    """A vector as one column, a matrix as rows; numbers have the digits that give them back."""
    if array.ndim > 2:
        raise ValueProblem(
            f"{name}: a table has two dims at most, not shape {list(array.shape)}",
            hint="save it as .npy",
        )
    cells = digits(array, name)
    width = array.shape[1] if array.ndim == 2 else 1
    lines = []
    if header is not None:
        lines.append(_header(header, separator, name))
    if width == 1:
        lines += cells
    else:
        lines += [separator.join(cells[i : i + width]) for i in range(0, len(cells), width)]
        lines += [""] * (array.shape[0] if not width else 0)
    return "".join(line + "\n" for line in lines).encode()


def columns(table: Mapping[str | int, Any], separator: str, name: str) -> bytes:
    """Columns of one length, arrays of numbers or lists of texts, under their names.

    Those called 0, 1, 2, … have no header, as those of a file without one are read.
    """
    spelled = [
        [_cell(word, separator, len(table), name) for word in column]
        if isinstance(column, list)
        else digits(column, name)
        for column in table.values()
    ]
    lines = list(map(separator.join, zip(*spelled)))
    if list(table) != list(range(len(table))):
        lines.insert(0, _header(list(map(str, table)), separator, name))
    try:
        return "".join(line + "\n" for line in lines).encode()
    except UnicodeEncodeError:
        raise ValueProblem(f"{name}: half of a surrogate pair is no text") from None


def digits(array: Any, name: str) -> list[str]:
    """Every number of an array as text."""
    flat = array.reshape(-1)
    if flat.dtype.char in COMPLEXES:
        raise ValueProblem(f"{name}: text has no complex numbers", hint="save it as .npy")
    # A piece at a time, so that signals are heeded in between.
    pieces = (flat[start : start + _PIECE] for start in range(0, len(flat), _PIECE))
    return [word for piece in pieces for word in _spelled(piece)]


def _spelled(flat: Any) -> Iterable[str]:
    if flat.dtype.char in EXACT:
        return map(str, (flat.view("u1") if flat.dtype.char in BOOLS else flat).tolist())
    if flat.dtype == "f8":
        return map(repr, flat.tolist())
    # NumPy's scalars print the fewest digits that give the same number of their own type.
    return map(str, flat.astype("f4") if of(flat.dtype).module else flat)


def _header(names: Sequence[str], separator: str, name: str) -> str:
    line = separator.join(_cell(word, separator, len(names), name) for word in names)
    # A mark of the byte order in front would be taken off.
    data = line.encode("utf-8", "replace").removeprefix(text.UTF8_MARK)
    if rows.layout(data, name, None if separator == " " else separator).names != list(names):
        raise ValueProblem(
            f"{name}: columns called {', '.join(map(repr, names))} would not be read back: names "
            "are texts without blanks around them, none a number, and not all of them blank",
        )
    return line


def _cell(word: str, separator: str, width: int, name: str) -> str:
    """One text, in quotes where it needs them."""
    if "\0" in word or len(word) >= rows.LONGEST_FIELD:
        raise ValueProblem(f"{name}: {word[:20]!r} is no text of a table")
    if separator == " ":
        if not word or re.search(r"\s", word) or _QUOTED.search(word) or "#" in word:
            raise ValueProblem(
                f"{name}: {word[:40]!r} cannot stand between blanks", hint="save it as .csv"
            )
        return word
    if _QUOTED.search(word) or (width == 1 and not word):
        return '"' + word.replace('"', '""') + '"'
    return word
