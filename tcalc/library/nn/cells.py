"""Single steps of recurrent layers: RNNCell, LSTMCell and GRUCell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.library.nn.arguments import layer, take, tensor
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.nn.recurrent.functions import (
    gru_cell,
    lstm_cell,
    rnn_relu_cell,
    rnn_tanh_cell,
)
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Device, DType
    from tcalc.runtime.call.define import DefinedOp


@layer("rnn")
class RNNCellBase(Module):
    """What the cells share: their weights, drawn uniformly from ±1/sqrt(hidden_size)."""

    _public_ = frozenset({"reset_parameters"})

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size: int = take(self, "input_size", input_size, "int")
        self.hidden_size: int = take(self, "hidden_size", hidden_size, "int")
        self.bias = bool(bias)
        rows = take(self, "num_chunks", num_chunks, "int") * self.hidden_size
        shapes = {
            "weight_ih": (rows, self.input_size), "weight_hh": (rows, self.hidden_size),
            "bias_ih": (rows,), "bias_hh": (rows,),
        }  # fmt: skip
        for name, shape in shapes.items():
            wanted = self.bias or len(shape) == 2
            made = Parameter(empty(shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0.0
        for p in self.parameters():
            p.data.uniform_(-bound, bound)

    def _step(
        self, op: DefinedOp, input: Tensor, states: Sequence[Tensor] | None, named: list[str]
    ) -> Any:
        """One step of one example or of several. named: what messages call the states."""
        for name, t in zip(["input", *named], [input, *(states or ())]):
            if tensor(self, name, t)._d.ndim not in (1, 2):
                raise ValueProblem(f"{type(self).__name__}: Expected {name} to be 1D or 2D, got "
                                   f"{t._d.ndim}D instead", argument=name)  # fmt: skip
        single = input._d.ndim == 1
        x = input.unsqueeze(0) if single else input
        if states is None:
            states = [x.new_zeros(x._d.shape[0], self.hidden_size)] * len(named)
        elif single:
            states = [s.unsqueeze(0) for s in states]
        weights = [getattr(self, name) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        found = op(x, states if len(states) > 1 else states[0], *weights)
        if not single:
            return found
        return found.squeeze(0) if len(states) == 1 else tuple(t.squeeze(0) for t in found)

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        shown = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            shown += f", bias={self.bias}"
        other = self.__dict__.get("nonlinearity", "tanh")
        return shown if other == "tanh" else f"{shown}, nonlinearity={other}"


@layer("rnn")
class RNNCell(RNNCellBase):
    """h' = tanh(W x + b + U h + c), or relu of it.

    input: (n, input_size) or (input_size), hx: (n, hidden_size) or (hidden_size), by default
    zeros. nonlinearity: "tanh" or "relu".

    >>> nn.RNNCell(2, 3)(zeros(1, 2)).shape
    torch.Size([1, 3])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The state that follows."""
        ops = {"tanh": rnn_tanh_cell, "relu": rnn_relu_cell}
        kind = self.nonlinearity
        if type(kind) is not str or kind not in ops:
            raise StateError(f"Unknown nonlinearity: {kind}", argument="nonlinearity")
        found: Tensor = self._step(ops[kind], input, None if hx is None else [hx], ["hidden"])
        return found


@layer("rnn")
class GRUCell(RNNCellBase):
    """r, z = σ(W x + b + U h + c), n = tanh(W x + b + r (U h + c)), h' = (1 - z) n + z h.

    input: (n, input_size) or (input_size), hx: (n, hidden_size) or (hidden_size), by default
    zeros. The rows of the weights are those of r, z, n.

    >>> nn.GRUCell(2, 3)(zeros(2)).shape
    torch.Size([3])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The state that follows."""
        found: Tensor = self._step(gru_cell, input, None if hx is None else [hx], ["hidden"])
        return found


@layer("rnn")
class LSTMCell(RNNCellBase):
    """i, f, o = σ(W x + b + U h + c), g = tanh(W x + b + U h + c), c' = f c + i g, h' = o tanh(c').

    input: (n, input_size) or (input_size), hx: the state and the cell, (n, hidden_size) or
    (hidden_size) each, by default zeros. The rows of the weights are those of i, f, g, o.

    >>> h, c = nn.LSTMCell(2, 3)(zeros(1, 2))
    >>> h.shape, c.shape
    (torch.Size([1, 3]), torch.Size([1, 3]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The state and the cell that follow."""
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise ArgumentError("lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, "
                                f"not {type(hx).__name__}", argument="hx")  # fmt: skip
        found: tuple[Tensor, Tensor] = self._step(
            lstm_cell, input, None if hx is None else list(hx), ["hx[0]", "hx[1]"]
        )
        return found
