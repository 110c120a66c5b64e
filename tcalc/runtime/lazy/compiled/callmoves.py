"""Calls that move elements in machine code: tensors in, a tensor of its own memory out, no Python between.

They are builtins of Python's (see `calls`): joins, turns, rolls, triangles, repeats, edges, copies in order, and
casts. Each looks at its arguments, makes an array, and has boxes or triangles moved into it (see `moving`).
What is not as usual, or wrong, or of many elements, is left to Python: then they give None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import calls
from tcalc.runtime.lazy.compiled.callreduce import field, new_array, word
from tcalc.runtime.lazy.compiled.moving import BOX, DIMENSION, MOST, TRIANGLE
from tcalc.runtime.lazy.compiled.scalars import Function, module

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import N

# Words of a site: the context, a view's place of its base, the end of the graph that a result has where one
# may be wanted (None: such a call is left to Python), types of sequences, who shares work, less than how many
# elements it takes on, what more the op tells, and how many dtypes there are. Then of each dtype what it
# becomes, the bytes of an element, and a function that makes one from the other.
SITE = (
    "context", "at_base", "graph", "tuple", "size", "list", "program_list", "sharing", "most", "own", "dtypes",
)  # fmt: skip
DTYPE = ("dtype", "result", "width", "result_width", "function")
JOINED, TURNED, ROLLED, CUT, REPEATED, EDGED, ORDERED, CAST = KINDS = (
    "joined", "turned", "rolled", "cut", "repeated", "edged", "ordered", "cast",
)  # fmt: skip
# What a join tells: along a dimension that is given, or along a new one; side by side, one below the other, or
# as columns, of which vectors are.
CAT, STACK, BESIDE, BELOW, COLUMNS = range(5)
# Names of the functions begin so.
PREFIX = "moved_"
_COUNT, _ITEMS, _LISTED = 16, 24, 24
_IN_ORDER, _IN_PLACE = 1, 0x100
_DIMS, _SMALL = 8, 1 << 40


def names() -> list[str]:
    """The functions."""
    return [PREFIX + kind for kind in KINDS]


def text() -> str:
    """Their text, without the module around it."""
    kinds = (_joined, _turned, _rolled, _cut, _repeated, _edged, _ordered, _cast)
    return module([_held(), _numbers(), _sequence(), *[write() for write in kinds]])


# -- arguments ------------------------------------------------------------------------------------


def _held() -> Function:
    """The array of a tensor that has one, its elements in place, of few dimensions; or null."""
    f = Function("moved.held", [("context", "ptr"), ("object", "ptr")], "ptr")
    kind = field(f, f.object, calls.TYPE)
    is_tensor = kind.same(word(f, "tensor")) | kind.same(word(f, "parameter"))
    with f.when(is_tensor.same(0)):
        f.give(0)
    found = field(f, f.object, word(f, "at_array", "i64"))
    with f.when(field(f, found, calls.TYPE).other(word(f, "array"))):
        f.give(0)
    apart = (field(f, found, calls.FLAGS, "i32") & _IN_PLACE).same(0)
    with f.when(apart | (field(f, found, calls.DIMENSIONS, "i32") > _DIMS)):
        f.give(0)
    f.give(found)
    return f


def _sequence() -> Function:
    """Where the items of a list or tuple are, after how many there are; null for other objects."""
    f = Function("moved.items", [("site", "ptr"), ("object", "ptr"), ("count", "ptr")], "ptr")
    kind = field(f, f.object, calls.TYPE)
    tuples, lists = (
        kind.same(_told(f, a, "ptr")) | kind.same(_told(f, b, "ptr"))
        for a, b in (("tuple", "size"), ("list", "program_list"))
    )
    with f.when((tuples | lists).same(0)):
        f.give(0)
    f.store(field(f, f.object, _COUNT, "i64"), f.count)
    with f.when(tuples):
        f.give(f.at(f.object, "i8", _ITEMS))
    f.give(field(f, f.object, _LISTED))
    return f


def _numbers() -> Function:
    """How many ints of no great size an object is, or has, or what it has alone where one may look so deep; -1
    where it is other things. They are left where one can read them."""
    given = [("site", "ptr"), ("object", "ptr"), ("into", "ptr"), ("deep", "i64")]
    f = Function("moved.numbers", given, "i64")
    context = f.load("ptr", f.site)
    count, items = f.variable("i64", 1), f.variable("ptr", 0)
    single = f.room("ptr", 1)
    f.store(f.object, single)
    items.set(single)
    for depth in range(2):
        with f.when(count.get().same(1) & (f.deep > depth)):
            within = f.call(
                "moved.items", f.site, f.load("ptr", items.get()), count.place, result="ptr"
            )
            with f.when(within.other(0)):
                items.set(within)
    with f.when(count.get() > _DIMS * 2):
        f.give(-1)
    over = f.variable("i32", 0)
    with f.loop(count.get()) as i:
        one = f.load("ptr", items.get(), i)
        with f.when(field(f, one, calls.TYPE).other(word(f, "int", of=context))):
            f.give(-1)
        value = f.call(word(f, "whole", of=context), one, over.place, result="i64")
        is_small = (value > -_SMALL) & (value < _SMALL) & over.get().same(0)
        with f.when(is_small.same(0)):
            f.give(-1)
        f.store(value, f.into, i)
    f.give(count.get())
    return f


def _told(f: Function, name: str, kind: str = "i64") -> N:
    """A word of the site."""
    return f.load(kind, f.site, SITE.index(name))


class _Call(Function):
    """A builtin while it is written: `no` ends it with None."""

    def __init__(self, kind: str, *counts: int) -> None:
        given = [("self", "ptr"), ("given", "ptr"), ("asked", "i64")]
        super().__init__(f"loop_{PREFIX}{kind}", given, "ptr", internal=False)
        self.site = self.at(self.self, "i8", calls.CONTENTS)
        self.context = self.load("ptr", self.site)
        self.none = word(self, "none")
        self.end = self.variable("ptr", self.none)
        self.unless(self.load("i64", word(self, "is_on")).same(word(self, "true", "i64")))
        fits = [self.asked.same(count) for count in counts]
        self.unless(fits[0] if len(fits) == 1 else fits[0] | fits[1])

    def no(self) -> None:
        self.call(word(self, "take"), self.none)
        self.give(self.none)

    def unless(self, condition: N) -> None:
        """End it where a condition does not hold."""
        with self.when(condition.same(0)):
            self.no()

    def held(self, tensor: N, flags: int = 0) -> N:
        """A tensor's array, which has flags; its end of the graph is the result's."""
        found = self.call("moved.held", self.context, tensor, result="ptr")
        self.unless(found.other(0))
        if flags:
            self.unless((field(self, found, calls.FLAGS, "i32") & flags).same(flags))
        is_marked = self.variable(
            "i1", field(self, tensor, word(self, "at_end", "i64")).other(self.none)
        )
        view = field(self, tensor, word(self, "at_view", "i64"))
        with self.when(view.other(self.none)):
            base = field(self, view, _told(self, "at_base"))
            its_end = field(self, base, word(self, "at_end", "i64"))
            is_marked.set(is_marked.get() | its_end.other(self.none))
        with self.when(is_marked.get()):
            self.end.set(_told(self, "graph", "ptr"))
            self.unless(self.end.get().other(self.none))
        return found

    def read(self, given: N, room: N, deep: int) -> N:
        """The ints of an object, and how many."""
        number = self.number(deep, "i64")
        return self.call("moved.numbers", self.site, given, room, number, result="i64")

    def numbers(self, place: int, room: N, deep: int = 1) -> N:
        """The ints of an argument, and how many. deep: of one that is given as several, or alone, 2."""
        count = self.read(self.load("ptr", self.given, place), room, deep)
        self.unless(count >= 0)
        return count

    def int_at(self, place: int) -> N:
        """An argument that is an int."""
        room = self.room("i64", _DIMS * 2)
        self.numbers(place, room, 0)
        return self.load("i64", room)

    def dim(self, value: N, dims: N) -> N:
        """A dimension counted from the front."""
        found = self.choose(value < 0, value + dims, value)
        self.unless((found >= 0) & (found < dims))
        return found

    def kind_of(self, array: N) -> N:
        """The words of an array's dtype."""
        found, dtype = self.variable("ptr", 0), field(self, array, calls.DTYPE)
        rows = self.at(self.site, "i64", len(SITE))
        with self.loop(_told(self, "dtypes")) as i:
            this = self.at(rows, "i64", i * len(DTYPE))
            with self.when(self.load("ptr", this).same(dtype)):
                found.set(this)
                self.leave()
        self.unless(found.get().other(0))
        return found.get()

    def made(self, kind: N, dims: N, shape: N) -> N:
        """A new array of some elements, not many; where its data is comes first."""
        total = self.variable("i64", 1)
        with self.loop(dims) as d:
            total.set(total.get() * self.load("i64", shape, d))
            self.unless((total.get() > 0) & (total.get() < _told(self, "most")))
        found = new_array(self, self.load("ptr", kind, DTYPE.index("result")), dims, shape)
        with self.when(found.same(0)):
            self.call(word(self, "clear"))
            self.no()
        return found

    def done(self, made: N) -> None:
        """Give the tensor of an array."""
        found = self.call("tensor", self.context, made, self.end.get(), result="ptr")
        with self.when(found.same(0)):
            self.call(word(self, "clear"))
            self.no()
        self.give(found)


