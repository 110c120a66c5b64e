"""Gradients made smaller, before an optimizer goes by them."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, StateError
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.op import Object
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.constant import zeros
from tcalc.runtime.ops.reduce.norms import vector_norm
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.tensor.tensor import Tensor

_HOME = "torch.nn.utils"
_EXEMPT = {"samples": "takes tensors with gradients"}


def listed_tensors(given: Any, name: str) -> list[Tensor]:
    """The tensors of an argument that is one, or goes through several."""
    if isinstance(given, Tensor):
        return [given]
    if not hasattr(type(given), "__iter__"):
        raise ArgumentError(f"{name} are Tensors, not {type(given).__name__}", argument=name)
    found: list[Tensor] = []
    for tensor in given:  # which may have no end
        if not isinstance(tensor, Tensor):
            raise ArgumentError(
                f"{name} are Tensors, but one is {type(tensor).__name__}", argument=name
            )
        found.append(tensor)
    return found


def _gradients(parameters: object) -> list[Tensor]:
    """The gradients of those that have one."""
    given = listed_tensors(parameters, "parameters")
    return [p.grad for p in given if p.grad is not None]


@composite(
    names=(f"{_HOME}.get_total_norm", f"{_HOME}.clip_grad.get_total_norm"),
    differentiable=False,
    exempt=_EXEMPT,
)
def get_total_norm(
    tensors: Object, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """The norm of all elements of several tensors, as of one long vector.

    >>> nn.utils.get_total_norm([tensor([3.]), tensor([4.])])
    tensor(5.)
    """
    given = listed_tensors(tensors, "tensors")
    if not given:
        return zeros(())
    with no_grad():
        norms = [vector_norm(t, norm_type) for t in given]
        total: Tensor = vector_norm(stack([n.to(norms[0].device) for n in norms]), norm_type)
    if error_if_nonfinite and not bool(total.isfinite()):
        raise StateError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so "
            "it cannot be clipped. To disable this error and scale the gradients by the non-finite "
            "norm anyway, set `error_if_nonfinite=False`"
        )
    return total


@composite(
    names=(f"{_HOME}.clip_grads_with_norm_", f"{_HOME}.clip_grad.clip_grads_with_norm_"),
    differentiable=False,
    exempt=_EXEMPT,
)
def clip_grads_with_norm_(
    parameters: Object, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale gradients in place so that `total_norm`, theirs, would be `max_norm` at most."""
    with no_grad():
        _scale(_gradients(parameters), max_norm, total_norm)


def _scale(gradients: list[Tensor], max_norm: float, total: Tensor) -> None:
    # As PyTorch has it: no test of the norm, so that a plan need not look at it.
    factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
    for g in gradients:
        g.mul_(factor.to(g.device))


@composite(
    names=(
        f"{_HOME}.clip_grad_norm_", f"{_HOME}.clip_grad.clip_grad_norm_",
        f"{_HOME}.clip_grad_norm", f"{_HOME}.clip_grad.clip_grad_norm",
    ),
    differentiable=False,
    exempt=_EXEMPT,
)  # fmt: skip
def clip_grad_norm_(
    parameters: Object, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale the gradients of parameters in place so that their norm is `max_norm` at most.

    The norm is that of all of them as one vector; it is given as it was before.

    >>> p = nn.Parameter(tensor([3., 4.]))
    >>> (p * p).sum().backward()
    >>> nn.utils.clip_grad_norm_(p, 1.0), p.grad
    (tensor(10.), tensor([0.6000, 0.8000]))
    """
    gradients = _gradients(parameters)
    total: Tensor = get_total_norm(gradients, norm_type, error_if_nonfinite)
    with no_grad():
        _scale(gradients, max_norm, total)
    return total


@composite(
    names=(f"{_HOME}.clip_grad_value_", f"{_HOME}.clip_grad.clip_grad_value_"),
    differentiable=False,
    exempt=_EXEMPT,
)
def clip_grad_value_(parameters: Object, clip_value: float, foreach: bool | None = None) -> None:
    """Clamp the gradients of parameters in place to [-clip_value, clip_value].

    >>> p = nn.Parameter(tensor([3., 0.1]))
    >>> (p * p).sum().backward()
    >>> nn.utils.clip_grad_value_(p, 1.0)
    >>> p.grad
    tensor([1.0000, 0.2000])
    """
    with no_grad():
        for g in _gradients(parameters):
            g.clamp_(-clip_value, clip_value)
