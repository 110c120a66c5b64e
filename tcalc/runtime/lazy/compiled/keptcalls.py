"""Kernels of networks that keep what gradients need, and these gradients, as builtins (see `nncalls`): of arrays,
not of tensors. They give tuples of arrays, or None."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.callkernel import COST, MIDDLE, SHORT
from tcalc.runtime.lazy.compiled.callreduce import ITEMS
from tcalc.runtime.lazy.compiled.calls import word
from tcalc.runtime.lazy.compiled.classlosses import LOSSES_KEPT, OUTSIDE, SLOPES
from tcalc.runtime.lazy.compiled.nncalls import NnCall
from tcalc.runtime.lazy.compiled.rownorms import norm, norm_slope
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.sizes import ALONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.scalars import Function, N

NAMES = ("layers_kept", "layer_slopes", "class_losses_kept", "class_slopes_of_all")
# Up to so many scores are few.
_FEW_SCORES = 1 << 16


def every() -> Sequence[Function]:
    """All of these."""
    return [_layers_kept(), _layer_slopes(), _class_losses_kept(), _class_slopes()]


class _Kernel(NnCall):
    """One of the builtins while it is written."""

    def array(self, place: int, dtype: str = "float") -> N:
        """An argument that is an array of a dtype in order."""
        wanted = self.of_site(dtype, "ptr")
        found = self.call("nn.plain", self.context, wanted, self.argument(place), result="ptr")
        self.unless(found.other(0))
        return found

    def numbers(self, place: int, count: N) -> N:
        """The data of an array of so many elements."""
        array = self.array(place)
        self.unless(self.size(array).same(count))
        return self.data(array)

    def numbers_or_none(self, place: int, count: N) -> N:
        """The same, or null where it is left out."""
        data = self.variable("ptr", 0)
        with self.when(self.argument(place).other(self.none)):
            data.set(self.numbers(place, count))
        return data.get()

    def all_made(self, *arrays: tuple[N | int, N]) -> list[N]:
        """New arrays of so many dimensions and sizes."""
        made: list[N] = []
        for dims, sizes in arrays:
            made.append(self.made(self.number(dims, "i64"), sizes, *made))
        return made

    def finish_all(self, arrays: Sequence[N]) -> None:
        """A tuple of arrays."""
        count = self.number(len(arrays), "i64")
        both = self.call(
            word(self, "new_object"), self.of_site("tuple", "ptr"), count, result="ptr"
        )
        with self.when(both.same(0)):
            self.call(word(self, "clear"))
            self.refuse(*arrays)
        for i, array in enumerate(arrays):
            self.store(array, self.at(both, "i8", ITEMS + 8 * i))
        self.give(both)


# -- norms of layers --------------------------------------------------------------------------


def _layers_kept() -> Function:
    """Arguments: the input, weight, bias, the elements of a row, eps. The result, means and variances."""
    f = _Kernel("layers_kept")
    source, columns = f.array(0), f.whole(3)
    size = f.size(source)
    f.unless((columns > 0) & (size > 0) & (size < LARGE) & ((size < MIDDLE) | (columns > SHORT)))
    weight, bias = (f.numbers_or_none(place, columns) for place in (1, 2))
    f.unless(weight.other(0) | bias.same(0))
    eps, rows = f.room("float"), f.room("i64")
    f.store(f.real(4).as_("fptrunc", "float"), eps)
    f.store(size // columns, rows)
    sizes = f.sizes(source)
    made = f.all_made((f.dims(source), sizes), (1, rows), (1, rows))
    out, mean, variance = (f.data(array) for array in made)
    ends: list[tuple[N, N | int]] = [(out, columns * 4), (variance, 4), (mean, 4)]
    for weighted, shifted in ((False, False), (True, False), (True, True)):
        given: list[tuple[N, N | int]] = [(f.data(source), columns * 4), (eps, 0)]
        given += [(weight, 0)] * weighted + [(bias, 0)] * shifted
        body = f"body_{norm(True, weighted, shifted).name}"
        with f.when(weight.other(0).same(weighted) & bias.other(0).same(shifted)):
            f.over_threads(body, f.load("i64", rows), columns, [*given, *ends], size * COST)
    f.finish_all(made)
    return f


def _layer_slopes() -> Function:
    """Arguments: the incoming gradient, the input, weight, means, variances, the elements of a row, eps, whether
    the gradients by input, weight and bias are wanted. These, those by weight and bias of zeros where they
    are not."""
    f = _Kernel("layer_slopes")
    given, source, columns = f.array(0), f.array(1), f.whole(5)
    size = f.size(source)
    f.unless(f.size(given).same(size) & (columns > 0) & (size > 0) & (size < ALONE))
    f.unless((size < MIDDLE) | (columns > SHORT))
    rows, weight = size // columns, f.numbers_or_none(2, columns)
    mean, variance = (f.numbers(place, rows) for place in (3, 4))
    eps, length = f.room("float"), f.room("i64")
    f.store(f.real(6).as_("fptrunc", "float"), eps)
    f.store(columns, length)
    true = word(f, "true")
    wanted = [f.argument(place).same(true) for place in (7, 8, 9)]
    # Of those without weight only the input's, of bias's only beside weight's (see `rownorms`).
    f.unless(wanted[0] & (weight.other(0) | wanted[1].same(0)) & (wanted[1] | wanted[2].same(0)))
    made = f.all_made((f.dims(source), f.sizes(source)), (1, length), (1, length))
    slope, *others = (f.data(array) for array in made)
    for other in others:
        with f.loop(columns) as i:
            f.store(f.number(0, "float"), other, i)
    for weighted, trained, shifted in (
        (False, False, False), (True, False, False), (True, True, False), (True, True, True)
    ):  # fmt: skip
        row = columns * 4
        ends: list[tuple[N, N | int]] = [
            (f.data(given), row), (f.data(source), row), (eps, 0), (variance, 4), (mean, 4),
        ]  # fmt: skip
        ends += [(weight, 0)] * weighted + [(others[0], 0)] * trained + [(others[1], 0)] * shifted
        body = f"body_{norm_slope(True, weighted, (True, trained, shifted)).name}"
        is_it = weight.other(0).same(weighted) & wanted[1].same(trained) & wanted[2].same(shifted)
        with f.when(is_it):
            f.over(body, rows, columns, *ends, (slope, row))
    f.finish_all(made)
    return f


# -- losses of rows ---------------------------------------------------------------------------


def _class_losses_kept() -> Function:
    """Arguments: scores, classes, the reduction. The loss, the exponentials and their sums."""
    f = _Kernel("class_losses_kept")
    scores, classes = f.array(0), f.array(1, "long")
    is_mean = f.is_mean(2)
    f.unless(f.dims(scores).same(2))
    size, rows, columns = f.size(scores), f.size(scores, 0, 1), f.size(scores, 1, 2)
    f.unless(f.size(classes).same(rows) & (size > 0) & (size <= _FEW_SCORES))
    sizes, kept = f.sizes(scores), f.room("i64", 2)
    for i, n in enumerate((rows, f.number(1, "i64"))):
        f.store(n, kept, i)
    made = f.all_made((0, sizes), (2, sizes), (2, kept))
    loss, powers, sums = (f.data(array) for array in made)
    with f.memory(rows * 4, *made) as each:
        row = columns * 4
        arrays: list[tuple[N, N | int]] = [
            (f.data(scores), row), (f.data(classes), 8), (each, 4), (powers, row), (sums, 4),
        ]  # fmt: skip
        f.over_threads(f"body_{LOSSES_KEPT.name}", rows, columns, arrays, size * COST)
        f.over("blocks.sum", 1, rows, (each, 0), (loss, 0))
    found = f.load("float", loss)
    with f.when((found > OUTSIDE).same(0)):
        f.refuse(*made)
    f.store(found / f.choose(is_mean, rows, 1).as_("sitofp", "float"), loss)
    f.finish_all(made)
    return f


def _class_slopes() -> Function:
    """Arguments: the incoming gradient, of one number; the exponentials, their sums, what a mean was divided by,
    classes. The gradient."""
    f = _Kernel("class_slopes_of_all")
    powers, classes, one = f.array(1), f.array(4, "long"), f.number(1, "i64")
    f.unless(f.dims(powers).same(2))
    size, rows, columns = f.size(powers), f.size(powers, 0, 1), f.size(powers, 1, 2)
    f.unless(f.size(classes).same(rows) & (size > 0) & (size <= _FEW_SCORES))
    given, sums, divisor = f.numbers(0, one), f.numbers(2, rows), f.load("float", f.numbers(3, one))
    f.unless(divisor.other(0))
    own = f.room("float")
    share = f.number(1, "float") / divisor * f.load("float", given)
    f.store(share, own)
    made = f.all_made((2, f.sizes(powers)))
    with f.memory(rows * 4, *made) as scale:
        with f.loop(rows) as i:
            f.store(share / f.load("float", sums, i), scale, i)
        row = columns * 4
        arrays: list[tuple[N, N | int]] = [
            (f.data(powers), row), (scale, 4), (own, 0), (f.data(classes), 8), (f.data(made[0]), row),
        ]  # fmt: skip
        f.over_threads(f"body_{SLOPES.name}", rows, columns, arrays, size * COST)
    f.finish_all(made)
    return f
