"""RMSprop: steps by the root of the gradient's average square."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcalc.library.optim.checks import check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, average, square_average
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.RMSprop", "torch.optim.rmsprop.RMSprop", home="torch.optim.rmsprop")
class RMSprop(Elementwise):
    """Steps of the gradient by the root of its average square, or (centered) by its deviation.

    p -= lr * g / (sqrt(v) + eps), or with momentum that of b = momentum * b + g / (sqrt(v) + eps).
    State: step, square_avg, momentum_buffer (momentum), grad_avg (centered).

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.RMSprop([w], lr=0.01).step()
    >>> w
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-2, alpha: float = 0.99,
        eps: float = 1e-8, weight_decay: float = 0, momentum: float = 0, centered: bool = False,
        capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("epsilon value", eps, argument="eps")
        check_range("momentum value", momentum)
        check_range("weight_decay value", weight_decay)
        check_range("alpha value", alpha)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The average of squares, the momentum's, and the gradient's."""
        names: dict[str, Start] = {"square_avg": 0.0}
        if settings["momentum"] > 0:
            names["momentum_buffer"] = 0.0
        if settings["centered"]:
            names["grad_avg"] = 0.0
        return names

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The step's size, the weights, eps, and the momentum if there is any."""
        alpha, momentum = settings["alpha"], settings["momentum"]
        share = 1 - alpha
        return settings["lr"], alpha, share, settings["eps"], momentum if momentum > 0 else None

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= lr * (momentum's average of) g / (sqrt(v) + eps)."""
        lr, alpha, share, eps, momentum = n
        v, *others = kept
        square_average(xp, alpha, share, t, g, v)
        if len(others) > (momentum is not None):
            mean = others[-1]
            average(xp, share, t, g, mean)
            xp.subtract(v, xp.multiply(mean, mean, t), t)
            xp.sqrt(t, t)
        else:
            xp.sqrt(v, t)
        xp.add(t, eps, t)
        xp.divide(g, t, t)
        if momentum is not None:
            b = others[0]
            xp.multiply(b, momentum, b)
            t = xp.add(b, t, b)
        xp.subtract(p, xp.multiply(t, lr, u), p)
