"""Norms of the channels of batches and instances, with running statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ShapeError, StateError, ValueProblem
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.autograd.nodes import tracked
from tcalc.runtime.base.op import Array, Object
from tcalc.runtime.call.define import composite, elementwise
from tcalc.runtime.ops.nn.normalization.kernels import Layout
from tcalc.runtime.ops.nn.normalization.layer_norm import BATCH, check_more, same_type, unsupported
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.nn.whole import whole
from tcalc.runtime.ops.second_order import bound
from tcalc.runtime.types.shapes import numel, wrap_dim

if TYPE_CHECKING:
    from types import ModuleType

    from tcalc.runtime.tensor.tensor import Tensor


def _channels(input: Tensor, parameters: dict[str, Tensor | None]) -> int:
    """The number of channels, which the parameters have to have, and the input's dtype."""
    shape = input._d.shape
    if len(shape) < 2:
        wrap_dim(1, len(shape))
    channels: int = shape[1]
    for name, t in parameters.items():
        if t is not None and t._d.shape != (channels,):
            raise ShapeError(
                f"{name} should contain {channels} elements not {numel(t.shape)}",
                argument=name,
                clash=((shape, 1), (t._d.shape, 0)),
            )
    same_type(input, parameters, "mixed dtype (CPU): all inputs must share same datatype.")
    return channels


@elementwise(names=(), inplace=True, differentiable=False,
             exempt={"samples": "used by batch norms alone"})  # fmt: skip
def _moved(xp: ModuleType, input: Array, found: Array, keep: float, share: float) -> Array:
    """A running statistic towards what was found: so much of the one and of the other."""
    return input * keep + found * share


def _update(running: Tensor, found: Tensor, momentum: float, factor: float = 1.0) -> None:
    """Move a running statistic towards what was found, times a factor."""
    _moved.inplace_function(running, found, 1 - momentum, momentum * factor)


