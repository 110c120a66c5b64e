"""Calls that fill small new tensors, as text: with a number, steps, data (see `creating`)."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled import ranges
from tcalc.runtime.lazy.compiled.creatinglines import (
    ANY,
    BYTES,
    DONE,
    DOUBLE,
    LONG,
    ONE,
    SINGLE,
    allocated,
    block,
    filled,
    fresh,
    if_,
    item,
    loop,
    of_dtype,
    put,
    real,
    sizes_given,
    sizes_like,
)

# Numbers of data.
_DATA = 256


_ZEROS = [
    "  %wide = zext i1 %is.wide to i64",
    "  %words = shl i64 %count, %wide",
    "  call void @made.put(ptr %out, float 0.0, i64 %words)",
    *DONE,
]


def _zeros() -> list[str]:
    return [*sizes_given(), *of_dtype("%dtype.wanted"), *_ZEROS]


def _zeros_like() -> list[str]:
    return [*sizes_like(), *of_dtype("%dtype.wanted", "%shape"), *_ZEROS]


def _put(single: str, long: str, double: str) -> list[str]:
    """One number in all elements, as each dtype has it."""
    return [
        "  br i1 %is.wide, label %put.wide, label %put.single",
        "put.single:",
        put(single),
        "  br label %put.done",
        "put.wide:",
        f"  %bits = select i1 %is.long, i64 {long}, i64 {double}",
        "  call void @made.put.wide(ptr %out, i64 %bits, i64 %count)",
        "  br label %put.done",
        "put.done:",
        *DONE,
    ]


_ONES = _put(ONE, "1", str(0x3FF << 52))


def _ones() -> list[str]:
    return [*sizes_given(), *of_dtype("%dtype.wanted"), *_ONES]


def _ones_like() -> list[str]:
    return [*sizes_like(), *of_dtype("%dtype.wanted", "%shape"), *_ONES]


def _full() -> list[str]:
    """Of the number's own dtype where none is given; no float for int64."""
    return [
        *item("first", "%given", 0),
        "  %dims = call i64 @made.each(ptr %context, ptr %first, ptr %sizes)",
        *real("value", 1),
        f"  %is.any = icmp eq i64 %dtype.wanted, {ANY}",
        "  %is.int = icmp eq i64 %value.kind, 1",
        f"  %own = select i1 %is.int, i64 {LONG}, i64 {SINGLE}",
        "  %kind = select i1 %is.any, i64 %own, i64 %dtype.wanted",
        f"  %is.other = icmp ne i64 %kind, {LONG}",
        "  %is.right = or i1 %is.other, %is.int",
        *if_("%is.right", "right"),
        *of_dtype("%kind"),
        "  %value.single = fptrunc double %value to float",
        "  %value.double = bitcast double %value to i64",
        "  %value.zero = select i1 %is.int, double %value, double 0.0",
        "  %value.long = fptosi double %value.zero to i64",
        *_put("%value.single", "%value.long", "%value.double"),
    ]


def _full_like() -> list[str]:
    return [
        *sizes_like(),
        *real("value", 1),
        "  %single.value = fptrunc double %value to float",
        *fresh("%floats", 4, "%shape"),
        *filled("%single.value"),
    ]


def _of_its_dtype(looks: str) -> list[str]:
    """The sizes among the arguments, for a tensor of float32's dtype."""
    return [
        *item("input", "%given", 0),
        *item("size", "%given", 1),
        "  %held = call ptr @made.held(ptr %context, ptr %input)",
        "  %is.held = icmp ne ptr %held, null",
        *if_("%is.held", "known"),
        f"  %dims = call i64 @made.{looks}(ptr %context, ptr %size, ptr %sizes)",
    ]


def _new_zeros() -> list[str]:
    return [*_of_its_dtype("sizes"), *of_dtype("%dtype.wanted"), *_ZEROS]


def _new_ones() -> list[str]:
    return [*_of_its_dtype("sizes"), *of_dtype("%dtype.wanted"), *_ONES]


def _new_full() -> list[str]:
    return [
        *_of_its_dtype("each"),
        *real("value", 2),
        "  %single.value = fptrunc double %value to float",
        *fresh("%floats", 4),
        *filled("%single.value"),
    ]


