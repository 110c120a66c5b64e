"""Least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.arrays.copies import by_columns
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.base.op import SINGLE, SOME, Array
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.inverses import cut_off, pinv, pinv_back, rank_kernel
from tcalc.runtime.ops.linalg.matmul import adjoint, matmul
from tcalc.runtime.ops.linalg.matrices import adjoint_array, as_inexact, decompositions, inexact
from tcalc.runtime.ops.linalg.singular_values import svdvals
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.tensor.tensor import Tensor

_TALL = [[1.0, 2.0], [0.5, -1.0], [0.3, 2.0]]
_WIDE = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@kernel(
    long=SOME,
    name="linalg_lstsq", names=(),
    node_name="LinalgLstsqBackward0",
    samples=lambda: [((_TALL, _TALL, None), {}), ((_WIDE, _WIDE, 1e-12), {})],
)  # fmt: skip
def _solution(xp: ModuleType, A: Array, B: Array, rcond: float | None) -> Array:
    """The least X, among those with the least `A @ X - B`; A and B are matrices."""
    A, B = inexact(A, B)
    if not A.size:
        stack = broadcast(A.shape[:-2], B.shape[:-2])
        return xp.zeros((*stack, A.shape[-1], B.shape[-1]), A.dtype)
    u, s, vh = decompositions(xp).svd(A, full_matrices=False)
    small = s <= cut_off(xp, A, s.max(-1, keepdims=True), None, rcond)
    inverse = xp.where(small, 0, 1 / xp.where(small, 1, s))[..., None]
    return by_columns(xp, xp.matmul(adjoint_array(vh), inverse * xp.matmul(adjoint_array(u), B)))


@_solution.vjps_of("A", "B")
def _(
    g: Tensor, needs: tuple[bool, ...], A: Tensor, B: Tensor, rcond: float | None
) -> tuple[Tensor | None, Tensor]:
    inverse = pinv(A, rtol=rcond)
    for_a = pinv_back(matmul(g, adjoint(B)), A, inverse) if needs[0] else None
    return for_a, matmul(adjoint(inverse), g)


@kernel(names=(), differentiable=False, long=SOME)
def _rank(xp: ModuleType, A: Array, rcond: float | None) -> Array:
    return rank_kernel(xp, A, None, rcond, False)


_Lstsq = named_result("linalg_lstsq", ("solution", "residuals", "rank", "singular_values"))


@composite(
    names=("torch.linalg.lstsq",), keywords={"input": "A", "b": "B"},
    samples=lambda: [((_TALL, _TALL), {}), ((_TALL, [1.0, 2.0, 0.5]), {})],
)  # fmt: skip
def lstsq(
    A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> NamedResult:
    """The X with the least `norm(A @ X - B)`, by least squares; the least such X.

    A: (*, m, n), B: (*, m, k) or vectors (*, m). rcond: singular values up to it times the
    greatest count as 0 (the type's precision times max(m, n) unless given). driver: "gelsy"
    (also by default) gives the rank, "gelsd" and "gelss" the singular values and, for a full rank
    and m > n, the squared residuals too, "gels" those without rank.

    >>> linalg.lstsq(tensor([[1.], [1.]]), tensor([[2.], [4.]])).solution
    tensor([[3.0000]])
    """
    name = "torch.linalg.lstsq"
    if driver is not None and driver not in _DRIVERS:
        raise StateError(
            f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)",
            argument="driver",
        )
    A, B = as_inexact(A), as_inexact(B)
    a, b = A._a.shape, B._a.shape
    if len(a) < 2:
        raise ShapeError(f"{name}: input must have at least 2 dimensions.", argument="A")
    if not b:
        raise ShapeError(f"{name}: other must have at least 1 dimension.", argument="B")
    vector = len(a) - 1 == len(b) and b == a[:-1]
    if vector:
        B = B.unsqueeze(-1)
    elif len(b) < 2:
        raise ShapeError(f"{name}: input.dim() must be greater or equal to other.dim() and "
                         "(input.dim() - other.dim()) <= 1", argument="B")  # fmt: skip
    m, n = a[-2:]
    if B._a.shape[-2] != m:
        raise ShapeError(
            f"{name}: input.size(-2) should match other.size({'-1' if vector else '-2'}): they "
            f"are {m} and {B._a.shape[-2]}"
        )
    solution = _solution(A, B, rcond)
    values = svdvals(A).detach()
    nothing = values.new_empty(0)
    rank = _rank(A, rcond)
    residuals = nothing
    if driver not in (None, "gelsy") and m > n and (rank == n).all():
        residuals = (matmul(A, solution) - B).abs().square().sum(-2)
    return _Lstsq(
        (
            solution.squeeze(-1) if vector else solution,
            residuals,
            rank if driver != "gels" else rank.new_empty(0),
            values if driver in ("gelsd", "gelss") else nothing.clone(),
        )
    )


lstsq.outs = CAST


# -- batches ----------------------------------------------------------------------------------

_rank.batch = leading

lstsq.autocast = SINGLE