def _dims(f: Function, array: N) -> N:
    return field(f, array, calls.DIMENSIONS, "i32").as_("sext", "i64")


_STEPS = 40


class _Box:
    """A box while it is written."""

    def __init__(self, f: _Call, width: N) -> None:
        self._f = f
        self.words = f.room("i64", len(BOX) + DIMENSION * MOST)
        self._put("width", width)
        self._put("past", f.number(0, "i64"))

    def _put(self, name: str, value: N) -> None:
        self._f.store(value, self.words, BOX.index(name))

    def dimension(self, d: N, size: N, to: N, source: N) -> None:
        """Tell a dimension's size and steps."""
        for k, value in enumerate((size, to, source)):
            self._f.store(value, self.words, d * DIMENSION + (len(BOX) + k))

    def move(self, to: N, source: N, dims: N) -> None:
        """Move it."""
        for name, value in (("to", to), ("from", source), ("dims", dims)):
            self._put(name, value)
        self._f.call("move.box", _told(self._f, "sharing", "ptr"), self.words)


def _in_order(f: Function, dims: N, shape: N, width: N) -> N:
    """The bytes from one element to the next of an array in order."""
    steps, step = f.room("i64", _DIMS), f.variable("i64", width)
    with f.loop(dims) as i:
        d = dims - 1 - i
        f.store(step.get(), steps, d)
        step.set(step.get() * f.load("i64", shape, d))
    return steps


