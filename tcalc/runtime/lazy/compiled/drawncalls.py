"""Calls that draw small new tensors, as text (see `creating`)."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled import normals, orders
from tcalc.runtime.lazy.compiled.calls import DATA
from tcalc.runtime.lazy.compiled.creatinglines import (
    DONE,
    LENGTH,
    LETS_GO,
    ONE,
    WORDS,
    block,
    field,
    fresh,
    if_,
    is_,
    item,
    loop,
    sizes_given,
    sizes_like,
    words,
)

# Numbers of a range beyond which a draw takes two words.
_WIDE = 1 << 28


def _drawn(wanted: str) -> list[str]:
    return [
        f"  %words = call ptr @made.words(ptr %context, i64 {wanted})",
        "  %is.drawn = icmp ne ptr %words, null",
        *if_("%is.drawn", "drawn", "drops"),
    ]


_UNITS = [
    *_drawn("%count"),
    "  call void @made.units(ptr %words, ptr %out, i64 %count)",
    *DONE,
    *LETS_GO,
]


def _rand() -> list[str]:
    return [*sizes_given(), *fresh("%floats", 4), *_UNITS]


def _rand_like() -> list[str]:
    return [*sizes_like(), *fresh("%floats", 4, "%shape"), *_UNITS]


_NORMALS = [
    *words("is_on", "true"),
    "  %on = load ptr, ptr %is_on, align 8",
    *is_("is.used", "%on", "%true", "used", "drops"),
    f"  %is.several = icmp uge i64 %count, {normals.ROW}",
    *if_("%is.several", "several", "drops"),
    f"  %left = and i64 %count, {normals.ROW - 1}",
    "  %is.even = icmp eq i64 %left, 0",
    f"  %again = select i1 %is.even, i64 0, i64 {normals.ROW}",
    "  %wanted = add i64 %count, %again",
    *_drawn("%wanted"),
    f"  %rows = lshr i64 %count, {normals.ROW.bit_length() - 1}",
    "  %pair.second = getelementptr float, ptr %pair, i64 1",
    "  store float 0.0, ptr %pair, align 4",
    f"  store float {ONE}, ptr %pair.second, align 4",
    *block("*%words", "*%out", "%rows", "*%pair", "*%pair.second"),
    f"  call void @loop_{normals.NAME}(ptr %block)",
    "  br i1 %is.even, label %even, label %rest",
    "rest:",
    "  %words.last = getelementptr i32, ptr %words, i64 %count",
    f"  %back = sub i64 %count, {normals.ROW}",
    "  %out.last = getelementptr float, ptr %out, i64 %back",
    "  store ptr %words.last, ptr %block.0, align 8",
    "  store ptr %out.last, ptr %block.1, align 8",
    "  store i64 1, ptr %block.2, align 8",
    f"  call void @loop_{normals.NAME}(ptr %block)",
    "  br label %even",
    "even:",
    *DONE,
    *LETS_GO,
]


def _randn() -> list[str]:
    return [*sizes_given(), *fresh("%floats", 4), *_NORMALS]


def _randn_like() -> list[str]:
    return [*sizes_like(), *fresh("%floats", 4, "%shape"), *_NORMALS]


def _randint() -> list[str]:
    """Of bounds and sizes: of so few numbers that each takes one word."""
    return [
        *item("bounds", "%given", 0),
        *field("amount", "%bounds", LENGTH, "i64"),
        "  %is.two = icmp eq i64 %amount, 2",
        "  %is.three = icmp eq i64 %amount, 3",
        "  %is.either = or i1 %is.two, %is.three",
        *if_("%is.either", "right"),
        "  %items = getelementptr i8, ptr %bounds, i64 24",
        "  %before = sub i64 %amount, 1",
        *item("size", "%items", "%before"),
        "  %second = sub i64 %amount, 2",
        *item("high.object", "%items", "%second"),
        *item("low.object", "%items", 0),
        "  %dims = call i64 @made.each(ptr %context, ptr %size, ptr %sizes)",
        "  %high = call i64 @made.int(ptr %context, ptr %high.object, ptr %over)",
        "  %high.over = load i32, ptr %over, align 4",
        "  %given.low = call i64 @made.int(ptr %context, ptr %low.object, ptr %over)",
        "  %low.over = load i32, ptr %over, align 4",
        "  %low = select i1 %is.two, i64 0, i64 %given.low",
        "  %any.over = or i32 %high.over, %low.over",
        "  %fits = icmp eq i32 %any.over, 0",
        *if_("%fits", "bounded"),
        "  %is.up = icmp slt i64 %low, %high",
        *if_("%is.up", "up"),
        "  %numbers = sub i64 %high, %low",
        f"  %is.narrow = icmp ult i64 %numbers, {_WIDE}",
        *if_("%is.narrow", "narrow"),
        "  %numbers.short = trunc i64 %numbers to i32",
        *fresh("%longs", 8),
        *_drawn("%count"),
        *loop(
            "each",
            "%count",
            *item("word", "%words", "%each.i", "i32"),
            "  %rest = urem i32 %word, %numbers.short",
            "  %rest.long = zext i32 %rest to i64",
            "  %value = add i64 %rest.long, %low",
            "  %place = getelementptr i64, ptr %out, i64 %each.i",
            "  store i64 %value, ptr %place, align 8",
        ),
        *DONE,
        *LETS_GO,
    ]


def _randperm() -> list[str]:
    return [
        *item("first", "%given", 0),
        "  %n = call i64 @made.int(ptr %context, ptr %first, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        *if_("%fits", "sized"),
        "  %is.more = icmp sgt i64 %n, 1",
        *if_("%is.more", "several"),
        "  store i64 %n, ptr %sizes, align 8",
        *fresh("%longs", 8, dims="1"),
        "  %wanted = sub i64 %count, 1",
        *_drawn("%wanted"),
        *block("*%out", "*%words", "%count"),
        f"  call void @loop_{orders.NAME}(ptr %block)",
        *DONE,
        *LETS_GO,
    ]


def _bernoulli() -> list[str]:
    """Of chances that are in no graph."""
    return [
        *item("p", "%given", 1),
        *is_("is.none", "%p", "%nothing", "alone"),
        *sizes_like(),
        *words("at_end", "at_view"),
        *field("end", "%input", "%at_end"),
        *is_("is.free", "%end", "%nothing", "free"),
        *field("view", "%input", "%at_view"),
        *is_("is.own", "%view", "%nothing", "own"),
        *field("chances", "%held", DATA),
        f"  %all = call i64 @made.count(ptr %shape, i64 %dims, i64 {WORDS})",
        "  %is.all = icmp ne i64 %all, 0",
        *if_("%is.all", "check"),
        *loop(
            "test",
            "%all",
            *item("chance", "%chances", "%test.i", "float"),
            "  %is.least = fcmp oge float %chance, 0.0",
            f"  %is.most = fcmp ole float %chance, {ONE}",
            "  %is.chance = and i1 %is.least, %is.most",
            *if_("%is.chance", "good"),
        ),
        *fresh("%floats", 4, "%shape"),
        *_drawn("%count"),
        "  call void @made.units(ptr %words, ptr %out, i64 %count)",
        *loop(
            "each",
            "%count",
            *item("bound", "%chances", "%each.i", "float"),
            *item("unit", "%out", "%each.i", "float"),
            "  %is.less = fcmp olt float %unit, %bound",
            f"  %value = select i1 %is.less, float {ONE}, float 0.0",
            "  store float %value, ptr %unit.at, align 4",
        ),
        *DONE,
        *LETS_GO,
    ]


# By op: how many arguments there are at the least and the most, and what gives the lines.
CALLS = {
    "rand": (1, 1, _rand),
    "randn": (1, 1, _randn),
    "rand_like": (1, 1, _rand_like),
    "randn_like": (1, 1, _randn_like),
    "randint": (1, 1, _randint),
    "randperm": (1, 1, _randperm),
    "bernoulli": (2, 2, _bernoulli),
}
