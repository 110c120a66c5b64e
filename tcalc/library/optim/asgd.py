"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcalc.library.optim.checks import check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, average
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.ASGD", "torch.optim.asgd.ASGD", home="torch.optim.asgd")
class ASGD(Elementwise):
    """Stochastic gradient descent that also keeps an average of the parameters, from step t0 on.

    p = p * (1 - lambd * eta) - eta * g, where eta falls from lr. State: step, eta, mu, ax (the
    average).

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.ASGD([w], lr=0.1).step()
    >>> w
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0, "eta": lambda s: float(s["lr"]), "mu": 1.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-2, lambd: float = 1e-4,
        alpha: float = 0.75, t0: float = 1e6, weight_decay: float = 0,
        foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("weight_decay value", weight_decay)
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The average of the parameter."""
        return {"ax": 0.0}

    @staticmethod
    def _counted(settings: Settings, counts: Sequence[float]) -> tuple[float, ...]:
        """One step more, and the eta and mu of the next."""
        step = float(counts[0]) + 1
        fall = (1 + settings["lambd"] * settings["lr"] * step) ** settings["alpha"]
        return step, settings["lr"] / fall, 1 / max(1, step - settings["t0"])

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The step's size, what is left of the parameter, and the step's share in the average."""
        _, eta, mu = turn.before
        return eta, 1 - settings["lambd"] * eta, None if mu == 1 else mu

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p = p * left - eta * g; the average moves towards it."""
        eta, left, share = n
        (mean,) = kept
        xp.multiply(p, left, p)
        xp.subtract(p, xp.multiply(g, eta, t), p)
        if share is None:
            xp.copyto(mean, p)
        else:
            average(xp, share, t, p, mean)
