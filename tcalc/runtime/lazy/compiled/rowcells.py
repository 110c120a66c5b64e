"""One step of recurrent cells, forward and back: all that lies between two matrix products.

Arrays of gates have several parts in a row, one after the other, each as long as the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.lazy.compiled import polynomials
from tcalc.runtime.lazy.compiled.layouts import MOVING
from tcalc.runtime.lazy.compiled.rowforms import Form

if TYPE_CHECKING:
    from tcalc.runtime.lazy.compiled.code import Code, V
    from tcalc.runtime.lazy.compiled.rowwise import Place, Rows


def _times(code: Code, *factors: V) -> V:
    found = factors[0]
    for factor in factors[1:]:
        found = code.op("fmul", found, factor)
    return found


def _bend(code: Code, x: V) -> V:
    """x (1 - x), the slope of a sigmoid."""
    return code.op("fsub", x, _times(code, x, x))


def _away(code: Code, x: V) -> V:
    """1 - x², the slope of a tanh."""
    return code.op("fsub", 1, _times(code, x, x))


def _sigmoid(rows: Rows, x: V) -> V:
    code = rows.code
    power = polynomials.exp(code, code.op("fneg", x))
    return code.op("fdiv", 1, code.op("fadd", 1, power))


def _lstm(rows: Rows, kind: str) -> None:
    """Arrays: the cell, the gates i, f, o, g by the input and by the state; the gates, the new cell, its
    tanh, and the output."""
    code = rows.code

    def step(place: Place) -> None:
        sums = [code.op("fadd", place.load(1, i), place.load(2, i)) for i in range(4)]
        i, f, o = (_sigmoid(rows, x) for x in sums[:3])
        g = polynomials.tanh(code, sums[3])
        for part, gate in enumerate((i, f, o, g)):
            place.store(3, gate, part)
        cell = code.op("fmul", place.load(0), f)
        cell = code.op("fadd", cell, code.op("fmul", i, g))
        top = polynomials.tanh(code, cell)
        place.store(4, cell)
        place.store(5, top)
        place.store(6, code.op("fmul", o, top))

    rows.each(step)


def _lstm_slope(rows: Rows, kind: str) -> None:
    """Arrays: the cell before, the new one's tanh, what arrives at the output, from the step after at the
    output and at the cell, and the gates; the gradients by the sums i, f, g, o, and by the cell before."""
    code = rows.code

    def step(place: Place) -> None:
        before, top, memory = place.load(0), place.load(1), place.load(4)
        arrives = code.op("fadd", place.load(2), place.load(3))
        i, f, o, g = (place.load(5, part) for part in range(4))
        memory = code.op("fadd", memory, _times(code, o, _away(code, top), arrives))
        slopes = (
            _times(code, _bend(code, i), g, memory),
            _times(code, _bend(code, f), before, memory),
            _times(code, i, _away(code, g), memory),
            _times(code, _bend(code, o), top, arrives),
        )
        for part, slope in enumerate(slopes):
            place.store(6, slope, part)
        place.store(7, _times(code, memory, f))

    rows.each(step)


def _gru(rows: Rows, kind: str) -> None:
    """Arrays: the state, the gates r, z, n by the input and by the state, and what is added to the last;
    the gates, the state's part of n, and the new state."""
    code = rows.code

    def step(place: Place) -> None:
        r, z = (_sigmoid(rows, code.op("fadd", place.load(1, i), place.load(2, i))) for i in (0, 1))
        part = code.op("fadd", place.load(2, 2), place.load(3))
        n = polynomials.tanh(code, code.op("fadd", place.load(1, 2), _times(code, r, part)))
        for i, gate in enumerate((r, z, n)):
            place.store(4, gate, i)
        place.store(5, part)
        rest = _times(code, code.op("fsub", place.load(0), n), z)
        place.store(6, code.op("fadd", rest, n))

    rows.each(step)


def _gru_slope(rows: Rows, kind: str) -> None:
    """Arrays: the state before, its part of n, what arrives at the output and from the step after, and the
    gates; the gradients by the sums r, z, n of the input and of the state, and by the state before as far
    as that does not go through them."""
    code = rows.code

    def step(place: Place) -> None:
        before, part = place.load(0), place.load(1)
        arrives = code.op("fadd", place.load(2), place.load(3))
        r, z, n = (place.load(4, i) for i in range(3))
        by_new = _times(code, code.op("fsub", 1, z), _away(code, n), arrives)
        by_part = _times(code, by_new, r)
        by_z = _times(code, code.op("fsub", before, n), _bend(code, z), arrives)
        by_r = _times(code, by_part, part, code.op("fsub", 1, r))
        for i, (by_input, by_state) in enumerate(((by_r, by_r), (by_z, by_z), (by_new, by_part))):
            place.store(5, by_input, i)
            place.store(6, by_state, i)
        place.store(7, _times(code, arrives, z))

    rows.each(step)


LSTM = Form(_lstm, MOVING * 7, name="lstm", parts=((1, 4), (2, 4), (3, 4)))
LSTM_SLOPE = Form(_lstm_slope, MOVING * 8, name="lstm_slope", parts=((5, 4), (6, 4)))
GRU = Form(_gru, MOVING * 7, name="gru", parts=((1, 3), (2, 3), (4, 3)))
GRU_SLOPE = Form(_gru_slope, MOVING * 8, name="gru_slope", parts=((4, 3), (5, 3), (6, 3)))
# How many of their arrays are results.
INSTALLED = {LSTM: 4, LSTM_SLOPE: 2, GRU: 3, GRU_SLOPE: 3}
