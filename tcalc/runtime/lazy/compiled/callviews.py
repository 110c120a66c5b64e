"""Views in machine code: a tensor in, a tensor on the same memory out, no Python between.

They are builtins of Python's (see `calls`), which make what the short path of a view makes: NumPy's array
on the same memory, the tensor's storage where it has none yet, the View that tells how it was made, and the
tensor. Arguments that are not as usual, or wrong, are left to Python: then they give None.
"""

from __future__ import annotations

from tcalc.runtime.lazy.compiled import callcopies, viewparts, viewshapes
from tcalc.runtime.lazy.compiled.calls import DIMENSIONS, DTYPE, FLAGS, TYPE, WRITEABLE
from tcalc.runtime.lazy.compiled.lines import equal, field, unless
from tcalc.runtime.lazy.compiled.viewlines import (
    CLONED,
    COPIED,
    COUNT,
    DETACHED,
    DIAGONAL,
    DIVIDED,
    EXPANDED,
    FILLED,
    ITEMS,
    MOST_DIMS,
    ORDER,
    PART,
    SIZED,
    SQUEEZED,
    UNSQUEEZED,
    ZEROED,
    filled,
    item,
    kept,
    put,
    words,
)


def names() -> tuple[str, ...]:
    """The functions."""
    copies = (CLONED, ZEROED, FILLED, COPIED)
    return *copies, ORDER, SIZED, EXPANDED, UNSQUEEZED, SQUEEZED, DIAGONAL, PART, DIVIDED, DETACHED


def text() -> str:
    """Their text, without the module around it."""
    helpers = (
        _object,
        _tuple,
        _source,
        _number,
        _numbers,
        _wrapped,
        _values,
        _memory,
        _free,
        _shown,
    )
    lines = [line for write in helpers for line in (*write(), "")]
    return "\n".join([*lines, *viewshapes.text(), *viewparts.text(), *callcopies.text()])


def _object() -> list[str]:
    """A new object of a type, or null."""
    return _unseen("object", "ptr %kind", "call ptr %new_object(ptr %kind, i64 0)")


def _tuple() -> list[str]:
    """A new tuple of so many items, or null."""
    return _unseen("tuple", "i64 %count", "call ptr %new_tuple(i64 %count)")


def _unseen(name: str, given: str, make: str) -> list[str]:
    """A function that makes something while no garbage is collected: that runs code of the program (the
    `finally` of a generator), which may write to what was looked at, or free it."""
    return [
        f'define internal ptr @view.{name}(ptr %site, {given}) nounwind "no-builtins" {{',
        "entry:",
        *words("new_object", "new_tuple", "pause", "resume"),
        "  %before = call i32 %pause()",
        f"  %made = {make}",
        "  %was.on = icmp ne i32 %before, 0",
        "  br i1 %was.on, label %again, label %exit",
        "again:",
        "  %as.before = call i32 %resume()",
        "  br label %exit",
        "exit:",
        "  ret ptr %made",
        "}",
    ]


def _source() -> list[str]:
    """The array of a tensor that has one of few dimensions, or null."""
    return [
        'define internal ptr @view.source(ptr %site, ptr %source) nounwind "no-builtins" {',
        "entry:",
        *words("tensor", "parameter", "array", "at_array"),
        *field("kind", "%source", TYPE, "ptr"),
        equal("is.tensor", "%kind", "%tensor", "ptr"),
        equal("is.parameter", "%kind", "%parameter", "ptr"),
        "  %is.either = or i1 %is.tensor, %is.parameter",
        *unless("is.either", "no", "of.tensor"),
        *field("held", "%source", "%at_array", "ptr"),
        *field("type", "%held", TYPE, "ptr"),
        equal("is.array", "%type", "%array", "ptr"),
        *unless("is.array", "no", "of.array"),
        *field("dims", "%held", DIMENSIONS, "i32"),
        f"  %are.few = icmp ule i32 %dims, {MOST_DIMS}",
        "  br i1 %are.few, label %yes, label %no",
        "yes:",
        "  ret ptr %held",
        "no:",
        "  ret ptr null",
        "}",
    ]


