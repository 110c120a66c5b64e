"""Recurrent networks of several layers and directions, and single steps of their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DtypeError, ShapeError, StateError
from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base.modes import casting
from tcalc.runtime.base.op import LOWER, Array, Arrays
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.linalg.misfits import cannot_multiply
from tcalc.runtime.ops.nn.dropout import dropout as dropped
from tcalc.runtime.ops.nn.recurrent.cells import Weights
from tcalc.runtime.ops.nn.recurrent.layer import (
    GRU_LAYERS,
    LSTM_LAYERS,
    RELU_LAYERS,
    TANH_LAYERS,
    Layers,
)
from tcalc.runtime.ops.nn.recurrent.walk import Walk
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.shape.joining import cat, stack
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor


# -- whole networks ---------------------------------------------------------------------------


def network(
    layers: Layers, input: Tensor, states: Sequence[Tensor], weights: Sequence[Weights],
    sizes: tuple[int, ...] | None, directions: int, dropout: float,
) -> tuple[Tensor, ...]:  # fmt: skip
    """The outputs, and the last states, of layers one above the other.

    input: (times, n, in), or the rows (elements, in) of packed sequences of which there are `sizes`
    at each time. states: the first ones, (layers * directions, n, out), and of an LSTM its cells.
    weights: of each layer in each direction. dropout: the chance by which elements between layers
    become 0.
    """
    op = layers.plain if weights[0].projection is None else layers.projected
    if sizes is None:
        sizes = (input._d.shape[1],) * input._d.shape[0]
        if not sizes:
            raise ShapeError("Expected sequence length to be larger than 0 in RNN",
                             argument="input")  # fmt: skip
    else:
        op = layers.packed
    first = [s.unbind(0) for s in states]
    last: list[Any] = []
    for i in range(0, len(weights), directions):
        if i:
            input = dropped(input, dropout)
        found = [
            _run(
                op,
                layers.kind.gates,
                input,
                [s[i + j] for s in first],
                weights[i + j],
                Walk(sizes, j > 0),
            )
            for j in range(directions)
        ]
        last += found
        input = found[0][0] if directions == 1 else cat([f[0] for f in found], -1)
    return input, *[stack([f[1 + k] for f in last]) for k in range(len(states))]


def _run(
    op: DefinedOp, gates: int, input: Tensor, first: Sequence[Tensor], weights: Weights, walk: Walk
) -> tuple[Tensor, ...]:
    """One layer in one direction."""
    hidden, cell = first if len(first) > 1 else (first[0], None)
    operands = [input, hidden, cell, *weights]
    if casting.count and casting.here():
        operands = [None if t is None else t.to(input.dtype) for t in operands]
    _check(gates, operands)
    return op(*operands, walk, any(t is not None and tracked(t) for t in operands))


def _check(gates: int, operands: Sequence[Any]) -> None:
    """Refuse integers, operands of several dtypes, and weights that do not fit."""
    input, hidden, cell, ih, hh, *biases, projection = operands
    if not input.dtype.is_floating_point:
        raise DtypeError(
            f"result type Float can't be cast to the desired output type {input.dtype.shorthand}",
            argument="input",
        )
    for t in operands:
        if t is not None and t.dtype is not input.dtype:
            raise DtypeError(
                "mat1 and mat2 must have the same dtype, but got "
                f"{input.dtype.shorthand} and {t.dtype.shorthand}"
            )
    for t, weight in ((input, ih), (hidden, hh)):
        shape = t._d.shape
        if weight._d.ndim != 2 or shape[-1] != weight._d.shape[1]:
            raise cannot_multiply((numel(shape[:-1]), shape[-1]), weight._d.shape[::-1])
    size, out = (hidden if cell is None else cell)._d.shape[1], hidden._d.shape[1]
    wanted = [(w, (gates * size, *w._d.shape[1:])) for w in (ih, hh)]
    wanted += [(b, (gates * size,)) for b in biases if b is not None]
    if projection is not None:
        wanted.append((projection, (out, size)))
    elif out != size:
        raise ShapeError(f"a state of size {out} does not go with a cell of size {size}")
    for weight, fits in wanted:
        if weight._d.shape != fits:
            raise ShapeError(f"a weight of a recurrent layer must be of shape {list(fits)}, got "
                             f"{list(weight._d.shape)}")  # fmt: skip


def _of_list(
    params: Sequence[Tensor], has_biases: bool, count: int, projected: bool
) -> list[Weights]:
    """The weights of each layer and direction from all of them in PyTorch's order."""
    size = 2 + 2 * has_biases + projected
    if len(params) != size * count:
        raise StateError(
            f"MatrixRef: ArrayRef size {len(params)} not divisible by stride {size}"
            if len(params) % size
            else f"expected {size * count} weights, got {len(params)}",
            argument="params",
        )
    found = []
    for i in range(0, len(params), size):
        ih, hh, *biases = params[i : i + size]
        last = biases.pop() if projected else None
        bias, more = biases or (None, None)
        found.append(Weights(ih, hh, bias, more, last))
    return found


