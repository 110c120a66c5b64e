"""Stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ValueProblem
from tcalc.library.optim.checks import check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise
from tcalc.library.optim.sparse import add_to, numbers_of
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Group, Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.SGD", "torch.optim.sgd.SGD", home="torch.optim.sgd")
class SGD(Elementwise):
    """Stochastic gradient descent: p -= lr * g, where g may gather momentum.

    With momentum, b = momentum * b + (1 - dampening) * g stands for the gradient g (at first b = g);
    with Nesterov's form, g + momentum * b does. State: momentum_buffer.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.SGD([w], lr=0.1).step()
    >>> w
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-3, momentum: float = 0,
        dampening: float = 0, weight_decay: float | Tensor = 0, nesterov: bool = False, *,
        maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("momentum value", momentum)
        check_range("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueProblem("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The momentum's average."""
        return {"momentum_buffer": 0.0} if settings["momentum"] else {}

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """lr, momentum, the gradient's share in the average (None: all of it), and the form."""
        share = None if turn.first or not settings["dampening"] else 1 - settings["dampening"]
        return settings["lr"], settings["momentum"], share, bool(settings["nesterov"])

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= lr * (momentum's average of the gradient)."""
        lr, momentum, share, nesterov = n
        if kept:
            (b,) = kept
            xp.multiply(b, momentum, b)
            xp.add(b, g if share is None else xp.multiply(g, share, u), b)
            g = xp.add(g, xp.multiply(b, momentum, u), u) if nesterov else b
        xp.subtract(p, xp.multiply(g, lr, t), p)

    def _sparse_step(self, group: Group, p: Tensor, g: Tensor) -> None:
        """The same on the rows that have a gradient: momentum is kept as a sparse tensor."""
        s = numbers_of(group, "lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
        g = -g if s["maximize"] else g
        if s["weight_decay"]:
            g = g.add(p, alpha=s["weight_decay"])  # which PyTorch refuses too
        if s["momentum"]:
            state = self.state[p]
            kept = state.get("momentum_buffer")
            if kept is None:
                kept = state["momentum_buffer"] = g.detach().clone()
            else:
                add_to(kept.mul_(s["momentum"]), g, 1 - s["dampening"])
            g = g.add(kept, alpha=s["momentum"]) if s["nesterov"] else kept
        add_to(p, g, -s["lr"])
