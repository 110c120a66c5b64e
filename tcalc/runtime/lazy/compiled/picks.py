"""Elements of a table taken from the places that indices name along one of its dimensions, or put there:
as text.

Of several tables, one after the other; indices and the other elements lie in rows. An index that is no
place of the table sets a flag, and nothing is written for it.
"""

from __future__ import annotations

from functools import cache

from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.lower import NAME

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


def every() -> list[Compiled]:
    """All functions."""
    moved = [_picking(what, kind) for what in (GATHER, SCATTER) for kind in _MOVED.values()]
    return [*moved, *[_picking(ADD, kind) for kind in _ADDED.values()]] if available() else []


@cache
def _picking(what: str, kind: str) -> Compiled:
    lines = [f"define void @{NAME}(ptr %args) nounwind {{", "entry:"]
    for i, name in enumerate(GIVEN):
        given = "ptr" if name in ("table", "index", "other", "flag") else "i64"
        lines += [
            f"  %{name}.at = getelementptr i64, ptr %args, i64 {i}",
            f"  %{name} = load {given}, ptr %{name}.at, align 8",
        ]
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
