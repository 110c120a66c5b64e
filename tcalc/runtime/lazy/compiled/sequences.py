"""Whole sequences of recurrent layers, forward and back, as the text of functions: all steps of some of
the examples, with the products of states and weights in them.

States lie in rows, one for each example; what belongs to a step in rows for each element, those of one
step below each other (see ops.nn.recurrent.walk). What is added up stays in registers: sums for some rows
at a vector of each gate, or at vectors side by side.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.code import module
from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.loops import SIZES, VECTOR, WIDE, Loops
from tcalc.runtime.lazy.compiled.lower import NAME
from tcalc.runtime.lazy.compiled.rowcells import CELLS
from tcalc.runtime.lazy.compiled.tiles import Columns, Tile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcalc.runtime.lazy.compiled.code import V
    from tcalc.runtime.lazy.compiled.rowcells import Cell

# Vectors side by side in a row of the product of the way back, and how many rows at once.
BESIDE = 2
_BACK = (8, 4, 1) if WIDE else (4, 1)
# So many products are added up before they are added to what there is: the error stays small.
_DEEP = 128
# Numbers of a step in its table: where its rows begin and how many they are, and those of the one before.
STEP = 4


def function(cell: Cell, char: str, back: bool = False) -> Compiled | None:
    """The function of a cell for arrays of a type of NumPy's, by its letter, or None."""
    found = _function(cell, back) if char == "f" and available() else None
    return found if found is not None and found.is_ready(1) else None


def every() -> list[Compiled]:
    """All of them; none where nothing is compiled."""
    return (
        [_function(cell, back) for cell in CELLS for back in (False, True)] if available() else []
    )


@cache
def _function(cell: Cell, back: bool) -> Compiled:
    return Compiled((_backward if back else _forward)(cell, "float"), False, 1)


def _forward(cell: Cell, kind: str) -> str:
    """All steps forward.

    table: STEP numbers for each of `steps`. low, high: the examples that are taken. size: of a state,
    in `blocks` vectors. weights: by block, row of the state, part and column. bias, added: to the
    products of input and state. inputs: the columns of x, which its products with `first` are taken of,
    weights in that order; 0 where gates has them already. Then the arrays that the cell says; hidden,
    cell: the first state, and in the end the last.
    """
    code = Loops(kind, (
        "*table", "steps", "low", "high", "size", "blocks", "*weights", "*bias", "*added", "inputs",
        "*x", "*first", *[f"*{name}" for name in cell.forward],
    ))  # fmt: skip
    gates, sizes = cell.gates, (8 if cell.gates == 1 else 4 if WIDE else 2, 1)
    _begin(code, cell.forward)
    code.do(
        f"%matrix.size = mul i64 %size, {gates * VECTOR}",
        f"%given.size = mul i64 %inputs, {gates * VECTOR}",
        f"%deep = mul i64 %inputs, {SIZES[kind]}",
        "%are.given = icmp eq i64 %inputs, 0",
        "%last.taken = select i1 %are.given, i64 %low, i64 %top",
    )
    columns = _block(code, "block", matrix="%weights", given="%first")

    def of_input(row: str, count: int) -> None:
        tile = Tile(code, cell.forward, cell.states, row, count, columns)
        element = code.line(f"add i64 %start, {row}")
        first = code.beside("%x", code.line(f"mul i64 {element}, %deep"))
        zeros = [code.constant(0, kind)] * (gates * count)
        sums = _product(
            code, f"of{count}", zeros, first, "%deep", "%given", "%inputs", count, gates
        )
        found = [tile.joined(sums[g::gates]) for g in range(gates)]
        tile.widen()
        for g, value in enumerate(found):
            tile.store("gates", value, g)
        tile.narrow()

    def products(row: str, count: int) -> None:
        tile = Tile(code, cell.forward, cell.states, row, count, columns)
        column = code.beside("%added", columns.far)
        starts = [
            code.load_where(
                columns.inside, code.beside(column, code.line(f"mul i64 %far, {g}")), kind
            )
            for g in range(gates)
        ]
        first = tile.row("hidden", 0)
        sums = _product(
            code, f"sum{count}", starts * count, first, "%far", "%matrix", "%size", count, gates
        )
        found = [tile.joined(sums[g::gates]) for g in range(gates)]
        tile.widen()
        cell.step(tile, found)
        tile.narrow()

    code.tiles("taken", "%low", "%last.taken", sizes, of_input)
    code.tiles("rows", "%low", "%top", sizes, products)
    code.end("%blocks", matrix="%matrix.size", given="%given.size")
    columns = _block(code, "copied")

    def copy(row: str, count: int) -> None:
        tile = Tile(code, cell.forward, cell.states, row, count, columns)
        tile.store("hidden", tile.load("out"))

    code.tiles("copies", "%low", "%top", (1,), copy)
    code.end("%blocks")
    return _end(code)


