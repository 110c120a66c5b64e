"""Elements moved to other places in machine code: boxes of any steps, and triangles of matrices.

A box has dimensions, each with a size and with the bytes from one element to the next where it is written
and where it is read. Dimensions that go on where the next one ends are one; the last is a line, whose
elements are moved together where both sides have them side by side, and with one whose elements are
neighbours where they are read it is a plane, which is turned by squares. Lines and planes beyond are done
one after the other, over threads where that pays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcalc.runtime.lazy.compiled import pool
from tcalc.runtime.lazy.compiled.scalars import Function, N, module

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import Variable

# What Python calls: they are given who shares work, then a box or a triangle.
MOVE, CUT = "move", "cut"
# Words of a box: where it is written and read, the bytes of an element, how many dimensions there are, and
# whether it is written past the cache; then of each dimension size and steps.
BOX = ("to", "from", "width", "dims", "past")
DIMENSION = 3
# As many a box may have: each of a tensor's, twice.
MOST = 16
# Words of a triangle: where it is written in order, and read; the bytes of an element, whether it is written
# past the cache; how many rows and columns there are, what is read from row to row and from column to column,
# how many columns of the first row come before the edge, and whether these are what is kept.
TRIANGLE = ("to", "from", "width", "past", "rows", "columns", "down", "along", "edge", "lower")
WIDTHS = (1, 2, 4, 8)
# Words of a plan: what does a line or plane, the bytes of an element, elements of a line and their steps, lines
# of a plane and the bytes between them; then the other dimensions, as in a box.
_PLAN = ("unit", "width", "n", "to.step", "from.step", "m", "to.line", "dims")
# The bytes of a line's part that a thread has; the lines of a plane's, and how deep blocks of them are.
_PART, _LINES, _DEEP = 1 << 16, 64, 64
# Fewer elements are no plane, and no lines to share.
_SQUARE, _SHARED_LINES = 8, 128
# What is moved together: so many bytes.
_BLOCK = 32
_VECTOR = f"<{_BLOCK} x i8>"


def names() -> tuple[str, str]:
    """The functions."""
    return MOVE, CUT


def text() -> str:
    """Their text, without the module around it."""
    lines = [made for width in WIDTHS for made in (_line(width), _plane(width))]
    parts = [_bytes(), _past(), _zeros(), *lines, *map(_unit_of, ("bytes", "past"))]
    functions = [*parts, _lines(), _run(), _box(), _rows(), _triangle()]
    functions += [_whole(MOVE, "move.box"), _whole(CUT, "move.triangle")]
    return module(functions)


# -- lines ----------------------------------------------------------------------------------------


def _some(f: Function, kind: str, at: N) -> None:
    """Move what lies so many bytes from where it begins."""
    f.store(f.load(kind, f.at(f.source, "i8", at)), f.at(f.to, "i8", at))


def _bytes() -> Function:
    """Neighbours moved together."""
    f = Function("move.bytes", [("to", "ptr"), ("source", "ptr"), ("count", "i64")])
    with f.when(f.count < _BLOCK):
        done = f.variable("i64", 0)
        for size in (16, 8, 4, 2, 1):
            with f.when((f.count & size).other(0)):
                _some(f, f"<{size} x i8>", done.get())
                done.set(done.get() + size)
        f.give()
    four = f.count & -4 * _BLOCK
    with f.loop(four, step=4 * _BLOCK) as i:
        for k in range(4):
            _some(f, _VECTOR, i + k * _BLOCK)
    with f.loop(f.count & -_BLOCK, four, _BLOCK) as i:
        _some(f, _VECTOR, i)
    with f.when((f.count & _BLOCK - 1).other(0)):  # the last ones, some of them again
        _some(f, _VECTOR, f.count - _BLOCK)
    f.give()
    return f


def _past() -> Function:
    """The same past the cache; zeros where they are read from nowhere."""
    f = Function("move.past", [("to", "ptr"), ("source", "ptr"), ("count", "i64")])
    with f.when(f.count < 4 * _BLOCK):
        _few(f, f.to, f.source, f.count)
        f.give()
    head = (f.number(0, "i64") - f.to.as_("ptrtoint", "i64")) & _BLOCK - 1
    _few(f, f.to, f.source, head)
    last = head + ((f.count - head) & -_BLOCK)
    zeros = f.number(0, _VECTOR)
    with f.when(f.source.other(0)), f.loop(last, head, _BLOCK) as i:
        f.store_past(f.load(_VECTOR, f.at(f.source, "i8", i)), f.at(f.to, "i8", i))
    with f.when(f.source.same(0)), f.loop(last, head, _BLOCK) as i:
        f.store_past(zeros, f.at(f.to, "i8", i))
    rest = f.choose(f.source.same(0), f.source, f.at(f.source, "i8", last))
    _few(f, f.at(f.to, "i8", last), rest, f.count - last)
    f.give()
    return f


def _few(f: Function, to: N, source: N, count: N) -> None:
    with f.when(source.other(0)):
        f.call("move.bytes", to, source, count)
    with f.when(source.same(0)):
        f.call("move.zeros", to, count)


def _zeros() -> Function:
    """Zeros written side by side."""
    f = Function("move.zeros", [("to", "ptr"), ("count", "i64")])
    whole = f.count & -_BLOCK
    with f.loop(whole, step=_BLOCK) as i:
        f.store(f.number(0, _VECTOR), f.at(f.to, "i8", i))
    with f.loop(f.count, whole) as i:
        f.store(f.number(0, "i8"), f.to, i)
    f.give()
    return f


def _kind(width: int) -> str:
    return f"i{8 * width}"


def _line(width: int) -> Function:
    """A line of elements of some bytes."""
    given = [("plan", "ptr"), ("to", "ptr"), ("source", "ptr")]
    f = Function(f"unit.line{width}", given)
    kind, count = _kind(width), _BLOCK // width
    n, to, step = (_planned(f, name) for name in ("n", "to.step", "from.step"))
    done = f.variable("i64", 0)
    with f.when(to.same(width)):
        whole = n & -count
        vector = f"<{count} x {kind}>"
        with f.when(step.same(0)):
            value = f.load(kind, f.source)
            one = N(f, f.line(f"insertelement {vector} poison, {kind} {value.name}, i64 0"), vector)
            every = f.shuffled(one, one, [0] * count)
            with f.loop(whole, step=count) as i:
                f.store(every, f.at(f.to, kind, i))
            done.set(whole)
        with f.when(step.same(-width)):
            with f.loop(whole, step=count) as i:
                some = f.load(vector, f.at(f.source, kind, f.number(1 - count, "i64") - i))
                turned = f.shuffled(some, some, range(count - 1, -1, -1))
                f.store(turned, f.at(f.to, kind, i))
            done.set(whole)
    with f.loop(n, done.get()) as i:
        f.store(f.load(kind, f.at(f.source, "i8", i * step)), f.at(f.to, "i8", i * to))
    f.give()
    return f


def _plane(width: int) -> Function:
    """Lines of elements of some bytes, of which each lies from line to line where they are read."""
    f = Function(f"unit.plane{width}", [("plan", "ptr"), ("to", "ptr"), ("source", "ptr")])
    kind, side = _kind(width), min(_BLOCK // width, _SQUARE)
    n, step, m, line = (_planned(f, name) for name in ("n", "from.step", "m", "to.line"))
    lines, whole, vector = m & -side, n & -side, f"<{side} x {kind}>"
    with f.loop(whole, step=_DEEP) as block:
        end = f.choose(block + _DEEP < whole, block + _DEEP, whole)
        with f.loop(lines, step=2 * side) as pair, f.loop(end, block, side) as j:
            both = f.choose(pair + 2 * side < lines, pair + 2 * side, lines)
            with f.loop(both, pair, side) as i:
                first = f.at(f.at(f.source, "i8", j * step), kind, i)
                rows = [f.load(vector, f.at(first, "i8", step * k)) for k in range(side)]
                into = f.at(f.at(f.to, "i8", i * line), kind, j)
                for k, row in enumerate(_turned(f, rows, side)):
                    f.store(row, f.at(into, "i8", line * k))
        with f.loop(m, lines) as i, f.loop(end, block) as j:
            _one(f, kind, (i, line), (j, step))
    with f.loop(n, whole) as j, f.loop(m) as i:
        _one(f, kind, (i, line), (j, step))
    f.give()
    return f


def _one(f: Function, kind: str, line: tuple[N, N], column: tuple[N, N]) -> None:
    """Move one element of a plane."""
    (i, down), (j, along) = line, column
    value = f.load(kind, f.at(f.at(f.source, "i8", j * along), kind, i))
    f.store(value, f.at(f.at(f.to, "i8", i * down), kind, j))


def _turned(f: Function, rows: list[N], side: int) -> list[N]:
    """A square of rows as its columns: the halves are put between each other until all are."""
    half, rounds = side // 2, side.bit_length() - 1
    for _ in range(rounds):
        rows = [
            f.shuffled(a, b, [p for k in range(half) for p in (first + k, first + k + side)])
            for a, b in zip(rows, rows[half:])
            for first in (0, half)
        ]
    return rows


def _unit_of(how: str) -> Function:
    """A line of elements that lie side by side."""
    f = Function(f"unit.{how}", [("plan", "ptr"), ("to", "ptr"), ("source", "ptr")])
    f.call(f"move.{how}", f.to, f.source, _planned(f, "n") * _planned(f, "width"))
    f.give()
    return f


# -- boxes ----------------------------------------------------------------------------------------


def _planned(f: Function, name: str, kind: str = "i64") -> N:
    return f.load(kind, f.plan, _PLAN.index(name))


def _lines() -> Function:
    """Do the lines and planes of a part: its block tells how many it has along a dimension of its own, the
    plan, and where they begin and go on."""
    f = Function("move.lines", [("args", "ptr")])
    count, plan = f.load("i64", f.args), f.load("ptr", f.args, 1)
    unit, dims = (
        f.load(kind, plan, _PLAN.index(name)) for kind, name in (("ptr", "unit"), ("i64", "dims"))
    )
    others, rooms, total = f.at(plan, "i64", len(_PLAN)), f.room("i64", MOST), f.variable("i64", 1)
    with f.loop(dims) as d:
        f.store(f.number(0, "i64"), rooms, d)
        total.set(total.get() * f.load("i64", others, d * DIMENSION))
    with f.loop(count) as r:
        to = f.variable("ptr", f.at(f.load("ptr", f.args, 2), "i8", r * f.load("i64", f.args, 3)))
        start = f.variable(
            "ptr", f.at(f.load("ptr", f.args, 4), "i8", r * f.load("i64", f.args, 5))
        )
        with f.loop(total.get()):
            f.call(unit, plan, to.get(), start.get())
            place = f.variable("i64", dims)
            with f.forever():
                with f.when(place.get().same(0)):
                    f.leave()
                place.set(place.get() - 1)
                size, along, across = (
                    f.load("i64", others, place.get() * DIMENSION + k) for k in range(DIMENSION)
                )
                now = f.load("i64", rooms, place.get()) + 1
                back = f.choose(now < size, 0, size)
                f.store(f.choose(now < size, now, 0), rooms, place.get())
                to.set(f.at(to.get(), "i8", along - along * back))
                start.set(f.at(start.get(), "i8", across - across * back))
                with f.when(now < size):
                    f.leave()
    _settle(f, unit.same(f.address("unit.past")))
    f.give()
    return f


def _run() -> Function:
    """Do all that is planned, parts of the longest of the other dimensions over threads where that pays."""
    given = [("sharing", "ptr"), ("plan", "ptr"), ("to", "ptr"), ("source", "ptr"), ("work", "i64")]
    f = Function("move.run", given)
    args = f.room("i64", 6)
    words = [f.number(1, "i64"), f.plan, f.to, f.number(0, "i64"), f.source, f.number(0, "i64")]
    for at, word in enumerate(words):
        f.store(word, args, at)
    dims = _planned(f, "dims")
    with f.when((f.work < pool.SHARED) | dims.same(0)):
        f.call("move.lines", args)
        f.give()
    others = f.at(f.plan, "i64", len(_PLAN))
    best = f.variable("i64", 0)
    with f.loop(dims) as d:
        most = f.load("i64", others, best.get() * DIMENSION)
        best.set(f.choose(f.load("i64", others, d * DIMENSION) > most, d, best.get()))
    for at, k in ((0, 0), (3, 1), (5, 2)):
        f.store(f.load("i64", others, best.get() * DIMENSION + k), args, at)
        last = f.load("i64", others, (dims - 1) * DIMENSION + k)
        f.store(last, others, best.get() * DIMENSION + k)
    f.store(dims - 1, f.plan, _PLAN.index("dims"))
    f.call("over_rows", f.sharing, f.address("move.lines"), args, f.number(6, "i64"), f.work)
    f.give()
    return f


def _box() -> Function:
    """Move a box."""
    f = Function("move.box", [("sharing", "ptr"), ("box", "ptr")])
    to, start = (f.load("ptr", f.box, BOX.index(name)) for name in ("to", "from"))
    width, given, past = (
        f.load("i64", f.box, BOX.index(name)) for name in ("width", "dims", "past")
    )
    plan = f.room("i64", len(_PLAN) + DIMENSION * (MOST + 1))
    others = f.at(plan, "i64", len(_PLAN))
    dims, all = f.variable("i64", 0), f.variable("i64", width)
    with f.loop(given) as d:
        at = f.at(f.box, "i64", d * DIMENSION + len(BOX))
        size, along, across = (f.load("i64", at, k) for k in range(DIMENSION))
        all.set(all.get() * size)
        with f.when(size.other(1)):
            last = f.at(others, "i64", (dims.get() - 1) * DIMENSION)
            goes_on = f.variable("i1", f.number(0, "i1"))
            with f.when(dims.get() > 0):
                before = [f.load("i64", last, k) for k in (1, 2)]
                goes_on.set(before[0].same(along * size) & before[1].same(across * size))
            into = f.at(others, "i64", dims.get() * DIMENSION)
            with f.when(goes_on.get()):
                f.store(f.load("i64", last) * size, last)
            with f.when(goes_on.get().same(0)):
                f.store(size, into)
                dims.set(dims.get() + 1)
            last = f.at(others, "i64", (dims.get() - 1) * DIMENSION)
            f.store(along, last, 1)
            f.store(across, last, 2)
    with f.when(all.get().same(0)):
        f.give()
    n, step_to, step_from = f.variable("i64", 1), f.variable("i64", width), f.variable("i64", width)
    with f.when(dims.get() > 0):
        dims.set(dims.get() - 1)
        for k, part in enumerate((n, step_to, step_from)):
            part.set(f.load("i64", others, dims.get() * DIMENSION + k))

    def keep(name: str, word: N) -> None:
        f.store(word, plan, _PLAN.index(name))

    is_wide = step_to.get().same(width) & step_from.get().same(width)
    is_plane = f.variable("i1", f.number(0, "i1"))
    unit = f.variable(
        "ptr", f.choose(past.other(0), f.address("unit.past"), f.address("unit.bytes"))
    )
    with f.when(is_wide.same(0)):
        unit.set(_by_width(f, width, "unit.line"))
        is_row = step_to.get().same(width) & (n.get() >= _SQUARE)
        with f.when(is_row), f.loop(dims.get()) as d:
            this = f.at(others, "i64", d * DIMENSION)
            with f.when((f.load("i64", this) >= _SQUARE) & f.load("i64", this, 2).same(width)):
                keep("m", f.load("i64", this))
                keep("to.line", f.load("i64", this, 1))
                dims.set(dims.get() - 1)
                for k in range(DIMENSION):
                    last = f.load("i64", others, dims.get() * DIMENSION + k)
                    f.store(last, this, k)
                is_plane.set(1)
                unit.set(_by_width(f, width, "unit.plane"))
                f.leave()
    for name, word in (
        ("width", width), ("n", n.get()), ("to.step", step_to.get()), ("from.step", step_from.get()), ("unit", unit.get()),
    ):  # fmt: skip
        keep(name, word)
    work = all.get() >> 1
    plans = _Plan(plan, to, start, dims)
    # A long line by itself, or a plane of many lines, has parts to share.
    piece = f.number(_PART, "i64") // width
    is_alone = is_plane.get().same(0) & dims.get().same(0)
    with f.when(is_alone & (work >= pool.SHARED) & (n.get() > piece)):
        _divide(f, plans, "n", piece, (step_to.get(), step_from.get()))
    with f.when(is_plane.get()):
        m, line = (f.load("i64", plan, _PLAN.index(name)) for name in ("m", "to.line"))
        with f.when(m >= _SHARED_LINES):
            _divide(f, plans, "m", f.number(_LINES, "i64"), (line, width))
    keep("dims", dims.get())
    f.call("move.run", f.sharing, plan, to, start, work)
    f.give()
    return f


class _Plan(NamedTuple):
    """A plan while it is made: where it is, where its box is written and read, and how many other dimensions
    it has."""

    plan: N
    to: N
    start: N
    dims: Variable


def _divide(f: Function, plans: _Plan, name: str, part: N, steps: tuple[N, N]) -> None:
    """Have a line's elements, or a plane's lines, in parts that are a dimension more; what is left is done.
    steps: from one to the next."""
    plan, to, start, dims = plans
    count = f.load("i64", plan, _PLAN.index(name))
    whole = count // part
    rest = count - whole * part
    with f.when(rest > 0):
        f.store(rest, plan, _PLAN.index(name))
        f.store(dims.get(), plan, _PLAN.index("dims"))
        left = [f.at(p, "i8", (count - rest) * step) for p, step in zip((to, start), steps)]
        f.call("move.run", f.sharing, plan, *left, f.number(0, "i64"))
    f.store(part, plan, _PLAN.index(name))
    for k, word in enumerate((whole, *[part * step for step in steps])):
        f.store(word, plan, dims.get() * DIMENSION + (len(_PLAN) + k))
    dims.set(dims.get() + 1)


def _by_width(f: Function, width: N, name: str) -> N:
    """The function of elements of so many bytes."""
    found = f.address(f"{name}1")
    for each in WIDTHS[1:]:
        found = f.choose(width.same(each), f.address(f"{name}{each}"), found)
    return found


def _settle(f: Function, is_past: N) -> None:
    """Have what went past the cache seen by others before what follows."""
    with f.when(is_past):
        f.declared["llvm.x86.sse.sfence"] = "declare void @llvm.x86.sse.sfence()"
        f.call("llvm.x86.sse.sfence")


# -- triangles ------------------------------------------------------------------------------------


def _rows() -> Function:
    """Some rows of a triangle: its block tells how many, the triangle, which is the first, and where they
    begin and go on."""
    f = Function("move.rows", [("args", "ptr")])
    count, words = f.load("i64", f.args), f.load("ptr", f.args, 1)
    width, past, columns, along, edge, lower = (
        f.load("i64", words, TRIANGLE.index(name))
        for name in ("width", "past", "columns", "along", "edge", "lower")
    )
    line, plan = _by_width(f, width, "unit.line"), f.room("i64", len(_PLAN))
    for name, word in (("width", width), ("to.step", width), ("from.step", along)):
        f.store(word, plan, _PLAN.index(name))
    with f.loop(count) as r:
        i = f.load("i64", f.args, 2) + r
        to = f.at(f.load("ptr", f.args, 4), "i8", r * f.load("i64", f.args, 5))
        start = f.at(f.load("ptr", f.args, 6), "i8", r * f.load("i64", f.args, 7))
        at = edge + i
        at = f.choose(at < 0, 0, f.choose(at < columns, at, columns))
        kept, first = f.choose(lower.other(0), at, columns - at), f.choose(lower.other(0), 0, at)
        into, start = f.at(to, "i8", first * width), f.at(start, "i8", first * along)
        blank = f.at(to, "i8", f.choose(lower.other(0), at * width, 0))
        others = (columns - kept) * width
        with f.when(past.other(0)):
            f.call("move.past", blank, f.number(0, "ptr"), others)
        with f.when(past.same(0)):
            f.call("move.zeros", blank, others)
        with f.when(along.other(width)):
            f.store(kept, plan, _PLAN.index("n"))
            f.call(line, plan, into, start)
        with f.when(along.same(width) & past.other(0)):
            f.call("move.past", into, start, kept * width)
        with f.when(along.same(width) & past.same(0)):
            f.call("move.bytes", into, start, kept * width)
    _settle(f, past.other(0))
    f.give()
    return f


def _triangle() -> Function:
    """Move a triangle, and write zeros beyond it."""
    f = Function("move.triangle", [("sharing", "ptr"), ("triangle", "ptr")])
    to, start, width, rows, columns, down = (
        f.load("i64", f.triangle, TRIANGLE.index(name))
        for name in ("to", "from", "width", "rows", "columns", "down")
    )
    args = f.room("i64", 8)
    pitch = columns * width
    zero, one = (f.number(value, "i64") for value in (0, 1))
    for at, word in enumerate((rows, f.triangle, zero, one, to, pitch, start, down)):
        f.store(word, args, at)
    work = rows * pitch >> 1
    f.call("over_rows", f.sharing, f.address("move.rows"), args, f.number(8, "i64"), work)
    f.give()
    return f


def _whole(name: str, does: str) -> Function:
    """What is given who shares work, and what is to be done."""
    f = Function(f"loop_{name}", [("given", "ptr")], internal=False)
    f.call(does, f.load("ptr", f.given), f.at(f.given, "i64", 1))
    f.give()
    return f
