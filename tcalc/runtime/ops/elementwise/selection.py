"""Choosing between elements: where, limits, larger and smaller, mixing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import DtypeError, StateError, UnsupportedDtype
from tcalc.runtime.arrays.numbers import INF, at_least, at_most, between, is_number, plus_product
from tcalc.runtime.base.forms import FUNCTION
from tcalc.runtime.base.op import MATRIX, Array, Data, Scalar, on_arrays
from tcalc.runtime.base.symbols import kind_of
from tcalc.runtime.base.targets import NOT_PARTLY
from tcalc.runtime.call.define import composite, elementwise
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import EXACT, FLOATS
from tcalc.runtime.types.dtypes import is_floating, uint8
from tcalc.runtime.types.scalars import factor

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@elementwise(moves=True, names=("torch._where", "Tensor._where"), name="where", installed=True,
             samples=lambda: [(([True, False, True], MATRIX[0], MATRIX[1]), {})])  # fmt: skip
def select(xp: ModuleType, condition: Array, input: Array, other: Array) -> Array:
    """Elements of `input` where `condition` holds, else of `other`."""
    if condition.dtype != bool:
        if condition.dtype.char not in uint8.codes:
            raise DtypeError(
                f"where expected condition to be a boolean tensor, but got a tensor with dtype "
                f"{condition.dtype.name}",
                hint="compare first, as in x != 0",
                argument="condition",
            )
        condition = condition != 0
    return xp.where(condition, input, other)


select.fits = ("input", "other")
select.fits_halves = False
select.unpromoted = ("condition",)


@composite(apart=NOT_PARTLY, samples=lambda: [
    (([True, False],), {}), (([[True], [False]], [0.5, 2.0], MATRIX[0][:2]), {}),
])  # fmt: skip
def where(
    condition: Tensor, input: Data | None = None, other: Data | None = None
) -> Tensor | tuple[Tensor, ...]:
    """Elements of `input` where `condition` is True, else of `other`.

    Shapes broadcast; the dtype is the common one of `input` and `other`. With the condition
    alone: the indices of its True elements, as a tuple.

    >>> where(tensor([True, False]), tensor([1, 2]), 0)
    tensor([1, 0])
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    return select(condition, input, other)


select.vjp(
    input=lambda g, condition: where(condition, g, 0),
    other=lambda g, condition: where(condition, 0, g),
)


_BITS = {2: "i2", 4: "i4", 8: "i8"}


def gated(g: Tensor | Array, condition: Tensor | Array) -> Tensor | Array:
    """A real gradient, a tensor or an array, where the condition holds, else 0.

    Unlike a product with the condition it is 0 also where `g` is infinite or nan.
    """
    if hasattr(g, "_d"):
        return select(condition, g, 0.0)
    # By bits: a branch for each element costs ten times as much.
    return (g.view(_BITS[g.dtype.itemsize]) * condition).view(g.dtype)


@composite(
    names=("Tensor.where",),
    samples=lambda: [
        (
            (
                MATRIX,
                [[True, False, True], [False, True, True]],
                [1.0, 2.0, 3.0],
            ),
            {},
        )
    ],
)
def where_method(input: Tensor, condition: Tensor, other: Data) -> Tensor:
    """Elements of the tensor where `condition` is True, else of `other`.

    >>> tensor([1, 2]).where(tensor([True, False]), 0)
    tensor([1, 0])
    """
    return select(condition, input, other)


def _clamp_number(x: float, min: float | None = None, max: float | None = None) -> float:
    if min is not None and x < min:
        x = min
    if max is not None and x > max:
        x = max
    return x


