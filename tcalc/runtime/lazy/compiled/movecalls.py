"""What calls that move elements (see `callmoves`) look at their arguments with, and are written of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import calls
from tcalc.runtime.lazy.compiled.callreduce import array_of, new_array
from tcalc.runtime.lazy.compiled.calls import Call, field, word
from tcalc.runtime.lazy.compiled.moving import BOX, DIMENSION, MOST
from tcalc.runtime.lazy.compiled.scalars import Function

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
# Names of the functions begin so.
PREFIX = "moved_"
_COUNT, _ITEMS, _LISTED = 16, 24, 24
IN_ORDER, _IN_PLACE = 1, 0x100
DIMS, _SMALL = 8, 1 << 40


def held() -> Function:
    """The array of a tensor that has one, its elements in place, of few dimensions; or null."""
    f = Function("moved.held", [("context", "ptr"), ("object", "ptr")], "ptr")
    found = array_of(f)
    apart = (field(f, found, calls.FLAGS, "i32") & _IN_PLACE).same(0)
    with f.when(apart | (field(f, found, calls.DIMENSIONS, "i32") > DIMS)):
        f.give(0)
    f.give(found)
    return f


def items() -> Function:
    """Where the items of a list or tuple are, after how many there are; null for other objects."""
    f = Function("moved.items", [("site", "ptr"), ("object", "ptr"), ("count", "ptr")], "ptr")
    kind = field(f, f.object, calls.TYPE)
    tuples, lists = (
        kind.same(told(f, a, "ptr")) | kind.same(told(f, b, "ptr"))
        for a, b in (("tuple", "size"), ("list", "program_list"))
    )
    with f.when((tuples | lists).same(0)):
        f.give(0)
    f.store(field(f, f.object, _COUNT, "i64"), f.count)
    with f.when(tuples):
        f.give(f.at(f.object, "i8", _ITEMS))
    f.give(field(f, f.object, _LISTED))
    return f


def numbers() -> Function:
    """How many ints of no great size an object is, or has, or what it has alone where one may look so deep; -1
    where it is other things. They are left where one can read them."""
    given = [
        ("context", "ptr"),
        ("site", "ptr"),
        ("object", "ptr"),
        ("into", "ptr"),
        ("deep", "i64"),
    ]
    f = Function("moved.numbers", given, "i64")
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
    with f.when(count.get() > DIMS * 2):
        f.give(-1)
    over = f.variable("i32", 0)
    with f.loop(count.get()) as i:
        one = f.load("ptr", items.get(), i)
        with f.when(field(f, one, calls.TYPE).other(word(f, "int"))):
            f.give(-1)
        value = f.call(word(f, "whole"), one, over.place, result="i64")
        is_small = (value > -_SMALL) & (value < _SMALL) & over.get().same(0)
        with f.when(is_small.same(0)):
            f.give(-1)
        f.store(value, f.into, i)
    f.give(count.get())
    return f


def told(f: Function, name: str, kind: str = "i64") -> N:
    """A word of the site."""
    return f.load(kind, f.site, SITE.index(name))


class MoveCall(Call):
    """A builtin of a kind while it is written, which is given so many arguments."""

    def __init__(self, kind: str, *counts: int) -> None:
        super().__init__(f"{PREFIX}{kind}", SITE)
        self.end = self.variable("ptr", self.none)
        self.unless(self.load("i64", word(self, "is_on")).same(word(self, "true", "i64")))
        fits = [self.asked.same(count) for count in counts]
        self.unless(fits[0] if len(fits) == 1 else fits[0] | fits[1])

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
            base = field(self, view, told(self, "at_base"))
            its_end = field(self, base, word(self, "at_end", "i64"))
            is_marked.set(is_marked.get() | its_end.other(self.none))
        with self.when(is_marked.get()):
            self.end.set(told(self, "graph", "ptr"))
            self.unless(self.end.get().other(self.none))
        return found

    def read(self, given: N, room: N, deep: int) -> N:
        """The ints of an object, and how many."""
        number = self.number(deep, "i64")
        return self.call(
            "moved.numbers", self.context, self.site, given, room, number, result="i64"
        )

    def numbers(self, place: int, room: N, deep: int = 1) -> N:
        """The ints of an argument, and how many. deep: of one that is given as several, or alone, 2."""
        count = self.read(self.load("ptr", self.given, place), room, deep)
        self.unless(count >= 0)
        return count

    def int_at(self, place: int) -> N:
        """An argument that is an int."""
        room = self.room("i64", DIMS * 2)
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
        with self.loop(told(self, "dtypes")) as i:
            this = self.at(rows, "i64", i * len(DTYPE))
            with self.when(self.load("ptr", this).same(dtype)):
                found.set(this)
                self.leave()
        self.unless(found.get().other(0))
        return found.get()

    def few(self, count: N) -> None:
        """There are not many of something: products and sums of two such numbers are no greater than an int.
        Dimensions of stretched tensors may be of any size."""
        self.unless(count < told(self, "most"))

    def made(self, kind: N, dims: N, shape: N) -> N:
        """A new array of some elements, not many; where its data is comes first."""
        total = self.variable("i64", 1)
        with self.loop(dims) as d:
            size = self.load("i64", shape, d)
            self.few(size)
            total.set(total.get() * size)
            self.unless(total.get() > 0)
            self.few(total.get())
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


def dims_of(f: Function, array: N) -> N:
    return field(f, array, calls.DIMENSIONS, "i32").as_("sext", "i64")


_STEPS = 40


class Box:
    """A box while it is written."""

    def __init__(self, f: MoveCall, width: N) -> None:
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
        self._f.call("move.box", told(self._f, "sharing", "ptr"), self.words)


def steps_of(f: Function, dims: N, shape: N, width: N) -> N:
    """The bytes from one element to the next of an array in order."""
    steps, step = f.room("i64", DIMS), f.variable("i64", width)
    with f.loop(dims) as i:
        d = dims - 1 - i
        f.store(step.get(), steps, d)
        step.set(step.get() * f.load("i64", shape, d))
    return steps


def width_of(f: Function, kind: N) -> N:
    return f.load("i64", kind, DTYPE.index("width"))


def parts_of(f: Function, array: N) -> tuple[N, N, N]:
    """Where an array's data is, its sizes and its steps."""
    return field(f, array, calls.DATA), field(f, array, calls.SIZES), field(f, array, _STEPS)
