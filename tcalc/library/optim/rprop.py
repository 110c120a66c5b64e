"""Rprop: steps by the gradient's sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcalc.errors import ValueProblem
from tcalc.library.optim.checks import check_lr, pair
from tcalc.library.optim.elementwise import Elementwise
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.library.optim.elementwise import Number, Numbers, Settings, Start, Turn
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.base.op import Array
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.Rprop", "torch.optim.rprop.Rprop", home="torch.optim.rprop")
class Rprop(Elementwise):
    """Resilient propagation: steps by the gradient's sign, longer where it stays, shorter where it
    turns.

    etas: what a step's size is multiplied by where the sign turned and where it did not. step_sizes:
    the least and the largest. State: step, prev (gradient), step_size.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Rprop([w], lr=0.1).step()
    >>> w
    tensor([0.9000, 1.9000], requires_grad=True)
    """

    _counts: ClassVar[dict[str, Start]] = {"step": 0.0}

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2), step_sizes: tuple[float, float] = (1e-6, 50), *,
        capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        less, more = pair("etas", etas)
        pair("step_sizes", step_sizes)
        if not 0 < less < 1 < more:
            raise ValueProblem(f"Invalid eta values: {less}, {more}", argument="etas")
        super().__init__(params, {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        })  # fmt: skip

    @staticmethod
    def _kept(settings: Settings) -> dict[str, Start]:
        """The gradient before, and each element's step."""
        return {"prev": 0.0, "step_size": lambda s: float(s["lr"])}

    @staticmethod
    def _numbers(settings: Settings, turn: Turn) -> tuple[Number, ...]:
        """By how much a step grows and shrinks, and between what."""
        less, more = settings["etas"]
        return more - 1, 1 - less, *settings["step_sizes"]

    @staticmethod
    def _update(
        xp: ModuleType, n: Numbers, t: Array, u: Array, g: Array, p: Array, *kept: Array
    ) -> None:
        """p -= size * sign(g), where the sign has not turned."""
        grow, shrink, least, most = n
        before, size = kept
        xp.sign(xp.multiply(g, before, t), t)
        for change, half in ((grow, xp.maximum), (shrink, xp.minimum)):
            half(t, 0, out=u)
            xp.multiply(u, change, u)
            xp.add(size, xp.multiply(u, size, u), size)
        xp.maximum(size, least, out=size)
        xp.minimum(size, most, out=size)
        xp.multiply(g, xp.not_equal(t, -1, out=u), before)
        xp.sign(before, t)
        xp.subtract(p, xp.multiply(t, size, t), p)
