"""Lines of text that functions for small new tensors are written of (see `creating`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.calls import DATA, DIMENSIONS, SIZES
from tcalc.runtime.lazy.compiled.lines import field

if TYPE_CHECKING:
    from collections.abc import Sequence

# Words of the context, which all functions share: objects and functions by where they are, then of
# some objects where they hold what, in bytes.
OBJECTS = (
    "tensor", "parameter", "array", "float", "int", "tuple", "size", "list", "program_list", "nothing",
    "single", "long", "double", "doubles", "default", "mode", "device", "floats", "longs", "generator", "true", "false",
    "is_on",
    "new_array", "new_object", "take", "drop", "clear", "whole", "number", "get", "waiting",
)  # fmt: skip
OFFSETS = (
    "at_array", "at_end", "at_storage", "at_view", "at_version", "at_block", "at_next", "at_lock",
    "at_count",
)  # fmt: skip
CONTEXT = (*OBJECTS, *OFFSETS)
# What comes before the ops' names in those of functions.
PREFIX = "new_"
# The flags of an array whose elements lie in order and in place, and of one that may be written to.
IN_ORDER, WRITEABLE = 0x101, 0x400
# Tensors of as many bytes are no longer small; and the words of a state of the generator.
BYTES, WORDS = (1 << 17) + 1, 624
# Up to where ints are the same in double.
EXACT, MOST_FLOAT = 1 << 53, 3e38
MOST_DIMS = 8
# The dtypes that calls know, by number: none is given, and those of float32, int64 and float64.
ANY, SINGLE, LONG, DOUBLE = range(4)
# Elements of a round where all are alike.
LANES = 32
# Where a tuple has its items, and a list where they are; and how many there are.
ITEMS, LENGTH = 24, 16


def words(*names: str) -> list[str]:
    """Lines that read words of the context."""
    return [
        line
        for name in names
        for line in (
            f"  %{name}.at = getelementptr i64, ptr %context, i64 {CONTEXT.index(name)}",
            f"  %{name} = load {'ptr' if name in OBJECTS else 'i64'}, ptr %{name}.at, align 8",
        )
    ]


def item(name: str, of: str, place: int | str, kind: str = "ptr") -> list[str]:
    return [
        f"  %{name}.at = getelementptr {kind}, ptr {of}, i64 {place}",
        f"  %{name} = load {kind}, ptr %{name}.at, align 8",
    ]


def if_(test: str, on: str, no: str = "no") -> list[str]:
    """Leave where a test fails."""
    return [f"  br i1 {test}, label %{on}, label %{no}", f"{on}:"]


def is_(name: str, a: str, b: str, on: str, no: str = "no") -> list[str]:
    """Leave unless two objects are the same."""
    return [f"  %{name} = icmp eq ptr {a}, {b}", *if_(f"%{name}", on, no)]


def block(*numbers: str) -> list[str]:
    """The block of numbers that a function is given; pointers begin with *."""
    return [
        line
        for i, number in enumerate(numbers)
        for line in (
            f"  %block.{i} = getelementptr i64, ptr %block, i64 {i}",
            f"  store {'ptr' if number[0] == '*' else 'i64'} {number.lstrip('*')}, ptr %block.{i}, align 8",
        )
    ]


def fresh(
    dtype: str, width: int, sizes: str = "%sizes", dims: str = "%dims", most: str = ""
) -> list[str]:
    """A new array of sizes; `%count` of elements, where its data is."""
    most = most or str((BYTES - 1) // width)
    return [
        f"  %count = call i64 @made.count(ptr {sizes}, i64 {dims}, i64 {most})",
        "  %is.counted = icmp ne i64 %count, 0",
        *if_("%is.counted", "counted"),
        *allocated(dtype, sizes, dims),
    ]


def allocated(dtype: str, sizes: str, dims: str) -> list[str]:
    return [
        f"  %made = call ptr @made.array(ptr %context, ptr {sizes}, i64 {dims}, ptr {dtype})",
        "  %is.made = icmp ne ptr %made, null",
        *if_("%is.made", "fill"),
        *field("out", "%made", DATA, "ptr"),
    ]


DONE = [
    "  %result = call ptr @made.tensor(ptr %context, ptr %made)",
    "  %is.result = icmp ne ptr %result, null",
    "  br i1 %is.result, label %give, label %no",
    "give:",
    "  ret ptr %result",
]


def loop(name: str, count: str, *body: str) -> list[str]:
    """Lines for each number below a count, which is not 0: `%name.i`."""
    return [
        f"  br label %{name}.begin",
        f"{name}.begin:",
        f"  br label %{name}",
        f"{name}:",
        f"  %{name}.i = phi i64 [ 0, %{name}.begin ], [ %{name}.next, %{name}.end ]",
        *body,
        f"  br label %{name}.end",
        f"{name}.end:",
        f"  %{name}.next = add i64 %{name}.i, 1",
        f"  %{name}.more = icmp ult i64 %{name}.next, {count}",
        f"  br i1 %{name}.more, label %{name}, label %{name}.done",
        f"{name}.done:",
    ]


def function(head: str, *lines: str) -> list[str]:
    return [f'define internal {head} nounwind "no-builtins" {{', *begun(lines), "}"]


def begun(lines: Sequence[str]) -> list[str]:
    """Lines after what they have of memory: that is had once, at the beginning."""
    rooms = [line for line in lines if " = alloca " in line]
    return ["entry:", *rooms, *[line for line in lines if " = alloca " not in line]]


LETS_GO = ["drops:", "  call void %drop(ptr %made)", "  br label %no"]


# -- what many begin or end with --


def sizes_given() -> list[str]:
    return [
        *item("first", "%given", 0),
        "  %dims = call i64 @made.sizes(ptr %context, ptr %first, ptr %sizes)",
    ]


def sizes_like() -> list[str]:
    """The sizes of a tensor of float32."""
    return [
        *item("input", "%given", 0),
        "  %held = call ptr @made.held(ptr %context, ptr %input)",
        "  %is.held = icmp ne ptr %held, null",
        *if_("%is.held", "known"),
        *field("dims.short", "%held", DIMENSIONS, "i32"),
        "  %dims = zext i32 %dims.short to i64",
        *field("shape", "%held", SIZES, "ptr"),
    ]


def free(object: str) -> list[str]:
    """Leave unless a tensor is in no graph, and no view."""
    return [
        *words("at_end", "at_view"),
        *field("end", object, "%at_end", "ptr"),
        *is_("is.free", "%end", "%nothing", "free"),
        *field("view", object, "%at_view", "ptr"),
        *is_("is.own", "%view", "%nothing", "own"),
    ]


def real(name: str, place: int) -> list[str]:
    """A number among the arguments, as a double that float32 has room for."""
    return [
        *item(f"{name}.object", "%given", place),
        f"  %{name}.kind = call i64 @made.real(ptr %context, ptr %{name}.object, ptr %pair)",
        f"  %{name} = load double, ptr %pair, align 8",
        f"  %{name}.least = fcmp oge double %{name}, {-MOST_FLOAT:e}",
        f"  %{name}.most = fcmp ole double %{name}, {MOST_FLOAT:e}",
        f"  %{name}.known = icmp ne i64 %{name}.kind, 0",
        f"  %{name}.inside = and i1 %{name}.least, %{name}.most",
        f"  %{name}.fits = and i1 %{name}.known, %{name}.inside",
        *if_(f"%{name}.fits", f"{name}.there"),
    ]


def of_dtype(kind: str, sizes: str = "%sizes") -> list[str]:
    """A new array of a dtype by its number; `%is.wide` where its elements have eight bytes."""
    return [
        *words("doubles"),
        f"  %is.long = icmp eq i64 {kind}, {LONG}",
        f"  %is.double = icmp eq i64 {kind}, {DOUBLE}",
        "  %is.wide = or i1 %is.long, %is.double",
        "  %wide.dtype = select i1 %is.long, ptr %longs, ptr %doubles",
        "  %its.dtype = select i1 %is.wide, ptr %wide.dtype, ptr %floats",
        f"  %its.most = select i1 %is.wide, i64 {(BYTES - 1) // 8}, i64 {(BYTES - 1) // 4}",
        *fresh("%its.dtype", 0, sizes, most="%its.most"),
    ]


def put(value: str) -> str:
    return f"  call void @made.put(ptr %out, float {value}, i64 %count)"


def filled(value: str) -> list[str]:
    return [put(value), *DONE]


ONE = "0x3FF0000000000000"
