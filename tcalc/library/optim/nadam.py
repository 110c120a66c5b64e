"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from tcalc.library.optim.checks import check_betas, check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, average, square_average
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.NAdam", "torch.optim.nadam.NAdam", home="torch.optim.nadam")
class NAdam(Elementwise):
    """Adam with Nesterov's momentum, whose weight mu grows with the steps.

    State: step, mu_product, exp_avg, exp_avg_sq.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.NAdam([w], lr=0.1).step()
    >>> w
    tensor([0.8944, 1.8944], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0, "mu_product": 1.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
        momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("epsilon value", eps, argument="eps")
        check_betas(betas)
        check_range("weight_decay value", weight_decay)
        check_range("momentum_decay value", momentum_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The averages."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    @staticmethod
    def _counted(settings: Settings, counts: Sequence[float]) -> tuple[float, ...]:
        """One step more, and the product of all mu."""
        step = float(counts[0]) + 1
        return step, counts[1] * _mu(settings, step)

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The averages' weights, eps, and the sizes of the gradient's part and the average's, with
        the corrections in them."""
        beta1, beta2 = settings["betas"]
        step, product = turn.counts
        lr, mu, later = settings["lr"], _mu(settings, step), _mu(settings, step + 1)
        root = math.sqrt(1 - beta2**step)
        own, ahead = lr * (1 - mu) / (1 - product), lr * later / (1 - product * later)
        return 1 - beta1, beta2, 1 - beta2, settings["eps"] * root, own * root, ahead * root

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= (own * g + ahead * m) / (sqrt(v) + eps)."""
        share1, beta2, share2, eps, own, ahead = n
        m, v = kept
        average(xp, share1, t, g, m)
        square_average(xp, beta2, share2, t, g, v)
        xp.multiply(g, own, t)
        xp.add(t, xp.multiply(m, ahead, u), t)
        xp.sqrt(v, u)
        xp.add(u, eps, u)
        xp.divide(t, u, t)
        xp.subtract(p, t, p)


def _mu(settings: Settings, step: float) -> float:
    """The momentum's weight in a step."""
    decayed: float = 0.96 ** (step * settings["momentum_decay"])
    beta: float = settings["betas"][0]
    return beta * (1 - 0.5 * decayed)
