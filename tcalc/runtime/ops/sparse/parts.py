"""What sparse tensors are made of, and the steps between them and others, through which gradients flow.

The other ops are made of these. `PLACES` are the indices that a tensor keeps values for, as an array
without values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import StateError
from tcalc.runtime.arrays.sparse import kernels
from tcalc.runtime.arrays.sparse.arrays import Coo, Csr, Sparse
from tcalc.runtime.base.op import Array, Object
from tcalc.runtime.call.define import DefinedOp, kernel
from tcalc.runtime.call.layouts import ITSELF, is_sparse, layouts, plain
from tcalc.runtime.tensor.tensor import wrap

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

layouts.kind = Sparse
# The kind of parameters that take any layout, for annotations.
AnyLayout = Any
_SAMPLES = {"samples": "takes sparse arrays", "plans": "takes sparse arrays",
            "devices": "takes sparse arrays"}  # fmt: skip


def sparse_kernel(
    node_name: str = "", **settings: Any
) -> Callable[[Callable[..., Any]], DefinedOp]:
    """An op that only others call, whose kernel takes sparse arrays as they are."""

    def define(function: Callable[..., Any]) -> DefinedOp:
        op = kernel(
            names=(), node_name=node_name or None, upcast_halves=False, moves=True,
            exempt=_SAMPLES, **settings,
        )(function)  # fmt: skip
        op.sparse = ITSELF
        return op

    return define


def held(tensor: Tensor) -> Any:
    """The sparse array that a tensor holds."""
    return tensor._d


def layout_name(tensor: Tensor) -> str:
    """What messages call the layout of a tensor."""
    if not is_sparse(tensor):
        return "Strided"
    return "Sparse" if isinstance(tensor._d, Coo) else "SparseCsr"


def coordinates(tensor: Tensor, name: str) -> Coo:
    """The array of a tensor whose elements are kept by their indices, else an error."""
    a = tensor._d
    if isinstance(a, Coo):
        return a
    raise StateError(
        f"{name} expected sparse coordinate tensor layout but got {layout_name(tensor)}",
        hint="x.to_sparse() keeps the elements of x that are not 0 by their indices",
    )


# -- values at places ---------------------------------------------------------------------------------


@sparse_kernel("SparseCooTensorWithDimsAndTensorsBackward0")
def placed(xp: ModuleType, values: Array, at: Object) -> Array:
    """The sparse array of some values. at: their places, an array of any values there."""
    return at.like(values)


@sparse_kernel("IndexBackward0")
def taken(xp: ModuleType, source: Array, at: Object) -> Array:
    """The elements of an array, sparse or not, at the places of another."""
    return kernels.taken(kernels.as_coo(source), at)


def _spread(g: Tensor, source: Tensor, at: Any) -> Tensor:
    made: Tensor = placed(g, at)
    return made if is_sparse(source) else to_dense(made)


placed.vjp(values=lambda g, at: taken(g, at))
taken.vjp(source=_spread)


@sparse_kernel("ValuesBackward0")
def kept_values(xp: ModuleType, input: Array) -> Array:
    """The values that a sparse array keeps."""
    return input.values


kept_values.vjp(input=lambda g, input: placed(g, held(input)))


# -- between layouts ----------------------------------------------------------------------------------


@sparse_kernel("CoalesceBackward0")
def in_order(xp: ModuleType, input: Array) -> Array:
    """The same with indices in order, each there once."""
    return kernels.coalesced(input)


in_order.vjp(input=lambda g: g)


@sparse_kernel("ToDenseBackward0")
def to_dense(xp: ModuleType, input: Array) -> Array:
    """All elements."""
    return kernels.dense(input)


def _at_places(g: Tensor, input: Tensor) -> Tensor:
    return masked(g, input)


to_dense.vjp(input=_at_places)


@sparse_kernel("ToSparseBackward1")
def from_dense(xp: ModuleType, input: Array, dims: Object) -> Array:
    """The elements that are not 0, by indices of the first dims."""
    return kernels.kept(input, dims)


@sparse_kernel("ToSparseBackward0")
def from_dense_dims(xp: ModuleType, input: Array, dims: Object) -> Array:
    """The same, where a program names the dims."""
    return kernels.kept(input, dims)


for _op in (from_dense, from_dense_dims):
    _op.vjp(input=lambda g: to_dense(g) if is_sparse(g) else g)


@sparse_kernel("ToSparseCsrBackward0")
def to_csr(xp: ModuleType, input: Array) -> Array:
    """A matrix of any layout by its rows."""
    if isinstance(input, Csr):
        return input
    return kernels.csr_of(input if isinstance(input, Coo) else kernels.kept(input, 2))


@sparse_kernel("ToSparseBackward1")
def to_coo(xp: ModuleType, input: Array) -> Array:
    """A matrix that is kept by its rows, by indices."""
    return kernels.coo_of(input)


to_csr.vjp(input=lambda g, input: _as_it_was(g, input))
to_coo.vjp(input=lambda g: g)


def _as_it_was(g: Tensor, input: Tensor) -> Tensor:
    if is_sparse(input) or not is_sparse(g):
        return g
    made: Tensor = to_dense(g)
    return made


@sparse_kernel("SparseMaskBackward0")
def masked(xp: ModuleType, input: Array, mask: Array) -> Array:
    """The elements at the places of another array."""
    if isinstance(mask, Csr):
        at = kernels.coo_of(mask)
        return mask.like(kernels.taken(kernels.as_coo(input), at))
    at = kernels.coalesced(mask)
    return at.like(kernels.taken(input, at))


masked.vjp(input=lambda g, input: _as_it_was(g, input))


# -- ops on the values alone --------------------------------------------------------------------------

_lifted: dict[tuple[DefinedOp, bool], DefinedOp] = {}


def on_values(op: DefinedOp, ordered: bool = True) -> DefinedOp:
    """An op of one tensor, and of further arguments, as one of the values that a sparse tensor keeps.

    ordered: whether those of one place are added up first.
    """
    found = _lifted.get((op, ordered))
    if found is None:
        found = _lifted[op, ordered] = _lift(op, ordered)
    return found


def _lift(op: DefinedOp, ordered: bool) -> DefinedOp:
    def lifted(xp: ModuleType, input: Array, rest: Object) -> Array:
        if ordered and isinstance(input, Coo):
            input = kernels.coalesced(input)
        return input.like(plain(op.call_with((wrap(input.values), *rest))))

    lifted.__doc__ = op.doc
    name = op.node_name if isinstance(op.node_name, str) else ""
    made = sparse_kernel(name, name=op.name, differentiable=op.differentiable)(lifted)

    if not ordered:  # the product with a number, or the quotient by one
        made.vjp(input=lambda g, rest: op.call_with((g, *map(_conjugate, rest))))
        return made

    def slope(g: Tensor, input: Tensor, rest: tuple[Any, ...]) -> Tensor:
        whole = in_order(input) if isinstance(input._d, Coo) else input
        theirs = kept_values(masked(g, whole))
        return placed(_slope(op, theirs, kept_values(whole), rest), held(whole))

    if op.has_gradient:
        made.vjp(input=slope)
    return made


def _conjugate(value: Any) -> Any:
    return value.conjugate() if isinstance(value, complex) else value


def _slope(op: DefinedOp, g: Tensor, values: Tensor, rest: tuple[Any, ...]) -> Any:
    """The gradient of an op's first operand."""
    given = dict(zip([p.name for p in op.params], (values, *rest)))
    vjp = op.vjps[op.params[0].name]
    code = vjp.__code__
    needs = code.co_varnames[1 : code.co_argcount]
    known = {
        name: op.call_with((values, *rest)) if name == "out" else given[name] for name in needs
    }
    if op.holomorphic and values.is_complex():
        return vjp(g.conj(), **known).conj()
    return vjp(g, **known)
