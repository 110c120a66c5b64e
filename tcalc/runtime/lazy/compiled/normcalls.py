"""Calls of norms in machine code (see `nncalls`): layers and channels brought to mean 0 and variance 1, vectors
to length 1, and the angles between these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.callkernel import COST, MIDDLE, SHORT
from tcalc.runtime.lazy.compiled.channels import NAME as CHANNELS
from tcalc.runtime.lazy.compiled.channels import SCRATCH, WORDS
from tcalc.runtime.lazy.compiled.layouts import MOVING, REPEATED, STANDING
from tcalc.runtime.lazy.compiled.nncalls import NnCall
from tcalc.runtime.lazy.compiled.rownorms import norm
from tcalc.runtime.lazy.compiled.rowwise import Rows
from tcalc.runtime.lazy.expression import LARGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.code import Code
    from tcalc.runtime.lazy.compiled.rowwise import Place
    from tcalc.runtime.lazy.compiled.scalars import Function, N

    # Where arrays are, and the bytes from row to row.
    Arrays = list[tuple[N, N | int]]

NAMES = ("layer_norm", "batch_norm", "normalize", "cosine_similarity")


def functions() -> Sequence[tuple[str, Code]]:
    """What goes over the elements, as a module has it."""
    return [
        part(how) for part in (_quotients, _products) for how in (STANDING, REPEATED)
    ]  # fmt: skip


def every() -> Sequence[Function]:
    """All of these."""
    return [_layer_norm(), _batch_norm(), _normalize(), _cosine_similarity()]


# -- layers -----------------------------------------------------------------------------------


def _layer_norm() -> Function:
    """Arguments: the input, normalized_shape, weight, bias, eps, cudnn_enable."""
    f = NnCall("layer_norm")
    source = f.operand(0)
    wanted, count = f.tuple_of(1)
    dims = f.dims(source)
    f.unless((count > 0) & (count <= dims))
    lead, sizes = dims - count, f.sizes(source)
    with f.loop(count) as i:
        f.unless(f.to_whole(f.load("ptr", wanted, i)).same(f.load("i64", sizes, lead + i)))
    rows, columns = f.size(source, 0, lead), f.size(source, lead)
    size = rows * columns
    f.unless((size > 0) & (size < LARGE) & ((size < MIDDLE) | (columns > SHORT)))
    weight, bias = (f.array_or_none(place, wanted, count) for place in (2, 3))
    f.unless(weight.other(0) | bias.same(0))
    eps, rest = f.room("float"), f.room("float", 2)
    f.store(f.real(4).as_("fptrunc", "float"), eps)
    made = f.made(dims, sizes)
    # Nobody looks at the variances and means.
    ends: Arrays = [(f.data(made), columns * 4), (rest, 0), (f.at(rest, "float", 1), 0)]
    for weighted, shifted in ((False, False), (True, False), (True, True)):
        given: Arrays = [(f.data(source), columns * 4), (eps, 0)]
        given += [(weight, 0)] * weighted + [(bias, 0)] * shifted
        body = f"body_{norm(True, weighted, shifted).name}"
        with f.when(weight.other(0).same(weighted) & bias.other(0).same(shifted)):
            f.over_threads(body, rows, columns, [*given, *ends], size * COST)
    f.finish(made)
    return f


# -- channels ---------------------------------------------------------------------------------


def _batch_norm() -> Function:
    """Arguments: the input, running_mean, running_var, weight, bias, training, momentum, eps."""
    f = NnCall("batch_norm")
    source = f.operand(0)
    f.need_none(1, 2)
    f.need_bool(5, True)
    f.real(6)  # which is a number, though nothing is averaged
    dims, sizes = f.dims(source), f.sizes(source)
    f.unless(dims.same(2))
    rows, columns = (f.size(source, i, i + 1) for i in (0, 1))
    f.unless((rows > 1) & (columns > 0) & (rows * columns < LARGE))
    weight, bias = (f.vector_or_none(place, columns) for place in (3, 4))
    eps = f.real(7)
    made = f.made(dims, sizes)
    with f.memory(columns * (8 * SCRATCH + 8), made) as scratch:
        mean = f.at(scratch, "double", columns * SCRATCH)
        words = {
            "input": f.data(source), "rows": rows, "columns": columns, "eps": eps, "weight": weight,
            "bias": bias, "out": f.data(made), "mean": mean, "variance": f.at(mean, "float", columns),
            "scratch": scratch, "sharing": f.shared_by, "past": f.number(0, "i64"),
        }  # fmt: skip
        args = f.room("i64", len(WORDS))
        for i, name in enumerate(WORDS):
            f.store(words[name], args, i)
        f.call(f"loop_{CHANNELS}", args)
    f.finish(made)
    return f


# -- lengths ----------------------------------------------------------------------------------


def _quotients(how: str) -> tuple[str, Code]:
    """Rows of an array divided by numbers."""
    rows = Rows(["float"] * 3, MOVING + how + MOVING)
    code = rows.code
    numbers = [rows.number(1)] if how == STANDING else []

    def body(place: Place) -> None:
        (length,) = numbers or [place.load(1)]
        place.store(2, code.op("fdiv", place.load(0), length))

    rows.each(body)
    return rows.function(f"internal void @quotients.{how}")


def _products(how: str) -> tuple[str, Code]:
    """Rows of two arrays, divided by numbers of theirs, and multiplied."""
    rows = Rows(["float"] * 5, MOVING * 2 + how * 2 + MOVING)
    code = rows.code
    numbers = [rows.number(k) for k in (2, 3)] if how == STANDING else []

    def body(place: Place) -> None:
        lengths = numbers or [place.load(k) for k in (2, 3)]
        units = [code.op("fdiv", place.load(k), length) for k, length in enumerate(lengths)]
        place.store(4, code.op("fmul", *units))

    rows.each(body)
    return rows.function(f"internal void @products.{how}")


class _Along:
    """A dimension of an array: how many elements there are before, along and after it."""

    def __init__(self, f: NnCall, array: N, dim: N) -> None:
        self.f = f
        self.dims = f.dims(array)
        self.dim = dim
        self.outer = f.size(array, 0, dim)
        self.n = f.size(array, dim, dim + 1)
        self.inner = f.size(array, dim + 1)
        self.size = self.outer * self.n * self.inner
        f.unless((self.size > 0) & (self.size < LARGE))

    def reduced(self, kernel: str, array: N, keep: bool, out: N) -> N:
        """Have a kernel reduce what has the array's shape: whether it did."""
        return self.f.job(
            kernel, array=array, out=out, outer=self.outer, n=self.n, inner=self.inner,
            axis=self.dim, last=self.dim, keep=int(keep), dims=self.dims,
        )  # fmt: skip

    def lengths(self, array: N, eps: N, out: N) -> N:
        """The lengths of vectors, not below a number: whether that was done."""
        f = self.f
        done = self.reduced("norm.float", array, True, out)
        least = eps.as_("fptrunc", "float")
        with f.loop(self.outer * self.inner) as i:
            length = f.load("float", out, i)
            f.store(f.choose(length > least, length, least), out, i)
        return done

    def beside(self, function: str, arrays: Sequence[N], numbers: Sequence[N], out: N) -> None:
        """Have a function go over arrays beside numbers of their vectors."""
        f = self.f
        with f.when(self.inner.same(1)):
            row = self.n * 4
            given: Arrays = [*[(a, row) for a in arrays], *[(a, 4) for a in numbers], (out, row)]
            f.over(f"{function}.{STANDING}", self.outer, self.n, *given)
        with f.when(self.inner.other(1)), f.loop(self.outer) as k:
            row, some = self.inner * 4, k * self.n * self.inner
            given = [(f.at(a, "float", some), row) for a in arrays]
            given += [(f.at(a, "float", k * self.inner), 0) for a in numbers]
            given.append((f.at(out, "float", some), row))
            f.over(f"{function}.{REPEATED}", self.n, self.inner, *given)


