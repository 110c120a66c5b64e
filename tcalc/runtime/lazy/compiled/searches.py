"""Searching sorted numbers for many values at once: in each step all of a vector go on in one half or the
other, so that no branch goes by a value. nan is the greatest, as NumPy has it.

Functions of NumPy's kind (see `ufuncs`), of one of rows: `(k),()->()`.
"""

from __future__ import annotations

from tcalc.runtime.lazy.compiled.code import LANES, Code, V

SIGNATURE = "(k),()->()"
_INDEX = "i32"
_SIZES = {"float": 4, "i64": 8}


def name(right: bool, kind: str) -> str:
    """What an installation has the search by."""
    return f"search_{'right' if right else 'left'}.{kind}"


def kinds(kind: str) -> str:
    """The types of its arrays."""
    return f"{kind},{kind},i64"


def function(right: bool, kind: str) -> tuple[str, Code]:
    """The text of a loop."""
    code = Code()
    do = code.do
    code.label("entry")
    for i, (what, of) in enumerate(
        (
            ("n", "sizes"),
            ("count", "sizes"),
            ("ahead0", "steps"),
            ("ahead1", "steps"),
            ("ahead2", "steps"),
        )
    ):
        place = i if of == "sizes" else i - 2
        do(
            f"%{what}.at = getelementptr i64, ptr %{of}, i64 {place}",
            f"%{what} = load i64, ptr %{what}.at",
        )
    for k in range(3):
        do(
            f"%base{k}.at = getelementptr ptr, ptr %arrays, i64 {k}",
            f"%base{k} = load ptr, ptr %base{k}.at",
        )
    do(
        f"%beside = alloca {code.vector(kind)}, align 64",
        f"%made = alloca {code.vector('i64')}, align 64",
    )
    # The greatest power of two that is no more than how many there are.
    do("%zeros = call i64 @llvm.ctlz.i64(i64 %count, i1 false)", "%bit = sub i64 63, %zeros")
    do("%none = icmp eq i64 %count, 0", "%bits = select i1 %none, i64 0, i64 %bit")
    do("%one = shl i64 1, %bits", "%first.step = select i1 %none, i64 0, i64 %one")
    code.declared["ctlz"] = "declare i64 @llvm.ctlz.i64(i64, i1)"
    # One row of numbers for all values, which lie side by side, or each its own.
    do("%is.one = icmp eq i64 %ahead0, 0", f"%near1 = icmp eq i64 %ahead1, {_SIZES[kind]}")
    do("%near2 = icmp eq i64 %ahead2, 8", "%is.near = and i1 %near1, %near2")
    do("%is.wide = and i1 %is.one, %is.near", f"%width = select i1 %is.wide, i64 {LANES}, i64 1")
    do("br label %part")
    code.label("part")
    do("%i = phi i64 [ 0, %entry ], [ %i.next, %done ]", "%left = sub i64 %n, %i")
    do("%is.end = icmp sle i64 %left, 0", "br i1 %is.end, label %exit, label %begin")
    code.label("begin")
    do("%is.last = icmp ult i64 %left, %width", "%some = select i1 %is.last, i64 %left, i64 %width")
    do("%is.whole = icmp eq i64 %some, " + str(LANES))
    for k in range(3):
        do(
            f"%far{k} = mul i64 %i, %ahead{k}",
            f"%at{k} = getelementptr i8, ptr %base{k}, i64 %far{k}",
        )
    do("br i1 %is.whole, label %search, label %fill")
    code.label("fill")
    do("%f = phi i64 [ 0, %begin ], [ %f.next, %fill ]")
    do(
        f"%given.at = getelementptr {kind}, ptr %at1, i64 %f",
        f"%given = load {kind}, ptr %given.at, align 1",
    )
    do(
        f"%room.at = getelementptr {kind}, ptr %beside, i64 %f",
        f"store {kind} %given, ptr %room.at, align 1",
    )
    do("%f.next = add i64 %f, 1", "%f.more = icmp ult i64 %f.next, %some")
    do("br i1 %f.more, label %fill, label %search")
    code.label("search")
    do("%from = phi ptr [ %at1, %begin ], [ %beside, %fill ]")
    values = code.load("%from", kind)
    do("br label %halve")
    code.label("halve")
    places = V("%places", _INDEX)
    index = code.vector(_INDEX)
    do(f"%places = phi {index} [ zeroinitializer, %search ], [ %places.next, %go ]")
    do("%step = phi i64 [ %first.step, %search ], [ %step.next, %go ]")
    do("%is.over = icmp eq i64 %step, 0", "br i1 %is.over, label %found, label %go")
    code.label("go")
    further = code.op("add", places, code.splat(code.line("trunc i64 %step to i32"), _INDEX))
    there = code.test("icmp ule", further, code.splat(code.line("trunc i64 %count to i32"), _INDEX))
    before = code.op(
        "and", there, _is_before(code, _gathered(code, kind, further, there), values, right)
    )
    chosen = code.select(before, further, places)
    do(
        f"%places.next = add {index} {chosen.name}, zeroinitializer",
        "%step.next = lshr i64 %step, 1",
    )
    do("br label %halve")
    code.label("found")
    wide = code.convert("zext", places, "i64")
    do("br i1 %is.whole, label %all, label %few")
    code.label("all")
    code.store(wide, "%at2")
    do("br label %done")
    code.label("few")
    code.keep("%made", wide)
    do("br label %give")
    code.label("give")
    do("%g = phi i64 [ 0, %few ], [ %g.next, %give ]")
    do(
        "%made.at = getelementptr i64, ptr %made, i64 %g",
        "%place = load i64, ptr %made.at, align 8",
    )
    do("%out.at = getelementptr i64, ptr %at2, i64 %g", "store i64 %place, ptr %out.at, align 1")
    do("%g.next = add i64 %g, 1", "%g.more = icmp ult i64 %g.next, %some")
    do("br i1 %g.more, label %give, label %done")
    code.label("done")
    do("%i.next = add i64 %i, %some", "br label %part")
    code.label("exit")
    do("ret void")
    head = f"void @loop_{name(right, kind)}(ptr %arrays, ptr %sizes, ptr %steps, ptr %data)"
    return head, code


def _gathered(code: Code, kind: str, further: V, there: V) -> V:
    """The numbers before some places, where they are there."""
    last = code.op("sub", further, 1)
    places = code.line(f"getelementptr {kind}, ptr %at0, {code.vector(_INDEX)} {last.name}")
    values, pointers, truths = code.vector(kind), code.vector("ptr"), code.vector("i1")
    full = f"llvm.masked.gather.v{code.lanes}{'f32' if kind == 'float' else kind}.v{code.lanes}p0"
    code.declared[full] = f"declare {values} @{full}({pointers}, i32, {truths}, {values})"
    given = f"{pointers} {places}, i32 1, {truths} {there.name}, {values} zeroinitializer"
    return V(code.line(f"call {values} @{full}({given})"), kind)


def _is_before(code: Code, number: V, value: V, right: bool) -> V:
    """Whether a value is to come after a number."""
    if number.type != "float":
        return code.test("icmp sle" if right else "icmp slt", number, value)
    unordered = code.test("fcmp uno", value, value)
    if not right:
        unordered = code.op("and", unordered, code.test("fcmp ord", number, number))
    return code.op("or", unordered, code.test("fcmp ole" if right else "fcmp olt", number, value))
