"""The cells of recurrent layers: what one step makes of an element and of the state so far.

Each has its steps three times: on arrays forward and back, over a whole sequence, and made of ops,
for derivatives of higher order. Products that do not wait for a state are taken of all steps at
once: the input's forward, and those that give the gradients by input and weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import rowcells
from tcalc.runtime.ops.linalg.affine import linear

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.ops.nn.recurrent.walk import Walk
    from tcalc.runtime.tensor.tensor import Tensor


class Weights(NamedTuple):
    """Of one layer in one direction; `projection` of an LSTM with a smaller output, else None."""

    ih: Any
    hh: Any
    bias_ih: Any
    bias_hh: Any
    projection: Any


class Slopes(NamedTuple):
    """What a way back gives: gradients by the products with input and state, by the first state
    and cell, and by the projection."""

    ih: Any
    hh: Any
    hidden: Any
    cell: Any = None
    projection: Any = None


class Cell:
    """One kind of cell. gates: how many rows of the weights belong to an element of the state.

    has_memory: whether it has a second state, LSTM's cell. compiled: see `whole`.
    """

    gates = 1
    has_memory = False

    if TYPE_CHECKING:
        compiled: rowcells.Cell

        # The outputs in rows, the last state and cell (or None), and what the way back reads
        # beside the outputs. x: elements in rows. hidden, cell: the first state.
        def forward(
            self,
            xp: ModuleType,
            walk: Walk,
            x: Array,
            hidden: Array,
            cell: Array | None,
            weights: Weights,
        ) -> tuple[Array, ...]: ...

        # g: by outputs, last state and cell. kept: the outputs, and what else it reads.
        def backward(
            self, xp: ModuleType, walk: Walk, g: Sequence[Array], hidden: Array, cell: Array | None,
            weights: Weights, kept: Sequence[Array],
        ) -> Slopes: ...  # fmt: skip

        # One step on tensors: the state, and the cell or None. x: the input's product.
        def step(
            self, x: Tensor, hidden: Tensor, cell: Tensor | None, weights: Weights
        ) -> tuple[Tensor, Tensor | None]: ...


class Elman(Cell):
    """h' = tanh(W x + U h + b), or relu of it."""

    def __init__(self, bounded: bool) -> None:
        self.bounded = bounded
        self.compiled = rowcells.TANH if bounded else rowcells.RELU

    def forward(
        self,
        xp: ModuleType,
        walk: Walk,
        x: Array,
        hidden: Array,
        cell: Array | None,
        weights: Weights,
    ) -> tuple[Array, ...]:
        """The way back reads nothing beside the outputs."""
        out = product(x, weights, (weights.bias_hh,))
        hidden, turned = hidden.copy(), weights.hh.T
        room = xp.empty_like(hidden)
        for rows, n in walk.steps():
            step = out[rows]
            xp.add(step, xp.matmul(hidden[:n], turned, out=room[:n]), out=step)
            if self.bounded:
                xp.tanh(step, out=step)
            else:
                xp.maximum(step, 0, out=step)
            hidden[:n] = step
        return out, hidden, None

    def backward(
        self, xp: ModuleType, walk: Walk, g: Sequence[Array], hidden: Array, cell: Array | None,
        weights: Weights, kept: Sequence[Array],
    ) -> Slopes:  # fmt: skip
        """Each step is the slope of tanh or relu times what arrives at its output."""
        (out,), back = kept, g[1].copy()
        slope = 1 - out * out if self.bounded else (out > 0).astype(out.dtype)
        for rows, n in reversed(walk.steps()):
            step = slope[rows]
            back[:n] += g[0][rows]
            xp.multiply(step, back[:n], out=step)
            xp.matmul(step, weights.hh, out=back[:n])
        return Slopes(slope, slope, back)

    def step(
        self, x: Tensor, hidden: Tensor, cell: Tensor | None, weights: Weights
    ) -> tuple[Tensor, Tensor | None]:
        """The sum, bounded or cut."""
        total = x + linear(hidden, weights.hh, weights.bias_hh)
        return (total.tanh() if self.bounded else total.relu()), None