def _called(
    layers: Layers, input: Tensor, states: Sequence[Tensor], params: Sequence[Tensor],
    has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """A network as programs call it."""
    directions = 2 if bidirectional else 1
    count = num_layers * directions
    projected = len(states) > 1 and states[0].shape[2:] != states[1].shape[2:]
    weights = _of_list(params, has_biases, count, projected)
    for s in (input, *states):
        if s._d.ndim != 3:
            raise ShapeError(f"expected input and states of 3 dimensions, got {s._d.ndim}")
    x = input.transpose(0, 1) if batch_first else input
    wanted = (count, x._d.shape[1])
    for s in states:
        if s._d.shape[:2] != wanted:
            raise ShapeError(f"Expected hidden size {(*wanted, s._d.shape[2])}, got {list(s.shape)}",
                             argument="hx")  # fmt: skip
    out, *last = network(layers, x, states, weights, None, directions, dropout if train else 0.0)
    return out.transpose(0, 1) if batch_first else out, *last


def _weights(*sizes: int) -> list[Array]:
    """Made-up weights and biases for samples: gates times size, in, size."""
    gates, width, k = sizes
    return [made_up(gates * k, width), made_up(gates * k, k, seed=0.1),
            made_up(gates * k, seed=0.2), made_up(gates * k, seed=0.3)]  # fmt: skip


@composite(names=("torch.lstm",), samples=lambda: [
    ((made_up(3, 2, 2), [made_up(1, 2, 2), made_up(1, 2, 2)], _weights(4, 2, 2), True, 1, 0.0, True, False, False), {}),
    ((made_up(2, 1, 2), [made_up(1, 1, 1), made_up(1, 1, 2)], [made_up(8, 2), made_up(8, 1), made_up(1, 2)], False, 1, 0.0, True, False, False), {}),
])  # fmt: skip
def lstm(
    input: Array, hx: Arrays, params: Arrays, has_biases: bool, num_layers: int, dropout: float,
    train: bool, bidirectional: bool, batch_first: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """What nn.LSTM computes, from its weights: the outputs, the last states and the last cells.

    input: (times, n, in), or (n, times, in) if batch_first. hx: states and cells, each
    (layers * directions, n, size). params: the weights of nn.LSTM in its order.

    >>> lstm(ones(3, 1, 2), (zeros(1, 1, 1), zeros(1, 1, 1)), [ones(4, 2), ones(4, 1)],
    ...      False, 1, 0., False, False, False)[0].flatten()
    tensor([0.6083, 0.8726, 0.9353])
    """
    if len(hx) != 2:
        raise StateError("lstm expects two hidden states", argument="hx")
    return _called(LSTM_LAYERS, input, hx, params, has_biases, num_layers, dropout, train,
                   bidirectional, batch_first)  # fmt: skip


def _network(name: str, layers: Layers, module: str, example: str) -> DefinedOp:
    """The function of a network with one kind of state. example: of its docstring."""
    gates = layers.kind.gates

    def run(
        input: Array, hx: Array, params: Arrays, has_biases: bool, num_layers: int,
        dropout: float, train: bool, bidirectional: bool, batch_first: bool,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        return _called(layers, input, (hx,), params, has_biases, num_layers, dropout, train,
                       bidirectional, batch_first)  # fmt: skip

    run.__doc__ = f"""What {module} computes, from its weights: the outputs, and the last states.

    input: (times, n, in), or (n, times, in) if batch_first. hx: (layers * directions, n, size).
    params: the weights of the module in its order.

    >>> {example}
    """
    made: DefinedOp = composite(name=name, names=(f"torch.{name}",), samples=lambda: [
        ((made_up(3, 2, 2), made_up(1, 2, 2), _weights(gates, 2, 2), True, 1, 0.0, True, False, False), {}),
        ((made_up(2, 2, 3), made_up(4, 2, 2), [*_weights(gates, 3, 2) * 2, *_weights(gates, 4, 2) * 2], True, 2, 0.0, True, True, True), {}),
    ])(run)  # fmt: skip
    return made


def _example(name: str, gates: int, shown: str) -> str:
    return (
        f"{name}(ones(2, 1, 2), zeros(1, 1, 1), [ones({gates}, 2), ones({gates}, 1)], False, 1, 0.,\n"
        f"    ...      False, False, False)[0].flatten()\n    {shown}"
    )


rnn_tanh = _network("rnn_tanh", TANH_LAYERS, "nn.RNN",
                    _example("rnn_tanh", 1, "tensor([0.9640, 0.9947])"))  # fmt: skip
rnn_relu = _network("rnn_relu", RELU_LAYERS, "nn.RNN(nonlinearity='relu')",
                    _example("rnn_relu", 1, "tensor([2., 4.])"))  # fmt: skip
gru = _network("gru", GRU_LAYERS, "nn.GRU", _example("gru", 3, "tensor([0.1149, 0.2070])"))


# -- single steps -----------------------------------------------------------------------------


def _step(layers: Layers, input: Tensor, states: Sequence[Tensor], weights: Weights) -> Any:
    """The state, and of an LSTM the cell, after one step."""
    if input._d.ndim != 2:
        raise ShapeError(f"expected input of 2 dimensions, got {input._d.ndim}", argument="input")
    n, width = input._d.shape
    wanted = weights.ih._d.shape[-1]
    if width != wanted:
        raise ShapeError(f"input has inconsistent input_size: got {width} expected {wanted}",
                         argument="input")  # fmt: skip
    size = weights.hh._d.shape[-1]
    for i, s in enumerate(states):
        shape = s._d.shape
        if shape[:1] != (n,):
            raise ShapeError(
                f"Input batch size {n} doesn't match hidden{i} batch size {[*shape, 1][0]}"
            )
        if shape[1:] != (size,):
            raise ShapeError(f"hidden{i} has inconsistent hidden_size: got {[*shape, 1][1]}, "
                             f"expected {size}")  # fmt: skip
    out, _, cell = _run(layers.single, layers.kind.gates, input, states, weights, Walk((n,)))[:3]
    return (out, cell) if len(states) > 1 else out


@composite(names=("torch.lstm_cell",), samples=lambda: [
    ((made_up(2, 3), [made_up(2, 2), made_up(2, 2, seed=0.4)], *_weights(4, 3, 2)), {}),
    ((made_up(2, 3), [made_up(2, 2), made_up(2, 2)], *_weights(4, 3, 2)[:2]), {}),
])  # fmt: skip
def lstm_cell(
    input: Array, hx: Arrays, w_ih: Array, w_hh: Array, b_ih: Array = None, b_hh: Array = None
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM: the state and the cell that follow.

    input: (n, in). hx: the state and the cell, (n, size) each. w_ih: (4 size, in) and w_hh:
    (4 size, size), the rows of the gates i, f, g, o. b_ih, b_hh: (4 size).

    >>> lstm_cell(ones(1, 2), (zeros(1, 1), zeros(1, 1)), ones(4, 2), ones(4, 1))
    (tensor([[0.6083]]), tensor([[0.8491]]))
    """
    if len(hx) != 2:
        raise StateError("lstm_cell expects two hidden states", argument="hx")
    return _step(LSTM_LAYERS, input, hx, Weights(w_ih, w_hh, b_ih, b_hh, None))


def _cell(name: str, layers: Layers, rows: str, example: str) -> DefinedOp:
    """The function of one step of a cell with one kind of state."""
    gates = layers.kind.gates

    def step(
        input: Array, hx: Array, w_ih: Array, w_hh: Array, b_ih: Array = None, b_hh: Array = None
    ) -> Tensor:
        return _step(layers, input, (hx,), Weights(w_ih, w_hh, b_ih, b_hh, None))

    step.__doc__ = f"""One step of {rows}: the state that follows.

    input: (n, in), hx: (n, size) → (n, size). w_ih: ({gates} size, in), w_hh: ({gates} size, size).
    b_ih, b_hh: ({gates} size).

    >>> {name}(ones(1, 2), zeros(1, 1), ones({gates}, 2), ones({gates}, 1))
    {example}
    """
    made: DefinedOp = composite(name=name, names=(f"torch.{name}",), samples=lambda: [
        ((made_up(2, 3), made_up(2, 2), *_weights(gates, 3, 2)), {}),
        ((made_up(2, 3), made_up(2, 2), *_weights(gates, 3, 2)[:2]), {}),
    ])(step)  # fmt: skip
    return made


gru_cell = _cell("gru_cell", GRU_LAYERS, "a GRU, whose weights have the rows of the gates r, z, n",
                 "tensor([[0.1149]])")  # fmt: skip
rnn_tanh_cell = _cell("rnn_tanh_cell", TANH_LAYERS, "an RNN with tanh", "tensor([[0.9640]])")
rnn_relu_cell = _cell("rnn_relu_cell", RELU_LAYERS, "an RNN with relu", "tensor([[2.]])")


# -- inside autocast --------------------------------------------------------------------------

# Where PyTorch multiplies only, the others go by their input.
for _layers in (TANH_LAYERS, RELU_LAYERS, LSTM_LAYERS):
    _layers.plain.autocast = _layers.projected.autocast = _layers.packed.autocast = LOWER
for _layers in (TANH_LAYERS, RELU_LAYERS):
    _layers.single.autocast = LOWER
