"""Systems of linear equations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ShapeError, StateError
from tcalc.runtime.arrays.copies import room_by_columns
from tcalc.runtime.arrays.lapack import fitting_threads
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.base.op import SINGLE, SOME, Array, Ints, on_arrays
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.ops.linalg.matmul import adjoint, column, conjugate, either, matmul, times
from tcalc.runtime.ops.linalg.matrices import (
    adjoint_array,
    decompositions,
    each,
    factored,
    first_failure,
    inexact,
    must_be_matrix,
    must_be_square,
    routine_of,
    singular,
    triangle,
)
from tcalc.runtime.types.shapes import broadcast, numel

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.base.named_results import NamedResult
    from tcalc.runtime.tensor.tensor import Tensor

_SQUARE = [[1.0, 2.0], [-0.5, 0.3]]
_STACK = [[[1.0, 2.0], [-0.5, 0.3]], [[2.0, 0.1], [1.0, 3.0]]]
_RIGHT = [[1.0, 2.0, 0.5], [-1.0, 0.3, 2.0]]
_TALL = [[1.0, 2.0], [0.5, -1.0], [0.3, 2.0]]


def is_vector(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether B is one vector, or a vector for each matrix of A."""
    return len(b) == 1 or (len(a) - 1 == len(b) and b == a[:-1])


def _by(shape: tuple[int, ...]) -> str:
    return f"{shape[-2]}x{shape[-1]}"


def _check_system(name: str, A: Array, B: Array, left: bool) -> None:
    must_be_square(A, name)
    if B.ndim < 2:
        must_be_matrix(B, name, "B")
    if A.shape[-1] != B.shape[-2 if left else -1]:
        order = "AX = B" if left else "XA = B"
        raise ShapeError(
            f"{name}: Incompatible shapes of A and B for the equation {order} "
            f"({_by(A.shape)} and {_by(B.shape)})",
            clash=((A.shape, A.ndim - 1), (B.shape, B.ndim - (2 if left else 1))),
        )


def _solved(xp: ModuleType, A: Array, B: Array, left: bool) -> Array:
    """The solution for matrices; NumPy's LinAlgError where A is singular."""
    if A.shape[:-2] != B.shape[:-2]:  # CuPy's does not stretch stacks
        stack = broadcast(A.shape[:-2], B.shape[:-2])
        A = xp.broadcast_to(A, (*stack, *A.shape[-2:]))
        B = xp.broadcast_to(B, (*stack, *B.shape[-2:]))
    if left:
        return decompositions(xp).solve(A, B)
    return decompositions(xp).solve(A.swapaxes(-2, -1), B.swapaxes(-2, -1)).swapaxes(-2, -1)


def _prepared(A: Array, B: Array, left: bool) -> tuple[Array, Array, bool]:
    must_be_square(A, "linalg.solve")
    vector = is_vector(A.shape, B.shape)
    if vector and not left:
        raise StateError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for "
            "left=False. In this case linalg.solve is equivalent to B / A.squeeze(-1)",
            argument="left",
        )
    if vector:
        B = B[..., None]
    _check_system("linalg.solve", A, B, left)
    A, B = inexact(A, B)
    return A, B, vector


def _solve_samples() -> list[tuple[object, ...]]:
    return [
        ((_SQUARE, _RIGHT), {}), ((_SQUARE, [1.0, 2.0]), {}), ((_SQUARE, _TALL), {"left": False}),
        ((_STACK, _RIGHT), {}), ((_STACK, _SQUARE), {}), ((_SQUARE, _STACK), {}),
    ]  # fmt: skip


