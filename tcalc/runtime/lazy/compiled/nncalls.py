"""Calls of functions of neural networks in machine code: tensors and settings in, a tensor out.

Each is a builtin function of Python's (see `calls`) that is given the arguments of the op in order. It takes
float32 tensors in order, outside the graph, and everyday settings; for all else it gives None, and Python
does it, to the same bits.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import calls
from tcalc.runtime.lazy.compiled.callreduce import IN_ORDER, ITEMS, JOB, new_array, row_of
from tcalc.runtime.lazy.compiled.calls import Call, field, word
from tcalc.runtime.lazy.compiled.scalars import Function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.runtime.lazy.compiled.scalars import N

PREFIX = "nn_"
# Words of a site: the context; False; who shares work; what gives and takes back memory; NumPy's product of
# two vectors; dtypes; the type of tuples; the names of reductions; where a view has its base, and the version at
# which its end of the graph was taken.
SITE = (
    "context", "false", "sharing", "get", "free", "function", "float", "long", "tuple", "mean", "sum",
    "at_base", "at_seen",
)  # fmt: skip
_COUNT = 16
_MOST_DIMS = 8


def shared() -> Sequence[Function]:
    """What all calls look at their operands with."""
    return [_plain(), _operand(), _alike(), _size(), _real(), _whole()]


def _operand() -> Function:
    """The array of a tensor of a dtype in order that is in no graph, or null."""
    given = [("context", "ptr"), ("site", "ptr"), ("dtype", "ptr"), ("object", "ptr")]
    f = Function("nn.operand", given, "ptr")
    array = f.call("array", f.context, f.object, result="ptr")
    with f.when(array.same(0)):
        f.give(0)
    with f.when(field(f, array, calls.DTYPE).other(f.dtype)):
        f.give(0)
    none = word(f, "none")

    def of(object: N, name: str) -> N:
        return field(f, object, word(f, f"at_{name}", "i64"))

    with f.when(of(f.object, "end").other(none)):
        f.give(0)
    view, storage = of(f.object, "view"), of(f.object, "storage")
    with f.when(view.other(none)):  # it goes by its base, where nothing was written meanwhile
        base, seen = (
            field(f, view, f.load("i64", f.site, SITE.index(n))) for n in ("at_base", "at_seen")
        )
        with f.when(of(base, "end").other(none)):
            f.give(0)
        with f.when(storage.other(none)), f.when(of(storage, "version").other(seen)):
            f.give(0)
    f.give(array)
    return f


def _plain() -> Function:
    """An object that is an array of a dtype in order, or null."""
    given = [("context", "ptr"), ("dtype", "ptr"), ("object", "ptr")]
    f = Function("nn.plain", given, "ptr")
    with f.when(field(f, f.object, calls.TYPE).other(word(f, "array"))):
        f.give(0)
    order = field(f, f.object, calls.FLAGS, "i32") & IN_ORDER
    is_it = order.same(IN_ORDER) & (field(f, f.object, calls.DIMENSIONS, "i32") <= _MOST_DIMS)
    f.give(f.choose(is_it & field(f, f.object, calls.DTYPE).same(f.dtype), f.object, 0))
    return f


def _alike() -> Function:
    """Whether two arrays have one shape."""
    f = Function("nn.alike", [("one", "ptr"), ("other", "ptr")], "i64")
    dims, others = (field(f, a, calls.DIMENSIONS, "i32") for a in (f.one, f.other))
    with f.when(dims.other(others)):
        f.give(0)
    sizes, found = (field(f, a, calls.SIZES) for a in (f.one, f.other))
    with (
        f.loop(dims.as_("sext", "i64")) as i,
        f.when(f.load("i64", sizes, i).other(f.load("i64", found, i))),
    ):
        f.give(0)
    f.give(1)
    return f


def _size() -> Function:
    """The product of some sizes."""
    f = Function("nn.size", [("sizes", "ptr"), ("start", "i64"), ("stop", "i64")], "i64")
    found = f.variable("i64", 1)
    with f.loop(f.stop, f.start) as i:
        found.set(found.get() * f.load("i64", f.sizes, i))
    f.give(found.get())
    return f


def _real() -> Function:
    """Whether an object is a float, and its value."""
    f = Function("nn.real", [("context", "ptr"), ("object", "ptr"), ("into", "ptr")], "i64")
    with f.when(field(f, f.object, calls.TYPE).other(word(f, "float"))):
        f.give(0)
    f.store(field(f, f.object, calls.VALUE, "double"), f.into)
    f.give(1)
    return f


def _whole() -> Function:
    """Whether an object is an int, and its value."""
    f = Function("nn.whole", [("context", "ptr"), ("object", "ptr"), ("into", "ptr")], "i64")
    with f.when(field(f, f.object, calls.TYPE).other(word(f, "int"))):
        f.give(0)
    f.give(f.call("integer", f.context, f.number(0, "ptr"), f.object, f.into, result="i64"))
    return f


class NnCall(Call):
    """One of the builtins while it is written."""

    def __init__(self, op: str) -> None:
        super().__init__(f"{PREFIX}{op}", SITE)
        self.unless(self.load("i64", word(self, "is_on")).same(word(self, "true", "i64")))
        self.shared_by = self.of_site("sharing", "ptr")

    # -- arguments --------------------------------------------------------------------------------

    def argument(self, place: int) -> N:
        return self.load("ptr", self.given, place)

    def operand(self, place: int, dtype: str = "float") -> N:
        """The array of an argument."""
        wanted = [self.context, self.site, self.of_site(dtype, "ptr")]
        array = self.call("nn.operand", *wanted, self.argument(place), result="ptr")
        self.unless(array.other(0))
        return array

    def vector_or_none(self, place: int, size: N) -> N:
        """The data of a vector of so many elements, or null where it is left out."""
        data = self.variable("ptr", 0)
        with self.when(self.argument(place).other(self.none)):
            array = self.operand(place)
            self.unless(self.dims(array).same(1) & self.size(array).same(size))
            data.set(self.data(array))
        return data.get()

    def array_or_none(self, place: int, wanted: N, count: N) -> N:
        """The data of an array whose sizes are ints of Python's, or null where it is left out."""
        data = self.variable("ptr", 0)
        with self.when(self.argument(place).other(self.none)):
            array = self.operand(place)
            sizes = field(self, array, calls.SIZES)
            self.unless(self.dims(array).same(count))
            with self.loop(count) as i:
                size = self.to_whole(self.load("ptr", wanted, i))
                self.unless(size.same(self.load("i64", sizes, i)))
            data.set(self.data(array))
        return data.get()

    def need_none(self, *places: int) -> None:
        for place in places:
            self.unless(self.argument(place).same(self.none))

    def need_bool(self, place: int, value: bool) -> None:
        known = word(self, "true") if value else self.of_site("false", "ptr")
        self.unless(self.argument(place).same(known))

    def need_whole(self, place: int, value: int) -> None:
        self.unless(self.whole(place).same(value))

    def whole(self, place: int) -> N:
        return self.to_whole(self.argument(place))

    def to_whole(self, object: N) -> N:
        """The value of an int."""
        into = self.room("i64")
        self.unless(self.call("nn.whole", self.context, object, into, result="i64").other(0))
        return self.load("i64", into)

    def real(self, place: int) -> N:
        """A float, which is not beyond those of float32."""
        into = self.room("double")
        found = self.call("nn.real", self.context, self.argument(place), into, result="i64")
        self.unless(found.other(0))
        value = self.load("double", into)
        self.unless((value > -3e38) & (value < 3e38))
        return value

    def wholes(self, place: int, count: int) -> list[N]:
        """As many ints, or one for all."""
        object = self.argument(place)
        found = [self.variable("i64", 0) for _ in range(count)]
        is_tuple = field(self, object, calls.TYPE).same(self.of_site("tuple", "ptr"))
        with self.when(is_tuple):
            self.unless(field(self, object, _COUNT, "i64").same(count))
            for i, variable in enumerate(found):
                variable.set(self.to_whole(self.load("ptr", self.at(object, "i8", ITEMS + 8 * i))))
        with self.when(is_tuple.same(0)):
            value = self.to_whole(object)
            for variable in found:
                variable.set(value)
        return [variable.get() for variable in found]

    def tuple_of(self, place: int) -> tuple[N, N]:
        """Where a tuple has its items, and how many they are."""
        object = self.argument(place)
        self.unless(field(self, object, calls.TYPE).same(self.of_site("tuple", "ptr")))
        return self.at(object, "i8", ITEMS), field(self, object, _COUNT, "i64")

    def is_mean(self, place: int) -> N:
        """Whether a reduction is the mean rather than the sum; it is one of them."""
        given = self.argument(place)
        is_mean = given.same(self.of_site("mean", "ptr"))
        self.unless(is_mean | given.same(self.of_site("sum", "ptr")))
        return is_mean

    def dimension(self, place: int, dims: N) -> N:
        """A dimension of so many, from the first on."""
        dim = self.variable("i64", self.whole(place))
        with self.when(dim.get() < 0):
            dim.set(dim.get() + dims)
        self.unless((dim.get() >= 0) & (dim.get() < dims))
        return dim.get()

    def refuse_where(self, condition: N) -> None:
        """Leave the call to Python where a condition holds."""
        self.unless(condition.same(0))

    # -- arrays -----------------------------------------------------------------------------------

    def dims(self, array: N) -> N:
        return field(self, array, calls.DIMENSIONS, "i32").as_("sext", "i64")

    def size(self, array: N, start: N | int = 0, stop: N | int | None = None) -> N:
        """How many elements an array has along some dimensions."""
        ends = [self.number(n, "i64") for n in (start, self.dims(array) if stop is None else stop)]
        return self.call("nn.size", field(self, array, calls.SIZES), *ends, result="i64")

    def row(self, array: N) -> N:
        """How many elements a row has of an array that is cut into blocks."""
        return row_of(self, field(self, array, calls.SIZES), self.dims(array))

    def need_alike(self, one: N, other: N) -> None:
        self.unless(self.call("nn.alike", one, other, result="i64").other(0))

    def data(self, array: N) -> N:
        return field(self, array, calls.DATA)

    def sizes(self, array: N) -> N:
        """A copy of an array's sizes."""
        found = self.room("i64", _MOST_DIMS)
        sizes = field(self, array, calls.SIZES)
        with self.loop(self.dims(array)) as i:
            self.store(self.load("i64", sizes, i), found, i)
        return found

    def made(self, dims: N, sizes: N, *others: N) -> N:
        """A new array; others: those that go where there is no room."""
        array = new_array(self, self.of_site("float", "ptr"), dims, sizes)
        with self.when(array.same(0)):
            self.call(word(self, "clear"))
            self.refuse(*others)
        return array

    @contextmanager
    def memory(self, bytes: N, *arrays: N) -> Iterator[N]:
        """Some memory meanwhile; arrays: those that go where there is none."""
        place = self.call(self.of_site("get", "ptr"), bytes, result="ptr")
        with self.when(place.same(0)):
            self.refuse(*arrays)
        yield place
        self.give_back(place)

    def give_back(self, place: N) -> None:
        self.call(self.of_site("free", "ptr"), place)

    def refuse(self, *arrays: N) -> None:
        """Let arrays go, and leave the call to Python."""
        for array in arrays:
            self.call(word(self, "drop"), array)
        self.no()

    def finish(self, array: N) -> None:
        """The tensor of an array."""
        tensor = self.call("tensor", self.context, array, self.none, result="ptr")
        with self.when(tensor.same(0)):
            self.call(word(self, "clear"))
            self.no()
        self.give(tensor)

    # -- work -------------------------------------------------------------------------------------

    def args(self, rows: N | int, columns: N | int, arrays: Sequence[tuple[N, N | int]]) -> N:
        """What a function of rows is given (see `callkernel.Kernel.over`)."""
        args = self.room("i64", 2 + 2 * len(arrays))
        for i, n in enumerate([rows, columns, *[part for array in arrays for part in array]]):
            self.store(self.number(n, "i64"), args, i)
        return args

    def over(
        self, function: str, rows: N | int, columns: N | int, *arrays: tuple[N, N | int]
    ) -> None:
        """Have a function go over rows."""
        self.call(function, self.args(rows, columns, arrays))

    def over_threads(
        self, function: str, rows: N, columns: N, arrays: Sequence[tuple[N, N | int]], work: N
    ) -> None:
        """The same, over threads where that pays. work: elements times what they cost."""
        args, count = self.args(rows, columns, arrays), self.number(2 + 2 * len(arrays), "i64")
        self.call("over_rows", self.shared_by, self.address(function), args, count, work)

    def job(self, kernel: str, **words: N | int) -> N:
        """Have a kernel over a dimension (see `callreduce`) do a job, the words of which are given: whether
        it did."""
        job = self.room("i64", len(JOB))
        own = {name: self.of_site(name) for name in ("sharing", "get", "free", "function")}
        for name, value in {**own, **words}.items():
            self.store(self.number(value, "i64"), job, JOB.index(name))
        return self.call(f"loop_kernel.{kernel}", job, result="i64")
