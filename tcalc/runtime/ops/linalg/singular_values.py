"""Singular values and vectors, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.runtime.autograd.nodes import end_of, tracked
from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.base.op import SINGLE, SOME, Array, on_arrays
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.matmul import adjoint, column, either, is_bare, matmul, times
from tcalc.runtime.ops.linalg.matrices import (
    decompositions,
    diagonal_matrix,
    diagonal_of,
    identity_like,
    inexact,
    must_be_matrix,
    singular,
)
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.tensor.tensor import Tensor

_WIDE = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_OTHER = [[0.1, 1.0, 2.0], [3.0, -1.0, 0.4]]


def recorded(tensor: Tensor) -> bool:
    """Whether gradients will flow to the tensor, so that vectors are needed beside values."""
    return tracked(tensor)


_identity_like, _diagonal_of, _diagonal_matrix = map(
    either, (identity_like, diagonal_of, diagonal_matrix)
)


def flows(g: Tensor | Array) -> bool:
    """Whether a gradient is more than the zeros that stand for none."""
    if is_bare(g):
        return bool(g.any())
    return end_of(g) is not None or anywhere(g)


def row(t: Tensor | Array) -> Tensor | Array:
    """Vectors as rows."""
    return t[..., None, :] if is_bare(t) else t.unsqueeze(-2)


def alike(t: Tensor | Array, other: Tensor | Array) -> Tensor | Array:
    """In the dtype of another."""
    return t if is_bare(t) else t.to(other.dtype)


def differences(values: Tensor | Array) -> Tensor | Array:
    """For each two of the values the second less the first, 1 for a value with itself."""
    found = row(values) - column(values)
    return found + _identity_like(found)


def _factors(xp: ModuleType, name: str, array: Array, full_matrices: bool) -> Array:
    must_be_matrix(array, name)
    try:
        return decompositions(xp).svd(inexact(array), full_matrices=full_matrices)
    except ValueError:
        finite = xp.isfinite(array).all((-2, -1)).reshape(-1)
        number = int((~finite).argmax()) if not finite.all() else 0
        raise singular(
            name, number, array.ndim - 2,
            "The algorithm failed to converge because the input matrix contained non-finite values."
            if not finite.all() else "The algorithm failed to converge.",
        ) from None  # fmt: skip


@kernel(
    long=SOME,
    name="linalg_svd", names=("torch.linalg.svd",), keywords={"input": "A"},
    returns=("U", "S", "Vh"), node_name="LinalgSvdBackward0",
    samples=lambda: [((_WIDE, False), {}), (([_WIDE, _OTHER], False), {})],
)  # fmt: skip
def svd(xp: ModuleType, A: Array, full_matrices: bool = True) -> tuple[Array, Array, Array]:
    """The singular value decomposition `A = U @ diag(S) @ Vh`.

    A: (*, m, n) → U: (*, m, m), S: (*, min(m, n)) in falling order, Vh: (*, n, n); without
    full_matrices U has min(m, n) columns and Vh as many rows. Signs of vectors are arbitrary: a
    gradient exists only for what does not depend on them.

    >>> linalg.svd(tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    u, s, vh = _factors(xp, "linalg.svd", A, full_matrices)
    return u, s, vh


def _skew(t: Tensor | Array) -> Tensor | Array:
    return t - adjoint(t)


def _product(a: Tensor | Array, b: Tensor | Array) -> Tensor | Array:
    return times(matmul, a, b)


@on_arrays
def _svd_back(g: tuple[Tensor | Array, ...], out: tuple[Tensor | Array, ...]) -> Tensor | Array:
    g_u, g_s, g_vh = g
    u, s, vh = out
    k = s.shape[-1]
    u, g_u = u[..., :k], g_u[..., :k]
    vh, g_vh = vh[..., :k, :], g_vh[..., :k, :]
    with_u, with_v = flows(g_u), flows(g_vh)
    if not with_u and not with_v:
        return _product(u * row(alike(g_s, u)), vh)
    inner = alike(_diagonal_matrix(g_s), u)
    gaps = differences(s * s)
    if with_u:
        turned = _skew(_product(adjoint(u), g_u))
        inner = inner + turned / gaps * row(s)
        if type(u) is not np.ndarray and u.dtype.is_complex:
            inner = inner + _diagonal_matrix(_diagonal_of(turned) / (2 * s))
    if with_v:
        inner = inner + column(s) * (_skew(_product(vh, adjoint(g_vh))) / gaps)
    left = _product(u, inner)
    if with_u and u.shape[-2] > k:
        left = left + (g_u - _product(u, _product(adjoint(u), g_u))) / row(s)
    found = _product(left, vh)
    if with_v and vh.shape[-1] > k:
        outside = g_vh - _product(_product(g_vh, adjoint(vh)), vh)
        found = found + _product(u, outside / column(s))
    return found


svd.vjp(A=_svd_back)


@kernel(names=(), differentiable=False, long=SOME)
def _values_alone(xp: ModuleType, A: Array) -> Array:
    """The singular values, without the vectors."""
    must_be_matrix(A, "linalg.svd")
    return decompositions(xp).svd(inexact(A), compute_uv=False)


@composite(
    names=("torch.linalg.svdvals",), keywords={"input": "A"},
    samples=lambda: [((_WIDE,), {}), (([_WIDE, _OTHER],), {})],
)  # fmt: skip
def svdvals(A: Tensor) -> Tensor:
    """The singular values of a matrix, of each one of a stack, in falling order.

    >>> linalg.svdvals(tensor([[3., 0.], [0., 4.]]))
    tensor([4., 3.])
    """
    return svd(A, False)[1] if recorded(A) else _values_alone(A)


_Svd = named_result("svd", ("U", "S", "V"))


@composite(name="svd", names=("torch.svd", "Tensor.svd"),
           samples=lambda: [((_WIDE,), {})])  # fmt: skip
def torch_svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> NamedResult:
    """The singular value decomposition `input = U @ diag(S) @ V.mH`.

    some: only the first min(m, n) columns of U and V. Without compute_uv they are zeros.

    >>> svd(tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    if compute_uv:
        u, s, vh = svd(input, not some)
        return _Svd((u, s, adjoint(vh)))
    *stack, m, n = input._a.shape
    s = svdvals(input)
    t = input.dtype if input._a.dtype.char in COMPLEXES else s.dtype
    return _Svd((s.new_zeros((*stack, m, m), dtype=t), s, s.new_zeros((*stack, n, n), dtype=t)))


# -- batches ----------------------------------------------------------------------------------

svd.batch = _values_alone.batch = leading

for _op in (svd, svdvals, torch_svd):
    _op.autocast = SINGLE
