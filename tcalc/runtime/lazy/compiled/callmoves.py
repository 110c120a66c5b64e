"""Calls that move elements in machine code: tensors in, a tensor of its own memory out, no Python between.

They are builtins of Python's (see `calls`): joins, turns, rolls, triangles, repeats, edges, copies in order, and
casts. Each looks at its arguments, makes an array, and has boxes or triangles moved into it (see `moving`).
What is not as usual, or wrong, or of many elements, is left to Python: then they give None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import calls
from tcalc.runtime.lazy.compiled.calls import field, word
from tcalc.runtime.lazy.compiled.movecalls import (
    DIMS,
    DTYPE,
    IN_ORDER,
    PREFIX,
    Box,
    MoveCall,
    dims_of,
    held,
    items,
    numbers,
    parts_of,
    steps_of,
    told,
    width_of,
)
from tcalc.runtime.lazy.compiled.moving import TRIANGLE
from tcalc.runtime.lazy.compiled.scalars import module

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import Function, N

JOINED, TURNED, ROLLED, CUT, REPEATED, EDGED, ORDERED, CAST = KINDS = (
    "joined", "turned", "rolled", "cut", "repeated", "edged", "ordered", "cast",
)  # fmt: skip
# What a join tells: along a dimension that is given, or along a new one; side by side, one below the other, or
# as columns, of which vectors are.
CAT, STACK, BESIDE, BELOW, COLUMNS = range(5)


def names() -> list[str]:
    """The functions."""
    return [PREFIX + kind for kind in KINDS]


def text() -> str:
    """Their text, without the module around it."""
    kinds = (_joined, _turned, _rolled, _cut, _repeated, _edged, _ordered, _cast)
    return module([held(), items(), numbers(), *[write() for write in kinds]])


# -- kinds ----------------------------------------------------------------------------------------


def _joined() -> Function:
    """Tensors one after the other, or side by side along a new dimension."""
    f = MoveCall(JOINED, 1, 2)
    how, count = told(f, "own"), f.variable("i64", 0)
    items = f.call("moved.items", f.site, f.load("ptr", f.given), count.place, result="ptr")
    f.unless(items.other(0))
    f.unless(count.get() > 0)
    first = f.held(f.load("ptr", items))
    kind, given = f.kind_of(first), dims_of(f, first)
    f.unless(given > 0)
    is_new, at = f.variable("i64", how.same(STACK).as_("zext", "i64")), f.variable("i64", 0)
    with f.when(how <= STACK):
        f.unless(f.asked.same(2))
        at.set(f.dim(f.int_at(1), given + is_new.get()))
    with f.when(how > STACK):
        f.unless(f.asked.same(1))
        is_new.set((given.same(1) & how.other(BESIDE)).as_("zext", "i64"))
        at.set((how.same(COLUMNS) | (how.same(BESIDE) & (given > 1))).as_("zext", "i64"))
    sizes, new = field(f, first, calls.SIZES), is_new.get()
    along, total = at.get(), f.variable("i64", f.choose(new.other(0), count.get(), 0))
    with f.loop(count.get()) as i:
        array = f.held(f.load("ptr", items, i))
        same = field(f, array, calls.DTYPE).same(field(f, first, calls.DTYPE))
        f.unless(same & dims_of(f, array).same(given))
        own = field(f, array, calls.SIZES)
        with f.loop(given) as d:
            size = f.load("i64", own, d)
            f.few(size)
            is_along = d.same(along) & new.same(0)
            f.unless(is_along | size.same(f.load("i64", sizes, d)))
            total.set(total.get() + f.choose(is_along, size, 0))
    dims, shape = given + new, f.room("i64", DIMS + 1)
    f.unless(dims <= DIMS)
    with f.loop(dims) as d:
        past = ((d > along) & new.other(0)).as_("zext", "i64")
        is_along = d.same(along)
        own_size = f.variable("i64", total.get())
        with f.when(is_along.same(0)):
            own_size.set(f.load("i64", sizes, d - past))
        f.store(own_size.get(), shape, d)
    made = f.made(kind, dims, shape)
    steps, box = steps_of(f, dims, shape, width_of(f, kind)), Box(f, width_of(f, kind))
    to = f.variable("ptr", field(f, made, calls.DATA))
    with f.loop(count.get()) as i:
        array = field(f, f.load("ptr", items, i), word(f, "at_array", "i64"))
        data, own, across = parts_of(f, array)
        with f.loop(given) as d:
            past = ((d >= along) & new.other(0)).as_("zext", "i64")
            box.dimension(
                d, f.load("i64", own, d), f.load("i64", steps, d + past), f.load("i64", across, d)
            )
        box.move(to.get(), data, given)
        length = f.variable("i64", 1)
        with f.when(new.same(0)):
            length.set(f.load("i64", own, along))
        to.set(f.at(to.get(), "i8", length.get() * f.load("i64", steps, along)))
    f.done(made)
    return f


def _turned() -> Function:
    """A tensor in order with the order of its elements reversed along dimensions."""
    f = MoveCall(TURNED, 2)
    array = f.held(f.load("ptr", f.given), IN_ORDER)
    kind, dims = f.kind_of(array), dims_of(f, array)
    asked, turned = f.room("i64", 2 * DIMS), f.room("i64", DIMS)
    count = f.numbers(1, asked, 2)
    f.unless(count > 0)
    with f.loop(dims) as d:
        f.store(f.number(0, "i64"), turned, d)
    with f.loop(count) as i:
        d = f.dim(f.load("i64", asked, i), dims)
        f.unless(f.load("i64", turned, d).same(0))
        f.store(f.number(1, "i64"), turned, d)
    data, sizes, steps = parts_of(f, array)
    made, box = f.made(kind, dims, sizes), Box(f, width_of(f, kind))
    source = f.variable("ptr", data)
    with f.loop(dims) as d:
        size, step = f.load("i64", sizes, d), f.load("i64", steps, d)
        is_turned = f.load("i64", turned, d).other(0)
        source.set(f.at(source.get(), "i8", f.choose(is_turned, (size - 1) * step, 0)))
        box.dimension(d, size, step, f.choose(is_turned, f.number(0, "i64") - step, step))
    box.move(field(f, made, calls.DATA), source.get(), dims)
    f.done(made)
    return f


def _rolled() -> Function:
    """A tensor with its elements moved on along dimensions, or as if in one."""
    f = MoveCall(ROLLED, 3)
    array = f.held(f.load("ptr", f.given))
    kind, dims = f.kind_of(array), f.variable("i64", dims_of(f, array))
    shifts, over, moved = (f.room("i64", 2 * DIMS) for _ in range(3))
    count = f.numbers(1, shifts)
    data, sizes, across = parts_of(f, array)
    made = f.made(kind, dims.get(), sizes)

    def fail_unless(condition: N) -> None:
        with f.when(condition.same(0)):
            f.call(word(f, "drop"), made)
            f.no()

    width = width_of(f, kind)
    steps = steps_of(f, dims.get(), sizes, width)
    places = [f.variable("ptr", place) for place in (sizes, across, steps)]
    with f.loop(dims.get()) as d:
        f.store(f.number(0, "i64"), moved, d)
    is_flat = f.load("ptr", f.given, 2).same(f.none)
    with f.when(is_flat):
        fail_unless(count.same(1) & (field(f, array, calls.FLAGS, "i32") & IN_ORDER).other(0))
        flat = f.room("i64", 2)
        total = f.variable("i64", 1)
        with f.loop(dims.get()) as d:
            total.set(total.get() * f.load("i64", sizes, d))
        f.store(total.get(), flat, 0)
        f.store(width, flat, 1)
        for place, at in zip(places, (0, 1, 1)):
            place.set(f.at(flat, "i64", at))
        dims.set(1)
        f.store(f.op("srem", f.load("i64", shifts), total.get()), moved)
    with f.when(is_flat.same(0)):
        given = f.load("ptr", f.given, 2)
        fail_unless(f.read(given, over, 1).same(count))
        fail_unless(count > 0)
        with f.loop(count) as i:
            d = f.load("i64", over, i)
            d = f.choose(d < 0, d + dims.get(), d)
            fail_unless((d >= 0) & (d < dims.get()))
            so_far = f.load("i64", moved, d) + f.load("i64", shifts, i)
            f.store(f.op("srem", so_far, f.load("i64", sizes, d)), moved, d)
    fail_unless(dims.get() <= _MOST_ROLLED)
    # Along each dimension there are two parts; of each bit of `which` it tells the one.
    box, shape = Box(f, width), dims.get()
    with f.loop(f.op("shl", f.number(1, "i64"), shape)) as which:
        to, source = f.variable("ptr", field(f, made, calls.DATA)), f.variable("ptr", data)
        with f.loop(shape) as d:
            size, step_in, step_out = (f.load("i64", place.get(), d) for place in places)
            shift = f.load("i64", moved, d)
            shift = f.choose(shift < 0, shift + size, shift)
            is_last = (f.op("lshr", which, d) & 1).other(0)
            to.set(f.at(to.get(), "i8", f.choose(is_last, 0, shift * step_out)))
            source.set(f.at(source.get(), "i8", f.choose(is_last, (size - shift) * step_in, 0)))
            box.dimension(d, f.choose(is_last, shift, size - shift), step_out, step_in)
        box.move(to.get(), source.get(), shape)
    f.done(made)
    return f


# Along more dimensions there are too many parts.
_MOST_ROLLED = 5


def _cut() -> Function:
    """Triangles of matrices, zeros beyond; the op tells which."""
    f = MoveCall(CUT, 2)
    array = f.held(f.load("ptr", f.given))
    kind, dims, lower = f.kind_of(array), dims_of(f, array), told(f, "own")
    f.unless(dims >= 2)
    diagonal = f.int_at(1)
    data, sizes, steps = parts_of(f, array)
    rows, columns = (f.load("i64", sizes, dims - k) for k in (2, 1))
    made, words = f.made(kind, dims, sizes), f.room("i64", len(TRIANGLE))
    width, leading, matrices = width_of(f, kind), dims - 2, f.variable("i64", 1)
    with f.loop(leading) as d:
        matrices.set(matrices.get() * f.load("i64", sizes, d))
    for name, value in (
        ("width", width), ("past", f.number(0, "i64")), ("rows", rows), ("columns", columns),
        ("down", f.load("i64", steps, dims - 2)), ("along", f.load("i64", steps, dims - 1)),
        ("edge", diagonal + lower), ("lower", lower),
    ):  # fmt: skip
        f.store(value, words, TRIANGLE.index(name))
    with f.loop(matrices.get()) as m:
        source, left = f.variable("ptr", data), f.variable("i64", m)
        with f.loop(leading) as i:
            d = leading - 1 - i
            size = f.load("i64", sizes, d)
            place = f.op("urem", left.get(), size) * f.load("i64", steps, d)
            source.set(f.at(source.get(), "i8", place))
            left.set(left.get() // size)
        to = f.at(field(f, made, calls.DATA), "i8", m * rows * columns * width)
        for name, place in (("to", to), ("from", source.get())):
            f.store(place, words, TRIANGLE.index(name))
        f.call("move.triangle", told(f, "sharing", "ptr"), words)
    f.done(made)
    return f


def _repeated() -> Function:
    """A tensor so many times along each dimension, of which there may be more; where the op tells it, fewer
    numbers are of the last ones."""
    f = MoveCall(REPEATED, 2)
    array = f.held(f.load("ptr", f.given))
    kind, given = f.kind_of(array), dims_of(f, array)
    times, shape = f.room("i64", 2 * DIMS), f.room("i64", DIMS)
    count = f.numbers(1, times, 2)
    is_short = count < given
    f.unless((is_short.same(0) | told(f, "own").other(0)) & (count > 0) & (count <= DIMS))
    dims = f.choose(is_short, given, count)
    data, sizes, across = parts_of(f, array)

    def part(d: N, numbers: N, from_end: N, otherwise: N | int = 1) -> N:
        """A number of the last dimensions, of so many."""
        place, found = d - (dims - from_end), f.variable("i64", otherwise)
        with f.when(place >= 0):
            found.set(f.load("i64", numbers, place))
        return found.get()

    with f.loop(dims) as d:
        each, size = part(d, times, count), part(d, sizes, given)
        f.unless(each > 0)
        f.few(each)
        f.few(size)
        f.store(each * size, shape, d)
    made, width = f.made(kind, dims, shape), width_of(f, kind)
    box, steps = Box(f, width), steps_of(f, dims, shape, width)
    zero = f.number(0, "i64")
    with f.loop(dims) as d:
        size, step = part(d, sizes, given), f.load("i64", steps, d)
        box.dimension(d * 2, part(d, times, count), step * size, zero)
        box.dimension(d * 2 + 1, size, step, part(d, across, given, 0))
    box.move(field(f, made, calls.DATA), data, dims * 2)
    f.done(made)
    return f


def _edged() -> Function:
    """A tensor with a number around it; the op tells of the mode by which it does that, or 0 where it has no
    other."""
    f = MoveCall(EDGED, 3, 4)
    has_mode = told(f, "own").other(0)
    f.unless(has_mode.same(f.asked.same(4)))
    with f.when(has_mode):
        f.unless(f.load("ptr", f.given, 2).same(told(f, "own", "ptr")))
    array = f.held(f.load("ptr", f.given))
    kind, dims = f.kind_of(array), dims_of(f, array)
    edges, shape, before = (f.room("i64", 2 * DIMS) for _ in range(3))
    count = f.numbers(1, edges)
    f.unless((count & 1).same(0) & (count <= dims * 2))
    data, sizes, across = parts_of(f, array)
    with f.loop(dims) as d:
        at = (dims - 1 - d) * 2
        f.store(f.number(0, "i64"), before, d)
        f.store(f.load("i64", sizes, d), shape, d)
        with f.when(at < count):
            low, high = (f.load("i64", edges, at + k) for k in range(2))
            f.unless((low >= 0) & (high >= 0))
            f.store(low, before, d)
            f.store(low + high + f.load("i64", sizes, d), shape, d)
    value = _edge(f, f.load("ptr", f.given, f.asked - 1), kind)
    made, width = f.made(kind, dims, shape), width_of(f, kind)
    box, steps = Box(f, width), steps_of(f, dims, shape, width)
    zero, inner = f.number(0, "i64"), f.variable("ptr", field(f, made, calls.DATA))
    with f.loop(dims) as axis:  # what lies beyond those before is filled already
        low, size = f.load("i64", before, axis), f.load("i64", sizes, axis)
        step, all = f.load("i64", steps, axis), f.load("i64", shape, axis)
        for start, length in ((zero, low), (low + size, all - low - size)):
            with f.loop(dims) as d:
                own = f.choose(d < axis, f.load("i64", sizes, d), f.load("i64", shape, d))
                box.dimension(d, f.choose(d.same(axis), length, own), f.load("i64", steps, d), zero)
            box.move(f.at(inner.get(), "i8", start * step), value, dims)
        inner.set(f.at(inner.get(), "i8", low * step))
    with f.loop(dims) as d:
        box.dimension(d, f.load("i64", sizes, d), f.load("i64", steps, d), f.load("i64", across, d))
    box.move(inner.get(), data, dims)
    f.done(made)
    return f


# Floats up to here are finite ones of float32, ints the same ones in double.
_MOST_FLOAT, _MOST_INT = 3e38, 1 << 24


def _edge(f: MoveCall, value: N, kind: N) -> N:
    """Where the number lies that is around, in the tensor's dtype: zero, or of floats any."""
    room, wide, single = f.room("i64", 1), f.variable("double", 0), f.variable("i1", 0)
    type = field(f, value, calls.TYPE)
    with f.when(type.same(word(f, "float"))):
        wide.set(field(f, value, calls.VALUE, "double"))
        single.set(1)
    with f.when(type.same(word(f, "int"))):
        numbers = f.room("i64", 2 * DIMS)
        f.unless(f.read(value, numbers, 0).same(1))
        found = f.load("i64", numbers)
        f.unless((found > -_MOST_INT) & (found < _MOST_INT))
        wide.set(found.as_("sitofp", "double"))
        single.set(1)
    f.unless(single.get() | value.same(f.none))
    number = wide.get()
    f.unless((number >= -_MOST_FLOAT) & (number <= _MOST_FLOAT))
    bits = number.as_("bitcast", "i64")
    what = f.load("i64", kind, DTYPE.index("function"))  # the bytes of a float, or 0
    f.store(bits, room)
    with f.when(what.same(4)):
        f.store(number.as_("fptrunc", "float"), room)
    f.unless(what.other(0) | bits.same(0))
    return room


