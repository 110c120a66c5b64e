"""Images and volumes seen through a grid of points, and grids of affine maps."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tcalc.errors import DtypeError, ShapeError, StateError, ValueProblem
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.op import SINGLE, Array, Ints
from tcalc.runtime.base.warning import warn
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.create.ranges import linspace
from tcalc.runtime.ops.nn.interpolation.sampling import sampled
from tcalc.runtime.ops.nn.spatial import made_up
from tcalc.runtime.ops.shape.joining import stack
from tcalc.runtime.types.shapes import Size, numel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.runtime.tensor.tensor import Tensor

    # Along one axis: by tap, the places (whole numbers, as floats) and the weights of all points.
    Line = list[tuple[Any, Any]]

_CHANGED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
    "Please specify align_corners=True if the old behavior is desired. See the documentation of "
    "grid_sample for details."
)


def _corners(align_corners: bool | None) -> bool:
    if align_corners is None:
        warn(_CHANGED)
    return bool(align_corners)


# -- where points lie -------------------------------------------------------------------------


def _unscaled(at: Tensor, size: int, corners: bool) -> Tensor:
    """From -1 … 1 to numbers of elements."""
    if corners:
        return (at + 1) * ((size - 1) / 2)
    return ((at + 1) * size - 1) / 2


def _clipped(at: Tensor, size: int) -> Tensor:
    """The nearest place inside; without a slope where that is on the border."""
    return at.masked_fill(at <= 0, 0).masked_fill(at >= size - 1, size - 1)


def _reflected(at: Tensor, size: int, corners: bool) -> Tensor:
    """Places mirrored at the borders until they are inside."""
    low, high = (0.0, size - 1.0) if corners else (-0.5, size - 0.5)
    if low == high:
        return at * 0
    away = at - low
    away = away * (1 - 2 * (away < 0).to(at.dtype))
    span = high - low
    rest = away.fmod(span)
    odd = (away / span).floor().detach().fmod(2)
    return rest * (1 - 2 * odd) + (odd * span + low)


# What is done with places outside.
_PADDING: dict[str, Callable[[Any, int, bool], Any]] = {
    "zeros": lambda at, size, corners: at,
    "border": lambda at, size, corners: _clipped(at, size),
    "reflection": lambda at, size, corners: _clipped(_reflected(at, size, corners), size),
}


# -- what they are made of, along one axis ------------------------------------------------------


def _bilinear(at: Tensor, size: int, corners: bool, padding: str) -> Line:
    at = _PADDING[padding](at, size, corners)
    first = at.floor().detach()
    rest = at - first
    return [(first, 1 - rest), (first + 1, rest)]


def _nearest(at: Tensor, size: int, corners: bool, padding: str) -> Line:
    place = _PADDING[padding](at, size, corners).round()
    return [(place.detach(), place * 0 + 1)]


def _bicubic(at: Tensor, size: int, corners: bool, padding: str) -> Line:
    first = at.floor().detach()
    rest = at - first
    with no_grad():
        places = [_PADDING[padding](first + k, size, corners) for k in range(-1, 3)]
    # The weights of cubic convolution as polynomials, for their slopes.
    a = -0.75
    near = [((a + 2) * t - (a + 3)) * t * t + 1 for t in (rest, 1 - rest)]
    far = [((a * t - 5 * a) * t + 8 * a) * t - 4 * a for t in (rest + 1, 2 - rest)]
    return list(zip(places, (far[0], near[0], near[1], far[1])))


_MODES = {"bilinear": _bilinear, "nearest": _nearest, "bicubic": _bicubic}


def _check(input: Tensor, grid: Tensor, mode: str) -> None:
    shape, seen = tuple(input.shape), tuple(grid.shape)
    shown = f"got input with sizes {list(shape)} and grid with sizes {list(seen)}"
    if len(shape) not in (4, 5) or len(shape) != len(seen):
        raise ShapeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but "
            + shown
        )
    if shape[0] != seen[0]:
        raise ShapeError(
            f"grid_sampler(): expected grid and input to have same batch size, but {shown}"
        )
    if seen[-1] != len(shape) - 2:
        raise ShapeError(
            f"grid_sampler(): expected grid to have size {len(shape) - 2} in last dimension, but "
            f"got grid with sizes {list(seen)}",
            argument="grid",
        )
    for dim, size in enumerate(shape[2:], 2):
        if not size:
            raise ShapeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input "
                f"has sizes {list(shape)} with dimension {dim} being empty",
                argument="input",
            )
    if mode == "bicubic" and len(shape) != 4:
        raise ShapeError("grid_sampler(): bicubic interpolation only supports 4D input",
                         argument="mode")  # fmt: skip
    if input.dtype is not grid.dtype:
        raise StateError(
            "grid_sampler(): expected input and grid to have same dtype, but input has "
            f"{input.dtype.shorthand} and grid has {grid.dtype.shorthand}",
            argument="grid", hint=f"convert it with .to({input.dtype.name})",
        )  # fmt: skip
    if not input.dtype.is_floating_point:
        raise DtypeError(
            f"\"grid_sampler_{len(shape) - 2}d_cpu\" not implemented for '{input.dtype.shorthand}'",
            argument="input", hint="convert it with .float()",
        )  # fmt: skip


def _sample(input: Tensor, grid: Tensor, mode: str, padding: str, corners: bool) -> Tensor:
    _check(input, grid, mode)
    n, channels, *sizes = input.shape
    out = tuple(grid.shape[1:-1])
    flat = grid.reshape(n, numel(out), len(sizes))
    # The first number of a point is for the last dimension.
    lines = [
        _MODES[mode](_unscaled(flat[..., -1 - axis], size, corners), size, corners, padding)
        for axis, size in enumerate(sizes)
    ]
    places, weights = [], []
    for taps in product(*lines):
        place: Any = 0
        weight: Any = None
        outside: Any = None
        for size, (at, share) in zip(sizes, taps):
            beyond = (at < 0) | (at > size - 1)
            outside = beyond if outside is None else outside | beyond
            place = place * size + at.masked_fill(beyond, 0).nan_to_num(0).long()
            weight = share if weight is None else weight * share
        places.append(place)
        weights.append(weight.masked_fill(outside, 0))
    found = sampled(
        input.reshape(n, channels, numel(tuple(sizes))), stack(weights, 1), stack(places, 1),
        len(sizes),
    )  # fmt: skip
    return found.reshape(n, channels, *out)


_IMAGE, _POINTS = made_up(1, 2, 3, 4), made_up(1, 2, 3, 2) * 1.3
_VOLUME, _PLACES = made_up(1, 1, 2, 3, 2), made_up(1, 2, 1, 2, 3) * 1.3


@composite(names=("torch.nn.functional.grid_sample",), samples=lambda: [
    ((_IMAGE, _POINTS), {"align_corners": False}),
    ((_IMAGE, _POINTS, "bicubic", "reflection"), {"align_corners": False}),
    ((_IMAGE, _POINTS, "nearest", "border"), {"align_corners": True}),
    ((_VOLUME, _PLACES), {"align_corners": True}),
])  # fmt: skip
def grid_sample(
    input: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Array:  # fmt: skip
    """The input at the points of a grid: (n, c, h, w), (n, h', w', 2) → (n, c, h', w').

    Or volumes: (n, c, d, h, w), (n, d', h', w', 3) → (n, c, d', h', w'). A point is (x, y), or
    (x, y, z), from -1 (left, top) to 1; align_corners: whether those are the centres of the
    outermost elements, else their outer edges. mode: "bilinear", "nearest", or "bicubic" of images.
    padding_mode: what lies outside: "zeros", the "border" elements, or the "reflection".

    >>> nn.functional.grid_sample(tensor([[[[1., 3.]]]]), zeros(1, 1, 1, 2), align_corners=True)
    tensor([[[[2.]]]])
    """
    if mode not in _MODES:
        raise ValueProblem(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
            f"but got: '{mode}'",
            argument="mode",
        )
    if padding_mode not in _PADDING:
        raise ValueProblem(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
            f"'reflection', but got: '{padding_mode}'",
            argument="padding_mode",
        )
    return _sample(input, grid, mode, padding_mode, _corners(align_corners))


@composite(names=("torch.grid_sampler",), samples=lambda: [((_IMAGE, _POINTS, 0, 0, False), {})])
def grid_sampler(
    input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Array:
    """grid_sample with modes by number: bilinear, nearest, bicubic; zeros, border, reflection.

    >>> grid_sampler(tensor([[[[1., 3.]]]]), zeros(1, 1, 1, 2), 0, 0, True)
    tensor([[[[2.]]]])
    """
    return _sample_by_number(input, grid, interpolation_mode, padding_mode, align_corners)


def _sample_by_number(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    modes, paddings = list(_MODES), list(_PADDING)
    for name, value in (("interpolation_mode", interpolation_mode), ("padding_mode", padding_mode)):
        if not 0 <= value <= 2:
            raise ValueProblem(f"grid_sampler(): {name} is 0, 1 or 2, not {value}", argument=name)
    return _sample(input, grid, modes[interpolation_mode], paddings[padding_mode], align_corners)


def _must_have_dims(input: Tensor, grid: Tensor, dims: int) -> None:
    if len(input.shape) != dims:
        raise ShapeError(
            f"grid_sampler(): expected {dims}D input and grid with same number of dimensions, but got "
            f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}",
            argument="input",
        )


@composite(names=("torch.grid_sampler_2d",), samples=lambda: [((_IMAGE, _POINTS, 0, 0, False), {})])
def grid_sampler_2d(
    input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Array:
    """grid_sampler of images alone: (n, c, h, w), (n, h', w', 2) → (n, c, h', w').

    >>> grid_sampler_2d(tensor([[[[1., 3.]]]]), zeros(1, 1, 1, 2), 0, 0, True)
    tensor([[[[2.]]]])
    """
    _must_have_dims(input, grid, 4)
    return _sample_by_number(input, grid, interpolation_mode, padding_mode, align_corners)


@composite(names=("torch.grid_sampler_3d",), samples=lambda: [
    ((_VOLUME, _PLACES, 0, 0, False), {}), ((_VOLUME, _PLACES, 1, 2, True), {}),
])  # fmt: skip
def grid_sampler_3d(
    input: Array, grid: Array, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Array:
    """grid_sampler of volumes alone: (n, c, d, h, w), (n, d', h', w', 3) → (n, c, d', h', w').

    >>> grid_sampler_3d(tensor([[[[[1., 3.]]]]]), zeros(1, 1, 1, 1, 3), 0, 0, True)
    tensor([[[[[2.]]]]])
    """
    _must_have_dims(input, grid, 5)
    return _sample_by_number(input, grid, interpolation_mode, padding_mode, align_corners)


# -- affine maps ------------------------------------------------------------------------------


def _centres(count: int, corners: bool, like: Tensor) -> Tensor:
    """Numbers from -1 to 1, of the edges or of the centres of so many elements."""
    if count <= 1:
        return like.new_zeros(count)
    found = linspace(-1, 1, count, dtype=like.dtype, device=like.device)
    return found if corners else found * ((count - 1) / count)


def _points(theta: Tensor, size: Ints, corners: bool) -> Tensor:
    """The points that affine maps give for an image of a size."""
    if not theta.dtype.is_floating_point:
        raise ValueProblem(
            f"Expected theta to have floating point type, but got {theta.dtype}", argument="theta"
        )
    sizes = size if isinstance(size, tuple) else (size,)
    dims = len(sizes) - 2
    if dims not in (2, 3):
        raise DtypeError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {Size(sizes)}.",
            argument="size",
        )
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (dims, dims + 1):
        raise ValueProblem(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size "
            f"{Size(sizes)}. Got {theta.shape}.",
            argument="theta",
        )
    if min(sizes) <= 0:
        raise ValueProblem(f"Expected non-zero, positive output size. Got {Size(sizes)}",
                           argument="size")  # fmt: skip
    if sizes[0] != theta.shape[0]:
        raise ShapeError(
            f"Expected a batch of {sizes[0]} affine matrices for size {Size(sizes)}, but got "
            f"{theta.shape[0]}",
            argument="size",
        )
    inner = sizes[2:]
    ranges = [
        _centres(n, corners, theta).reshape(-1, *(1,) * (dims - 1 - axis)).expand(inner)
        for axis, n in enumerate(inner)
    ]
    points = stack([*reversed(ranges), theta.new_ones(inner)], -1).reshape(numel(inner), dims + 1)
    return (points @ theta.transpose(1, 2)).reshape(sizes[0], *inner, dims)


@composite(
    names=("torch.nn.functional.affine_grid",),
    samples=lambda: [
        ((made_up(2, 2, 3), (2, 1, 3, 2)), {"align_corners": False}),
        ((made_up(1, 3, 4), (1, 1, 2, 1, 3)), {"align_corners": True}),
    ],
)
def affine_grid(theta: Array, size: Ints, align_corners: bool | None = None) -> Array:
    """The points that affine maps give for an image of a size: (n, 2, 3) → (n, h, w, 2).

    size: (n, c, h, w); or (n, c, d, h, w) for theta (n, 3, 4) → (n, d, h, w, 3). For grid_sample,
    with the same align_corners.

    >>> nn.functional.affine_grid(tensor([[[1., 0., 0.], [0., 1., 0.]]]), (1, 1, 1, 2), align_corners=False)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    return _points(theta, size, _corners(align_corners))


@composite(names=("torch.affine_grid_generator",),
           samples=lambda: [((made_up(1, 2, 3), (1, 1, 2, 2), False), {})])  # fmt: skip
def affine_grid_generator(theta: Array, size: Ints, align_corners: bool) -> Array:
    """nn.functional.affine_grid under its older name.

    >>> affine_grid_generator(tensor([[[1., 0., 0.], [0., 1., 0.]]]), (1, 1, 1, 2), True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    return _points(theta, size, align_corners)


grid_sample.autocast = SINGLE
