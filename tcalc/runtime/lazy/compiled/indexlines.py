"""What the texts of calls that look at indices or masks (see `callindex`) are put together of."""

from __future__ import annotations

from tcalc.runtime.lazy.compiled import calls
from tcalc.runtime.lazy.compiled.indexkernels import JOB
from tcalc.runtime.lazy.compiled.scalars import Function, N
from tcalc.runtime.lazy.compiled.viewlines import WORDS as VIEW_WORDS

# Words of a site: those of views; the context; what other arguments have to be; whether it writes into its
# first operand; the end of the graph that a result has where one may be wanted, which Python makes (0: then
# it leaves all to Python); whether an index names slices; less than how many elements it moves; the dtype of
# masks; how many kernels there are. Then of each kernel its array's dtype, which it is of `KINDS`, the bytes
# of an element, and where the functions of tensors and of numbers begin (0: there is none).
SITE = (*VIEW_WORDS, "context", "usual", "into", "graph", "sliced", "most", "bool", "kernels")
KINDS = ("float", "double", "i64", "i32", "i1")
KERNEL = 5
_LANES = 8
# Numbers up to here are the same ones in double, and finite ones of the dtype.
_MOST_INT, _MOST_FLOAT = 1 << 53, 3e38


def helpers() -> list[Function]:
    """The functions that they call."""
    return [_within(), _wrapped(), _bits(), _copied()]


def _within() -> Function:
    """Whether so many indices are places: neither below 0 nor above the last."""
    f = Function("index.within", [("index", "ptr"), ("count", "i64"), ("last", "i64")], "i1")
    kind = f"<{_LANES} x i64>"
    whole, last = f.count & -_LANES, f.spread(f.last, kind)
    # A number that is negative, or that is more than the last, leaves its sign.
    signs, more = f.variable(kind, last ^ last), f.variable("i64", 0)
    with f.loop(whole, step=_LANES) as i:
        some = f.load(kind, f.at(f.index, "i64", i))
        signs.set(signs.get() | some | (last - some))
    with f.loop(f.count, whole) as i:
        one = f.load("i64", f.index, i)
        more.set(more.get() | one | (f.last - one))
    with f.loop(_LANES) as i:
        more.set(more.get() | f.load("i64", signs.place, i))
    f.give(more.get() >= 0)
    return f


def _wrapped() -> Function:
    """Indices of one more dimension, of so many places, brought together with those before: whether all of
    them are such. Negative ones count from the end."""
    f = Function("index.wrapped", [
        ("index", "ptr"), ("count", "i64"), ("places", "i64"), ("into", "ptr"), ("first", "i1"),
    ], "i1")  # fmt: skip
    signs = f.variable("i64", 0)
    with f.loop(f.count) as i:
        given = f.load("i64", f.index, i)
        one = f.choose(given < 0, given + f.places, given)
        signs.set(signs.get() | one | (f.places - 1 - one))
        f.store(f.choose(f.first, one, f.load("i64", f.into, i) * f.places + one), f.into, i)
    f.give(signs.get() >= 0)
    return f


def _bits() -> Function:
    """Whether an object is a number that elements of a kind take as it is, and its bits."""
    f = Function("index.bits", [
        ("site", "ptr"), ("object", "ptr"), ("kind", "i64"), ("into", "ptr"),
    ], "i1")  # fmt: skip
    over, real = f.variable("i32", 0), f.variable("double", 0)
    which = f.load("ptr", f.at(f.object, "i8", calls.TYPE))
    with f.when(which.same(word(f, "int"))):
        whole = f.call(word(f, "whole"), f.object, over.place, result="i64")
        with f.when(over.get().other(0)):
            f.give(0)
        with f.when(f.kind.same(KINDS.index("i64"))):
            f.store(whole, f.into)
            f.give(1)
        with f.when((whole > _MOST_INT) | (whole < -_MOST_INT)):
            f.give(0)
        real.set(whole.as_("sitofp", "double"))
    with f.when(which.other(word(f, "int"))):
        with f.when(which.other(word(f, "float"))):
            f.give(0)
        real.set(f.load("double", f.at(f.object, "i8", calls.VALUE)))
    x = real.get()
    # Infinities and nan are numbers of both types.
    is_infinite = x.same(float("inf")) | x.same(float("-inf"))
    with f.when(((x > _MOST_FLOAT) | (x < -_MOST_FLOAT)) & is_infinite.same(0)):
        f.give(0)
    with f.when(f.kind.same(KINDS.index("float"))):
        single = x.as_("fptrunc", "float").as_("bitcast", "i32")
        f.store(single.as_("zext", "i64"), f.into)
        f.give(1)
    f.store(x.as_("bitcast", "i64"), f.into)
    f.give(f.kind.same(KINDS.index("double")))
    return f


