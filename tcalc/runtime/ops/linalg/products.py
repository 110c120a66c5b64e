"""Products of vectors and tensors that are not plain matrix products."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, DtypeError, ShapeError, StateError, UnsupportedDtype
from tcalc.runtime.base import memory
from tcalc.runtime.base.op import SINGLE, Array, IntLists
from tcalc.runtime.base.targets import CAST, NOT_PARTLY
from tcalc.runtime.call.batching import over
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.contraction import contract
from tcalc.runtime.ops.linalg.matmul import common, conjugate, dot
from tcalc.runtime.types.codes import BOOLS, INTEGERS
from tcalc.runtime.types.dtypes import is_floating
from tcalc.runtime.types.shapes import broadcast, wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VECTOR = [1.0, -2.0, 0.5]
_MATRIX = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]


@composite(
    apart=NOT_PARTLY,
    names=("outer", "ger"),
    keywords={"vec2": "other"},
    samples=lambda: [((_VECTOR, [1.0, 2.0]), {})],
)
def outer(input: Tensor, other: Tensor) -> Tensor:
    """Every element of one vector times every element of another: (n) and (m) give (n, m).

    >>> outer(tensor([1, 2]), tensor([3, 4, 5]))
    tensor([[ 3,  4,  5],
            [ 6,  8, 10]])
    """
    a, b = input._d, other._d
    if a.ndim != 1 or b.ndim != 1:
        name, given = ("self", input) if a.ndim != 1 else ("vec2", other)
        raise ShapeError(
            f"outer: Expected 1-D argument {name}, but got {given._d.ndim}-D",
            argument="input" if given is input else "other",
        )
    memory.check(a.size * b.size * max(a.itemsize, b.itemsize), "the outer product")
    return input.unsqueeze(1) * other


outer.outs = CAST
outer.product_call = "outer"


@composite(samples=lambda: [((_MATRIX, _MATRIX), {}), ((_MATRIX, _VECTOR), {})])
def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sums of products over the last dimension of both.

    input: (*, k), other: (*′, k) → (*, *′). A 0-dim operand multiplies. Nothing is conjugated.

    >>> inner(tensor([1, 2, 3]), tensor([0, 2, 1]))
    tensor(7)
    """
    a, b = input._a.shape, other._a.shape
    if not a or not b:
        return input * other
    if a[-1] != b[-1]:
        raise ShapeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(a)} and {list(b)}"
        )
    return _sum_products(input, other, (len(a) - 1,), (len(b) - 1,))


def _sum_products(a: Tensor, b: Tensor, left: tuple[int, ...], right: tuple[int, ...]) -> Tensor:
    """The sums of products over some dims of two tensors."""
    return contract(a, b, *_terms(a._d.ndim, b._d.ndim, left, right))


@lru_cache(maxsize=256)
def _terms(a: int, b: int, left: tuple[int, ...], right: tuple[int, ...]) -> tuple[str, str, str]:
    """The letters of both operands' dims, the same for those that are summed, and of the result's."""
    names_a = _LETTERS[:a]
    names_b = list(_LETTERS[a : a + b])
    for i, j in zip(left, right):
        names_b[j] = names_a[i]
    out = [c for c in names_a if c not in names_b] + [c for c in names_b if c not in names_a]
    return names_a, "".join(names_b), "".join(out)


@composite(samples=lambda: [((_VECTOR, _VECTOR), {})])
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements, the first one's conjugated.

    >>> vdot(tensor([2, 3]), tensor([2, 1]))
    tensor(7)
    """
    return dot(conjugate(input), other)


@composite(names=("torch.linalg.vecdot",), keywords={"input": "x", "other": "y"})
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The sums of products along a dimension, the first operand's elements conjugated.

    Shapes broadcast; the dimension is gone from the result.

    >>> linalg.vecdot(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    if not is_floating(x.dtype) or not is_floating(y.dtype):
        name = (y if is_floating(x.dtype) else x).dtype.shorthand
        raise DtypeError(
            f"linalg.vecdot: Expected a floating point or complex tensor as input. Got {name}",
            hint="convert it with .float()",
        )
    product = conjugate(x) * y
    return product.sum(dim)


def _cross_kernel(xp: ModuleType, a: Array, b: Array, dim: int) -> Array:
    if a.ndim != b.ndim:
        raise ShapeError("linalg.cross: inputs must have the same number of dimensions.")
    at = wrap_dim(dim, a.ndim)
    if a.shape[at] != 3 or b.shape[at] != 3:
        raise ShapeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {a.shape[at]} and "
            f"{b.shape[at]}",
            argument="dim",
        )
    a, b = common(a, b)
    if a.dtype.char in BOOLS:
        raise UnsupportedDtype("\"cross\" not implemented for 'Bool'")
    result = xp.empty(broadcast(a.shape, b.shape), a.dtype)
    x, y, r = (xp.moveaxis(t, at, 0) for t in (a, b, result))
    for i, (j, k) in enumerate(((1, 2), (2, 0), (0, 1))):
        xp.multiply(x[j], y[k], out=r[i, ...])
        r[i] -= x[k] * y[j]
    return result


@kernel(name="linalg_cross", names=("torch.linalg.cross",),
        samples=lambda: [((_MATRIX, [[0.3, 1.0, 2.0], [1.0, 1.0, -1.0]]), {})])  # fmt: skip
def linalg_cross(xp: ModuleType, input: Array, other: Array, *, dim: int = -1) -> Array:
    """The cross products of vectors of three elements, which lie along `dim`.

    The other dimensions broadcast.

    >>> linalg.cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    return _cross_kernel(xp, input, other, dim)


