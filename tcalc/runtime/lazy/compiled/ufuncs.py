"""Machine code as functions of NumPy's own kind: called as soon as `np.add` is, whatever shapes there are.

A ufunc's loop is given how much there is to do, where each array begins, and the bytes from one element,
or row, to the next (NumPy's C-API, "Universal functions"). Here it hands them on to a function of rows
(see `rowwise`), inputs that do not lie side by side by way of a buffer.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.lazy.compiled.layouts import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# So many elements at a time go through a buffer.
_BUFFER = 256
# The places of two functions in NumPy's table, which stay as they are from version to version.
_FROM_FUNCTIONS = 31
_NO_IDENTITY = -1


def loop(
    name: str, body: str, kinds: Sequence[str], numbers: Sequence[str] = (), least: int = 0
) -> str:
    """The text of the loop of an elementwise function: several inputs and a result.

    body: the function of rows that does it, of arrays whose elements lie side by side. kinds: the types of
    the elements. numbers: how the arrays of more such functions lie, some of which are one number
    (see `layouts`); they are called after the first. least: from so many elements on, threads share it.
    """
    arrays = range(len(kinds))
    count = len(kinds) - 1
    widths = [_WIDTHS[kind] for kind in kinds]
    lines = _begin(name, body, len(kinds))
    for k in arrays:
        lines += [f"  %room{k} = alloca [{_BUFFER} x {_stored(kinds[k])}], align 64"]
        lines += _number(f"step{k}", "%steps", k)
        lines += [f"  %apart{k} = icmp ne i64 %step{k}, {widths[k]}"]
        if NUMBER in "".join(numbers):
            lines += [f"  %moves{k} = icmp ne i64 %step{k}, 0"]
    for i, layout in enumerate(("", *numbers)):
        no = "%apart0" if not layout or layout[0] != NUMBER else "%moves0"
        for k in arrays[1:]:
            other = "moves" if layout and layout[k] == NUMBER else "apart"
            lines += [f"  %no{i}.{k} = or i1 {no}, %{other}{k}"]
            no = f"%no{i}.{k}"
        lines += [f"  br i1 {no}, label %other{i}, label %whole{i}", f"whole{i}:"]
        function = f"{body}.{layout}" if layout else body
        given = [(f"%base{k}", f"%step{k}") for k in arrays]
        lines += _shared(function, given, f"w{i}", least)
        lines += ["  ret void", f"other{i}:"]
    lines += ["  br label %part", "part:"]
    lines += [f"  %from = phi i64 [ 0, %other{len(numbers)} ], [ %to, %given ]"]
    lines += [f"  %far = add i64 %from, {_BUFFER}", "  %is.near = icmp ult i64 %far, %n"]
    lines += ["  %to = select i1 %is.near, i64 %far, i64 %n", "  %some = sub i64 %to, %from"]
    lines += ["  br label %take", "take:"]
    lines += ["  %i = phi i64 [ 0, %part ], [ %i.next, %take ]", "  %at = add i64 %from, %i"]
    for k in range(count):
        lines += _copied(k, _stored(kinds[k]), "take", "%at", "%i", True)
    lines += ["  %i.next = add i64 %i, 1", "  %more = icmp ult i64 %i.next, %some"]
    lines += ["  br i1 %more, label %take, label %taken", "taken:"]
    for k in arrays:
        lines += [f"  %place{k} = ptrtoint ptr %room{k} to i64"]
    lines += _call(body, "1", "%some", [(f"%place{k}", "0") for k in arrays], "b")
    lines += ["  br label %give", "give:"]
    lines += ["  %j = phi i64 [ 0, %taken ], [ %j.next, %give ]", "  %into = add i64 %from, %j"]
    lines += _copied(count, _stored(kinds[count]), "give", "%into", "%j", False)
    lines += ["  %j.next = add i64 %j, 1", "  %again = icmp ult i64 %j.next, %some"]
    lines += ["  br i1 %again, label %give, label %given", "given:"]
    lines += ["  %goes.on = icmp ult i64 %to, %n", "  br i1 %goes.on, label %part, label %exit"]
    return "\n".join([*lines, *_END])


_WIDTHS = {"float": 4, "double": 8, "i1": 1, "i32": 4, "i64": 8, "half": 2, "bfloat": 2}
# NumPy's numbers of types; it has words for the floats that it does not know.
_TYPES = {"float": 11, "double": 12, "i1": 0, "i32": 5, "i64": 7, "half": 23, "bfloat": 4}


def _stored(kind: str) -> str:
    return "i8" if kind == "i1" else kind


def row_loop(name: str, body: str, layout: Sequence[bool]) -> str:
    """The text of the loop of a function of rows, those that have such of float32.

    layout: of each array whether it has rows, or a number for each. Rows whose elements do not lie side
    by side are left alone: what calls it sees to it that there are none.
    """
    lines = _begin(name, body, len(layout))
    lines += [*_number("columns", "%sizes", 1), "  %one = icmp ult i64 %columns, 2"]
    inner, fits = len(layout), ""
    for k, has_rows in enumerate(layout):
        lines += _number(f"step{k}", "%steps", k)
        if has_rows:
            lines += [*_number(f"inner{k}", "%steps", inner)]
            lines += [
                f"  %near{k} = icmp eq i64 %inner{k}, 4",
                f"  %fits{k} = or i1 %one, %near{k}",
            ]
            if fits:
                lines += [f"  %all{k} = and i1 {fits}, %fits{k}"]
            fits = f"%all{k}" if fits else f"%fits{k}"
            inner += 1
    lines += [f"  br i1 {fits}, label %whole, label %exit", "whole:"]
    given = [(f"%base{k}", f"%step{k}") for k in range(len(layout))]
    lines += [*_call(body, "%n", "%columns", given), "  br label %exit"]
    return "\n".join([*lines, *_END])


_END = ["exit:", "  ret void", "}", ""]


def _begin(name: str, body: str, count: int) -> list[str]:
    lines = [
        f"define void @{name}(ptr %arrays, ptr %sizes, ptr %steps, ptr %data) nounwind {{",
        "entry:",
        f"  %block = alloca [{2 + 2 * count} x i64], align 8",
        f"  %units = alloca [{2 + 2 * count} x i64], align 8",
        "  %n = load i64, ptr %sizes, align 8",
    ]
    for k in range(count):
        lines += _number(f"base{k}", "%arrays", k)
    return [
        *lines,
        "  %none = icmp eq i64 %n, 0",
        "  br i1 %none, label %exit, label %begin",
        "begin:",
    ]


def _number(name: str, of: str, place: int) -> list[str]:
    return [
        f"  %{name}.at = getelementptr i64, ptr {of}, i64 {place}",
        f"  %{name} = load i64, ptr %{name}.at, align 8",
    ]


def _call(
    body: str, rows: str, columns: str, arrays: Sequence[tuple[str, str]], mark: str = "a"
) -> list[str]:
    """A call of a function of rows, which is given everything in one block."""
    return [*_filled(rows, columns, arrays, mark), f"  call void @{body}(ptr %block)"]


def _filled(rows: str, columns: str, arrays: Sequence[tuple[str, str]], mark: str) -> list[str]:
    numbers = [rows, columns, *[part for array in arrays for part in array]]
    lines = []
    for i, number in enumerate(numbers):
        lines += [
            f"  %{mark}{i} = getelementptr i64, ptr %block, i64 {i}",
            f"  store i64 {number}, ptr %{mark}{i}, align 8",
        ]
    return lines


def _shared(body: str, arrays: Sequence[tuple[str, str]], mark: str, least: int) -> list[str]:
    """A call of a function of rows, many elements of which threads share."""
    lines = _filled("1", "%n", [(base, "0") for base, _ in arrays], mark)
    if least:
        for i, unit in enumerate(["0", "0", *[u for _, step in arrays for u in (step, "0")]]):
            lines += [
                f"  %{mark}.unit{i} = getelementptr i64, ptr %units, i64 {i}",
                f"  store i64 {unit}, ptr %{mark}.unit{i}, align 8",
            ]
        count = 2 + 2 * len(arrays)
        lines += [
            f"  call void @share(ptr %data, ptr @{body}, ptr %block, ptr %units, i64 {count}, i64 {least})"
        ]
    else:
        lines += [f"  call void @{body}(ptr %block)"]
    return lines


def _copied(k: int, kind: str, mark: str, at: str, beside: str, taken: bool) -> list[str]:
    """One element of an array into its buffer, or from it."""
    name = f"%{mark}{k}"
    array, buffer = f"{name}.array", f"{name}.buffer"
    source, target = (array, buffer) if taken else (buffer, array)
    return [
        f"  {name}.far = mul i64 {at}, %step{k}",
        f"  {name}.address = add i64 %base{k}, {name}.far",
        f"  {array} = inttoptr i64 {name}.address to ptr",
        f"  {buffer} = getelementptr {kind}, ptr %room{k}, i64 {beside}",
        f"  {name}.value = load {kind}, ptr {source}, align 1",
        f"  store {kind} {name}.value, ptr {target}, align 1",
    ]


# What loops look at that threads may share: where the workers' control block is, and how many of them may
# take part (see `pool`).
sharing = (ctypes.c_int64 * 2)()
# What NumPy is shown stays, as the functions do.
_kept: list[object] = []


@cache
def _maker() -> Callable[..., np.ufunc]:
    """NumPy's function that makes ufuncs. Raises AttributeError where it is elsewhere."""
    from numpy._core import _multiarray_umath  # type: ignore[attr-defined]  # it is NumPy's own

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    place = pointer(_multiarray_umath._UFUNC_API, None)
    table = ctypes.cast(place, ctypes.POINTER(ctypes.c_void_p))
    number, address, text = ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p
    made = ctypes.PYFUNCTYPE(
        ctypes.py_object, address, address, address, number, number, number, number, text, text,
        number, text,
    )  # fmt: skip
    function: Any = made(table[_FROM_FUNCTIONS])
    return function


def ufunc(
    name: str, address: int, inputs: int, outputs: int = 1, signature: str | None = None,
    kinds: Sequence[str] = (),
) -> np.ufunc:  # fmt: skip
    """A function whose loop lies at an address.

    signature: of one of rows, as of NumPy's generalised ufuncs (`(n)->(n)`). kinds: the types of the
    elements, by default all of float32.
    """
    count = inputs + outputs
    functions = (ctypes.c_void_p * 1)(address)
    data = (ctypes.c_void_p * 1)(ctypes.addressof(sharing))
    types = (ctypes.c_byte * count)(*[_TYPES[kind] for kind in kinds or ["float"] * count])
    texts = [ctypes.create_string_buffer(text.encode()) for text in (name, "", signature or "")]
    _kept.append((functions, data, types, texts))
    starts = [ctypes.addressof(kept) for kept in (functions, data, types)]
    given = [text.value if text is not None else None for text in texts]
    _kept.append(given)
    return _maker()(
        *starts,
        1,
        inputs,
        outputs,
        _NO_IDENTITY,
        given[0],
        given[1],
        0,
        given[2] if signature else None,
    )