def _ordered() -> Function:
    """A tensor itself where it lies in order, else a copy that does."""
    f = MoveCall(ORDERED, 2)
    f.unless(f.load("ptr", f.given, 1).same(f.none))
    tensor = f.load("ptr", f.given)
    array = f.held(tensor)
    with f.when((field(f, array, calls.FLAGS, "i32") & IN_ORDER).other(0)):
        f.call(word(f, "take"), tensor)
        f.give(tensor)
    kind, dims = f.kind_of(array), dims_of(f, array)
    data, sizes, across = parts_of(f, array)
    made, box = f.made(kind, dims, sizes), Box(f, width_of(f, kind))
    steps = steps_of(f, dims, sizes, width_of(f, kind))
    with f.loop(dims) as d:
        box.dimension(d, f.load("i64", sizes, d), f.load("i64", steps, d), f.load("i64", across, d))
    box.move(field(f, made, calls.DATA), data, dims)
    f.done(made)
    return f


def _cast() -> Function:
    """A tensor in order in another dtype, by a function of NumPy's kind."""
    f = MoveCall(CAST, 2)
    f.unless(f.load("ptr", f.given, 1).same(f.none))
    array = f.held(f.load("ptr", f.given), IN_ORDER)
    kind, dims = f.kind_of(array), dims_of(f, array)
    data, sizes, _ = parts_of(f, array)
    made, count = f.made(kind, dims, sizes), f.variable("i64", 1)
    with f.loop(dims) as d:
        count.set(count.get() * f.load("i64", sizes, d))
    arrays, steps = f.room("i64", 2), f.room("i64", 2)
    for at, (place, width) in enumerate(
        ((data, "width"), (field(f, made, calls.DATA), "result_width"))
    ):
        f.store(place, arrays, at)
        f.store(f.load("i64", kind, DTYPE.index(width)), steps, at)
    function = f.load("ptr", kind, DTYPE.index("function"))
    f.call(function, arrays, count.place, steps, told(f, "sharing", "ptr"))
    f.done(made)
    return f
