"""Losses of numbers: how far they are from what they should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ShapeError, StateError, UnsupportedDtype, ValueProblem
from tcalc.runtime.arrays.backend import module_of
from tcalc.runtime.autograd.nodes import user_place
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.base.op import SINGLE, Array, on_arrays
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.audit import fix
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.pending import lazy
from tcalc.runtime.ops.elementwise.selection import clamp
from tcalc.runtime.ops.nn.reductions import (
    alike,
    of_examples,
    reduced,
    reduction_of,
    share,
    total,
)
from tcalc.runtime.ops.nn.whole import whole
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types.shapes import broadcast

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_A = [[0.3, 0.8, 0.1], [0.9, 0.55, 0.2]]
_B = [[0.25, 0.4, 0.95], [0.1, 0.6, 0.7]]


def _samples(*more: object, **keywords: object) -> Callable[[], list[tuple[object, ...]]]:
    return lambda: [((_A, _B, *more), keywords), ((_A, _B), {"reduction": "none", **keywords})]


# -- differences ------------------------------------------------------------------------------


@kernel(name="mse_loss", names=(), node_name="MseLossBackward0", deferred=True)
def _square(xp: ModuleType, input: Array, target: Array, reduction: str) -> Array:
    rest = input - target
    return total(xp, rest * rest, reduction)


def _rest(input: Any, target: Any) -> Any:
    """The difference of tensors or arrays, noted rather than computed where it is large."""
    return (input if isinstance(input, Tensor) else lazy(input)) - target


@on_arrays
def _slope_of_square(g: Any, input: Any, target: Any, reduction: str) -> Any:
    return g * (_rest(input, target) * (2 * share(reduction, input.shape, target.shape)))


_square.vjp(
    input=_slope_of_square,
    target=on_arrays(
        lambda g, input, target, reduction: _slope_of_square(g, target, input, reduction)
    ),
)


@kernel(name="smooth_l1_loss", names=(), node_name="SmoothL1LossBackward0", deferred=True)
def _smooth(xp: ModuleType, input: Array, target: Array, reduction: str, beta: float) -> Array:
    rest = xp.abs(input - target)
    near = xp.minimum(rest, beta)
    return total(xp, near * near * (0.5 / beta) + (rest - near), reduction)


def _limited(slope: Any, most: float) -> Any:
    """A tensor or an array between -most and most."""
    if isinstance(slope, Tensor):
        return slope.clamp(-most, most)
    return clamp.kernel(module_of(slope), slope, -most, most)


@on_arrays
def _slope_of_smooth(g: Any, input: Any, target: Any, reduction: str, beta: float) -> Any:
    slope = _limited(_rest(input, target) / beta, 1)
    return g * (slope * share(reduction, input.shape, target.shape))


_smooth.vjp(
    input=_slope_of_smooth,
    target=on_arrays(
        lambda g, input, target, reduction, beta: _slope_of_smooth(
            g, target, input, reduction, beta
        )
    ),
)


@kernel(name="huber_loss", names=(), node_name="HuberLossBackward0", deferred=True)
def _huber(xp: ModuleType, input: Array, target: Array, reduction: str, delta: float) -> Array:
    rest = xp.abs(input - target)
    near = xp.minimum(rest, delta)
    return total(xp, near * near * 0.5 + (rest - near) * delta, reduction)


@on_arrays
def _slope_of_huber(g: Any, input: Any, target: Any, reduction: str, delta: float) -> Any:
    slope = _limited(_rest(input, target), delta)
    return g * (slope * share(reduction, input.shape, target.shape))


_huber.vjp(
    input=_slope_of_huber,
    target=on_arrays(
        lambda g, input, target, reduction, delta: _slope_of_huber(
            g, target, input, reduction, delta
        )
    ),
)
_square.batch = _smooth.batch = _huber.batch = of_examples


def _warn_of_broadcast(input: Tensor, target: Tensor) -> None:
    """Say where sizes differ, once for each place in the program, or refuse it where stretching is:
    each element is then compared with all of the other, if they fit at all."""
    one, other = tuple(input._d.shape), tuple(target._d.shape)
    if one == other:
        return
    message = (
        f"Using a target size ({target.shape}) that is different to the input size "
        f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size."
    )
    whole = broadcast(one, other)
    advice = fix([("input", one), ("target", other)], whole)
    if auditing.level == "error":
        raise ShapeError(message, hint=advice)
    warn(f"{message} {advice}." if advice else message, place=user_place(2))


def _no_whole(name: str, input: Tensor, target: Tensor) -> None:
    """Refuse to measure integers by integers."""
    if not (input.dtype.is_floating_point or target.dtype.is_floating_point) and not (
        input.dtype.is_complex or target.dtype.is_complex
    ):
        raise UnsupportedDtype(
            f"\"{name}_cpu\" not implemented for '{input.dtype.shorthand}'",
            hint="convert it with .float()",
        )


def _weighted(losses: Tensor, weight: Tensor, input: Tensor, how: str) -> Tensor:
    """The reduction where each loss counts by its weight."""
    if weight.shape != input.shape:
        raise ValueProblem("Weights and input must have the same size.", argument="weight")
    found = losses * weight
    return found.sum() / weight.sum() if how == "mean" else reduced(found, how)


@composite(names=("torch.nn.functional.mse_loss",), samples=_samples())
def mse_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Array = None,
) -> Array:  # fmt: skip
    """The mean of the squared differences.

    input, target: of shapes that broadcast → (), or each of them with reduction "none". weight: of
    the input's shape, how much each counts.

    >>> nn.functional.mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    how = reduction_of(reduction, size_average, reduce)
    _warn_of_broadcast(input, target)
    _no_whole("mse", input, target)
    if weight is None:
        return _square(*alike(input, target), how)
    return _weighted(_square(*alike(input, target), "none"), weight, input, how)