@kernel(
    long=SOME,
    names=("torch.linalg.solve",), keywords={"input": "A", "other": "B"},
    node_name="LinalgSolveExBackward0", samples=_solve_samples,
)  # fmt: skip
def solve(xp: ModuleType, A: Array, B: Array, *, left: bool = True) -> Array:
    """The X with `A @ X = B`; with left=False, `X @ A = B`.

    A: (*, n, n), B: (*, n, k), or a vector (n). Integers give the default dtype. A singular A is
    an error (LinAlgError).

    >>> linalg.solve(tensor([[2., 0.], [0., 4.]]), tensor([2., 2.]))
    tensor([1.0000, 0.5000])
    """
    A, B, vector = _prepared(A, B, left)
    try:
        found = _solved(xp, A, B, left)
    except ValueError:
        info = factored(xp, A)[2]
        number, _ = first_failure(info)
        raise singular(
            "torch.linalg.solve", number, info.ndim,
            "The solver failed because the input matrix is singular.",
        ) from None  # fmt: skip
    return found[..., 0] if vector else found


def _solve_back(
    g: Tensor, needs: tuple[bool, ...], A: Tensor, B_shape: tuple[int, ...], out: Tensor, left: bool
) -> tuple[Tensor | None, Tensor]:
    vector = is_vector(A.shape, B_shape)
    if vector:
        g, out = column(g), column(out)
    for_b = either(solve)(adjoint(A), g, left=left)
    for_a = None
    if needs[0]:
        turned = adjoint(out)
        for_a = -(times(matmul, for_b, turned) if left else times(matmul, turned, for_b))
    return for_a, for_b[..., 0] if vector else for_b


@solve.vjps_of("A", "B")
@on_arrays
def _(
    g: Tensor, needs: tuple[bool, ...], A: Tensor, B_shape: tuple[int, ...], out: Tensor, left: bool
) -> tuple[Tensor | None, Tensor]:
    return _solve_back(g, needs, A, B_shape, out, left)


@kernel(
    long=SOME,
    name="linalg_solve_ex", names=("torch.linalg.solve_ex",),
    keywords={"input": "A", "other": "B"}, returns=("result", "info"),
    node_name="LinalgSolveExBackward0", samples=_solve_samples,
)  # fmt: skip
def solve_ex(
    xp: ModuleType, A: Array, B: Array, *, left: bool = True, check_errors: bool = False
) -> tuple[Array, Array]:
    """The solution as `linalg.solve` has it, and for each matrix 0 or where it is singular.

    >>> linalg.solve_ex(eye(2), ones(2)).info
    tensor(0, dtype=torch.int32)
    """
    A, B, vector = _prepared(A, B, left)
    try:
        found, info = _solved(xp, A, B, left), xp.zeros(A.shape[:-2], xp.int32)
    except ValueError:
        info = factored(xp, A)[2]
        if check_errors:
            number, _ = first_failure(info)
            raise singular(
                "torch.linalg.solve_ex", number, info.ndim,
                "The solver failed because the input matrix is singular.",
            ) from None  # fmt: skip
        shape = (*broadcast(A.shape[:-2], B.shape[:-2]), *B.shape[-2:])
        found = room_by_columns(xp, shape, A.dtype)
        found[...] = xp.nan
    return (found[..., 0] if vector else found), info


@solve_ex.vjps_of("A", "B")
def _(
    g: tuple[Tensor, ...],
    needs: tuple[bool, ...],
    A: Tensor,
    B_shape: tuple[int, ...],
    out: tuple[Tensor, ...],
    left: bool,
) -> tuple[Tensor | None, Tensor]:
    return _solve_back(g[0], needs, A, B_shape, out[0], left)


def _triangular(xp: ModuleType, A: Array, B: Array, upper: bool, left: bool, unit: bool) -> Array:
    """The solution with a triangular matrix; zeros on its diagonal give inf or nan."""
    trsm = routine_of(xp, "trsm", A)
    stack = A.shape[:-2]
    if stack != B.shape[:-2]:
        stack = broadcast(stack, B.shape[:-2])
        A = xp.broadcast_to(A, (*stack, *A.shape[-2:]))
        B = xp.broadcast_to(B, (*stack, *B.shape[-2:]))
    result = room_by_columns(xp, B.shape, A.dtype)
    if result.size:
        with fitting_threads(A):
            for a, b, found in zip(each(A), each(B), each(result)):
                # Row by row in memory: the transpose is what BLAS can read, and asked to turn back.
                found[...] = trsm(1.0, a.T, b, side=not left, lower=upper, trans_a=1, diag=unit)
    return result