def _width(f: Function, kind: N) -> N:
    return f.load("i64", kind, DTYPE.index("width"))


def _parts(f: Function, array: N) -> tuple[N, N, N]:
    """Where an array's data is, its sizes and its steps."""
    return field(f, array, calls.DATA), field(f, array, calls.SIZES), field(f, array, _STEPS)


# -- kinds ----------------------------------------------------------------------------------------


def _joined() -> Function:
    """Tensors one after the other, or side by side along a new dimension."""
    f = _Call(JOINED, 1, 2)
    how, count = _told(f, "own"), f.variable("i64", 0)
    items = f.call("moved.items", f.site, f.load("ptr", f.given), count.place, result="ptr")
    f.unless(items.other(0))
    f.unless(count.get() > 0)
    first = f.held(f.load("ptr", items))
    kind, given = f.kind_of(first), _dims(f, first)
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
        f.unless(same & _dims(f, array).same(given))
        own = field(f, array, calls.SIZES)
        with f.loop(given) as d:
            size = f.load("i64", own, d)
            is_along = d.same(along) & new.same(0)
            f.unless(is_along | size.same(f.load("i64", sizes, d)))
            total.set(total.get() + f.choose(is_along, size, 0))
    dims, shape = given + new, f.room("i64", _DIMS + 1)
    f.unless(dims <= _DIMS)
    with f.loop(dims) as d:
        past = ((d > along) & new.other(0)).as_("zext", "i64")
        is_along = d.same(along)
        own_size = f.variable("i64", total.get())
        with f.when(is_along.same(0)):
            own_size.set(f.load("i64", sizes, d - past))
        f.store(own_size.get(), shape, d)
    made = f.made(kind, dims, shape)
    steps, box = _in_order(f, dims, shape, _width(f, kind)), _Box(f, _width(f, kind))
    to = f.variable("ptr", field(f, made, calls.DATA))
    with f.loop(count.get()) as i:
        array = field(f, f.load("ptr", items, i), word(f, "at_array", "i64"))
        data, own, across = _parts(f, array)
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
    f = _Call(TURNED, 2)
    array = f.held(f.load("ptr", f.given), _IN_ORDER)
    kind, dims = f.kind_of(array), _dims(f, array)
    asked, turned = f.room("i64", 2 * _DIMS), f.room("i64", _DIMS)
    count = f.numbers(1, asked, 2)
    f.unless(count > 0)
    with f.loop(dims) as d:
        f.store(f.number(0, "i64"), turned, d)
    with f.loop(count) as i:
        d = f.dim(f.load("i64", asked, i), dims)
        f.unless(f.load("i64", turned, d).same(0))
        f.store(f.number(1, "i64"), turned, d)
    data, sizes, steps = _parts(f, array)
    made, box = f.made(kind, dims, sizes), _Box(f, _width(f, kind))
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
    f = _Call(ROLLED, 3)
    array = f.held(f.load("ptr", f.given))
    kind, dims = f.kind_of(array), f.variable("i64", _dims(f, array))
    shifts, over, moved = (f.room("i64", 2 * _DIMS) for _ in range(3))
    count = f.numbers(1, shifts)
    data, sizes, across = _parts(f, array)
    made = f.made(kind, dims.get(), sizes)

    def fail_unless(condition: N) -> None:
        with f.when(condition.same(0)):
            f.call(word(f, "drop"), made)
            f.no()

    width = _width(f, kind)
    steps = _in_order(f, dims.get(), sizes, width)
    places = [f.variable("ptr", place) for place in (sizes, across, steps)]
    with f.loop(dims.get()) as d:
        f.store(f.number(0, "i64"), moved, d)
    is_flat = f.load("ptr", f.given, 2).same(f.none)
    with f.when(is_flat):
        fail_unless(count.same(1) & (field(f, array, calls.FLAGS, "i32") & _IN_ORDER).other(0))
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
    box, shape = _Box(f, width), dims.get()
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
    f = _Call(CUT, 2)
    array = f.held(f.load("ptr", f.given))
    kind, dims, lower = f.kind_of(array), _dims(f, array), _told(f, "own")
    f.unless(dims >= 2)
    diagonal = f.int_at(1)
    data, sizes, steps = _parts(f, array)
    rows, columns = (f.load("i64", sizes, dims - k) for k in (2, 1))
    made, words = f.made(kind, dims, sizes), f.room("i64", len(TRIANGLE))
    width, leading, matrices = _width(f, kind), dims - 2, f.variable("i64", 1)
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
        f.call("move.triangle", _told(f, "sharing", "ptr"), words)
    f.done(made)
    return f


