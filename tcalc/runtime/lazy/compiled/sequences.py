"""Whole sequences of recurrent layers, forward and back, as the text of functions: all steps of some of
the examples, with the products of states and weights in them.

States lie in rows, one for each example; what belongs to a step in rows for each element, those of one
step below each other (see ops.nn.recurrent.walk). Arrays of gates have several parts in a row, each as
long as a state. What is added up stays in registers: sums for some rows at a vector of each part.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tcalc.runtime.lazy.compiled import polynomials
from tcalc.runtime.lazy.compiled.code import module
from tcalc.runtime.lazy.compiled.kernels import Compiled, available
from tcalc.runtime.lazy.compiled.loops import SIZES, VECTOR, WIDE, Loops
from tcalc.runtime.lazy.compiled.lower import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcalc.runtime.lazy.compiled.code import V

# Vectors side by side in a row of the product of the way back, and how many rows at once.
BESIDE = 2
_BACK = (8, 4, 1) if WIDE else (4, 1)
# Numbers of a step in its table: where its rows begin and how many they are, and those of the one before.
STEP = 4


class Columns(NamedTuple):
    """A vector of columns: the bytes before it, and which of them are there."""

    far: str
    inside: V


class Tile:
    """Some rows of arrays at one step, at a vector of their columns.

    A value is what is there of all rows, one after the other. widths: the parts in a row of each array.
    states: those with a row for each example.
    """

    def __init__(
        self, code: Loops, widths: Mapping[str, int], states: Sequence[str], row: str, count: int,
        columns: Columns,
    ) -> None:  # fmt: skip
        self.code = code
        self._widths = widths
        self._states = states
        self._row = row
        self._count = count
        self._column, self._inside = columns
        self._element = code.line(f"add i64 %start, {row}")
        self._starts: dict[tuple[str, int], str] = {}

    def load(self, array: str, part: int = 0) -> V:
        """What an array has there, or a part of its rows; zeros beyond the last column."""
        return self._joined([self._read(self._at(array, i, part)) for i in range(self._count)])

    def same(self, array: str, part: int) -> V:
        """What an array of one row has there, for all rows."""
        at = self._beside(f"%{array}", self._column, self._part(part))
        return self._joined([self._read(at)] * self._count)

    def before(self, states: str, first: str) -> V:
        """The state before the step. states: after each step. first: at the beginning."""
        code, found = self.code, []
        for i in range(self._count):
            row = code.line(f"add i64 {self._row}, {i}")
            known = code.line(f"icmp ult i64 {row}, %known")
            place = code.line(f"select i1 {known}, i64 %last, i64 0")
            array = code.line(f"select i1 {known}, ptr %{states}, ptr %{first}")
            place = code.line(f"mul i64 {code.line(f'add i64 {row}, {place}')}, %far")
            found.append(self._read(self._beside(array, place, self._column)))
        return self._joined(found)

    def store(self, array: str, value: V, part: int = 0) -> None:
        """Write what is there of an array, or of a part of its rows."""
        code, lanes = self.code, self.code.lanes // self._count
        wide, rows = code.lanes, []
        for i in range(self._count):
            rows.append(code.shuffled(value, value, range(i * lanes, (i + 1) * lanes)))
        code.lanes = lanes
        for i, row in enumerate(rows):
            code.store_where("true", self._inside, row, self._at(array, i, part))
        code.lanes = wide

    def widen(self) -> None:
        """From here on values are of all rows."""
        self.code.lanes *= self._count

    def narrow(self) -> None:
        """From here on they are vectors again."""
        self.code.lanes //= self._count

    def row(self, array: str, i: int) -> str:
        """Where a row of an array begins."""
        return self._beside(f"%{array}", self._index(array, i))

    def joined(self, rows: Sequence[V]) -> V:
        """Vectors of rows as one value, wherever values are vectors."""
        self.widen()
        value = self._joined(rows)
        self.narrow()
        return value

    def _joined(self, rows: Sequence[V]) -> V:
        code, wide = self.code, self.code.lanes
        code.lanes //= self._count
        while len(rows) > 1:
            both = range(2 * code.lanes)
            rows = [code.shuffled(a, b, both) for a, b in zip(rows[::2], rows[1::2])]
            code.lanes *= 2
        code.lanes = wide
        return rows[0]

    def _read(self, at: str) -> V:
        wide = self.code.lanes
        self.code.lanes //= self._count
        value = self.code.load_where(self._inside, at, self.code.kind)
        self.code.lanes = wide
        return value

    def _at(self, array: str, i: int, part: int) -> str:
        key = array, i
        if key not in self._starts:
            self._starts[key] = self._beside(self.row(array, i), self._column)
        return self._beside(self._starts[key], self._part(part)) if part else self._starts[key]

    def _index(self, array: str, i: int) -> str:
        line = self.code.line
        row = self._row if array in self._states else self._element
        return line(f"mul i64 {line(f'add i64 {row}, {i}')}, %far{self._widths[array]}")

    def _part(self, part: int) -> str:
        return self.code.line(f"mul i64 %far, {part}")

    def _beside(self, at: str, *distances: str) -> str:
        for far in distances:
            at = self.code.beside(at, far)
        return at


class Cell:
    """What a step is made of, between the products.

    name: in what is compiled. gates: parts of the weights. forward, back: the arrays of the two
    functions after those that all have, by the parts in a row. kept: those that the way back reads beside
    the outputs. states: those with a row for each example.
    slopes: of the way back, the one that is multiplied by the weights. adds: whether that goes to what
    the step has left of the gradient by the state.
    """

    gates = 1
    forward: Mapping[str, int] = {"hidden": 1, "gates": 1, "out": 1}
    back: Mapping[str, int] = {"back": 1, "given": 1, "out": 1, "slopes": 1}
    kept: Sequence[str] = ()
    states: Sequence[str] = ("hidden", "back")
    slopes = "slopes"
    adds = False

    if TYPE_CHECKING:

        def step(self, tile: Tile, products: Sequence[V]) -> None:
            """Write what comes of a step. products: of the state and the weights, by part."""

        def slope(self, tile: Tile) -> None:
            """Write what a step comes to on the way back."""

    def total(self, tile: Tile, products: Sequence[V], part: int) -> V:
        """The sum of a part's products."""
        code = tile.code
        given = code.op("fadd", tile.load("gates", part), tile.same("bias", part))
        return code.op("fadd", given, products[part])


