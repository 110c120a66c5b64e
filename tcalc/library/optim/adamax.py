"""Adamax: Adam by the largest gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcalc.library.optim.checks import check_betas, check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, average
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.Adamax", "torch.optim.adamax.Adamax", home="torch.optim.adamax")
class Adamax(Elementwise):
    """Adam with the gradient's largest size, which decays, in place of the root of its square.

    p -= lr * m / v, where v = max(beta2 * v, abs(g) + eps). State: step, exp_avg, exp_inf.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adamax([w], lr=0.1).step()
    >>> w
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
        foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("epsilon value", eps, argument="eps")
        check_betas(betas)
        check_range("weight_decay value", weight_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The average and the largest."""
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The weights, eps and the step's size."""
        beta1, beta2 = settings["betas"]
        step = turn.counts[0]
        return 1 - beta1, beta2, settings["eps"], settings["lr"] / (1 - beta1**step)

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= size * m / v."""
        share, beta, eps, size = n
        m, v = kept
        average(xp, share, t, g, m)
        xp.multiply(v, beta, v)
        xp.abs(g, t)
        xp.add(t, eps, t)
        xp.maximum(v, t, out=v)
        xp.divide(m, v, t)
        xp.multiply(t, size, t)
        xp.subtract(p, t, p)
