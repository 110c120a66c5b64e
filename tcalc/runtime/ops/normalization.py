"""Norms of layers, groups, instances and batches, and vectors brought to length 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import (
    ArgumentError,
    DtypeError,
    ShapeError,
    StateError,
    UnsupportedDtype,
    ValueProblem,
)
from tcalc.runtime import dtypes, memory
from tcalc.runtime.autograd import mode
from tcalc.runtime.grad_mode import no_grad
from tcalc.runtime.op import Array, composite, kernel
from tcalc.runtime.ops import normalizing
from tcalc.runtime.ops.normalizing import Layout
from tcalc.runtime.ops.spatial import made_up
from tcalc.runtime.ops.summation import HALVES
from tcalc.runtime.shapes import as_size, numel

if TYPE_CHECKING:
    from tcalc.runtime.op import Op


# -- the fused ops ----------------------------------------------------------------------------


def _wide(array: Any) -> Any:
    """Halves in float32, anything else as it is."""
    if array is None or array.dtype.char not in HALVES:
        return array
    return array.astype(np.float32)


def _norm(name: str, node_name: str) -> Op:
    """The op of a norm, under PyTorch's name for its node."""

    @kernel(name=name, method=False, function=False, node_name=node_name, upcast_halves=False)
    def norm(xp: Any, input: Array, weight: Array, bias: Array, layout: Layout, eps: float) -> Any:
        """The result, and the means and variances."""
        if input.dtype.kind != "f" and input.dtype.char not in HALVES:
            raise _unsupported(name, input)
        memory.check(input.nbytes, f"a tensor of shape {list(input.shape)}")
        out, *rest = normalizing.forward(xp, _wide(input), _wide(weight), _wide(bias), layout, eps)
        return (out.astype(input.dtype, copy=False), *rest)

    made: Op = norm
    # Of its outputs only the first has a gradient: the others are nobody else's.
    made.vjps_of("input", "weight", "bias")(_back)
    return made


def _back(
    g: Any, needs: Any, input: Any, weight: Any, aux: Any, layout: Layout, eps: float,
    weight_shape: Any, bias_shape: Any,
) -> Any:  # fmt: skip
    if mode.enabled:
        found = _by_ops(g[0], input, weight, layout, eps)
    else:
        found = _gradients(g[0], input, weight, *aux, layout, eps, tuple(needs))
    shapes = (input.shape, weight_shape, bias_shape)
    return [f.reshape(shape) if n else None for f, shape, n in zip(found, shapes, needs)]


@kernel(method=False, function=False, differentiable=False, upcast_halves=False)
def _gradients(
    xp: Any, g: Array, input: Array, weight: Array, mean: Array, variance: Array, layout: Layout,
    eps: float, needs: Any,
) -> Any:  # fmt: skip
    """The gradients by input, weight and bias."""
    found = normalizing.backward(
        xp, _wide(g), _wide(input), _wide(weight), mean, variance, layout, eps, needs
    )
    return tuple(
        xp.zeros(0, g.dtype) if f is None else f.astype(g.dtype, copy=False) for f in found
    )


def _by_ops(g: Any, input: Any, weight: Any, layout: Layout, eps: float) -> Any:
    """The same made of ops, for derivatives of higher order."""
    x, g = input.reshape(layout.shape), g.reshape(layout.shape)
    over = layout.over
    rest = x - x.mean(over, True) if layout.centred else x
    scale = ((rest * rest).mean(over, True) + eps).rsqrt()
    unit = rest * scale
    weighted = g if weight is None else g * weight.reshape(layout.beside)
    slope = weighted - unit * (weighted * unit).mean(over, True)
    if layout.centred:
        slope = slope - weighted.mean(over, True)
    inner = tuple(a for a in range(len(layout.shape)) if a not in layout.scaled)
    sums = [t.sum(inner) if inner else t for t in (g * unit, g)]
    return (slope * scale, *sums)


