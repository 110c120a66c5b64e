"""Elements of a table taken from the places that indices name along one of its dimensions, or put there:
as text.

Of several tables, one after the other; indices and the other elements lie in rows. An index that is no
place of the table sets a flag, and nothing is written for it. Where an index names whole slices, elements
that lie side by side are moved together.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.lower import NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

GATHER, SCATTER, ADD = "gather", "scatter", "add"
# The types of elements that are moved, by their width, and of those that are added, by NumPy's letter.
_MOVED = {1: "i8", 2: "i16", 4: "i32", 8: "i64"}
_ADDED = {"f": "float", "d": "double"}
# The numbers that the function is given: how many tables, rows of indices and indices in a row; how many
# places there are, and how far apart, and neighbours' elements; how far rows of indices are apart; then
# where table, indices and other elements begin, each with the bytes to the next table's; and the flag.
GIVEN = (
    "tables", "rows", "columns", "places", "apart", "beside", "pitch",
    "table", "table.step", "index", "index.step", "other", "other.step", "flag",
)  # fmt: skip


def picking(what: str, char: str, width: int, size: int) -> Compiled | None:
    """The function for elements of a type (NumPy's letter and bytes), or None."""
    kind = _ADDED.get(char) if what == ADD else _MOVED.get(width)
    if kind is None or not available():
        return None
    made = _picking(what, kind)
    return made if made.is_ready(size) else None


# The same of the function of slices: how many elements they have, and how far they lie apart in table and
# other.
GIVEN_SLICES = (
    "tables", "rows", "columns", "places", "table", "table.step", "table.pitch", "index",
    "other", "other.step", "other.pitch", "flag",
)  # fmt: skip


def slicing(what: str, char: str, size: int) -> Compiled | None:
    """The function for slices: of bytes, or where they are added of elements of a type; or None."""
    kind = _ADDED.get(char) if what == ADD else "i8"
    if kind is None or not available():
        return None
    made = _slicing(what, kind)
    return made if made.is_ready(size) else None


def every() -> list[Compiled]:
    """All functions."""
    if not available():
        return []
    moved = [_picking(what, kind) for what in (GATHER, SCATTER) for kind in _MOVED.values()]
    added = [_picking(ADD, kind) for kind in _ADDED.values()]
    slices = [_slicing(ADD, kind) for kind in _ADDED.values()]
    return [*moved, *added, _slicing(GATHER, "i8"), *slices]


@cache
def _picking(what: str, kind: str) -> Compiled:
    lines = _begin(GIVEN)
    lines += [
        "  br label %one",
        "one:",
        "  %t = phi i64 [ 0, %entry ], [ %t.next, %one.end ]",
        "  %here = phi ptr [ %table, %entry ], [ %here.next, %one.end ]",
        "  %index.one = phi ptr [ %index, %entry ], [ %index.one.next, %one.end ]",
        "  %other.one = phi ptr [ %other, %entry ], [ %other.one.next, %one.end ]",
        "  br label %row",
        "row:",
        "  %r = phi i64 [ 0, %one ], [ %r.next, %row.end ]",
        "  %down = mul i64 %r, %pitch",
        "  %index.row = getelementptr i64, ptr %index.one, i64 %down",
        f"  %other.row = getelementptr {kind}, ptr %other.one, i64 %down",
        "  br label %each",
        "each:",
        "  %c = phi i64 [ 0, %row ], [ %c.next, %each.end ]",
        "  %k.at = getelementptr i64, ptr %index.row, i64 %c",
        "  %k = load i64, ptr %k.at, align 1",
        f"  %place.other = getelementptr {kind}, ptr %other.row, i64 %c",
        "  %is.place = icmp ult i64 %k, %places",
        "  br i1 %is.place, label %there, label %wrong",
        "wrong:",
        "  store i64 1, ptr %flag, align 8",
        "  br label %each.end",
        "there:",
        "  %far = mul i64 %k, %apart",
        "  %along = mul i64 %c, %beside",
        "  %at = add i64 %far, %along",
        f"  %place.table = getelementptr {kind}, ptr %here, i64 %at",
    ]
    source, target = ("table", "other") if what == GATHER else ("other", "table")
    lines += [f"  %value = load {kind}, ptr %place.{source}, align 1"]
    if what == ADD:
        lines += [f"  %before = load {kind}, ptr %place.{target}, align 1"]
        lines += [f"  %sum = fadd {kind} %before, %value"]
    lines += [
        f"  store {kind} {'%sum' if what == ADD else '%value'}, ptr %place.{target}, align 1",
        "  br label %each.end",
        "each.end:",
        "  %c.next = add i64 %c, 1",
        "  %more.columns = icmp ult i64 %c.next, %columns",
        "  br i1 %more.columns, label %each, label %row.end",
        "row.end:",
        "  %r.next = add i64 %r, 1",
        "  %more.rows = icmp ult i64 %r.next, %rows",
        "  br i1 %more.rows, label %row, label %one.end",
        "one.end:",
        "  %t.next = add i64 %t, 1",
        "  %here.next = getelementptr i8, ptr %here, i64 %table.step",
        "  %index.one.next = getelementptr i8, ptr %index.one, i64 %index.step",
        "  %other.one.next = getelementptr i8, ptr %other.one, i64 %other.step",
        "  %more.tables = icmp ult i64 %t.next, %tables",
        "  br i1 %more.tables, label %one, label %exit",
        "exit:",
        "  ret void",
        "}",
        "",
    ]
    return Compiled("\n".join(lines), True, 8)


def _begin(given: Sequence[str]) -> list[str]:
    """The beginning of a function, which reads what it is given."""
    lines = [f"define void @{NAME}(ptr %args) nounwind {{", "entry:"]
    for i, name in enumerate(given):
        kind = "ptr" if name in ("table", "index", "other", "flag") else "i64"
        lines += [
            f"  %{name}.at = getelementptr i64, ptr %args, i64 {i}",
            f"  %{name} = load {kind}, ptr %{name}.at, align 8",
        ]
    return lines


# The bytes that are moved together.
_TOGETHER = 32
_BYTES = {"i8": 1, "float": 4, "double": 8}


@cache
def _slicing(what: str, kind: str) -> Compiled:
    element, count = kind, _TOGETHER // _BYTES[kind]

    def moved(mark: str, kind: str) -> list[str]:
        """What lies at `%mark` of both slices, a value of a kind."""
        source, target = ("table", "other") if what == GATHER else ("other", "table")
        lines = [
            f"  %{name}.{mark} = getelementptr {element}, ptr %{name}.slice, i64 %{mark}"
            for name in ("table", "other")
        ]
        value = f"%{mark}.value"
        lines += [f"  {value} = load {kind}, ptr %{source}.{mark}, align 1"]
        if what == ADD:
            lines += [f"  %{mark}.before = load {kind}, ptr %{target}.{mark}, align 1"]
            lines += [f"  %{mark}.sum = fadd {kind} %{mark}.before, {value}"]
            value = f"%{mark}.sum"
        return [*lines, f"  store {kind} {value}, ptr %{target}.{mark}, align 1"]

    lines = [
        *_begin(GIVEN_SLICES),
        f"  %whole = and i64 %columns, {-count}",
        "  %no.whole = icmp eq i64 %whole, 0",
        "  %no.rest = icmp eq i64 %whole, %columns",
        "  br label %one",
        "one:",
        "  %t = phi i64 [ 0, %entry ], [ %t.next, %one.end ]",
        "  %table.one = phi ptr [ %table, %entry ], [ %table.next, %one.end ]",
        "  %other.one = phi ptr [ %other, %entry ], [ %other.next, %one.end ]",
        "  br label %row",
        "row:",
        "  %r = phi i64 [ 0, %one ], [ %r.next, %row.end ]",
        "  %k.at = getelementptr i64, ptr %index, i64 %r",
        "  %k = load i64, ptr %k.at, align 1",
        "  %is.place = icmp ult i64 %k, %places",
        "  br i1 %is.place, label %there, label %wrong",
        "wrong:",
        "  store i64 1, ptr %flag, align 8",
        "  br label %row.end",
        "there:",
        "  %table.far = mul i64 %k, %table.pitch",
        "  %table.slice = getelementptr i8, ptr %table.one, i64 %table.far",
        "  %other.far = mul i64 %r, %other.pitch",
        "  %other.slice = getelementptr i8, ptr %other.one, i64 %other.far",
        "  br i1 %no.whole, label %rest, label %many",
        "many:",
        "  %c = phi i64 [ 0, %there ], [ %c.next, %many ]",
        *moved("c", f"<{count} x {kind}>"),
        f"  %c.next = add i64 %c, {count}",
        "  %c.more = icmp ult i64 %c.next, %whole",
        "  br i1 %c.more, label %many, label %rest",
        "rest:",
        "  br i1 %no.rest, label %row.end, label %single",
        "single:",
        "  %s = phi i64 [ %whole, %rest ], [ %s.next, %single ]",
        *moved("s", kind),
        "  %s.next = add i64 %s, 1",
        "  %s.more = icmp ult i64 %s.next, %columns",
        "  br i1 %s.more, label %single, label %row.end",
        "row.end:",
        "  %r.next = add i64 %r, 1",
        "  %more.rows = icmp ult i64 %r.next, %rows",
        "  br i1 %more.rows, label %row, label %one.end",
        "one.end:",
        "  %t.next = add i64 %t, 1",
        "  %table.next = getelementptr i8, ptr %table.one, i64 %table.step",
        "  %other.next = getelementptr i8, ptr %other.one, i64 %other.step",
        "  %more.tables = icmp ult i64 %t.next, %tables",
        "  br i1 %more.tables, label %one, label %exit",
        "exit:",
        "  ret void",
        "}",
        "",
    ]
    return Compiled("\n".join(lines), True, 1)
