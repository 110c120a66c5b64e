"""One step of recurrent cells, forward and back: all that lies between two products, for some rows.

Arrays of gates have several parts in a row, each as long as a state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import polynomials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcalc.runtime.lazy.compiled.code import V
    from tcalc.runtime.lazy.compiled.tiles import Tile


class Cell:
    """What a step is made of, between the products.

    name: in what is compiled. gates: parts of the weights. forward, back: the arrays of the two
    functions after those that all have, by the parts in a row. kept: those that the way back reads beside
    the outputs. states: those with a row for each example.
    slopes: of the way back, the one that is multiplied by the weights. adds: whether that goes to what
    the step has left of the gradient by the state.
    """

    gates = 1
    forward: Mapping[str, int] = {"hidden": 1, "gates": 1, "out": 1}
    back: Mapping[str, int] = {"back": 1, "given": 1, "out": 1, "slopes": 1}
    kept: Sequence[str] = ()
    states: Sequence[str] = ("hidden", "back")
    slopes = "slopes"
    adds = False

    if TYPE_CHECKING:

        def step(self, tile: Tile, products: Sequence[V]) -> None:
            """Write what comes of a step. products: of the state and the weights, by part."""

        def slope(self, tile: Tile) -> None:
            """Write what a step comes to on the way back."""

    def total(self, tile: Tile, products: Sequence[V], part: int) -> V:
        """The sum of a part's products."""
        code = tile.code
        given = code.op("fadd", tile.load("gates", part), tile.same("bias", part))
        return code.op("fadd", given, products[part])


class Elman(Cell):
    """h' = tanh(W x + U h + b), or relu of it."""

    def __init__(self, bounded: bool) -> None:
        self.bounded = bounded

    def step(self, tile: Tile, products: Sequence[V]) -> None:
        """The sums become outputs."""
        code, total = tile.code, self.total(tile, products, 0)
        if self.bounded:
            tile.store("out", polynomials.tanh(code, total))
        else:
            tile.store("out", code.select(code.test("fcmp olt", total, 0), 0, total))

    def slope(self, tile: Tile) -> None:
        """By the sums."""
        code, out = tile.code, tile.load("out")
        arrives = code.op("fadd", tile.load("given"), tile.load("back"))
        if self.bounded:
            tile.store("slopes", _times(tile, _away(tile, out), arrives))
        else:
            tile.store("slopes", code.select(code.test("fcmp ogt", out, 0), arrives, 0))


class Gru(Cell):
    """r, z = σ(W x + U h), n = tanh(W x + r (U h)), h' = n + z (h - n)."""

    gates = 3
    forward: Mapping[str, int] = {"hidden": 1, "gates": 3, "out": 1, "inner": 1}
    back: Mapping[str, int] = {
        "back": 1, "given": 1, "out": 1, "first": 1, "gates": 3, "inner": 1, "slopes": 3,
        "by_state": 3,
    }  # fmt: skip
    kept = ("gates", "inner")
    states = ("hidden", "back", "first")
    slopes = "by_state"
    adds = True

    def step(self, tile: Tile, products: Sequence[V]) -> None:
        """The sums become the gates r, z, n; inner: the state's part of n."""
        code = tile.code
        r, z = (_sigmoid(tile, self.total(tile, products, i)) for i in range(2))
        given = code.op("fadd", tile.load("gates", 2), tile.same("bias", 2))
        n = polynomials.tanh(code, code.op("fadd", given, _times(tile, r, products[2])))
        for part, gate in enumerate((r, z, n)):
            tile.store("gates", gate, part)
        tile.store("inner", products[2])
        rest = _times(tile, code.op("fsub", tile.load("hidden"), n), z)
        tile.store("out", code.op("fadd", rest, n))

    def slope(self, tile: Tile) -> None:
        """By the sums r, z, n of the input and of the state; what does not go through them is left."""
        code = tile.code
        arrives = code.op("fadd", tile.load("given"), tile.load("back"))
        r, z, n = (tile.load("gates", i) for i in range(3))
        by_new = _times(tile, code.op("fsub", 1, z), _away(tile, n), arrives)
        by_part = _times(tile, by_new, r)
        rest = code.op("fsub", tile.before("out", "first"), n)
        by_z = _times(tile, rest, _bend(tile, z), arrives)
        by_r = _times(tile, by_part, tile.load("inner"), code.op("fsub", 1, r))
        for part, (one, other) in enumerate(((by_r, by_r), (by_z, by_z), (by_new, by_part))):
            tile.store("slopes", one, part)
            tile.store("by_state", other, part)
        tile.store("back", _times(tile, arrives, z))


class Lstm(Cell):
    """i, f, o = σ(W x + U h), g = tanh(W x + U h), c' = f c + i g, h' = o tanh(c')."""

    gates = 4
    forward: Mapping[str, int] = {
        "hidden": 1, "gates": 4, "out": 1, "cell": 1, "cells": 1, "tops": 1,
    }  # fmt: skip
    back: Mapping[str, int] = {
        "back": 1, "given": 1, "memory": 1, "gates": 4, "cells": 1, "first": 1, "tops": 1, "slopes": 4,
    }  # fmt: skip
    kept = ("gates", "cells", "tops")
    states = ("hidden", "cell", "back", "memory", "first")

    def step(self, tile: Tile, products: Sequence[V]) -> None:
        """The sums i, f, g, o become the gates in the order i, f, o, g; tops: tanh of the cells."""
        code = tile.code
        i, f, g, o = (self.total(tile, products, part) for part in range(4))
        i, f, o = (_sigmoid(tile, x) for x in (i, f, o))
        g = polynomials.tanh(code, g)
        for part, gate in enumerate((i, f, o, g)):
            tile.store("gates", gate, part)
        cell = code.op("fadd", _times(tile, tile.load("cell"), f), _times(tile, i, g))
        top = polynomials.tanh(code, cell)
        for array, value in (("cell", cell), ("cells", cell), ("tops", top)):
            tile.store(array, value)
        tile.store("out", _times(tile, o, top))

    def slope(self, tile: Tile) -> None:
        """By the sums i, f, g, o, and by the cell before."""
        code = tile.code
        i, f, o, g = (tile.load("gates", part) for part in range(4))
        top = tile.load("tops")
        arrives = code.op("fadd", tile.load("given"), tile.load("back"))
        through = _times(tile, o, _away(tile, top), arrives)
        memory = code.op("fadd", tile.load("memory"), through)
        slopes = (
            _times(tile, _bend(tile, i), g, memory),
            _times(tile, _bend(tile, f), tile.before("cells", "first"), memory),
            _times(tile, i, _away(tile, g), memory),
            _times(tile, _bend(tile, o), top, arrives),
        )
        for part, slope in enumerate(slopes):
            tile.store("slopes", slope, part)
        tile.store("memory", _times(tile, memory, f))


CELLS = TANH, RELU, GRU, LSTM = Elman(True), Elman(False), Gru(), Lstm()


def _times(tile: Tile, *factors: V) -> V:
    found = factors[0]
    for factor in factors[1:]:
        found = tile.code.op("fmul", found, factor)
    return found


def _bend(tile: Tile, x: V) -> V:
    """x (1 - x), the slope of a sigmoid."""
    return tile.code.op("fsub", x, _times(tile, x, x))


def _away(tile: Tile, x: V) -> V:
    """1 - x², the slope of a tanh."""
    return tile.code.op("fsub", 1, _times(tile, x, x))


def _sigmoid(tile: Tile, x: V) -> V:
    code = tile.code
    power = polynomials.exp(code, code.op("fneg", x))
    return code.op("fdiv", 1, code.op("fadd", 1, power))