def _by_running(
    input: Tensor, mean: Array, var: Array, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Tensor:
    """The norm by statistics that are given, of halves in single floats."""
    dtype, beside = input.dtype, (-1, *(1,) * (input.ndim - 2))
    given: list[Any] = [input, mean, var, weight, bias]
    input, mean, var, weight, bias = (
        t.float() if t is not None and t.dtype.is_half else t for t in given
    )
    scale = (var + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    if bias is not None and tracked(bias):
        # Its gradient is of one node with theirs in PyTorch, which can be asked for its own by them.
        for other in (input, weight):
            bias = bias if other is None or not tracked(other) else bound(bias, other)
    shift = -mean * scale if bias is None else bias - mean * scale
    return (input * scale.reshape(beside) + shift.reshape(beside)).to(dtype)


def _check(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None,
    bias: Tensor | None, training: bool,
) -> int:  # fmt: skip
    """The number of channels of a norm over batches, whose parameters fit."""
    parameters = {"running_mean": running_mean, "running_var": running_var, "weight": weight,
                  "bias": bias}  # fmt: skip
    channels = _channels(input, parameters)
    if not training:
        for name in ("running_mean", "running_var"):
            if parameters[name] is None:
                raise StateError(f"{name} must be defined in evaluation mode", argument=name)
        if not input.dtype.is_floating_point:
            raise unsupported("batch_norm", input._a)
    return channels


_FOUR = [[1.0, 2.0], [0.5, -1.0], [3.0, 0.3], [-0.7, 0.9]]


@composite(
    names=("torch.nn.functional.batch_norm",),
    samples=lambda: [
        ((_FOUR, None, None, [0.5, 2.0], [0.1, -0.2], True), {}),
        ((made_up(2, 3, 2, 2), None, None), {"training": True, "eps": 0.1}),
    ],
)
def batch_norm(
    input: Array, running_mean: Array | None, running_var: Array | None, weight: Array = None,
    bias: Array = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Array:  # fmt: skip
    """(input - mean) / sqrt(variance + eps) by channel, times weight plus bias.

    input: (n, c, *) → the same. running_mean, running_var, weight, bias: (c) or None. training:
    by the batch's own statistics, towards which the running ones move by the part `momentum`
    (their variance is divided by one less); else by the running ones.

    >>> nn.functional.batch_norm(tensor([[1.], [3.]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    if not input._d.size:  # nothing is looked at, and the running statistics stay
        out = input.clone() if weight is None else input * weight[0]
        return out if bias is None else out + bias[0]
    channels = _check(input, running_mean, running_var, weight, bias, training)
    if not training:
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    check_more(input._d.size // channels if channels else 0, input.shape)
    return _by_batch(input, running_mean, running_var, weight, bias, momentum, eps)[0]


whole(batch_norm)


def _by_batch(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None,
    bias: Tensor | None, momentum: float, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The norm by the batch's own statistics, and its means and variances; the running ones move."""
    rows, channels, *inner = input._d.shape
    places = numel(inner)
    layout = Layout((rows, channels, places), (0, 2), (1,), 1)
    out, mean, variance = BATCH(input, weight, bias, layout, eps)
    if running_mean is not None or running_var is not None:
        count = rows * places
        with no_grad():
            if running_mean is not None:
                _update(running_mean, mean, momentum)
            if running_var is not None:
                _update(running_var, variance, momentum, count / max(1, count - 1))
    return out, mean, variance


@composite(
    names=("torch.nn.functional.instance_norm",),
    samples=lambda: [
        ((made_up(2, 3, 4), None, None, [0.5, 1.0, 2.0], [0.1, 0.2, -0.3]), {}),
        ((made_up(2, 2, 2, 2),), {"eps": 0.1}),
    ],
)
def instance_norm(
    input: Array, running_mean: Array = None, running_var: Array = None, weight: Array = None,
    bias: Array = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Array:  # fmt: skip
    """(input - mean) / sqrt(variance + eps) by instance and channel, times weight plus bias.

    input: (n, c, *) → the same. running_mean, running_var, weight, bias: (c) or None.
    use_input_stats: by the instances' own statistics, towards whose mean the running ones move by
    the part `momentum`; else by the running ones.

    >>> nn.functional.instance_norm(tensor([[[1., 3.], [5., 9.]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    shape = tuple(input.shape)
    places = numel(shape[2:])
    if use_input_stats and places == 1:
        raise ValueProblem(
            f"Expected more than 1 spatial element when training, got input size {input.shape}",
            argument="input",
        )
    parameters = {"running_mean": running_mean, "running_var": running_var, "weight": weight,
                  "bias": bias}  # fmt: skip
    channels = _channels(input, parameters)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise StateError(
                "Expected running_mean and running_var to be defined when use_input_stats is false"
            )
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    layout = Layout((shape[0], channels, places), (2,), (1,), 0)
    out, mean, variance = BATCH(input, weight, bias, layout, eps)
    with no_grad():
        if running_mean is not None:
            _update(running_mean, mean.reshape(shape[0], channels).mean(0), momentum)
        if running_var is not None:
            variance = variance.reshape(shape[0], channels).mean(0)
            _update(running_var, variance, momentum, places / max(1, places - 1))
    return out


# -- the names of torch itself ------------------------------------------------------------------


@composite(
    name="batch_norm", names=("torch.batch_norm",),
    samples=lambda: [((_FOUR, [0.5, 2.0], [0.1, -0.2], None, None, True, 0.1, 1e-5, False), {})],
)  # fmt: skip
def _torch_batch_norm(
    input: Array, weight: Array | None, bias: Array | None, running_mean: Array | None,
    running_var: Array | None, training: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> Array:  # fmt: skip
    """nn.functional.batch_norm with its arguments in another order.

    >>> batch_norm(tensor([[1.], [3.]]), None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    return batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


@composite(
    name="instance_norm", names=("torch.instance_norm",),
    samples=lambda: [((made_up(2, 2, 3), None, None, None, None, True, 0.1, 1e-5, False), {})],
)  # fmt: skip
def _torch_instance_norm(
    input: Array, weight: Array | None, bias: Array | None, running_mean: Array | None,
    running_var: Array | None, use_input_stats: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Array:  # fmt: skip
    """nn.functional.instance_norm with its arguments in another order.

    >>> instance_norm(tensor([[[1., 3.]]]), None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[[-1.0000,  1.0000]]])
    """
    return instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


# -- with the statistics beside the result ------------------------------------------------------


@composite(
    names=("torch.native_batch_norm",),
    samples=lambda: [
        ((_FOUR, [0.5, 2.0], [0.1, -0.2], None, None, True, 0.1, 1e-5), {}),
        ((_FOUR, None, None, [0.5, 2.0], [0.1, 0.2], False, 0.1, 1e-5), {}),
    ],
)
def native_batch_norm(
    input: Array, weight: Array | None, bias: Array | None, running_mean: Array | None,
    running_var: Array | None, training: bool, momentum: float, eps: float,
) -> tuple[Array, ...]:  # fmt: skip
    """nn.functional.batch_norm, the means of the channels, and 1 / sqrt(variance + eps).

    input: (n, c, *) → the same, (c), (c). Without `training` the latter are empty.

    >>> native_batch_norm(tensor([[1.], [3.]]), None, None, None, None, True, 0.1, 0.)[1]
    tensor([2.])
    """
    _check(input, running_mean, running_var, weight, bias, training)
    if not training:
        nothing = input.detach().new_empty(0)
        found = _by_running(input, running_mean, running_var, weight, bias, eps)
        return found, nothing, nothing.clone()
    if not input._d.size:
        raise ShapeError(
            "input tensor must have at least one element, but got input_sizes = "
            f"{list(input.shape)}",
            argument="input",
        )
    out, mean, variance = _by_batch(input, running_mean, running_var, weight, bias, momentum, eps)
    dtype = (input if running_mean is None else running_mean).dtype
    scale = (variance.detach() + eps).rsqrt()
    return out, mean.detach().clone().to(dtype), scale.to(dtype)


@composite(
    names=("torch._native_batch_norm_legit",),
    exempt={"samples": "native_batch_norm with two arguments that may be left out"},
)
def _native_batch_norm_legit(
    input: Array, weight: Array | None, bias: Array | None, *rest: Object
) -> tuple[Array, ...]:
    """native_batch_norm; the running statistics may be left out of its arguments.

    >>> torch._native_batch_norm_legit(tensor([[1.], [3.]]), None, None, True, 0.1, 0.)[1]
    tensor([2.])
    """
    running = (None, None) if len(rest) == 3 else ()
    return native_batch_norm(input, weight, bias, *running, *rest)
