"""`spectral_norm` of old: a weight divided by its largest singular value before each call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import StateError, ValueProblem
from tcalc.library.nn.members import tensor_of
from tcalc.library.nn.module import Module
from tcalc.library.nn.utils.weight_norm import (
    hook_of,
    named_tensor,
    need_module,
    remove_hook,
)
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.ops.linalg.matmul import dot, mv
from tcalc.runtime.ops.nn.normalization.layer_norm import normalize
from tcalc.runtime.tensor.tensor import Parameter

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight as a matrix whose rows are its parts along a dim."""
    if dim % weight.ndim:
        weight = weight.movedim(dim, 0)
    return weight.flatten(1)


def outputs_dim(module: Module, dim: int | None) -> int:
    """The dim of a layer's weight that is its outputs': the second of transposed convolutions."""
    return int(bool(module.__dict__.get("transposed", False))) if dim is None else dim


class SpectralNorm:
    """The hook: sets the weight before each call."""

    _public_ = frozenset({"dim", "eps", "n_power_iterations", "name"})

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        if n_power_iterations <= 0:
            raise ValueProblem(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def made(self, module: Module, iterate: bool = False) -> Tensor:
        """The weight; iterate: come nearer to the singular vectors first."""
        weight, u, v = (tensor_of(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = as_matrix(weight, self.dim)
        if iterate:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(normalize(mv(matrix, v), dim=0, eps=self.eps))
                # Which the next call may change before the pass back through this one.
                u, v = u.clone(), v.clone()
        return weight / dot(u, mv(matrix, v))

    def __call__(self, module: Module, inputs: object) -> None:
        setattr(module, self.name, self.made(module, module.training))


@silent
def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:  # fmt: skip
    """Divide a layer's weight by its largest singular value, found by power iteration.

    Each call in training goes `n_power_iterations` steps on. The newer form is
    `nn.utils.parametrizations.spectral_norm`.

    >>> m = nn.utils.spectral_norm(nn.Linear(2, 3))
    >>> list(m.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    need_module(module)
    if hook_of(module, SpectralNorm, name) is not None:
        raise StateError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    hook = SpectralNorm(name, n_power_iterations, outputs_dim(module, dim), eps)
    weight = named_tensor(module, name)
    with no_grad():
        matrix = as_matrix(weight, hook.dim)
        u, v = (
            normalize(matrix.new_empty(size).normal_(), dim=0, eps=eps) for size in matrix.shape
        )
    delattr(module, name)
    module.register_parameter(
        f"{name}_orig", weight if isinstance(weight, Parameter) else Parameter(weight)
    )
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    return module


@silent
def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make a layer's weight one parameter again, as it is divided now."""
    return remove_hook(module, name, SpectralNorm, "spectral_norm", ("_u", "_v", "_orig"))


for _function in (spectral_norm, remove_spectral_norm):
    export(f"torch.nn.utils.{_function.__name__}", value=_function)