def _repeated() -> Function:
    """A tensor so many times along each dimension, of which there may be more; where the op tells it, fewer
    numbers are of the last ones."""
    f = _Call(REPEATED, 2)
    array = f.held(f.load("ptr", f.given))
    kind, given = f.kind_of(array), _dims(f, array)
    times, shape = f.room("i64", 2 * _DIMS), f.room("i64", _DIMS)
    count = f.numbers(1, times, 2)
    is_short = count < given
    f.unless((is_short.same(0) | _told(f, "own").other(0)) & (count > 0) & (count <= _DIMS))
    dims = f.choose(is_short, given, count)
    data, sizes, across = _parts(f, array)

    def part(d: N, numbers: N, from_end: N, otherwise: N | int = 1) -> N:
        """A number of the last dimensions, of so many."""
        place, found = d - (dims - from_end), f.variable("i64", otherwise)
        with f.when(place >= 0):
            found.set(f.load("i64", numbers, place))
        return found.get()

    with f.loop(dims) as d:
        each = part(d, times, count)
        f.unless((each > 0) & (each < _told(f, "most")))
        f.store(each * part(d, sizes, given), shape, d)
    made, width = f.made(kind, dims, shape), _width(f, kind)
    box, steps = _Box(f, width), _in_order(f, dims, shape, width)
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
    f = _Call(EDGED, 3, 4)
    has_mode = _told(f, "own").other(0)
    f.unless(has_mode.same(f.asked.same(4)))
    with f.when(has_mode):
        f.unless(f.load("ptr", f.given, 2).same(_told(f, "own", "ptr")))
    array = f.held(f.load("ptr", f.given))
    kind, dims = f.kind_of(array), _dims(f, array)
    edges, shape, before = (f.room("i64", 2 * _DIMS) for _ in range(3))
    count = f.numbers(1, edges)
    f.unless((count & 1).same(0) & (count <= dims * 2))
    data, sizes, across = _parts(f, array)
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
    made, width = f.made(kind, dims, shape), _width(f, kind)
    box, steps = _Box(f, width), _in_order(f, dims, shape, width)
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


