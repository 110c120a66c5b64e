"""Random orders of words, as text: each place in turn changes with one from there on."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled.drawing import ORDER
from tcalc.runtime.lazy.compiled.loops import Loops


def function() -> tuple[str, Loops]:
    """How the function is declared, and its body."""
    code = Loops("double", ("*words", "*out", "count"))
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
    return f"void @loop_{ORDER}(ptr %args)", code
