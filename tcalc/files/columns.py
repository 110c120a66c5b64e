"""Which columns of a table are asked for, and how to ask for those that can be read."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import ArgumentError, ValueProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.files.rows import Layout

    Names = Sequence[str | int]

_NAMES_SHOWN = 12


def in_words(columns: Names, which: str) -> str:
    """What `which` columns a request reads; it gives numbers where a table has no header."""
    return which if isinstance(columns[0], str) else f"{which} (numbered from 0)"


def in_program(name: str, columns: Names | None, which: str) -> str | None:
    """How a program reads `which` columns, or where there are none to name, all by name."""
    if columns is None:
        return f"load({name!r}, table=True) gives its columns by name, text as lists"
    return f"load({name!r}, columns={list(columns)!r}) reads {in_words(columns, which)}"


def in_shell(name: str, columns: Names | None, which: str) -> str | None:
    """The same in a shell: by options, or by another command."""
    from shlex import quote

    if columns is not None:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(columns)
        asked = f"--columns {quote(line.getvalue())} reads {in_words(columns, which)}"
        # What came through standard input is gone.
        whole = "" if name.startswith("<") else f"; load({name!r}, table=True) has the text too"
        return asked + whole
    return None if name.startswith("<") else f"tcalc inspect {quote(name)} lists its columns"


class Wanted(NamedTuple):
    """What of a data file is asked for, and of which dtype.

    columns: of a table, names or numbers (from 0); one alone gives a vector. table: its columns by
    name. floats: NumPy's dtype of what are not whole numbers; None for the default dtype.
    ask: says how to ask for columns where the request was made, for hints. place: of a model, where
    its storages go (`map_location`). mapped: whether numbers are left in the file until they are
    looked at.
    """

    columns: Any = None
    table: bool = False
    floats: Any = None
    ask: Callable[[str, Names | None, str], str | None] = in_program
    place: Any = None
    mapped: bool = False


def split(text: str) -> str | list[str | int] | int:
    """The value of --columns: names between commas, quoted as in CSV, and numbers.

    >>> split("a,b"), split('"x, y"'), split("0"), split("v")
    (['a', 'b'], 'x, y', 0, 'v')
    """
    # No column of numbers is called by a number: a header holds none.
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError(f"{text!r} is no list of names: {error}") from None
    found = [int(word) if _is_whole(word) else word for word in (rows[0] if rows else [""])]
    return found[0] if len(found) == 1 else found


def _is_whole(word: str) -> bool:
    return word.strip().removeprefix("-").isascii() and word.strip().removeprefix("-").isdigit()


def chosen(columns: Any, table: Layout, name: str) -> list[int]:
    """The numbers of the columns that are asked for."""
    if isinstance(columns, (str, int)):
        columns = [columns]
    if not isinstance(columns, (list, tuple)):
        raise ArgumentError(
            f"columns must be a name, a number or a list of them, not {type(columns).__name__}",
            argument="columns",
        )
    if not columns:
        raise ValueProblem("columns must name one column at least", argument="columns")
    return [_number(column, table, name) for column in columns]


def _number(column: Any, table: Layout, name: str) -> int:
    if type(column) is int:
        if -table.width <= column < table.width:
            return column % table.width
        raise ValueProblem(
            f"{name} has no column {column}: there are {table.width}, numbered from 0",
            argument="columns",
        )
    names = table.names or []
    if type(column) is not str or column not in names:
        known = "columns " + _some(names) if names else "no header"
        raise ValueProblem(f"{name} has no column {column!r}: it has {known}", argument="columns")
    if names.count(column) > 1:
        raise ValueProblem(
            f"{name} has several columns {column!r}: give numbers, from 0", argument="columns"
        )
    return names.index(column)


def need_different(names: Names, name: str) -> None:
    """Refuse columns of one name where a name leads to a column."""
    for called in names:
        places = [at for at, other in enumerate(names) if other == called]
        if len(places) > 1:
            raise ValueProblem(
                f"{name} has several columns {called!r}, numbers {_some(places)} of those read",
                argument="table",
            )


def remedy(table: Layout, good: Sequence[int], name: str, wanted: Wanted) -> str | None:
    """The hint for text among numbers: how to read the columns `good`, or the text too."""
    names = table.names or []
    if not good:
        by_name = len(set(names)) == len(names) or wanted.ask is in_shell
        return wanted.ask(name, None, "") if by_name else None
    shown = list(good[:_NAMES_SHOWN])
    by_name = all(at < len(names) and _is_plain(names[at], names) for at in shown)
    cut = len(good) > len(shown)
    which = f"the first {len(shown)} of the {len(good)} columns" if cut else "the columns"
    asked: Names = [names[at] for at in shown] if by_name else shown
    return wanted.ask(name, asked, which + " of numbers")


def _is_plain(called: str, names: Sequence[str]) -> bool:
    """Whether a column can be asked for by name, also in a shell."""
    return called.isprintable() and bool(called) and names.count(called) == 1


def _some(names: Sequence[object]) -> str:
    shown = ", ".join(map(repr, names[:_NAMES_SHOWN]))
    return f"[{shown}, ...]" if len(names) > _NAMES_SHOWN else f"[{shown}]"
