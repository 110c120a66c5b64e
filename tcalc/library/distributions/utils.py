"""What distributions share: arguments as tensors, probabilities and logits, triangles as vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import AccessError, ArgumentError, ValueProblem
from tcalc.runtime.autograd.grad_mode import enable_grad
from tcalc.runtime.base import kinds
from tcalc.runtime.base.programs import is_users
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.create.constant import empty
from tcalc.runtime.ops.create.creation import tensor
from tcalc.runtime.ops.create.ranges import arange
from tcalc.runtime.ops.create.types import finfo
from tcalc.runtime.ops.nn.softmax import softmax
from tcalc.runtime.tensor.nested import tensor_of
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.shapes import Size, broadcast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Number = int | float | bool
    Value = Tensor | Number

euler_constant = 0.5772156649015329
export("torch.distributions.utils.euler_constant", value=euler_constant)


# -- arguments --------------------------------------------------------------------------------


def as_tensor(value: object) -> Tensor:
    """A parameter that is a tensor; of a list of numbers, one that holds them."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (list, tuple)):
        return tensor_of(value)
    raise ArgumentError(f"a parameter is a Tensor, not {type(value).__name__}")


def need_tensor(value: object, what: str) -> Tensor:
    """What a method of a program's class gave, which has to be a tensor."""
    if not isinstance(value, Tensor):
        raise ArgumentError(f"{what} must be a Tensor, not {type(value).__name__}")
    return value


def size_of(value: object) -> Size:
    """A shape that a program gives as a list of ints."""
    if type(value) is Size:
        return value
    taken = kinds.take("Size", "size", ("Ints",), value)
    if type(taken) is not tuple:
        raise ArgumentError(f"'{type(value).__name__}' object is not iterable")
    return Size(taken)


def is_number(value: object) -> bool:
    """Whether a parameter is a plain number."""
    return type(value) in (int, float, bool)


def like_of(value: Tensor) -> dict[str, Any]:
    """The dtype and device of a tensor, for new ones like it."""
    return {"dtype": value.dtype, "device": value.device}


@export("torch.distributions.utils.broadcast_all")  # type: ignore[untyped-decorator]  # as it is
def broadcast_all(*values: Value) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the first tensor's dtype.

    >>> distributions.utils.broadcast_all(tensor([1., 2.]), 3)
    (tensor([1., 2.]), tensor([3., 3.]))
    """
    found = [tensor_of(v) if isinstance(v, (list, tuple)) else v for v in values]
    if not found:
        return ()
    first: Any = None
    for value in found:
        if isinstance(value, Tensor):
            first = first if isinstance(first, Tensor) else value
        elif not is_number(value):
            raise ValueProblem(
                "Input arguments must all be instances of Number, torch.Tensor or objects "
                "implementing __torch_function__."
            )
    like = {"dtype": dtypes.default.value} if first is None else like_of(first)
    made = [v if isinstance(v, Tensor) else tensor(v, **like) for v in found]
    shapes = [v.shape for v in made]
    shape = shapes[0] if all(s == shapes[0] for s in shapes) else broadcast(*shapes)
    return tuple([v.expand(shape) for v in made])


def standard_normal(shape: Sequence[int], like: Tensor) -> Tensor:
    """Normals of mean 0 and deviation 1 with the dtype and device of a tensor."""
    return empty(shape, **like_of(like)).normal_()


def sum_rightmost(value: Tensor, dims: int) -> Tensor:
    """The sum over that many of the last dims."""
    if not dims:
        return value
    if dims > value.ndim:
        raise ValueProblem("Too few dimensions on input")
    return value.reshape((*value.shape[: value.ndim - dims], -1)).sum(-1)


# -- probabilities and logits -----------------------------------------------------------------


@export("torch.distributions.utils.logits_to_probs")  # type: ignore[untyped-decorator]  # as it is
def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities of logits: of one event each, or (softmax) of the events along the last dim.

    >>> distributions.utils.logits_to_probs(tensor([0., 0.]))
    tensor([0.5000, 0.5000])
    """
    logits = as_tensor(logits)
    return logits.sigmoid() if is_binary else softmax(logits, -1)


