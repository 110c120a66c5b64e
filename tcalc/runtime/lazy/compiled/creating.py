"""Small new tensors by whole calls in machine code: sizes or data in, a tensor out, no Python between.

Functions of this kind are called as builtins of Python are (CPython's `METH_FASTCALL`), and give None for
all that is not theirs: other types than those of everyday's calls, what does not fit, many elements. Then
the op's Python does it, to the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import drawncalls, filledcalls
from tcalc.runtime.lazy.compiled.calls import CONTENTS
from tcalc.runtime.lazy.compiled.creatinglines import MOST_DIMS, PREFIX, begun, if_, item, words
from tcalc.runtime.lazy.compiled.creatingparts import SHARED

if TYPE_CHECKING:
    from collections.abc import Sequence


def names() -> Sequence[str]:
    """The functions, each named after the op whose calls it does."""
    return [PREFIX + name for name in _CALLS]


def text() -> str:
    """Their text, without the module around it."""
    lines = [*SHARED]
    for name, (count, dtypes, body) in _CALLS.items():
        own = [
            f"  %sizes = alloca [{MOST_DIMS} x i64], align 8",
            "  %block = alloca [6 x i64], align 8",
            "  %pair = alloca [2 x double], align 8",
            "  %over = alloca i32, align 4",
            f"  %context.at = getelementptr i8, ptr %self, i64 {CONTENTS}",
            "  %context = load ptr, ptr %context.at, align 8",
            *words("nothing", "take", "drop", "floats", "longs"),
            f"  %is.asked = icmp eq i64 %asked, {count + bool(dtypes)}",
            *if_("%is.asked", "look"),
            *(_wanted(count, dtypes) if dtypes else []),
            "  %is.plain = call i1 @made.plain(ptr %context)",
            *if_("%is.plain", "begin"),
            *body(),
            "no:",
            "  call void %take(ptr %nothing)",
            "  ret ptr %nothing",
        ]
        head = f"define ptr @loop_{PREFIX}{name}(ptr %self, ptr %given, i64 %asked)"
        lines += [f'{head} nounwind "no-builtins" {{', *begun(own), "}"]
    return "\n".join([*lines, ""])


def _wanted(place: int, allowed: Sequence[int]) -> list[str]:
    """The dtype among the arguments, `%dtype.wanted` by its number: one of some."""
    tests = [f"  %is.{kind} = icmp eq i64 %dtype.wanted, {kind}" for kind in allowed]
    either = [f"%is.{kind}" for kind in allowed]
    lines = []
    while len(either) > 1:
        one, other, *rest = either
        lines += [f"  {one}.or = or i1 {one}, {other}"]
        either = [f"{one}.or", *rest]
    return [
        *item("dtype.object", "%given", place),
        "  %dtype.wanted = call i64 @made.dtype(ptr %context, ptr %dtype.object)",
        *tests,
        *lines,
        *if_(either[0], "dtyped"),
    ]


_CALLS = {**filledcalls.CALLS, **drawncalls.CALLS}
