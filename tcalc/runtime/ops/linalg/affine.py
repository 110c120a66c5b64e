"""Products with something added: `beta * input + alpha * product`, and linear layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import DimError, ShapeError
from tcalc.runtime.base.forms import FUNCTION
from tcalc.runtime.base.op import LOWER, Array, Scalar, on_arrays
from tcalc.runtime.base.targets import CAST, NOT_PARTLY
from tcalc.runtime.call.batching import Batch, stretched
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.few_rows import are_few, times_rows
from tcalc.runtime.ops.linalg.matmul import (
    adjoint,
    bmm,
    check_stacks,
    common,
    conjugate,
    is_bare,
    is_brief,
    matmul,
    mm,
    multiply,
    mv,
    product_flops,
    table,
    times,
)
from tcalc.runtime.ops.linalg.misfits import cannot_multiply
from tcalc.runtime.ops.linalg.product_batches import products
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import INEXACT
from tcalc.runtime.types.scalars import fitting
from tcalc.runtime.types.shapes import numel

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
from tcalc.runtime.tensor.tensor import Tensor

_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_MATRIX = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_STACK = [[[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]], [[0.1, 0.2, -0.5], [1.0, 3.0, 0.7]]]
_TALL_STACK = [[[1.0, -2.0], [0.5, 3.0], [2.0, 1.5]], [[0.4, 1.0], [-1.0, 0.6], [0.9, 2.0]]]


def _plus(input: Array, product: Array, beta: Scalar, alpha: Scalar) -> Array:
    """`beta * input + alpha * product`, a new array; the input stretches to the product's shape."""
    if input.shape != product.shape:
        _must_stretch(input.shape, product.shape)
    elif input.dtype is product.dtype and beta == alpha == 1 and product.dtype.char in INEXACT:
        product += input
        return product
    input, product = common(input, product)
    t = dtypes.of(product.dtype)
    beta, alpha = fitting(beta, t, "beta"), fitting(alpha, t, "alpha")
    if alpha != 1:
        product *= alpha
    if beta != 0:
        product += input if beta == 1 else input * beta
    return product