@kernel(
    long=SOME,
    names=("torch.linalg.solve_triangular",), keywords={"input": "A", "other": "B"},
    node_name="LinalgSolveTriangularBackward0",
    samples=lambda: [
        ((_SQUARE, _RIGHT), {"upper": True}), ((_SQUARE, _RIGHT), {"upper": False}),
        ((_STACK, _RIGHT), {"upper": False, "unitriangular": True}),
        ((_SQUARE, _TALL), {"upper": True, "left": False}),
        ((_STACK, _TALL), {"upper": False, "left": False}),
    ],
)  # fmt: skip
def solve_triangular(
    xp: ModuleType,
    A: Array,
    B: Array,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Array:
    """The X with `A @ X = B` for a triangular A; with left=False, `X @ A = B`.

    upper: which triangle of A is read. unitriangular: its diagonal counts as ones. A zero on the
    diagonal gives inf or nan.

    >>> linalg.solve_triangular(tensor([[1., 0.], [1., 2.]]), tensor([[1.], [3.]]), upper=False)
    tensor([[1.],
            [1.]])
    """
    _check_system("linalg.solve_triangular", A, B, left)
    A, B = inexact(A, B)
    return _triangular(xp, A, B, upper, left, unitriangular)


@solve_triangular.vjps_of("A", "B")
def _(
    g: Tensor,
    needs: tuple[bool, ...],
    A: Tensor,
    out: Tensor,
    upper: bool,
    left: bool,
    unitriangular: bool,
) -> tuple[Tensor | None, Tensor]:
    for_b = solve_triangular(adjoint(A), g, upper=not upper, left=left, unitriangular=unitriangular)
    for_a = None
    if needs[0]:
        whole = matmul(for_b, adjoint(out)) if left else matmul(adjoint(out), for_b)
        offset = 0 if not unitriangular else 1 if upper else -1
        for_a = -triangle(whole, not upper, offset)
    return for_a, for_b


@composite(samples=lambda: [((_RIGHT, _SQUARE), {})])
def triangular_solve(
    input: Tensor, A: Tensor, upper: bool = True, transpose: bool = False,
    unitriangular: bool = False,
) -> NamedResult:  # fmt: skip
    """The X with `A @ X = input` for a triangular A, and A (an old form of solve_triangular).

    >>> triangular_solve(tensor([[1.], [2.]]), eye(2)).solution
    tensor([[1.],
            [2.]])
    """
    matrix, part = (adjoint(conjugate(A)), not upper) if transpose else (A, upper)
    found = solve_triangular(matrix, input, upper=part, unitriangular=unitriangular)
    return _TriangularSolve((found, A.clone()))


_TriangularSolve = named_result("triangular_solve", ("solution", "cloned_coefficient"))


def _must_have_dims(array: Array, name: str) -> None:
    if array.ndim < 2:
        raise ShapeError(
            f"{name} should have at least 2 dimensions, but has {array.ndim} dimensions instead"
        )


OF_FACTOR = {"gradients": "as in PyTorch that of a factor is not only of the triangle that is read"}


def factor_back(common: Tensor, factor: Tensor, upper: bool) -> Tensor:
    """The gradient by a Cholesky factor, from half of that by the matrix: PyTorch's, of all elements."""
    common = common + adjoint(common)
    return -(matmul(factor, common) if upper else matmul(common, factor))


@kernel(
    long=SOME, keywords={"B": "input", "L": "input2"}, exempt=OF_FACTOR,
    samples=lambda: [((_RIGHT, _SQUARE), {}), ((_RIGHT, _STACK, True), {})],
)  # fmt: skip
def cholesky_solve(xp: ModuleType, input: Array, input2: Array, upper: bool = False) -> Array:
    """The X with `A @ X = input`, from A's Cholesky factor `input2`.

    >>> cholesky_solve(tensor([[4.], [9.]]), tensor([[2., 0.], [0., 3.]]))
    tensor([[1.],
            [1.]])
    """
    _must_have_dims(input, "b")
    _must_have_dims(input2, "u")
    turned = adjoint_array(input2)
    first, second = (turned, input2) if upper else (input2, turned)
    half = solve_triangular.kernel(xp, first, input, upper=False)
    return solve_triangular.kernel(xp, second, half, upper=True)


@cholesky_solve.vjps_of("input", "input2")
def _(
    g: Tensor, needs: tuple[bool, ...], input2: Tensor, out: Tensor, upper: bool
) -> tuple[Tensor, Tensor | None]:
    for_input: Tensor = cholesky_solve(g, input2, upper)
    if not needs[1]:
        return for_input, None
    return for_input, factor_back(matmul(for_input, adjoint(out)), input2, upper)


@composite(
    names=("torch.linalg.tensorsolve",), keywords={"input": "A", "other": "B"},
    samples=lambda: [((_SQUARE, [1.0, 2.0]), {})],
)  # fmt: skip
def tensorsolve(A: Tensor, B: Tensor, dims: Ints | None = None) -> Tensor:
    """The X with `tensordot(A, X, X.ndim) = B`. dims: those of A to move to the end first.

    >>> linalg.tensorsolve(eye(4).reshape(4, 2, 2), ones(4))
    tensor([[1., 1.],
            [1., 1.]])
    """
    if dims is not None:
        dims = [dims] if isinstance(dims, int) else list(dims)
        A = A.movedim(dims, tuple(range(-len(dims), 0)))
    shape = A._a.shape[B._a.ndim :]
    count = numel(B._a.shape)
    if count != numel(shape):
        raise StateError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {numel(shape)} != {count}",
            argument="A",
        )
    found = solve(A.reshape(count, count), B.reshape(count))
    return found.reshape(shape)


