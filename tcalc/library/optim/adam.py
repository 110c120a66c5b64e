"""Adam."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from tcalc.errors import ValueProblem
from tcalc.library.optim.checks import check_betas, check_lr, check_range
from tcalc.library.optim.elementwise import Elementwise, average, square_average
from tcalc.runtime.base.registry import export
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array


@export("torch.optim.Adam", "torch.optim.adam.Adam", home="torch.optim.adam")
class Adam(Elementwise):
    """Adam: steps of the gradient's average by the root of its square's, both corrected for zeros at
    the start.

    m and v are averages of g and g * g with weights betas; p -= lr * m / (sqrt(v) + eps). amsgrad:
    the largest v so far stands for v. State: step, exp_avg, exp_avg_sq, max_exp_avg_sq (amsgrad).

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adam([w], lr=0.1).step()
    >>> w
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0}

    _on_sparse: ClassVar[str] = (
        "Adam does not support sparse gradients, please consider SparseAdam instead"
    )

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
        fused: bool | None = None, decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        if foreach and not capturable and isinstance(lr, Tensor):
            raise ValueProblem(
                "lr as a Tensor is not supported for capturable=False and foreach=True",
                argument="lr",
            )
        check_range("epsilon value", eps, argument="eps")
        check_betas(betas)
        check_range("weight_decay value", weight_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The averages, and the largest."""
        names: dict[str, Start] = {"exp_avg": 0.0, "exp_avg_sq": 0.0}
        return {**names, "max_exp_avg_sq": 0.0} if settings["amsgrad"] else names

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """The averages' weights, eps and the step's size, with the corrections in them."""
        beta1, beta2 = settings["betas"]
        step = turn.counts[0]
        root = math.sqrt(1 - beta2**step)
        size = settings["lr"] / (1 - beta1**step) * root
        return 1 - beta1, beta2, 1 - beta2, settings["eps"] * root, size

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= size * m / (sqrt(v) + eps)."""
        share1, beta2, share2, eps, size = n
        m, v = kept[:2]
        average(xp, share1, t, g, m)
        square_average(xp, beta2, share2, t, g, v)
        if len(kept) > 2:
            v = xp.maximum(kept[2], v, out=kept[2])
        xp.sqrt(v, t)
        xp.add(t, eps, t)
        xp.divide(m, t, t)
        xp.multiply(t, size, t)
        xp.subtract(p, t, p)
