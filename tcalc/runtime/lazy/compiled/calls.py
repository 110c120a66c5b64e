"""The short path of elementwise calls in machine code: tensors in, a tensor out, no Python between.

A function of this kind is called as builtins of Python are (CPython's `METH_FASTCALL`). It looks at what
it is given as `call.short` does in Python, by the places that `call.native` has found: which words of a
tensor hold its array and its end of the graph, where an array's data, sizes and flags are. It takes on
float32 tensors on the CPU that lie in order, are of one shape and in no graph, with numbers among them,
and gives None for all else: then the Python of the short path does it, to the same bits, since both call
the function that the installation has for the op.
"""

from __future__ import annotations

# Words of the context, which all functions share: addresses of types, objects and functions, and where a
# tensor's words are, in bytes.
CONTEXT = (
    "tensor", "parameter", "array", "float", "int", "none", "true", "is_on",
    "new_array", "new_object", "take", "drop", "clear", "whole",
    "at_array", "at_end", "at_storage", "at_view", "at_version", "waiting", "number",
    "at_base", "at_since",
)  # fmt: skip
# Those that are followed, or called.
POINTERS = (
    "new_array", "new_object", "take", "drop", "clear", "whole", "number", "is_on", "waiting",
)  # fmt: skip
# Words of a site, which is an op's own: the context, its loop and what that is given, how many operands
# there are, the result's dtype and the bytes of an element of it, then of each operand the dtype and the
# bytes of an element.
SITE = ("context", "loop", "data", "count", "dtype", "width")
MOST = 6
# What an operand is that is a number only.
ONLY_NUMBER = 0
# Where a bytes object of Python's begins, whose contents are a site.
CONTENTS = 32
# Where an object's type is, and what NumPy's arrays hold: data, number of dimensions, sizes, the array
# whose memory it is, dtype and flags.
TYPE, DATA, DIMENSIONS, SIZES, BASE, DTYPE, FLAGS = 8, 16, 24, 32, 48, 56, 64
# Where a float of Python's has its value.
VALUE = 16
_IN_ORDER, WRITEABLE = 0x101, 0x400
# Numbers up to here are the same ones in double and in float32's range.
_MOST_INT, _MOST_FLOAT = 1 << 53, 3e38
_DIMENSIONS = 8
CALL, WRITE = "call", "call_into"


def names() -> tuple[str, str]:
    """The functions: one that gives a new tensor, and one that writes into its first operand."""
    return CALL, WRITE


def text(large: int) -> str:
    """Their text, without the module around it. large: they take on arrays of fewer elements."""
    return "\n".join([*_read(large), *_call(), *_write(), ""])


def _context(*names: str) -> list[str]:
    """Lines that read words of the context."""
    return [
        line
        for name in names
        for line in word(
            name, CONTEXT.index(name), "%context", "ptr" if name in POINTERS else "i64"
        )
    ]


def _site(*names: str) -> list[str]:
    return [line for name in names for line in word(name, SITE.index(name), "%site")]


def word(name: str, place: int, of: str, kind: str = "i64") -> list[str]:
    """Lines that read one of the words that begin somewhere."""
    return [
        f"  %{name}.at = getelementptr i64, ptr {of}, i64 {place}",
        f"  %{name} = load {kind}, ptr %{name}.at, align 8",
    ]


def field(name: str, of: str, at: int | str, kind: str = "i64") -> list[str]:
    """A field of an object, so many bytes from where that begins."""
    return [
        f"  %{name}.at = getelementptr i8, ptr {of}, i64 {at}",
        f"  %{name} = load {kind}, ptr %{name}.at, align {4 if kind == 'i32' else 8}",
    ]


def equal(name: str, a: str, b: str, kind: str = "i64") -> str:
    """A line that compares."""
    return f"  %{name} = icmp eq {kind} {a}, {b}"


def unless(test: str, where: str, on: str) -> list[str]:
    """Leave where a test fails."""
    return [f"  br i1 %{test}, label %{on}, label %{where}", f"{on}:"]


