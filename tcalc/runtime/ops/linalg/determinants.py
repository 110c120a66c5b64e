"""Determinants of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.modes import anywhere
from tcalc.runtime.base.op import SOME, Array
from tcalc.runtime.call.batching import leading
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.inverses import inv
from tcalc.runtime.ops.linalg.matmul import adjoint, conjugate, matmul
from tcalc.runtime.ops.linalg.matrices import decompositions, inexact, must_be_square

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor

# Up to this size the cofactors of singular matrices are determinants of their minors.
_SMALL = 8
_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_STACK = [[[1.0, 2.0], [-0.5, 0.3]], [[2.0, 0.1], [1.0, 3.0]]]
_SINGULAR = [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.5, -1.0, 1.0]]


@kernel(
    long=SOME,
    names=("torch.linalg.det", "torch.det", "Tensor.det"), keywords={"input": "A"},
    node_name="LinalgDetBackward0",
    samples=lambda: [((_SQUARE,), {}), ((_STACK,), {}), ((_SINGULAR,), {})],
)  # fmt: skip
def det(xp: ModuleType, A: Array) -> Array:
    """The determinant of a square matrix, of each one of a stack. Integers give the default dtype.

    >>> linalg.det(tensor([[2., 1.], [0., 4.]]))
    tensor(8.)
    """
    must_be_square(A, "linalg.det")
    return decompositions(xp).det(inexact(A))


def _det_back(g: Tensor, A: Tensor, out: Any) -> Tensor:
    g = g.unsqueeze(-1).unsqueeze(-1)
    if not anywhere(out == 0):
        return g * conjugate(out).unsqueeze(-1).unsqueeze(-1) * adjoint(inv(A))
    return g * conjugate(_cofactors(A))


def _cofactors(A: Tensor) -> Tensor:
    """The matrix of cofactors, the determinant's derivative, of singular matrices too."""
    n = A._a.shape[-1]
    if n == 1:
        return A._ones()
    if n > _SMALL:
        return _cofactors_of_many(A)
    others = [[j for j in range(n) if j != i] for i in range(n)]
    rows = A[..., others, :]  # (*, n, n - 1, n): without each row
    minors = rows[..., others].movedim(-2, -3)  # (*, n, n, n - 1, n - 1)
    signs = [[1.0 if (i + j) % 2 == 0 else -1.0 for j in range(n)] for i in range(n)]
    return det(minors) * A.new_tensor(signs)


def _cofactors_of_many(A: Tensor) -> Tensor:
    from tcalc.runtime.ops.linalg.singular_values import svd

    u, s, vh = svd(A)
    n = A._a.shape[-1]
    others = s.unsqueeze(-2).expand(*s._a.shape, n).masked_fill(s.new_ones(n).diag().bool(), 1)
    phase = conjugate(det(u) * det(vh)).unsqueeze(-1).unsqueeze(-1)
    return conjugate(phase * matmul(u * others.prod(-1).unsqueeze(-2), vh))


det.vjp(A=_det_back)


def _slogdet(name: str, names: tuple[str, ...]) -> DefinedOp:
    @kernel(
        long=SOME,
        name=name, names=names, returns=("sign", "logabsdet"), keywords={"input": "A"},
        node_name="LinalgSlogdetBackward0",
        samples=lambda: [((_SQUARE,), {}), ((_STACK,), {})],
    )  # fmt: skip
    def slogdet(xp: ModuleType, A: Array) -> tuple[Array, Array]:
        """The determinant's sign and the logarithm of its size.

        A: (*, n, n). A singular matrix has sign 0 and logarithm -inf. Integers give the default dtype.

        >>> linalg.slogdet(tensor([[0., 2.], [1., 0.]])).sign
        tensor(-1.)
        """
        must_be_square(A, "linalg.slogdet")
        sign, size = decompositions(xp).slogdet(inexact(A))
        return sign, size

    def back(g: tuple[Tensor, ...], A: Tensor, out: tuple[Tensor, ...]) -> Tensor:
        g_sign, g_size = g
        if A.dtype.is_complex:
            turn = (g_sign * out[0].conj()).imag
            g_size = g_size + turn * 1j
        return g_size.unsqueeze(-1).unsqueeze(-1) * adjoint(inv(A))

    made: DefinedOp = slogdet
    made.vjp(A=back)
    return made


linalg_slogdet = _slogdet("linalg_slogdet", ("torch.linalg.slogdet",))
slogdet = _slogdet("slogdet", ("torch.slogdet", "Tensor.slogdet"))


@composite(samples=lambda: [(([[1.0, 2.0], [0.5, 3.0]],), {})])
def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant: nan where that is negative, -inf where it is 0.

    >>> logdet(eye(3))
    tensor(0.)
    """
    sign, size = slogdet(input)
    if sign.dtype.is_complex:
        return sign.log() + size
    from tcalc.runtime.ops.elementwise.selection import where

    return where(sign == -1.0, float("nan"), size)


# -- batches ----------------------------------------------------------------------------------

for _op in (det, linalg_slogdet, slogdet):
    _op.batch = leading
