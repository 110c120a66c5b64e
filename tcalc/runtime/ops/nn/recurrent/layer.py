"""One layer of a recurrent network in one direction: a whole sequence is one op."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.arrays.backend import has_contents
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Array, Arrays
from tcalc.runtime.call.define import kernel
from tcalc.runtime.ops.linalg.affine import linear
from tcalc.runtime.ops.nn.recurrent import layer_batches, whole
from tcalc.runtime.ops.nn.recurrent.cells import GRU, LSTM, RELU, TANH, Cell, Weights
from tcalc.runtime.ops.nn.recurrent.totals import over_elements
from tcalc.runtime.ops.nn.recurrent.walk import Walk
from tcalc.runtime.ops.nn.retraced import retraced
from tcalc.runtime.ops.shape.joining import cat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor


def _layer(kind: Cell, name: str, node_name: str, back: DefinedOp) -> DefinedOp:
    """The op of a cell, under PyTorch's name for the node of its output."""

    @kernel(name=name, names=(), node_name=node_name, only="f")
    def layer(
        xp: ModuleType, input: Array, hidden: Array, cell: Array | None, weight_ih: Array,
        weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None, projection: Array | None,
        walk: Walk, keep: bool,
    ) -> Array:  # fmt: skip
        """The outputs, the last state and cell, and, if `keep` says so, what the way back reads.

        input: (*, in), hidden: (n, out), cell: (n, k) → (*, out), (n, out), (n, k).
        """
        x, hidden, cell, *weights = _plain(
            xp, input, hidden, cell, weight_ih, weight_hh, bias_ih, bias_hh, projection
        )
        shape = (*x.shape[:-1], hidden.shape[1])
        if not keep and not has_contents(x):
            shapes = [shape, *[(0,) if s is None else s.shape for s in (hidden, cell)]]
            return tuple(xp.empty(s, x.dtype) for s in shapes)
        x = x.reshape(walk.rows, x.shape[-1])
        given = (walk, x, hidden, cell, Weights(*weights))
        out, hidden, cell, *kept = whole.forward(kind, *given) or kind.forward(xp, *given)
        last = hidden, xp.empty(0, x.dtype) if cell is None else cell
        if not keep:
            return out.reshape(shape), *last
        # The program may write into its outputs: the way back reads others.
        return out.copy().reshape(shape), *last, out, *kept

    def gradients(
        g: Sequence[Tensor], needs: tuple[bool, ...], input: Tensor, hidden: Tensor,
        cell: Tensor | None, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor | None,
        bias_hh: Tensor | None, projection: Tensor | None, aux: Sequence[Tensor], walk: Walk,
    ) -> list[Tensor | None]:  # fmt: skip
        operands = [input, hidden, cell, weight_ih, weight_hh, bias_ih, bias_hh, projection]
        if mode.enabled:
            return retraced(lambda *given: unrolled(kind, walk, given), operands, g, needs)
        found = back(g[:3], [t.detach() for t in aux[2:]], *operands, walk, tuple(needs))
        return [f if n else None for f, n in zip(found, needs)]

    made: DefinedOp = layer
    made.vjps_of(*[p.name for p in made.params if p.is_array])(gradients)
    made.batch = layer_batches.outputs
    return made


def _way_back(kind: Cell, name: str) -> DefinedOp:
    """The op that gives the gradients of a cell's layer."""

    @kernel(name=f"{name}_backward", names=(), differentiable=False, only="f")
    def gradients(
        xp: ModuleType, g: Arrays, kept: Arrays, input: Array, hidden: Array, cell: Array | None,
        weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None,
        projection: Array | None, walk: Walk, needs: Sequence[bool],
    ) -> Array:  # fmt: skip
        """The gradients by the operands of the layer, of no elements where they are not wanted."""
        x, hidden, cell, *weights = _plain(
            xp, input, hidden, cell, weight_ih, weight_hh, bias_ih, bias_hh, projection
        )
        kept, g = (_plain(xp, *a) for a in (kept, g))
        g[0] = g[0].reshape(kept[0].shape)
        some, shape = Weights(*weights), x.shape
        x = x.reshape(walk.rows, shape[-1])
        given = (walk, g, hidden, cell, some, kept)
        back = whole.backward(kind, *given) or kind.backward(xp, *given)
        # By number of the operand: what is multiplied with the slopes, and whose rows are added up.
        pairs = {3: (back.ih, x)} if needs[3] else {}
        if needs[4]:
            pairs[4] = back.hh, walk.before(xp, kept[0], hidden)
        rows = {5: back.ih} if back.hh is back.ih else {5: back.ih, 6: back.hh}
        totals = over_elements(xp, [*pairs.values()], [*rows.values()])
        found: dict[int, Array] = dict(zip((*pairs, *rows), totals))
        found.setdefault(6, found[5].copy())
        found |= {1: back.hidden, 2: back.cell, 7: back.projection}
        if needs[0]:
            found[0] = (back.ih @ some.ih).reshape(shape)
        gradients = map(found.get, range(len(needs)))
        return tuple(xp.empty(0, x.dtype) if a is None else a for a in gradients)

    made: DefinedOp = gradients
    made.batch = layer_batches.gradients
    return made


def _plain(xp: ModuleType, *arrays: Array) -> list[Array]:
    """The arrays themselves: where calls are noted, all steps of a sequence are one."""
    return [None if a is None else xp.asarray(a) for a in arrays]


def unrolled(kind: Cell, walk: Walk, operands: Sequence[Any]) -> tuple[Tensor | None, ...]:
    """The outputs, the last state and the last cell, step by step on tensors."""
    x, hidden, cell, *rest = operands
    weights, lead = Weights(*rest), x._d.shape[:-1]
    x = linear(x.reshape(walk.rows, x._d.shape[-1]), weights.ih, weights.bias_ih)
    outs: dict[int, Any] = {}
    for rows, n in walk.steps():
        state, memory = kind.step(x[rows], hidden[:n], None if cell is None else cell[:n], weights)
        outs[rows.start] = state
        hidden = cat([state, hidden[n:]])
        cell = None if memory is None else cat([memory, cell[n:]])
    out = cat([outs[start] for start in sorted(outs)])
    return out.reshape(*lead, out._d.shape[1]), hidden, cell


class Layers:
    """The ops of one kind of cell: of whole sequences, of a smaller output, of packed ones, of
    one step."""

    __slots__ = ("kind", "packed", "plain", "projected", "single")

    def __init__(self, kind: Cell, name: str, single: str, plain: str = "StackBackward0") -> None:
        self.kind = kind
        back = _way_back(kind, name)
        self.plain, self.packed, self.single = (
            _layer(kind, name, node, back) for node in (plain, "CatBackward0", single)
        )
        self.projected = (
            _layer(kind, name, "StackBackward0", back) if kind.has_memory else self.plain
        )


TANH_LAYERS = Layers(TANH, "rnn_tanh", "TanhBackward0")
RELU_LAYERS = Layers(RELU, "rnn_relu", "ReluBackward0")
GRU_LAYERS = Layers(GRU, "gru", "AddBackward0")
LSTM_LAYERS = Layers(LSTM, "lstm", "MulBackward0", "MkldnnRnnLayerBackward0")