def _read(large: int) -> list[str]:
    """Look at the operands: their data and steps go where the loop finds them. The array of the first
    tensor, or null where something is not for us."""
    return [
        "define internal ptr @operands(ptr %site, ptr %given, i64 %asked, ptr %data, ptr %steps,"
        " ptr %numbers, ptr %amount, ptr %graph) nounwind {",
        "entry:",
        "  %over = alloca i32, align 4",
        "  %context = load ptr, ptr %site, align 8",
        *_site("count"),
        *_context("tensor", "parameter", "array", "float", "int", "none", "true", "is_on", "whole"),
        *_context("at_array", "at_end", "at_view"),
        equal("all", "%asked", "%count"),
        *unless("all", "no", "enough"),
        "  %on = load i64, ptr %is_on, align 8",
        equal("is.used", "%on", "%true"),
        *unless("is.used", "no", "begin"),
        f"  %kinds = getelementptr i64, ptr %site, i64 {len(SITE)}",
        "  br label %next",
        "next:",
        "  %i = phi i64 [ 0, %begin ], [ %i.after, %done ]",
        "  %lead = phi ptr [ null, %begin ], [ %lead.after, %done ]",
        "  %size = phi i64 [ 0, %begin ], [ %size.after, %done ]",
        "  %tracked = phi i64 [ 0, %begin ], [ %tracked.after, %done ]",
        "  %floats = phi i1 [ false, %begin ], [ %floats.after, %done ]",
        "  %is.end = icmp uge i64 %i, %count",
        "  br i1 %is.end, label %end, label %look",
        "look:",
        "  %object.at = getelementptr ptr, ptr %given, i64 %i",
        "  %object = load ptr, ptr %object.at, align 8",
        "  %pair = shl i64 %i, 1",
        "  %dtype.at = getelementptr i64, ptr %kinds, i64 %pair",
        "  %dtype = load i64, ptr %dtype.at, align 8",
        "  %width.at = getelementptr i64, ptr %dtype.at, i64 1",
        "  %width = load i64, ptr %width.at, align 8",
        "  %step.at = getelementptr i64, ptr %steps, i64 %i",
        "  %place.at = getelementptr ptr, ptr %data, i64 %i",
        *field("type", "%object", TYPE),
        equal("is.tensor", "%type", "%tensor"),
        equal("is.parameter", "%type", "%parameter"),
        "  %is.either = or i1 %is.tensor, %is.parameter",
        "  br i1 %is.either, label %as.tensor, label %as.number",
        # A tensor: of an array that lies in order. In no graph it has neither an end of it nor a base.
        "as.tensor:",
        f"  %is.only = icmp eq i64 %dtype, {ONLY_NUMBER}",
        "  br i1 %is.only, label %no, label %may.be",
        "may.be:",
        *field("its.end", "%object", "%at_end"),
        *field("view", "%object", "%at_view"),
        "  %differs = xor i64 %its.end, %view",
        "  %seen = or i64 %tracked, %differs",
        "  %is.single = icmp eq i64 %width, 4",
        "  %floats.now = or i1 %floats, %is.single",
        *field("held", "%object", "%at_array", "ptr"),
        *field("held.type", "%held", TYPE),
        equal("is.array", "%held.type", "%array"),
        *unless("is.array", "no", "array.there"),
        *field("held.dtype", "%held", DTYPE),
        equal("is.dtype", "%held.dtype", "%dtype"),
        *unless("is.dtype", "no", "dtype.right"),
        *field("flags", "%held", FLAGS, "i32"),
        f"  %order = and i32 %flags, {_IN_ORDER}",
        equal("in.order", "%order", str(_IN_ORDER), "i32"),
        *unless("in.order", "no", "ordered"),
        *field("held.data", "%held", DATA, "ptr"),
        *field("dims", "%held", DIMENSIONS, "i32"),
        *field("sizes", "%held", SIZES, "ptr"),
        "  store ptr %held.data, ptr %place.at, align 8",
        "  store i64 %width, ptr %step.at, align 8",
        f"  %is.flat = icmp ule i32 %dims, {_DIMENSIONS}",
        "  br i1 %is.flat, label %shape, label %no",
        "shape:",
        "  %is.first = icmp eq ptr %lead, null",
        "  br i1 %is.first, label %counting, label %comparing",
        "counting:",
        "  %d = phi i32 [ 0, %shape ], [ %d.after, %counted ]",
        "  %product = phi i64 [ 1, %shape ], [ %product.after, %counted ]",
        "  %all.counted = icmp uge i32 %d, %dims",
        "  br i1 %all.counted, label %sized, label %counted",
        "counted:",
        "  %one.at = getelementptr i64, ptr %sizes, i32 %d",
        "  %one = load i64, ptr %one.at, align 8",
        "  %product.after = mul i64 %product, %one",
        "  %d.after = add i32 %d, 1",
        "  br label %counting",
        "sized:",
        "  %less = sub i64 %product, 1",
        f"  %is.small = icmp ult i64 %less, {large - 1}",
        "  br i1 %is.small, label %done, label %no",
        "comparing:",
        *field("lead.dims", "%lead", DIMENSIONS, "i32"),
        *field("lead.sizes", "%lead", SIZES, "ptr"),
        "  %as.many = icmp eq i32 %lead.dims, %dims",
        "  br i1 %as.many, label %alike, label %no",
        "alike:",
        "  %e = phi i32 [ 0, %comparing ], [ %e.after, %same ]",
        "  %all.same = icmp uge i32 %e, %dims",
        "  br i1 %all.same, label %done, label %compared",
        "compared:",
        "  %here.at = getelementptr i64, ptr %sizes, i32 %e",
        "  %here = load i64, ptr %here.at, align 8",
        "  %there.at = getelementptr i64, ptr %lead.sizes, i32 %e",
        "  %there = load i64, ptr %there.at, align 8",
        "  %is.same = icmp eq i64 %here, %there",
        "  br i1 %is.same, label %same, label %no",
        "same:",
        "  %e.after = add i32 %e, 1",
        "  br label %alike",
        # A number, beside tensors or where none can be.
        "as.number:",
        "  %is.wide = icmp eq i64 %width, 4",
        "  br i1 %is.wide, label %which, label %no",
        "which:",
        equal("is.float", "%type", "%float"),
        "  br i1 %is.float, label %floating, label %maybe.int",
        "floating:",
        *field("value", "%object", VALUE, "double"),
        "  br label %number",
        "maybe.int:",
        equal("is.int", "%type", "%int"),
        *unless("is.int", "no", "integer"),
        "  %int.value = call i64 %whole(ptr %object, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits.word = icmp eq i32 %overflows, 0",
        "  br i1 %fits.word, label %small.int, label %no",
        "small.int:",
        f"  %raised = add i64 %int.value, {_MOST_INT}",
        f"  %is.exact = icmp ule i64 %raised, {2 * _MOST_INT}",
        "  %as.double = sitofp i64 %int.value to double",
        "  br i1 %is.exact, label %number, label %no",
        "number:",
        "  %real = phi double [ %value, %floating ], [ %as.double, %small.int ]",
        "  %magnitude = call double @llvm.fabs.f64(double %real)",
        f"  %in.range = fcmp ole double %magnitude, {_MOST_FLOAT:e}",
        "  br i1 %in.range, label %kept, label %no",
        "kept:",
        "  %single = fptrunc double %real to float",
        "  %room = getelementptr float, ptr %numbers, i64 %i",
        "  store float %single, ptr %room, align 4",
        "  store ptr %room, ptr %place.at, align 8",
        "  store i64 0, ptr %step.at, align 8",
        "  br label %done",
        "done:",
        "  %lead.after = phi ptr [ %held, %sized ], [ %lead, %alike ], [ %lead, %kept ]",
        "  %size.after = phi i64 [ %product, %sized ], [ %size, %alike ], [ %size, %kept ]",
        "  %tracked.after = phi i64 [ %seen, %sized ], [ %seen, %alike ], [ %tracked, %kept ]",
        "  %floats.after = phi i1 [ %floats.now, %sized ], [ %floats.now, %alike ], [ %floats, %kept ]",
        "  %i.after = add i64 %i, 1",
        "  br label %next",
        "end:",  # numbers beside bools alone would give another dtype
        "  br i1 %floats, label %known, label %no",
        "known:",
        "  store i64 %size, ptr %amount, align 8",
        "  store i64 %tracked, ptr %graph, align 8",
        "  ret ptr %lead",
        "no:",
        "  ret ptr null",
        "}",
    ]


