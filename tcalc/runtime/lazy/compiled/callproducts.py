"""Calls of products of vectors and matrices in machine code: tensors in, a tensor out.

One builtin function of Python's (see `calls`) serves all of them. It has BLAS multiply float32 arrays as
`numpy.dot` and `numpy.matmul` have it do so, with the same operands in the same functions, so that the
digits are theirs; what they do otherwise (sizes of 0 and 1, arrays in no order of memory) it leaves to
Python. Matrices that are parts of larger ones are multiplied where they lie. A trace is added up in the order
of `numpy.add.reduce`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcalc.runtime.arrays.products import ALONE, FEW_ROWS, MANY, ROWS, SHORT, SIZEABLE, SUMS, TINY
from tcalc.runtime.lazy.compiled import blasparts, calls
from tcalc.runtime.lazy.compiled.callreduce import new_array
from tcalc.runtime.lazy.compiled.calls import Call, field, word
from tcalc.runtime.lazy.compiled.scalars import Function, module
from tcalc.runtime.lazy.compiled.viewlines import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.runtime.lazy.compiled.scalars import N

NAME = "call_product"
# Words of a site: the context; the end of the graph that a result has where one may be wanted, which Python
# makes (0: operands of the graph are left to Python); of how many dimensions the operands are, as bits;
# which operand is added; float32; who shares work; the product of two vectors; BLAS's functions, and those
# that set and tell its number of threads (0: unknown).
SITE = (
    "context", "graph", "ranks", "added", "dtype", "sharing", "dot", "gemv", "gemm", "syrk", "limit", "limited",
)  # fmt: skip
# What is added: nothing, the first operand, or the last.
NOTHING, FIRST, LAST = range(3)
# By the dimensions of both operands the bit that stands for them. ROWS_OF: any number of rows.
# TRACE: of one matrix, and no product.
DOT, MATRIX_VECTOR, VECTOR_MATRIX, MATRICES, STACKS, OUTER, ROWS_OF, SUM, TRACE = (
    1 << i for i in range(9)
)
# So many elements of a diagonal have room.
_DIAGONAL = 4096
_RANKS = {
    DOT: (1, 1),
    MATRIX_VECTOR: (2, 1),
    VECTOR_MATRIX: (1, 2),
    MATRICES: (2, 2),
    STACKS: (3, 3),
    SUM: (3, 3),
}
# Where larger arrays are not for us, which are noted or computed in parts.
_MOST_WORK, _MOST_MADE, _MOST_STACK = 1 << 24, 1 << 18, 1 << 26
# A multiplication by BLAS in passes of plain arithmetic, which is how threads count work.
_QUICK = 4
# NumPy's flags: of memory row by row or column by column, and on addresses that fit.
_ORDERS, _ALIGNED = 3, 0x100


def names() -> tuple[str]:
    """The function."""
    return (NAME,)


def text(large: int) -> str:
    """The text, without the module around it. large: results of so many elements are put off."""
    return module([_tracked(), _operand(), *blasparts.functions(), _call(large)])


def _tracked() -> Function:
    """Whether a tensor may be in the graph: it has an end of it, or is a view of what has one, or one that has
    to be told of a write (see `nodes.meta_of`)."""
    f = Function("tracked", [("context", "ptr"), ("object", "ptr")], "i64")
    none = word(f, "none")

    def of(thing: N, name: str) -> N:
        return field(f, thing, word(f, name, "i64"))

    with f.when(of(f.object, "at_end").other(none)):
        f.give(1)
    view, storage = of(f.object, "at_view"), of(f.object, "at_storage")
    with f.when(view.same(none)):
        f.give(0)
    with f.when(of(of(view, "at_base"), "at_end").other(none)):
        f.give(1)
    with f.when(storage.same(none)):
        f.give(0)
    f.give(of(view, "at_since").other(of(storage, "at_version")).as_("zext", "i64"))
    return f


def _operand() -> Function:
    """The array of a tensor of float32 none of whose sizes is below 2, one of whose orders its memory has, or
    a matrix whose rows or columns do not lie side by side; or null."""
    f = Function("factor", [("context", "ptr"), ("object", "ptr"), ("dtype", "i64")], "ptr")

    def unless(condition: N) -> None:
        with f.when(condition.same(0)):
            f.give(0)

    kind = field(f, f.object, calls.TYPE, "i64")
    unless(kind.same(word(f, "tensor", "i64")) | kind.same(word(f, "parameter", "i64")))
    found = field(f, f.object, word(f, "at_array", "i64"))
    unless(field(f, found, calls.TYPE, "i64").same(word(f, "array", "i64")))
    unless(field(f, found, calls.DTYPE, "i64").same(f.dtype))
    unless((field(f, found, calls.FLAGS, "i32") & _ALIGNED).other(0))
    dims, sizes = _dims(f, found), field(f, found, calls.SIZES)
    unless((dims > 0) & (dims < 9))
    with f.loop(dims) as i:
        unless(f.load("i64", sizes, i) > 1)
    with f.when(_is_whole(f, found).same(0)):
        unless(dims.same(2))
        height, width, row, column = (
            f.load("i64", field(f, found, at), i) for at in (calls.SIZES, STEPS) for i in range(2)
        )
        of_rows = column.same(4) & (row >= width * 4)
        of_columns = row.same(4) & (column >= height * 4)
        unless((of_rows | of_columns) & ((row | column) & 3).same(0))
    f.give(found)
    return f


def _is_whole(f: Function, array: N) -> N:
    """Whether nothing lies between an array's elements."""
    return (field(f, array, calls.FLAGS, "i32") & _ORDERS).other(0)