def _must_stretch(have: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    lead = len(wanted) - len(have)
    if lead < 0:
        raise ShapeError(
            f"The number of sizes provided ({len(wanted)}) must be greater or equal to the number "
            f"of dimensions in the tensor ({len(have)})",
            argument="input",
        )
    for i, n in enumerate(have):
        if n not in (1, wanted[lead + i]):
            raise ShapeError(
                f"The expanded size of the tensor ({wanted[lead + i]}) must match the existing "
                f"size ({n}) at non-singleton dimension {lead + i}.  Target sizes: "
                f"{list(wanted)}.  Tensor sizes: {list(have)}",
                argument="input",
            )


def _times(t: Tensor | Array, factor: float) -> Tensor | Array:
    if isinstance(factor, complex):
        factor = factor.conjugate()
    return t if factor == 1 else t * factor


def _matrix(array: Array, name: str) -> None:
    if array.ndim != 2:
        raise ShapeError(f"{name} must be a matrix, got {array.ndim}-D tensor", argument=name)


@kernel(apart=NOT_PARTLY, inplace=True, samples=lambda: [
    ((_SQUARE, _MATRIX, _TALL_STACK[0]), {"beta": 2, "alpha": 0.5}),
    (([1.0, 2.0], _MATRIX, _TALL_STACK[0]), {}),
])  # fmt: skip
def addmm(
    xp: ModuleType, input: Array, mat1: Array, mat2: Array, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Array:
    """`beta * input + alpha * (mat1 @ mat2)`.

    mat1: (n, k), mat2: (k, m); the input stretches to (n, m). With beta 0 it is not looked at.

    >>> addmm(tensor([1., 2.]), eye(2), eye(2))
    tensor([[2., 2.],
            [1., 3.]])
    """
    if mat1.ndim != 2 or mat2.ndim != 2:
        _matrix(mat1, "mat1")
        _matrix(mat2, "mat2")
    if mat1.shape[1] != mat2.shape[0]:
        raise cannot_multiply(mat1.shape, mat2.shape)
    return _plus(input, multiply(xp, mat1, mat2), beta, alpha)


_input_back = on_arrays(lambda g, beta: _times(g, beta))

addmm.vjp(
    input=_input_back,
    mat1=on_arrays(lambda g, mat2, alpha: _times(times(mm, g, adjoint(mat2)), alpha)),
    mat2=on_arrays(lambda g, mat1, alpha: _times(times(mm, adjoint(mat1), g), alpha)),
)
addmm.product_call = "addmm"


@kernel(inplace=FUNCTION, samples=lambda: [
    (([1.0, 2.0], _MATRIX, [0.5, 1.0, -1.0]), {"beta": 2, "alpha": 0.5})
])  # fmt: skip
def addmv(
    xp: ModuleType, input: Array, mat: Array, vec: Array, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Array:
    """`beta * input + alpha * (mat @ vec)`.

    mat: (n, k), vec: (k); the input stretches to (n).

    >>> addmv(tensor([1., 2.]), eye(2), tensor([3., 4.]))
    tensor([4., 6.])
    """
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise ShapeError(
            f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}"
        )
    n, k = mat.shape
    if k != vec.shape[0] or (input.ndim and input.shape[0] not in (1, n)):
        raise ShapeError(
            f"size mismatch, got input ({input.size}), mat ({n}x{k}), vec ({vec.shape[0]})"
        )
    return _plus(input, multiply(xp, mat, vec, "addmv_impl_cpu"), beta, alpha)


addmv.vjp(
    input=_input_back,
    mat=lambda g, vec, alpha: _times(table(g, vec), alpha),
    vec=lambda g, mat, alpha: _times(mv(adjoint(mat), g), alpha),
)


@kernel(inplace=True, samples=lambda: [
    ((_MATRIX, [1.0, 2.0], [0.5, 1.0, -1.0]), {"beta": 2, "alpha": 0.5})
])  # fmt: skip
def addr(
    xp: ModuleType, input: Array, vec1: Array, vec2: Array, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Array:
    """`beta * input + alpha * outer(vec1, vec2)`; the input stretches to the product's shape.

    >>> addr(zeros(2, 2), tensor([1., 2.]), tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        if vector.ndim != 1:
            raise ShapeError(
                f"addr: Expected 1-D argument {name}, but got {vector.ndim}-D", argument=name
            )
    return _plus(input, xp.multiply(*common(vec1[:, None], vec2)), beta, alpha)


addr.outs = CAST


addr.vjp(
    input=_input_back,
    vec1=lambda g, vec2, alpha: _times(mv(g, conjugate(vec2)), alpha),
    vec2=lambda g, vec1, alpha: _times(mv(g.transpose(0, 1), conjugate(vec1)), alpha),
)


@kernel(inplace=True, samples=lambda: [
    ((_SQUARE, _STACK, _TALL_STACK), {"beta": 2, "alpha": 0.5})
])  # fmt: skip
def addbmm(
    xp: ModuleType,
    input: Array,
    batch1: Array,
    batch2: Array,
    *,
    beta: Scalar = 1,
    alpha: Scalar = 1,
) -> Array:
    """`beta * input + alpha *` the sum of the products of two stacks' matrices.

    batch1: (b, n, k), batch2: (b, k, m); the input stretches to (n, m).

    >>> addbmm(zeros(1), ones(4, 2, 3), ones(4, 3, 2))
    tensor([[12., 12.],
            [12., 12.]])
    """
    check_stacks(batch1, batch2)
    # One product: the matrices of each stack beside or below one another.
    b, n, k = batch1.shape
    wide = batch1.swapaxes(0, 1).reshape(n, b * k)
    tall = batch2.reshape(b * k, batch2.shape[2])
    return _plus(input, multiply(xp, wide, tall), beta, alpha)


addbmm.vjp(
    input=_input_back,
    batch1=lambda g, batch2, alpha: _times(matmul(g, adjoint(batch2)), alpha),
    batch2=lambda g, batch1, alpha: _times(matmul(adjoint(batch1), g), alpha),
)


@kernel(inplace=True, samples=lambda: [
    ((_SQUARE, _STACK, _TALL_STACK), {"beta": 2, "alpha": 0.5}),
    (([_SQUARE, _SQUARE], _STACK, _TALL_STACK), {}),
])  # fmt: skip
def baddbmm(
    xp: ModuleType,
    input: Array,
    batch1: Array,
    batch2: Array,
    *,
    beta: Scalar = 1,
    alpha: Scalar = 1,
) -> Array:
    """`beta * input + alpha * bmm(batch1, batch2)`.

    batch1: (b, n, k), batch2: (b, k, m); the input stretches to (b, n, m).

    >>> baddbmm(ones(1), ones(2, 1, 3), ones(2, 3, 1)).flatten()
    tensor([4., 4.])
    """
    check_stacks(batch1, batch2)
    return _plus(input, multiply(xp, batch1, batch2, "baddbmm"), beta, alpha)


baddbmm.vjp(
    input=_input_back,
    batch1=on_arrays(lambda g, batch2, alpha: _times(times(bmm, g, adjoint(batch2)), alpha)),
    batch2=on_arrays(lambda g, batch1, alpha: _times(times(bmm, adjoint(batch1), g), alpha)),
)


def _affine(node_name: str, schema: str) -> DefinedOp:
    """`input @ weight.T + bias` as one op, under PyTorch's node name for the case."""

    @kernel(
        name="linear", names=(), node_name=node_name, long=0,
        samples=lambda: [((_MATRIX, [[0.5, 1.0, -1.0], [2.0, 0.1, 0.2]], [0.3, -0.2]), {}),
                         ((_STACK, [[0.5, 1.0, -1.0]], [0.3]), {})],
    )  # fmt: skip
    def affine(xp: ModuleType, input: Array, weight: Array, bias: Array = None) -> Array:
        a, b = input.shape, weight.shape
        if a[-1] != b[1]:
            raise _not_linear(a, b)
        rows = input if len(a) == 2 else input.reshape(numel(a[:-1]), a[-1])
        brief = is_brief(rows, weight)
        if brief and xp is np and are_few(rows, weight):
            product = times_rows(rows, weight)
        else:
            product = rows.dot(weight.T) if brief else multiply(xp, rows, weight.T)
        if bias is not None:
            if bias.shape != (b[0],):
                _must_stretch(bias.shape, product.shape)
            if product.dtype is bias.dtype:
                product += bias
            else:
                product = xp.add(*common(product, bias))
        return product if len(a) == 2 else product.reshape(*a[:-1], b[0])

    @on_arrays
    def input_back(
        g: Tensor | Array, weight: Tensor | Array, input_shape: tuple[int, ...]
    ) -> Tensor | Array:
        # Rows of a matrix: NumPy has no fast product of a stack and a matrix.
        if is_bare(g):
            rows: Tensor | Array = g if g.ndim == 2 else g.reshape(numel(g.shape[:-1]), g.shape[-1])
            found = multiply(np, rows, weight)
        else:
            shape = g._a.shape
            rows = g if len(shape) == 2 else g.reshape(numel(shape[:-1]), shape[-1])
            found = mm(rows, conjugate(weight))
        return found if len(input_shape) == 2 else found.reshape(input_shape)

    @on_arrays
    def weight_back(
        g: Tensor | Array, input: Tensor | Array, weight_shape: tuple[int, ...]
    ) -> Tensor | Array:
        if is_bare(g):
            count = numel(input.shape[:-1])
            rows = input.reshape(count, weight_shape[1])
            return multiply(np, g.reshape(count, weight_shape[0]).T, rows)
        count = numel(input._a.shape[:-1])
        columns = g.reshape(count, weight_shape[0]).transpose(0, 1)
        return mm(columns, conjugate(input).reshape(count, weight_shape[1]))

    made: DefinedOp = affine
    made.vjp(
        input=input_back,
        weight=weight_back,
        bias=lambda g: g,
    )
    made.schema = schema
    made.product_call = "linear"
    made.flops = lambda result, input, weight, bias: 2 * result._d.size * weight._d.shape[1]
    return made


def _not_linear(input: tuple[int, ...], weight: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        f"mat1 and mat2 shapes cannot be multiplied ({numel(input[:-1])}x{input[-1]} and "
        f"{weight[1]}x{weight[0]})",
        hint=_fitting(input, weight),
        clash=((input, len(input) - 1), (weight, 1)),
    )


def _fitting(input: tuple[int, ...], weight: tuple[int, ...]) -> str:
    """What makes an input and a weight fit."""
    if input[-1] == weight[0]:
        return f"the weight's last size must be the input's: {input[-1]}, as weight.T has it"
    for dim in range(1, len(input) - 1):
        if numel(input[dim:]) == weight[1]:
            made = [*input[:dim], weight[1]]
            return f"`nn.Flatten({dim})` before it makes {made} of {list(input)}"
    return f"a layer that takes it is `nn.Linear({input[-1]}, {weight[0]})`"


_PLAIN = _affine("MmBackward0", "mm")
_BIASED = _affine("AddmmBackward0", "addmm")
_ROW = _affine("SqueezeBackward4", "mm")
_FOLDED = _affine("UnsafeViewBackward0", "mm")
_FOLDED_BIASED = _affine("ViewBackward0", "addmm")


@composite(
    names=("torch.nn.functional.linear",),
    samples=lambda: [((_MATRIX, [[0.5, 1.0, -1.0], [2.0, 0.1, 0.2]], [0.3, -0.2]), {})],
)
def linear(input: Tensor, weight: Tensor, bias: Tensor = None) -> Tensor:  # type: ignore[assignment]
    """`input @ weight.T + bias`.

    input: (*, k), weight: (m, k), bias: (m) → (*, m). A weight of shape (k) gives (*).

    >>> nn.functional.linear(tensor([1., 2.]), tensor([[1., 1.], [0., 2.]]), tensor([10., 0.]))
    tensor([13.,  4.])
    """
    ndim, weights = input._d.ndim, weight._d.ndim
    if not ndim or not weights:
        raise ShapeError(
            f"both arguments to linear need to be at least 1D, but they are {ndim}D and {weights}D"
        )
    if weights == 1:
        product = matmul(input, weight)
        return product if bias is None else product + bias
    if weights > 2:
        raise ShapeError(f"t() expects a tensor with <= 2 dimensions, but self is {weights}D",
                         argument="weight")  # fmt: skip
    if ndim == 2:
        op = _PLAIN if bias is None else _BIASED
    elif bias is not None:
        op = _FOLDED_BIASED
    else:
        op = _ROW if ndim == 1 else _FOLDED
    return op(input, weight, bias)


def _bilinear_error(what: str, got: int, expected: int) -> ShapeError:
    return ShapeError(
        f"bilinear(): {what} size does not match weight size: got {got} but expected {expected}",
        argument=what,
    )


@composite(
    names=("torch.nn.functional.bilinear", "torch.bilinear"),
    samples=lambda: [
        ((_MATRIX, _SQUARE, [_TALL_STACK[0], _TALL_STACK[1]], [0.3, -0.2]), {}),
    ],
)
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor = None) -> Tensor:  # type: ignore[assignment]
    """`input1 @ weight[i] @ input2 + bias[i]` for each `i`.

    input1: (*, k), input2: (*, l), weight: (m, k, l), bias: (m) → (*, m).

    >>> nn.functional.bilinear(ones(1, 2), ones(1, 3), ones(1, 2, 3))
    tensor([[6.]])
    """
    a, b, w = input1._a.shape, input2._a.shape, weight._a.shape
    if len(a) != len(b):
        raise ShapeError(f"bilinear(): input dimensions do not match: got {len(a)} and {len(b)}")
    if len(w) != 3:
        raise DimError(f"bilinear(): weight must have 3 dimensions, not {len(w)}",
                       argument="weight")  # fmt: skip
    if a[:-1] != b[:-1]:
        raise ShapeError(
            f"bilinear(): input batch dimensions do not match: got {list(a[:-1])} and "
            f"{list(b[:-1])}"
        )
    if a[-1] != w[1]:
        raise _bilinear_error("input1", a[-1], w[1])
    if b[-1] != w[2]:
        raise _bilinear_error("input2", b[-1], w[2])
    rows = numel(a[:-1])
    # (rows, k) times (k, m * l), then each row's matrix (m, l) times its vector (l).
    spread = mm(input1.reshape(rows, w[1]), weight.permute(1, 0, 2).reshape(w[1], w[0] * w[2]))
    product = matmul(spread.reshape(rows, w[0], w[2]), input2.reshape(rows, w[2], 1)).reshape(
        *a[:-1], w[0]
    )
    return product if bias is None else product + bias


# -- batches ----------------------------------------------------------------------------------


def _plus_examples(multiply: Callable[[Batch], Tensor], rank: int) -> Callable[[Batch], Tensor]:
    def rule(batch: Batch) -> Tensor:
        beta, alpha = batch.get("beta"), batch.get("alpha")
        inner = Batch(batch.op, batch.size, batch.values[1:3], batch.mapped[1:3])
        product = _times(multiply(inner), alpha)
        if beta == 0:
            return stretched(product, inner.is_mapped, batch.size)
        return _times(batch.aligned(0, rank), beta) + product

    return rule


def _affine_examples(batch: Batch) -> Tensor:
    """Rows of all examples are rows where the weight is the same for all."""
    input, weight, bias = batch.values
    if not batch.mapped[1]:
        product = matmul(input, weight.transpose(0, 1))
    elif batch.rank(0) == 1:
        product = products(Batch(mv, batch.size, (weight, input), (True, batch.mapped[0])))
    else:
        t = batch.aligned(0, batch.rank(0))
        turned = weight.transpose(1, 2)
        rows = turned.reshape(batch.size, *(1,) * (batch.rank(0) - 2), *turned._d.shape[1:])
        product = matmul(t, rows)
    return product if bias is None else product + batch.aligned(2, batch.rank(0))


def _outer(batch: Batch) -> Tensor:
    a, b = batch.values
    return a.unsqueeze(-1) * b.unsqueeze(-2)


addr.batch = _plus_examples(_outer, 2)
addbmm.batch = _plus_examples(lambda batch: products(batch).sum(-3), 2)
addmm.batch = _plus_examples(products, 2)
addmv.batch = _plus_examples(products, 1)
baddbmm.batch = _plus_examples(products, 3)
for _op in (_PLAIN, _BIASED, _ROW, _FOLDED, _FOLDED_BIASED):
    _op.batch = _affine_examples

for _op in (addmm, addbmm, baddbmm, linear):
    _op.autocast = LOWER
linear.product_call = "linear"
addmm.flops = baddbmm.flops = lambda result, input, *rest: product_flops(result, *rest)
