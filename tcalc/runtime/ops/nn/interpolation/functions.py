"""Images, sequences and volumes at another size."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np

from tcalc.errors import DtypeError, ShapeError, UnsupportedDtype, ValueProblem
from tcalc.runtime.base.op import Array, Floats, Ints, Scalar
from tcalc.runtime.call.define import composite
from tcalc.runtime.ops.nn.interpolation.bytes import resampled_bytes
from tcalc.runtime.ops.nn.interpolation.resampling import Axis, resampled
from tcalc.runtime.ops.nn.pooling import adaptive
from tcalc.runtime.ops.nn.spatial import by, made_up
from tcalc.runtime.types.dtypes import uint8

if TYPE_CHECKING:
    from tcalc.runtime.tensor.tensor import Tensor

# By mode, the numbers of dimensions of the inputs it takes, and what it is along one axis.
_MODES = {
    "nearest": ((3, 4, 5), "nearest"),
    "nearest-exact": ((3, 4, 5), "nearest-exact"),
    "area": ((3, 4, 5), "area"),
    "linear": ((3,), "linear"),
    "bilinear": ((4,), "linear"),
    "bicubic": ((4,), "cubic"),
    "trilinear": ((5,), "linear"),
    "lanczos": ((4,), "lanczos"),
}
_ALIASED = ("bilinear", "bicubic", "lanczos")
_MEANS = {
    3: adaptive.adaptive_avg_pool1d, 4: adaptive.adaptive_avg_pool2d,
    5: adaptive.adaptive_avg_pool3d,
}  # fmt: skip


def _check_mode(mode: str, rank: int, corners: bool | None, antialias: bool) -> None:
    """Refuse what a mode cannot do."""
    if antialias and not (mode in _ALIASED and rank == 4):
        raise ValueProblem(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires "
            "a 4-D tensor as input",
            argument="antialias",
        )
    ranks = _MODES[mode][0] if mode in _MODES else ()
    if mode.endswith("linear") and rank in (3, 4, 5) and rank not in ranks:
        raise DtypeError(f"Got {rank}D input, but {mode} mode needs {ranks[0]}D input",
                         argument="mode")  # fmt: skip
    if rank not in ranks:
        raise DtypeError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {rank}D) for the modes: "
            f"nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact "
            f"(got {mode})",
            argument="mode",
        )
    if mode == "lanczos" and corners:
        raise ValueProblem("Lanczos mode does not support align_corners=True")
    if mode == "lanczos" and not antialias:
        raise ValueProblem("Lanczos mode requires antialias=True")


def _listed(what: str, value: Ints | Floats, input: Tensor) -> list[Scalar]:
    """One number for each spatial dimension."""
    dims = input.ndim - 2
    if not isinstance(value, tuple):
        return [value] * dims
    if len(value) != dims:
        one, other = ("output", "output size of") if what == "size" else (what, f"{what} of shape")
        raise ValueProblem(
            f"Input and {one} must have the same number of spatial dimensions, but got input with "
            f"spatial dimensions of {list(input.shape[2:])} and {other} {value}. Please provide "
            "input tensor in (N, C, d1, d2, ...,dK) format and a number for each of the dK.",
            argument=what,
        )
    return list(value)


def _sizes(
    input: Tensor, size: Ints | None, factor: Floats | None, recompute: bool
) -> tuple[list[int], list[float] | None]:
    """The output's sizes, and the factors where the steps follow from those."""
    if size is not None and factor is not None:
        raise ValueProblem("only one of size or scale_factor should be defined")
    if size is not None:
        if recompute:
            raise ValueProblem("recompute_scale_factor is not meaningful with an explicit size.",
                               argument="recompute_scale_factor")  # fmt: skip
        return _listed("size", size, input), None
    if factor is None:
        raise ValueProblem("either size or scale_factor should be defined")
    factors = _listed("scale_factor", factor, input)
    sizes = [floor(n * f) for n, f in zip(input.shape[2:], factors)]
    return sizes, None if recompute else factors


def _check_sizes(input: Tensor, sizes: list[int]) -> None:
    shape = tuple(input.shape)
    if 0 in shape[1:]:
        raise ShapeError(
            f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes "
            f"{list(shape)}",
            argument="input",
        )
    if min(sizes) <= 0:
        raise ShapeError(
            "Input and output sizes should be greater than 0, but got input "
            f"{by(shape[2:])} and output {by(sizes)}"
        )