def _dims(f: Function, array: N) -> N:
    return field(f, array, calls.DIMENSIONS, "i32").as_("sext", "i64")


class _Product(Call):
    """The builtin while it is written."""

    def __init__(self, large: int) -> None:
        super().__init__(NAME, SITE)
        self.large = large
        self.tracked = self.variable("i64", 0)
        self.ranks = self.of_site("ranks")

    def operand(self, at: N | int) -> N:
        """The array of an operand."""
        tensor = self.load("ptr", self.given, at)
        found = self.call("factor", self.context, tensor, self.of_site("dtype"), result="ptr")
        self.unless(found.other(0))
        more = self.call("tracked", self.context, tensor, result="i64")
        self.tracked.set(self.tracked.get() | more)
        return found

    def allows(self, bit: int) -> N:
        """Whether the op has operands of those dimensions."""
        return (self.ranks & bit).other(0)

    @contextmanager
    def of(self, bit: int, left: N, right: N) -> Iterator[None]:
        """Where the operands, of so many dimensions each, are such."""
        first, second = _RANKS[bit]
        with self.when(self.allows(bit) & left.same(first) & right.same(second)):
            yield

    def size(self, array: N, i: N | int) -> N:
        return self.load("i64", field(self, array, calls.SIZES), i)

    def data(self, array: N) -> N:
        return field(self, array, calls.DATA)

    def by_columns(self, array: N) -> N:
        """1 where an array of several dimensions lies column by column."""
        last = self.load("i64", field(self, array, STEPS), _dims(self, array) - 1)
        return last.other(4).as_("zext", "i64")

    def lead(self, array: N) -> N:
        """How many elements a matrix has from one of its rows, or columns, to the next."""
        dims = _dims(self, array)
        row, column = (self.load("i64", field(self, array, STEPS), dims - i) for i in (2, 1))
        return self.choose(column.same(4), row, column) >> 2

    def in_order(self, array: N) -> None:
        """Leave others to Python."""
        self.unless((field(self, array, calls.FLAGS, "i32") & 1).other(0))

    def new(self, *sizes: N) -> tuple[N, N]:
        """A new array of some sizes, and where its elements are."""
        shape = self.room("i64", 8)
        for i, size in enumerate(sizes):
            self.store(size, shape, i)
        return self.shaped(shape, self.number(len(sizes), "i64"))

    def shaped(self, shape: N, dims: N) -> tuple[N, N]:
        made = new_array(self, self.of_site("dtype", "ptr"), dims, shape)
        with self.when(made.same(0)):
            self.call(word(self, "clear"))
            self.no()
        return made, self.data(made)

    def end(self, array: N) -> None:
        """Give the tensor of an array."""
        graph = self.choose(self.tracked.get().same(0), self.none, self.of_site("graph", "ptr"))
        made = self.call("tensor", self.context, array, graph, result="ptr")
        with self.when(made.same(0)):
            self.call(word(self, "clear"))
            self.no()
        self.give(made)

    def elements(self, op: str, count: N, *arrays: tuple[N, int]) -> None:
        """Have the function of an elementwise op do a row."""
        blasparts.elements(self, op, count, self.of_site("sharing", "ptr"), *arrays)

    def shared(self, function: str, count: N, words: list[tuple[N, N | int]], work: N) -> None:
        """Have threads do a function's parts, while BLAS has one for each. words: see `over_rows`."""
        limit, limited = self.of_site("limit", "ptr"), self.of_site("limited", "ptr")
        self.unless(limit.other(0))
        args = self.room("i64", 2 + 2 * len(words))
        self.store(count, args)
        self.store(count, args, 1)
        for i, (one, step) in enumerate(words):
            self.store(one, args, 2 + 2 * i)
            self.store(self.number(step, "i64"), args, 3 + 2 * i)
        before = self.call(limited, result="i32")
        self.call(limit, self.number(1, "i32"))
        length = self.number(2 + 2 * len(words), "i64")
        self.call(
            "over_rows", self.of_site("sharing", "ptr"), self.address(function), args, length, work
        )
        self.call(limit, before)