@composite(names=("torch.nn.functional.l1_loss",), samples=_samples())
def l1_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Array = None,
) -> Array:  # fmt: skip
    """The mean of the absolute differences.

    input, target: of shapes that broadcast → (), or each of them with reduction "none". weight: of
    the input's shape, how much each counts.

    >>> nn.functional.l1_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(1.)
    """
    how = reduction_of(reduction, size_average, reduce)
    _warn_of_broadcast(input, target)
    losses = (input - target).abs()
    return reduced(losses, how) if weight is None else _weighted(losses, weight, input, how)


@composite(names=("torch.nn.functional.smooth_l1_loss",), samples=_samples(beta=0.5))
def smooth_l1_loss(
    input: Array, target: Array, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Array:  # fmt: skip
    """Squared differences over 2 beta where they are below beta, absolute ones less beta / 2 above.

    >>> nn.functional.smooth_l1_loss(tensor([1., 2.]), tensor([1.5, 4.]), reduction="none")
    tensor([0.1250, 1.5000])
    """
    how = reduction_of(reduction, size_average, reduce)
    _warn_of_broadcast(input, target)
    if beta < 0:
        raise StateError("smooth_l1_loss does not support negative values for beta.",
                         argument="beta")  # fmt: skip
    if beta == 0:
        return reduced((input - target).abs(), how)
    _no_whole("smooth_l1", input, target)
    return _smooth(*alike(input, target), how, beta)


@composite(names=("torch.nn.functional.huber_loss",), samples=_samples(delta=0.5))
def huber_loss(
    input: Array, target: Array, reduction: str = "mean", delta: float = 1.0,
    weight: Array = None,
) -> Array:  # fmt: skip
    """Half of squared differences up to delta, delta times (absolute ones less delta / 2) above.

    >>> nn.functional.huber_loss(tensor([1., 2.]), tensor([1.5, 4.]), reduction="none")
    tensor([0.1250, 1.5000])
    """
    how = reduction_of(reduction)
    _warn_of_broadcast(input, target)
    if delta <= 0:
        raise StateError("huber_loss does not support non-positive values for delta.",
                         argument="delta")  # fmt: skip
    _no_whole("huber", input, target)
    if weight is None:
        return _huber(*alike(input, target), how, delta)
    losses = _huber(*alike(input, target), "none", delta)
    if how == "mean":  # of all weighted losses, unlike elsewhere
        return _weighted(losses, weight, input, "none").mean()
    return _weighted(losses, weight, input, how)


mse_loss.autocast = l1_loss.autocast = smooth_l1_loss.autocast = huber_loss.autocast = SINGLE
whole(mse_loss, l1_loss, smooth_l1_loss, huber_loss)
