"""Calls of reductions, scans and orders in machine code: a tensor in, one or two tensors out.

One builtin function of Python's (see `calls`) serves all of them. It looks at the tensor, the dimension,
`keepdim` and the numbers that it is given, makes arrays for what comes of it, and has a kernel fill these
(see `reductions`), which may refuse; then, and for all that is not a small array in order, it
gives None, and Python does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.blocks import BLOCK
from tcalc.runtime.lazy.compiled import calls, pool
from tcalc.runtime.lazy.compiled.calls import Call, field, word
from tcalc.runtime.lazy.compiled.scalars import Function, module

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import N

NAME = "call_over"
# Words of a site: the context; False, and what stands for all dimensions beside None; how the results' shape
# follows; how many there are, and of which type they come together; who shares work; the end of the graph
# that a result has where one may be wanted, which Python makes; less than how many elements it takes on; the
# type of tuples; what gives and takes back memory; how many kernels there are. Then of each kernel its array's
# dtype, where it begins, the results' dtypes, and a function of NumPy's for it.
SITE = (
    "context", "false", "all", "shape", "results", "type", "sharing", "graph",
    "most", "tuple", "get", "free", "kernels",
)  # fmt: skip
KERNEL = 5
# The shape of results: without the dimension; that of the array; as long along it as the first number; as
# long as that, where it is over all; or as the kernel tells.
REDUCED, SAME, COUNTED, LINE, FOUND = range(5)
# What a kernel is given, as words: where the array and the results lie; how many elements there are before,
# along and after the dimensions, the first of these (-1 for all) of how many, whether they are kept; who
# shares work, and the function; the last of the dimensions; how long rows are of all elements; memory; and
# the numbers.
JOB = (
    "array", "out", "second", "outer", "n", "inner", "axis", "dims", "keep", "sharing", "function",
    "last", "row", "get", "free", "given", "also", "third",
)  # fmt: skip
NUMBERS = 2
# Where a tuple has its items, and how many they are.
ITEMS = 24
_COUNT = 16
_DIMENSIONS = 8
IN_ORDER = 0x101
_GIVEN = 3  # arguments before the numbers


def names() -> tuple[str]:
    """The function."""
    return (NAME,)


def text() -> str:
    """The text, without the module around it."""
    return module([_integer(), _array(), _over_rows(), _call()])


def _integer() -> Function:
    """Whether an object is an int or a bool, and its value."""
    f = Function(
        "integer", [("context", "ptr"), ("false", "ptr"), ("object", "ptr"), ("into", "ptr")], "i64"
    )
    for value, which in ((1, word(f, "true")), (0, f.false)):
        with f.when(f.object.same(which)):
            f.store(f.number(value, "i64"), f.into)
            f.give(1)
    with f.when(field(f, f.object, calls.TYPE).other(word(f, "int"))):
        f.give(0)
    over = f.variable("i32", 0)
    f.store(f.call(word(f, "whole"), f.object, over.place, result="i64"), f.into)
    f.give(over.get().same(0).as_("zext", "i64"))
    return f


def array_of(f: Function) -> N:
    """The array of a function's `object`, which gives null where that is no tensor of an array."""
    kind = field(f, f.object, calls.TYPE)
    is_tensor = kind.same(word(f, "tensor")) | kind.same(word(f, "parameter"))
    with f.when(is_tensor.same(0)):
        f.give(0)
    found = field(f, f.object, word(f, "at_array", "i64"))
    with f.when(field(f, found, calls.TYPE).other(word(f, "array"))):
        f.give(0)
    return found


def _array() -> Function:
    """The array of a tensor, where it lies in order, or null."""
    f = Function("array", [("context", "ptr"), ("object", "ptr")], "ptr")
    found = array_of(f)
    order = field(f, found, calls.FLAGS, "i32") & IN_ORDER
    with f.when(order.other(IN_ORDER)):
        f.give(0)
    with f.when(field(f, found, calls.DIMENSIONS, "i32") > _DIMENSIONS):
        f.give(0)
    f.give(found)
    return f


