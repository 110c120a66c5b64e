"""`parametrizations`: weights of unit length, of spectral norm 1, or orthogonal."""

from __future__ import annotations

from tcalc.errors import DimError, DtypeError, ValueProblem
from tcalc.library.nn.module import Module
from tcalc.library.nn.utils.parametrize import is_parametrized, register_parametrization
from tcalc.library.nn.utils.spectral_norm import as_matrix, outputs_dim
from tcalc.library.nn.utils.weight_norm import named_tensor, need_module, norm_except, normed
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export, silent
from tcalc.runtime.ops.create.ranges import eye
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.linalg.factorizations import geqrf, householder_product
from tcalc.runtime.ops.linalg.matmul import mv
from tcalc.runtime.ops.linalg.matrix_functions import matrix_exp
from tcalc.runtime.ops.linalg.products import vdot
from tcalc.runtime.ops.linalg.solvers import solve
from tcalc.runtime.ops.nn.normalization.layer_norm import normalize
from tcalc.runtime.ops.random.drawing import randn
from tcalc.runtime.ops.shape.joining import cat
from tcalc.runtime.tensor.tensor import Tensor

_HOME = "torch.nn.utils.parametrizations"
# How far beyond what the dtype can tell a matrix may be from orthogonal.
_SLACK = 10


def _tensor_of(module: Module, name: str) -> Tensor:
    found = getattr(module, name) if is_parametrized(need_module(module), name) else None
    return found if isinstance(found, Tensor) else named_tensor(module, name)


# -- lengths --------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """Lengths and directions make a weight."""

    __module__ = _HOME

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The weight."""
        return normed(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Its lengths, and the weight itself."""
        return norm_except(weight, self.dim), weight


@silent
def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Make a layer's weight of lengths, `original0`, and directions, `original1`.

    dim: along which there are lengths; None for one alone.

    >>> m = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
    >>> [n for n, _ in m.named_parameters()]
    ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def take_old_names(state: dict[str, object], prefix: str, *_: object) -> None:
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state for key in old):
            for i, key in enumerate(old):
                state[f"{prefix}parametrizations.{name}.original{i}"] = state.pop(key)

    module._register_load_state_dict_pre_hook(take_old_names)
    return module


# -- spectral norm --------------------------------------------------------------------------------


