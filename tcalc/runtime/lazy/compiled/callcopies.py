"""Copies and fills in machine code (see `callviews`): of arrays that lie in order, outside the graph. What is
written to is no view, and nothing waits that may read it. Threads share the work on large memory."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled.calls import (
    DATA,
    DIMENSIONS,
    DTYPE,
    FLAGS,
    SIZES,
    TYPE,
    VALUE,
    WRITEABLE,
)
from tcalc.runtime.lazy.compiled.lines import equal, field, unless
from tcalc.runtime.lazy.compiled.scalars import Function
from tcalc.runtime.lazy.compiled.viewlines import (
    CLONED,
    COPIED,
    FILLED,
    IN_ORDER,
    NO,
    WORDS,
    ZEROED,
    begin,
    item,
    kept,
    loop,
    words,
)

# New memory is not made for more bytes; from so many on threads share the work.
_MANY, _SHARED = 1 << 18, 1 << 17
# What is moved together, in bytes.
_WIDE, _NARROW = 128, 4
_EIGHTS = f"<{_WIDE // 8} x i64>"
# Ints up to here are the same ones in double; floats up to there are finite ones of the dtype.
_MOST_INT, _MOST_SINGLE, _MOST_DOUBLE = 1 << 53, 3e38, 1e300


def text() -> list[str]:
    """Their lines."""
    kinds = (_bytes, _target, _count, _spread, _move, _cloned, _zeroed, _filled, _copied)
    return [*_share().text().splitlines(), *[line for write in kinds for line in (*write(), "")]]


def _share() -> Function:
    """Have a function write so many bytes, over threads where there are many. It is given a block: from where
    or which word, how many and to where. moves: what a byte adds to the first of these."""
    f = Function("copy.share", [
        ("site", "ptr"), ("function", "ptr"), ("from", "i64"), ("moves", "i64"), ("to", "ptr"), ("bytes", "i64"),
    ])  # fmt: skip
    block, units = f.room("i64", 3), f.room("i64", 3)
    for at, (number, unit) in enumerate(
        ((getattr(f, "from"), f.moves), (f.bytes, f.number(0, "i64")), (f.to, f.number(1, "i64")))
    ):
        f.store(number, block, at)
        f.store(unit, units, at)
    shared = f.load("ptr", f.site, WORDS.index("sharing"))
    counts = [f.number(count, "i64") for count in (3, _SHARED)]
    f.call("share", shared, f.function, block, units, *counts)
    f.give()
    return f


def _bytes() -> list[str]:
    """How many bytes an array has that lies in order, of one of few dtypes; -1 for others."""
    return [
        'define internal i64 @copy.bytes(ptr %site, ptr %held) nounwind "no-builtins" {',
        "entry:",
        "  %amount = alloca i64, align 8",
        *words("float32", "float64", "int64"),
        *field("flags", "%held", FLAGS, "i32"),
        f"  %order = and i32 %flags, {IN_ORDER}",
        "  %in.order = icmp ne i32 %order, 0",
        *unless("in.order", "no", "ordered"),
        *field("dtype", "%held", DTYPE, "ptr"),
        equal("is.single", "%dtype", "%float32", "ptr"),
        equal("is.double", "%dtype", "%float64", "ptr"),
        equal("is.long", "%dtype", "%int64", "ptr"),
        "  %is.wide = or i1 %is.double, %is.long",
        "  %is.known = or i1 %is.wide, %is.single",
        *unless("is.known", "no", "begin"),
        "  %width = select i1 %is.wide, i64 8, i64 4",
        "  store i64 %width, ptr %amount, align 8",
        *field("dims32", "%held", DIMENSIONS, "i32"),
        "  %dims = zext i32 %dims32 to i64",
        *field("sizes", "%held", SIZES, "ptr"),
        *loop("d", "begin", "%dims", [
            *item("d.size", "%sizes", "%d"),
            "  %d.before = load i64, ptr %amount, align 8",
            "  %d.after = mul i64 %d.before, %d.size",
            "  store i64 %d.after, ptr %amount, align 8",
        ], "counted"),
        "  %all = load i64, ptr %amount, align 8",
        "  ret i64 %all",
        "no:",
        "  ret i64 -1",
        "}",
    ]  # fmt: skip


def _target() -> list[str]:
    """The storage of a tensor that may be written to, or null."""
    return [
        'define internal ptr @copy.target(ptr %site, ptr %source, ptr %held) nounwind "no-builtins" {',
        "entry:",
        *words("none", "waiting", "clear", "at_end", "at_view"),
        "  %waits = load i64, ptr %waiting, align 8",
        "  %none.waits = icmp eq i64 %waits, 0",
        *unless("none.waits", "no", "still"),
        *field("end", "%source", "%at_end", "ptr"),
        equal("is.free", "%end", "%none", "ptr"),
        *unless("is.free", "no", "free"),
        *field("how", "%source", "%at_view", "ptr"),
        equal("is.own", "%how", "%none", "ptr"),
        *unless("is.own", "no", "own"),
        *field("flags", "%held", FLAGS, "i32"),
        f"  %access = and i32 %flags, {WRITEABLE}",
        "  %is.open = icmp ne i32 %access, 0",
        *unless("is.open", "no", "open"),
        "  %memory = call ptr @view.memory(ptr %site, ptr %source, ptr %held)",
        "  %is.there = icmp ne ptr %memory, null",
        "  br i1 %is.there, label %yes, label %failed",
        "yes:",
        "  ret ptr %memory",
        "failed:",
        "  call void %clear()",
        "  br label %no",
        "no:",
        "  ret ptr null",
        "}",
    ]


def _count() -> list[str]:
    """Count a write to a storage: whether there was memory for the number."""
    return [
        'define internal i1 @copy.count(ptr %site, ptr %memory) nounwind "no-builtins" {',
        "entry:",
        "  %over = alloca i32, align 4",
        *words("whole", "number", "drop", "clear", "at_version"),
        *field("version", "%memory", "%at_version", "ptr"),
        "  %counted = call i64 %whole(ptr %version, ptr %over)",
        "  %more = add i64 %counted, 1",
        "  %fresh = call ptr %number(i64 %more)",
        "  %is.there = icmp ne ptr %fresh, null",
        *unless("is.there", "failed", "keep"),
        "  store ptr %fresh, ptr %version.at, align 8",
        "  call void %drop(ptr %version)",
        "  ret i1 true",
        "failed:",
        "  call void %clear()",
        "  ret i1 false",
        "}",
    ]


def _each(head: str, wide: list[str], narrow: list[str]) -> list[str]:
    """A function of a block (see `_share`), which does as much of the bytes together as it can."""
    lines = [head, "entry:"]
    for at, (name, kind) in enumerate((("from", "ptr"), ("bytes", "i64"), ("to", "ptr"))):
        lines += item(name, "%block", str(at), kind)
    lines += ["  br label %wide"]
    for name, before, width, body, after in (
        ("wide", "entry", _WIDE, wide, "narrow"),
        ("narrow", "wide", _NARROW, narrow, "exit"),
    ):
        start = "0" if name == "wide" else "%wide.at"
        lines += [
            f"{name}:",
            f"  %{name}.at = phi i64 [ {start}, %{before} ], [ %{name}.end, %{name}.one ]",
            f"  %{name}.end = add i64 %{name}.at, {width}",
            f"  %{name}.fits = icmp ule i64 %{name}.end, %bytes",
            f"  br i1 %{name}.fits, label %{name}.one, label %{after}",
            f"{name}.one:",
            *body,
            f"  br label %{name}",
        ]
    return [*lines, "exit:", "  ret void", "}"]


def _places(name: str, *of: str) -> list[str]:
    return [f"  %{name}.{p} = getelementptr i8, ptr %{p}, i64 %{name}.at" for p in of]


def _spread() -> list[str]:
    """Write eight bytes again and again."""
    return _each(
        'define internal void @copy.spread(ptr %block) nounwind "no-builtins" {',
        [
            "  %word = ptrtoint ptr %from to i64",
            f"  %one = insertelement {_EIGHTS} poison, i64 %word, i64 0",
            f"  %all = shufflevector {_EIGHTS} %one, {_EIGHTS} poison, <{_WIDE // 8} x i32> zeroinitializer",
            *_places("wide", "to"),
            f"  store {_EIGHTS} %all, ptr %wide.to, align 1",
        ],
        [
            "  %last.word = ptrtoint ptr %from to i64",
            "  %which = and i64 %narrow.at, 4",
            "  %bits = shl i64 %which, 3",
            "  %shifted = lshr i64 %last.word, %bits",
            "  %half = trunc i64 %shifted to i32",
            *_places("narrow", "to"),
            "  store i32 %half, ptr %narrow.to, align 1",
        ],
    )


def _move() -> list[str]:
    """Write what lies elsewhere."""
    return _each(
        'define internal void @copy.move(ptr %block) nounwind "no-builtins" {',
        [
            *_places("wide", "from", "to"),
            f"  %all = load <{_WIDE} x i8>, ptr %wide.from, align 1",
            f"  store <{_WIDE} x i8> %all, ptr %wide.to, align 1",
        ],
        [
            *_places("narrow", "from", "to"),
            "  %some = load i32, ptr %narrow.from, align 1",
            "  store i32 %some, ptr %narrow.to, align 1",
        ],
    )


def _shared(function: str, first: str, moves: int, to: str) -> str:
    return (
        f"  call void @copy.share(ptr %site, ptr @copy.{function}, i64 {first}, i64 {moves}, ptr {to},"
        " i64 %bytes)"
    )


def _known_bytes() -> list[str]:
    return [
        "  %bytes = call i64 @copy.bytes(ptr %site, ptr %held)",
        "  %are.known = icmp sge i64 %bytes, 0",
        *unless("are.known", "no", "told"),
    ]


def _written(*write: str) -> list[str]:
    """The end of a kind that writes into its first argument, and gives it."""
    return [
        "  %memory = call ptr @copy.target(ptr %site, ptr %source, ptr %held)",
        "  %may.write = icmp ne ptr %memory, null",
        *unless("may.write", "no", "count"),
        "  %is.counted = call i1 @copy.count(ptr %site, ptr %memory)",
        *unless("is.counted", "no", "write"),
        *write,
        "  call void %take(ptr %source)",
        "  ret ptr %source",
        *NO,
    ]


def _cloned() -> list[str]:
    """A copy in a tensor of its own; the second argument is None."""
    return [
        *begin(CLONED, (2,)),
        *words("array", "tensor", "new_array", "drop", "clear"),
        *words("at_array", "at_end", "at_storage", "at_view"),
        *item("format", "%given", "1", "ptr"),
        equal("is.usual", "%format", "%none", "ptr"),
        *unless("is.usual", "no", "usual"),
        "  %is.free = call i1 @view.free(ptr %site, ptr %source)",
        *unless("is.free", "no", "free"),
        *_known_bytes(),
        f"  %are.few = icmp ult i64 %bytes, {_MANY}",
        *unless("are.few", "no", "few"),
        *field("dtype", "%held", DTYPE, "ptr"),
        "  call void %take(ptr %dtype)",
        "  %copy = call ptr %new_array(ptr %array, ptr %dtype, i32 %dims32, ptr %own.sizes, ptr null,"
        " ptr null, i32 0, ptr null)",
        "  %made = call ptr @view.object(ptr %site, ptr %tensor)",
        "  %no.copy = icmp eq ptr %copy, null",
        "  %not.made = icmp eq ptr %made, null",
        "  %lacks = or i1 %no.copy, %not.made",
        "  br i1 %lacks, label %failed, label %fill",
        "failed:",
        "  call void %drop(ptr %copy)",
        "  call void %drop(ptr %made)",
        "  call void %clear()",
        "  br label %no",
        "fill:",
        *field("copy.data", "%copy", DATA, "ptr"),
        "  %data.place = ptrtoint ptr %data to i64",
        _shared("move", "%data.place", 1, "%copy.data"),
        "  %its.array = getelementptr i8, ptr %made, i64 %at_array",
        "  store ptr %copy, ptr %its.array, align 8",
        *kept("made.storage", "%none", "%made", "%at_storage"),
        *kept("made.end", "%none", "%made", "%at_end"),
        *kept("made.view", "%none", "%made", "%at_view"),
        "  ret ptr %made",
        *NO,
    ]


def _zeroed() -> list[str]:
    """Zeros written."""
    return [
        *begin(ZEROED, (1,)),
        *_known_bytes(),
        *_written(_shared("spread", "0", 0, "%data")),
    ]


def _filled() -> list[str]:
    """A number of Python's written, which a floating dtype holds."""
    return [
        *begin(FILLED, (2,)),
        *words("float", "int", "float32", "float64", "whole"),
        "  %over = alloca i32, align 4",
        *_known_bytes(),
        *field("dtype", "%held", DTYPE, "ptr"),
        equal("is.single", "%dtype", "%float32", "ptr"),
        equal("is.double", "%dtype", "%float64", "ptr"),
        "  %is.either = or i1 %is.single, %is.double",
        *unless("is.either", "no", "floating"),
        *item("value", "%given", "1", "ptr"),
        *field("type", "%value", TYPE, "ptr"),
        equal("is.float", "%type", "%float", "ptr"),
        "  br i1 %is.float, label %of.float, label %others",
        "of.float:",
        *field("real", "%value", VALUE, "double"),
        "  br label %number",
        "others:",
        equal("is.int", "%type", "%int", "ptr"),
        *unless("is.int", "no", "of.int"),
        "  %integer = call i64 %whole(ptr %value, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        f"  %raised = add i64 %integer, {_MOST_INT}",
        f"  %is.small = icmp ule i64 %raised, {2 * _MOST_INT}",
        "  %is.exact = and i1 %fits, %is.small",
        "  %as.real = sitofp i64 %integer to double",
        "  br i1 %is.exact, label %number, label %no",
        "number:",
        "  %all = phi double [ %real, %of.float ], [ %as.real, %of.int ]",
        "  %magnitude = call double @llvm.fabs.f64(double %all)",
        f"  %most = select i1 %is.single, double {_MOST_SINGLE:e}, double {_MOST_DOUBLE:e}",
        "  %in.range = fcmp ole double %magnitude, %most",
        *unless("in.range", "no", "ranged"),
        "  %narrow = fptrunc double %all to float",
        "  %narrow.bits = bitcast float %narrow to i32",
        "  %narrow.low = zext i32 %narrow.bits to i64",
        "  %narrow.high = shl i64 %narrow.low, 32",
        "  %twice = or i64 %narrow.low, %narrow.high",
        "  %wide.bits = bitcast double %all to i64",
        "  %word = select i1 %is.single, i64 %twice, i64 %wide.bits",
        *_written(_shared("spread", "%word", 0, "%data")),
    ]


