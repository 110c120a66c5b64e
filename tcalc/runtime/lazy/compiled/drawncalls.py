"""Calls that draw small new tensors, as text (see `creating`)."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled.calls import DATA, DIMENSIONS, SIZES
from tcalc.runtime.lazy.compiled.creatinglines import (
    ANY,
    DONE,
    LENGTH,
    LETS_GO,
    LONG,
    ONE,
    SINGLE,
    WORDS,
    block,
    free,
    fresh,
    if_,
    is_,
    item,
    loop,
    real,
    sizes_given,
    sizes_like,
    words,
)
from tcalc.runtime.lazy.compiled.drawing import ORDER
from tcalc.runtime.lazy.compiled.lines import field

# Numbers of a range beyond which a draw takes two words.
_WIDE = 1 << 28


def _drawn(wanted: str, no: str = "drops") -> list[str]:
    return [
        f"  %words = call ptr @made.words(ptr %context, i64 {wanted})",
        "  %is.drawn = icmp ne ptr %words, null",
        *if_("%is.drawn", "drawn", no),
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


def _normals(mean: str, std: str) -> list[str]:
    return [
        "  %pair.second = getelementptr float, ptr %pair, i64 1",
        f"  store float {mean}, ptr %pair, align 4",
        f"  store float {std}, ptr %pair.second, align 4",
        "  %is.drawn = call i1 @made.normals(ptr %context, ptr %out, i64 %count, ptr %pair)",
    ]


_NORMALS = [*_normals("0.0", ONE), *if_("%is.drawn", "drawn", "drops"), *DONE, *LETS_GO]


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
        *block("*%words", "*%out", "%count"),
        f"  call void @loop_{ORDER}(ptr %block)",
        *DONE,
        *LETS_GO,
    ]


def _bernoulli() -> list[str]:
    """Of chances that are in no graph."""
    return [
        *item("p", "%given", 1),
        *is_("is.none", "%p", "%nothing", "alone"),
        *sizes_like(),
        *free("%input"),
        *field("chances", "%held", DATA, "ptr"),
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


def _mean_and_std(first: int) -> list[str]:
    """Two numbers among the arguments, as float32."""
    return [
        *real("mean", first),
        *real("std", first + 1),
        "  %is.std = fcmp oge double %std, 0.0",
        *if_("%is.std", "spread"),
        "  %mean.single = fptrunc double %mean to float",
        "  %std.single = fptrunc double %std to float",
    ]


def _normal() -> list[str]:
    return [
        *_mean_and_std(0),
        *item("size", "%given", 2),
        "  %dims = call i64 @made.each(ptr %context, ptr %size, ptr %sizes)",
        *fresh("%floats", 4),
        *_normals("%mean.single", "%std.single"),
        *if_("%is.drawn", "drawn", "drops"),
        *DONE,
        *LETS_GO,
    ]


# -- into a tensor's own memory -----------------------------------------------------------------

_TARGET = [
    *item("input", "%given", 0),
    "  %held = call ptr @made.target(ptr %context, ptr %input)",
    "  %is.held = icmp ne ptr %held, null",
    *if_("%is.held", "target"),
    *field("out", "%held", DATA, "ptr"),
    *field("dims.short", "%held", DIMENSIONS, "i32"),
    "  %dims = zext i32 %dims.short to i64",
    *field("shape", "%held", SIZES, "ptr"),
    f"  %count = call i64 @made.count(ptr %shape, i64 %dims, i64 {WORDS})",
    "  %is.counted = icmp ne i64 %count, 0",
    *if_("%is.counted", "counted"),
]
_WRITTEN = [
    "  call void @made.written(ptr %context, ptr %input)",
    "  call void %take(ptr %input)",
    "  ret ptr %input",
]


def _normal_() -> list[str]:
    return [
        *_TARGET,
        *_mean_and_std(1),
        *_normals("%mean.single", "%std.single"),
        *if_("%is.drawn", "drawn"),
        *_WRITTEN,
    ]


def _uniform_() -> list[str]:
    """In [0, 1)."""
    return [
        *_TARGET,
        *real("low", 1),
        *real("high", 2),
        "  %is.low = fcmp oeq double %low, 0.0",
        f"  %is.high = fcmp oeq double %high, {ONE}",
        "  %is.unit = and i1 %is.low, %is.high",
        *if_("%is.unit", "unit.range"),
        *_drawn("%count", "no"),
        "  call void @made.units(ptr %words, ptr %out, i64 %count)",
        *_WRITTEN,
    ]


def _less(chance: str) -> list[str]:
    """Whether the number of two words, the high one first, is below a chance: `%is.less`."""
    return [
        "  %pair.at = getelementptr i64, ptr %words, i64 %each.i",
        "  %both = load i64, ptr %pair.at, align 4",
        "  %high = shl i64 %both, 32",
        "  %other = lshr i64 %both, 32",
        "  %whole = or i64 %high, %other",
        f"  %bits = and i64 %whole, {(1 << 53) - 1}",
        "  %number = sitofp i64 %bits to double",
        "  %unit = fmul double %number, 0x3CA0000000000000",
        f"  %is.less = fcmp olt double %unit, {chance}",
    ]


def _bernoulli_() -> list[str]:
    """By one chance: of two words each, the high one first."""
    return [
        *_TARGET,
        *real("p", 1),
        "  %is.not.less = fcmp oge double %p, 0.0",
        f"  %is.not.more = fcmp ole double %p, {ONE}",
        "  %is.chance = and i1 %is.not.less, %is.not.more",
        *if_("%is.chance", "chance"),
        "  %wanted = shl i64 %count, 1",
        *_drawn("%wanted", "no"),
        *loop(
            "each",
            "%count",
            *_less("%p"),
            f"  %value = select i1 %is.less, float {ONE}, float 0.0",
            "  %place = getelementptr float, ptr %out, i64 %each.i",
            "  store float %value, ptr %place, align 4",
        ),
        *_WRITTEN,
    ]


# -- of what a tensor has -----------------------------------------------------------------------


def _dropout() -> list[str]:
    """Of a tensor in no graph, a chance, `training` and `inplace`: each element times 0, or times the number
    that the others are made up for by."""
    return [
        *item("training", "%given", 2),
        *words("true", "false"),
        *is_("is.training", "%training", "%true", "trained"),
        *item("inplace", "%given", 3),
        *is_("is.new", "%inplace", "%false", "anew"),
        *real("p", 1),
        "  %is.some = fcmp ogt double %p, 0.0",
        f"  %is.not.all = fcmp olt double %p, {ONE}",
        "  %is.part = and i1 %is.some, %is.not.all",
        *if_("%is.part", "parts"),
        *sizes_like(),
        *free("%input"),
        *field("source", "%held", DATA, "ptr"),
        f"  %left = fsub double {ONE}, %p",
        "  %left.single = fptrunc double %left to float",
        f"  %scale = fdiv float {ONE}, %left.single",
        *fresh("%floats", 4, "%shape"),
        "  %wanted = shl i64 %count, 1",
        *_drawn("%wanted"),
        *loop(
            "each",
            "%count",
            *_less("%left"),
            "  %factor = select i1 %is.less, float %scale, float 0.0",
            *item("x", "%source", "%each.i", "float"),
            "  %value = fmul float %x, %factor",
            "  %place = getelementptr float, ptr %out, i64 %each.i",
            "  store float %value, ptr %place, align 4",
        ),
        *DONE,
        *LETS_GO,
    ]


# By op: how many arguments there are before the dtype, which dtypes there may be (none where there is no
# such argument), what gives the lines.
CALLS = {
    "rand": (1, (ANY, SINGLE), _rand),
    "randn": (1, (ANY, SINGLE), _randn),
    "rand_like": (1, (ANY, SINGLE), _rand_like),
    "randn_like": (1, (ANY, SINGLE), _randn_like),
    "randint": (1, (ANY, LONG), _randint),
    "randperm": (1, (ANY, LONG), _randperm),
    "bernoulli": (2, (), _bernoulli),
    "normal": (3, (ANY, SINGLE), _normal),
    "normal_": (3, (), _normal_),
    "uniform_": (3, (), _uniform_),
    "bernoulli_": (2, (), _bernoulli_),
    "dropout": (4, (), _dropout),
}
