"""Adagrad: steps by the root of all squares so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tcalc.errors import StateError
from tcalc.library.optim.checks import check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, Update
from tcalc.library.optim.sparse import Rows, numbers_of
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Group, Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.Adagrad", "torch.optim.adagrad.Adagrad", home="torch.optim.adagrad")
class Adagrad(Elementwise):
    """Steps of the gradient by the root of the sum of its squares so far.

    p -= lr / (1 + (step - 1) * lr_decay) * g / (sqrt(sum) + eps). State: step, sum, from the
    beginning on.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adagrad([w], lr=0.1).step()
    >>> w
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-2, lr_decay: float = 0,
        weight_decay: float = 0, initial_accumulator_value: float = 0, eps: float = 1e-10,
        foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("lr_decay value", lr_decay)
        check_range("weight_decay value", weight_decay)
        check_range("initial_accumulator_value value", initial_accumulator_value)
        check_range("epsilon value", eps, argument="eps")
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        })  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = Update(self, group, True).begin(p)

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The sum of squares."""
        return {"sum": settings["initial_accumulator_value"]}

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The step's size, and eps."""
        size = settings["lr"] / (1 + (turn.counts[0] - 1) * settings["lr_decay"])
        return size, settings["eps"]

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= size * g / (sqrt(sum) + eps)."""
        size, eps = n
        (total,) = kept
        xp.add(total, xp.multiply(g, g, t), total)
        xp.sqrt(total, t)
        xp.add(t, eps, t)
        xp.divide(g, t, t)
        xp.multiply(t, size, t)
        xp.subtract(p, t, p)

    def _sparse_step(self, group: Group, p: Tensor, g: Tensor) -> None:
        """The same on the rows that have a gradient."""
        s = numbers_of(group, "lr", "lr_decay", "eps", "weight_decay", "maximize")
        if s["weight_decay"]:
            raise StateError("weight_decay option is not compatible with sparse gradients")
        state = self.state[p]
        state["step"] += 1
        size = s["lr"] / (1 + (state["step"].item() - 1) * s["lr_decay"])
        rows = Rows(g, s["maximize"])
        total = rows.of(state["sum"]) + rows.values * rows.values
        rows.write(state["sum"], total)
        rows.write(p, rows.of(p) - size * (rows.values / (np.sqrt(total) + s["eps"])))
