"""The record of a call in machine code: a node of the graph, filled as `autograd.nodes.record` fills it.

It is a builtin of Python's (see `calls`). Where values are packed by hooks, what the op gave stands for an
array, or something goes wrong, it calls the Python of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.calls import CONTENTS, DIMENSIONS, DTYPE, SIZES, TYPE
from tcalc.runtime.lazy.compiled.lines import field, word

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORD, KEEP = "record", "keep_output"
# What it is given: the op, the edges, the saved values, their versions, and the result's array.
_GIVEN = ("op", "edges", "saved", "versions")
# What it finds in its words: objects, functions of Python's, and where a node and a code have theirs.
WORDS = (
    "node", "array", "none", "zero", "text", "counter", "packed", "python", "deeper", "user_place",
    "new_object", "take", "drop", "clear", "call", "tuple", "item", "number", "next", "frame", "back",
    "code", "last",
    "at_op", "at_edges", "at_saved", "at_versions", "at_shape", "at_dtype", "at_number", "at_extra",
    "at_place", "at_name",
)  # fmt: skip
# The words of the other one: types, numbers, functions, and where their fields are.
KEPT = (
    "storage", "output", "zero", "last", "new_object", "take", "drop",
    "at_storage", "at_memory", "at_version", "at_array", "at_its_storage", "at_its_version", "at_index",
)  # fmt: skip
# CPython's name for each function, which its word holds.
FUNCTIONS = {
    "new_object": "PyType_GenericAlloc", "take": "Py_IncRef", "drop": "Py_DecRef",
    "clear": "PyErr_Clear", "call": "PyObject_Vectorcall", "tuple": "PyTuple_New",
    "item": "PyTuple_SetItem", "number": "PyLong_FromLong", "next": "PyIter_Next",
    "frame": "PyEval_GetFrame", "back": "PyFrame_GetBack", "code": "PyFrame_GetCode",
    "last": "PyFrame_GetLasti",
}  # fmt: skip


def names() -> tuple[str, str]:
    """The functions."""
    return RECORD, KEEP


def text() -> str:
    """Their text, without the module around it."""
    return "\n".join([*_shape(), *_place(), *_record(), *_keep(), ""])


def _words(*names: str, of: Sequence[str] = WORDS) -> list[str]:
    """Lines that read words: places as numbers, all else as pointers."""
    return [
        line
        for name in names
        for line in word(name, of.index(name), "%site", "i64" if name.startswith("at_") else "ptr")
    ]


def _shape() -> list[str]:
    """An array's shape as a tuple, or null."""
    return [
        "define internal ptr @shape.of(ptr %site, ptr %array) nounwind {",
        "entry:",
        *_words("tuple", "item", "number"),
        *field("dims", "%array", DIMENSIONS, "i32"),
        *field("sizes", "%array", SIZES, "ptr"),
        "  %count = zext i32 %dims to i64",
        "  %made = call ptr %tuple(i64 %count)",
        "  %is.none = icmp eq ptr %made, null",
        "  br i1 %is.none, label %exit, label %next",
        "next:",
        "  %i = phi i64 [ 0, %entry ], [ %i.after, %one ]",
        "  %is.end = icmp uge i64 %i, %count",
        "  br i1 %is.end, label %exit, label %one",
        "one:",
        "  %size.at = getelementptr i64, ptr %sizes, i64 %i",
        "  %size = load i64, ptr %size.at, align 8",
        "  %size.object = call ptr %number(i64 %size)",
        "  %set = call i32 %item(ptr %made, i64 %i, ptr %size.object)",
        "  %i.after = add i64 %i, 1",
        "  br label %next",
        "exit:",
        "  ret ptr %made",
        "}",
    ]


def _place() -> list[str]:
    """The code and instruction that called: two frames up where that is a program's own, else of the
    innermost of a program's, or None; null where there is no memory."""
    return [
        "define internal ptr @place.of(ptr %site) nounwind {",
        "entry:",
        "  %arguments = alloca [2 x ptr], align 8",
        *_words("text", "deeper", "user_place", "drop", "call", "tuple", "item", "number"),
        *_words("frame", "back", "code", "last", "at_name"),
        "  %here = call ptr %frame()",
        "  %caller = call ptr %back(ptr %here)",
        "  %is.top = icmp eq ptr %caller, null",
        "  br i1 %is.top, label %search, label %look",
        "look:",
        "  %running = call ptr %code(ptr %caller)",
        *field("name", "%running", "%at_name", "ptr"),
        *field("kind", "%name", TYPE, "ptr"),
        "  %is.text = icmp eq ptr %kind, %text",
        "  br i1 %is.text, label %other, label %own",
        "other:",
        "  call void %drop(ptr %running)",
        "  call void %drop(ptr %caller)",
        "  br label %search",
        "search:",
        "  %first = getelementptr ptr, ptr %arguments, i64 1",
        "  store ptr %deeper, ptr %first, align 8",
        "  %found = call ptr %call(ptr %user_place, ptr %first, i64 1, ptr null)",
        "  ret ptr %found",
        "own:",
        "  %at = call i32 %last(ptr %caller)",
        "  call void %drop(ptr %caller)",
        "  %wide = sext i32 %at to i64",
        "  %instruction = call ptr %number(i64 %wide)",
        "  %pair = call ptr %tuple(i64 2)",
        "  %is.none = icmp eq ptr %pair, null",
        "  br i1 %is.none, label %exit, label %fill",
        "fill:",
        "  %set0 = call i32 %item(ptr %pair, i64 0, ptr %running)",
        "  %set1 = call i32 %item(ptr %pair, i64 1, ptr %instruction)",
        "  br label %exit",
        "exit:",
        "  ret ptr %pair",
        "}",
    ]