def _copied() -> Function:
    """Move so many bytes from one place to another."""
    f = Function("index.copied", [("source", "ptr"), ("target", "ptr"), ("bytes", "i64")])
    whole = f.bytes & -4
    blocks(f, "copy.move", f.source, f.target, whole)
    with f.loop(f.bytes, whole) as i:
        f.store(f.load("i8", f.source, i), f.target, i)
    f.give()
    return f


def blocks(f: Function, function: str, source: N, target: N, count: N) -> None:
    """Call one of the functions that fill so many bytes (see `callcopies`)."""
    block = f.room("i64", 3)
    for at, value in enumerate((source, count, target)):
        f.store(value, block, at)
    f.call(function, block)


def word(f: Function, name: str) -> N:
    """A word of the site, of those that views have."""
    return f.load("i64" if name.startswith("at_") else "ptr", f.site, SITE.index(name))


class Array:
    """An array that lies in order, and the tensor whose it is."""

    def __init__(self, f: Call, tensor: N) -> None:
        held = f.call("array", f.context, tensor, result="ptr")
        f.unless(held.other(0))
        self.tensor, self.held = tensor, held
        self.dtype = f.field(held, calls.DTYPE)
        self.dims = f.field(held, calls.DIMENSIONS, "i32").as_("zext", "i64")
        self.sizes = f.field(held, calls.SIZES)
        self.data = f.field(held, calls.DATA)


