"""Random orders of words, as text: each place in turn changes with one from there on."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.compiled.kernels import address
from tcalc.runtime.lazy.compiled.loops import Loops
from tcalc.runtime.lazy.compiled.switch import settings

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array

NAME = "order"


def write(out: Array, words: Array) -> bool:
    """Write the numbers 0 … n-1 in the order that n-1 words come to into an array of int64 (n is at least
    2): whether that was done."""
    call = library.call(NAME) if settings.on else None
    if call is None:
        return False
    given = array("q", [address(out), address(words), out.size])
    call(given.buffer_info()[0])
    return True


def function() -> tuple[str, Loops]:
    """How the function is declared, and its body."""
    code = Loops("double", ("*out", "*words", "count"))
    line, do = code.line, code.do
    code.begin("number", place="%out")
    do("store i64 %number.i, ptr %place, align 8")
    code.end("%count", place=8)
    do("%last = sub i64 %count, 1")
    code.begin("swap", here="%out", word="%words")
    chosen = line("load i32, ptr %word, align 4")
    left = line(f"trunc i64 {line('sub i64 %count, %swap.i')} to i32")
    far = line(f"zext i32 {line(f'urem i32 {chosen}, {left}')} to i64")
    there = line(f"getelementptr i64, ptr %here, i64 {far}")
    one, other = line("load i64, ptr %here, align 8"), line(f"load i64, ptr {there}, align 8")
    do(f"store i64 {one}, ptr {there}, align 8", f"store i64 {other}, ptr %here, align 8")
    code.end("%last", here=8, word=4)
    do("ret void")
    return f"void @loop_{NAME}(ptr %args)", code