class _SpectralNorm(Module):
    """A weight divided by its largest singular value, found by power iteration."""

    __module__ = _HOME
    _public_ = frozenset({"_u", "_v"})

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise DimError(
                f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got "
                f"{dim})"
            )
        if n_power_iterations <= 0:
            raise ValueProblem(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            with no_grad():
                matrix = as_matrix(weight, self.dim)
                for name, size in zip(("_u", "_v"), matrix.shape):
                    drawn = matrix.new_empty(size).normal_()
                    self.register_buffer(name, normalize(drawn, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        """Come nearer to the singular vectors."""
        with no_grad():
            for _ in range(times):
                self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
                self._v.copy_(normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight by its norm."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Clones, which the next call does not change before the pass back through this one.
        u, v = self._u.clone(), self._v.clone()
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself."""
        return value


@silent
def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:  # fmt: skip
    """Divide a layer's weight by its largest singular value, found by power iteration.

    >>> m = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4))
    >>> round(linalg.matrix_norm(m.weight, 2).item(), 1)
    1.0
    """
    weight = _tensor_of(module, name)
    norm = _SpectralNorm(weight, n_power_iterations, outputs_dim(module, dim), eps)
    return register_parametrization(module, name, norm)


# -- orthogonal -----------------------------------------------------------------------------------

_MAPS = ("matrix_exp", "cayley", "householder")


class _Orthogonal(Module):
    """An orthogonal matrix of one that is not, by a map; times `base`, where there is one."""

    __module__ = _HOME
    _public_ = frozenset({"base"})

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueProblem("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        """The orthogonal matrix."""
        wide = X.shape[-2] < X.shape[-1]
        if wide:
            X = X.mT
        Q = self._by_reflections(X) if self.orthogonal_map == "householder" else self._by_skew(X)
        if self.use_trivialization:
            Q = self.base @ Q
        return Q.mT if wide else Q

    def _by_reflections(self, X: Tensor) -> Tensor:
        A = X.tril(-1)
        tau = 2.0 / (1.0 + (A * A).sum(-2))
        # The diagonal is of 1 and -1, which nothing is to move.
        signs = X.detach().diagonal(0, -2, -1).int().unsqueeze(-2)
        return householder_product(A, tau) * signs

    def _by_skew(self, X: Tensor) -> Tensor:
        n, k = X.shape[-2:]
        X = X.tril()
        if n != k:
            X = cat([X, X.new_zeros((*X.shape[:-2], n, n - k))], -1)
        A = X - X.mH
        if self.orthogonal_map == "matrix_exp":
            Q = matrix_exp(A)
        else:
            one = eye(n, dtype=A.dtype, device=A.device)
            Q = solve(one.add(A, alpha=-0.5), one.add(A, alpha=0.5))
        return Q if n == k else Q[..., :k]

    def right_inverse(self, Q: Tensor) -> Tensor:
        """What the map makes this orthogonal matrix of; `base` is set where there is one."""
        if Q.shape != self.shape:
            raise ValueProblem(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {Q.shape}."
            )
        with no_grad():
            if self.use_trivialization:
                return self._set_base(Q)
            if self.orthogonal_map != "householder":
                raise DtypeError(
                    "It is not possible to assign to the matrix exponential or the Cayley "
                    "parametrizations when use_trivialization=False."
                )
            wide = Q.shape[-2] < Q.shape[-1]
            A, tau = geqrf(Q.mT if wide else Q)
            diagonal = A.diagonal(0, -2, -1)
            diagonal.sign_()
            # Where there is no reflection, the sign is the other.
            diagonal.mul_(1 - 2 * (tau == 0).to(A.dtype))
            return A.mT if wide else A

    def _set_base(self, given: Tensor) -> Tensor:
        Q = given.mT if given.shape[-2] < given.shape[-1] else given
        n, k = Q.shape[-2:]
        if n != k:
            more = randn((*Q.shape[:-2], n, n - k), dtype=Q.dtype, device=Q.device)
            Q = _made_orthogonal(cat([Q, more], -1))
        elif _is_orthogonal(Q):
            Q = Q.clone()
        else:
            Q = _made_orthogonal(Q)
        self.base = Q
        minus_one = given._zeros()
        minus_one.diagonal(0, -2, -1).fill_(-1.0)
        return minus_one


def _is_orthogonal(Q: Tensor) -> bool:
    n, k = Q.shape[-2:]
    one = eye(k, dtype=Q.dtype, device=Q.device)
    return bool((Q.mH @ Q).allclose(one, atol=_SLACK * n * finfo(Q.dtype).eps))


def _made_orthogonal(A: Tensor) -> Tensor:
    """The orthogonal factor of a matrix whose other factor has a positive diagonal."""
    X, tau = geqrf(A)
    Q = householder_product(X, tau)
    return Q * X.diagonal(0, -2, -1).sgn().unsqueeze(-2)


@silent
def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *,
    use_trivialization: bool = True,
) -> Module:  # fmt: skip
    """Keep a layer's weight orthogonal: its rows or columns, whichever are fewer, orthonormal.

    orthogonal_map: "matrix_exp", "cayley" or "householder"; the first by default for square
    weights, the last for others. use_trivialization: the map starts from the weight as it is.

    >>> m = nn.utils.parametrizations.orthogonal(nn.Linear(2, 3))
    >>> allclose(m.weight.T @ m.weight, eye(2), atol=1e-5)
    True
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueProblem(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueProblem(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    made = _Orthogonal(weight, orthogonal_map, bool(use_trivialization))
    return register_parametrization(module, name, made, unsafe=True)


for _function in (weight_norm, spectral_norm, orthogonal):
    export(f"{_HOME}.{_function.__name__}", value=_function)