def _edge(f: _Call, value: N, kind: N) -> N:
    """Where the number lies that is around, in the tensor's dtype: zero, or of floats any."""
    room, wide, single = f.room("i64", 1), f.variable("double", 0), f.variable("i1", 0)
    type = field(f, value, calls.TYPE)
    with f.when(type.same(word(f, "float"))):
        wide.set(field(f, value, calls.VALUE, "double"))
        single.set(1)
    with f.when(type.same(word(f, "int"))):
        numbers = f.room("i64", 2 * _DIMS)
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
    f = _Call(ORDERED, 2)
    f.unless(f.load("ptr", f.given, 1).same(f.none))
    tensor = f.load("ptr", f.given)
    array = f.held(tensor)
    with f.when((field(f, array, calls.FLAGS, "i32") & _IN_ORDER).other(0)):
        f.call(word(f, "take"), tensor)
        f.give(tensor)
    kind, dims = f.kind_of(array), _dims(f, array)
    data, sizes, across = _parts(f, array)
    made, box = f.made(kind, dims, sizes), _Box(f, _width(f, kind))
    steps = _in_order(f, dims, sizes, _width(f, kind))
    with f.loop(dims) as d:
        box.dimension(d, f.load("i64", sizes, d), f.load("i64", steps, d), f.load("i64", across, d))
    box.move(field(f, made, calls.DATA), data, dims)
    f.done(made)
    return f


def _cast() -> Function:
    """A tensor in order in another dtype, by a function of NumPy's kind."""
    f = _Call(CAST, 2)
    f.unless(f.load("ptr", f.given, 1).same(f.none))
    array = f.held(f.load("ptr", f.given), _IN_ORDER)
    kind, dims = f.kind_of(array), _dims(f, array)
    data, sizes, _ = _parts(f, array)
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
    f.call(function, arrays, count.place, steps, _told(f, "sharing", "ptr"))
    f.done(made)
    return f