class Gru(Cell):
    """r, z = σ(W x + U h), n = tanh(W x + r (U h)), h' = n + z (h - n)."""

    gates = 3
    compiled = rowcells.GRU

    def forward(
        self,
        xp: ModuleType,
        walk: Walk,
        x: Array,
        hidden: Array,
        cell: Array | None,
        weights: Weights,
    ) -> tuple[Array, ...]:
        """The way back reads the gates r, z, n and the state's part of n, before r."""
        k = hidden.shape[1]
        gates = product(x, weights)
        # The two sigmoids take their arguments negated: 1 / (1 + exp(-a)).
        xp.negative(gates[:, : 2 * k], out=gates[:, : 2 * k])
        turned = weights.hh.T.copy()
        turned[:, : 2 * k] *= -1
        bias = 0
        if weights.bias_hh is not None:
            gates[:, : 2 * k] -= weights.bias_hh[: 2 * k]
            bias = weights.bias_hh[2 * k :]
        hidden = hidden.copy()
        out, inner = (xp.empty((walk.rows, k), x.dtype) for _ in range(2))
        room, left = xp.empty((len(hidden), 3 * k), x.dtype), xp.empty_like(hidden)
        for rows, n in walk.steps():
            step, state, recurrent, rest = gates[rows], hidden[:n], room[:n], left[:n]
            both, new, part = step[:, : 2 * k], step[:, 2 * k :], inner[rows]
            xp.matmul(state, turned, out=recurrent)
            xp.add(both, recurrent[:, : 2 * k], out=both)
            sigmoid_of_negative(xp, both)
            xp.add(recurrent[:, 2 * k :], bias, out=part)
            xp.add(new, xp.multiply(both[:, :k], part, out=rest), out=new)
            xp.tanh(new, out=new)
            xp.subtract(state, new, out=state)
            xp.multiply(state, both[:, k:], out=state)
            xp.add(state, new, out=state)
            out[rows] = state
        return out, hidden, None, gates, inner

    def backward(
        self, xp: ModuleType, walk: Walk, g: Sequence[Array], hidden: Array, cell: Array | None,
        weights: Weights, kept: Sequence[Array],
    ) -> Slopes:  # fmt: skip
        """By r, z, the state's part of n and the input's part of n, each a factor times what
        arrives; all factors are known before the first step back."""
        out, gates, inner = kept
        k = out.shape[1]
        before = walk.before(xp, out, hidden)
        slopes = xp.empty((walk.rows, 4, k), out.dtype)

        def factors(rows: slice) -> None:
            r, z, n = (gates[rows, i * k : (i + 1) * k] for i in range(3))
            found = slopes[rows]
            found[:, 3] = (1 - z) * (1 - n * n)
            found[:, 2] = found[:, 3] * r
            found[:, 1] = (before[rows] - n) * (z - z * z)
            found[:, 0] = found[:, 2] * inner[rows] * (1 - r)

        in_blocks(factors, walk, 4 * k)
        back, room = g[1].copy(), xp.empty_like(hidden)
        for rows, n in reversed(walk.steps()):
            step, state = slopes[rows], back[:n]
            state += g[0][rows]
            xp.multiply(step, state[:, None], out=step)
            by_gates = step[:, :3].reshape(n, 3 * k)
            xp.multiply(state, gates[rows, k : 2 * k], out=state)
            xp.add(state, xp.matmul(by_gates, weights.hh, out=room[:n]), out=state)
        by_input = xp.concatenate((slopes[:, :2], slopes[:, 3:]), axis=1)
        by_state = slopes[:, :3].reshape(walk.rows, 3 * k)
        return Slopes(by_input.reshape(walk.rows, 3 * k), by_state, back)

    def step(
        self, x: Tensor, hidden: Tensor, cell: Tensor | None, weights: Weights
    ) -> tuple[Tensor, Tensor | None]:
        """The same made of ops."""
        a = x.chunk(3, 1)
        b = linear(hidden, weights.hh, weights.bias_hh).chunk(3, 1)
        r, z = (a[0] + b[0]).sigmoid(), (a[1] + b[1]).sigmoid()
        n = (a[2] + r * b[2]).tanh()
        return n + z * (hidden - n), None


