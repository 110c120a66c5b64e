"""RAdam: Adam that waits until its averages tell enough."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from tcalc.library.optim.checks import check_betas, check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, average, square_average
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.RAdam", "torch.optim.radam.RAdam", home="torch.optim.radam")
class RAdam(Elementwise):
    """Adam whose first steps are of the average alone, while that of the squares tells too little.

    State: step, exp_avg, exp_avg_sq.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.RAdam([w], lr=0.1).step()
    >>> w
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
        decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("epsilon value", eps, argument="eps")
        check_betas(betas)
        check_range("weight_decay value", weight_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The averages."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The averages' weights, eps, and the step's size; eps is None while steps are of the average
        alone."""
        beta1, beta2 = settings["betas"]
        step = turn.counts[0]
        correction = 1 - beta2**step
        size = settings["lr"] / (1 - beta1**step)
        # How many gradients the average of squares stands for, at last and now.
        most = 2 / (1 - beta2) - 1
        now = most - 2 * step * beta2**step / correction
        if now <= 5:
            return 1 - beta1, beta2, 1 - beta2, None, size
        size *= math.sqrt(
            correction * (now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now)
        )
        return 1 - beta1, beta2, 1 - beta2, settings["eps"], size

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= size * m, or size * m / (sqrt(v) + eps)."""
        share1, beta2, share2, eps, size = n
        m, v = kept
        average(xp, share1, t, g, m)
        square_average(xp, beta2, share2, t, g, v)
        xp.multiply(m, size, t)
        if eps is not None:
            xp.sqrt(v, u)
            xp.divide(t, xp.add(u, eps, u), t)
        xp.subtract(p, t, p)