def _record() -> list[str]:
    stored = []
    for i, name in enumerate(_GIVEN):
        stored += [
            f"  %{name}.given = getelementptr ptr, ptr %given, i64 {i}",
            f"  %{name} = load ptr, ptr %{name}.given, align 8",
            f"  call void %take(ptr %{name})",
        ]
    fields = (*_GIVEN, "shape", "dtype", "number", "extra", "place")
    values = {"number": "%turn", "extra": "%none"}
    for name in fields:
        stored += [
            f"  %its.{name} = getelementptr i8, ptr %made, i64 %at_{name}",
            f"  store ptr {values.get(name, '%' + name)}, ptr %its.{name}, align 8",
        ]
    return [
        f"define ptr @loop_{RECORD}(ptr %self, ptr %given, i64 %asked) nounwind {{",
        "entry:",
        f"  %site = getelementptr i8, ptr %self, i64 {CONTENTS}",
        *_words("node", "array", "none", "zero", "counter", "packed", "python"),
        *_words("new_object", "take", "drop", "clear", "call", "next"),
        *_words(*[f"at_{name}" for name in fields]),
        "  %is.five = icmp eq i64 %asked, 5",
        "  br i1 %is.five, label %ask, label %python.does",
        "ask:",
        "  %hooks = load ptr, ptr %packed, align 8",
        "  %is.plain = icmp eq ptr %hooks, %zero",
        "  br i1 %is.plain, label %ask.array, label %python.does",
        "ask.array:",
        "  %array.given = getelementptr ptr, ptr %given, i64 4",
        "  %result = load ptr, ptr %array.given, align 8",
        *field("result.type", "%result", TYPE, "ptr"),
        "  %is.array = icmp eq ptr %result.type, %array",
        "  br i1 %is.array, label %begin, label %python.does",
        "python.does:",
        "  %its.own = call ptr %call(ptr %python, ptr %given, i64 %asked, ptr null)",
        "  ret ptr %its.own",
        "begin:",
        *field("dtype", "%result", DTYPE, "ptr"),
        "  %place = call ptr @place.of(ptr %site)",
        "  %no.place = icmp eq ptr %place, null",
        "  br i1 %no.place, label %failed, label %placed",
        "placed:",
        "  %shape = call ptr @shape.of(ptr %site, ptr %result)",
        "  %no.shape = icmp eq ptr %shape, null",
        "  br i1 %no.shape, label %failed, label %shaped",
        "shaped:",
        "  %turn = call ptr %next(ptr %counter)",
        "  %made = call ptr %new_object(ptr %node, i64 0)",
        "  %not.made = icmp eq ptr %made, null",
        "  br i1 %not.made, label %failed, label %fill",
        "failed:",  # of memory that there is not: what else was made for it stays
        "  call void %clear()",
        "  br label %python.does",
        "fill:",
        "  call void %take(ptr %dtype)",
        "  call void %take(ptr %none)",
        *stored,
        "  ret ptr %made",
        "}",
    ]


def _keep() -> list[str]:
    """Give a tensor a storage of its array, and what a node keeps of that output of its own."""
    fields = (
        ("storage", "memory", "array"), ("storage", "version", "zero"), ("output", "array", "array"),
        ("output", "its_storage", "storage"), ("output", "its_version", "zero"),
        ("output", "index", "last"),
    )  # fmt: skip
    values = {"storage": "%made.storage"}
    stored = []
    for owner, name, value in fields:
        given = values.get(value, f"%{value}")
        stored += [
            f"  %into.{name} = getelementptr i8, ptr %made.{owner}, i64 %at_{name}",
            f"  store ptr {given}, ptr %into.{name}, align 8",
            f"  call void %take(ptr {given})",
        ]
    return [
        f"define ptr @loop_{KEEP}(ptr %self, ptr %given, i64 %asked) nounwind {{",
        "entry:",
        f"  %site = getelementptr i8, ptr %self, i64 {CONTENTS}",
        *_words(*KEPT, of=KEPT),
        "  %out = load ptr, ptr %given, align 8",
        "  %array.given = getelementptr ptr, ptr %given, i64 1",
        "  %array = load ptr, ptr %array.given, align 8",
        "  %made.storage = call ptr %new_object(ptr %storage, i64 0)",
        "  %no.storage = icmp eq ptr %made.storage, null",
        "  br i1 %no.storage, label %none, label %begin",
        "none:",
        "  ret ptr null",
        "begin:",
        "  %made.output = call ptr %new_object(ptr %output, i64 0)",
        "  %no.output = icmp eq ptr %made.output, null",
        "  br i1 %no.output, label %undo, label %fill",
        "undo:",
        "  call void %drop(ptr %made.storage)",
        "  ret ptr null",
        "fill:",
        *stored,
        *field("before", "%out", "%at_storage", "ptr"),
        "  store ptr %made.storage, ptr %before.at, align 8",
        "  call void %drop(ptr %before)",
        "  ret ptr %made.output",
        "}",
    ]
