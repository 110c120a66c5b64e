"""Reductions of large arrays that are computed, as `lazy.reducing` has them: by blocks that follow from the
shape, over threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.blocks import BLOCK
from tcalc.runtime.lazy.compiled.callkernel import PIECE, SHORT, product, stored
from tcalc.runtime.lazy.compiled.reducers import SIZES, neutral
from tcalc.runtime.lazy.compiled.scalars import Function, N

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.callkernel import Kernel
    from tcalc.runtime.lazy.compiled.nncalls import NnCall

# Up to so many blocks have room; and columns are taken down in groups of rows, no more than so many.
BLOCKS, _GROUPS = 4096, 128
# So many rows are in a group at least and at most.
_FEW_ROWS, _DEEP = 16, 128
# So many elements are four leaves of NumPy's sums.
_LEAVES = 512
# Rows of elements that are taken into rows of numbers, by these types.
_GROUPED = {"sum": ("float", "double"), **dict.fromkeys(("prod", "max", "min"), ("float", "float"))}


def reduced(k: Kernel, what: str, kind: str) -> None:
    """Of all elements, of rows, or of columns."""
    if what in _GROUPED and kind == "float":
        with k.when(k.inner.other(1)):
            _columns(k, what)
            k.give(1)
    k.refuse_where(k.inner.other(1))
    with k.when(k.is_flat):
        _whole(k, what, kind)
        k.give(1)
    _rows(k, f"fold.{what}.{kind}", kind)


def squares(k: Kernel) -> None:
    """The sums of the squares of all elements, or of rows."""
    k.refuse_where(k.inner.other(1))
    with k.when(k.is_flat):
        k.refuse_where((k.dims > 1) & k.keep.other(0))
        sums = k.room("float", BLOCKS)
        count = _blocks(k, "blocks.squares", "float", sums)
        k.over("pairwise", count, count, (sums, 0), (k.out, 0))
    with k.when(k.is_flat.same(0)):
        k.refuse_where(k.last > k.axis)
        _rows(k, "fold.squares.float", "float")


def _rows(k: Kernel, function: str, kind: str) -> None:
    k.refuse_where((k.n <= SHORT) | (k.n >= BLOCK) | k.is_last.same(0))
    k.rows(function, kind, (k.out, SIZES[kind]))


def _whole(k: Kernel, what: str, kind: str) -> None:
    found = k.room(stored(kind), BLOCKS)
    function = "blocks.sum" if what == "sum" else f"fold.{what}.{kind}"
    count = _blocks(k, function, kind, found)
    if what == "sum":
        k.over("pairwise", count, count, (found, 0), (k.out, 0))
    elif what == "prod":  # one after the other
        made = k.variable("float", 1)
        with k.loop(count) as i:
            made.set(made.get() * k.load("float", found, i))
        k.store(made.get(), k.out)
    else:
        k.over(function, 1, count, (found, 0), (k.out, 0))


def _blocks(k: Kernel, function: str, kind: str, found: N) -> N:
    width = SIZES[kind]
    return blocks(k, function, k.n, k.row, [(k.array, width)], (found, width), [k.function])


def blocks(
    f: Kernel | NnCall, function: str, n: N, row: N, arrays: Sequence[tuple[N, int]],
    found: tuple[N, int], others: Sequence[N],
) -> N:  # fmt: skip
    """What a function of rows makes of the blocks of all elements, and how many there are.

    row: how many elements a row has (see `callreduce.row_of`). arrays, found: with the bytes of an element.
    others: what the function is given besides.
    """
    length = f.number(BLOCK, "i64") // row * row
    length = f.choose(row >= BLOCK, BLOCK, length)
    f.refuse_where((row >= BLOCK) & (row < n))
    full = n // length
    f.refuse_where(full >= BLOCKS)
    fixed: list[tuple[N, N | int]] = [(place, 0) for place in others]
    given: list[tuple[N, N | int]] = [
        *[(place, length * width) for place, width in arrays],
        found,
        *fixed,
    ]
    f.over_threads(function, full, length, given, n)
    rest = n - full * length
    with f.when(rest > 0):
        left = [(f.at(place, "i8", full * length * width), 0) for place, width in arrays]
        place, width = found
        f.over(function, 1, rest, *left, (f.at(place, "i8", full * width), 0), *fixed)
    return full + (rest > 0).as_("zext", "i64")


def _columns(k: Kernel, what: str) -> None:
    """Groups of rows, each into one, and these into the result."""
    kind, own = _GROUPED[what]
    k.refuse_where(k.outer.other(1) | (k.inner <= SHORT))
    deep = k.number(BLOCK, "i64") // k.inner
    deep = k.choose(deep > _DEEP, _DEEP, k.choose(deep < _FEW_ROWS, _FEW_ROWS, deep))
    deep = k.choose(deep < k.n, deep, k.n)
    full = k.n // deep
    rest = k.n - full * deep
    count = full + (rest > 0).as_("zext", "i64")
    k.refuse_where(count > _GROUPS)
    width = k.inner * SIZES[own]
    parts = k.call(k.get, count * width, result="ptr")
    k.refuse_where(parts.same(0))
    rows, group = f"groups.{what}", k.inner * SIZES[kind] * deep
    k.over_threads(rows, full, k.inner, ((k.array, group), (parts, width)), k.size)
    with k.when(rest > 0):
        left, step = k.at(k.array, "i8", full * group), k.inner * SIZES[kind] * rest
        k.over(rows, 1, k.inner, (left, step), (k.at(parts, "i8", full * width), 0))
    with k.when(count > 1):
        others = k.at(parts, "i8", width)
        k.over(f"stream.{what}.{own}", count - 1, k.inner, (others, width), (parts, 0))
    with k.loop(k.inner) as j:
        found = k.load(own, parts, j)
        k.store(found.as_("fptrunc", "float") if own == "double" else found, k.out, j)
    k.call(k.free, parts)


# -- functions of rows --------------------------------------------------------------------------


class _Rows(Function):
    """A function of rows as those of `reducers` are: of an array, and what takes a number or a row for each."""

    def __init__(self, name: str) -> None:
        super().__init__(name, [("args", "ptr")])
        self.rows = self.load("i64", self.args)
        self.columns = self.load("i64", self.args, 1)
        self.base, self.step = self.load("ptr", self.args, 2), self.load("i64", self.args, 3)
        self.out, self.ahead = self.load("ptr", self.args, 4), self.load("i64", self.args, 5)

    def pass_on(self, function: str, *words: N | int) -> None:
        """Have another function go over what words say."""
        args = self.room("i64", len(words))
        for i, word in enumerate(words):
            self.store(self.number(word, "i64"), args, i)
        self.call(function, args)


def _block_sums() -> Function:
    """The sums of rows in NumPy's order. Of a power of two of elements the halves of halves are leaves of
    128, some of which are added up side by side: one alone would wait for each of its sums."""
    f = _Rows("blocks.sum")
    sums = f.room("float", BLOCK // _LEAVES)
    is_even = (f.columns & (f.columns - 1)).same(0) & (f.columns >= _LEAVES) & (f.columns <= BLOCK)
    with f.loop(f.rows) as r:
        row, out = f.at(f.base, "i8", r * f.step), f.at(f.out, "i8", r * f.ahead)
        with f.when(is_even.same(0)):
            f.pass_on("pairwise", f.columns, f.columns, row, 0, out, 0)
        with f.when(is_even):
            count = f.variable("i64", f.columns // _LEAVES)
            with f.loop(count.get()) as i:
                f.store(leaves(f, f.at(row, "float", i * _LEAVES)), sums, i)
            with f.forever():
                with f.when(count.get().same(1)):
                    f.leave()
                count.set(count.get() >> 1)
                with f.loop(count.get()) as i:
                    pair = f.at(sums, "float", i * 2)
                    f.store(f.load("float", pair) + f.load("float", pair, 1), sums, i)
            f.store(f.load("float", sums), out)
    f.give()
    return f


def leaves(f: Function, place: N) -> N:
    """The sum of four leaves, which have eight lanes each."""
    eight, steps = "<8 x float>", 16
    lanes = [f.variable(eight, N(f, "zeroinitializer", eight)) for _ in range(_LEAVES // 128)]
    with f.loop(steps) as i:
        for at, sofar in enumerate(lanes):
            sofar.set(f.op("fadd", sofar.get(), f.load(eight, place, i + at * steps)))
    a, b, c, d = [_across(f, sofar.get()) for sofar in lanes]
    return (a + b) + (c + d)


def _across(f: Function, value: N) -> N:
    """The sum of lanes, neighbours first."""
    width = 8
    while width > 1:
        halves = []
        for odd in (0, 1):
            places = ", ".join([f"i32 {i}" for i in range(odd, width, 2)])
            shuffle = f"shufflevector {value.kind} {value.name}, {value.kind} poison"
            kind = f"<{width // 2} x float>"
            halves.append(N(f, f.line(f"{shuffle}, <{width // 2} x i32> <{places}>"), kind))
        value = f.op("fadd", *halves)
        width //= 2
    return N(f, f.line(f"extractelement <1 x float> {value.name}, i64 0"), "float")


def _block_squares() -> Function:
    """In pieces, and one more for what is left, as `lazy.summation` has it."""
    f = _Rows("blocks.squares")
    function = f.load("ptr", f.args, 6)
    sums = f.room("float", BLOCK // PIECE + 2)
    with f.loop(f.rows) as r:
        row = f.at(f.base, "i8", r * f.step)
        full = f.columns // PIECE
        with f.loop(full + 1) as i:
            left = f.columns - i * PIECE
            length = f.choose(left < PIECE, left, PIECE)
            product(
                f, function, f.at(row, "float", i * PIECE), None, length, f.at(sums, "float", i)
            )
        f.pass_on("pairwise", full + 1, full + 1, sums, 0, f.at(f.out, "i8", r * f.ahead), 0)
    f.give()
    return f


def _groups(what: str) -> Function:
    """Groups of rows, each into a row; a step of the array is a group."""
    kind, own = _GROUPED[what]
    f = _Rows(f"groups.{what}")
    stream = f"stream.{'wide_' * (own == 'double')}{what}.{kind}"
    width = f.columns * SIZES[kind]
    with f.loop(f.rows) as r:
        out = f.at(f.out, "i8", r * f.ahead)
        with f.loop(f.columns) as j:
            f.store(f.number(neutral(what, kind), own), out, j)
        f.pass_on(stream, f.step // width, f.columns, f.at(f.base, "i8", r * f.step), width, out, 0)
    f.give()
    return f


def functions() -> Sequence[Function]:
    """All of them."""
    return [_block_sums(), _block_squares(), *map(_groups, _GROUPED)]
