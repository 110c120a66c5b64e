"""Constraints of vectors and matrices, which look at several numbers together."""

from __future__ import annotations

from typing import Any

from tcalc.library.distributions.constraints import Constraint, UpTo, constraint, one
from tcalc.library.distributions.utils import need_tensor
from tcalc.runtime.ops.create.constant import full
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.elementwise.logic import isclose
from tcalc.runtime.ops.linalg.eigenvalues import eigvalsh
from tcalc.runtime.ops.linalg.factorizations import cholesky_ex
from tcalc.runtime.types.dtypes import bool_


@constraint()
class _Simplex(Constraint):
    """Vectors of numbers from 0 on that add up to 1."""

    event_dim = 1

    def check(self, value: Any) -> Any:
        """Which vectors are shares of a whole."""
        value = need_tensor(value, "value")
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


@constraint("multinomial")
class _Multinomial(UpTo):
    """Vectors of numbers from 0 on that add up to no more than a bound."""

    is_discrete = True
    event_dim = 1

    def __repr__(self) -> str:
        return Constraint.__repr__(self)

    def check(self, x: Any) -> Any:
        """Which vectors count no more than the bound."""
        counts = need_tensor(x, "x")
        return (counts >= 0).all(-1) & (counts.sum(-1) <= self.upper_bound)


@constraint()
class _LowerTriangular(Constraint):
    """Matrices with nothing above the diagonal."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        """Which matrices are lower triangles."""
        value = need_tensor(value, "value")
        return (value.tril() == value).flatten(-2).all(-1)


@constraint()
class _LowerCholesky(_LowerTriangular):
    """Lower triangles with a positive diagonal."""

    def check(self, value: Any) -> Any:
        """Which matrices are such factors."""
        return super().check(value) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


@constraint()
class _CorrCholesky(_LowerCholesky):
    """Lower triangles with a positive diagonal and rows of length 1."""

    def check(self, value: Any) -> Any:
        """Which matrices are factors of correlations."""
        factors = super().check(value)
        near = finfo(value.dtype).eps * value.shape[-1] * 10
        return factors & ((value.detach().norm(dim=-1) - 1).abs() <= near).all(-1)


@constraint()
class _Square(Constraint):
    """Matrices with as many rows as columns."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        """Which matrices are square."""
        *batch, rows, columns = need_tensor(value, "value").shape
        return full(batch, rows == columns, dtype=bool_, device=value.device)


@constraint()
class _Symmetric(_Square):
    """Matrices that are their own transpose."""

    def check(self, value: Any) -> Any:
        """Which matrices are symmetric."""
        square = super().check(value)
        return isclose(value, value.mT, atol=1e-6).all(-2).all(-1) if square.all() else square


@constraint()
class _PositiveSemidefinite(_Symmetric):
    """Symmetric matrices without negative eigenvalues."""

    def check(self, value: Any) -> Any:
        """Which matrices are positive semidefinite."""
        symmetric = super().check(value)
        return (eigvalsh(value) >= 0).all(-1) if symmetric.all() else symmetric


@constraint()
class _PositiveDefinite(_Symmetric):
    """Symmetric matrices with a Cholesky factor."""

    def check(self, value: Any) -> Any:
        """Which matrices are positive definite."""
        symmetric = super().check(value)
        return cholesky_ex(value).info == 0 if symmetric.all() else symmetric


simplex = one("simplex", _Simplex())
lower_triangular = one("lower_triangular", _LowerTriangular())
lower_cholesky = one("lower_cholesky", _LowerCholesky())
corr_cholesky = one("corr_cholesky", _CorrCholesky())
square = one("square", _Square())
symmetric = one("symmetric", _Symmetric())
positive_semidefinite = one("positive_semidefinite", _PositiveSemidefinite())
positive_definite = one("positive_definite", _PositiveDefinite())
multinomial = _Multinomial
