"""Norms of layers and groups, and vectors brought to length 1."""

from __future__ import annotations

from functools import lru_cache
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
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.op import Array, Ints, on_arrays
from tcalc.runtime.base.targets import CAST
from tcalc.runtime.call.batching import Batch
from tcalc.runtime.call.define import composite, kernel
from tcalc.runtime.lazy.summation import wide
from tcalc.runtime.ops.nn.normalization import kernels as normalizing
from tcalc.runtime.ops.nn.normalization.kernels import Layout
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.nn.whole import builtin, whole
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import FLOATS, HALVES
from tcalc.runtime.types.dtypes import float32
from tcalc.runtime.types.shapes import as_size, numel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from tcalc.runtime.call.define import DefinedOp
    from tcalc.runtime.tensor.tensor import Tensor


# -- the fused ops ----------------------------------------------------------------------------


def _norm(name: str, node_name: str) -> DefinedOp:
    """The op of a norm, under PyTorch's name for its node."""

    @kernel(name=name, names=(), node_name=node_name, upcast_halves=False)
    def norm(
        xp: ModuleType,
        input: Array,
        weight: Array | None,
        bias: Array | None,
        layout: Layout,
        eps: float,
    ) -> Array:
        """The result, and the means and variances in a row each."""
        if input.dtype.char not in FLOATS and input.dtype.char not in HALVES:
            raise unsupported(name, input)
        if xp is np and _are_layers(layout):
            kept = builtin("layers_kept")
            found = kept and kept(input, weight, bias, layout.shape[1], eps)
            if found is not None:
                return found
        if input.nbytes >= memory.MAPPED:
            memory.check(input.nbytes, f"a tensor of shape {list(input.shape)}")
        out, mean, variance = normalizing.forward(
            xp, wide(input), wide(weight), wide(bias), layout, eps
        )
        return out.astype(input.dtype, copy=False), mean.reshape(-1), variance.reshape(-1)

    made: DefinedOp = norm
    made.leads = True
    made.vjps_of("input", "weight", "bias")(_back)
    made.ties = ("input", "weight")
    return made


def _are_layers(layout: Layout) -> bool:
    """Whether a norm is over rows with means, and each element of a row has its weight."""
    return layout.over == layout.scaled == (1,) and layout.centred


@on_arrays
def _back(
    g: Sequence[Any], needs: tuple[bool, ...], input: Tensor | Array, weight: Tensor | Array | None,
    aux: Sequence[Any], layout: Layout, eps: float, weight_shape: tuple[int, ...],
    bias_shape: tuple[int, ...],
) -> list[Tensor | Array | None]:  # fmt: skip
    shapes = (input.shape, weight_shape, bias_shape)
    found: Sequence[Any] | None
    if type(input) is np.ndarray:
        found = None
        if _are_layers(layout):
            slopes, first = builtin("layer_slopes"), g[0]
            if type(first) is np.ndarray and not first.flags.c_contiguous:
                first = first.copy()
            count = layout.shape[1]
            found = slopes and slopes(first, input, weight, *aux, count, eps, *map(bool, needs))
        if found is None:
            found = _gradients.kernel(np, g[0], input, weight, *aux, layout, eps, needs)
    elif mode.enabled:
        found = _by_ops(g[0], input, weight, layout, eps)
    else:
        found = _gradients(g[0], input, weight, *aux, layout, eps, needs)
    return [f.reshape(shape) if n else None for f, shape, n in zip(found, shapes, needs)]


@kernel(names=(), differentiable=False, upcast_halves=False)
def _gradients(
    xp: ModuleType, g: Array, input: Array, weight: Array | None, mean: Array, variance: Array,
    layout: Layout, eps: float, needs: tuple[bool, ...],
) -> Array:  # fmt: skip
    """The gradients by input, weight and bias."""
    found = normalizing.backward(
        xp, wide(g), wide(input), wide(weight), mean, variance, layout, eps, needs
    )
    return tuple(
        xp.zeros(0, g.dtype) if f is None else f.astype(g.dtype, copy=False) for f in found
    )


def _by_ops(
    g: Tensor, input: Tensor, weight: Tensor | None, layout: Layout, eps: float
) -> tuple[Tensor, ...]:
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