def _call(large: int) -> Function:
    f = _Product(large)
    f.unless(f.load("i64", word(f, "is_on")).same(word(f, "true", "i64")))
    how = f.of_site("added")
    first = how.same(FIRST).as_("zext", "i64")
    a = f.operand(first)
    with f.when(f.allows(TRACE)):
        _trace(f, a)
    b = f.operand(first + 1)
    added = f.variable("ptr", 0)
    with f.when(how.same(FIRST)):
        added.set(f.operand(0))
    with f.when(how.same(LAST)), f.when(f.load("ptr", f.given, 2).other(f.none)):
        added.set(f.operand(2))
    f.unless(f.tracked.get().same(0) | f.of_site("graph").other(0))
    left, right = _dims(f, a), _dims(f, b)
    with f.of(MATRICES, left, right):
        _matrices(f, a, b, added.get())
    with f.when(f.allows(ROWS_OF) & (left > 1) & right.same(2)):
        _rows_of(f, a, b, added.get())
    f.unless(_is_whole(f, a) & _is_whole(f, b))
    with f.of(DOT, left, right):
        _dot(f, a, b)
    with f.of(MATRIX_VECTOR, left, right):
        _matrix_vector(f, a, b)
    with f.of(VECTOR_MATRIX, left, right):
        _vector_matrix(f, a, b)
    with f.of(STACKS, left, right):
        _stacks(f, a, b)
    with f.of(SUM, left, right):
        _stack_sum(f, a, b)
    with f.when(f.allows(OUTER) & left.same(1) & right.same(1)):
        _outer(f, a, b)
    f.no()
    return f


def _trace(f: _Product, a: N) -> None:
    f.unless(_dims(f, a).same(2) & _is_whole(f, a))
    m, n = f.size(a, 0), f.size(a, 1)
    count, across = f.choose(m < n, m, n), f.choose(f.by_columns(a).other(0), m, n)
    f.unless(count <= _DIAGONAL)
    data, diagonal = f.data(a), f.room("float", _DIAGONAL)
    with f.loop(count) as i:
        f.store(f.load("float", data, i * (across + 1)), diagonal, i)
    made, out = f.new()
    args = f.room("i64", 6)
    nothing = f.number(0, "i64")
    for at, value in enumerate((f.number(1, "i64"), count, diagonal, nothing, out, nothing)):
        f.store(value, args, at)
    f.call("blocks.sum", args)
    f.end(made)


def _dot(f: _Product, a: N, b: N) -> None:
    n = f.size(a, 0)
    f.unless(n.same(f.size(b, 0)) & (n < SIZEABLE))
    made, out = f.new()
    four, null = f.number(4, "i64"), f.number(0, "ptr")
    f.call(f.of_site("dot", "ptr"), f.data(a), four, f.data(b), four, out, n, null)
    f.end(made)