class Elman(Cell):
    """h' = tanh(W x + U h + b), or relu of it."""

    def __init__(self, bounded: bool) -> None:
        self.bounded = bounded

    def step(self, tile: Tile, products: Sequence[V]) -> None:
        """The sums become outputs."""
        code, total = tile.code, self.total(tile, products, 0)
        if self.bounded:
            tile.store("out", polynomials.tanh(code, total))
        else:
            tile.store("out", code.select(code.test("fcmp olt", total, 0), 0, total))

    def slope(self, tile: Tile) -> None:
        """By the sums."""
        code, out = tile.code, tile.load("out")
        arrives = code.op("fadd", tile.load("given"), tile.load("back"))
        if self.bounded:
            tile.store("slopes", _times(tile, _away(tile, out), arrives))
        else:
            tile.store("slopes", code.select(code.test("fcmp ogt", out, 0), arrives, 0))


class Gru(Cell):
    """r, z = σ(W x + U h), n = tanh(W x + r (U h)), h' = n + z (h - n)."""

    gates = 3
    forward: Mapping[str, int] = {"hidden": 1, "gates": 3, "out": 1, "inner": 1}
    back: Mapping[str, int] = {
        "back": 1, "given": 1, "out": 1, "first": 1, "gates": 3, "inner": 1, "slopes": 3,
        "by_state": 3,
    }  # fmt: skip
    kept = ("gates", "inner")
    states = ("hidden", "back", "first")
    slopes = "by_state"
    adds = True

    def step(self, tile: Tile, products: Sequence[V]) -> None:
        """The sums become the gates r, z, n; inner: the state's part of n."""
        code = tile.code
        r, z = (_sigmoid(tile, self.total(tile, products, i)) for i in range(2))
        given = code.op("fadd", tile.load("gates", 2), tile.same("bias", 2))
        n = polynomials.tanh(code, code.op("fadd", given, _times(tile, r, products[2])))
        for part, gate in enumerate((r, z, n)):
            tile.store("gates", gate, part)
        tile.store("inner", products[2])
        rest = _times(tile, code.op("fsub", tile.load("hidden"), n), z)
        tile.store("out", code.op("fadd", rest, n))

    def slope(self, tile: Tile) -> None:
        """By the sums r, z, n of the input and of the state; what does not go through them is left."""
        code = tile.code
        arrives = code.op("fadd", tile.load("given"), tile.load("back"))
        r, z, n = (tile.load("gates", i) for i in range(3))
        by_new = _times(tile, code.op("fsub", 1, z), _away(tile, n), arrives)
        by_part = _times(tile, by_new, r)
        rest = code.op("fsub", tile.before("out", "first"), n)
        by_z = _times(tile, rest, _bend(tile, z), arrives)
        by_r = _times(tile, by_part, tile.load("inner"), code.op("fsub", 1, r))
        for part, (one, other) in enumerate(((by_r, by_r), (by_z, by_z), (by_new, by_part))):
            tile.store("slopes", one, part)
            tile.store("by_state", other, part)
        tile.store("back", _times(tile, arrives, z))


