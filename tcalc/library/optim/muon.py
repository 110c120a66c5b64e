"""Muon: momentum made orthogonal, for matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tcalc.errors import StateError, ValueProblem
from tcalc.library.optim.checks import number
from tcalc.library.optim.optimizer import Optimizer, loss_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.ops.create.constant import zeros_like
from tcalc.runtime.ops.linalg.affine import addmm
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.optim.groups import Group, Params

# How a step's size goes by the matrix's shape.
_SIZES: dict[str | None, Callable[[int, int], float]] = {
    "original": lambda rows, columns: math.sqrt(max(1, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * math.sqrt(max(rows, columns)),
}
_SIZES[None] = _SIZES["original"]
_MOST = 100


@export("torch.optim.Muon", home="torch.optim._muon")
class Muon(Optimizer):
    """Momentum whose singular values are brought near 1, for the weights of hidden layers.

    Parameters are matrices; others are for AdamW. The iteration of Newton and Schulz runs in
    bfloat16. State: momentum_buffer.

    >>> w = tensor([[1., 2.], [3., 4.]], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> optim.Muon([w], lr=0.1, weight_decay=0.).step()
    >>> w.shape
    torch.Size([2, 2])
    """

    def __init__(
        self, params: Params, lr: float = 1e-3, weight_decay: float = 0.1,
        momentum: float = 0.95, nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueProblem("Tensor lr must be 1-element", argument="lr")
        for name, what, value in (
            ("lr", "Learning rate", lr), ("momentum", "momentum", momentum),
            ("weight_decay", "weight decay", weight_decay),
        ):  # fmt: skip
            if number(name, value) < 0:
                raise ValueProblem(f"{what} should be >= 0 but is: {value}", argument=name)
        if adjust_lr_fn not in _SIZES:
            raise ValueProblem(
                f"Adjust learning rate function {adjust_lr_fn} is not supported",
                argument="adjust_lr_fn",
            )
        super().__init__(params, {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        })  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                if p.dim() != 2:
                    raise ValueProblem(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{p.shape}"
                    )

    def step(self, closure: Callable[[], object] | None = None) -> object:
        """Update every parameter that has a gradient; gives what `closure` gave."""
        loss = loss_of(closure)
        with no_grad():
            for group in self._groups():
                for p in group["params"]:
                    if p.grad is not None:
                        self._update(p, p.grad, group)
        return loss

    def _update(self, p: Tensor, g: Tensor, group: Group) -> None:
        if p.is_complex():
            raise StateError("Muon does not support complex parameters")
        if is_sparse(g):
            raise StateError("Muon does not support sparse gradients")
        state = self.state[p]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros_like(g)
        momentum = number("momentum", group["momentum"])
        b = state["momentum_buffer"].lerp_(g, 1 - momentum)
        update = orthogonal(
            g.lerp(b, momentum) if group["nesterov"] else b, group["ns_coefficients"],
            group["ns_steps"], number("eps", group["eps"]),
        )  # fmt: skip
        lr = group["lr"]
        p.mul_(1 - lr * group["weight_decay"])
        p.sub_(update.to(p.dtype) * (lr * _SIZES[group["adjust_lr_fn"]](*p.shape)))


def orthogonal(matrix: Tensor, coefficients: object, steps: int, eps: float) -> Tensor:
    """A matrix with the same singular vectors and values near 1, by steps of Newton and Schulz.

    coefficients: of the polynomial a x + b x³ + c x⁵ in the singular values.
    """
    if not isinstance(steps, int) or steps >= _MOST:
        raise ValueProblem("Number of steps must be less than 100 for computational efficiency")
    if not isinstance(coefficients, (tuple, list)) or len(coefficients) != 3:
        raise ValueProblem("Coefficients must be a tuple of exactly 3 values")
    a, b, c = (number("ns_coefficients", v) for v in coefficients)
    x: Tensor = matrix.bfloat16()
    tall = matrix.shape[0] > matrix.shape[1]
    if tall:
        x = x.T
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = addmm(x, addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x
