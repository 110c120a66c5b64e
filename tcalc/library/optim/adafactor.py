"""Adafactor: squares of gradients kept by rows and columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import StateError, ValueProblem
from tcalc.library.optim.checks import number, pair
from tcalc.library.optim.elementwise import settings_of
from tcalc.library.optim.optimizer import Optimizer, loss_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.ops.create.constant import zeros, zeros_like
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.optim.elementwise import Settings
    from tcalc.library.optim.groups import Params


@export("torch.optim.Adafactor", home="torch.optim._adafactor")
class Adafactor(Optimizer):
    """Steps by the root of the gradient's average square, which matrices keep as the product of a
    column and a row: memory for n + m numbers in place of n * m.

    A step's size goes by the parameter's own, and is clipped where the update is large (d). State:
    step, and row_var and col_var, or variance for vectors.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Adafactor([w], lr=0.1).step()
    >>> w
    tensor([0.8419, 1.8419], requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0,
        *, foreach: bool | None = None, maximize: bool = False,
    ) -> None:  # fmt: skip
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueProblem("Tensor lr must be 1-element", argument="lr")
        first, second = pair("eps", eps, optional=True)
        for name, what, value, good in (
            ("lr", "Learning rate should be >= 0", lr, number("lr", lr) >= 0),
            ("beta2_decay", "beta2_decay should be <= 0", beta2_decay,
             number("beta2_decay", beta2_decay) <= 0),
            ("eps", "epsilon1 should be >= 0", first, first is None or first >= 0),
            ("eps", "epsilon2 should be >= 0", second, number("eps", second) >= 0),
            ("d", "Clipping threshold d should be >= 1", d, number("d", d) >= 1),
            ("weight_decay", "weight_decay should be >= 0", weight_decay,
             number("weight_decay", weight_decay) >= 0),
        ):  # fmt: skip
            if not good:
                raise ValueProblem(f"{what} but is: {value}", argument=name)
        super().__init__(params, {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize,
        })  # fmt: skip

    def step(self, closure: Callable[[], object] | None = None) -> object:
        """Update every parameter that has a gradient; gives what `closure` gave."""
        loss = loss_of(closure)
        with no_grad():
            for group in self._groups():
                settings, asked = settings_of(self.defaults, group)
                settings.update(asked)
                for p in group["params"]:
                    if p.grad is not None:
                        self._update(p, p.grad, settings)
        return loss

    def _update(self, p: Tensor, g: Tensor, s: Settings) -> None:
        if p.is_complex():
            raise StateError("Adafactor does not support complex parameters")
        if is_sparse(g):
            raise StateError("Adafactor does not support sparse gradients")
        state = self.state[p]
        if not state:
            state["step"] = zeros(())
            if g.dim() > 1:
                state["row_var"] = zeros_like(g[..., :1])
                state["col_var"] = zeros_like(g[..., :1, :])
            else:
                state["variance"] = zeros_like(g)
        if s["maximize"]:
            g = -g
        count = p.numel()
        least, floor = s["eps"]
        if least is None:
            least = p.dtype.eps
        step = state["step"].add_(1).double()
        share = (step ** s["beta2_decay"]).to(g.dtype)
        size = (p.norm(2).double() / math.sqrt(count)).clamp(min=floor)
        size = size * (1 / step.sqrt()).clamp(max=s["lr"])
        if s["weight_decay"]:
            p.mul_(1 - s["lr"] * s["weight_decay"])
        if g.dim() > 1:
            row, column = state["row_var"], state["col_var"]
            square = g * g
            row.lerp_(square.mean(-1, keepdim=True), share)
            column.lerp_(square.mean(-2, keepdim=True), share)
            variance = (row @ column) / row.mean(-2, keepdim=True).clamp(min=least)
        else:
            variance = state["variance"].lerp_(g * g, share)
        update = variance.clamp(min=least * least).rsqrt() * g
        clip = (update.norm(2).double() / (math.sqrt(count) * s["d"])).clamp(min=1.0)
        p.sub_(update * (size / clip).to(p.dtype))