linalg_cross.vjp(
    input=lambda g, other, dim: linalg_cross(*_same(conjugate(other), g), dim=dim),
    other=lambda g, input, dim: linalg_cross(*_same(g, conjugate(input)), dim=dim),
)


def _same(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    shape = broadcast(a._a.shape, b._a.shape)
    return a.expand(shape), b.expand(shape)


@composite(samples=lambda: [((_MATRIX, [[0.3, 1.0, 2.0], [1.0, 1.0, -1.0]]), {})])
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The cross products of vectors of three elements.

    dim: the dimension they lie along; without it, the first of size 3.

    >>> cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    if dim is None:
        shape = input._a.shape
        if 3 not in shape:
            raise StateError("no dimension of size 3 in input", argument="input")
        dim = shape.index(3)
    return linalg_cross(input, other, dim=dim)


def _dim_lists(
    a: tuple[int, ...], b: tuple[int, ...], dims: Any
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dims to sum over, of each operand."""
    if hasattr(dims, "_a"):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise StateError(f"tensordot expects dims >= 0, but got dims={dims}", argument="dims")
        if dims > min(len(a), len(b)):
            raise StateError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}", argument="dims"
            )
        return tuple(range(len(a) - dims, len(a))), tuple(range(dims))
    if not isinstance(dims, (list, tuple)) or len(dims) != 2:
        raise ArgumentError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] "
            f"containing two lists, but got dims={dims}",
            argument="dims",
        )
    left, right = ([d] if isinstance(d, int) else list(d) for d in dims)
    if len(left) != len(right):
        raise StateError("both dimension lists should have same length", argument="dims")
    return (
        tuple(wrap_dim(d, len(a)) for d in left),
        tuple(wrap_dim(d, len(b)) for d in right),
    )


@composite(
    names=("torch.tensordot",),
    keywords={"input": "a", "other": "b"},
    samples=lambda: [((_MATRIX, _MATRIX), {"dims": ([0], [0])}), ((_MATRIX, _VECTOR), {"dims": 1})],
)
def tensordot(a: Tensor, b: Tensor, dims: IntLists = 2) -> Tensor:
    """The sums of products over several dimensions of two tensors.

    dims: how many (the last of `a`, the first of `b`), or a list of dimensions for each. The
    result has the other dimensions of `a`, then those of `b`.

    >>> tensordot(ones(2, 3, 4), ones(3, 4, 5)).shape
    torch.Size([2, 5])
    """
    left, right = _dim_lists(a._d.shape, b._d.shape, dims)
    for i, j in zip(left, right):
        n, m = a._d.shape[i], b._d.shape[j]
        if n == m:
            continue
        if n == 1:
            b = b.sum(j, keepdim=True, dtype=b.dtype)
        elif m == 1:
            a = a.sum(i, keepdim=True, dtype=a.dtype)
        else:
            raise ShapeError(
                "contracted dimensions need to match, but first has size "
                f"{n} in dim {i - a._d.ndim if isinstance(dims, int) else i} and second has size "
                f"{m} in dim {j}"
            )
    return _sum_products(a, b, left, right)


@composite(samples=lambda: [((_MATRIX, [[1.0, 2.0]]), {}), ((_MATRIX, _VECTOR), {})])
def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: each element of `input` times the whole of `other`.

    >>> kron(tensor([[1, 2]]), tensor([[1, 1], [0, 1]]))
    tensor([[1, 1, 2, 2],
            [0, 1, 0, 2]])
    """
    ndim = max(input._a.ndim, other._a.ndim)
    a = (1,) * (ndim - input._a.ndim) + input._a.shape
    b = (1,) * (ndim - other._a.ndim) + other._a.shape
    memory.check(input._a.size * other._a.nbytes, "the Kronecker product")
    spread = input.reshape([n for m in a for n in (m, 1)])
    product = spread * other.reshape([n for m in b for n in (1, m)])
    return product.reshape([n * m for n, m in zip(a, b)])


@kernel(samples=lambda: [((_MATRIX,), {})], long=0)
def trace(xp: ModuleType, input: Array) -> Array:
    """The sum of a matrix's diagonal. Integers give int64.

    >>> trace(tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    if input.ndim != 2:
        raise ShapeError(
            f"trace: expected a matrix, but got tensor with dim {input.ndim}", argument="input"
        )
    if input.dtype.char in BOOLS:
        raise UnsupportedDtype("\"trace\" not implemented for 'Bool'")
    diagonal = input.diagonal()
    if input.dtype.char in INTEGERS:
        return xp.add.reduce(diagonal, dtype=xp.int64)
    return xp.add.reduce(diagonal)


def _trace_back(g: Tensor, input_shape: tuple[int, ...]) -> Tensor:
    from tcalc.runtime.ops.create.ranges import eye

    return g * eye(*input_shape, dtype=g.dtype, device=g.device)


trace.vjp(input=_trace_back)
trace.product_call = "trace"


# -- batches ----------------------------------------------------------------------------------

linalg_cross.batch = over("dim")
trace.batch = lambda batch: batch.values[0].diagonal(0, 1, 2).sum(-1)

trace.autocast = SINGLE