cholesky_solve.outs = tensorsolve.outs = CAST


# -- batches ----------------------------------------------------------------------------------


def _aligned(
    batch: Batch, a: Tensor, b: Tensor, names: tuple[str, str] = ("A", "B")
) -> Tensor | tuple[Tensor, ...]:
    """The op on matrices of which those of fewer dims serve several of the others."""
    given = Batch(batch.op, batch.size, (a, b), batch.mapped[:2])
    rank = max(given.rank(0), given.rank(1))
    whole = Batch(batch.op, batch.size, [given.whole(0), given.whole(1)], (True, True))
    found = batch.call(**{name: whole.aligned(i, rank) for i, name in enumerate(names)})
    if not isinstance(found, tuple):
        return found
    lead = whole.values[0]._d.shape[:-2]  # what is told of A alone
    return found[0], *[t.reshape(lead) for t in found[1:]]


def _solve_examples(batch: Batch) -> object:
    """Right sides that are vectors become columns, so that nothing else is taken for one."""
    a, b = batch.values[:2]
    shapes = [t._d.shape[1 if m else 0 :] for t, m in zip((a, b), batch.mapped)]
    if not is_vector(*shapes):
        return _aligned(batch, a, b)
    if not batch.get("left"):
        return NotImplemented
    found = _aligned(batch, a, b.unsqueeze(-1))
    if isinstance(found, tuple):
        return found[0].squeeze(-1), *found[1:]
    return found.squeeze(-1)


solve.batch = solve_ex.batch = _solve_examples
solve_triangular.batch = lambda batch: _aligned(batch, *batch.values[:2])
cholesky_solve.batch = lambda batch: _aligned(
    batch, batch.values[0], batch.values[1], ("input", "input2")
)

for _op in (solve, solve_ex, triangular_solve, cholesky_solve, tensorsolve):
    _op.autocast = SINGLE
