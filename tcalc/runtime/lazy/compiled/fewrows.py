"""Products of few rows with the rows of a matrix, as text: all is read once, and sums stay in registers."""

from __future__ import annotations

from functools import cache
from itertools import product as pairs

from tcalc.runtime.lazy.compiled.code import module
from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.loops import SIZES, TYPES, VECTOR, WIDE, Loops
from tcalc.runtime.lazy.compiled.lower import NAME

# So many sums, of rows by rows, fit the registers.
_ROWS, _OTHERS = ((8, 4, 2, 1), (3, 1)) if WIDE else ((4, 2, 1), (2, 1))


def product(char: str) -> Compiled | None:
    """The function for arrays of a type of NumPy's, by its letter, or None."""
    found = _product(char) if char in TYPES and available() else None
    return found if found is not None and found.is_ready(1) else None


def every(char: str) -> list[Compiled]:
    """The functions for arrays of a type; none where nothing is compiled."""
    return [_product(char)] if available() else []


@cache
def _product(char: str) -> Compiled:
    """few: `rows` of them; matrix: `others`, of `depth` elements (a vector at least) as well; out: by row and
    other, `across` bytes from row to row."""
    kind = TYPES[char]
    code = Loops(kind, ("*few", "*matrix", "*out", "rows", "others", "depth", "across"))
    size, lanes, do = SIZES[kind], code.lanes, code.do
    do(f"%far = mul i64 %depth, {size}", f"%whole = udiv i64 %depth, {lanes}")
    do(f"%passed = mul i64 %whole, {VECTOR}", f"%left = urem i64 %depth, {lanes}")
    inside = code.test("icmp ult", code.numbered("i64"), code.splat("%left", "i64"))

    def places(at: str, count: int) -> list[str]:
        return [code.beside(at, code.line(f"mul i64 %far, {i}")) for i in range(count)]

    def of_rows(row: str, n: int) -> None:
        first = code.beside("%few", code.line(f"mul i64 %far, {row}"))

        def of_others(other: str, m: int) -> None:
            second = code.beside("%matrix", code.line(f"mul i64 %far, {other}"))
            name, a, b = f"sum{n}.{m}", f"a{n}.{m}", f"b{n}.{m}"
            sums = code.begin(name, [code.constant(0, kind)] * (n * m), **{a: first, b: second})
            rows = [code.load(at, kind) for at in places(f"%{a}", n)]
            others = [code.load(at, kind) for at in places(f"%{b}", m)]
            sums = [code.fma(x, y, s) for (x, y), s in zip(pairs(rows, others), sums)]
            code.end("%whole", sums, **{a: VECTOR, b: VECTOR})
            rows, others = (
                [
                    code.load_where(inside, code.beside(at, "%passed"), kind)
                    for at in places(start, c)
                ]
                for start, c in ((first, n), (second, m))
            )
            sums = [code.fma(x, y, s) for (x, y), s in zip(pairs(rows, others), sums)]
            for k, total in enumerate(map(code.sum_across, sums)):
                line = code.line(f"mul i64 %across, {code.line(f'add i64 {row}, {k // m}')}")
                place = code.line(f"mul i64 {code.line(f'add i64 {other}, {k % m}')}, {size}")
                at = code.beside(code.beside("%out", line), place)
                do(f"store {kind} {total}, ptr {at}, align 1")

        code.tiles(f"other{n}.", "0", "%others", _OTHERS, of_others)

    code.tiles("row", "0", "%rows", _ROWS, of_rows)
    do("ret void")
    return Compiled(module((f"void @{NAME}(ptr %args)", code)), False, 1)