_ROOMS = [
    f"  %data = alloca [{MOST + 1} x ptr], align 8",
    f"  %steps = alloca [{MOST + 1} x i64], align 8",
    f"  %numbers = alloca [{MOST} x float], align 4",
    "  %amount = alloca i64, align 8",
    "  %graph = alloca i64, align 8",
    f"  %site = getelementptr i8, ptr %self, i64 {CONTENTS}",
    "  %context = load ptr, ptr %site, align 8",
    *_context("none", "take"),
    "  %nothing = inttoptr i64 %none to ptr",
]
_LOOK = (
    "  %lead = call ptr @operands(ptr %site, ptr %given, i64 %asked, ptr %data, ptr %steps,"
    " ptr %numbers, ptr %amount, ptr %graph)"
)
_NO = [
    "no:",
    "  call void %take(ptr %nothing)",
    "  ret ptr %nothing",
    "}",
]


def _run(result: str) -> list[str]:
    """Lines that run the loop, its operands counted. result: the array that it writes into."""
    return [
        *word("loop", SITE.index("loop"), "%site", "ptr"),
        *word("loop.data", SITE.index("data"), "%site", "ptr"),
        *field("result.data", result, DATA, "ptr"),
        "  %last = getelementptr ptr, ptr %data, i64 %count",
        "  store ptr %result.data, ptr %last, align 8",
        "  %last.step = getelementptr i64, ptr %steps, i64 %count",
        "  store i64 %width, ptr %last.step, align 8",
        "  call void %loop(ptr %data, ptr %amount, ptr %steps, ptr %loop.data)",
    ]


