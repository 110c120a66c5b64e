"""Adadelta: steps in the units of the parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcalc.library.optim.checks import check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, square_average
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.Adadelta", "torch.optim.adadelta.Adadelta", home="torch.optim.adadelta")
class Adadelta(Elementwise):
    """Steps of the gradient by the root of its average square, times that of the steps before.

    p -= lr * d, where d = g * sqrt(a + eps) / sqrt(v + eps), v is an average of g * g and a one of
    d * d. State: step, square_avg, acc_delta.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adadelta([w], lr=100.).step()
    >>> w
    tensor([0.6838, 1.6838], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 1.0, rho: float = 0.9, eps: float = 1e-6,
        weight_decay: float = 0, foreach: bool | None = None, *, capturable: bool = False,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("rho value", rho, 1)
        check_range("epsilon value", eps, argument="eps")
        check_range("weight_decay value", weight_decay)
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The averages of squares: of gradients and of steps."""
        return {"square_avg": 0.0, "acc_delta": 0.0}

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The step's size, the weights and eps."""
        rho = settings["rho"]
        return settings["lr"], rho, 1 - rho, settings["eps"]

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= lr * g * sqrt(a + eps) / sqrt(v + eps)."""
        lr, rho, share, eps = n
        v, a = kept
        square_average(xp, rho, share, t, g, v)
        xp.sqrt(xp.add(v, eps, u), u)
        xp.sqrt(xp.add(a, eps, t), t)
        xp.divide(t, u, t)
        xp.multiply(t, g, t)
        square_average(xp, rho, share, u, t, a)
        xp.multiply(t, lr, t)
        xp.subtract(p, t, p)
