"""Sums, products and quotients of sparse tensors, and their dimensions in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.arrays.sparse import kernels
from tcalc.runtime.arrays.sparse.arrays import Coo, Csr
from tcalc.runtime.base.op import Array, Object
from tcalc.runtime.call.compute import common_dtype
from tcalc.runtime.call.layouts import is_sparse, refused
from tcalc.runtime.ops.create.conversion import cast, cast_whole, clone
from tcalc.runtime.ops.create.filling import copied, zeroed
from tcalc.runtime.ops.elementwise.arithmetic import add, div, floor_divide, mul, rsub, sub
from tcalc.runtime.ops.elementwise.arithmetic import pow as power
from tcalc.runtime.ops.elementwise.complex_numbers import _conjugate_view, conjugate
from tcalc.runtime.ops.sparse.parts import on_values, sparse_kernel, to_dense
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp


def _is_number(value: object) -> bool:
    return not isinstance(value, Tensor) or (not is_sparse(value) and not value._d.ndim)


def alike(input: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Two operands in the dtype that they have in common."""
    if input._d.dtype == other._d.dtype:
        return input, other
    common = common_dtype((input, other))
    return input.to(common), other.to(common)


# -- sums ---------------------------------------------------------------------------------------------


def _run_sum(input: Array, other: Array, factor: Any) -> Array:
    """input + factor * other, where both are sparse, or the second."""
    if isinstance(input, (Coo, Csr)):
        scaled = other if factor == 1 else other.like((other.values * factor).astype(other.dtype))
        if isinstance(input, Csr):
            return kernels.csr_of(
                kernels.coalesced(kernels.added(kernels.coo_of(input), kernels.coo_of(scaled)))
            )
        return kernels.added(input, scaled)
    made = input.copy()
    kernels.add_into(made, kernels.as_coo(other), factor)
    return made


def _sum_op(name: str, node_name: str, sign: int) -> DefinedOp:
    def run(xp: ModuleType, input: Array, other: Array, alpha: Object) -> Array:
        return _run_sum(input, other, sign * alpha)

    run.__doc__ = "The sum of two tensors, of which the second is sparse."
    op = sparse_kernel(node_name, name=name)(run)
    op.vjp(
        input=lambda g: g,
        other=lambda g, alpha: g if sign * alpha == 1 else g * (sign * alpha),
    )
    return op


_add = _sum_op("add", "AddBackward0", 1)
_sub = _sum_op("sub", "SubBackward0", -1)


def _summed(op: DefinedOp, input: Any, other: Any, alpha: Any) -> Tensor:
    if not is_sparse(other):
        if op is _add and isinstance(other, Tensor) and isinstance(input._d, Csr):
            return _summed(_add, other if alpha == 1 else other * alpha, input, 1)
        raise StateError(
            "add(sparse, dense) is not supported. Use add(dense, sparse) instead.",
            hint="x.to_dense() has all the elements of x",
        )
    if not isinstance(input, Tensor):
        raise refused(op.name, (other,))
    if input._d.shape != other._d.shape:
        raise ShapeError(
            f"{op.name}: expected sizes of 'self' and 'other' to match, but {list(input._d.shape)} != "
            f"{list(other._d.shape)}"
        )
    if is_sparse(input) and type(input._d) is not type(other._d):
        raise refused(op.name, (input, other))
    if isinstance(input._d, Coo) and input._d.sparse_dims != other._d.sparse_dims:
        raise StateError(
            f"{op.name}: expected 'self' and 'other' to have same density, but 'self' has "
            f"{input._d.sparse_dims} sparse dimensions while 'other' has {other._d.sparse_dims} sparse "
            "dimensions"
        )
    found: Tensor = op(*alike(input, other), alpha)
    return found


add.sparse = lambda input, other, alpha: _summed(_add, input, other, alpha)
sub.sparse = lambda input, other, alpha: _summed(_sub, input, other, alpha)
rsub.sparse = lambda input, other, alpha: _summed(_sub, other, input, alpha)


# -- products -----------------------------------------------------------------------------------------


@sparse_kernel("MulBackward0", name="mul")
def _mul(xp: ModuleType, input: Array, other: Array) -> Array:
    """The product of elements, of which one side is sparse, or both: it has the places of that."""
    if not isinstance(input, (Coo, Csr)):
        return _times_dense(other, input)
    if not isinstance(other, (Coo, Csr)):
        return _times_dense(input, other)
    found = kernels.multiplied(kernels.as_coo(input), kernels.as_coo(other))
    return kernels.csr_of(found) if isinstance(input, Csr) else found


def _times_dense(a: Coo | Csr, b: Array) -> Coo | Csr:
    places = kernels.as_coo(a)
    return a.like(a.values * kernels.taken(np.broadcast_to(b, a.shape), places))