def _call() -> list[str]:
    """A call that gives a new tensor."""
    return [
        "declare double @llvm.fabs.f64(double)",
        f"define ptr @loop_{CALL}(ptr %self, ptr %given, i64 %asked) nounwind {{",
        "entry:",
        *_ROOMS,
        _LOOK,
        "  %is.none = icmp eq ptr %lead, null",
        "  br i1 %is.none, label %no, label %begin",
        "begin:",
        *_context("array", "tensor", "true", "new_array", "new_object", "drop", "clear"),
        *_context("at_array", "at_end", "at_storage", "at_view"),
        *_site("count", "width"),
        *word("dtype", SITE.index("dtype"), "%site", "ptr"),
        *field("dims", "%lead", DIMENSIONS, "i32"),
        *field("sizes", "%lead", SIZES, "ptr"),
        "  call void %take(ptr %dtype)",
        "  %array.type = inttoptr i64 %array to ptr",
        "  %result = call ptr %new_array(ptr %array.type, ptr %dtype, i32 %dims, ptr %sizes,"
        " ptr null, ptr null, i32 0, ptr null)",
        "  %no.room = icmp eq ptr %result, null",
        "  br i1 %no.room, label %failed, label %run",
        "run:",
        *_run("%result"),
        "  %tensor.type = inttoptr i64 %tensor to ptr",
        "  %made = call ptr %new_object(ptr %tensor.type, i64 0)",
        "  %not.made = icmp eq ptr %made, null",
        "  br i1 %not.made, label %drops, label %fill",
        "drops:",
        "  call void %drop(ptr %result)",
        "  br label %failed",
        "failed:",  # the Python of the short path tells of it
        "  call void %clear()",
        "  br label %no",
        "fill:",
        "  %tracked = load i64, ptr %graph, align 8",
        "  %is.free = icmp eq i64 %tracked, 0",
        "  %yes = inttoptr i64 %true to ptr",
        "  %its.graph = select i1 %is.free, ptr %nothing, ptr %yes",
        "  %its.array = getelementptr i8, ptr %made, i64 %at_array",
        "  store ptr %result, ptr %its.array, align 8",
        *[
            line
            for name, value in (
                ("end", "%its.graph"),
                ("storage", "%nothing"),
                ("view", "%nothing"),
            )
            for line in (
                f"  %its.{name} = getelementptr i8, ptr %made, i64 %at_{name}",
                f"  store ptr {value}, ptr %its.{name}, align 8",
                f"  call void %take(ptr {value})",
            )
        ],
        "  ret ptr %made",
        *_NO,
    ]


