"""Binary cross-entropy: the loss of the probability of yes, or of the logit that it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tcalc.errors import AutogradError, DtypeError, StateError, ValueProblem
from tcalc.runtime.arrays.backend import has_elements, module_of
from tcalc.runtime.base.op import SINGLE, Array, on_arrays
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.pending import lazy
from tcalc.runtime.lazy.summation import reduce_over
from tcalc.runtime.ops.elementwise.activation import logsigmoid, sigmoid
from tcalc.runtime.ops.elementwise.exponential import log
from tcalc.runtime.ops.nn.reductions import alike, of_examples, reduction_of, share, total
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp

_A = [[0.3, 0.8, 0.1], [0.9, 0.55, 0.2]]
_B = [[0.25, 0.4, 0.95], [0.1, 0.6, 0.7]]
_LOGITS = [[0.3, -1.2, 2.0], [0.9, 0.1, -0.4]]
_WEIGHTS = [[1.0, 2.0, 0.5], [0.5, 1.0, 1.5]]


# -- the ops ----------------------------------------------------------------------------------


@kernel(name="binary_cross_entropy", names=(), node_name="BinaryCrossEntropyBackward0",
        deferred=True)  # fmt: skip
def _of_odds(
    xp: ModuleType, input: Array, target: Array, weight: Array = None, reduction: str = "mean"
) -> Array:
    _check_range(xp, "input", input)
    _check_range(xp, "target", target)
    # Logarithms of 0 count as -100.
    yes, no = xp.maximum(log.kernel(xp, input), -100), xp.maximum(xp.log1p(-input), -100)
    losses = (target - 1) * no - target * yes
    return total(xp, losses if weight is None else losses * weight, reduction)


def _check_range(xp: ModuleType, name: str, array: Array) -> None:
    """Refuse what is no probability, nan among it."""
    if not has_elements(array):
        return
    least, most = (reduce_over(xp, f, array, None) for f in (xp.minimum, xp.maximum))
    if bool((least < 0) | (most > 1) | (least != least)):
        hint = "binary_cross_entropy_with_logits takes any number" if name == "input" else None
        raise StateError(f"all elements of {name} should be between 0 and 1", argument=name,
                         hint=hint)  # fmt: skip


def _weighted(slope: Any, weight: Any, input: Any, reduction: str) -> Any:
    """A slope as it counts in what is reduced."""
    if weight is None:
        return slope * share(reduction, input.shape)
    return slope * share(reduction, input.shape, weight.shape) * weight


_of_odds.vjp(
    input=lambda g, input, target, weight, reduction: (
        g * _weighted((input - target) / ((1 - input) * input).clamp(min=1e-12), weight, input,
                      reduction)
    ),
    target=lambda g, input, weight, reduction: (
        g * _weighted((-input).log1p() - input.log(), weight, input, reduction)
    ),
    weight=lambda g: _no_gradient("binary_cross_entropy", "weight"),
)  # fmt: skip


@kernel(name="binary_cross_entropy_with_logits", names=(),
        node_name="BinaryCrossEntropyWithLogitsBackward0", deferred=True)  # fmt: skip
def _of_logits(
    xp: ModuleType, input: Array, target: Array, weight: Array = None, pos_weight: Array = None,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    of_yes = logsigmoid.kernel(xp, input)
    if pos_weight is not None:
        of_yes = ((pos_weight - 1) * target + 1) * of_yes
    losses = (1 - target) * input - of_yes
    return total(xp, losses if weight is None else losses * weight, reduction)


def _of(op: DefinedOp, x: Any) -> Any:
    """What an op of one operand makes of a tensor or an array."""
    return op(x) if isinstance(x, Tensor) else op.kernel(module_of(x), lazy(x))


@on_arrays
def _slope_of_logits(
    g: Any, input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str
) -> Any:
    if pos_weight is None:
        slope = _of(sigmoid, input) - target
    else:
        slope = 1 - target - ((pos_weight - 1) * target + 1) * _of(sigmoid, -input)
    return g * _weighted(slope, weight, input, reduction)


@on_arrays
def _slope_of_targets(g: Any, input: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    slope = -input
    if pos_weight is not None:
        slope = slope - (pos_weight - 1) * _of(logsigmoid, input)
    return g * _weighted(slope, weight, input, reduction)


def _no_gradient(name: str, argument: str) -> NoReturn:
    raise AutogradError(
        f"The function '{name}' is not differentiable with respect to argument '{argument}'. This "
        "input cannot have requires_grad True: the derivative is not implemented"
    )


_of_logits.vjp(
    input=_slope_of_logits,
    target=_slope_of_targets,
    weight=on_arrays(lambda g: _no_gradient("binary_cross_entropy_with_logits", "weight")),
    pos_weight=on_arrays(lambda g: _no_gradient("binary_cross_entropy_with_logits", "pos_weight")),
)
_of_odds.batch = _of_logits.batch = of_examples


# -- what users call --------------------------------------------------------------------------


@composite(names=("torch.nn.functional.binary_cross_entropy",),
           samples=lambda: [
    ((_A, _B, _WEIGHTS), {}), ((_A, _B), {"reduction": "none"}),
])  # fmt: skip
def binary_cross_entropy(
    input: Array, target: Array, weight: Array = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Array:  # fmt: skip
    """-(target log(input) + (1 - target) log(1 - input)): the loss of probabilities of yes.

    input, target: of one shape, from 0 to 1. weight: broadcasts to them. A logarithm is at least
    -100.

    >>> nn.functional.binary_cross_entropy(tensor([0.5, 0.9]), tensor([0., 1.]))
    tensor(0.3993)
    """
    how = reduction_of(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueProblem(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size.",
            argument="target",
        )
    if target.dtype is not input.dtype:
        raise DtypeError(
            f"Found dtype {target.dtype.shorthand} but expected {input.dtype.shorthand}",
            argument="target", hint=f"convert it with .to({input.dtype.name})",
        )  # fmt: skip
    return _of_odds(input, target, _fitted(weight, input), how)


@composite(names=("torch.nn.functional.binary_cross_entropy_with_logits",), samples=lambda: [
    ((_LOGITS, _B), {}),
    ((_LOGITS, _B, [1.0, 2.0, 0.5]), {"pos_weight": [0.5, 3.0, 1.0]}),
])  # fmt: skip
def binary_cross_entropy_with_logits(
    input: Array, target: Array, weight: Array = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    pos_weight: Array = None,
) -> Array:  # fmt: skip
    """The same as binary_cross_entropy(sigmoid(input), target), exact for any input.

    pos_weight: how much a target of 1 counts; it and weight broadcast to the input.

    >>> nn.functional.binary_cross_entropy_with_logits(tensor([0., 2.]), tensor([0., 1.]))
    tensor(0.4100)
    """
    how = reduction_of(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueProblem(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})",
            argument="target",
        )
    input, target = alike(input, target)
    weights = _fitted(weight, input), _fitted(pos_weight, input)
    return _of_logits(input, target, *weights, how)


def _fitted(weight: Tensor | None, input: Tensor) -> Tensor | None:
    """A weight in the dtype of the input, to which it must broadcast."""
    if weight is None:
        return None
    broadcast(weight._d.shape, input._d.shape)
    return weight if weight.dtype is input.dtype else weight.to(input.dtype)


for _op in (binary_cross_entropy, binary_cross_entropy_with_logits):
    _op.autocast = SINGLE