def unsupported(name: str, input: Array) -> UnsupportedDtype:
    return UnsupportedDtype(
        f"\"{name}\" not implemented for '{dtypes.of(input.dtype).shorthand}'",
        hint="convert it with .float()",
    )


_LAYER = _norm("layer_norm", "NativeLayerNormBackward0")
_GROUP = _norm("group_norm", "NativeGroupNormBackward0")
BATCH = _norm("batch_norm", "NativeBatchNormBackward0")
_ROOT = _norm("rms_norm", "MulBackward0")


def same_type(input: Tensor, parameters: dict[str, Tensor | None], message: str) -> None:
    dtype = input._d.dtype
    for name, t in parameters.items():
        if t is None or t._d.dtype is dtype or t.dtype is input.dtype:
            continue
        if input.dtype.is_half and t.dtype is float32:
            continue
        raise DtypeError(message.format(input.dtype.shorthand), argument=name,
                         hint=f"convert it with .to({input.dtype.name})")  # fmt: skip


# -- over the last dimensions -----------------------------------------------------------------


def _rows(
    name: str, input: Tensor, normalized_shape: Ints, weight: Tensor | None, bias: Tensor | None
) -> Layout:
    """The layout of a norm over the last dimensions, whose sizes are given."""
    if not isinstance(normalized_shape, (tuple, list)):
        raise ArgumentError(
            f"{name}(): argument 'normalized_shape' must be tuple of ints, not "
            f"{type(normalized_shape).__name__}",
            argument="normalized_shape", hint=f"say ({normalized_shape},)",
        )  # fmt: skip
    shape = input._d.shape
    sizes = as_size((tuple(normalized_shape),), "normalized_shape")
    if not sizes:
        raise StateError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []",
            argument="normalized_shape",
        )
    for what, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._d.shape != sizes:
            raise ShapeError(
                f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                f"{list(t.shape)} and normalized_shape = {list(sizes)}",
                argument=what,
            )
    if shape[-len(sizes) :] != sizes:
        listed = ", ".join(map(str, sizes))
        raise ShapeError(
            f"Given normalized_shape=[{listed}], expected input with shape [*, {listed}], but got "
            f"input of size{list(shape)}",
            clash=((shape, len(shape) - 1), (sizes, len(sizes) - 1))
            if shape and shape[-1] != sizes[-1]
            else (),
        )
    return _layout(shape, len(sizes))


@lru_cache(256)
def _layout(shape: tuple[int, ...], count: int) -> Layout:
    """That of a norm over so many last dimensions."""
    lead = len(shape) - count
    return Layout((numel(shape[:lead]), numel(shape[lead:])), (1,), (1,), 0)


@composite(
    names=("torch.nn.functional.layer_norm", "torch.layer_norm"),
    samples=lambda: [
        ((made_up(3, 4), (4,), [0.5, 1.0, 2.0, -1.0], [0.1, 0.2, 0.3, 0.4]), {}),
        ((made_up(2, 2, 3), (2, 3), None, made_up(2, 3), 0.1), {}),
        ((made_up(2, 3), (3,)), {}),
    ],
)
def layer_norm(
    input: Array, normalized_shape: Ints, weight: Array = None, bias: Array = None,
    eps: float = 1e-5, cudnn_enable: bool = True,
) -> Array:  # fmt: skip
    """(input - mean) / sqrt(variance + eps) over the last dimensions, times weight plus bias.

    input: (*, *normalized_shape) → the same. weight, bias: (*normalized_shape). The variance is
    divided by the number of elements.

    >>> nn.functional.layer_norm(tensor([[1., 3.], [4., 4.]]), (2,))
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    return _by_layers("layer_norm", input, normalized_shape, weight, bias, eps)[0]


def _by_layers(
    name: str, input: Tensor, normalized_shape: Ints, weight: Tensor | None, bias: Tensor | None,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The result, and the means and variances in a row each."""
    layout = _rows(name, input, normalized_shape, weight, bias)
    if weight is not None or bias is not None:
        same_type(input, {"weight": weight, "bias": bias},
                   "mixed dtype (CPU): expect parameter to have scalar type of {}")  # fmt: skip
    return _LAYER(input, weight, bias, layout, eps)