def _normalize() -> Function:
    """Arguments: the input, p, dim, eps."""
    f = NnCall("normalize")
    source = f.operand(0)
    f.unless(f.real(1).same(2))
    along = _Along(f, source, f.dimension(2, f.dims(source)))
    eps = f.real(3)
    f.unless(eps >= 0)
    made = f.made(along.dims, f.sizes(source))
    with f.memory(along.outer * along.inner * 4, made) as lengths:
        done = along.lengths(f.data(source), eps, lengths)
        with f.when(done.same(0)):
            f.give_back(lengths)
            f.refuse(made)
        along.beside("quotients", [f.data(source)], [lengths], f.data(made))
    f.finish(made)
    return f


def _cosine_similarity() -> Function:
    """Arguments: x1, x2, dim, eps."""
    f = NnCall("cosine_similarity")
    pair = [f.operand(0), f.operand(1)]
    f.need_alike(*pair)
    along = _Along(f, pair[0], f.dimension(2, f.dims(pair[0])))
    eps = f.real(3)
    f.unless(eps >= 0)
    sizes, kept = f.sizes(pair[0]), f.variable("i64", 0)
    with f.loop(along.dims) as i, f.when(i.other(along.dim)):
        f.store(f.load("i64", sizes, i), sizes, kept.get())
        kept.set(kept.get() + 1)
    made = f.made(along.dims - 1, sizes)
    count = along.outer * along.inner
    with f.memory((along.size + count * 2) * 4, made) as products:
        lengths = [f.at(products, "float", along.size + count * i) for i in (0, 1)]
        datas = [f.data(a) for a in pair]
        done = f.number(1, "i64")
        for data, out in zip(datas, lengths):
            done = done & along.lengths(data, eps, out)
        along.beside("products", datas, lengths, products)
        done = done & along.reduced("sum.float", products, False, f.data(made))
        with f.when(done.same(0)):
            f.give_back(products)
            f.refuse(made)
    f.finish(made)
    return f
