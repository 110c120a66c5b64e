"""SparseAdam: Adam on the rows that a sparse gradient has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import StateError, ValueProblem
from tcalc.library.optim.checks import check_betas, check_lr, check_range, number
from tcalc.library.optim.optimizer import Optimizer, loss_of
from tcalc.library.optim.sparse import Rows, numbers_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.ops.create.constant import zeros_like

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.optim.groups import Group, Params
    from tcalc.runtime.tensor.tensor import Tensor


@export(
    "torch.optim.SparseAdam", "torch.optim.sparse_adam.SparseAdam", home="torch.optim.sparse_adam"
)
class SparseAdam(Optimizer):
    """Adam on sparse gradients: only the rows that have one, and their averages, move in a step.

    Dense gradients are refused. State: step, exp_avg, exp_avg_sq.

    >>> table = nn.Embedding(4, 2, sparse=True, _weight=zeros(4, 2))
    >>> table(tensor([1, 1])).sum().backward()
    >>> optim.SparseAdam(table.parameters(), lr=0.5).step()
    >>> table.weight[:3]
    tensor([[ 0.0000,  0.0000],
            [-0.5000, -0.5000],
            [ 0.0000,  0.0000]], grad_fn=<SliceBackward0>)
    """

    def __init__(
        self, params: Params, lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, maximize: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        for name, value in (("learning rate", lr), ("epsilon value", eps)):
            if number(name.split()[0], value) <= 0:
                raise ValueProblem(
                    f"Invalid {name}: {value}", argument="lr" if value is lr else "eps"
                )
        check_range("epsilon value", eps, argument="eps")
        check_betas(betas)
        defaults: dict[str, object] = {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize}
        super().__init__(params, defaults)
        found = [
            [i, j]
            for i, group in enumerate(self.param_groups)
            for j, p in enumerate(group["params"])
            if is_sparse(p)
        ]
        if found:
            raise ValueProblem(
                f"Sparse params at indices {found}: SparseAdam requires dense parameter tensors"
            )

    def step(self, closure: Callable[[], object] | None = None) -> object:
        """Update the rows that have a gradient; gives what `closure` gave."""
        loss = loss_of(closure)
        with no_grad():
            for group in self._groups():
                given = [(p, p.grad) for p in group["params"] if p.grad is not None]
                if not all(is_sparse(g) for _, g in given):
                    raise StateError(
                        "SparseAdam does not support dense gradients, please consider Adam instead",
                        hint="use optim.Adam, or nn.Embedding(..., sparse=True)",
                    )
                for p, g in given:
                    self._update(group, p, g)
        return loss

    def _update(self, group: Group, p: Tensor, g: Tensor) -> None:
        settings = numbers_of(group, "lr", "betas", "eps", "maximize")
        (b1, b2), eps = settings["betas"], settings["eps"]
        state: dict[str, Any] = self.state[p]
        if not state:
            state.update(step=0, exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        state["step"] += 1
        rows = Rows(g, settings["maximize"])
        mean, square = rows.of(state["exp_avg"]), rows.of(state["exp_avg_sq"])
        mean = mean + (rows.values - mean) * (1 - b1)
        square = square + (rows.values * rows.values - square) * (1 - b2)
        rows.write(state["exp_avg"], mean)
        rows.write(state["exp_avg_sq"], square)
        size = math.sqrt(1 - b2 ** state["step"]) / (1 - b1 ** state["step"])
        rows.write(p, rows.of(p) - settings["lr"] * size * mean / (np.sqrt(square) + eps))