@composite(
    names=("torch.native_layer_norm",),
    samples=lambda: [
        ((made_up(3, 4), (4,), [0.5, 1.0, 2.0, -1.0], [0.1, 0.2, 0.3, 0.4], 1e-5), {})
    ],
)
def native_layer_norm(
    input: Array, normalized_shape: Ints, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, ...]:
    """nn.functional.layer_norm, the means of the rows, and 1 / sqrt(variance + eps).

    The latter two keep the last dimensions with size 1; no gradient goes through them.

    >>> native_layer_norm(tensor([[1., 3.], [4., 4.]]), (2,), None, None, 1.)[1]
    tensor([[2.],
            [4.]])
    """
    out, *rest = _by_layers("native_layer_norm", input, normalized_shape, weight, bias, eps)
    mean, variance = (t.detach().clone() for t in rest)
    shape = input._d.shape
    count = len(normalized_shape)
    kept = (*shape[: len(shape) - count], *(1,) * count)
    dtype = (input if weight is None else weight).dtype
    scale = (variance + eps).rsqrt()
    return out, mean.reshape(kept).to(dtype), scale.reshape(kept).to(dtype)


@composite(
    names=("torch.nn.functional.rms_norm", "torch.rms_norm"),
    samples=lambda: [
        ((made_up(3, 4), (4,), [0.5, 1.0, 2.0, -1.0]), {}), ((made_up(2, 2, 3), (2, 3)), {"eps": 0.1}),
    ],
)  # fmt: skip
def rms_norm(
    input: Array, normalized_shape: Ints, weight: Array = None, eps: float | None = None
) -> Array:
    """input / sqrt(mean(input²) + eps) over the last dimensions, times weight.

    input: (*, *normalized_shape) → the same. weight: (*normalized_shape). eps: by default the
    dtype's smallest step from 1.

    >>> nn.functional.rms_norm(tensor([[3., 4.]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    layout = _rows("rms_norm", input, normalized_shape, weight, None)
    if eps is None:
        eps = (float32 if input.dtype.is_half else input.dtype.to_real()).eps
    if input.dtype.is_complex:  # squares, not those of magnitudes: as PyTorch has it
        over = tuple(range(-len(tuple(normalized_shape)), 0))
        found = input * ((input * input).mean(over, True) + eps).rsqrt()
        return found if weight is None else found * weight
    return _ROOT(input, weight, None, layout._replace(centred=False), eps)[0]


# -- over channels ----------------------------------------------------------------------------


def check_more(count: int, shown: object) -> None:
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
    shape = input._d.shape
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
        if t is not None and t._d.shape != (channels,):
            raise ShapeError(
                f"Expected {what} to be a vector of size equal to the number of channels in input, "
                f"but got {what} of shape {list(t.shape)} and input of shape {list(shape)}",
                argument=what,
            )
    each, places = channels // num_groups, numel(shape[2:])
    check_more(n * each * places, list(shape))
    same_type(input, {"weight": weight, "bias": bias},
               "mixed dtype (CPU): expect parameter to have scalar type of {}")  # fmt: skip
    layout = Layout((n, num_groups, each, places), (2, 3), (1, 2), 0)
    return _GROUP(input, weight, bias, layout, eps)[0]


@composite(
    names=("torch.native_group_norm",),
    samples=lambda: [((made_up(2, 4, 3), [0.5, 1.0, 2.0, -1.0], None, 2, 4, 3, 2, 0.1), {})],
)
def native_group_norm(
    input: Array, weight: Array | None, bias: Array | None, N: int, C: int, HxW: int, group: int,
    eps: float,
) -> tuple[Array, ...]:  # fmt: skip
    """nn.functional.group_norm, the means of the groups, and 1 / sqrt(variance + eps).

    input: (N, C, *) of HxW places → the same, (N, group), (N, group).

    >>> native_group_norm(tensor([[[1.], [3.], [0.], [2.]]]), None, None, 1, 4, 1, 2, 0.)[1]
    tensor([[2., 1.]])
    """
    if input._d.size != N * C * HxW:
        raise ShapeError("Expected X.numel() == N * C * HxW to be true, but got false.",
                         argument="input")  # fmt: skip
    out = group_norm(input, group, weight, bias, eps)
    rows = input.reshape(N, group, C // group * HxW)  # once more: gradients go through these
    mean = rows.mean(-1)
    scale = (rows.var(-1, correction=0) + eps).rsqrt()
    return out, mean, scale


# -- lengths ----------------------------------------------------------------------------------


@composite(
    names=("torch.nn.functional.normalize",),
    samples=lambda: [((made_up(2, 3),), {}), ((made_up(2, 3), 1.5, 0), {})],
)
def normalize(input: Array, p: float = 2.0, dim: Ints | None = 1, eps: float = 1e-12) -> Array:
    """Vectors along a dimension divided by their p-norm, or by eps where that is greater.

    >>> nn.functional.normalize(tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    return input / input.norm(p, dim, True).clamp(min=eps)


normalize.outs = CAST


# -- batches ----------------------------------------------------------------------------------


class _Examples:
    """How a layout's arrays hold a batch: along the axis that is cut, which no mean is over.

    layout: the one of all.
    """

    def __init__(self, layout: Layout, size: int) -> None:
        self.cut, self.size = layout.cut, size
        whole = list(layout.shape)
        whole[self.cut] *= size
        self.layout = layout._replace(shape=tuple(whole))
        self.one = layout

    def joined(self, t: Tensor, shape: tuple[int, ...]) -> Tensor:
        """A tensor with the batch in front as one with more along the axis. shape: of an example."""
        whole = list(shape)
        whole[self.cut] *= self.size
        return t.reshape(self.size, *shape).movedim(0, self.cut).reshape(whole)

    def parted(self, t: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The same back."""
        split = t.reshape(*shape[: self.cut], self.size, *shape[self.cut :])
        return split.movedim(self.cut, 0)


def _norm_examples(batch: Batch) -> tuple[Tensor, ...]:
    """The norm alone; weight and bias, of each example or of all, come after it."""
    layout, x = batch.get("layout"), batch.whole(0)
    examples = _Examples(layout, batch.size)
    joined = examples.joined(x, layout.shape)
    out, *rest = batch.call(input=joined, weight=None, bias=None, layout=examples.layout)
    out = examples.parted(out, layout.shape)
    for i, name in enumerate(("weight", "bias"), 1):
        t = batch.values[i]
        if t is not None:
            t = t.reshape(*[batch.size] * batch.has(name), *layout.beside)
            out = out * t if name == "weight" else out + t
    kept = examples.layout.kept
    rest = [examples.parted(t.reshape(kept), layout.kept).reshape(batch.size, -1) for t in rest]
    return (out.to(x.dtype).reshape(x._d.shape), *rest)


def _gradients_of_examples(batch: Batch) -> tuple[Tensor, ...]:
    layout, needs = batch.get("layout"), batch.get("needs")
    examples = _Examples(layout, batch.size)
    g, x = (batch.whole(i).reshape(batch.size, *layout.shape) for i in (0, 1))
    mean, variance = (batch.whole(i).reshape(batch.size, *layout.kept) for i in (3, 4))
    inner = [a + 1 for a in range(len(layout.shape)) if a not in layout.scaled]
    unit = ((x - mean) if layout.centred else x) * (variance + batch.get("eps")).rsqrt()
    sums = [t.sum(inner) if inner else t for t in (g * unit, g)]
    weighted = g
    if batch.get("weight") is not None:
        weighted = g * batch.whole(2).reshape(batch.size, *layout.beside)
    slope, *_ = batch.call(
        g=examples.joined(weighted, layout.shape), input=examples.joined(x, layout.shape), weight=None,
        mean=examples.joined(mean, layout.kept), variance=examples.joined(variance, layout.kept),
        layout=examples.layout, needs=(True, False, False),
    )  # fmt: skip
    found = (examples.parted(slope, layout.shape), *sums)
    none = g.new_zeros(batch.size, 0)
    return tuple(f if n else none for f, n in zip(found, needs))


_gradients.batch = _gradients_of_examples
for _op in (_LAYER, _GROUP, BATCH, _ROOT):
    _op.batch = _norm_examples
whole(layer_norm, normalize)
