"""What products in machine code are made of (see `callproducts`): BLAS's functions, and what threads share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.scalars import Function

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.scalars import N

# CBLAS's names for how matrices lie and are taken.
_ROW_MAJOR, _COLUMN_MAJOR, _AS_IT_IS, _TURNED, _UPPER = 101, 102, 111, 112, 121
PART, STACK, TOTAL = "product_rows", "product_stack", "product_sum"


def functions() -> list[Function]:
    """All of these."""
    return [gemm(), syrk(), gemv(), stack(), rows(), total()]


_GEMM = [
    ("function", "ptr"), ("left", "ptr"), ("right", "ptr"), ("out", "ptr"), ("m", "i64"), ("n", "i64"),
    ("k", "i64"), ("left_turned", "i64"), ("right_turned", "i64"), ("lead", "i64"), ("other", "i64"),
]  # fmt: skip
_GEMV = [
    ("function", "ptr"), ("matrix", "ptr"), ("vector", "ptr"), ("out", "ptr"), ("rows", "i64"),
    ("columns", "i64"), ("by_columns", "i64"), ("turned", "i64"),
]  # fmt: skip


def gemm() -> Function:
    """The product of two matrices, of which either may lie column by column; lead, other: the elements from one
    row, or column, of each to the next."""
    f = Function("gemm", _GEMM)
    one, zero = f.number(1, "float"), f.number(0, "float")
    as_it_is, turned = f.number(_AS_IT_IS, "i32"), _TURNED
    first = f.choose(f.left_turned.other(0), f.number(turned, "i32"), as_it_is)
    second = f.choose(f.right_turned.other(0), f.number(turned, "i32"), as_it_is)
    f.call(
        f.function, f.number(_ROW_MAJOR, "i32"), first, second, f.m, f.n, f.k, one, f.left, f.lead, f.right,
        f.other, zero, f.out, f.n,
    )  # fmt: skip
    f.give()
    return f


_SYRK = [
    ("function", "ptr"), ("matrix", "ptr"), ("out", "ptr"), ("n", "i64"), ("k", "i64"), ("turned", "i64"),
]  # fmt: skip


def syrk() -> Function:
    """The product of a matrix and its transpose, or of these the other way round: half of it, and its mirror
    image."""
    f = Function("syrk", _SYRK)
    how = f.choose(f.turned.other(0), f.number(_TURNED, "i32"), _AS_IT_IS)
    lead = f.choose(f.turned.other(0), f.n, f.k)
    one, zero = f.number(1, "float"), f.number(0, "float")
    order, half = f.number(_ROW_MAJOR, "i32"), f.number(_UPPER, "i32")
    f.call(f.function, order, half, how, f.n, f.k, one, f.matrix, lead, zero, f.out, f.n)
    with f.loop(f.n) as i, f.loop(f.n, i + 1) as j:
        f.store(f.load("float", f.out, i * f.n + j), f.out, j * f.n + i)
    f.give()
    return f


def gemv() -> Function:
    """The product of a matrix, or of its transpose, and a vector."""
    f = Function("gemv", _GEMV)
    by_columns = f.by_columns.other(0)
    order = f.choose(by_columns, f.number(_COLUMN_MAJOR, "i32"), _ROW_MAJOR)
    how = f.choose(f.turned.other(0), f.number(_TURNED, "i32"), _AS_IT_IS)
    lead = f.choose(by_columns, f.rows, f.columns)
    step, one, zero = f.number(1, "i64"), f.number(1, "float"), f.number(0, "float")
    f.call(
        f.function,
        order,
        how,
        f.rows,
        f.columns,
        one,
        f.matrix,
        lead,
        f.vector,
        step,
        zero,
        f.out,
        step,
    )
    f.give()
    return f


def stack() -> Function:
    """Products of the matrices of two stacks. args: see `over_rows`: of how many; the stacks and the result;
    then, from 8 on, every second word: the function and the sizes."""
    f = Function(STACK, [("args", "ptr")])
    left, right, out = (f.load("ptr", f.args, i) for i in (2, 4, 6))
    function = f.load("ptr", f.args, 8)
    m, n, k = (f.load("i64", f.args, i) for i in (10, 12, 14))
    no = f.number(0, "i64")
    with f.loop(f.load("i64", f.args)) as i:
        a, b, c = (
            f.at(x, "float", i * size) for x, size in ((left, m * k), (right, k * n), (out, m * n))
        )
        f.call("gemm", function, a, b, c, m, n, k, no, no, k, n)
    f.give()
    return f


def rows() -> Function:
    """The product of a matrix and a vector, so many rows at a time. args: likewise: how many times; the
    matrix and the result; from 6 on every second word: the vector, the function, the rows that are left, how
    many are taken at a time, and the columns."""
    f = Function(PART, [("args", "ptr")])
    matrix, out, vector, function = (f.load("ptr", f.args, i) for i in (2, 4, 6, 8))
    left, step, columns = (f.load("i64", f.args, i) for i in (10, 12, 14))
    no = f.number(0, "i64")
    with f.loop(f.load("i64", f.args)) as i:
        rest = left - i * step
        count = f.choose(rest < step, rest, step)
        part, into = f.at(matrix, "float", i * step * columns), f.at(out, "float", i * step)
        f.call("gemv", function, part, vector, into, count, columns, no, no)
    f.give()
    return f


def total() -> Function:
    """Sums of products of matrices, so many at a time. args: likewise: how many sums; the stacks, and the sums
    with room for a product beside each; then, from 8 on every second word, the function, the sizes, how many
    matrices are left, how many are added at a time, and who shares work."""
    f = Function(TOTAL, [("args", "ptr")])
    left, right, out, function = (f.load("ptr", f.args, i) for i in (2, 4, 6, 8))
    m, n, k, rest, step = (f.load("i64", f.args, i) for i in (10, 12, 14, 16, 18))
    sharing = f.load("ptr", f.args, 20)
    no = f.number(0, "i64")
    with f.loop(f.load("i64", f.args)) as i:
        total = f.at(out, "float", i * m * n * 2)
        term = f.at(total, "float", m * n)
        these = rest - i * step
        these = f.choose(these < step, these, step)
        with f.loop(these) as j:
            at = i * step + j
            a, b = f.at(left, "float", at * m * k), f.at(right, "float", at * k * n)
            f.call("gemm", function, a, b, f.choose(j.same(0), total, term), m, n, k, no, no, k, n)
            with f.when(j > 0):
                elements(f, "add", m * n, sharing, (total, 4), (term, 4), (total, 4))
    f.give()
    return f


def elements(f: Function, op: str, count: N, sharing: N, *arrays: tuple[N, int]) -> None:
    """Have the function of an elementwise op do a row: where its arrays begin, and their steps."""
    places, steps = f.room("ptr", len(arrays)), f.room("i64", len(arrays))
    for i, (place, step) in enumerate(arrays):
        f.store(place, places, i)
        f.store(f.number(step, "i64"), steps, i)
    amount = f.variable("i64", count)
    f.call(f"loop_{op}", places, amount.place, steps, sharing)