def _over_rows() -> Function:
    """Have a function do rows, over threads where that pays. args: the block of words that it is given, so
    many. work: elements times what they cost."""
    f = Function("over_rows", [
        ("sharing", "ptr"), ("function", "ptr"), ("args", "ptr"), ("count", "i64"), ("work", "i64"),
    ])  # fmt: skip
    rows, helpers = f.load("i64", f.args), f.load("i64", f.sharing, 1)
    with f.when((f.work < pool.SHARED) | helpers.same(0) | rows.same(1)):
        f.call(f.function, f.args)
        f.give()
    most, parts = (helpers + 1) * pool.PARTS, f.work // pool.PART
    parts = f.choose(parts < most, parts, most)
    each = f.choose(rows < parts, 1, rows // parts)
    given = f.room("i64", pool.HEAD + 2 * pool.MOST)
    rings = (f.work >= pool.WOKEN).as_("zext", "i64")
    head = [
        f.load("i64", f.sharing), f.function, f.count, f.number(0, "i64"), each, rows,
        (rows + each - 1) // each, helpers, rings,
    ]  # fmt: skip
    for at, value in enumerate(head):
        f.store(value, given, at)
    with f.loop(f.count) as i:
        f.store(f.load("i64", f.args, i), given, i + pool.HEAD)
        # Of an array's two words the second is what a row adds to the first.
        step = f.variable("i64", 0)
        with f.when((i > 1) & (i & 1).same(0)):
            step.set(f.load("i64", f.args, i + 1) * each)
        f.store(step.get(), given, i + f.count + pool.HEAD)
    f.call(f"loop_{pool.names()[0]}", given)
    f.give()
    return f


def _call() -> Function:
    f = Call(NAME, SITE)
    f.unless(f.load("i64", word(f, "is_on")).same(word(f, "true", "i64")))
    operand = f.load("ptr", f.given)
    array = f.call("array", f.context, operand, result="ptr")
    f.unless(array.other(0))
    kernel = _kernel_of(f, field(f, array, calls.DTYPE, "i64"))
    job = f.room("i64", len(JOB))
    over = _dimension(f, array, job)
    results, shape, dims = _shape(f, array, over, job)
    outs = f.room("ptr", 2)
    with f.loop(results) as i:
        dtype = f.load("ptr", kernel, i + 2)
        made = new_array(f, dtype, dims, shape)
        with f.when(made.same(0)):
            f.call(word(f, "clear"))
            with f.when(i.same(1)):
                f.call(word(f, "drop"), f.load("ptr", outs, 0))
            f.no()
        f.store(made, outs, i)
        f.store(field(f, made, calls.DATA, "i64"), job, i + JOB.index("out"))
    f.store(field(f, array, calls.DATA, "i64"), job, JOB.index("array"))
    f.store(f.load("i64", kernel, 4), job, JOB.index("function"))
    for name in ("sharing", "get", "free"):
        f.store(f.of_site(name), job, JOB.index(name))
    is_done = f.call(f.load("ptr", kernel, 1), job, result="i64")
    with f.when(is_done.same(0)):
        with f.loop(results) as i:
            f.call(word(f, "drop"), f.load("ptr", outs, i))
        f.no()
    with f.when(f.of_site("shape").same(FOUND)):
        f.store(_shortened(f, f.load("ptr", outs), is_done, f.load("ptr", kernel, 2)), outs)
        with f.when(f.load("ptr", outs).same(0)):
            f.call(word(f, "clear"))
            f.no()
    # In no graph it has neither an end of it nor a base.
    ends = [field(f, operand, word(f, name, "i64")) for name in ("at_end", "at_view")]
    end = f.choose(ends[0].same(ends[1]), f.none, f.of_site("graph", "ptr"))
    first = f.call("tensor", f.context, f.load("ptr", outs, 0), end, result="ptr")
    with f.when(results.same(1)):
        with f.when(first.same(0)):
            f.call(word(f, "clear"))
            f.no()
        f.give(first)
    second = f.call("tensor", f.context, f.load("ptr", outs, 1), end, result="ptr")
    both = f.call(word(f, "new_object"), f.of_site("type", "ptr"), f.number(2, "i64"), result="ptr")
    lacks = first.same(0) | second.same(0) | both.same(0)
    with f.when(lacks):
        f.call(word(f, "clear"))
        for made in (first, second, both):
            with f.when(made.other(0)):
                f.call(word(f, "drop"), made)
        f.no()
    for at, made in enumerate((first, second)):
        f.store(made, f.at(both, "i8", ITEMS + 8 * at))
    f.give(both)
    return f


def new_array(f: Function, dtype: N, dims: N, shape: N) -> N:
    """An array of a dtype and a shape; null where there is no room."""
    f.call(word(f, "take"), dtype)
    null, flags = f.number(0, "ptr"), f.number(0, "i32")
    return f.call(
        word(f, "new_array"), word(f, "array"), dtype, dims.as_("trunc", "i32"), shape, null, null, flags,
        null, result="ptr",
    )  # fmt: skip


def _shortened(f: Call, array: N, count: N, dtype: N) -> N:
    """So many elements of the beginning of an array that goes, or null."""
    found, size = f.variable("ptr", array), f.variable("i64", count)
    with f.when(count.other(f.load("i64", field(f, array, calls.SIZES)))):
        width = f.load("i64", field(f, array, calls.SIZES + 8))
        made = new_array(f, dtype, f.number(1, "i64"), size.place)
        with f.when(made.other(0)):
            source, target = field(f, array, calls.DATA), field(f, made, calls.DATA)
            with f.loop(count * width) as i:
                f.store(f.load("i8", source, i), target, i)
        f.call(word(f, "drop"), array)
        found.set(made)
    return found.get()


def _kernel_of(f: Call, dtype: N) -> N:
    """The words of the kernel for arrays of a dtype."""
    kernels = f.at(f.site, "i64", len(SITE))
    found = f.variable("ptr", 0)
    with f.loop(f.of_site("kernels")) as i:
        this = f.at(kernels, "i64", i * KERNEL)
        with f.when(f.load("i64", this).same(dtype)):
            found.set(this)
            f.leave()
    f.unless(found.get().other(0))
    return found.get()


def _dimension(f: Call, array: N, job: N) -> tuple[N, N, N]:
    """Which dimensions it is over, from the first (-1: all) to the last, and whether they stay; the numbers
    go into the job."""
    axis, keep, last = f.variable("i64", -1), f.variable("i64", 0), f.variable("i64", -1)
    dims = field(f, array, calls.DIMENSIONS, "i32").as_("sext", "i64")
    value = f.variable("i64", 0)
    false = f.of_site("false", "ptr")
    given, count = f.variable("ptr", f.at(f.given, "ptr", 1)), f.variable("i64", 0)
    with f.when(f.asked > 1):
        dim = f.load("ptr", f.given, 1)
        with f.when(dim.other(f.none) & dim.other(f.of_site("all", "ptr"))):
            count.set(1)
            with f.when(field(f, dim, calls.TYPE).same(f.of_site("tuple", "ptr"))):
                count.set(field(f, dim, _COUNT, "i64"))
                given.set(f.at(dim, "i8", ITEMS))
                f.unless(count.get() > 0)
    with f.loop(count.get()) as i:
        one = f.load("ptr", given.get(), i)
        f.unless(f.call("integer", f.context, false, one, value.place, result="i64").other(0))
        with f.when(value.get() < 0):
            value.set(value.get() + dims)
        f.unless((value.get() >= 0) & (value.get() < dims))
        # Several are neighbours, in order.
        f.unless(i.same(0) | value.get().same(last.get() + 1))
        axis.set(f.choose(i.same(0), value.get(), axis.get()))
        last.set(value.get())
    with f.when(count.get().same(dims) & (count.get() > 1)):
        axis.set(-1)
    with f.when(f.asked > 2):
        f.unless(
            f.call(
                "integer", f.context, false, f.load("ptr", f.given, 2), keep.place, result="i64"
            ).other(0)
        )
        f.unless((keep.get() >= 0) & (keep.get() <= 1))
    with f.loop(f.asked, _GIVEN) as i:
        into = f.at(job, "i64", i + (JOB.index("given") - _GIVEN))
        f.unless(
            f.call(
                "integer", f.context, false, f.load("ptr", f.given, i), into, result="i64"
            ).other(0)
        )
    found = axis.get(), last.get(), keep.get()
    for name, number in zip(("axis", "last", "keep", "dims"), (*found, dims)):
        f.store(number, job, JOB.index(name))
    return found


def _shape(f: Call, array: N, over: tuple[N, N, N], job: N) -> tuple[N, N, N]:
    """How many results there are, their shape, and how many dimensions that has."""
    axis, last, keep = over
    dims = f.load("i64", job, JOB.index("dims"))
    sizes = field(f, array, calls.SIZES)
    how = f.of_site("shape")
    outer, n, inner = (f.variable("i64", 1) for _ in range(3))
    shape, count = f.room("i64", _DIMENSIONS), f.variable("i64", 0)
    is_line = how.same(LINE) | how.same(FOUND)
    f.unless(how.same(REDUCED) | (axis >= 0) | is_line)
    with f.loop(dims) as i:
        size = f.load("i64", sizes, i)
        within = (axis < 0) | ((i >= axis) & (i <= last))
        with f.when(within):
            n.set(n.get() * size)
        with f.when(within.same(0) & (i < axis)):
            outer.set(outer.get() * size)
        with f.when(within.same(0) & (i > last)):
            inner.set(inner.get() * size)
        counted = f.choose(within & how.same(COUNTED), f.load("i64", job, JOB.index("given")), size)
        own = f.choose(within & how.same(REDUCED), 1, counted)
        gone = within & (how.same(REDUCED) & keep.same(0) | is_line)
        with f.when(gone.same(0)):
            f.store(own, shape, count.get())
            count.set(count.get() + 1)
    total = outer.get() * n.get() * inner.get()
    f.unless((total > 0) & (total < f.of_site("most")))
    number = f.load("i64", job, JOB.index("given"))
    with f.when(how.same(COUNTED)):
        f.unless((number > 0) & (number <= n.get()))
    with f.when(is_line):
        length = f.choose(how.same(FOUND), total, number)
        f.unless((length > 0) & (length < f.of_site("most")))
        f.store(length, shape)
        count.set(1)
    words = {
        "outer": outer.get(),
        "n": n.get(),
        "inner": inner.get(),
        "row": row_of(f, sizes, dims),
    }
    for name, value in words.items():
        f.store(value, job, JOB.index(name))
    return f.of_site("results"), shape, count.get()


def row_of(f: Call, sizes: N, dims: N) -> N:
    """How many elements a row has of a whole array that is cut into blocks (see `blocks.split_of`)."""
    row = f.variable("i64", 1)
    with f.loop(dims) as i:
        more = row.get() * f.load("i64", sizes, dims - 1 - i)
        with f.when((i > 0) & (more > BLOCK)):
            f.leave()
        row.set(more)
    return row.get()
