"""SparseAdam: Adam on sparse gradients, of which tcalc has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError
from tcalc.library.optim.checks import check_betas, check_lr, check_range
from tcalc.library.optim.optimizer import Optimizer, loss_of
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.optim.groups import Params
    from tcalc.runtime.tensor.tensor import Tensor


@export(
    "torch.optim.SparseAdam", "torch.optim.sparse_adam.SparseAdam", home="torch.optim.sparse_adam"
)
class SparseAdam(Optimizer):
    """Adam on sparse gradients. Gradients are dense in tcalc: a step refuses them, as PyTorch's does."""

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, maximize: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_range("epsilon value", eps, argument="eps")
        check_betas(betas)
        defaults: dict[str, object] = {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize}
        super().__init__(params, defaults)

    def step(self, closure: Callable[[], object] | None = None) -> object:
        """Refuse gradients, which are dense."""
        loss = loss_of(closure)
        if any(p.grad is not None for group in self._groups() for p in group["params"]):
            raise StateError(
                "SparseAdam does not support dense gradients, please consider Adam instead",
                hint="use optim.Adam, and Embedding(..., sparse=False)",
            )
        return loss