def _backward(cell: Cell, kind: str) -> str:
    """All steps back: the table has them in the order in which they are taken, the last first.

    weights: in blocks of BESIDE vectors (`sides` of them), by row and column. The rest as above; given: what
    arrives at the outputs; back, memory: at the last state and cell, and in the end at the first.
    """
    code = Loops(kind, (
        "*table", "steps", "low", "high", "size", "blocks", "*weights", "sides",
        *[f"*{name}" for name in cell.back],
    ))  # fmt: skip
    _begin(code, cell.back)
    far = BESIDE * VECTOR
    code.do(f"%depth = mul i64 %size, {cell.gates}", f"%matrix.size = mul i64 %depth, {far}")
    columns = _block(code, "block")

    def slopes(row: str, count: int) -> None:
        tile = Tile(code, cell.back, cell.states, row, count, columns)
        tile.widen()
        cell.slope(tile)
        tile.narrow()

    code.tiles("rows", "%low", "%top", (4, 1), slopes)
    code.end("%blocks")
    code.begin("side", matrix="%weights")
    first = code.line(f"mul i64 %side.i, {BESIDE}")
    sides = [_columns(code, code.line(f"add i64 {first}, {i}")) for i in range(BESIDE)]

    def products(row: str, count: int) -> None:
        tile = Tile(code, cell.back, cell.states, row, count, sides[0])
        places = [
            (mask, code.beside(tile.row("back", i), column))
            for i in range(count)
            for column, mask in sides
        ]
        if cell.adds:
            sums = [code.load_where(mask, at, kind) for mask, at in places]
        else:
            sums = [code.constant(0, kind)] * len(places)
        first, step = tile.row(cell.slopes, 0), f"%far{cell.gates}"
        sums = _product(code, f"sum{count}", sums, first, step, "%matrix", "%depth", count, BESIDE)
        for value, (mask, at) in zip(sums, places):
            code.store_where("true", mask, value, at)

    code.tiles("products", "%low", "%top", _BACK, products)
    code.end("%sides", matrix="%matrix.size")
    return _end(code)


def _begin(code: Loops, arrays: Mapping[str, int]) -> None:
    """A step: where its rows begin, and which of them are taken."""
    do = code.do
    do(f"%far = mul i64 %size, {SIZES[code.kind]}")
    for parts in sorted(set(arrays.values())):
        do(f"%far{parts} = mul i64 %far, {parts}")
    code.begin("step", line="%table")
    names = [code.distance("%line", str(i)) for i in range(STEP)]
    for name, found in zip(("start", "count", "last", "known"), names):
        do(f"%{name} = add i64 {found}, 0")
    do("%is.less = icmp ult i64 %count, %high", "%most = select i1 %is.less, i64 %count, i64 %high")
    do("%is.none = icmp ult i64 %most, %low", "%top = select i1 %is.none, i64 %low, i64 %most")


def _end(code: Loops) -> str:
    code.end("%steps", line=8 * STEP)
    code.do("ret void")
    return module((f"void @{NAME}(ptr %args)", code))


def _block(code: Loops, name: str, **pointers: str) -> Columns:
    """Begin a loop over vectors of columns."""
    code.begin(name, (), **pointers)
    return _columns(code, f"%{name}.i")


def _columns(code: Loops, number: str) -> Columns:
    """A vector of columns by its number."""
    first = code.line(f"mul i64 {number}, {code.lanes}")
    left = code.line(f"trunc i64 {code.line(f'sub i64 %size, {first}')} to i32")
    inside = code.test("icmp slt", code.numbered("i32"), code.splat(left, "i32"))
    return Columns(code.line(f"mul i64 {number}, {VECTOR}"), inside)


def _product(
    code: Loops, name: str, totals: Sequence[V], at: str, far: str, factors: str, depth: str, rows: int,
    beside: int,
) -> list[V]:  # fmt: skip
    """Sums by row and vector, and the products of some rows with vectors of weights.

    at: the first row, `far` bytes from the next. factors: `beside` vectors for each of `depth` columns.
    """
    size = SIZES[code.kind]
    code.do(
        f"%{name}.most = add i64 {depth}, {_DEEP - 1}",
        f"%{name}.pieces = udiv i64 %{name}.most, {_DEEP}",
    )
    piece, place, factor = f"{name}.piece", f"{name}.row", f"{name}.factor"
    totals = code.begin(piece, totals, **{f"{place}s": at, f"{factor}s": factors})
    left = code.line(f"sub i64 {depth}, {code.line(f'mul i64 %{piece}.i, {_DEEP}')}")
    is_last = code.line(f"icmp ult i64 {left}, {_DEEP}")
    length = code.line(f"select i1 {is_last}, i64 {left}, i64 {_DEEP}")
    zeros = [code.constant(0, code.kind)] * len(totals)
    sums = code.begin(name, zeros, **{place: f"%{place}s", factor: f"%{factor}s"})
    values = code.vectors(f"%{factor}", beside)
    found = []
    for i in range(rows):
        one = code.load_one(code.beside(f"%{place}", code.line(f"mul i64 {far}, {i}")), code.kind)
        found += [code.fma(one, v, sums[i * beside + k]) for k, v in enumerate(values)]
    code.end(length, found, **{place: size, factor: beside * VECTOR})
    totals = [code.op("fadd", total, more) for total, more in zip(totals, found)]
    code.end(
        f"%{name}.pieces", totals,
        **{f"{place}s": _DEEP * size, f"{factor}s": _DEEP * beside * VECTOR},
    )  # fmt: skip
    return totals
