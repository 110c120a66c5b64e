"""Views of what an index names, and of all outside the graph, in machine code (see `callviews`)."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled.calls import (
    TYPE,
    equal,
    field,
    unless,
)
from tcalc.runtime.lazy.compiled.viewlines import (
    COUNT,
    DETACHED,
    ITEMS,
    MOST_DIMS,
    NO,
    PART,
    SAID,
    START,
    STEP,
    STOP,
    begin,
    end,
    item,
    kept,
    loop,
    more,
    new_dim,
    own_dim,
    put,
    words,
)


def text() -> list[str]:
    """Their lines."""
    return [line for write in (_cut, _part, _detached) for line in (*write(), "")]


def _cut() -> list[str]:
    """Whether a slice has steps forwards: where it begins of so many places, how many it has, its step,
    and whether it says that it leaves nothing out."""
    bounds = (("start", START, "0"), ("stop", STOP, "%size"), ("step", STEP, "1"))
    return [
        'define internal i1 @view.cut(ptr %site, ptr %slice, i64 %size, ptr %into) nounwind "no-builtins" {',
        "entry:",
        "  %room = alloca i64, align 8",
        *words("none"),
        *[
            line
            for name, at, default in bounds
            for line in (
                *field(f"{name}.said", "%slice", at, "ptr"),
                f"  store i64 {default}, ptr %room, align 8",
                equal(f"{name}.is.none", f"%{name}.said", "%none", "ptr"),
                f"  br i1 %{name}.is.none, label %{name}.known, label %{name}.read",
                f"{name}.read:",
                f"  %{name}.is.int = call i1 @view.number(ptr %site, ptr %{name}.said, ptr %room)",
                f"  br i1 %{name}.is.int, label %{name}.known, label %no",
                f"{name}.known:",
                f"  %{name} = load i64, ptr %room, align 8",
            )
        ],
        "  %is.forward = icmp sgt i64 %step, 0",
        *unless("is.forward", "no", "forward"),
        *[
            line
            for name in ("start", "stop")
            for line in (
                f"  %{name}.is.behind = icmp slt i64 %{name}, 0",
                f"  %{name}.from.end = add i64 %{name}, %size",
                f"  %{name}.ahead = select i1 %{name}.is.behind, i64 %{name}.from.end, i64 %{name}",
                f"  %{name}.high = call i64 @llvm.smax.i64(i64 %{name}.ahead, i64 0)",
                f"  %{name}.at.place = call i64 @llvm.smin.i64(i64 %{name}.high, i64 %size)",
            )
        ],
        "  %long = sub i64 %stop.at.place, %start.at.place",
        "  %is.some = icmp sgt i64 %long, 0",
        "  %longer = add i64 %long, %step",
        "  %last = sub i64 %longer, 1",
        "  %steps = sdiv i64 %last, %step",
        "  %count = select i1 %is.some, i64 %steps, i64 0",
        "  %begin = select i1 %is.some, i64 %start.at.place, i64 0",
        "  %apart = select i1 %is.some, i64 %step, i64 1",
        "  %from.first = icmp eq i64 %start, 0",
        "  %to.last = icmp sge i64 %stop, %size",
        "  %by.one = icmp eq i64 %step, 1",
        "  %from.all = and i1 %from.first, %to.last",
        "  %is.all = and i1 %from.all, %by.one",
        "  %all = zext i1 %is.all to i64",
        *[
            line
            for i, name in enumerate(("begin", "count", "apart", "all"))
            for line in put(f"%{name}", "%into", str(i), name)
        ],
        "  ret i1 true",
        "no:",
        "  ret i1 false",
        "}",
    ]


def _part() -> list[str]:
    """What an index of ints, slices, None and `...` shows, as NumPy has it: named by its last step that
    leaves something out."""
    return [
        *begin(PART, (2,)),
        *words("tuple", "int", "slices", "dots", "drop"),
        *words("select", "slice", "unsqueeze", "alias"),
        *item("index", "%given", "1", "ptr"),
        "  store ptr %index, ptr %single, align 8",
        "  store ptr %alias, ptr %kind, align 8",
        *field("index.type", "%index", TYPE, "ptr"),
        equal("is.tuple", "%index.type", "%tuple", "ptr"),
        *field("length", "%index", COUNT),
        f"  %inside = getelementptr i8, ptr %index, i64 {ITEMS}",
        "  %items = select i1 %is.tuple, ptr %inside, ptr %single",
        "  %count = select i1 %is.tuple, i64 %length, i64 1",
        f"  %are.few = icmp ule i64 %count, {MOST_DIMS}",
        *unless("are.few", "no", "counting"),
        # How many dimensions are named, and whether `...` stands for the others.
        *loop("c", "counting", "%count", [
            *item("c.item", "%items", "%c", "ptr"),
            *field("c.type", "%c.item", TYPE, "ptr"),
            equal("c.is.int", "%c.type", "%int", "ptr"),
            equal("c.is.slice", "%c.type", "%slices", "ptr"),
            equal("c.is.none", "%c.item", "%none", "ptr"),
            equal("c.is.dots", "%c.item", "%dots", "ptr"),
            "  %c.names = or i1 %c.is.int, %c.is.slice",
            "  %c.stands = or i1 %c.is.none, %c.is.dots",
            "  %c.is.known = or i1 %c.names, %c.stands",
            *unless("c.is.known", "no", "c.add"),
            *more("named.some", "c.names", "n"),
            *more("seen", "c.is.dots", "d"),
        ], "counted"),
        "  %named = load i64, ptr %named.some, align 8",
        "  %dotted = load i64, ptr %seen, align 8",
        "  %rest = sub i64 %dims, %named",
        "  %are.enough = icmp sge i64 %rest, 0",
        "  %once = icmp ule i64 %dotted, 1",
        "  %is.well = and i1 %are.enough, %once",
        *unless("is.well", "no", "go"),
        "  %open = xor i64 %dotted, 1",
        "  %total = add i64 %count, %open",
        *loop("k", "go", "%total", [
            "  %dim = load i64, ptr %at.dim, align 8",
            "  %place = load i64, ptr %at.place, align 8",
            "  %k.is.beyond = icmp eq i64 %k, %count",
            "  br i1 %k.is.beyond, label %k.dots, label %k.look",
            "k.look:",
            *item("item", "%items", "%k", "ptr"),
            equal("k.is.dots", "%item", "%dots", "ptr"),
            "  br i1 %k.is.dots, label %k.dots, label %k.other",
            # The dimensions that are not named.
            "k.dots:",
            *loop("r", "k.dots", "%rest", [
                "  %r.dim = add i64 %dim, %r",
                "  %r.place = add i64 %place, %r",
                *own_dim("r", "%r.dim"),
                *new_dim("r.new", "%r.place", "%r.size", "%r.step"),
            ], "k.rested"),
            "  %after.dim = add i64 %dim, %rest",
            "  %after.place = add i64 %place, %rest",
            "  store i64 %after.dim, ptr %at.dim, align 8",
            "  store i64 %after.place, ptr %at.place, align 8",
            "  br label %k.end",
            "k.other:",
            "  %next.dim = add i64 %dim, 1",
            "  %next.place = add i64 %place, 1",
            equal("k.is.none", "%item", "%none", "ptr"),
            "  br i1 %k.is.none, label %k.none, label %k.named",
            # A new one.
            "k.none:",
            *new_dim("k.one", "%place", "1", "0"),
            "  store i64 %next.place, ptr %at.place, align 8",
            "  store ptr %unsqueeze, ptr %kind, align 8",
            "  br label %k.end",
            "k.named:",
            *own_dim("k", "%dim"),
            "  store i64 %next.dim, ptr %at.dim, align 8",
            "  %before = load i64, ptr %moved, align 8",
            *field("item.type", "%item", TYPE, "ptr"),
            equal("k.is.int", "%item.type", "%int", "ptr"),
            "  br i1 %k.is.int, label %k.int, label %k.slice",
            # One of its places.
            "k.int:",
            "  %k.is.read = call i1 @view.number(ptr %site, ptr %item, ptr %asked.for)",
            *unless("k.is.read", "no", "k.read"),
            "  %k.said = load i64, ptr %asked.for, align 8",
            "  %k.at = call i64 @view.wrapped(i64 %k.said, i64 %k.size)",
            "  %k.is.nowhere = icmp slt i64 %k.at, 0",
            "  br i1 %k.is.nowhere, label %no, label %k.select",
            "k.select:",
            "  %k.far = mul i64 %k.at, %k.step",
            "  %k.after = add i64 %before, %k.far",
            "  store i64 %k.after, ptr %moved, align 8",
            "  store ptr %select, ptr %kind, align 8",
            "  br label %k.end",
            # Some of them.
            "k.slice:",
            "  %k.is.cut = call i1 @view.cut(ptr %site, ptr %item, i64 %k.size, ptr %asked.for)",
            *unless("k.is.cut", "no", "k.cut"),
            *item("cut.start", "%asked.for", "0"),
            *item("cut.count", "%asked.for", "1"),
            *item("cut.step", "%asked.for", "2"),
            *item("cut.all", "%asked.for", "3"),
            "  %cut.far = mul i64 %cut.start, %k.step",
            "  %cut.after = add i64 %before, %cut.far",
            "  store i64 %cut.after, ptr %moved, align 8",
            "  %cut.apart = mul i64 %cut.step, %k.step",
            *new_dim("cut", "%place", "%cut.count", "%cut.apart"),
            "  store i64 %next.place, ptr %at.place, align 8",
            "  %cut.is.all = icmp ne i64 %cut.all, 0",
            "  %cut.is.silent = and i1 %cut.is.all, %is.tuple",
            "  %kind.before = load ptr, ptr %kind, align 8",
            "  %kind.after = select i1 %cut.is.silent, ptr %kind.before, ptr %slice",
            "  store ptr %kind.after, ptr %kind, align 8",
        ], "parted"),
        # The index with `...` in it.
        "  %has.dots = icmp eq i64 %dotted, 1",
        "  %is.as.said = and i1 %has.dots, %is.tuple",
        "  br i1 %is.as.said, label %same, label %other",
        "same:",
        "  call void %take(ptr %index)",
        "  br label %said.plainly",
        "other:",
        *loop("m", "other", "%count", [
            *item("m.item", "%items", "%m", "ptr"),
            *put("%m.item", "%row", "%m", "m", "ptr"),
        ], "closed"),
        *put("%dots", "%row", "%count", "dots", "ptr"),
        "  %plain = call ptr @view.values(ptr %site, ptr %row, i64 %total)",
        "  %is.plain = icmp ne ptr %plain, null",
        *unless("is.plain", "no", "completed"),
        "  br label %said.plainly",
        "said.plainly:",
        "  %whole.index = phi ptr [ %index, %same ], [ %plain, %completed ]",
        *put("%source", "%said", "0", "first", "ptr"),
        *put("%whole.index", "%said", "1", "second", "ptr"),
        SAID,
        "  call void %drop(ptr %whole.index)",
        "  %left = load i64, ptr %at.place, align 8",
        "  %ahead = load i64, ptr %moved, align 8",
        "  %start = getelementptr i8, ptr %data, i64 %ahead",
        "  %how = load ptr, ptr %kind, align 8",
        *end("%left", data="%start", op="%how"),
    ]  # fmt: skip


def _detached() -> list[str]:
    """The same array in a tensor outside the graph."""
    return [
        *begin(DETACHED, (1,)),
        *words("tensor", "new_object", "clear", "at_array", "at_end", "at_storage", "at_view"),
        "  %memory = call ptr @view.memory(ptr %site, ptr %source, ptr %held)",
        "  %no.memory = icmp eq ptr %memory, null",
        "  br i1 %no.memory, label %failed, label %make",
        "failed:",
        "  call void %clear()",
        "  br label %no",
        "make:",
        "  %made = call ptr %new_object(ptr %tensor, i64 0)",
        "  %not.made = icmp eq ptr %made, null",
        "  br i1 %not.made, label %failed, label %fill",
        "fill:",
        *kept("made.array", "%held", "%made", "%at_array"),
        *kept("made.storage", "%memory", "%made", "%at_storage"),
        *kept("made.end", "%none", "%made", "%at_end"),
        *kept("made.view", "%none", "%made", "%at_view"),
        "  ret ptr %made",
        *NO,
    ]