def _number() -> list[str]:
    """Whether an object is an int of no great size, which is left where one can read it."""
    return [
        'define internal i1 @view.number(ptr %site, ptr %object, ptr %into) nounwind "no-builtins" {',
        "entry:",
        "  %over = alloca i32, align 4",
        *words("int", "whole"),
        *field("type", "%object", TYPE, "ptr"),
        equal("is.int", "%type", "%int", "ptr"),
        *unless("is.int", "no", "read"),
        "  %value = call i64 %whole(ptr %object, ptr %over)",
        "  store i64 %value, ptr %into, align 8",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        f"  %raised = add i64 %value, {1 << 40}",
        f"  %is.small = icmp ult i64 %raised, {1 << 41}",
        "  %is.well = and i1 %fits, %is.small",
        "  ret i1 %is.well",
        "no:",
        "  ret i1 false",
        "}",
    ]


def _numbers() -> list[str]:
    """The tuple whose ints are read, that which is given or one in it, or null; how many there are
    comes first."""
    return [
        'define internal ptr @view.numbers(ptr %site, ptr %given, ptr %into) nounwind "no-builtins" {',
        "entry:",
        *words("tuple", "size"),
        "  br label %look",
        "look:",
        "  %this = phi ptr [ %given, %entry ], [ %inner, %within ]",
        *field("type", "%this", TYPE, "ptr"),
        equal("is.tuple", "%type", "%tuple", "ptr"),
        equal("is.size", "%type", "%size", "ptr"),
        "  %is.either = or i1 %is.tuple, %is.size",
        *unless("is.either", "no", "count"),
        *field("length", "%this", COUNT),
        f"  %are.few = icmp ule i64 %length, {MOST_DIMS}",
        *unless("are.few", "no", "few"),
        "  store i64 %length, ptr %into, align 8",
        f"  %items = getelementptr i8, ptr %this, i64 {ITEMS}",
        "  %is.single = icmp eq i64 %length, 1",
        "  %is.outer = icmp eq ptr %this, %given",
        "  %may.hold = and i1 %is.single, %is.outer",
        "  br i1 %may.hold, label %single, label %each",
        "single:",
        "  %inner = load ptr, ptr %items, align 8",
        *field("inner.type", "%inner", TYPE, "ptr"),
        equal("inner.tuple", "%inner.type", "%tuple", "ptr"),
        equal("inner.size", "%inner.type", "%size", "ptr"),
        "  %holds = or i1 %inner.tuple, %inner.size",
        "  br i1 %holds, label %within, label %each",
        "within:",
        "  br label %look",
        "each:",
        "  %i = phi i64 [ 0, %few ], [ 0, %single ], [ %i.next, %read ]",
        "  %is.end = icmp uge i64 %i, %length",
        "  br i1 %is.end, label %yes, label %one",
        "one:",
        *item("item", "%items", "%i", "ptr"),
        "  %i.next = add i64 %i, 1",
        "  %room = getelementptr i64, ptr %into, i64 %i.next",
        "  %is.int = call i1 @view.number(ptr %site, ptr %item, ptr %room)",
        "  br i1 %is.int, label %read, label %no",
        "read:",
        "  br label %each",
        "yes:",
        "  ret ptr %this",
        "no:",
        "  ret ptr null",
        "}",
    ]


def _wrapped() -> list[str]:
    """A dimension counted from the front, or -1."""
    return [
        'define internal i64 @view.wrapped(i64 %dim, i64 %count) nounwind "no-builtins" {',
        "entry:",
        "  %is.behind = icmp slt i64 %dim, 0",
        "  %from.end = add i64 %dim, %count",
        "  %place = select i1 %is.behind, i64 %from.end, i64 %dim",
        "  %is.there = icmp ult i64 %place, %count",
        "  %found = select i1 %is.there, i64 %place, i64 -1",
        "  ret i64 %found",
        "}",
    ]


