"""Calls that look at indices or masks in machine code: tensors in, a tensor out, no Python between.

They are builtins of Python's (see `calls`), on few elements that lie in order. All that can be wrong is found
before the first element is moved; then, and for all that is not as usual, they give None, and Python does it
or tells of it. What moves the elements are the kernels of `indexkernels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import calls
from tcalc.runtime.lazy.compiled.indexkernels import JOB
from tcalc.runtime.lazy.compiled.indexlines import Array, Call, blocks, helpers, word
from tcalc.runtime.lazy.compiled.scalars import Function, module
from tcalc.runtime.lazy.compiled.viewlines import COUNT, ITEMS, MOST_DIMS, START, STEP, STOP

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import N

PICK, PUT, MASKED, INDEX, NONZERO, ONE_HOT = (
    "index_pick", "index_put", "index_masked", "index_items", "index_nonzero", "index_one_hot",
)  # fmt: skip
# Indices of several dimensions are brought together, as many as have room here.
_ROOM = 4096
# NumPy's mark of arrays whose columns lie in order.
_COLUMNS = 2


def names() -> tuple[str, ...]:
    """The functions."""
    return PICK, PUT, MASKED, INDEX, NONZERO, ONE_HOT


def text() -> str:
    """The text, without the module around it."""
    return module([*helpers(), _pick(), _put(), _masked(), _items(), _nonzero(), _one_hot()])


def _along(f: Call) -> tuple[Array, Array, N, N, N]:
    """The operands of what goes along a dimension: the input, the index, the dimension, the kernel, and how
    many elements are moved. The job's words but those of the other elements are there."""
    table, index = Array(f, f.argument(0)), f.index(2)
    kernel, dim = f.kernel(table.dtype), f.dimension(1, table)
    outer, places = f.product(table.sizes, dim), f.load("i64", table.sizes, dim)
    inner, named = f.product(table.sizes, table.dims, dim + 1), f.product(index.sizes, index.dims)
    slices = f.of_site("sliced").other(0)
    with f.when(slices):
        f.unless(index.dims.same(1))
    with f.when(slices.same(0)):
        f.unless(index.dims.same(table.dims))
        f.alike(index.sizes, table.sizes, index.dims, dim)
    f.few(named)
    count = f.load("i64", index.sizes, f.choose(slices, 0, dim))
    moved = outer * count * inner
    f.few(moved)
    f.within(index, named, places)
    f.task(table=table.data, index=index.data, outer=outer, places=places, count=count, inner=inner)
    return table, index, dim, kernel, moved


def _pick() -> Function:
    """Elements, or slices, at indices along a dimension."""
    f = Call(PICK)
    f.unless(f.asked > 2)
    f.as_usual(3)
    table, _, dim, kernel, _ = _along(f)
    end = f.end(table.tensor)
    shape = f.room("i64", MOST_DIMS)
    with f.loop(table.dims) as i:
        f.store(f.load("i64", table.sizes, i), shape, i)
    f.store(f.load("i64", f.job, JOB.index("count")), shape, dim)
    made = f.array(table.dtype, table.dims, shape)
    f.give_filled(made, f.load("ptr", kernel, 3), end)
    return f


def _put() -> Function:
    """Elements, or slices, of a source or one number put to indices along a dimension."""
    f = Call(PUT)
    f.unless(f.asked > 3)
    f.as_usual(4)
    table, index, dim, kernel, moved = _along(f)
    elements, given = f.product(table.sizes, table.dims), f.argument(3)
    width = f.load("i64", kernel, 2)
    indices = index.data, f.product(index.sizes, index.dims) * 8
    with f.when(f.is_tensor(given)):
        function, source = f.load("ptr", kernel, 3), Array(f, given)
        f.unless(function.other(0) & source.dtype.same(table.dtype) & source.dims.same(table.dims))
        f.alike(source.sizes, table.sizes, source.dims, dim)
        f.unless(f.load("i64", source.sizes, dim).same(f.load("i64", f.job, JOB.index("count"))))
        f.task(other=source.data)
        end = f.end(table.tensor, given)
        f.write(table, kernel, function, end, elements, indices, (source.data, moved * width))
    function, bits = f.load("ptr", kernel, 4), f.at(f.job, "i64", JOB.index("value"))
    f.unless(function.other(0))
    f.unless(f.call("index.bits", f.site, given, f.load("i64", kernel, 1), bits, result="i1"))
    f.write(table, kernel, function, f.end(table.tensor), elements, indices)
    return f


