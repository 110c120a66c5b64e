"""Small new tensors by whole calls in machine code: sizes or data in, a tensor out, no Python between.

Functions of this kind are called as builtins of Python are (CPython's `METH_FASTCALL`), and give None for
all that is not theirs: other types than those of everyday's calls, what does not fit, many elements. Then
the op's Python does it, to the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import drawncalls, filledcalls
from tcalc.runtime.lazy.compiled.calls import CONTENTS
from tcalc.runtime.lazy.compiled.creatinglines import MOST_DIMS, begun, if_, words
from tcalc.runtime.lazy.compiled.creatingparts import SHARED

if TYPE_CHECKING:
    from collections.abc import Sequence

# What comes before the ops' names.
PREFIX = "new_"


def names() -> Sequence[str]:
    """The functions, each named after the op whose calls it does."""
    return [PREFIX + name for name in _CALLS]


def text() -> str:
    """Their text, without the module around it."""
    lines = [*SHARED]
    for name, (least, most, body) in _CALLS.items():
        own = [
            f"  %sizes = alloca [{MOST_DIMS} x i64], align 8",
            "  %block = alloca [6 x i64], align 8",
            "  %pair = alloca [2 x double], align 8",
            "  %over = alloca i32, align 4",
            f"  %context.at = getelementptr i8, ptr %self, i64 {CONTENTS}",
            "  %context = load ptr, ptr %context.at, align 8",
            *words("nothing", "take", "drop", "floats", "longs"),
            f"  %less = sub i64 %asked, {least}",
            f"  %is.asked = icmp ule i64 %less, {most - least}",
            *if_("%is.asked", "look"),
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


_CALLS = {**filledcalls.CALLS, **drawncalls.CALLS}
