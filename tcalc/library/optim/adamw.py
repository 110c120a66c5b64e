"""Adam whose weight decay is apart from the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.library.optim.adam import Adam
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from tcalc.library.optim.groups import Params
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.AdamW", "torch.optim.adamw.AdamW", home="torch.optim.adamw")
class AdamW(Adam):
    """Adam with decoupled weight decay: p *= 1 - lr * weight_decay before the step.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w
    tensor([0.8500, 1.8000], requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
        foreach: bool | None = None, capturable: bool = False, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
            capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=True,
        )  # fmt: skip