def _write() -> list[str]:
    """A call that writes into its first operand, whose storage is there and no part of another's."""
    return [
        f"define ptr @loop_{WRITE}(ptr %self, ptr %given, i64 %asked) nounwind {{",
        "entry:",
        *_ROOMS,
        *_context("tensor", "parameter", "waiting", "number", "drop", "whole", "clear"),
        *_context("at_storage", "at_view", "at_version"),
        "  %over = alloca i32, align 4",
        # Nothing waits that may read what is written to.
        "  %waits = load i64, ptr %waiting, align 8",
        "  %none.waits = icmp eq i64 %waits, 0",
        *unless("none.waits", "no", "look"),
        _LOOK,
        "  %is.none = icmp eq ptr %lead, null",
        "  br i1 %is.none, label %no, label %free",
        "free:",
        "  %tracked = load i64, ptr %graph, align 8",
        "  %is.free = icmp eq i64 %tracked, 0",
        *unless("is.free", "no", "first"),
        "  %target = load ptr, ptr %given, align 8",
        *field("kind", "%target", TYPE),
        equal("is.tensor", "%kind", "%tensor"),
        equal("is.parameter", "%kind", "%parameter"),
        "  %is.either = or i1 %is.tensor, %is.parameter",
        *unless("is.either", "no", "of.tensor"),
        *field("storage", "%target", "%at_storage", "ptr"),
        "  %no.storage = icmp eq ptr %storage, %nothing",
        "  br i1 %no.storage, label %no, label %stored",
        "stored:",
        *field("view", "%target", "%at_view", "ptr"),
        "  %is.own = icmp eq ptr %view, %nothing",
        "  br i1 %is.own, label %own, label %no",
        "own:",
        *field("flags", "%lead", FLAGS, "i32"),
        f"  %may = and i32 %flags, {WRITEABLE}",
        "  %is.locked = icmp eq i32 %may, 0",
        "  br i1 %is.locked, label %no, label %open",
        "open:",
        # Others are the same memory, or lie apart from it.
        *_site("count", "width"),
        *field("target.data", "%lead", DATA),
        "  %elements = load i64, ptr %amount, align 8",
        "  %bytes = mul i64 %elements, %width",
        "  br label %other",
        "other:",
        "  %k = phi i64 [ 1, %open ], [ %k.after, %apart ]",
        "  %is.end = icmp uge i64 %k, %count",
        "  br i1 %is.end, label %count.up, label %compare",
        "compare:",
        "  %other.at = getelementptr i64, ptr %data, i64 %k",
        "  %other.data = load i64, ptr %other.at, align 8",
        "  %gap = sub i64 %other.data, %target.data",
        "  %is.same = icmp eq i64 %gap, 0",
        "  %back = sub i64 %target.data, %other.data",
        "  %after = icmp sge i64 %gap, %bytes",
        "  %before = icmp sge i64 %back, %bytes",
        "  %is.far = or i1 %after, %before",
        "  %is.well = or i1 %is.same, %is.far",
        *unless("is.well", "no", "apart"),
        "  %k.after = add i64 %k, 1",
        "  br label %other",
        "count.up:",
        *field("version", "%storage", "%at_version", "ptr"),
        "  %counted = call i64 %whole(ptr %version, ptr %over)",
        "  %more = add i64 %counted, 1",
        "  %fresh = call ptr %number(i64 %more)",
        "  %no.number = icmp eq ptr %fresh, null",
        "  br i1 %no.number, label %failed, label %run",
        "failed:",
        "  call void %clear()",
        "  br label %no",
        "run:",
        *_run("%lead"),
        "  store ptr %fresh, ptr %version.at, align 8",
        "  call void %drop(ptr %version)",
        "  call void %take(ptr %target)",
        "  ret ptr %target",
        *_NO,
    ]