def _eye() -> list[str]:
    return [
        *item("first", "%given", 0),
        *item("second", "%given", 1),
        "  %n = call i64 @made.int(ptr %context, ptr %first, ptr %over)",
        "  %n.over = load i32, ptr %over, align 4",
        "  %is.square = icmp eq ptr %second, %nothing",
        "  %other = select i1 %is.square, ptr %first, ptr %second",
        "  %m = call i64 @made.int(ptr %context, ptr %other, ptr %over)",
        "  %m.over = load i32, ptr %over, align 4",
        "  %any.over = or i32 %n.over, %m.over",
        "  %fits = icmp eq i32 %any.over, 0",
        *if_("%fits", "sized"),
        "  %sizes.second = getelementptr i64, ptr %sizes, i64 1",
        "  store i64 %n, ptr %sizes, align 8",
        "  store i64 %m, ptr %sizes.second, align 8",
        *fresh("%floats", 4, dims="2"),
        put("0.0"),
        "  %is.wide = icmp ult i64 %n, %m",
        "  %shorter = select i1 %is.wide, i64 %n, i64 %m",
        "  %far = add i64 %m, 1",
        *loop(
            "each",
            "%shorter",
            "  %index = mul i64 %each.i, %far",
            "  %place = getelementptr float, ptr %out, i64 %index",
            f"  store float {ONE}, ptr %place, align 4",
        ),
        *DONE,
    ]


def _linspace() -> list[str]:
    """Half of it from the start, half back from the end."""
    single = [f"  %{name}.single = fptrunc double %{name} to float" for name in ("start", "end")]
    return [
        *real("start", 0),
        *real("end", 1),
        *item("steps", "%given", 2),
        "  %amount = call i64 @made.int(ptr %context, ptr %steps, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        *if_("%fits", "sized"),
        "  %is.more = icmp sgt i64 %amount, 1",
        *if_("%is.more", "several"),
        "  store i64 %amount, ptr %sizes, align 8",
        *fresh("%floats", 4, dims="1"),
        *single,
        "  %parts = sub i64 %count, 1",
        "  %parts.single = sitofp i64 %parts to float",
        "  %span = fsub float %end.single, %start.single",
        "  %step = fdiv float %span, %parts.single",
        "  %back = fneg float %step",
        "  %half = lshr i64 %count, 1",
        "  %rest = sub i64 %count, %half",
        "  %last = sub i64 %rest, 1",
        "  %middle = getelementptr float, ptr %out, i64 %half",
        "  %pair.second = getelementptr float, ptr %pair, i64 1",
        "  store float %start.single, ptr %pair, align 4",
        "  store float %step, ptr %pair.second, align 4",
        *block("*%out", "%half", "0", "1", "*%pair", "*%pair.second"),
        f"  call void @loop_{ranges.NAMES['ff']}(ptr %block)",
        "  store float %end.single, ptr %pair, align 4",
        "  store float %back, ptr %pair.second, align 4",
        "  store ptr %middle, ptr %block.0, align 8",
        "  store i64 %rest, ptr %block.1, align 8",
        "  store i64 %last, ptr %block.2, align 8",
        "  store i64 -1, ptr %block.3, align 8",
        f"  call void @loop_{ranges.NAMES['ff']}(ptr %block)",
        *DONE,
    ]