class Lstm(Cell):
    """i, f, o = σ(W x + U h), g = tanh(W x + U h), c' = f c + i g, h' = o tanh(c')."""

    gates = 4
    forward: Mapping[str, int] = {
        "hidden": 1, "gates": 4, "out": 1, "cell": 1, "cells": 1, "tops": 1,
    }  # fmt: skip
    back: Mapping[str, int] = {
        "back": 1, "given": 1, "memory": 1, "gates": 4, "cells": 1, "first": 1, "tops": 1, "slopes": 4,
    }  # fmt: skip
    kept = ("gates", "cells", "tops")
    states = ("hidden", "cell", "back", "memory", "first")

    def step(self, tile: Tile, products: Sequence[V]) -> None:
        """The sums i, f, g, o become the gates in the order i, f, o, g; tops: tanh of the cells."""
        code = tile.code
        i, f, g, o = (self.total(tile, products, part) for part in range(4))
        i, f, o = (_sigmoid(tile, x) for x in (i, f, o))
        g = polynomials.tanh(code, g)
        for part, gate in enumerate((i, f, o, g)):
            tile.store("gates", gate, part)
        cell = code.op("fadd", _times(tile, tile.load("cell"), f), _times(tile, i, g))
        top = polynomials.tanh(code, cell)
        for array, value in (("cell", cell), ("cells", cell), ("tops", top)):
            tile.store(array, value)
        tile.store("out", _times(tile, o, top))

    def slope(self, tile: Tile) -> None:
        """By the sums i, f, g, o, and by the cell before."""
        code = tile.code
        i, f, o, g = (tile.load("gates", part) for part in range(4))
        top = tile.load("tops")
        arrives = code.op("fadd", tile.load("given"), tile.load("back"))
        through = _times(tile, o, _away(tile, top), arrives)
        memory = code.op("fadd", tile.load("memory"), through)
        slopes = (
            _times(tile, _bend(tile, i), g, memory),
            _times(tile, _bend(tile, f), tile.before("cells", "first"), memory),
            _times(tile, i, _away(tile, g), memory),
            _times(tile, _bend(tile, o), top, arrives),
        )
        for part, slope in enumerate(slopes):
            tile.store("slopes", slope, part)
        tile.store("memory", _times(tile, memory, f))


TANH, RELU, GRU, LSTM = Elman(True), Elman(False), Gru(), Lstm()


def _times(tile: Tile, *factors: V) -> V:
    found = factors[0]
    for factor in factors[1:]:
        found = tile.code.op("fmul", found, factor)
    return found


def _bend(tile: Tile, x: V) -> V:
    """x (1 - x), the slope of a sigmoid."""
    return tile.code.op("fsub", x, _times(tile, x, x))


def _away(tile: Tile, x: V) -> V:
    """1 - x², the slope of a tanh."""
    return tile.code.op("fsub", 1, _times(tile, x, x))


def _sigmoid(tile: Tile, x: V) -> V:
    code = tile.code
    power = polynomials.exp(code, code.op("fneg", x))
    return code.op("fdiv", 1, code.op("fadd", 1, power))


# -- functions ------------------------------------------------------------------------------------


def function(cell: Cell, char: str, back: bool = False) -> Compiled | None:
    """The function of a cell for arrays of a type of NumPy's, by its letter, or None."""
    found = _function(cell, back) if char == "f" and available() else None
    return found if found is not None and found.is_ready(1) else None


@cache
def _function(cell: Cell, back: bool) -> Compiled:
    return Compiled((_backward if back else _forward)(cell, "float"), False, 1)