@elementwise(
    inplace=FUNCTION, names=("clamp", "clip"), scalar=_clamp_number, only="if", installed=True,
    node_name=lambda saved: (
        "ClampBackward0"
        if isinstance(saved["min"], Tensor) or isinstance(saved["max"], Tensor)
        else "ClampBackward1"
    ),
    samples=lambda: [
        (([[0.3, -1.0, 2.0]],), {"min": 0.0, "max": 1.0}), (([[0.3, -1.0, 2.0]],), {"max": [[0.5]]}),
        (([0.3, -1.0, 2.0], [0.5, -2.0, 0.1], [1.0, -1.5, 1.0]), {}),
    ],
)  # fmt: skip
def clamp(xp: ModuleType, input: Array, min: Array = None, max: Array = None) -> Array:
    """Each element, not below `min` and not above `max`; either may be left out.

    Bounds are numbers or tensors that broadcast; the dtype is the common one.

    >>> clamp(tensor([-1., 0.5, 2.]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise StateError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if not getattr(min, "ndim", 0) and not getattr(max, "ndim", 0) and input.dtype.char in FLOATS:
        return between(xp, input, -INF if min is None else min, INF if max is None else max)
    # Of zeros of two signs the second is taken: as PyTorch's, they stay as they are.
    if min is not None:
        input = xp.maximum(min, input)
    return input if max is None else xp.minimum(max, input)


clamp.fits = ("min", "max")


def _inside(input: Tensor, min: Tensor | Scalar, max: Tensor | Scalar) -> Tensor:
    if min is None:
        return input <= max
    if max is None:
        return input >= min
    return (input >= min) & (input <= max)


@on_arrays
def _at_least(g: Tensor, input: Tensor, min: Tensor | Scalar, max: Tensor | Scalar) -> Tensor:
    return gated(g, input < min if max is None else (input < min) & (min < max))


@on_arrays
def _at_most(g: Tensor, input: Tensor, min: Tensor | Scalar, max: Tensor | Scalar) -> Tensor:
    return gated(g, input > max if min is None else (input > max) | (max < min))


clamp.vjp(
    input=on_arrays(lambda g, input, min, max: gated(g, _inside(input, min, max))),
    min=_at_least,
    max=_at_most,
)


def _no_bool_bound(name: str) -> Callable[[Any, Any], None]:
    """What refuses bools between a bool and a number that is one: PyTorch bounds them by tensors."""

    def check(input: Any, bound: Any) -> None:
        if kind_of(bound) is bool and getattr(input, "dtype", None) is dtypes.bool_:
            raise UnsupportedDtype(f"\"{name}_scalar_cpu\" not implemented for 'Bool'")

    return check


@elementwise(inplace=FUNCTION, only="bif", numbers=True)
def clamp_min(xp: ModuleType, input: Array, min: Array) -> Array:
    """Each element, not below `min`.

    >>> clamp_min(tensor([-1., 2.]), 0)
    tensor([0., 2.])
    """
    return xp.maximum(input, min) if getattr(min, "ndim", 0) else at_least(xp, input, min)


clamp_min.check = _no_bool_bound("clamp_min")
clamp_min.fits = ("min",)
clamp_min.vjp(
    input=on_arrays(lambda g, input, min: gated(g, input >= min)),
    min=on_arrays(lambda g, input, min: gated(g, input < min)),
)


@elementwise(inplace=FUNCTION, only="bif", numbers=True)
def clamp_max(xp: ModuleType, input: Array, max: Array) -> Array:
    """Each element, not above `max`.

    >>> clamp_max(tensor([-1., 2.]), 0)
    tensor([-1.,  0.])
    """
    return xp.minimum(input, max) if getattr(max, "ndim", 0) else at_most(xp, input, max)


clamp_max.check = _no_bool_bound("clamp_max")
clamp_max.fits = ("max",)
clamp_max.vjp(
    input=on_arrays(lambda g, input, max: gated(g, input <= max)),
    max=on_arrays(lambda g, input, max: gated(g, input > max)),
)


def _share(g: Tensor, mine: Tensor, theirs: Tensor, loses: Tensor) -> Tensor:
    """The gradient unless one loses, half of it where they are equal."""
    return where(loses, 0, where(mine == theirs, g / 2, g))


@elementwise(only="bif", numbers=True, node_name="MaximumBackward0", installed=True)
def maximum(xp: ModuleType, input: Array, other: Array) -> Array:
    """The larger of each two elements; nan where either is.

    Shapes broadcast; the dtype is the common one.

    >>> maximum(tensor([1, 5]), tensor([3, 2]))
    tensor([3, 5])
    """
    return xp.maximum(input, other)


maximum.vjp(
    input=lambda g, input, other: _share(g, input, other, input < other),
    other=lambda g, input, other: _share(g, other, input, other < input),
)


@elementwise(only="bif", numbers=True, node_name="MinimumBackward0", installed=True)
def minimum(xp: ModuleType, input: Array, other: Array) -> Array:
    """The smaller of each two elements; nan where either is.

    Shapes broadcast; the dtype is the common one.

    >>> minimum(tensor([1, 5]), tensor([3, 2]))
    tensor([1, 2])
    """
    return xp.minimum(input, other)


minimum.vjp(
    input=lambda g, input, other: _share(g, input, other, input > other),
    other=lambda g, input, other: _share(g, other, input, other > input),
)


# NumPy's fmax and fmin tell 0 and -0 apart by where they lie; of equal ones it is the first here.
@elementwise(only="bif")
def fmax(xp: ModuleType, input: Array, other: Array) -> Array:
    """The larger of each two elements; where one is nan, the other.

    >>> fmax(tensor([1., nan]), tensor([3., 2.]))
    tensor([3., 2.])
    """
    return xp.where((input >= other) | (other != other), input, other)


fmax.vjp(
    input=on_arrays(lambda g, input, other: gated(g, (input >= other) | (other != other))),
    other=on_arrays(lambda g, input, other: gated(g, ~((input >= other) | (other != other)))),
)


@elementwise(only="bif")
def fmin(xp: ModuleType, input: Array, other: Array) -> Array:
    """The smaller of each two elements; where one is nan, the other.

    >>> fmin(tensor([1., nan]), tensor([3., 2.]))
    tensor([1., 2.])
    """
    return xp.where((input <= other) | (other != other), input, other)


fmin.vjp(
    input=on_arrays(lambda g, input, other: gated(g, (input <= other) | (other != other))),
    other=on_arrays(lambda g, input, other: gated(g, ~((input <= other) | (other != other)))),
)


def _inexact(input: object, end: object, weight: object) -> None:
    kind = getattr(input, "dtype", None)
    if kind is not None and not is_floating(kind):
        raise DtypeError(f"\"lerp\" not implemented for '{kind.shorthand}'")


@elementwise(inplace=True, only="fc", holomorphic=True, installed=True)
def lerp(xp: ModuleType, input: Array, end: Array, weight: Array) -> Array:
    """input + weight * (end - input).

    >>> lerp(tensor([0.]), tensor([10.]), 0.25)
    tensor([2.5000])
    """
    step = end - input
    if is_number(weight):  # one of the two forms will do
        if abs(weight) < 0.5:
            return plus_product(xp, input, step, weight)
        return plus_product(xp, end, step, weight - 1)
    near = plus_product(xp, input, step, weight)
    far = plus_product(xp, end, step, weight - 1)
    return xp.where(xp.abs(weight) < 0.5, near, far).astype(input.dtype, copy=False)


lerp.check = _inexact
lerp.fits = ("weight",)
lerp.fits_halves = False
lerp.digits = ("weight",)
lerp.vjp(
    input=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    weight=lambda g, input, end: g * (end - input),
)


@elementwise(inplace=True, only="ifc", holomorphic=True, installed=("value",))
def addcmul(
    xp: ModuleType, input: Array, tensor1: Array, tensor2: Array, *, value: Scalar = 1
) -> Array:
    """input + value * tensor1 * tensor2.

    >>> addcmul(tensor([1.]), tensor([2.]), tensor([3.]), value=10)
    tensor([61.])
    """
    if type(value) is not int or value != 1:
        tensor1 = factor(value, input, "value") * tensor1
    return plus_product(xp, input, tensor1, tensor2)


addcmul.vjp(
    input=lambda g: g,
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value),
)


@elementwise(inplace=True, holomorphic=True, installed=("value",))
def addcdiv(
    xp: ModuleType, input: Array, tensor1: Array, tensor2: Array, *, value: Scalar = 1
) -> Array:
    """input + value * tensor1 / tensor2.

    >>> addcdiv(tensor([1.]), tensor([2.]), tensor([4.]), value=10)
    tensor([6.])
    """
    if tensor1.dtype.char in EXACT:
        raise DtypeError(
            "Integer division with addcdiv is no longer supported, and in a future release "
            "addcdiv will perform a true division of tensor1 and tensor2."
        )
    if type(value) is not int or value != 1:
        tensor1 = factor(value, input, "value") * tensor1
    return input + tensor1 / tensor2


addcdiv.vjp(
    input=lambda g: g,
    tensor1=lambda g, tensor2, value: g * (value / tensor2),
    tensor2=lambda g, tensor1, tensor2, value: -g * value * (tensor1 / tensor2) / tensor2,
)