@export("torch.distributions.utils.clamp_probs")  # type: ignore[untyped-decorator]  # as it is
def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities at least the dtype's eps away from 0 and 1."""
    probs = as_tensor(probs)
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


@export("torch.distributions.utils.probs_to_logits")  # type: ignore[untyped-decorator]  # as it is
def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logits of probabilities: log(p / (1 - p)) of one event each, or log(p) of many.

    >>> distributions.utils.probs_to_logits(tensor([0.5]), is_binary=True)
    tensor([0.])
    """
    clamped = clamp_probs(probs)
    logs = clamped.log()
    return logs - (-clamped).log1p() if is_binary else logs


# -- values computed when they are first asked for --------------------------------------------


class Open:
    """What programs may derive from: classes show what they define without an underscore.

    It keeps the values of its lazy properties.
    """

    _open_ = True

    def __init_subclass__(cls) -> None:
        if not is_users(cls):
            own = vars(cls)
            named = [name for name in own if name[0] != "_"]
            cls._public_ = own.get("_public_", frozenset()).union(named)  # type: ignore[attr-defined]  # see language

    def __getattr__(self, name: str) -> Any:
        raise AccessError(f"'{type(self).__name__}' object has no attribute '{name}'")


@export("torch.distributions.utils.lazy_property")
class lazy_property:
    """A property of a distribution or a transform that is computed once, with gradients."""

    _public_: frozenset[str] = frozenset()

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        name = getattr(wrapped, "__name__", "")
        if not callable(wrapped) or type(name) is not str or name[:2] == "__":
            raise ArgumentError("lazy_property decorates a method")
        self._wrapped = wrapped
        self._name = name
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with enable_grad():
            value = self._wrapped(instance)
        if isinstance(instance, Open):
            instance.__dict__[self._name] = value
        return value


# -- triangles --------------------------------------------------------------------------------


def _triangle(like: Tensor, n: int, diag: int) -> Tensor:
    """Which places of an n × n matrix lie on or below a diagonal."""
    steps = arange(n, device=like.device)
    return steps < steps.view(-1, 1) + (diag + 1)


@export("torch.distributions.utils.tril_matrix_to_vec")  # type: ignore[untyped-decorator]  # as it is
def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The lower triangle of matrices, row by row: (*, n, n) → (*, m).

    >>> distributions.utils.tril_matrix_to_vec(tensor([[1., 0.], [2., 3.]]))
    tensor([1., 2., 3.])
    """
    mat = as_tensor(mat)
    n = mat.shape[-1] if mat.ndim else 0
    if not -n <= diag < n:
        raise ValueProblem(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return mat[..., _triangle(mat, n, diag)]


@export("torch.distributions.utils.vec_to_tril_matrix")  # type: ignore[untyped-decorator]  # as it is
def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """Matrices whose lower triangles are given row by row: (*, m) → (*, n, n).

    >>> distributions.utils.vec_to_tril_matrix(tensor([1., 2., 3.]))
    tensor([[1., 0.],
            [2., 3.]])
    """
    vec = as_tensor(vec)
    count = vec.shape[-1] if vec.ndim else 0
    edge = 1 + 2 * diag
    exact = (-edge + (edge**2 + 8 * count + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    n = round(exact)
    if abs(n - exact) > finfo(vec.dtype).eps:
        raise ValueProblem(
            f"The size of last dimension is {count} which cannot be expressed as the lower "
            "triangular part of a square D x D matrix."
        )
    mat = vec.new_zeros((*vec.shape[:-1], n, n))
    mat[..., _triangle(vec, n, diag)] = vec
    return mat