def _matrix_vector(f: _Product, a: N, b: N) -> None:
    m, k = f.size(a, 0), f.size(a, 1)
    f.unless(k.same(f.size(b, 0)))
    size, by_columns = m * k, f.by_columns(a)
    gemv = f.of_site("gemv", "ptr")
    with f.when(size < 2 * ROWS):
        made, out = f.new(m)
        f.call("gemv", gemv, f.data(a), f.data(b), out, m, k, by_columns, f.number(0, "i64"))
        f.end(made)
    f.unless(by_columns.same(0) & (k <= ROWS // 2))
    step = f.number(ROWS, "i64") // k
    # One row alone would be another function's.
    f.unless(f.of_site("limit").other(0) & f.op("urem", m, step).other(1))
    made, out = f.new(m)
    words: list[tuple[N, N | int]] = [
        (f.data(a), step * k * 4), (out, step * 4), (f.data(b), 0), (gemv, 0),
        (m, f.number(0, "i64") - step), (step, 0), (k, 0),
    ]  # fmt: skip
    f.shared(blasparts.PART, (m + step - 1) // step, words, size)
    f.end(made)


def _vector_matrix(f: _Product, a: N, b: N) -> None:
    k, n = f.size(b, 0), f.size(b, 1)
    f.unless(k.same(f.size(a, 0)) & (k * n < 2 * ROWS))
    made, out = f.new(n)
    f.call(
        "gemv",
        f.of_site("gemv", "ptr"),
        f.data(b),
        f.data(a),
        out,
        k,
        n,
        f.by_columns(b),
        f.number(1, "i64"),
    )
    f.end(made)


def _matrices(f: _Product, a: N, b: N, added: N) -> None:
    m, k, n = f.size(a, 0), f.size(a, 1), f.size(b, 1)
    f.unless(k.same(f.size(b, 0)))
    _fits(f, added, m, n)
    made, out = f.new(m, n)
    _multiplied(f, (a, b), (m, n, k), (f.by_columns(a), f.by_columns(b)), made, out)
    _plus(f, added, out, m, n)
    f.end(made)


def _rows_of(f: _Product, a: N, b: N, added: N) -> None:
    """A linear layer: the product of rows, whatever dimensions they are of, with those of a matrix."""
    dims = _dims(f, a)
    with f.when(dims > 2):
        f.in_order(a)
    m, shape = f.variable("i64", 1), f.room("i64", 8)
    with f.loop(dims - 1) as i:
        m.set(m.get() * f.size(a, i))
        f.store(f.size(a, i), shape, i)
    n, k = f.size(b, 0), f.size(b, 1)
    f.unless(k.same(f.size(a, dims - 1)))
    # Few rows and a large matrix go another way.
    f.unless((m.get() > FEW_ROWS) | (n * k < FEW_ROWS * FEW_ROWS))
    f.store(n, shape, dims - 1)
    _fits(f, added, m.get(), n)
    made, out = f.shaped(shape, dims)
    turned = f.number(1, "i64") - f.by_columns(b)
    by_columns = f.choose(dims > 2, f.number(0, "i64"), f.by_columns(a))
    _multiplied(f, (a, b), (m.get(), n, k), (by_columns, turned), made, out)
    _plus(f, added, out, m.get(), n)
    f.end(made)


def _multiplied(
    f: _Product, arrays: tuple[N, N], sizes: tuple[N, N, N], turned: tuple[N, N], made: N, out: N
) -> None:
    """Write the product of two matrices, or let go of its array and leave it to Python."""
    m, n, k = sizes
    left, right = (f.data(array) for array in arrays)
    leads = [f.lead(array) for array in arrays]
    is_whole = (m * k < SIZEABLE) & (m * n <= _MOST_MADE) & (m * n * k <= _MOST_WORK)
    with f.when(is_whole.same(0)):
        f.call(word(f, "drop"), made)
        f.no()
    # Of a matrix and its own transpose half is computed.
    is_square = left.same(right) & turned[0].other(turned[1]) & m.same(n)
    is_square = is_square & _is_whole(f, arrays[0]) & _is_whole(f, arrays[1])
    with f.when(is_square):
        f.call("syrk", f.of_site("syrk", "ptr"), left, out, m, k, turned[0])
    with f.when(is_square.same(0)):
        f.call("gemm", f.of_site("gemm", "ptr"), left, right, out, m, n, k, *turned, *leads)


def _fits(f: _Product, added: N, m: N, n: N) -> None:
    """Leave it to Python where what is added is neither of the result's shape nor one row of it."""
    with f.when(added.other(0)):
        dims = _dims(f, added)
        with f.when(dims.same(1)):
            f.unless(f.size(added, 0).same(n))
        with f.when(dims.other(1)):
            f.in_order(added)
            f.unless(dims.same(2) & f.size(added, 0).same(m) & f.size(added, 1).same(n))


def _plus(f: _Product, added: N, out: N, m: N, n: N) -> None:
    """Add an array of the result's shape or of one row of it to the result."""
    with f.when(added.other(0)):
        data, is_row = f.data(added), _dims(f, added).same(1)
        with f.when(is_row.same(0)):
            f.elements("add", m * n, (out, 4), (data, 4), (out, 4))
        with f.when(is_row), f.loop(m) as i:
            row = f.at(out, "float", i * n)
            f.elements("add", n, (row, 4), (data, 4), (row, 4))


def _stacks(f: _Product, a: N, b: N) -> None:
    count, m, k, n = f.size(a, 0), f.size(a, 1), f.size(a, 2), f.size(b, 2)
    f.unless(count.same(f.size(b, 0)) & k.same(f.size(b, 1)))
    f.in_order(a)
    f.in_order(b)
    each = m * n * k
    # Many tiny ones are multiplied element by element; BLAS's own threads have large ones.
    f.unless((each > TINY) | (k > SHORT) | (count * 2 < MANY))
    f.unless((each <= ALONE) & (count * each <= _MOST_STACK))
    gemm = f.of_site("gemm", "ptr")
    f.unless(f.of_site("limit").other(0))
    made, out = f.new(count, m, n)
    words: list[tuple[N, N | int]] = [
        (f.data(a), m * k * 4), (f.data(b), k * n * 4), (out, m * n * 4), (gemm, 0), (m, 0), (n, 0), (k, 0),
    ]  # fmt: skip
    f.shared(blasparts.STACK, count, words, count * each // _QUICK)
    f.end(made)


def _stack_sum(f: _Product, a: N, b: N) -> None:
    count, m, k, n = f.size(a, 0), f.size(a, 1), f.size(a, 2), f.size(b, 2)
    f.unless(count.same(f.size(b, 0)) & k.same(f.size(b, 1)))
    f.in_order(a)
    f.in_order(b)
    f.unless(
        (m * n * k <= ALONE) & (count * m * n * k <= _MOST_STACK) & f.of_site("limit").other(0)
    )
    step = (count + (SUMS - 1)) // SUMS
    parts = (count + step - 1) // step
    f.unless(parts > 1)
    sums, places = f.new(parts, m * n * 2)
    words: list[tuple[N, N | int]] = [
        (f.data(a), step * m * k * 4), (f.data(b), step * k * n * 4), (places, m * n * 8),
        (f.of_site("gemm", "ptr"), 0), (m, 0), (n, 0), (k, 0), (count, f.number(0, "i64") - step), (step, 0),
        (f.of_site("sharing", "ptr"), 0),
    ]  # fmt: skip
    f.shared(blasparts.TOTAL, parts, words, count * m * n * k // _QUICK)
    shape = f.room("i64", 2)
    f.store(m, shape)
    f.store(n, shape, 1)
    made = new_array(f, f.of_site("dtype", "ptr"), f.number(2, "i64"), shape)
    with f.when(made.same(0)):
        f.call(word(f, "drop"), sums)
        f.call(word(f, "clear"))
        f.no()
    out = f.data(made)
    f.elements("add", m * n, (places, 4), (f.at(places, "float", m * n * 2), 4), (out, 4))
    with f.loop(parts, 2) as i:
        f.elements("add", m * n, (out, 4), (f.at(places, "float", i * m * n * 2), 4), (out, 4))
    f.call(word(f, "drop"), sums)
    f.end(made)


def _outer(f: _Product, a: N, b: N) -> None:
    m, n = f.size(a, 0), f.size(b, 0)
    f.unless(m * n < f.large)
    made, out = f.new(m, n)
    left, right = f.data(a), f.data(b)
    with f.loop(m) as i:
        row = f.at(out, "float", i * n)
        f.elements("mul", n, (f.at(left, "float", i), 0), (right, 4), (row, 4))
    f.end(made)