def _values() -> list[str]:
    """A tuple of objects, or null."""
    return [
        'define internal ptr @view.values(ptr %site, ptr %given, i64 %count) nounwind "no-builtins" {',
        "entry:",
        *words("take"),
        "  %made = call ptr @view.tuple(ptr %site, i64 %count)",
        "  %is.none = icmp eq ptr %made, null",
        "  br i1 %is.none, label %exit, label %begin",
        "begin:",
        f"  %items = getelementptr i8, ptr %made, i64 {ITEMS}",
        "  br label %each",
        "each:",
        "  %i = phi i64 [ 0, %begin ], [ %i.next, %one ]",
        "  %is.end = icmp uge i64 %i, %count",
        "  br i1 %is.end, label %exit, label %one",
        "one:",
        *item("item", "%given", "%i", "ptr"),
        "  call void %take(ptr %item)",
        *put("%item", "%items", "%i", "item", "ptr"),
        "  %i.next = add i64 %i, 1",
        "  br label %each",
        "exit:",
        "  ret ptr %made",
        "}",
    ]


def _memory() -> list[str]:
    """A tensor's storage, which it has from now on; null where there is no memory."""
    return [
        'define internal ptr @view.memory(ptr %site, ptr %source, ptr %held) nounwind "no-builtins" {',
        "entry:",
        *words("storage", "none", "zero", "take", "drop"),
        *words("at_storage", "at_memory", "at_version"),
        *field("own", "%source", "%at_storage", "ptr"),
        equal("is.new", "%own", "%none", "ptr"),
        "  br i1 %is.new, label %make, label %there",
        "there:",
        "  ret ptr %own",
        "make:",
        "  %made = call ptr @view.object(ptr %site, ptr %storage)",
        "  %is.none = icmp eq ptr %made, null",
        "  br i1 %is.none, label %failed, label %fill",
        "fill:",
        *kept("memory", "%held", "%made", "%at_memory"),
        *kept("version", "%zero", "%made", "%at_version"),
        *filled("storage", "%made", "%source", "%at_storage"),
        "  call void %drop(ptr %none)",
        "  ret ptr %made",
        "failed:",
        "  ret ptr null",
        "}",
    ]


def _free() -> list[str]:
    """Whether no gradient can flow to a tensor, or to what it shows."""
    return [
        'define internal i1 @view.free(ptr %site, ptr %source) nounwind "no-builtins" {',
        "entry:",
        *words("none", "at_end", "at_view", "at_base"),
        *field("end", "%source", "%at_end", "ptr"),
        equal("is.free", "%end", "%none", "ptr"),
        *unless("is.free", "no", "free"),
        *field("how", "%source", "%at_view", "ptr"),
        equal("is.own", "%how", "%none", "ptr"),
        "  br i1 %is.own, label %yes, label %based",
        "based:",
        *field("base", "%how", "%at_base", "ptr"),
        *field("base.end", "%base", "%at_end", "ptr"),
        equal("base.free", "%base.end", "%none", "ptr"),
        "  br i1 %base.free, label %yes, label %no",
        "yes:",
        "  ret i1 true",
        "no:",
        "  ret i1 false",
        "}",
    ]


