"""Calls of pools in machine code (see `nncalls`): windows without padding, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled.nncalls import NnCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.lazy.compiled.scalars import Function, N

# Planes of more elements are not worked on at once.
_MOST = 1 << 17
_NEGATIVE_ZERO = -(1 << 31)
# Of how many dimensions the windows of an op are, and whether they give the greatest of them, or the mean.
_POOLS = {
    "max_pool1d": (1, True), "max_pool2d": (2, True), "avg_pool1d": (1, False), "avg_pool2d": (2, False),
}  # fmt: skip
NAMES = tuple(_POOLS)


def every() -> Sequence[Function]:
    """All of these."""
    return [_pool(op) for op in _POOLS]


def _pool(op: str) -> Function:
    """Arguments: the input, kernel_size, stride, padding; of the greatest dilation, ceil_mode and
    return_indices, of means ceil_mode, count_include_pad and divisor_override."""
    n, is_max = _POOLS[op]
    f = NnCall(op)
    source = f.operand(0)
    sides = f.wholes(1, n)
    steps = [f.variable("i64", side) for side in sides]
    with f.when(f.argument(2).other(f.none)):
        for own, value in zip(steps, f.wholes(2, n)):
            own.set(value)
    f.need_whole(3, 0)
    if is_max:
        f.need_whole(4, 1)
        f.need_bool(5, False)
        f.need_bool(6, False)
    else:
        f.need_bool(4, False)
        f.need_bool(5, True)
        if n > 1:
            f.need_none(6)
    dims, size = f.dims(source), f.size(source)
    f.unless(dims.same(n + 1) | dims.same(n + 2))
    f.unless((size > 0) & (size <= _MOST))
    sizes, axes = f.sizes(source), []
    for i, (side, variable) in enumerate(zip(sides, steps)):
        length, step = f.load("i64", sizes, dims - (n - i)), variable.get()
        f.unless((side > 0) & (step > 0) & (side <= length))
        windows = (length - side) // step + 1
        f.store(windows, sizes, dims - (n - i))
        axes.append((length, side, step, windows))
    one = f.number(1, "i64")
    (height, depth, down, lines), (width, side, step, windows) = [(one, one, one, one), *axes][-2:]
    planes = f.size(source, 0, dims - n)
    made = f.made(dims, sizes)
    with f.memory(width * 4, made) as line:
        place, out = f.variable("ptr", f.data(source)), f.variable("ptr", f.data(made))
        count, has_zeros = (depth * side).as_("sitofp", "float"), f.variable("i64", 0)
        with f.loop(planes):
            with f.loop(lines) as k:
                first = f.at(place.get(), "float", k * down * width)
                with f.loop(width) as j:
                    f.store(f.load("float", first, j), line, j)
                with f.when(depth > 1):
                    what = f"down.{'max' if is_max else 'sum'}.float"
                    rest = f.at(first, "float", width)
                    f.over(what, depth - 1, width, (rest, width * 4), (line, 0))
                with f.loop(windows) as j:
                    found = _across(f, f.at(line, "float", j * step), side, is_max)
                    if is_max:
                        has_zeros.set(has_zeros.get() | found.same(0).as_("zext", "i64"))
                    f.store(found if is_max else found / count, out.get(), j)
                out.set(f.at(out.get(), "float", windows))
            place.set(f.at(place.get(), "float", height * width))
    if is_max:  # of zeros of two signs either is the greatest
        signs = f.variable("i64", 0)
        with f.when(has_zeros.get().other(0)), f.loop(size) as j:
            is_negative = f.load("i32", f.data(source), j).same(_NEGATIVE_ZERO)
            signs.set(signs.get() | is_negative.as_("zext", "i64"))
        with f.when(signs.get().other(0)):
            f.refuse(made)
    f.finish(made)
    return f


def _across(f: NnCall, place: N, count: N, is_max: bool) -> N:
    """The greatest or the sum of some neighbours, one after the other."""
    found = f.variable("float", f.load("float", place))
    with f.loop(count, 1) as i:
        x, before = f.load("float", place, i), found.get()
        if is_max:
            stays = (before >= x) | f.is_nan(before)
            found.set(f.choose(stays, before, x))
        else:
            found.set(before + x)
    return found.get()