class Lstm(Cell):
    """i, f, o = σ(W x + U h), g = tanh(W x + U h), c' = f c + i g, h' = o tanh(c'), projected."""

    gates = 4
    has_memory = True
    compiled = rowcells.LSTM

    def forward(
        self, xp: ModuleType, walk: Walk, x: Array, hidden: Array, cell: Array, weights: Weights
    ) -> tuple[Array, ...]:
        """The way back reads the gates in the order i, f, o, g, and the cells and their tanh."""
        k = cell.shape[1]
        at = _order(xp, k)
        # The three sigmoids take their arguments negated: 1 / (1 + exp(-a)).
        signs = xp.ones(4 * k, x.dtype)
        signs[: 3 * k] = -1
        placed = Weights(
            *[None if w is None else (w[at].T * signs).T for w in (*weights[:4], None)]
        )
        gates = product(x, placed, (placed.bias_hh,))
        turned = placed.hh.T
        hidden, cell = hidden.copy(), cell.copy()
        out = xp.empty((walk.rows, hidden.shape[1]), x.dtype)
        cells, tops = (xp.empty((walk.rows, k), x.dtype) for _ in range(2))
        room, left = xp.empty((len(cell), 4 * k), x.dtype), xp.empty_like(cell)
        projection = None if weights.projection is None else weights.projection.T
        for rows, n in walk.steps():
            step, state, memory, top, rest = gates[rows], hidden[:n], cell[:n], tops[rows], left[:n]
            xp.add(step, xp.matmul(state, turned, out=room[:n]), out=step)
            sigmoid_of_negative(xp, step[:, : 3 * k])
            new = step[:, 3 * k :]
            xp.tanh(new, out=new)
            xp.multiply(memory, step[:, k : 2 * k], out=memory)
            xp.add(memory, xp.multiply(step[:, :k], new, out=rest), out=memory)
            cells[rows] = memory
            xp.tanh(memory, out=top)
            if projection is None:
                xp.multiply(step[:, 2 * k : 3 * k], top, out=state)
            else:
                xp.multiply(step[:, 2 * k : 3 * k], top, out=rest)
                xp.matmul(rest, projection, out=state)
            out[rows] = state
        return out, hidden, cell, gates, cells, tops

    def backward(
        self, xp: ModuleType, walk: Walk, g: Sequence[Array], hidden: Array, cell: Array,
        weights: Weights, kept: Sequence[Array],
    ) -> Slopes:  # fmt: skip
        """By i, f, g and o, each a factor times what arrives at the cell or, for o, the output;
        all factors are known before the first step back."""
        out, gates, cells, tops = kept
        k = cells.shape[1]
        before = walk.before(xp, cells, cell)
        slopes = xp.empty((walk.rows, 4, k), out.dtype)
        through = xp.empty_like(cells)

        def factors(rows: slice) -> None:
            i, f, o, n = (gates[rows, j * k : (j + 1) * k] for j in range(4))
            found, top = slopes[rows], tops[rows]
            found[:, 0] = (i - i * i) * n
            found[:, 1] = (f - f * f) * before[rows]
            found[:, 2] = i * (1 - n * n)
            found[:, 3] = (o - o * o) * top
            through[rows] = o * (1 - top * top)

        in_blocks(factors, walk, 5 * k)
        back, memory_back = g[1].copy(), g[2].copy()
        room, left = xp.empty_like(cell), xp.empty_like(cell)
        totals = None if weights.projection is None else xp.empty_like(out)
        for rows, n in reversed(walk.steps()):
            step, state, memory = slopes[rows], back[:n], memory_back[:n]
            state += g[0][rows]
            arrives = state
            if totals is not None:
                totals[rows] = state
                arrives = xp.matmul(state, weights.projection, out=room[:n])
            xp.add(memory, xp.multiply(through[rows], arrives, out=left[:n]), out=memory)
            xp.multiply(step[:, :3], memory[:, None], out=step[:, :3])
            xp.multiply(step[:, 3], arrives, out=step[:, 3])
            xp.multiply(memory, gates[rows, k : 2 * k], out=memory)
            xp.matmul(step.reshape(n, 4 * k), weights.hh, out=state)
        found = slopes.reshape(walk.rows, 4 * k)
        by_projection = None
        if totals is not None:
            by_projection = totals.T @ (gates[:, 2 * k : 3 * k] * tops)
        return Slopes(found, found, back, memory_back, by_projection)

    def step(self, x: Tensor, hidden: Tensor, cell: Any, weights: Weights) -> tuple[Tensor, Tensor]:
        """The same made of ops."""
        total = x + linear(hidden, weights.hh, weights.bias_hh)
        i, f, n, o = total.chunk(4, 1)
        cell = f.sigmoid() * cell + i.sigmoid() * n.tanh()
        hidden = o.sigmoid() * cell.tanh()
        if weights.projection is not None:
            hidden = linear(hidden, weights.projection)
        return hidden, cell


TANH, RELU, GRU, LSTM = Elman(True), Elman(False), Gru(), Lstm()


def product(x: Array, weights: Weights, more: tuple[Array, ...] = ()) -> Array:
    """Elements in rows times the input's weight, plus its bias and others."""
    found = x @ weights.ih.T
    for bias in (weights.bias_ih, *more):
        if bias is not None:
            found += bias
    return found


def sigmoid_of_negative(xp: ModuleType, a: Array) -> None:
    """1 / (1 + exp(a)), written over `a`."""
    xp.exp(a, out=a)
    xp.add(a, 1, out=a)
    xp.reciprocal(a, out=a)


def in_blocks(work: Callable[[slice], None], walk: Walk, width: int) -> None:
    """Call `work(rows)` for all rows, block by block, over threads."""
    blocks = walk.blocks(width)
    threads.spread(lambda i: work(blocks[i]), len(blocks))


def _order(xp: ModuleType, k: int) -> Array:
    """Where the rows of PyTorch's gates i, f, g, o stand in the order i, f, o, g."""
    at = xp.arange(4 * k).reshape(4, k)
    return xp.concatenate((at[:2], at[3:], at[2:3])).reshape(-1)
