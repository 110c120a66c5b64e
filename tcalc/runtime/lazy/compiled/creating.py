"""Small new tensors by whole calls in machine code: sizes or data in, a tensor out, no Python between.

Functions of this kind are called as builtins of Python are (CPython's `METH_FASTCALL`), and give None for
all that is not theirs: other types than those of everyday's calls, what does not fit, many elements. Then
the op's Python does it, to the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import normals, orders, ranges
from tcalc.runtime.lazy.compiled.calls import (
    CONTENTS,
    DATA,
    DIMENSIONS,
    DTYPE,
    FLAGS,
    SIZES,
    TYPE,
    VALUE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# Words of the context, which all functions share: objects and functions by where they are, then of
# some objects where they hold what, in bytes.
OBJECTS = (
    "tensor", "parameter", "array", "float", "int", "tuple", "size", "list", "program_list", "nothing",
    "single", "default", "mode", "device", "floats", "longs", "generator", "true", "is_on",
    "new_array", "new_object", "take", "drop", "clear", "whole", "number", "get",
)  # fmt: skip
OFFSETS = (
    "at_array", "at_end", "at_storage", "at_view", "at_block", "at_next", "at_lock", "at_count",
)  # fmt: skip
CONTEXT = (*OBJECTS, *OFFSETS)
# The flags of an array whose elements lie in order and in place.
IN_ORDER = 0x101
# Tensors of as many bytes are no longer small; and the words of a state of the generator.
_BYTES, _WORDS = 1 << 17, 624
# Numbers of data, and up to where ints are the same in double.
_DATA, _EXACT, _MOST_FLOAT = 256, 1 << 53, 3e38
_DIMENSIONS = 8
# Elements of a round where all are alike.
_LANES = 32
# Where a tuple has its items, and a list where they are; and how many there are.
_ITEMS, _LENGTH = 24, 16
# Numbers of a range beyond which a draw takes two words.
_WIDE = 1 << 28


def names() -> Sequence[str]:
    """The functions, each named after the op whose calls it does."""
    return [PREFIX + name for name in _CALLS]


def text() -> str:
    """Their text, without the module around it."""
    lines = [*_SHARED]
    for name, (least, most, body) in _CALLS.items():
        own = [
            f"  %sizes = alloca [{_DIMENSIONS} x i64], align 8",
            "  %block = alloca [6 x i64], align 8",
            "  %pair = alloca [2 x double], align 8",
            "  %over = alloca i32, align 4",
            f"  %context.at = getelementptr i8, ptr %self, i64 {CONTENTS}",
            "  %context = load ptr, ptr %context.at, align 8",
            *_words("nothing", "take", "drop", "floats", "longs"),
            f"  %less = sub i64 %asked, {least}",
            f"  %is.asked = icmp ule i64 %less, {most - least}",
            *_if("%is.asked", "look"),
            "  %is.plain = call i1 @made.plain(ptr %context)",
            *_if("%is.plain", "begin"),
            *body(),
            "no:",
            "  call void %take(ptr %nothing)",
            "  ret ptr %nothing",
        ]
        head = f"define ptr @loop_{PREFIX}{name}(ptr %self, ptr %given, i64 %asked)"
        lines += [f'{head} nounwind "no-builtins" {{', *_begun(own), "}"]
    return "\n".join([*lines, ""])


# What comes before the ops' names.
PREFIX = "new_"


def _words(*names: str) -> list[str]:
    """Lines that read words of the context."""
    return [
        line
        for name in names
        for line in (
            f"  %{name}.at = getelementptr i64, ptr %context, i64 {CONTEXT.index(name)}",
            f"  %{name} = load {'ptr' if name in OBJECTS else 'i64'}, ptr %{name}.at, align 8",
        )
    ]


def _field(name: str, of: str, at: int | str, kind: str = "ptr") -> list[str]:
    """A field of an object, so many bytes from where that begins."""
    return [
        f"  %{name}.at = getelementptr i8, ptr {of}, i64 {at}",
        f"  %{name} = load {kind}, ptr %{name}.at, align {4 if kind == 'i32' else 8}",
    ]


def _item(name: str, of: str, place: int | str, kind: str = "ptr") -> list[str]:
    return [
        f"  %{name}.at = getelementptr {kind}, ptr {of}, i64 {place}",
        f"  %{name} = load {kind}, ptr %{name}.at, align 8",
    ]


def _if(test: str, on: str, no: str = "no") -> list[str]:
    """Leave where a test fails."""
    return [f"  br i1 {test}, label %{on}, label %{no}", f"{on}:"]


def _is(name: str, a: str, b: str, on: str, no: str = "no") -> list[str]:
    """Leave unless two objects are the same."""
    return [f"  %{name} = icmp eq ptr {a}, {b}", *_if(f"%{name}", on, no)]


def _block(*numbers: str) -> list[str]:
    """The block of numbers that a function is given; pointers begin with *."""
    return [
        line
        for i, number in enumerate(numbers)
        for line in (
            f"  %block.{i} = getelementptr i64, ptr %block, i64 {i}",
            f"  store {'ptr' if number[0] == '*' else 'i64'} {number.lstrip('*')}, ptr %block.{i}, align 8",
        )
    ]


def _fresh(dtype: str, width: int, sizes: str = "%sizes", dims: str = "%dims") -> list[str]:
    """A new array of sizes; `%count` of elements, where its data is."""
    return [
        f"  %count = call i64 @made.count(ptr {sizes}, i64 {dims}, i64 {(_BYTES - 1) // width})",
        "  %is.counted = icmp ne i64 %count, 0",
        *_if("%is.counted", "counted"),
        *_allocated(dtype, sizes, dims),
    ]


def _allocated(dtype: str, sizes: str, dims: str) -> list[str]:
    return [
        f"  %made = call ptr @made.array(ptr %context, ptr {sizes}, i64 {dims}, ptr {dtype})",
        "  %is.made = icmp ne ptr %made, null",
        *_if("%is.made", "fill"),
        *_field("out", "%made", DATA),
    ]


_DONE = [
    "  %result = call ptr @made.tensor(ptr %context, ptr %made)",
    "  %is.result = icmp ne ptr %result, null",
    "  br i1 %is.result, label %give, label %no",
    "give:",
    "  ret ptr %result",
]


def _loop(name: str, count: str, *body: str, before: str = "") -> list[str]:
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


# -- what functions share ---------------------------------------------------------------------



def _function(head: str, *lines: str) -> list[str]:
    return [f'define internal {head} nounwind "no-builtins" {{', *_begun(lines), "}"]


def _begun(lines: Sequence[str]) -> list[str]:
    """Lines after what they have of memory: that is had once, at the beginning."""
    rooms = [line for line in lines if " = alloca " in line]
    return ["entry:", *rooms, *[line for line in lines if " = alloca " not in line]]


_SHARED = [
    # Whether new tensors are of float32 and on the CPU.
    *_function(
        "i1 @made.plain(ptr %context)",
        *_words("default", "single", "mode", "device", "get", "nothing", "drop", "clear"),
        "  %dtype = load ptr, ptr %default, align 8",
        *_is("is.single", "%dtype", "%single", "look"),
        "  %where = call ptr %get(ptr %mode, ptr %device)",
        "  %failed = icmp eq ptr %where, null",
        "  br i1 %failed, label %tell, label %found",
        "tell:",
        "  call void %clear()",
        "  br label %no",
        "found:",
        "  call void %drop(ptr %where)",
        "  %is.here = icmp eq ptr %where, %nothing",
        "  ret i1 %is.here",
        "no:",
        "  ret i1 0",
    ),
    # The items of a tuple or a list, and how many: null for anything else.
    *_function(
        "ptr @made.items(ptr %context, ptr %given, ptr %length)",
        *_words("tuple", "size", "list", "program_list"),
        *_field("type", "%given", TYPE),
        "  %is.tuple = icmp eq ptr %type, %tuple",
        "  %is.size = icmp eq ptr %type, %size",
        "  %is.list = icmp eq ptr %type, %list",
        "  %is.programs = icmp eq ptr %type, %program_list",
        "  %is.inside = or i1 %is.tuple, %is.size",
        "  %is.apart = or i1 %is.list, %is.programs",
        "  %is.any = or i1 %is.inside, %is.apart",
        *_if("%is.any", "known"),
        *_field("amount", "%given", _LENGTH, "i64"),
        "  store i64 %amount, ptr %length, align 8",
        *_field("items", "%given", _ITEMS),
        "  %found = select i1 %is.inside, ptr %items.at, ptr %items",
        "  ret ptr %found",
        "no:",
        "  ret ptr null",
    ),
    # An exact int, or -1 where it is none or does not fit: `over` tells.
    *_function(
        "i64 @made.int(ptr %context, ptr %given, ptr %over)",
        *_words("int", "whole"),
        *_field("type", "%given", TYPE),
        *_is("is.int", "%type", "%int", "read"),
        "  %value = call i64 %whole(ptr %given, ptr %over)",
        "  ret i64 %value",
        "no:",
        "  store i32 1, ptr %over, align 4",
        "  ret i64 -1",
    ),
    # The sizes in a tuple or a list: how many, or -1.
    *_function(
        "i64 @made.each(ptr %context, ptr %given, ptr %sizes)",
        "  %length = alloca i64, align 8",
        "  %over = alloca i32, align 4",
        "  %items = call ptr @made.items(ptr %context, ptr %given, ptr %length)",
        "  %is.some = icmp ne ptr %items, null",
        *_if("%is.some", "known"),
        "  %dims = load i64, ptr %length, align 8",
        f"  %is.few = icmp ule i64 %dims, {_DIMENSIONS}",
        *_if("%is.few", "few"),
        "  br label %next",
        "next:",
        "  %i = phi i64 [ 0, %few ], [ %i.after, %taken ]",
        "  %is.end = icmp uge i64 %i, %dims",
        "  br i1 %is.end, label %end, label %take",
        "take:",
        *_item("one", "%items", "%i"),
        "  %value = call i64 @made.int(ptr %context, ptr %one, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        *_if("%fits", "taken"),
        "  %place = getelementptr i64, ptr %sizes, i64 %i",
        "  store i64 %value, ptr %place, align 8",
        "  %i.after = add i64 %i, 1",
        "  br label %next",
        "end:",
        "  ret i64 %dims",
        "no:",
        "  ret i64 -1",
    ),
    # The same of a tuple of arguments, which may be one such.
    *_function(
        "i64 @made.sizes(ptr %context, ptr %given, ptr %sizes)",
        "  %length = alloca i64, align 8",
        *_field("amount", "%given", _LENGTH, "i64"),
        "  %is.one = icmp eq i64 %amount, 1",
        "  br i1 %is.one, label %single, label %all",
        "single:",
        *_field("only", "%given", _ITEMS),
        "  %items = call ptr @made.items(ptr %context, ptr %only, ptr %length)",
        "  %is.some = icmp ne ptr %items, null",
        "  br i1 %is.some, label %inside, label %all",
        "inside:",
        "  %its = call i64 @made.each(ptr %context, ptr %only, ptr %sizes)",
        "  ret i64 %its",
        "all:",
        "  %dims = call i64 @made.each(ptr %context, ptr %given, ptr %sizes)",
        "  ret i64 %dims",
    ),
    # How many elements there are of sizes: 0 for none, and for more than the most.
    *_function(
        "i64 @made.count(ptr %sizes, i64 %dims, i64 %most)",
        "  %is.known = icmp sge i64 %dims, 0",
        *_if("%is.known", "begin"),
        "  br label %next",
        "next:",
        "  %i = phi i64 [ 0, %begin ], [ %i.after, %fits ]",
        "  %product = phi i64 [ 1, %begin ], [ %product.after, %fits ]",
        "  %is.end = icmp uge i64 %i, %dims",
        "  br i1 %is.end, label %end, label %take",
        "take:",
        *_item("one", "%sizes", "%i", "i64"),
        "  %less = sub i64 %one, 1",
        "  %is.one = icmp ult i64 %less, %most",
        *_if("%is.one", "multiply"),
        "  %product.after = mul i64 %product, %one",
        "  %is.few = icmp ule i64 %product.after, %most",
        *_if("%is.few", "fits"),
        "  %i.after = add i64 %i, 1",
        "  br label %next",
        "end:",
        "  ret i64 %product",
        "no:",
        "  ret i64 0",
    ),
    *_function(
        "ptr @made.array(ptr %context, ptr %sizes, i64 %dims, ptr %dtype)",
        *_words("array", "new_array", "take", "clear"),
        "  call void %take(ptr %dtype)",
        "  %amount = trunc i64 %dims to i32",
        "  %made = call ptr %new_array(ptr %array, ptr %dtype, i32 %amount, ptr %sizes, ptr null,"
        " ptr null, i32 0, ptr null)",
        "  %is.made = icmp ne ptr %made, null",
        *_if("%is.made", "good"),
        "  ret ptr %made",
        "no:",
        "  call void %clear()",
        "  ret ptr null",
    ),
    # A tensor on an array, which is let go of where there is none.
    *_function(
        "ptr @made.tensor(ptr %context, ptr %array)",
        *_words("tensor", "new_object", "take", "drop", "clear", "nothing"),
        *_words("at_array", "at_end", "at_storage", "at_view"),
        "  %made = call ptr %new_object(ptr %tensor, i64 0)",
        "  %is.made = icmp ne ptr %made, null",
        *_if("%is.made", "good"),
        "  %its.array = getelementptr i8, ptr %made, i64 %at_array",
        "  store ptr %array, ptr %its.array, align 8",
        *[
            line
            for name in ("end", "storage", "view")
            for line in (
                f"  %its.{name} = getelementptr i8, ptr %made, i64 %at_{name}",
                f"  store ptr %nothing, ptr %its.{name}, align 8",
                "  call void %take(ptr %nothing)",
            )
        ],
        "  ret ptr %made",
        "no:",
        "  call void %drop(ptr %array)",
        "  call void %clear()",
        "  ret ptr null",
    ),
    # A float, or an int that double holds, as a double; 0 for anything else, 1 of an int, 2 of a float.
    *_function(
        "i64 @made.real(ptr %context, ptr %given, ptr %real)",
        "  %over = alloca i32, align 4",
        *_words("float"),
        *_field("type", "%given", TYPE),
        "  %is.float = icmp eq ptr %type, %float",
        "  br i1 %is.float, label %read, label %maybe",
        "read:",
        *_field("value", "%given", VALUE, "double"),
        "  store double %value, ptr %real, align 8",
        "  ret i64 2",
        "maybe:",
        "  %int = call i64 @made.int(ptr %context, ptr %given, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        *_if("%fits", "exact"),
        f"  %raised = add i64 %int, {_EXACT}",
        f"  %is.exact = icmp ule i64 %raised, {2 * _EXACT}",
        *_if("%is.exact", "good"),
        "  %whole = sitofp i64 %int to double",
        "  store double %whole, ptr %real, align 8",
        "  ret i64 1",
        "no:",
        "  ret i64 0",
    ),
    # The next words of the default generator; null where its state has not as many, or a thread draws.
    *_function(
        "ptr @made.words(ptr %context, i64 %wanted)",
        "  %over = alloca i32, align 4",
        *_words("generator", "nothing", "at_block", "at_next", "at_lock", "at_count"),
        *_words("number", "drop", "clear"),
        f"  %is.few = icmp ule i64 %wanted, {_WORDS}",
        *_if("%is.few", "few"),
        *_field("lock", "%generator", "%at_lock"),
        *_field("holders", "%lock", "%at_count", "i64"),
        "  %is.free = icmp eq i64 %holders, 0",
        *_if("%is.free", "free"),
        *_field("block", "%generator", "%at_block"),
        "  %is.some = icmp ne ptr %block, %nothing",
        *_if("%is.some", "there"),
        *_field("next", "%generator", "%at_next"),
        "  %at = call i64 @made.int(ptr %context, ptr %next, ptr %over)",
        "  %stop = add i64 %at, %wanted",
        f"  %is.within = icmp ule i64 %stop, {_WORDS}",
        *_if("%is.within", "within"),
        "  %after = call ptr %number(i64 %stop)",
        "  %is.number = icmp ne ptr %after, null",
        *_if("%is.number", "good", "failed"),
        "  store ptr %after, ptr %next.at, align 8",
        "  call void %drop(ptr %next)",
        *_field("first", "%block", DATA),
        "  %found = getelementptr i32, ptr %first, i64 %at",
        "  ret ptr %found",
        "failed:",
        "  call void %clear()",
        "  br label %no",
        "no:",
        "  ret ptr null",
    ),
    # One number in all elements.
    *_function(
        "void @made.put(ptr %out, float %value, i64 %count)",
        f"  %whole = and i64 %count, {-_LANES}",
        f"  %one = insertelement <{_LANES} x float> poison, float %value, i64 0",
        f"  %all = shufflevector <{_LANES} x float> %one, <{_LANES} x float> poison,"
        f" <{_LANES} x i32> zeroinitializer",
        "  %is.some = icmp ne i64 %whole, 0",
        "  br i1 %is.some, label %many, label %few",
        "many:",
        "  %i = phi i64 [ 0, %entry ], [ %i.next, %many ]",
        "  %here = getelementptr float, ptr %out, i64 %i",
        f"  store <{_LANES} x float> %all, ptr %here, align 4",
        f"  %i.next = add i64 %i, {_LANES}",
        "  %more = icmp ult i64 %i.next, %whole",
        "  br i1 %more, label %many, label %few",
        "few:",
        "  %is.left = icmp ult i64 %whole, %count",
        *_if("%is.left", "left", "exit"),
        "  br label %last",
        "last:",
        "  %j = phi i64 [ %whole, %left ], [ %j.next, %last ]",
        "  %there = getelementptr float, ptr %out, i64 %j",
        "  store float %value, ptr %there, align 4",
        "  %j.next = add i64 %j, 1",
        "  %again = icmp ult i64 %j.next, %count",
        "  br i1 %again, label %last, label %exit",
        "exit:",
        "  ret void",
    ),
    *_function(
        "void @made.units(ptr %words, ptr %out, i64 %count)",
        *_loop(
            "unit",
            "%count",
            *_item("word", "%words", "%unit.i", "i32"),
            f"  %low = and i32 %word, {(1 << 24) - 1}",
            "  %whole = sitofp i32 %low to float",
            "  %value = fmul float %whole, 0x3E70000000000000",
            "  %place = getelementptr float, ptr %out, i64 %unit.i",
            "  store float %value, ptr %place, align 4",
        ),
        "  ret void",
    ),
    # An array of float32 whose elements lie in order, that a tensor holds; null otherwise.
    *_function(
        "ptr @made.held(ptr %context, ptr %given)",
        *_words("tensor", "parameter", "array", "floats", "at_array"),
        *_field("type", "%given", TYPE),
        "  %is.tensor = icmp eq ptr %type, %tensor",
        "  %is.parameter = icmp eq ptr %type, %parameter",
        "  %is.either = or i1 %is.tensor, %is.parameter",
        *_if("%is.either", "held"),
        *_field("its", "%given", "%at_array"),
        *_field("kind", "%its", TYPE),
        *_is("is.array", "%kind", "%array", "there"),
        *_field("dtype", "%its", DTYPE),
        *_is("is.floats", "%dtype", "%floats", "right"),
        *_field("flags", "%its", FLAGS, "i32"),
        f"  %order = and i32 %flags, {IN_ORDER}",
        f"  %is.order = icmp eq i32 %order, {IN_ORDER}",
        *_if("%is.order", "good"),
        "  ret ptr %its",
        "no:",
        "  ret ptr null",
    ),
]
_LETS_GO = ["drops:", "  call void %drop(ptr %made)", "  br label %no"]


# -- the functions ----------------------------------------------------------------------------


def _sized() -> list[str]:
    return [
        *_item("first", "%given", 0),
        "  %dims = call i64 @made.sizes(ptr %context, ptr %first, ptr %sizes)",
    ]


def _like() -> list[str]:
    """The sizes of a tensor of float32."""
    return [
        *_item("input", "%given", 0),
        "  %held = call ptr @made.held(ptr %context, ptr %input)",
        "  %is.held = icmp ne ptr %held, null",
        *_if("%is.held", "known"),
        *_field("dims.short", "%held", DIMENSIONS, "i32"),
        "  %dims = zext i32 %dims.short to i64",
        *_field("shape", "%held", SIZES),
    ]


def _put(value: str) -> str:
    return f"  call void @made.put(ptr %out, float {value}, i64 %count)"


def _filled(value: str) -> list[str]:
    return [_put(value), *_DONE]


_ONE = "0x3FF0000000000000"


def _zeros() -> list[str]:
    return [*_sized(), *_fresh("%floats", 4), *_filled("0.0")]


def _zeros_like() -> list[str]:
    return [*_like(), *_fresh("%floats", 4, "%shape"), *_filled("0.0")]


def _ones() -> list[str]:
    return [*_sized(), *_fresh("%floats", 4), *_filled(_ONE)]


def _ones_like() -> list[str]:
    return [*_like(), *_fresh("%floats", 4, "%shape"), *_filled(_ONE)]


def _real(name: str, place: int, bounded: bool = True) -> list[str]:
    """A number among the arguments, as a double."""
    lines = [
        *_item(f"{name}.object", "%given", place),
        f"  %{name}.kind = call i64 @made.real(ptr %context, ptr %{name}.object, ptr %pair)",
        f"  %{name} = load double, ptr %pair, align 8",
        f"  %{name}.is = icmp ne i64 %{name}.kind, 0",
        *_if(f"%{name}.is", f"{name}.known"),
    ]
    if bounded:
        lines += [
            f"  %{name}.least = fcmp oge double %{name}, {-_MOST_FLOAT:e}",
            f"  %{name}.most = fcmp ole double %{name}, {_MOST_FLOAT:e}",
            f"  %{name}.fits = and i1 %{name}.least, %{name}.most",
            *_if(f"%{name}.fits", f"{name}.fitting"),
        ]
    return lines


def _full() -> list[str]:
    """Of a float; one of an int is of int64."""
    return [
        *_item("first", "%given", 0),
        "  %dims = call i64 @made.each(ptr %context, ptr %first, ptr %sizes)",
        *_real("value", 1),
        "  %is.float = icmp eq i64 %value.kind, 2",
        *_if("%is.float", "floating"),
        "  %single.value = fptrunc double %value to float",
        *_fresh("%floats", 4),
        *_filled("%single.value"),
    ]


def _eye() -> list[str]:
    return [
        *_item("first", "%given", 0),
        *_item("second", "%given", 1),
        "  %n = call i64 @made.int(ptr %context, ptr %first, ptr %over)",
        "  %n.over = load i32, ptr %over, align 4",
        "  %is.square = icmp eq ptr %second, %nothing",
        "  %other = select i1 %is.square, ptr %first, ptr %second",
        "  %m = call i64 @made.int(ptr %context, ptr %other, ptr %over)",
        "  %m.over = load i32, ptr %over, align 4",
        "  %any.over = or i32 %n.over, %m.over",
        "  %fits = icmp eq i32 %any.over, 0",
        *_if("%fits", "sized"),
        "  %sizes.second = getelementptr i64, ptr %sizes, i64 1",
        "  store i64 %n, ptr %sizes, align 8",
        "  store i64 %m, ptr %sizes.second, align 8",
        *_fresh("%floats", 4, dims="2"),
        _put("0.0"),
        "  %is.wide = icmp ult i64 %n, %m",
        "  %shorter = select i1 %is.wide, i64 %n, i64 %m",
        "  %far = add i64 %m, 1",
        *_loop(
            "each",
            "%shorter",
            "  %index = mul i64 %each.i, %far",
            "  %place = getelementptr float, ptr %out, i64 %index",
            f"  store float {_ONE}, ptr %place, align 4",
        ),
        *_DONE,
    ]


def _linspace() -> list[str]:
    """Half of it from the start, half back from the end."""
    single = [f"  %{name}.single = fptrunc double %{name} to float" for name in ("start", "end")]
    return [
        *_real("start", 0),
        *_real("end", 1),
        *_item("steps", "%given", 2),
        "  %amount = call i64 @made.int(ptr %context, ptr %steps, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        *_if("%fits", "sized"),
        "  %is.more = icmp sgt i64 %amount, 1",
        *_if("%is.more", "several"),
        "  store i64 %amount, ptr %sizes, align 8",
        *_fresh("%floats", 4, dims="1"),
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
        *_block("*%out", "%half", "0", "1", "*%pair", "*%pair.second"),
        f"  call void @loop_{ranges.NAMES['ff']}(ptr %block)",
        "  store float %end.single, ptr %pair, align 4",
        "  store float %back, ptr %pair.second, align 4",
        "  store ptr %middle, ptr %block.0, align 8",
        "  store i64 %rest, ptr %block.1, align 8",
        "  store i64 %last, ptr %block.2, align 8",
        "  store i64 -1, ptr %block.3, align 8",
        f"  call void @loop_{ranges.NAMES['ff']}(ptr %block)",
        *_DONE,
    ]


def _arange() -> list[str]:
    """Of ints, whose step is a positive one."""
    lines = []
    for i, name in enumerate(("first", "second", "third")):
        lines += [*_item(f"{name}.object", "%given", i)]
    lines += [
        "  %is.end = icmp eq ptr %second.object, %nothing",
        "  %last.object = select i1 %is.end, ptr %first.object, ptr %second.object",
    ]
    for name in ("first", "last", "third"):
        lines += [
            f"  %{name} = call i64 @made.int(ptr %context, ptr %{name}.object, ptr %over)",
            f"  %{name}.over = load i32, ptr %over, align 4",
            f"  %{name}.raised = add i64 %{name}, {_EXACT}",
            f"  %{name}.small = icmp ule i64 %{name}.raised, {2 * _EXACT}",
            f"  %{name}.fits = icmp eq i32 %{name}.over, 0",
            f"  %{name}.good = and i1 %{name}.small, %{name}.fits",
            *_if(f"%{name}.good", f"{name}.known"),
        ]
    return [
        *lines,
        "  %start = select i1 %is.end, i64 0, i64 %first",
        "  %is.up = icmp sgt i64 %third, 0",
        *_if("%is.up", "up"),
        "  %span = sub i64 %last, %start",
        "  %is.some = icmp sgt i64 %span, 0",
        *_if("%is.some", "some"),
        "  %span.up = add i64 %span, %third",
        "  %span.less = sub i64 %span.up, 1",
        "  %amount = udiv i64 %span.less, %third",
        "  store i64 %amount, ptr %sizes, align 8",
        *_fresh("%longs", 8, dims="1"),
        "  %pair.second = getelementptr i64, ptr %pair, i64 1",
        "  store i64 %start, ptr %pair, align 8",
        "  store i64 %third, ptr %pair.second, align 8",
        *_block("*%out", "%count", "0", "1", "*%pair", "*%pair.second"),
        f"  call void @loop_{ranges.NAMES['ll']}(ptr %block)",
        *_DONE,
    ]


def _drawn(wanted: str) -> list[str]:
    return [
        f"  %words = call ptr @made.words(ptr %context, i64 {wanted})",
        "  %is.drawn = icmp ne ptr %words, null",
        *_if("%is.drawn", "drawn", "drops"),
    ]


_UNITS = [
    *_drawn("%count"),
    "  call void @made.units(ptr %words, ptr %out, i64 %count)",
    *_DONE,
    *_LETS_GO,
]


def _rand() -> list[str]:
    return [*_sized(), *_fresh("%floats", 4), *_UNITS]


def _rand_like() -> list[str]:
    return [*_like(), *_fresh("%floats", 4, "%shape"), *_UNITS]


_NORMALS = [
    *_words("is_on", "true"),
    "  %on = load ptr, ptr %is_on, align 8",
    *_is("is.used", "%on", "%true", "used", "drops"),
    f"  %is.several = icmp uge i64 %count, {normals.ROW}",
    *_if("%is.several", "several", "drops"),
    f"  %left = and i64 %count, {normals.ROW - 1}",
    "  %is.even = icmp eq i64 %left, 0",
    f"  %again = select i1 %is.even, i64 0, i64 {normals.ROW}",
    "  %wanted = add i64 %count, %again",
    *_drawn("%wanted"),
    f"  %rows = lshr i64 %count, {normals.ROW.bit_length() - 1}",
    "  %pair.second = getelementptr float, ptr %pair, i64 1",
    "  store float 0.0, ptr %pair, align 4",
    f"  store float {_ONE}, ptr %pair.second, align 4",
    *_block("*%words", "*%out", "%rows", "*%pair", "*%pair.second"),
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
    *_DONE,
    *_LETS_GO,
]


def _randn() -> list[str]:
    return [*_sized(), *_fresh("%floats", 4), *_NORMALS]


def _randn_like() -> list[str]:
    return [*_like(), *_fresh("%floats", 4, "%shape"), *_NORMALS]


def _randint() -> list[str]:
    """Of bounds and sizes: of so few numbers that each takes one word."""
    return [
        *_item("bounds", "%given", 0),
        *_field("amount", "%bounds", _LENGTH, "i64"),
        "  %is.two = icmp eq i64 %amount, 2",
        "  %is.three = icmp eq i64 %amount, 3",
        "  %is.either = or i1 %is.two, %is.three",
        *_if("%is.either", "right"),
        "  %items = getelementptr i8, ptr %bounds, i64 24",
        "  %before = sub i64 %amount, 1",
        *_item("size", "%items", "%before"),
        "  %second = sub i64 %amount, 2",
        *_item("high.object", "%items", "%second"),
        *_item("low.object", "%items", 0),
        "  %dims = call i64 @made.each(ptr %context, ptr %size, ptr %sizes)",
        "  %high = call i64 @made.int(ptr %context, ptr %high.object, ptr %over)",
        "  %high.over = load i32, ptr %over, align 4",
        "  %given.low = call i64 @made.int(ptr %context, ptr %low.object, ptr %over)",
        "  %low.over = load i32, ptr %over, align 4",
        "  %low = select i1 %is.two, i64 0, i64 %given.low",
        "  %any.over = or i32 %high.over, %low.over",
        "  %fits = icmp eq i32 %any.over, 0",
        *_if("%fits", "bounded"),
        "  %is.up = icmp slt i64 %low, %high",
        *_if("%is.up", "up"),
        "  %numbers = sub i64 %high, %low",
        f"  %is.narrow = icmp ult i64 %numbers, {_WIDE}",
        *_if("%is.narrow", "narrow"),
        "  %numbers.short = trunc i64 %numbers to i32",
        *_fresh("%longs", 8),
        *_drawn("%count"),
        *_loop(
            "each",
            "%count",
            *_item("word", "%words", "%each.i", "i32"),
            "  %rest = urem i32 %word, %numbers.short",
            "  %rest.long = zext i32 %rest to i64",
            "  %value = add i64 %rest.long, %low",
            "  %place = getelementptr i64, ptr %out, i64 %each.i",
            "  store i64 %value, ptr %place, align 8",
        ),
        *_DONE,
        *_LETS_GO,
    ]


def _randperm() -> list[str]:
    return [
        *_item("first", "%given", 0),
        "  %n = call i64 @made.int(ptr %context, ptr %first, ptr %over)",
        "  %overflows = load i32, ptr %over, align 4",
        "  %fits = icmp eq i32 %overflows, 0",
        *_if("%fits", "sized"),
        "  %is.more = icmp sgt i64 %n, 1",
        *_if("%is.more", "several"),
        "  store i64 %n, ptr %sizes, align 8",
        *_fresh("%longs", 8, dims="1"),
        "  %wanted = sub i64 %count, 1",
        *_drawn("%wanted"),
        *_block("*%out", "*%words", "%count"),
        f"  call void @loop_{orders.NAME}(ptr %block)",
        *_DONE,
        *_LETS_GO,
    ]


def _bernoulli() -> list[str]:
    """Of chances that are in no graph."""
    return [
        *_item("p", "%given", 1),
        *_is("is.none", "%p", "%nothing", "alone"),
        *_like(),
        *_words("at_end", "at_view"),
        *_field("end", "%input", "%at_end"),
        *_is("is.free", "%end", "%nothing", "free"),
        *_field("view", "%input", "%at_view"),
        *_is("is.own", "%view", "%nothing", "own"),
        *_field("chances", "%held", DATA),
        f"  %all = call i64 @made.count(ptr %shape, i64 %dims, i64 {_WORDS})",
        "  %is.all = icmp ne i64 %all, 0",
        *_if("%is.all", "check"),
        *_loop(
            "test",
            "%all",
            *_item("chance", "%chances", "%test.i", "float"),
            "  %is.least = fcmp oge float %chance, 0.0",
            f"  %is.most = fcmp ole float %chance, {_ONE}",
            "  %is.chance = and i1 %is.least, %is.most",
            *_if("%is.chance", "good"),
        ),
        *_fresh("%floats", 4, "%shape"),
        *_drawn("%count"),
        "  call void @made.units(ptr %words, ptr %out, i64 %count)",
        *_loop(
            "each",
            "%count",
            *_item("bound", "%chances", "%each.i", "float"),
            *_item("unit", "%out", "%each.i", "float"),
            "  %is.less = fcmp olt float %unit, %bound",
            f"  %value = select i1 %is.less, float {_ONE}, float 0.0",
            "  store float %value, ptr %unit.at, align 4",
        ),
        *_DONE,
        *_LETS_GO,
    ]


def _tensor() -> list[str]:
    """Of a number, or a list of numbers or of lists of as many each: floats, or ints alone."""
    return [
        "  %outer.length = alloca i64, align 8",
        "  %inner.length = alloca i64, align 8",
        f"  %reals = alloca [{_DATA} x double], align 8",
        f"  %wholes = alloca [{_DATA} x i64], align 8",
        *_item("data", "%given", 0),
        "  %second.size = getelementptr i64, ptr %sizes, i64 1",
        "  store i64 1, ptr %outer.length, align 8",
        "  store i64 1, ptr %inner.length, align 8",
        "  %outer = call ptr @made.items(ptr %context, ptr %data, ptr %outer.length)",
        "  %is.list = icmp ne ptr %outer, null",
        "  %items = select i1 %is.list, ptr %outer, ptr %given",
        "  %rows = load i64, ptr %outer.length, align 8",
        "  %rows.less = sub i64 %rows, 1",
        f"  %is.few = icmp ult i64 %rows.less, {_DATA}",
        *_if("%is.few", "few"),
        *_item("leading", "%items", 0),
        "  %inside = call ptr @made.items(ptr %context, ptr %leading, ptr %inner.length)",
        "  %is.deep = icmp ne ptr %inside, null",
        "  %columns = load i64, ptr %inner.length, align 8",
        "  %flat.dims = zext i1 %is.list to i64",
        "  %dims = select i1 %is.deep, i64 2, i64 %flat.dims",
        "  store i64 %rows, ptr %sizes, align 8",
        "  store i64 %columns, ptr %second.size, align 8",
        f"  %all = call i64 @made.count(ptr %sizes, i64 2, i64 {_DATA})",
        "  %is.all = icmp ne i64 %all, 0",
        *_if("%is.all", "read"),
        *_loop(
            "row",
            "%rows",
            *_item("line", "%items", "%row.i"),
            "  br i1 %is.deep, label %deep, label %flat",
            "deep:",
            "  %inner = call ptr @made.items(ptr %context, ptr %line, ptr %inner.length)",
            "  %is.inner = icmp ne ptr %inner, null",
            *_if("%is.inner", "lined"),
            "  %its.columns = load i64, ptr %inner.length, align 8",
            "  %is.long = icmp eq i64 %its.columns, %columns",
            *_if("%is.long", "flat.too"),
            "  br label %numbers.in",
            "flat:",
            "  br label %numbers.in",
            "numbers.in:",
            "  %numbers = phi ptr [ %inner, %flat.too ], [ %line.at, %flat ]",
            "  %start = mul i64 %row.i, %columns",
            *_loop(
                "one",
                "%columns",
                *_item("number", "%numbers", "%one.i"),
                "  %index = add i64 %start, %one.i",
                "  %real.at = getelementptr double, ptr %reals, i64 %index",
                "  %whole.at = getelementptr i64, ptr %wholes, i64 %index",
                "  %kind = call i64 @made.real(ptr %context, ptr %number, ptr %real.at)",
                "  %is.kind = icmp ne i64 %kind, 0",
                *_if("%is.kind", "kept"),
                "  %is.int = icmp eq i64 %kind, 1",
                "  %whole.kind = zext i1 %is.int to i64",
                "  store i64 %whole.kind, ptr %whole.at, align 8",
            ),
        ),
        *_loop(
            "sum",
            "%all",
            "  %ints = phi i64 [ 0, %sum.begin ], [ %ints.more, %sum.end ]",
            *_item("is.one", "%wholes", "%sum.i", "i64"),
            "  %ints.more = add i64 %ints, %is.one",
        ),
        "  %is.ints = icmp eq i64 %ints.more, %all",
        "  %dtype = select i1 %is.ints, ptr %longs, ptr %floats",
        *_allocated("%dtype", "%sizes", "%dims"),
        *_loop(
            "each",
            "%all",
            *_item("value", "%reals", "%each.i", "double"),
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
        *_DONE,
    ]


# By op: how many arguments there are at the least and the most, and what makes the lines.
_CALLS = {
    "zeros": (1, 1, _zeros),
    "ones": (1, 1, _ones),
    "empty": (1, 1, _zeros),
    "full": (2, 2, _full),
    "zeros_like": (1, 1, _zeros_like),
    "ones_like": (1, 1, _ones_like),
    "empty_like": (1, 1, _zeros_like),
    "eye": (2, 2, _eye),
    "linspace": (3, 3, _linspace),
    "arange": (3, 3, _arange),
    "tensor": (1, 1, _tensor),
    "rand": (1, 1, _rand),
    "randn": (1, 1, _randn),
    "rand_like": (1, 1, _rand_like),
    "randn_like": (1, 1, _randn_like),
    "randint": (1, 1, _randint),
    "randperm": (1, 1, _randperm),
    "bernoulli": (2, 2, _bernoulli),
}
