"""Products of several matrices: in the cheapest order, and of a matrix with itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ShapeError
from tcalc.runtime.base.op import LOWER, Data
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.conversion import contiguous_copy
from tcalc.runtime.ops.linalg.matmul import matmul, mm
from tcalc.runtime.ops.linalg.matrices import identity_like, must_be_square

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.tensor.tensor import Tensor

    Tensors = Sequence[Tensor]

_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_MATRIX = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_TALL = [[1.0, -2.0], [0.5, 3.0], [2.0, 1.5]]


def _as_tensors(tensors: Tensor | Sequence[object]) -> list[Tensor]:
    from tcalc.runtime.tensor.nested import tensor_of
    from tcalc.runtime.tensor.tensor import Tensor

    if isinstance(tensors, Tensor):
        return list(tensors) if tensors._a.ndim else [tensors]
    return [t if isinstance(t, Tensor) else tensor_of(t) for t in tensors]


def cheapest_order(sizes: Sequence[int]) -> list[list[int]]:
    """Where to split each run i..j of a chain of matrices, so that it takes the least work.

    sizes: the n+1 sizes of n matrices in a row, matrix i being sizes[i] by sizes[i + 1].
    """
    count = len(sizes) - 1
    cost = [[0] * count for _ in range(count)]
    split = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i][j], split[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return split


def _chain(matrices: list[Tensor], split: list[list[int]], i: int, j: int) -> Tensor:
    if i == j:
        return matrices[i]
    k = split[i][j]
    return mm(_chain(matrices, split, i, k), _chain(matrices, split, k + 1, j))


@composite(
    names=("torch.linalg.multi_dot",),
    samples=lambda: [(([_MATRIX, _TALL, _SQUARE],), {}), (([[1.0, 2.0], _MATRIX, _TALL],), {})],
)
def multi_dot(tensors: Tensors) -> Tensor:
    """The product of two or more matrices, taken in the order with the least work.

    The first and the last may be vectors: a row and a column.

    >>> linalg.multi_dot([eye(2), ones(2, 3), ones(3)])
    tensor([3., 3.])
    """
    return _multi_dot(_as_tensors(tensors))


def _multi_dot(given: list[Tensor]) -> Tensor:
    if len(given) < 2:
        raise ShapeError(f"multi_dot(): expected at least 2 tensors but got {len(given)}")
    first, last = given[0]._a.ndim == 1, given[-1]._a.ndim == 1
    for place, t in (("first", given[0]), ("last", given[-1])):
        if t._a.ndim not in (1, 2):
            raise ShapeError(
                f"multi_dot(): the {place} tensor must be 1D or 2D but got {t._a.ndim}D"
            )
    for i, t in enumerate(given[1:-1], 1):
        if t._a.ndim != 2:
            raise ShapeError(f"multi_dot(): tensor {i} must be 2D but got {t._a.ndim}D")
    matrices = list(given)
    if first:
        matrices[0] = matrices[0].unsqueeze(0)
    if last:
        matrices[-1] = matrices[-1].unsqueeze(1)
    for i in range(len(matrices) - 1):
        if matrices[i]._a.shape[1] != matrices[i + 1]._a.shape[0]:
            raise ShapeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(given[i]._a.shape)} and "
                f"{list(given[i + 1]._a.shape)} cannot be multiplied"
            )
    sizes = [matrices[0]._a.shape[0], *(m._a.shape[1] for m in matrices)]
    product = _chain(matrices, cheapest_order(sizes), 0, len(matrices) - 1)
    return product.view(product._a.shape[int(first) : 1 if last else 2])


@composite(names=("torch.chain_matmul",), samples=lambda: [((_MATRIX, _TALL, _SQUARE), {})])
def chain_matmul(*matrices: Data) -> Tensor:
    """The product of matrices given one by one, taken in the order with the least work.

    >>> chain_matmul(eye(2), ones(2, 3), ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    listed = len(matrices) == 1 and isinstance(matrices[0], (list, tuple))
    given = _as_tensors(matrices[0] if listed else matrices)
    if not given:
        raise ShapeError("chain_matmul(): Expected one or more matrices")
    for t in given:
        if t._a.ndim != 2:
            raise ShapeError(
                f"Tensor dimension is {t._a.ndim}, expected 2 instead (all matrices are 2-D)"
            )
    return given[0].clone() if len(given) == 1 else _multi_dot(given)


@composite(
    names=("torch.linalg.matrix_power", "torch.matrix_power", "Tensor.matrix_power"),
    keywords={"A": "input"},
    samples=lambda: [((_SQUARE, n), {}) for n in (2, 3, -1, -2)],
)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """A square matrix to a whole power; a negative one is that of the inverse.

    input: (*, n, n). Powers are made by repeated squaring.

    >>> matrix_power(tensor([[1, 1], [1, 0]]), 10)
    tensor([[89, 55],
            [55, 34]])
    """
    must_be_square(input._a, "linalg.matrix_power")
    if n == 0:
        return contiguous_copy(input).copy_(identity_like(input))  # its gradient is zeros
    if n < 0:
        from tcalc.runtime.ops.linalg.inverses import inv

        input, n = inv(input), -n
    if n == 1:
        return input.clone()
    result: Any = None
    square: Any = input
    while n:
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
        if n:
            square = matmul(square, square)
    return result


matrix_power.outs = CAST


for _op in (chain_matmul, multi_dot):
    _op.autocast = LOWER