def _arange() -> list[str]:
    """Of ints, whose step is a positive one; or of numbers that are not all ints."""
    lines = [
        *item("second.object", "%given", 1),
        *item("first.object", "%given", 0),
        "  %is.end = icmp eq ptr %second.object, %nothing",
        "  %last.object = select i1 %is.end, ptr %first.object, ptr %second.object",
        *item("third.object", "%given", 2),
    ]
    kinds = []
    for name in ("first", "last", "third"):
        lines += [
            f"  %{name}.kind = call i64 @made.real(ptr %context, ptr %{name}.object, ptr %pair)",
            f"  %{name} = load double, ptr %pair, align 8",
            f"  %{name}.is = icmp ne i64 %{name}.kind, 0",
            *if_(f"%{name}.is", f"{name}.known"),
        ]
        kinds.append(f"%{name}.kind")
    return [
        *lines,
        f"  %kinds.two = or i64 {kinds[0]}, {kinds[1]}",
        f"  %kinds = or i64 %kinds.two, {kinds[2]}",
        "  %is.ints = icmp eq i64 %kinds, 1",
        f"  %is.reals = icmp eq i64 %dtype.wanted, {SINGLE}",
        f"  %is.long = icmp eq i64 %dtype.wanted, {LONG}",
        "  %not.reals = xor i1 %is.reals, true",
        "  %is.whole = and i1 %is.ints, %not.reals",
        "  %not.long = xor i1 %is.long, true",
        "  %is.right = or i1 %not.long, %is.whole",
        *if_("%is.right", "right"),
        "  %start = select i1 %is.end, double 0.0, double %first",
        "  %span = fsub double %last, %start",
        "  %steps = fdiv double %span, %third",
        "  %is.some = fcmp ogt double %steps, 0.0",
        *if_("%is.some", "some"),
        f"  %is.few = fcmp ole double %steps, {float(BYTES):e}",
        *if_("%is.few", "few"),
        "  %below = fptosi double %steps to i64",
        "  %floor = sitofp i64 %below to double",
        "  %is.less = fcmp olt double %floor, %steps",
        "  %one.more = zext i1 %is.less to i64",
        "  %amount.real = add i64 %below, %one.more",
        "  %pair.second = getelementptr i64, ptr %pair, i64 1",
        "  br i1 %is.whole, label %wholes, label %reals",
        "wholes:",
        "  %start.int = fptosi double %start to i64",
        "  %step.int = fptosi double %third to i64",
        "  %last.int = fptosi double %last to i64",
        "  %span.int = sub i64 %last.int, %start.int",
        "  %is.down = icmp slt i64 %step.int, 0",
        "  %short = select i1 %is.down, i64 1, i64 -1",
        "  %step.less = add i64 %step.int, %short",
        "  %span.up = add i64 %span.int, %step.less",
        "  %amount.int = sdiv i64 %span.up, %step.int",
        "  store i64 %start.int, ptr %pair, align 8",
        "  store i64 %step.int, ptr %pair.second, align 8",
        "  br label %either",
        "reals:",
        "  store double %start, ptr %pair, align 8",
        "  store double %third, ptr %pair.second, align 8",
        "  br label %either",
        "either:",
        "  %amount = phi i64 [ %amount.int, %wholes ], [ %amount.real, %reals ]",
        "  store i64 %amount, ptr %sizes, align 8",
        "  %dtype = select i1 %is.whole, ptr %longs, ptr %floats",
        *fresh("%dtype", 8, dims="1"),
        *block("*%out", "%count", "0", "1", "*%pair", "*%pair.second"),
        "  br i1 %is.whole, label %write.wholes, label %write.reals",
        "write.wholes:",
        f"  call void @loop_{ranges.NAMES['ll']}(ptr %block)",
        "  br label %written",
        "write.reals:",
        f"  call void @loop_{ranges.NAMES['df']}(ptr %block)",
        "  br label %written",
        "written:",
        *DONE,
    ]


