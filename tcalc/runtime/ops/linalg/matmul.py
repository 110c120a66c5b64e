"""Products of matrices and vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ShapeError, UnsupportedDtype
from tcalc.runtime.arrays.products import LONG, SIZEABLE, product, stacks
from tcalc.runtime.base import detached, memory
from tcalc.runtime.base.op import LOWER, Array, on_arrays
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.expression import NotDeferred
from tcalc.runtime.ops.linalg.misfits import cannot_multiply, do_not_fit, wrong_stack
from tcalc.runtime.ops.linalg.product_batches import products, stack_products
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes, promotion
from tcalc.runtime.types.codes import BOOLS, COMPLEXES, INEXACT
from tcalc.runtime.types.shapes import broadcast, numel

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp

# Integer products up to this many multiplications are not worth a detour by way of floats.
_FEW = 20_000
# Every whole number below this is a float64.
_EXACT = 1 << 53
# Results with fewer elements than this need no look at the memory limit.
_SMALL = 1 << 22


def common(a: Array, b: Array) -> tuple[Array, Array]:
    """Both arrays in their common type (a matrix of integers times one of floats is of floats)."""
    if a.dtype == b.dtype:
        return a, b
    t = promotion.promote(dtypes.of(a.dtype), dtypes.of(b.dtype)).numpy
    return a.astype(t, copy=False), b.astype(t, copy=False)


def multiply(xp: ModuleType, a: Array, b: Array, name: str = "addmm_impl_cpu_") -> Array:
    """The matrix product of two arrays, of stacks of matrices above two dims.

    name: what PyTorch calls its kernel in the error that it has none for bools.
    """
    if a.dtype is not b.dtype:
        a, b = common(a, b)
    if a.dtype.char not in INEXACT:
        return _whole(xp, a, b, name)
    if a.ndim < 3 and b.ndim < 3:
        return a.dot(b) if a.size < SIZEABLE or xp is not np else product(a, b)
    return stacks(a, b) if xp is np and a.ndim > 1 < b.ndim else xp.matmul(a, b)


def is_brief(a: Array, b: Array) -> bool:
    """Whether a product of at most two dims is one call: of one inexact dtype, and not large."""
    return a.dtype is b.dtype and a.size < SIZEABLE and a.dtype.char in INEXACT


def _whole(xp: ModuleType, a: Array, b: Array, name: str) -> Array:
    """The product of integers: by BLAS where float64 holds every sum exactly."""
    if a.dtype.char in BOOLS:
        raise UnsupportedDtype(
            f"\"{name}\" not implemented for 'Bool'",
            hint="convert them with .long() to count, or with .float()",
        )
    terms = a.shape[-1]
    multiplications = a.size * (b.shape[-1] if b.ndim > 1 else 1)
    if multiplications > _FEW and terms * _largest(a) * _largest(b) < _EXACT:
        found = multiply(xp, a.astype(xp.float64), b.astype(xp.float64))
        return found.astype(xp.int64).astype(a.dtype)
    if xp is np and multiplications > LONG:
        return detached.call(f"{list(a.shape)} and {list(b.shape)}", np.matmul, a, b)
    return xp.matmul(a, b)


def _largest(array: Array) -> int:
    return max(int(array.max()), -int(array.min()))


# Gradient functions run on bare arrays of real numbers as well as on tensors, and so do these.


def is_bare(t: Tensor | Array) -> bool:
    """Whether an operand is an array of NumPy's and no tensor; NotDeferred where it is another's, for
    which the engine gives tensors."""
    if type(t) is np.ndarray:
        return True
    if isinstance(t, Tensor):
        return False
    raise NotDeferred


def adjoint(t: Tensor | Array) -> Tensor | Array:
    """The conjugate transpose of a matrix or of a stack of them."""
    if is_bare(t):
        return t.swapaxes(-2, -1)
    turned = t.transpose(-2, -1)
    return turned.conj_physical() if t._a.dtype.char in COMPLEXES else turned


def conjugate(t: Tensor | Array) -> Tensor | Array:
    """The conjugate of what is complex."""
    if is_bare(t):
        return t
    return t.conj_physical() if t._a.dtype.char in COMPLEXES else t


def times(op: DefinedOp, a: Tensor | Array, b: Tensor | Array) -> Tensor | Array:
    """An op's product of two tensors, or that of two arrays. Nothing else multiplies."""
    if type(a) is np.ndarray and type(b) is np.ndarray:
        if a.ndim < 3 or b.ndim > 2:
            return multiply(np, a, b)
        return _stack_product.kernel(np, a, b)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return op(a, b)
    raise NotDeferred