def _forward(cell: Cell, kind: str) -> str:
    """All steps forward.

    table: STEP numbers for each of `steps`. low, high: the examples that are taken. size: of a state,
    in `blocks` vectors. weights: by block, row of the state, part and column. bias, added: to the
    products of input and state. Then the arrays that the cell says; hidden, cell: the first state, and in
    the end the last.
    """
    code = Loops(kind, (
        "*table", "steps", "low", "high", "size", "blocks", "*weights", "*bias", "*added",
        *[f"*{name}" for name in cell.forward],
    ))  # fmt: skip
    gates, most = cell.gates, 8 if cell.gates == 1 else 4 if WIDE else 2
    _begin(code, cell.forward)
    code.do(f"%matrix.size = mul i64 %size, {gates * VECTOR}")
    columns = _block(code, "block", matrix="%weights")

    def products(row: str, count: int) -> None:
        tile = Tile(code, cell.forward, cell.states, row, count, columns)
        column = code.beside("%added", columns.far)
        starts = [
            code.load_where(columns.inside, code.beside(column, code.line(f"mul i64 %far, {g}")), kind)
            for g in range(gates)
        ]
        at, factor = f"state{count}", f"factor{count}"
        sums = code.begin(
            f"sum{count}", starts * count, **{at: tile.row("hidden", 0), factor: "%matrix"}
        )
        sums = _multiplied(code, sums, f"%{at}", "%far", f"%{factor}", count, gates)
        code.end("%size", sums, **{at: SIZES[kind], factor: gates * VECTOR})
        found = [tile.joined(sums[g::gates]) for g in range(gates)]
        tile.widen()
        cell.step(tile, found)
        tile.narrow()

    _tiles(code, "rows", (most, 1), products)
    code.end("%blocks", matrix="%matrix.size")
    columns = _block(code, "copied")

    def copy(row: str, count: int) -> None:
        tile = Tile(code, cell.forward, cell.states, row, count, columns)
        tile.store("hidden", tile.load("out"))

    _tiles(code, "copies", (1,), copy)
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

    _tiles(code, "rows", (4, 1), slopes)
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
        at, factor = f"slope{count}", f"factor{count}"
        sums = code.begin(
            f"sum{count}", sums, **{at: tile.row(cell.slopes, 0), factor: "%matrix"}
        )
        step = f"%far{cell.gates}"
        sums = _multiplied(code, sums, f"%{at}", step, f"%{factor}", count, BESIDE)
        code.end("%depth", sums, **{at: SIZES[kind], factor: far})
        for value, (mask, at) in zip(sums, places):
            code.store_where("true", mask, value, at)

    _tiles(code, "products", _BACK, products)
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
    code.begin(name, **pointers)
    return _columns(code, f"%{name}.i")


def _columns(code: Loops, number: str) -> Columns:
    """A vector of columns by its number."""
    first = code.line(f"mul i64 {number}, {code.lanes}")
    left = code.line(f"trunc i64 {code.line(f'sub i64 %size, {first}')} to i32")
    inside = code.test("icmp slt", code.numbered("i32"), code.splat(left, "i32"))
    return Columns(code.line(f"mul i64 {number}, {VECTOR}"), inside)


def _multiplied(
    code: Loops, sums: Sequence[V], at: str, far: str, factors: str, rows: int, beside: int
) -> list[V]:
    """Sums by row and vector, and the products of a number of each row with vectors of weights."""
    values = code.vectors(factors, beside)
    found = []
    for i in range(rows):
        place = code.beside(at, code.line(f"mul i64 {far}, {i}")) if i else at
        one = code.load_one(place, code.kind)
        found += [code.fma(one, v, sums[i * beside + k]) for k, v in enumerate(values)]
    return found


def _tiles(
    code: Loops, name: str, sizes: Sequence[int], body: Callable[[str, int], None]
) -> None:
    """Go over the rows from %low to below %top, so many at a time as there are left."""
    line, at = code.line, "%low"
    for size in sizes:
        loop = f"{name}{size}"
        count = line(f"udiv i64 {line(f'sub i64 %top, {at}')}, {size}")
        some = line(f"icmp ne i64 {count}, 0")
        code.do(f"br i1 {some}, label %{loop}.some, label %{loop}.none")
        code.label(f"{loop}.some")
        code.begin(loop)
        body(line(f"add i64 {at}, {line(f'mul i64 %{loop}.i, {size}')}"), size)
        code.end(count)
        code.do(f"br label %{loop}.none")
        code.label(f"{loop}.none")
        at = line(f"add i64 {at}, {line(f'mul i64 {count}, {size}')}")