def _tensor() -> list[str]:
    """Of a number, or a list of numbers or of lists of as many each: floats, or ints alone."""
    return [
        "  %outer.length = alloca i64, align 8",
        "  %inner.length = alloca i64, align 8",
        f"  %reals = alloca [{_DATA} x double], align 8",
        f"  %wholes = alloca [{_DATA} x i64], align 8",
        *item("data", "%given", 0),
        "  %second.size = getelementptr i64, ptr %sizes, i64 1",
        "  store i64 1, ptr %outer.length, align 8",
        "  store i64 1, ptr %inner.length, align 8",
        "  %outer = call ptr @made.items(ptr %context, ptr %data, ptr %outer.length)",
        "  %is.list = icmp ne ptr %outer, null",
        "  %items = select i1 %is.list, ptr %outer, ptr %given",
        "  %rows = load i64, ptr %outer.length, align 8",
        "  %rows.less = sub i64 %rows, 1",
        f"  %is.few = icmp ult i64 %rows.less, {_DATA}",
        *if_("%is.few", "few"),
        *item("leading", "%items", 0),
        "  %inside = call ptr @made.items(ptr %context, ptr %leading, ptr %inner.length)",
        "  %is.deep = icmp ne ptr %inside, null",
        "  %columns = load i64, ptr %inner.length, align 8",
        "  %flat.dims = zext i1 %is.list to i64",
        "  %dims = select i1 %is.deep, i64 2, i64 %flat.dims",
        "  store i64 %rows, ptr %sizes, align 8",
        "  store i64 %columns, ptr %second.size, align 8",
        f"  %all = call i64 @made.count(ptr %sizes, i64 2, i64 {_DATA})",
        "  %is.all = icmp ne i64 %all, 0",
        *if_("%is.all", "read"),
        *loop(
            "row",
            "%rows",
            *item("line", "%items", "%row.i"),
            "  br i1 %is.deep, label %deep, label %flat",
            "deep:",
            "  %inner = call ptr @made.items(ptr %context, ptr %line, ptr %inner.length)",
            "  %is.inner = icmp ne ptr %inner, null",
            *if_("%is.inner", "lined"),
            "  %its.columns = load i64, ptr %inner.length, align 8",
            "  %is.even = icmp eq i64 %its.columns, %columns",
            *if_("%is.even", "flat.too"),
            "  br label %numbers.in",
            "flat:",
            "  br label %numbers.in",
            "numbers.in:",
            "  %numbers = phi ptr [ %inner, %flat.too ], [ %line.at, %flat ]",
            "  %start = mul i64 %row.i, %columns",
            *loop(
                "one",
                "%columns",
                *item("number", "%numbers", "%one.i"),
                "  %index = add i64 %start, %one.i",
                "  %real.at = getelementptr double, ptr %reals, i64 %index",
                "  %whole.at = getelementptr i64, ptr %wholes, i64 %index",
                "  %kind = call i64 @made.real(ptr %context, ptr %number, ptr %real.at)",
                "  %is.kind = icmp ne i64 %kind, 0",
                *if_("%is.kind", "kept"),
                "  %is.int = icmp eq i64 %kind, 1",
                "  %whole.kind = zext i1 %is.int to i64",
                "  store i64 %whole.kind, ptr %whole.at, align 8",
            ),
        ),
        *loop(
            "sum",
            "%all",
            "  %ints = phi i64 [ 0, %sum.begin ], [ %ints.more, %sum.end ]",
            *item("is.one", "%wholes", "%sum.i", "i64"),
            "  %ints.more = add i64 %ints, %is.one",
        ),
        "  %all.ints = icmp eq i64 %ints.more, %all",
        f"  %is.reals = icmp eq i64 %dtype.wanted, {SINGLE}",
        f"  %is.long = icmp eq i64 %dtype.wanted, {LONG}",
        "  %not.reals = xor i1 %is.reals, true",
        "  %is.ints = and i1 %all.ints, %not.reals",
        "  %not.long = xor i1 %is.long, true",
        "  %is.right = or i1 %not.long, %is.ints",
        *if_("%is.right", "right"),
        "  %dtype = select i1 %is.ints, ptr %longs, ptr %floats",
        *allocated("%dtype", "%sizes", "%dims"),
        *loop(
            "each",
            "%all",
            *item("value", "%reals", "%each.i", "double"),
            "  br i1 %is.ints, label %whole.one, label %real.one",
            "whole.one:",
            "  %int = fptosi double %value to i64",
            "  %int.at = getelementptr i64, ptr %out, i64 %each.i",
            "  store i64 %int, ptr %int.at, align 8",
            "  br label %stored",
            "real.one:",
            "  %float = fptrunc double %value to float",
            "  %float.at = getelementptr float, ptr %out, i64 %each.i",
            "  store float %float, ptr %float.at, align 4",
            "  br label %stored",
            "stored:",
        ),
        *DONE,
    ]


_ALL = (ANY, SINGLE, LONG, DOUBLE)
# By op: how many arguments there are before the dtype, which dtypes there may be, what gives the lines.
CALLS = {
    "zeros": (1, _ALL, _zeros),
    "ones": (1, _ALL, _ones),
    "empty": (1, _ALL, _zeros),
    "full": (2, _ALL, _full),
    "zeros_like": (1, _ALL, _zeros_like),
    "ones_like": (1, _ALL, _ones_like),
    "empty_like": (1, _ALL, _zeros_like),
    "full_like": (2, (ANY, SINGLE), _full_like),
    "new_zeros": (2, _ALL, _new_zeros),
    "new_ones": (2, _ALL, _new_ones),
    "new_empty": (2, _ALL, _new_zeros),
    "new_full": (3, (ANY, SINGLE), _new_full),
    "eye": (2, (ANY, SINGLE), _eye),
    "linspace": (3, (ANY, SINGLE), _linspace),
    "arange": (3, (ANY, SINGLE, LONG), _arange),
    "tensor": (1, (ANY, SINGLE, LONG), _tensor),
}
