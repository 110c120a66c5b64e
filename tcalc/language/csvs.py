"""Rows of text fields with separators: read from lines, written to anything with `write`."""

from __future__ import annotations

import csv
from io import StringIO

from tcalc.language import attributes
from tcalc.language.lent import Lent, lend, need_text
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Self

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

DIALECTS = ("excel", "excel-tab", "unix")
_TEXTS = ("delimiter", "escapechar", "lineterminator", "quotechar")
_SWITCHES = ("doublequote", "skipinitialspace", "strict")
_PLAIN = frozenset({str, int, float, bool, type(None)})


def _options(dialect: Any, given: dict[str, Any]) -> dict[str, Any]:
    """How rows are spelled, checked."""
    if need_text("dialect", dialect) not in DIALECTS:
        raise csv.Error("unknown dialect")
    options: dict[str, Any] = {"dialect": dialect}
    for name, value in given.items():
        if name in _TEXTS and value is not None:
            options[name] = need_text(name, value)
        elif name in _SWITCHES:
            options[name] = bool(value)
        elif name == "quoting" and type(value) is int:
            options[name] = value
        elif value is not None or name not in _TEXTS:
            raise TypeError(f"'{name}' is an invalid keyword argument for this function")
    return options


class reader(Lent):
    """The rows of lines of text, each a list of fields: csv.reader(open("x.csv"))"""

    __slots__ = ("_at_work", "_lines", "_rows", "line_num")
    _public_ = frozenset({"line_num"})

    def __init__(self, csvfile: Any, dialect: str = "excel", **fmtparams: Any) -> None:
        options = _options(dialect, fmtparams)
        self._lines = iter(csvfile)
        self._at_work = False
        self.line_num = 0
        self._rows = csv.reader(self._read(), **options)

    def _read(self) -> Iterator[str]:
        for line in self._lines:
            if type(line) is not str:
                raise csv.Error(f"iterator should return strings, not {type(line).__name__}")
            self.line_num += 1
            yield line

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> List:
        if self._at_work:
            raise RuntimeError("cannot re-enter the reader")
        self._at_work = True
        try:
            return List(next(self._rows))
        finally:
            self._at_work = False


class writer(Lent):
    """Writes rows of fields as lines of text: csv.writer(file).writerow(["a", 1])"""

    __slots__ = ("_file", "_options")
    _public_ = frozenset({"writerow", "writerows"})

    def __init__(self, csvfile: Any, dialect: str = "excel", **fmtparams: Any) -> None:
        self._options = _options(dialect, fmtparams)
        csv.writer(StringIO(), **self._options)  # it tells of options that do not go together
        attributes.read(csvfile, "write")
        self._file = csvfile

    @silent
    def writerow(self, row: Any, /) -> Any:
        """Write one row"""
        effect("writerow")
        fields = [field if type(field) in _PLAIN else str_of(field) for field in row]
        line = StringIO()
        csv.writer(line, **self._options).writerow(fields)
        return attributes.read(self._file, "write")(line.getvalue())

    @silent
    def writerows(self, rows: Any, /) -> None:
        """Write several"""
        for row in rows:
            self.writerow(row)


class DictReader(Lent):
    """The rows of lines of text, each a dict by the names in the first"""

    __slots__ = ("_names", "_reader", "_rest", "_restval")
    _public_ = frozenset({"fieldnames", "line_num"})

    def __init__(
        self,
        f: Any,
        fieldnames: Any = None,
        restkey: Any = None,
        restval: Any = None,
        dialect: str = "excel",
        **kwds: Any,
    ) -> None:
        """restkey: the key of fields without a name; restval: the value of those that lack."""
        self._names = None if fieldnames is None else List(fieldnames)
        self._rest, self._restval = restkey, restval
        self._reader = reader(f, dialect, **kwds)

    line_num = property(lambda self: self._reader.line_num)

    @property
    def fieldnames(self) -> List | None:
        """The names"""
        if self._names is None:
            self._names = next(self._reader, None)
        return self._names

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> dict[Any, Any]:
        names = self.fieldnames
        row = next(self._reader)
        while not row:
            row = next(self._reader)
        names = List() if names is None else names
        made = dict(zip(names, row))
        if len(row) > len(names):
            made[self._rest] = row[len(names) :]
        for name in names[len(row) :]:
            made[name] = self._restval
        return made


class DictWriter(Lent):
    """Writes dicts as rows of fields, in the order of given names"""

    __slots__ = ("_extra", "_restval", "_writer", "fieldnames")
    _public_ = frozenset({"fieldnames", "writeheader", "writerow", "writerows"})

    def __init__(
        self,
        f: Any,
        fieldnames: Any,
        restval: Any = "",
        extrasaction: str = "raise",
        dialect: str = "excel",
        **kwds: Any,
    ) -> None:
        """restval: what stands for a name that lacks; extrasaction: "raise" or "ignore" others."""
        if extrasaction not in ("raise", "ignore"):
            raise ValueError(f"extrasaction ({extrasaction}) must be 'raise' or 'ignore'")
        self.fieldnames = List(fieldnames)
        self._restval, self._extra = restval, extrasaction
        self._writer = writer(f, dialect, **kwds)

    @silent
    def writeheader(self) -> Any:
        """Write the names"""
        return self._writer.writerow(self.fieldnames)

    @silent
    def writerow(self, rowdict: dict[Any, Any], /) -> Any:
        """Write one row"""
        if not isinstance(rowdict, dict):
            raise TypeError(f"a row is a dict, not {type(rowdict).__name__}")
        row = dict(dict.items(rowdict))
        others = [key for key in row if key not in self.fieldnames]
        if others and self._extra == "raise":
            shown = ", ".join([repr(key) if type(key) is str else str_of(key) for key in others])
            raise ValueError(f"dict contains fields not in fieldnames: {shown}")
        return self._writer.writerow([row.get(name, self._restval) for name in self.fieldnames])

    @silent
    def writerows(self, rowdicts: Any, /) -> None:
        """Write several"""
        for row in rowdicts:
            self.writerow(row)


CLASSES = lend("csv", reader, writer, DictReader, DictWriter)