def _mul_back(g: Tensor, other: Tensor, shape: tuple[int, ...]) -> Tensor:
    """g * other for an operand of a shape: with all elements where it stretches."""
    found = g * (other.conj() if other.is_complex() else other)
    return to_dense(found) if is_sparse(found) and found._d.shape != shape else found


_mul.vjp(
    input=lambda g, other, input_shape: _mul_back(g, other, input_shape),
    other=lambda g, input, other_shape: _mul_back(g, input, other_shape),
)


def _by_number(op: DefinedOp) -> Any:
    """Of a product with a number, or a quotient by one: that of the values."""

    def run(input: Any, other: Any, *rest: Any) -> Any:
        if not is_sparse(input) or not _is_number(other):
            return NotImplemented
        return on_values(op, ordered=False)(input, (other, *rest))

    return run


def _product(input: Any, other: Any) -> Any:
    if not isinstance(other, Tensor):
        return on_values(mul, ordered=False)(input, (other,))
    if not isinstance(input, Tensor):
        return on_values(mul, ordered=False)(other, (input,))
    a, b = input._d, other._d
    kept = a if is_sparse(input) else b
    if is_sparse(input) and is_sparse(other):
        if type(a) is not type(b):
            return NotImplemented
        if a.shape != b.shape:
            raise ShapeError(
                f"mul(sparse, sparse): operands have sizes {list(a.shape)} and {list(b.shape)}, and "
                "sparse tensors do not broadcast"
            )
        if isinstance(a, Coo) and a.sparse_dims != b.sparse_dims:
            return NotImplemented
    elif broadcast(a.shape, b.shape) != kept.shape:
        raise ShapeError(
            f"mul(sparse, dense): the sparse operand of size {list(kept.shape)} does not broadcast"
        )
    return _mul(*alike(input, other))


def _quotient(input: Any, other: Any, rounding_mode: str | None = None) -> Any:
    if is_sparse(input) and _is_number(other):
        return _by_number(div)(input, other, rounding_mode)
    shape = list(other._d.shape) if isinstance(other, Tensor) else []
    raise StateError(
        "Sparse division requires a scalar or zero-dim dense tensor divisor (got shape "
        f"{shape} for divisor)", hint="x.to_dense() has all the elements of x",
    )  # fmt: skip


def _to_power(input: Any, exponent: Any) -> Any:
    """Powers of the values, but for exponents at which 0 does not stay 0."""
    if not is_sparse(input) or isinstance(exponent, Tensor):
        return NotImplemented
    if not isinstance(exponent, complex) and exponent > 0:
        return on_values(power)(input, (exponent,))
    return NotImplemented


mul.sparse = _product
div.sparse = _quotient
floor_divide.sparse = _by_number(floor_divide)
power.sparse = _to_power


# -- other copies -------------------------------------------------------------------------------------


@sparse_kernel("CloneBackward0", name="clone")
def _cloned(xp: ModuleType, input: Array) -> Array:
    """The same in memory of its own."""
    return input.copy()


_cloned.vjp(input=lambda g: g)


@sparse_kernel("ToCopyBackward0", name="to")
def _cast(xp: ModuleType, input: Array, dtype: Object) -> Array:
    """The values in another dtype."""
    return input.like(cast.kernel(xp, input.values, dtype))


_cast.vjp(input=lambda g, input_dtype: g.to(dtypes.of(input_dtype)))


@sparse_kernel("ZeroBackward0", name="zero")
def _zeroed(xp: ModuleType, input: Array) -> Array:
    """No value at all, in the same size."""
    if isinstance(input, Csr):
        starts = np.zeros_like(input.starts)
        return Csr(starts, input.columns[:0], input.values[:0], input.shape)
    return Coo(input.indices[:, :0], input.values[:0], input.shape, True)


_zeroed.vjp(input=lambda g: _zeroed(g) if is_sparse(g) else g._zeros())


def _copy(input: Tensor, src: Tensor) -> Any:
    if not is_sparse(input) or type(input._d) is not type(src._d):
        return NotImplemented
    if input._d.shape != src._d.shape:
        raise ShapeError(
            f"copy_: a tensor of size {list(input._d.shape)} does not take one of size "
            f"{list(src._d.shape)}: sparse tensors do not broadcast"
        )
    return _cloned(src).to(input.dtype)


_conjugate_view.sparse = lambda input: conjugate(input)
clone.sparse = lambda input, memory_format: _cloned(input)
cast.sparse = lambda input, dtype: _cast(input, dtype)
cast_whole.sparse = lambda input, dtype: _cast(input.detach(), dtype)
zeroed.sparse = lambda input: _zeroed(input)
copied.sparse = _copy