class Call(calls.Call):
    """One of the builtins while it is written."""

    def __init__(self, name: str) -> None:
        super().__init__(name, SITE)
        is_on = self.load("ptr", self.context, calls.CONTEXT.index("is_on"))
        self.unless(self.load("ptr", is_on).same(word(self, "true")))
        self.job = self.room("i64", len(JOB))

    def field(self, thing: N, at: int | N, kind: str = "ptr") -> N:
        return self.load(kind, self.at(thing, "i8", at))

    def argument(self, place: int) -> N:
        return self.load("ptr", self.given, place)

    def as_usual(self, first: int) -> None:
        """The arguments from one on are what they are by default."""
        with self.loop(self.asked, first) as i:
            self.unless(self.load("ptr", self.given, i).same(self.of_site("usual", "ptr")))

    def task(self, **words: N) -> None:
        """Words of the job."""
        for name, value in words.items():
            self.store(value, self.job, JOB.index(name))

    def index(self, place: int) -> Array:
        """An argument that is a tensor of indices."""
        array = Array(self, self.argument(place))
        self.unless(array.dtype.same(word(self, "int64")))
        return array

    def kernel(self, dtype: N) -> N:
        """The words of the kernel for arrays of a dtype."""
        found = self.variable("ptr", 0)
        with self.loop(self.of_site("kernels")) as i:
            this = self.at(self.site, "i64", i * KERNEL + len(SITE))
            with self.when(self.load("ptr", this).same(dtype)):
                found.set(this)
                self.leave()
        self.unless(found.get().other(0))
        return found.get()

    def dimension(self, place: int, array: Array) -> N:
        """An argument that is a dimension of an array."""
        value = self.variable("i64", 0)
        is_int = self.call("view.number", self.site, self.argument(place), value.place, result="i1")
        self.unless(is_int)
        found = self.call("view.wrapped", value.get(), array.dims, result="i64")
        self.unless(found >= 0)
        return found

    def product(self, sizes: N, stop: N, start: N | int = 0) -> N:
        found = self.variable("i64", 1)
        with self.loop(stop, start) as i:
            found.set(found.get() * self.load("i64", sizes, i))
        return found.get()

    def alike(self, sizes: N, others: N, count: N, but: N | int = -1) -> None:
        """So many sizes are the same, but for one."""
        with self.loop(count) as i:
            self.unless(self.load("i64", sizes, i).same(self.load("i64", others, i)) | i.same(but))

    def few(self, elements: N) -> None:
        """There are some, and not many."""
        self.unless((elements > 0) & (elements < self.of_site("most")))

    def within(self, index: Array, count: N, places: N) -> None:
        """So many indices are places."""
        self.unless(self.call("index.within", index.data, count, places - 1, result="i1"))

    def end(self, *tensors: N) -> N:
        """The end of the graph that goes by whether a gradient may flow to some tensors."""
        are_free = self.number(1, "i1")
        for tensor in tensors:
            are_free = are_free & self.call("view.free", self.site, tensor, result="i1")
        self.unless(are_free | self.of_site("graph").other(0))
        return self.choose(are_free, self.none, self.of_site("graph", "ptr"))

    def array(self, dtype: N, dims: N, shape: N, flags: N | int = 0) -> N:
        """A new array."""
        self.call(word(self, "take"), dtype)
        null = self.number(0, "ptr")
        made = self.call(
            word(self, "new_array"), word(self, "array"), dtype, dims.as_("trunc", "i32"), shape, null,
            null, self.number(flags, "i32"), null, result="ptr",
        )  # fmt: skip
        with self.when(made.same(0)):
            self.call(word(self, "clear"))
            self.no()
        return made

    def run(self, function: N) -> None:
        self.call(function, self.job)

    def give_tensor(self, held: N, end: N) -> None:
        """End it with the tensor of a new array."""
        made = self.call("tensor", self.context, held, end, result="ptr")
        with self.when(made.same(0)):
            self.call(word(self, "clear"))
            self.no()
        self.give(made)

    def give_filled(self, held: N, function: N, end: N) -> None:
        """End it with the tensor of a new array, which a function fills."""
        self.task(other=self.field(held, calls.DATA))
        self.run(function)
        self.give_tensor(held, end)

    def target(self, array: Array, elements: N, width: N, *others: tuple[N, N]) -> None:
        """Count a write to a tensor that may be written to, of which others have no part: of each where it
        begins, and its bytes."""
        for other, size in others:
            self.apart(array, elements * width, other, size)
        memory = self.call("copy.target", self.site, array.tensor, array.held, result="ptr")
        self.unless(memory.other(0))
        self.unless(self.call("copy.count", self.site, memory, result="i1"))

    def apart(self, array: Array, size: N, other: N, others: N) -> None:
        """An array's bytes and others have no memory in common."""
        here, there = (place.as_("ptrtoint", "i64") for place in (array.data, other))
        self.unless((here + size <= there) | (there + others <= here))

    def give_written(self, array: Array) -> None:
        """End it with a tensor that was written into."""
        self.call(word(self, "take"), array.tensor)
        self.give(array.tensor)

    def write(
        self, array: Array, kernel: N, function: N, end: N, elements: N, *others: tuple[N, N]
    ) -> None:
        """Run a function on a tensor's own memory, or a copy of it, and end with what was written."""
        width = self.load("i64", kernel, 2)
        with self.when(self.of_site("into").other(0)):
            self.unless(end.same(self.none))
            self.target(array, elements, width, *others)
            self.task(table=array.data)
            self.run(function)
            self.give_written(array)
        self.few(elements)
        made = self.array(array.dtype, array.dims, array.sizes)
        data = self.field(made, calls.DATA)
        self.call("index.copied", array.data, data, elements * width)
        self.task(table=data)
        self.run(function)
        self.give_tensor(made, end)

    def is_tensor(self, thing: N) -> N:
        kind = self.field(thing, calls.TYPE)
        return kind.same(word(self, "tensor")) | kind.same(word(self, "parameter"))