def _unsupported(name: str, input: Any) -> UnsupportedDtype:
    return UnsupportedDtype(
        f"\"{name}\" not implemented for '{dtypes.of(input.dtype).shorthand}'",
        hint="convert it with .float()",
    )


_LAYER = _norm("layer_norm", "NativeLayerNormBackward0")
_GROUP = _norm("group_norm", "NativeGroupNormBackward0")
_BATCH = _norm("batch_norm", "NativeBatchNormBackward0")
_ROOT = _norm("rms_norm", "MulBackward0")


def _same_type(input: Any, parameters: dict[str, Any], message: str) -> None:
    for name, t in parameters.items():
        if t is None or t.dtype is input.dtype:
            continue
        if input.dtype.is_half and t.dtype.name == "float32":
            continue
        raise DtypeError(message.format(input.dtype.shorthand), argument=name,
                         hint=f"convert it with .to({input.dtype.name})")  # fmt: skip


# -- over the last dimensions -----------------------------------------------------------------


def _rows(name: str, input: Any, normalized_shape: Any, weight: Any, bias: Any) -> Layout:
    """The layout of a norm over the last dimensions, whose sizes are given."""
    if not isinstance(normalized_shape, (tuple, list)):
        raise ArgumentError(
            f"{name}(): argument 'normalized_shape' must be tuple of ints, not "
            f"{type(normalized_shape).__name__}",
            argument="normalized_shape", hint=f"say ({normalized_shape},)",
        )  # fmt: skip
    sizes = as_size((tuple(normalized_shape),), "normalized_shape")
    shape = tuple(input.shape)
    if not sizes:
        raise StateError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []",
            argument="normalized_shape",
        )
    for what, t in (("weight", weight), ("bias", bias)):
        if t is not None and tuple(t.shape) != sizes:
            raise ShapeError(
                f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                f"{list(t.shape)} and normalized_shape = {list(sizes)}",
                argument=what,
            )
    if shape[-len(sizes) :] != sizes:
        listed = ", ".join(map(str, sizes))
        raise ShapeError(
            f"Given normalized_shape=[{listed}], expected input with shape [*, {listed}], but got "
            f"input of size{list(shape)}"
        )
    n = numel(sizes)
    return Layout((numel(shape[: len(shape) - len(sizes)]), n), (1,), (1,), 0)