def _masked() -> Function:
    """A number put where a mask is true, which is repeated along leading dimensions that it lacks."""
    f = Call(MASKED)
    f.unless(f.asked.same(3))
    table, mask = Array(f, f.argument(0)), Array(f, f.argument(1))
    f.unless(mask.dtype.same(f.of_site("bool", "ptr")))
    kernel, bits = f.kernel(table.dtype), f.at(f.job, "i64", JOB.index("value"))
    lead = table.dims - mask.dims
    f.unless(lead >= 0)
    f.alike(f.at(table.sizes, "i64", lead), mask.sizes, mask.dims)
    outer, count = f.product(table.sizes, lead), f.product(mask.sizes, mask.dims)
    f.few(outer * count)
    f.unless(
        f.call("index.bits", f.site, f.argument(2), f.load("i64", kernel, 1), bits, result="i1")
    )
    f.task(index=mask.data, other=table.data, outer=outer, count=count)
    function = f.load("ptr", kernel, 4)
    f.write(table, kernel, function, f.end(table.tensor), outer * count, (mask.data, count))
    return f


def _items() -> Function:
    """What brackets with a tensor of indices, or several behind whole dimensions, name; a third argument, a
    number or a tensor, is written there."""
    f = Call(INDEX)
    table, object = Array(f, f.argument(0)), f.argument(1)
    kernel = f.kernel(table.dtype)
    bits, width = f.at(f.job, "i64", JOB.index("value")), f.load("i64", kernel, 2)
    elements, is_write = f.product(table.sizes, table.dims), f.asked.same(3)
    f.unless(elements > 0)
    # One index is a row of one.
    rooms, first = f.room("ptr"), f.variable("ptr", 0)
    many = f.variable("i64", 1)
    f.store(object, rooms)
    first.set(rooms)
    with f.when(f.is_tensor(object).same(0)):
        f.unless(f.field(object, calls.TYPE).same(word(f, "tuple")))
        many.set(f.field(object, COUNT, "i64"))
        first.set(f.at(object, "i8", ITEMS))
    f.unless((many.get() > 0) & (many.get() <= table.dims))
    lead, names, places = f.variable("i64", 0), f.variable("i64", 0), f.variable("i64", 1)
    sizes, dims = f.variable("ptr", 0), f.variable("i64", 0)
    brought = f.room("i64", _ROOM)
    with f.loop(many.get()) as i:
        one = f.load("ptr", first.get(), i)
        is_index = f.is_tensor(one)
        with f.when(is_index.same(0)):
            f.unless(f.field(one, calls.TYPE).same(word(f, "slices")) & sizes.get().same(0))
            for at in (START, STOP, STEP):
                f.unless(f.field(one, at).same(f.none))
            lead.set(lead.get() + 1)
        with f.when(is_index):
            index = Array(f, one)
            f.unless(index.dtype.same(word(f, "int64")) & (index.dims > 0))
            is_first = sizes.get().same(0)
            with f.when(is_first):
                sizes.set(index.sizes)
                dims.set(index.dims)
                names.set(f.product(index.sizes, index.dims))
                f.unless((names.get() > 0) & (names.get() <= _ROOM))
            f.unless(index.dims.same(dims.get()))
            f.alike(index.sizes, sizes.get(), index.dims)
            n = f.load("i64", table.sizes, i)
            named = index.data, names.get(), n, brought, is_first
            f.unless(f.call("index.wrapped", *named, result="i1"))
            places.set(places.get() * n)
            with f.when(is_write):
                f.apart(table, elements * width, index.data, names.get() * 8)
    f.unless(sizes.get().other(0))
    outer, inner = (
        f.product(table.sizes, lead.get()),
        f.product(table.sizes, table.dims, many.get()),
    )
    moved = outer * names.get() * inner
    f.few(moved)
    shape, count = f.room("i64", 2 * MOST_DIMS), f.variable("i64", 0)
    parts = (
        (table.sizes, 0, lead.get()),
        (sizes.get(), 0, dims.get()),
        (table.sizes, many.get(), table.dims),
    )
    for of, start, stop in parts:
        with f.loop(stop, start) as i:
            f.store(f.load("i64", of, i), shape, count.get())
            count.set(count.get() + 1)
    f.unless(count.get() <= MOST_DIMS)
    f.task(
        table=table.data,
        index=brought,
        outer=outer,
        places=places.get(),
        count=names.get(),
        inner=inner,
    )
    with f.when(is_write):
        given = f.argument(2)
        function = f.variable("ptr", f.load("ptr", kernel, 4))
        with f.when(f.is_tensor(given)):
            source = Array(f, given)
            f.unless(source.dtype.same(table.dtype) & source.dims.same(count.get()))
            f.alike(source.sizes, shape, source.dims)
            f.apart(table, elements * width, source.data, moved * width)
            f.unless(f.end(given).same(f.none))
            f.task(other=source.data)
            function.set(f.load("ptr", kernel, 3))
        with f.when(f.is_tensor(given).same(0)):
            f.unless(
                f.call("index.bits", f.site, given, f.load("i64", kernel, 1), bits, result="i1")
            )
        f.target(table, elements, width)
        f.run(function.get())
        f.give_written(table)
    end = f.end(table.tensor)
    made = f.array(table.dtype, count.get(), shape)
    f.give_filled(made, f.load("ptr", kernel, 3), end)
    return f