def either(op: DefinedOp) -> Callable[..., Any]:
    """An op as gradient functions call it: with tensors, or its kernel with arrays (settings by name)."""
    kernel = op.kernel

    def run(*operands: Tensor | Array, **settings: object) -> Any:
        if isinstance(operands[0], Tensor):
            return op(*operands, **settings)
        for t in operands:
            if type(t) is not np.ndarray:
                raise NotDeferred
        return kernel(np, *operands, **settings)

    return run


def column(t: Tensor | Array) -> Tensor | Array:
    """Vectors as columns."""
    return t[..., None] if is_bare(t) else t.unsqueeze(-1)


def _check_size(shape: tuple[int, ...], array: Array) -> None:
    if (count := numel(shape)) > _SMALL:
        memory.check(count * array.itemsize, f"a product of shape {list(shape)}")


_MATRIX = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_TALL = [[1.0, -2.0], [0.5, 3.0], [2.0, 1.5]]
_STACK = [[[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.1, 0.2, -0.5], [1.0, 3.0, 0.7]]]
_TALL_STACK = [_TALL, [[0.4, 1.0], [-1.0, 0.6], [0.9, 2.0]]]
_VECTOR = [1.0, -2.0, 0.5]


@kernel(samples=lambda: [((_MATRIX, _TALL), {})], long=0)  # cut by `multiply`
def mm(xp: ModuleType, input: Array, mat2: Array) -> Array:
    """The product of two matrices: (n, k) times (k, m) is (n, m).

    Nothing broadcasts. Integers are exact; an integer matrix times a float matrix is of floats.

    >>> mm(tensor([[1, 2], [3, 4]]), tensor([[1, 0], [1, 1]]))
    tensor([[3, 2],
            [7, 4]])
    """
    a, b = input.shape, mat2.shape
    if len(a) != 2:
        raise ShapeError("self must be a matrix", argument="input", instead="matmul")
    if len(b) != 2:
        raise ShapeError("mat2 must be a matrix", argument="mat2", instead="matmul")
    if a[1] != b[0]:
        raise cannot_multiply(a, b)
    if a[0] * b[1] > _SMALL:
        _check_size((a[0], b[1]), input)
    if is_brief(input, mat2):
        return input.dot(mat2)
    return multiply(xp, input, mat2)


def _by_columns(strides: tuple[int, ...]) -> bool:
    """Whether a matrix lies in memory column by column."""
    return strides[0] < strides[1]


@on_arrays
def _left_back(
    g: Tensor | Array, mat2: Tensor | Array, input_strides: tuple[int, ...]
) -> Tensor | Array:
    """The gradient of the left matrix, laid out as that is."""
    if _by_columns(input_strides):
        return _turned(times(mm, conjugate(mat2), _turned(g)))
    return times(mm, g, adjoint(mat2))


@on_arrays
def _right_back(
    g: Tensor | Array, input: Tensor | Array, mat2_strides: tuple[int, ...]
) -> Tensor | Array:
    """The gradient of the right matrix, laid out as that is."""
    if _by_columns(mat2_strides):
        return _turned(times(mm, _turned(g), conjugate(input)))
    return times(mm, adjoint(input), g)


def _turned(t: Tensor | Array) -> Tensor | Array:
    return t.T if is_bare(t) else t.transpose(0, 1)


mm.vjp(input=_left_back, mat2=_right_back)
mm.product_call = "mm"