@composite(
    names=("torch.nn.functional.layer_norm", "torch.layer_norm"),
    samples=lambda: [
        ((made_up(3, 4), (4,), [0.5, 1.0, 2.0, -1.0], [0.1, 0.2, 0.3, 0.4]), {}),
        ((made_up(2, 2, 3), (2, 3), None, made_up(2, 3), 0.1), {}),
        ((made_up(2, 3), (3,)), {}),
    ],
)
def layer_norm(
    input: Array, normalized_shape: Any, weight: Array = None, bias: Array = None,
    eps: float = 1e-5, cudnn_enable: bool = True,
) -> Array:  # fmt: skip
    """(input - mean) / sqrt(variance + eps) over the last dimensions, times weight plus bias.

    input: (*, *normalized_shape) → the same. weight, bias: (*normalized_shape). The variance is
    divided by the number of elements.

    >>> nn.functional.layer_norm(tensor([[1., 3.], [4., 4.]]), (2,))
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    layout = _rows("layer_norm", input, normalized_shape, weight, bias)
    _same_type(input, {"weight": weight, "bias": bias},
               "mixed dtype (CPU): expect parameter to have scalar type of {}")  # fmt: skip
    return _LAYER(input, weight, bias, layout, eps)[0]


@composite(
    names=("torch.nn.functional.rms_norm", "torch.rms_norm"),
    samples=lambda: [
        ((made_up(3, 4), (4,), [0.5, 1.0, 2.0, -1.0]), {}), ((made_up(2, 2, 3), (2, 3)), {"eps": 0.1}),
    ],
)  # fmt: skip
def rms_norm(
    input: Array, normalized_shape: Any, weight: Array = None, eps: float | None = None
) -> Array:
    """input / sqrt(mean(input²) + eps) over the last dimensions, times weight.

    input: (*, *normalized_shape) → the same. weight: (*normalized_shape). eps: by default the
    dtype's smallest step from 1.

    >>> nn.functional.rms_norm(tensor([[3., 4.]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    layout = _rows("rms_norm", input, normalized_shape, weight, None)
    if eps is None:
        eps = {"float64": 2.0**-52}.get(input.dtype.name, 2.0**-23)
    return _ROOT(input, weight, None, layout._replace(centred=False), eps)[0]


# -- over channels ----------------------------------------------------------------------------


def _check_more(shape: Any, count: int, shown: Any) -> None:
    if count == 1:
        raise ValueProblem(
            f"Expected more than 1 value per channel when training, got input size {shown}",
            argument="input",
        )


@composite(
    names=("torch.nn.functional.group_norm", "torch.group_norm"),
    samples=lambda: [
        ((made_up(2, 4, 3), 2, [0.5, 1.0, 2.0, -1.0], [0.1, 0.2, 0.3, 0.4]), {}),
        ((made_up(2, 4, 2, 2), 1), {"eps": 0.1}),
    ],
)
def group_norm(
    input: Array, num_groups: int, weight: Array = None, bias: Array = None, eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Array:  # fmt: skip
    """(input - mean) / sqrt(variance + eps) over groups of channels, times weight plus bias.

    input: (n, c, *) → the same, c a multiple of num_groups. weight, bias: (c).

    >>> nn.functional.group_norm(tensor([[[1.], [3.], [0.], [2.]]]), 2).flatten()
    tensor([-1.0000,  1.0000, -1.0000,  1.0000])
    """
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise ShapeError(
            f"Expected at least 2 dimensions for input tensor but received {len(shape)}",
            argument="input",
        )
    n, channels = shape[:2]
    if channels % num_groups:
        raise ShapeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(shape)} and num_groups={num_groups}",
            argument="num_groups",
        )
    for what, t in (("weight", weight), ("bias", bias)):
        if t is not None and tuple(t.shape) != (channels,):
            raise ShapeError(
                f"Expected {what} to be a vector of size equal to the number of channels in input, "
                f"but got {what} of shape {list(t.shape)} and input of shape {list(shape)}",
                argument=what,
            )
    each, places = channels // num_groups, numel(shape[2:])
    _check_more(shape, n * each * places, list(shape))
    _same_type(input, {"weight": weight, "bias": bias},
               "mixed dtype (CPU): expect parameter to have scalar type of {}")  # fmt: skip
    layout = Layout((n, num_groups, each, places), (2, 3), (1, 2), 0)
    return _GROUP(input, weight, bias, layout, eps)[0]


def _channels(input: Any, **parameters: Any) -> int:
    """The number of channels, which the parameters have to have."""
    if input.ndim < 2:
        from tcalc.runtime.shapes import wrap_dim

        wrap_dim(1, input.ndim)
    channels = int(input.shape[1])
    for name, t in parameters.items():
        if t is not None and tuple(t.shape) != (channels,):
            raise ShapeError(
                f"{name} should contain {channels} elements not {numel(t.shape)}", argument=name
            )
    return channels


def _update(running: Any, found: Any, momentum: float) -> None:
    """Move a running statistic towards what was found."""
    with no_grad():
        running.mul_(1 - momentum).add_(found.to(running.dtype), alpha=momentum)


def _by_running(input: Any, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Any:
    """The norm by statistics that are given."""
    beside = (-1, *(1,) * (input.ndim - 2))
    scale = (var + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return (input * scale.reshape(beside) + shift.reshape(beside)).to(input.dtype)


_FOUR = [[1.0, 2.0], [0.5, -1.0], [3.0, 0.3], [-0.7, 0.9]]


@composite(
    names=("torch.nn.functional.batch_norm",),
    samples=lambda: [
        ((_FOUR, None, None, [0.5, 2.0], [0.1, -0.2], True), {}),
        ((made_up(2, 3, 2, 2), None, None), {"training": True, "eps": 0.1}),
    ],
)
def batch_norm(
    input: Array, running_mean: Any, running_var: Any, weight: Array = None,
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
    parameters = {"running_mean": running_mean, "running_var": running_var, "weight": weight,
                  "bias": bias}  # fmt: skip
    shape = tuple(input.shape)
    channels = _channels(input, **parameters)
    _same_type(input, parameters, "mixed dtype (CPU): all inputs must share same datatype.")
    if not training:
        for name in ("running_mean", "running_var"):
            if parameters[name] is None:
                raise StateError(f"{name} must be defined in evaluation mode", argument=name)
        if not input.dtype.is_floating_point:
            raise _unsupported("batch_norm", input._a)
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    places = numel(shape[2:])
    _check_more(shape, shape[0] * places, input.shape)
    layout = Layout((shape[0], channels, places), (0, 2), (1,), 1)
    out, mean, variance = _BATCH(input, weight, bias, layout, eps)
    if running_mean is not None:
        _update(running_mean, mean.reshape(channels), momentum)
    if running_var is not None:
        count = layout.elements
        _update(running_var, variance.reshape(channels) * (count / max(1, count - 1)), momentum)
    return out


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
    channels = _channels(input, **parameters)
    _same_type(input, parameters, "mixed dtype (CPU): all inputs must share same datatype.")
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise StateError(
                "Expected running_mean and running_var to be defined when use_input_stats is false"
            )
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    layout = Layout((shape[0], channels, places), (2,), (1,), 0)
    out, mean, variance = _BATCH(input, weight, bias, layout, eps)
    if running_mean is not None:
        _update(running_mean, mean.reshape(shape[0], channels).mean(0), momentum)
    if running_var is not None:
        variance = variance.reshape(shape[0], channels).mean(0) * (places / max(1, places - 1))
        _update(running_var, variance, momentum)
    return out


# -- lengths ----------------------------------------------------------------------------------


@composite(
    names=("torch.nn.functional.normalize",),
    samples=lambda: [((made_up(2, 3),), {}), ((made_up(2, 3), 1.5, 0), {})],
)
def normalize(input: Array, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Array:
    """Vectors along a dimension divided by their p-norm, or by eps where that is greater.

    >>> nn.functional.normalize(tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    return input / input.norm(p, dim, True).clamp(min=eps)


@composite(
    names=("torch.nn.functional.local_response_norm",),
    samples=lambda: [((made_up(2, 5, 3), 3), {}), ((made_up(1, 4, 2, 2), 2, 0.1, 0.5, 2.0), {})],
)
def local_response_norm(
    input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """input / (k + alpha times the mean square over `size` neighbouring channels) ** beta.

    input: (n, c, *) → the same; channels that are not there count as 0.

    >>> nn.functional.local_response_norm(ones(1, 2, 1), 2, alpha=1., beta=1.).flatten()
    tensor([0.6667, 0.5000])
    """
    if input.ndim < 3:
        raise ValueProblem(
            f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)",
            argument="input",
        )
    if size <= 0:
        raise StateError(f"kernel size should be greater than zero, but got {size}",
                         argument="size")  # fmt: skip
    channels = int(input.shape[1])
    squares = input * input
    total = squares
    for shift in range(-(size // 2), size - size // 2):
        if shift == 0:
            continue
        moved = squares.narrow(1, max(0, shift), max(0, channels - abs(shift)))
        total = total.slice_scatter(
            total.narrow(1, max(0, -shift), max(0, channels - abs(shift))) + moved,
            1, max(0, -shift), channels - max(0, shift),
        )  # fmt: skip
    return input / (total * (alpha / size) + k) ** beta