def _shown() -> list[str]:
    """The tensor on an array's memory from some place on, with sizes and steps; its end of the graph is
    True where it may have one. Null where there is no memory. values: of the call, which it takes over. kind,
    index: the type of the word of how it was made, and which it is of several, or null."""
    return [
        "define internal ptr @view.shown(ptr %site, ptr %source, ptr %held, ptr %data, i64 %dims, ptr %sizes,"
        ' ptr %steps, ptr %op, ptr %values, ptr %kind, ptr %index) nounwind "no-builtins" {',
        "entry:",
        *words("tensor", "array", "none", "true", "mode", "enabled"),
        *words("new_array", "set_base", "take", "drop", "clear", "attribute"),
        *words("at_array", "at_end", "at_storage", "at_view", "at_version", "at_base"),
        *words("at_parent", "at_op", "at_values", "at_since", "at_tracked", "at_index"),
        *field("dtype", "%held", DTYPE, "ptr"),
        *field("flags", "%held", FLAGS, "i32"),
        f"  %access = and i32 %flags, {WRITEABLE}",
        "  %count = trunc i64 %dims to i32",
        "  call void %take(ptr %dtype)",
        "  %shown = call ptr %new_array(ptr %array, ptr %dtype, i32 %count, ptr %sizes, ptr %steps,"
        " ptr %data, i32 %access, ptr null)",
        "  %tracked = call ptr %attribute(ptr %mode, ptr %enabled)",
        "  %how = call ptr @view.object(ptr %site, ptr %kind)",
        "  %made = call ptr @view.object(ptr %site, ptr %tensor)",
        "  %memory = call ptr @view.memory(ptr %site, ptr %source, ptr %held)",
        *[f"  %no.{name} = icmp eq ptr %{name}, null" for name in _MADE],
        *[
            f"  %{now} = or i1 %{before}, %no.{name}"
            for before, now, name in (
                ("no.shown", "lacks.tracked", "tracked"),
                ("lacks.tracked", "lacks.how", "how"),
                ("lacks.how", "lacks.made", "made"),
                ("lacks.made", "lacks.memory", "memory"),
                ("lacks.memory", "lacks.some", "values"),
            )
        ],
        "  br i1 %lacks.some, label %failed, label %base",
        "base:",
        "  call void %take(ptr %held)",
        "  %based = call i32 %set_base(ptr %shown, ptr %held)",
        "  %is.based = icmp eq i32 %based, 0",
        *unless("is.based", "failed", "fill"),
        *field("version", "%memory", "%at_version", "ptr"),
        *field("parent", "%source", "%at_view", "ptr"),
        equal("is.base", "%parent", "%none", "ptr"),
        "  br i1 %is.base, label %whole, label %part",
        "part:",
        *field("parent.base", "%parent", "%at_base", "ptr"),
        "  br label %whole",
        "whole:",
        "  %base.tensor = phi ptr [ %source, %fill ], [ %parent.base, %part ]",
        *kept("base", "%base.tensor", "%how", "%at_base"),
        *kept("parent", "%parent", "%how", "%at_parent"),
        *kept("op", "%op", "%how", "%at_op"),
        *kept("since", "%version", "%how", "%at_since"),
        *filled("values", "%values", "%how", "%at_values"),
        *filled("tracked", "%tracked", "%how", "%at_tracked"),
        "  %has.index = icmp ne ptr %index, null",
        "  br i1 %has.index, label %number, label %graph",
        "number:",
        *kept("index", "%index", "%how", "%at_index"),
        "  br label %graph",
        "graph:",
        # A gradient may flow to the tensor, or to what it shows.
        *field("end", "%source", "%at_end", "ptr"),
        *field("base.end", "%base.tensor", "%at_end", "ptr"),
        "  %to.it = icmp ne ptr %end, %none",
        "  %to.base = icmp ne ptr %base.end, %none",
        "  %may.flow = or i1 %to.it, %to.base",
        equal("is.on", "%tracked", "%true", "ptr"),
        "  %is.marked = and i1 %may.flow, %is.on",
        "  %mark = select i1 %is.marked, ptr %true, ptr %none",
        *filled("made.array", "%shown", "%made", "%at_array"),
        *filled("made.view", "%how", "%made", "%at_view"),
        *kept("made.storage", "%memory", "%made", "%at_storage"),
        *kept("made.end", "%mark", "%made", "%at_end"),
        "  ret ptr %made",
        "failed:",
        *[f"  call void %drop(ptr %{name})" for name in _MADE if name != "memory"],
        "  call void %clear()",
        "  ret ptr null",
        "}",
    ]


_MADE = ("shown", "tracked", "how", "made", "memory", "values")