def _copied() -> list[str]:
    """What another tensor of the same shape and dtype holds written; the third argument is False."""
    return [
        *begin(COPIED, (3,)),
        *words("false"),
        *item("third", "%given", "2", "ptr"),
        equal("is.usual", "%third", "%false", "ptr"),
        *unless("is.usual", "no", "usual"),
        *_known_bytes(),
        *item("other", "%given", "1", "ptr"),
        "  %other.held = call ptr @view.source(ptr %site, ptr %other)",
        "  %is.array = icmp ne ptr %other.held, null",
        *unless("is.array", "no", "of.array"),
        "  %is.free = call i1 @view.free(ptr %site, ptr %other)",
        *unless("is.free", "no", "free"),
        "  %other.bytes = call i64 @copy.bytes(ptr %site, ptr %other.held)",
        equal("as.many", "%other.bytes", "%bytes"),
        *field("dtype", "%held", DTYPE, "ptr"),
        *field("other.dtype", "%other.held", DTYPE, "ptr"),
        *field("other.dims", "%other.held", DIMENSIONS, "i32"),
        *field("other.sizes", "%other.held", SIZES, "ptr"),
        *field("other.data", "%other.held", DATA, "ptr"),
        equal("same.dtype", "%other.dtype", "%dtype", "ptr"),
        equal("same.dims", "%other.dims", "%dims32", "i32"),
        "  %alike = and i1 %same.dtype, %same.dims",
        "  %all.alike = and i1 %alike, %as.many",
        *unless("all.alike", "no", "sized"),
        *loop("s", "sized", "%dims", [
            *item("s.size", "%own.sizes", "%s"),
            *item("s.other", "%other.sizes", "%s"),
            equal("s.same", "%s.size", "%s.other"),
            *unless("s.same", "no", "s.on"),
        ], "placed"),
        # The same memory, or apart.
        "  %here = ptrtoint ptr %data to i64",
        "  %there = ptrtoint ptr %other.data to i64",
        "  %ahead = sub i64 %there, %here",
        "  %back = sub i64 %here, %there",
        "  %is.after = icmp sge i64 %ahead, %bytes",
        "  %is.before = icmp sge i64 %back, %bytes",
        "  %is.apart = or i1 %is.after, %is.before",
        "  %is.same = icmp eq i64 %ahead, 0",
        "  %is.well = or i1 %is.apart, %is.same",
        *unless("is.well", "no", "well"),
        *_written(_shared("move", "%there", 1, "%data")),
    ]  # fmt: skip