def _nonzero() -> Function:
    """The places of what is not zero, a row each; columns lie in order."""
    f = Call(NONZERO)
    f.as_usual(1)
    table = Array(f, f.argument(0))
    kernel, elements = f.kernel(table.dtype), f.product(table.sizes, table.dims)
    f.few(elements)
    f.unless(table.dims > 0)
    last = f.load("i64", table.sizes, table.dims - 1)
    f.task(
        table=table.data, index=table.sizes, places=table.dims, outer=elements // last, inner=last
    )
    count = f.call(f.load("ptr", kernel, 3), f.job, result="i64")
    f.unless(count > 0)
    shape = f.room("i64", 2)
    for at, size in enumerate((count, table.dims)):
        f.store(size, shape, at)
    made = f.array(word(f, "int64"), f.number(2, "i64"), shape, _COLUMNS)
    f.task(count=count)
    f.give_filled(made, f.load("ptr", kernel, 4), f.none)
    return f


def _one_hot() -> Function:
    """For each number a row of zeros with a one at its place."""
    f = Call(ONE_HOT)
    f.unless(f.asked.same(2))
    numbers, wanted = f.index(0), f.variable("i64", 0)
    f.unless(f.call("view.number", f.site, f.argument(1), wanted.place, result="i1"))
    count = f.product(numbers.sizes, numbers.dims)
    f.few(count)
    with f.when(wanted.get().same(-1)):
        with f.loop(count) as i:
            one = f.load("i64", numbers.data, i)
            wanted.set(f.choose(one < wanted.get(), wanted.get(), one))
        wanted.set(wanted.get() + 1)
    f.unless((wanted.get() > 0) & (wanted.get() < f.of_site("most")) & (numbers.dims < MOST_DIMS))
    f.few(count * wanted.get())
    f.within(numbers, count, wanted.get())
    shape = f.room("i64", MOST_DIMS)
    with f.loop(numbers.dims) as i:
        f.store(f.load("i64", numbers.sizes, i), shape, i)
    f.store(wanted.get(), shape, numbers.dims)
    made = f.array(word(f, "int64"), numbers.dims + 1, shape)
    data = f.field(made, calls.DATA)
    blocks(f, "copy.spread", f.number(0, "i64"), data, count * wanted.get() * 8)
    with f.loop(count) as i:
        f.store(f.number(1, "i64"), data, i * wanted.get() + f.load("i64", numbers.data, i))
    f.give_tensor(made, f.none)
    return f
