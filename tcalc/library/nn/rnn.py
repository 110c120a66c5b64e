"""Recurrent layers over whole sequences: RNN, LSTM and GRU."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ShapeError, StateError, ValueProblem
from tcalc.library.nn.arguments import layer, take, tensor
from tcalc.library.nn.module import Module
from tcalc.library.nn.utils.rnn import PackedSequence
from tcalc.runtime.base.modes import casting
from tcalc.runtime.base.registry import silent
from tcalc.runtime.base.warning import warn
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.nn.recurrent.cells import Weights
from tcalc.runtime.ops.nn.recurrent.functions import network
from tcalc.runtime.ops.nn.recurrent.layer import (
    GRU_LAYERS,
    LSTM_LAYERS,
    RELU_LAYERS,
    TANH_LAYERS,
)
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Device, DType
    from tcalc.runtime.ops.nn.recurrent.layer import Layers

NETWORKS = {
    "RNN_TANH": TANH_LAYERS, "RNN_RELU": RELU_LAYERS, "GRU": GRU_LAYERS, "LSTM": LSTM_LAYERS,
}  # fmt: skip


@layer("rnn")
class RNNBase(Module):
    """What RNN, LSTM and GRU share: their weights, and running through a sequence.

    mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU"; the rest as in those. The weights are drawn
    uniformly from ±1/sqrt(hidden_size).
    """

    _public_ = frozenset(
        {
            "_all_weights", "_flat_weights", "_flat_weights_names", "all_weights",
            "flatten_parameters", "reset_parameters",
        }
    )  # fmt: skip
    # What stands after the number of dimensions in an error.
    _said = ""

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.mode = mode
        self.input_size = _size("input_size", input_size)
        self.hidden_size = _size("hidden_size", hidden_size)
        self.num_layers: int = int(take(self, "num_layers", num_layers, "int", "bool"))
        self.bias = bool(bias)
        self.batch_first = bool(batch_first)
        self.dropout = _chance(self, dropout)
        self.bidirectional = bool(bidirectional)
        self.proj_size: int = take(self, "proj_size", proj_size, "int")
        if self.num_layers <= 0:
            raise ValueProblem("num_layers must be greater than zero", argument="num_layers")
        if self.proj_size < 0:
            raise ValueProblem("proj_size should be a positive integer or zero to disable "
                               "projections", argument="proj_size")  # fmt: skip
        if self.proj_size >= self.hidden_size:
            raise ValueProblem("proj_size has to be smaller than hidden_size", argument="proj_size")
        if self.dropout and self.num_layers == 1:
            warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                "dropout expects num_layers greater than 1, but got "
                f"dropout={dropout} and num_layers={self.num_layers}"
            )
        self._make(device, dtype)
        self.reset_parameters()

    def _make(self, device: Device | None, dtype: DType | None) -> None:
        """The weights of each layer in each direction, in PyTorch's order."""
        gates = self._layers.kind.gates * self.hidden_size
        out = self.proj_size or self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, 0), "weight_hh": (gates, out)}
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        directions = 1 + self.bidirectional
        for i, suffix in enumerate(self._suffixes()):
            width = self.input_size if i < directions else out * directions
            for name, shape in {**shapes, "weight_ih": (gates, width)}.items():
                made = Parameter(empty(shape, device=device, dtype=dtype))
                self.register_parameter(name + suffix, made)

    def _suffixes(self) -> list[str]:
        """What the names of the weights end in, for each layer and direction."""
        ends = ("", "_reverse")[: 1 + self.bidirectional]
        return [f"_l{i}{end}" for i in range(self.num_layers) for end in ends]

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        bound = 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            p.data.uniform_(-bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: weights need not lie beside each other here."""

    def _names(self, suffix: str) -> list[str | None]:
        """The names of the weights of a layer in a direction, None for those it does not have."""
        biases = ("bias_ih", "bias_hh") if self.bias else (None, None)
        last = "weight_hr" if self.proj_size else None
        names = ("weight_ih", "weight_hh", *biases, last)
        return [None if name is None else name + suffix for name in names]

    def _weights(self, suffix: str) -> Weights:
        """Those of a layer in a direction; parametrized and pruned ones are attributes."""
        return Weights(*[
            None if name is None else self._weight(name) for name in self._names(suffix)
        ])  # fmt: skip

    def _weight(self, name: str) -> Any:
        """The tensor of a name, which a program's class may have said."""
        return tensor(self, name, getattr(self, name))

    @property
    def _all_weights(self) -> list[list[str]]:
        """The names of the weights of each layer and direction."""
        return [[n for n in self._names(s) if n is not None] for s in self._suffixes()]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[self._weight(name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        """The names of all weights."""
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        """All weights."""
        return [self._weight(name) for name in self._flat_weights_names]

    @property
    def _layers(self) -> Layers:
        """The ops of the mode."""
        found = NETWORKS.get(self.mode) if type(self.mode) is str else None
        if found is None:
            raise ValueProblem(f"Unrecognized RNN mode: {self.mode}", argument="mode")
        return found

    # -- running ------------------------------------------------------------------------------

    def _through(
        self, input: Tensor | PackedSequence, states: Sequence[Tensor] | None
    ) -> tuple[Tensor | PackedSequence, list[Tensor]]:
        """The outputs, packed as the input is, and the last states."""
        if isinstance(input, PackedSequence):
            return self._through_packed(input, states)
        x = tensor(self, "input", input)
        if x._d.ndim not in (2, 3):
            raise ValueProblem(f"{type(self).__name__}: Expected input to be 2D or 3D, got "
                               f"{x._d.ndim}D{self._said} instead", argument="input")  # fmt: skip
        batched = x._d.ndim == 3
        if states is not None:
            self._check_rank(states, batched)
        if not batched:
            x = x.unsqueeze(0 if self.batch_first else 1)
            states = None if states is None else [s.unsqueeze(1) for s in states]
        if self.batch_first:
            x = x.transpose(0, 1)
        out, *last = self._run(x, states, None, x._d.shape[1])
        if self.batch_first:
            out = out.transpose(0, 1)
        if not batched:
            out = out.squeeze(0 if self.batch_first else 1)
            last = [s.squeeze(1) for s in last]
        return out, last

    def _through_packed(
        self, input: PackedSequence, states: Sequence[Tensor] | None
    ) -> tuple[PackedSequence, list[Tensor]]:
        sizes, order, back = input.sizes, input.sorted_indices, input.unsorted_indices
        if input.data._d.ndim != 2:
            raise ShapeError("input must have 2 dimensions, got "
                             f"{input.data._d.ndim}", argument="input")  # fmt: skip
        if states is not None and order is not None:
            states = [s.index_select(1, order) for s in states]
        out, *last = self._run(input.data, states, sizes, sizes[0])
        if back is not None:
            last = [s.index_select(1, back) for s in last]
        return PackedSequence(out, input.batch_sizes, order, back), last

    def _run(
        self, x: Tensor, states: Sequence[Tensor] | None, sizes: tuple[int, ...] | None, batch: int
    ) -> tuple[Tensor, ...]:
        weights = [self._weights(suffix) for suffix in self._suffixes()]
        if not weights:
            raise ValueProblem("num_layers must be greater than zero", argument="num_layers")
        first = weights[0]
        if first.ih._d.ndim != 2 or first.hh._d.ndim != 2:
            raise ShapeError("the weights of a recurrent layer must be matrices")
        if x.dtype is not first.ih.dtype and not casting.here():
            raise ValueProblem(
                f"RNN input dtype ({x.dtype}) does not match weight dtype ({first.ih.dtype}). "
                f"Convert input: input.to({first.ih.dtype}), or convert model: "
                f"model.to({x.dtype})",
                argument="input",
            )
        if x._d.shape[-1] != first.ih._d.shape[1]:
            raise ShapeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{first.ih._d.shape[1]}, got {x._d.shape[-1]}",
                argument="input",
                clash=((x._d.shape, x._d.ndim - 1), (first.ih._d.shape, 1)),
            )
        layers = self._layers
        shapes: list[tuple[int, ...]] = [(len(weights), batch, first.hh._d.shape[1])]
        if layers.kind.has_memory:
            shapes.append((len(weights), batch, first.hh._d.shape[0] // layers.kind.gates))
        if states is None:
            states = [x.new_zeros(shape) for shape in shapes]
        else:
            self._check_states(states, shapes)
        chance = self.dropout if self.training else 0.0
        return network(layers, x, states, weights, sizes, 1 + self.bidirectional, chance)

    def _check_rank(self, states: Sequence[Tensor], batched: bool) -> None:
        wanted = 3 if batched else 2
        if all(s._d.ndim == wanted for s in states):
            return
        what = "batched 3-D" if batched else "unbatched 2-D"
        ranks = [f"{s._d.ndim}-D" for s in states]
        raise ShapeError(
            f"For {what} input, hx and cx should also be {wanted}-D but got "
            f"({', '.join(ranks)}) tensors"
            if len(states) > 1
            else f"For {what} input, hx should also be {wanted}-D but got {ranks[0]} tensor",
            argument="hx",
        )

    def _check_states(self, states: Sequence[Tensor], shapes: list[tuple[int, ...]]) -> None:
        for i, (s, shape) in enumerate(zip(states, shapes)):
            if s._d.shape != shape:
                which = f"hidden[{i}]" if len(shapes) > 1 else "hidden"
                raise ShapeError(
                    f"Expected {which} size {shape}, got {list(s._d.shape)}", argument="hx"
                )

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        shown = f"{self.input_size}, {self.hidden_size}"
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        for name, default in defaults.items():
            value = getattr(self, name)
            if value != default:
                shown += f", {name}={value}"
        return shown


silent(RNNBase.flatten_parameters)


def _size(name: str, value: object) -> int:
    if type(value) is not int:
        raise ArgumentError(f"{name} should be of type int, got: {type(value).__name__}",
                            argument=name)  # fmt: skip
    if value <= 0:
        raise ValueProblem(f"{name} must be greater than zero", argument=name)
    return value


def _chance(owner: Module, value: object) -> float:
    found: float = take(owner, "dropout", value, "float")
    if not 0 <= found <= 1 or type(value) is bool:
        raise ValueProblem("dropout should be a number in range [0, 1] representing the "
                           "probability of an element being zeroed", argument="dropout")  # fmt: skip
    return found


class _OneState(RNNBase):
    """A network whose cells have one state."""

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        """The outputs and the last state.

        input: (times, n, input_size), (n, times, input_size) if batch_first, (times, input_size),
        or a PackedSequence. hx: the first state (layers * directions, n, hidden_size), by default
        zeros; without n where the input has none.
        """
        states = None if hx is None else [tensor(self, "hx", hx)]
        out, last = self._through(input, states)
        return out, last[0]


@layer("rnn")
class RNN(_OneState):
    """h' = tanh(W x + b + U h + c), or relu of it, step by step along sequences.

    nonlinearity: "tanh" or "relu". Layers stand one above the other, with dropout between them; a
    bidirectional one reads each sequence from its end too, and has both outputs side by side.

    >>> out, h = nn.RNN(2, 3)(zeros(4, 1, 2))
    >>> out.shape, h.shape
    (torch.Size([4, 1, 3]), torch.Size([1, 1, 3]))
    """

    _said = " tensor"

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh",
        bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
        bidirectional: bool = False, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        if type(nonlinearity) is not str or nonlinearity not in ("tanh", "relu"):
            raise ValueProblem(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or "
                               "'relu'.", argument="nonlinearity")  # fmt: skip
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias,
                         batch_first, dropout, bidirectional, 0, device, dtype)  # fmt: skip
        self.nonlinearity = nonlinearity


@layer("rnn")
class GRU(_OneState):
    """Gated recurrent units: a state that is kept or renewed, element by element.

    r, z = σ(W x + b + U h + c), n = tanh(W x + b + r (U h + c)), h' = (1 - z) n + z h, step by step
    along sequences; the rows of the weights are those of r, z, n. The rest as in RNN.

    >>> out, h = nn.GRU(2, 3, num_layers=2, batch_first=True)(zeros(1, 4, 2))
    >>> out.shape, h.shape
    (torch.Size([1, 4, 3]), torch.Size([2, 1, 3]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, 0, device, dtype)  # fmt: skip


@layer("rnn")
class LSTM(RNNBase):
    """Long short-term memory: a cell that is written to and read through gates.

    i, f, o = σ(W x + b + U h + c), g = tanh(W x + b + U h + c), c' = f c + i g, h' = o tanh(c'), step
    by step along sequences; the rows of the weights are those of i, f, g, o. proj_size: if not 0,
    the size to which a further weight brings h'. The rest as in RNN.

    >>> out, (h, c) = nn.LSTM(2, 3, bidirectional=True)(zeros(4, 1, 2))
    >>> out.shape, h.shape, c.shape
    (torch.Size([4, 1, 6]), torch.Size([2, 1, 3]), torch.Size([2, 1, 3]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, proj_size, device, dtype)  # fmt: skip

    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]:
        """The outputs, and the last state and cell.

        input: as of RNN. hx: the first state and cell, (layers * directions, n, hidden_size) each
        (the state of the size of the projection, where there is one), by default zeros.
        """
        states = None
        if hx is not None:
            if not isinstance(hx, (tuple, list)) or len(hx) != 2:
                raise StateError("LSTM: hx must be a pair of tensors, (h_0, c_0)", argument="hx")
            states = [tensor(self, "hx", s) for s in hx]
        out, last = self._through(input, states)
        return out, (last[0], last[1])