@kernel(samples=lambda: [((_MATRIX, _VECTOR), {})])
def mv(xp: ModuleType, input: Array, vec: Array) -> Array:
    """The product of a matrix and a vector: (n, k) times (k) is (n).

    >>> mv(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    if input.ndim != 2 or vec.ndim != 1:
        raise ShapeError(f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}")
    n, k = input.shape
    if k == vec.shape[0] and is_brief(input, vec):
        return input.dot(vec)
    if k != vec.shape[0]:
        raise ShapeError(
            f"size mismatch, got input ({n}), mat ({n}x{k}), vec ({vec.shape[0]})",
            hint=f"it fits with .T on the matrix: ({k}x{n}) @ ({n})" if n == vec.shape[0] else None,
            clash=((input.shape, 1), (vec.shape, 0)),
        )
    return multiply(xp, input, vec, "addmv_impl_cpu")


@on_arrays
def table(g: Tensor | Array, vec: Tensor | Array) -> Tensor | Array:
    """Every element of one vector times every (conjugated) one of another."""
    return column(g) * conjugate(vec)


mv.vjp(input=table, vec=on_arrays(lambda g, input: times(mv, adjoint(input), g)))
mv.product_call = "mv"


@kernel(keywords={"other": "tensor"}, samples=lambda: [((_VECTOR, _VECTOR), {})])
def dot(xp: ModuleType, input: Array, tensor: Array) -> Array:
    """The sum of the products of two vectors' elements. Nothing is conjugated.

    >>> dot(tensor([2, 3]), tensor([2, 1]))
    tensor(7)
    """
    if input.ndim == 1 and input.shape == tensor.shape and is_brief(input, tensor):
        return input.dot(tensor)
    check_vectors(input, tensor)
    return multiply(xp, input, tensor, "dot")


def check_vectors(a: Array, b: Array) -> None:
    """Refuse what are no two vectors of one length."""
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(
            f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors",
            hint="use @ or matmul for matrices",
            instead="matmul",
        )
    if a.shape != b.shape:
        n, m = a.shape[0], b.shape[0]
        raise ShapeError(
            f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same "
            f"number of elements, but got {n} and {m} elements respectively",
            clash=((a.shape, 0), (b.shape, 0)),
        )


dot.vjp(
    input=on_arrays(lambda g, tensor: g * conjugate(tensor)),
    tensor=on_arrays(lambda g, input: g * conjugate(input)),
)
dot.product_call = "dot"


@kernel(samples=lambda: [((_STACK, _TALL_STACK), {})], long=0)
def bmm(xp: ModuleType, input: Array, mat2: Array) -> Array:
    """The products of two stacks' matrices: (b, n, k) times (b, k, m) is (b, n, m).

    Nothing broadcasts; `matmul` does.

    >>> bmm(ones(2, 1, 3), ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    a, b = input.shape, mat2.shape
    if len(a) != 3 or len(b) != 3 or a[0] != b[0] or a[2] != b[1]:
        check_stacks(input, mat2)
    _check_size((*a[:2], b[2]), input)
    return multiply(xp, input, mat2, "bmm")


def check_stacks(a: Array, b: Array) -> None:
    """Refuse what are no two stacks of as many matrices that fit."""
    if a.ndim != 3:
        raise ShapeError("batch1 must be a 3D tensor", argument="input", instead="matmul")
    if b.ndim != 3:
        raise ShapeError("batch2 must be a 3D tensor", argument="mat2", instead="matmul")
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise wrong_stack(a.shape, b.shape)


def _stacked(xp: ModuleType, a: Array, b: Array) -> Array:
    try:
        stacks = broadcast(a.shape[:-2], b.shape[:-2])
    except ShapeError as error:  # its axes are those of the whole shapes too
        error.clash = tuple((t.shape, axis) for t, (_, axis) in zip((a, b), error.clash))
        raise
    _check_size((*stacks, a.shape[-2], b.shape[-1]), a)
    return multiply(xp, a, b, "bmm")


bmm.vjp(
    input=on_arrays(lambda g, mat2: times(bmm, g, adjoint(mat2))),
    mat2=on_arrays(lambda g, input: times(bmm, adjoint(input), g)),
)
bmm.product_call = "bmm"


@composite(samples=lambda: [
    ((_MATRIX, _TALL), {}), ((_MATRIX, _VECTOR), {}), ((_VECTOR, _TALL), {}),
    ((_VECTOR, _VECTOR), {}), ((_STACK, _TALL), {}), ((_STACK, _VECTOR), {}),
    ((_STACK, _TALL_STACK), {}), ((_MATRIX, _TALL_STACK), {}), ((_VECTOR, _TALL_STACK), {}),
], names=("matmul", "torch.linalg.matmul"))  # fmt: skip
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product, as the operator `@`.

    input: (*, n, k), other: (*, k, m) → (*, n, m); the dimensions in front broadcast. A vector is
    a row on the left and a column on the right, without that dimension in the result. Integers
    are exact; an integer matrix times a float matrix is of floats.

    >>> matmul(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    >>> matmul(ones(4, 2, 3), ones(3, 5)).shape
    torch.Size([4, 2, 5])
    """
    left, right = input._d.ndim, other._d.ndim
    if left == 2:
        if right == 2:
            return mm(input, other)
        if right == 1:
            return mv(input, other)
    elif left == 1:
        if right == 1:
            return dot(input, other)
        if right == 2:
            return _row_times_matrix(input, other)
    return _stack_product(input, other)


matmul.product_call = "any"


@kernel(names=(), node_name="SqueezeBackward4",
        samples=lambda: [((_VECTOR, _TALL), {})])  # fmt: skip
def _row_times_matrix(xp: ModuleType, input: Array, other: Array) -> Array:
    """A vector as a row, times a matrix."""
    if input.shape[0] != other.shape[0]:
        raise cannot_multiply(input.shape, other.shape)
    return multiply(xp, input, other)


_row_times_matrix.vjp(
    input=lambda g, other: mv(conjugate(other), g),
    other=lambda g, input: column(conjugate(input)) * g,
)
_row_times_matrix.product_call = "row"


@kernel(
    names=(), node_name="UnsafeViewBackward0", long=0,
    samples=lambda: [
        ((_STACK, _TALL), {}), ((_STACK, _VECTOR), {}), ((_STACK, _TALL_STACK), {}),
        ((_MATRIX, _TALL_STACK), {}), ((_VECTOR, _TALL_STACK), {}),
    ],
)  # fmt: skip
def _stack_product(xp: ModuleType, input: Array, other: Array) -> Array:
    """The matrix product where one operand is a stack of matrices."""
    a, b = input.shape, other.shape
    if not a or not b:
        raise ShapeError(
            f"both arguments to matmul need to be at least 1D, but they are {len(a)}D and "
            f"{len(b)}D",
            hint="use * to multiply by a number",
        )
    if a[-1] != b[-2 if len(b) > 1 else -1]:
        raise do_not_fit(a, b)
    if len(a) > 2 and len(b) > 2:
        return _stacked(xp, input, other)
    if len(b) > 2:
        return multiply(xp, input, other, "bmm")
    _check_size((*a[:-1], *b[1:]), input)
    if not input.flags.c_contiguous:
        return multiply(xp, input, other, "bmm")
    # One product of the rows of all matrices.
    rows = input.reshape(numel(a[:-1]), a[-1])
    return multiply(xp, rows, other).reshape(*a[:-1], *b[1:])


@on_arrays
def _stack_input(
    g: Tensor | Array, other: Tensor | Array, input_shape: tuple[int, ...]
) -> Tensor | Array:
    b = other.shape
    if len(b) == 1:
        return column(g) * conjugate(other)
    if len(input_shape) > 2:
        return times(matmul, g, adjoint(other))
    # One product with the columns of all matrices.
    count = numel(b[:-2]) * b[-1]
    columns = adjoint(other).reshape(count, b[-2])
    if len(input_shape) == 1:
        return times(mm, g.reshape(1, count), columns).reshape(b[-2])
    last = len(b) - 1
    order = (last - 1, *range(last - 1), last)
    rows = g.transpose(order) if is_bare(g) else g.permute(order)
    return times(mm, rows.reshape(input_shape[0], count), columns)


@on_arrays
def _stack_other(
    g: Tensor | Array, input: Tensor | Array, other_shape: tuple[int, ...]
) -> Tensor | Array:
    a = input.shape
    if len(a) == 1:
        return column(conjugate(input)) * g[..., None, :]
    if len(other_shape) > 2:
        return times(matmul, adjoint(input), g)
    # One product of the rows of all matrices.
    count = numel(a[:-1])
    rows = adjoint(input.reshape(count, a[-1]))
    if len(other_shape) == 1:
        return times(mm, rows, g.reshape(count, 1)).reshape(a[-1])
    return times(mm, rows, g.reshape(count, other_shape[1]))


_stack_product.vjp(input=_stack_input, other=_stack_other)


# -- batches ----------------------------------------------------------------------------------

mm.batch = mv.batch = dot.batch = bmm.batch = products
_row_times_matrix.batch = products
_stack_product.batch = stack_products

for _op in (mm, bmm, matmul):
    _op.autocast = LOWER

# -- profiles -------------------------------------------------------------------------------------


def product_flops(result: Tensor, input: Tensor, mat2: Tensor, *_: object) -> int:
    """What a product of matrices takes: a product and a sum for each term of each element."""
    return 2 * result._d.size * mat2._d.shape[-2]


mm.flops = bmm.flops = _stack_product.flops = product_flops
_stack_product.schema, _row_times_matrix.schema = "bmm", "mv"