def _resized(
    input: Tensor, mode: str, sizes: list[int], factors: list[float] | None, corners: bool,
    antialias: bool,
) -> Tensor:  # fmt: skip
    kind = _MODES[mode][1]
    moves = kind.startswith("nearest")
    whole = not input.dtype.is_floating_point
    if whole and not (input.dtype is uint8 and (moves or input.ndim == 4)):
        raise UnsupportedDtype(
            f"\"compute_indices_weights_{kind}\" not implemented for '{input.dtype.shorthand}'",
            argument="input", hint="convert it with .float()",
        )  # fmt: skip
    if antialias:
        kind += "-covering"
    axes = []
    for old, new, factor in zip(input.shape[2:], sizes, factors or [0.0] * len(sizes)):
        step = 1 / factor if factor > 0 else None
        if whole and kind == "nearest" and new in (old, 2 * old):
            step = None  # of bytes PyTorch goes by the sizes there
        axes.append(Axis(kind, old, new, step, corners))
    if moves or not whole:
        return resampled(input, tuple(axes), False)
    return resampled_bytes(input, tuple(axes))


@composite(names=("torch.nn.functional.interpolate",), samples=lambda: [
    ((made_up(1, 2, 3), 5), {}), ((made_up(1, 2, 3, 4), (5, 3), None, "bilinear"), {}),
    ((made_up(1, 1, 3, 4),), {"scale_factor": 1.6, "mode": "bicubic", "align_corners": True}),
    ((made_up(1, 1, 5, 4), (2, 3), None, "bilinear"), {"antialias": True}),
    ((made_up(1, 1, 2, 3, 2), None, (2.0, 1.0, 1.5), "trilinear"), {}),
    ((made_up(1, 1, 5), 3, None, "area"), {}),
    ((np.arange(6, dtype=np.uint8).reshape(1, 1, 2, 3), (3, 5), None, "bilinear"), {}),
])  # fmt: skip
def interpolate(
    input: Array, size: Ints | None = None, scale_factor: Floats | None = None,
    mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Array:  # fmt: skip
    """The input at another size: (n, c, l), (n, c, h, w) or (n, c, d, h, w) → (n, c, *sizes).

    size: of the output, a number or one for each dimension; or scale_factor: how many times the
    input's. mode: "nearest", "nearest-exact", "area" (means), "linear" (3 dimensions), "bilinear",
    "bicubic", "lanczos" (4) or "trilinear" (5). align_corners: whether the outermost elements stay
    where they are, for those that lie between others. recompute_scale_factor: go by the sizes,
    where they are not exactly scale_factor times the input's. antialias: each element is of all
    that it covers, not of its neighbours alone.

    >>> nn.functional.interpolate(tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    >>> nn.functional.interpolate(tensor([[[1., 2.]]]), 3, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000]]])
    """
    if align_corners is not None and mode in ("nearest", "area", "nearest-exact"):
        raise ValueProblem(
            "align_corners option can only be set with the interpolating modes: linear | bilinear "
            "| bicubic | trilinear",
            argument="align_corners",
        )
    sizes, factors = _sizes(
        input, size, scale_factor, bool(recompute_scale_factor) or (mode == "area" and size is None)
    )
    _check_mode(mode, input.ndim, align_corners, antialias)
    if mode == "area":
        return _MEANS[input.ndim](input, sizes)
    _check_sizes(input, sizes)
    return _resized(input, mode, sizes, factors, bool(align_corners), antialias)


# -- older names ------------------------------------------------------------------------------


@composite(names=("torch.nn.functional.upsample",), samples=lambda: [((made_up(1, 2, 3), 5), {})])
def upsample(
    input: Array, size: Ints | None = None, scale_factor: Floats | None = None,
    mode: str = "nearest", align_corners: bool | None = None,
) -> Array:  # fmt: skip
    """The older name of interpolate.

    >>> nn.functional.upsample(tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


@composite(names=("torch.nn.functional.upsample_nearest",),
           samples=lambda: [((made_up(1, 2, 3), 5), {})])  # fmt: skip
def upsample_nearest(
    input: Array, size: Ints | None = None, scale_factor: Floats | None = None
) -> Array:
    """interpolate with mode="nearest".

    >>> nn.functional.upsample_nearest(tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor)


@composite(names=("torch.nn.functional.upsample_bilinear",),
           samples=lambda: [((made_up(1, 2, 3, 2), 5), {})])  # fmt: skip
def upsample_bilinear(
    input: Array, size: Ints | None = None, scale_factor: Floats | None = None
) -> Array:
    """interpolate with mode="bilinear" and align_corners=True.

    >>> nn.functional.upsample_bilinear(tensor([[[[1., 2.]]]]), (1, 3))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", True)
