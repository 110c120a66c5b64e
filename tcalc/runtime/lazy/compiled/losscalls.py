"""Calls of losses in machine code (see `nncalls`): what each element costs, while it is in the cache, and
the sum of that in NumPy's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.callkernel import COST, MANY
from tcalc.runtime.lazy.compiled.classlosses import LOSSES, OUTSIDE
from tcalc.runtime.lazy.compiled.largereductions import BLOCKS, blocks, leaves
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER
from tcalc.runtime.lazy.compiled.nncalls import NnCall
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.lazy.compiled.scalars import Function
from tcalc.runtime.lazy.expression import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.lazy.compiled.code import Code, V
    from tcalc.runtime.lazy.compiled.rowwise import Place
    from tcalc.runtime.lazy.compiled.scalars import N

# NumPy adds up to so many neighbours at once; those of four are done together (see `largereductions`).
_LEAF = 128
_LEAVES = 4 * _LEAF
# Up to so many scores are few.
_FEW_SCORES = 1 << 16
# The first four arguments of these losses are tensors and what PyTorch had before `reduction`.
_OLD = (2, 3)


# -- of each element --------------------------------------------------------------------------


def _near(code: Code, rest: V, bound: V) -> tuple[V, V]:
    """The part of a distance below a bound, and what is above; nan where that is nan."""
    rest = code.call("llvm.fabs", rest)
    near = code.select(code.test("fcmp ult", rest, bound), rest, bound)
    return near, code.op("fsub", rest, near)


def _square(code: Code, rest: V, *_: V) -> V:
    return code.op("fmul", rest, rest)


def _absolute(code: Code, rest: V, *_: V) -> V:
    return code.call("llvm.fabs", rest)


def _smooth(code: Code, rest: V, beta: V, share: V) -> V:
    """share: 0.5 / beta."""
    near, far = _near(code, rest, beta)
    return code.op("fadd", code.op("fmul", code.op("fmul", near, near), share), far)


def _huber(code: Code, rest: V, delta: V, share: V) -> V:
    """share: a half."""
    near, far = _near(code, rest, delta)
    square = code.op("fmul", code.op("fmul", near, near), share)
    return code.op("fadd", square, code.op("fmul", far, delta))


def _each(name: str, write: Callable[..., V]) -> tuple[str, Code]:
    """Rows of two arrays and two numbers, and of what each pair costs."""
    rows = Rows(["float"] * 5, MOVING * 2 + NUMBER * 2 + MOVING)
    code = rows.code

    def body(place: Place) -> None:
        rest = code.op("fsub", place.load(0), place.load(1))
        place.store(4, write(code, rest, rows.number(2), rows.number(3)))

    rows.each(body)
    return rows.function(f"internal void @loss.{name}")


# By op: what an element costs; where the reduction is among the arguments, the number (0 where there is none),
# and what has to be None.
_LOSSES: dict[str, tuple[Callable[..., V], int, int, tuple[int, ...]]] = {
    "mse_loss": (_square, 4, 0, (*_OLD, 5)), "l1_loss": (_absolute, 4, 0, (*_OLD, 5)),
    "smooth_l1_loss": (_smooth, 4, 5, _OLD), "huber_loss": (_huber, 2, 3, (4,)),
}  # fmt: skip


def functions() -> Sequence[tuple[str, Code]]:
    """What goes over the elements, as a module has it."""
    return [_each(name, write) for name, (write, *_) in _LOSSES.items()]


# -- of all of them ---------------------------------------------------------------------------


def _part() -> Function:
    """The sum of what some neighbours cost: of many that of the first half and that of the second."""
    f = Function("losses.part", [
        ("function", "ptr"), ("one", "ptr"), ("other", "ptr"), ("numbers", "ptr"), ("count", "i64"),
    ], "float")  # fmt: skip
    found, args = f.room("float", _LEAVES), f.room("i64", 12)
    is_few, are_leaves = f.count <= _LEAF, f.count.same(_LEAVES)

    def fill() -> None:
        second = f.at(f.numbers, "float", 1)
        words: tuple[N | int, ...] = (
            1,
            f.count,
            f.one,
            0,
            f.other,
            0,
            f.numbers,
            0,
            second,
            0,
            found,
            0,
        )
        for i, value in enumerate(words):
            f.store(f.number(value, "i64"), args, i)
        f.call(f.function, args)

    with f.when(are_leaves):
        fill()
        f.give(leaves(f, found))
    with f.when(is_few):
        fill()
        total = f.room("float")
        words: tuple[N | int, ...] = (f.count, f.count, found, 0, total, 0)
        for i, value in enumerate(words):
            f.store(f.number(value, "i64"), args, i)
        f.call("pairwise", args)
        f.give(f.load("float", total))
    half = f.count // 16 * 8  # NumPy's lanes stay whole
    ends = [f.at(place, "float", half) for place in (f.one, f.other)]
    first = f.call("losses.part", f.function, f.one, f.other, f.numbers, half, result="float")
    second = f.call("losses.part", f.function, *ends, f.numbers, f.count - half, result="float")
    f.give(first + second)
    return f


def _blocks() -> Function:
    """Rows: the sums of what pairs cost. Arrays: both, a number for each row, the numbers, the function."""
    f = Function("losses.blocks", [("args", "ptr")])
    one, other, out, numbers, function = (f.load("ptr", f.args, 2 + 2 * i) for i in range(5))
    steps = [f.load("i64", f.args, 3 + 2 * i) for i in range(3)]
    count = f.load("i64", f.args, 1)
    with f.loop(f.load("i64", f.args)) as r:
        *pair, into = [f.at(at, "i8", r * step) for at, step in zip((one, other, out), steps)]
        f.store(f.call("losses.part", function, *pair, numbers, count, result="float"), into)
    f.give()
    return f


def _loss(op: str) -> Function:
    _, reduction_at, number_at, nones = _LOSSES[op]
    f = NnCall(op)
    one, other = f.operand(0), f.operand(1)
    f.need_alike(one, other)
    f.need_none(*nones)
    is_mean = f.is_mean(reduction_at)
    size = f.size(one)
    is_large = size >= LARGE
    f.unless((size > 0) & ((size < MANY) | is_large))
    numbers = f.room("float", 2)
    bound, share = f.number(0, "double"), f.number(0.5, "double")
    if number_at:
        bound = f.real(number_at)
        f.unless(bound > 0)
        if op == "smooth_l1_loss":
            share = share / bound
            f.unless(share < 3e38)
    for i, value in enumerate((bound, share)):
        f.store(value.as_("fptrunc", "float"), numbers, i)
    function, pair = f.address(f"loss.{op}"), [f.data(one), f.data(other)]
    total = f.room("float")
    with f.when(is_large):
        sums = f.room("float", BLOCKS)
        arrays = [(place, 4) for place in pair]
        count = blocks(f, "losses.blocks", size, f.row(one), arrays, (sums, 4), [numbers, function])
        f.over("pairwise", count, count, (sums, 0), (total, 0))
    with f.when(is_large.same(0)):
        f.store(f.call("losses.part", function, *pair, numbers, size, result="float"), total)
    made = f.made(f.number(0, "i64"), numbers)  # of no sizes
    count = f.choose(is_mean, size, 1).as_("sitofp", "float")
    f.store(f.load("float", total) / count, f.data(made))
    f.finish(made)
    return f


# -- of rows of scores ------------------------------------------------------------------------


def _cross_entropy() -> Function:
    """Arguments: scores, classes, weight, size_average, ignore_index, reduce, reduction, label_smoothing."""
    f = NnCall("cross_entropy")
    scores, classes = f.operand(0), f.operand(1, "long")
    f.need_none(2, 3, 5)
    f.unless(f.whole(4) < 0)
    is_mean = f.is_mean(6)
    f.unless(f.real(7).same(0))
    f.unless(f.dims(scores).same(2) & f.dims(classes).same(1))
    rows, size = f.size(classes), f.size(scores)
    f.unless(f.size(scores, 0, 1).same(rows) & (size > 0) & (size <= _FEW_SCORES))
    total, columns = f.room("float"), f.size(scores, 1, 2)
    with f.memory(rows * 4) as each:
        arrays: list[tuple[N, N | int]] = [
            (f.data(scores), columns * 4),
            (f.data(classes), 8),
            (each, 4),
        ]
        f.over_threads(f"body_{LOSSES.name}", rows, columns, arrays, size * COST)
        f.over("blocks.sum", 1, rows, (each, 0), (total, 0))
    found = f.load("float", total)
    f.unless(found > OUTSIDE)
    made = f.made(f.number(0, "i64"), total)
    f.store(found / f.choose(is_mean, rows, 1).as_("sitofp", "float"), f.data(made))
    f.finish(made)
    return f


def every() -> Sequence[Function]:
    """All of these."""
    return [_part(), _blocks(), *map(_loss, _LOSSES), _cross_entropy()]


NAMES = (*_LOSSES, "cross_entropy")
