"""Images that are tensors, turned, sheared, seen at an angle, bent and blurred."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tcalc.errors import ValueProblem
from tcalc.library.vision.transforms.tensors import dimensions, in_batch
from tcalc.runtime.ops.create.constant import empty, ones
from tcalc.runtime.ops.create.creation import tensor
from tcalc.runtime.ops.create.grids import meshgrid
from tcalc.runtime.ops.create.ranges import linspace
from tcalc.runtime.ops.elementwise.selection import where
from tcalc.runtime.ops.linalg.least_squares import lstsq
from tcalc.runtime.ops.nn.convolution.functions import conv2d
from tcalc.runtime.ops.nn.interpolation.grid import grid_sample
from tcalc.runtime.ops.shape.joining import cat, stack
from tcalc.runtime.ops.shape.padding import pad as pad_tensor
from tcalc.runtime.types import dtypes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Device
    from tcalc.runtime.tensor.tensor import Tensor
    from tcalc.runtime.types.dtypes import dtype

_MODES = ("nearest", "bilinear")
# What is less than this beyond a pixel is nothing.
_LEAST = 1e-4


def inverse_matrix(
    center: Sequence[float],
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
) -> list[float]:
    """Where pixels come from where an image is sheared, turned and stretched about a center, then
    moved: six numbers. angle, shear: in degrees.
    """
    turn, sx, sy = (math.radians(v) for v in (angle, *shear))
    (cx, cy), (tx, ty) = center, translate
    # The map there without the scale, whose determinant is 1.
    a = math.cos(turn - sy) / math.cos(sy)
    b = -math.cos(turn - sy) * math.tan(sx) / math.cos(sy) - math.sin(turn)
    c = math.sin(turn - sy) / math.cos(sy)
    d = -math.sin(turn - sy) * math.tan(sx) / math.cos(sy) + math.cos(turn)
    rows = [[d / scale, -b / scale], [-c / scale, a / scale]]
    made = []
    for (x, y), middle in zip(rows, (cx, cy)):
        made += [x, y, 0.0 + (x * (-cx - tx) + y * (-cy - ty)) + middle]
    return made


def _need(img: Tensor, mode: str, fill: Any) -> None:
    channels = dimensions(img)[0]
    if isinstance(fill, (tuple, list)) and len(fill) > 1 and len(fill) != channels:
        raise ValueProblem(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of "
            f"the image ({len(fill)} != {channels})",
            argument="fill",
        )
    if mode not in _MODES:
        raise ValueProblem(f"Interpolation mode '{mode}' is unsupported with Tensor input",
                           argument="interpolation")  # fmt: skip


def _real(img: Tensor) -> dtype:
    return img.dtype if img.dtype.is_floating_point else dtypes.float32


def _taken(img: Tensor, grid: Tensor, mode: str, fill: Any) -> Tensor:
    """The image with pixels from the places of a grid, `fill` where they come from outside."""

    def work(batch: Tensor) -> Tensor:
        places = grid.expand(batch.shape[0], *grid.shape[1:])
        if fill is None:
            return grid_sample(batch, places, mode, "zeros", False)
        # How much of each pixel comes from within is found as one channel more.
        inside = ones((batch.shape[0], 1, *batch.shape[2:]), dtype=batch.dtype, device=batch.device)
        made = grid_sample(cat((batch, inside), 1), places, mode, "zeros", False)
        share, made = made[:, -1:], made[:, :-1]
        colors = [float(v) for v in fill] if isinstance(fill, (tuple, list)) else [float(fill)]
        around = tensor(colors, dtype=made.dtype, device=made.device).view(1, -1, 1, 1)
        if mode == "nearest":
            return where(share < 0.5, around, made)
        return made * share + (1.0 - share) * around

    return in_batch(img, work, [grid.dtype])


def _points(width: int, height: int, x: float, y: float, kind: dtype, device: Device) -> Tensor:
    """The middles of pixels, from x and y on, with 1 beside them: (1, width * height, 3)."""
    made = empty((1, height, width, 3), dtype=kind, device=device)
    made[..., 0] = linspace(x, x + width - 1, width, device=device)
    made[..., 1] = linspace(y, y + height - 1, height, device=device).unsqueeze(-1)
    made[..., 2] = 1
    return made.view(1, height * width, 3)


def _affine_grid(matrix: Sequence[float], img: Tensor, width: int, height: int) -> Tensor:
    """Where the pixels of a new image come from, in half images from the middle."""
    kind = _real(img)
    h, w = img.shape[-2:]
    points = _points(width, height, -width * 0.5 + 0.5, -height * 0.5 + 0.5, kind, img.device)
    theta = tensor(list(matrix), dtype=kind, device=img.device).reshape(1, 2, 3)
    halves = tensor([0.5 * w, 0.5 * h], dtype=kind, device=img.device)
    return points.bmm(theta.transpose(1, 2) / halves).view(1, height, width, 2)


def affine(img: Tensor, matrix: Sequence[float], mode: str, fill: Any) -> Tensor:
    """The image with pixels from where an affine map says."""
    _need(img, mode, fill)
    height, width = img.shape[-2:]
    return _taken(img, _affine_grid(matrix, img, width, height), mode, fill)


def rotate(img: Tensor, matrix: Sequence[float], mode: str, expand: bool, fill: Any) -> Tensor:
    """The same, and where it is to expand, as large as the whole image needs."""
    _need(img, mode, fill)
    height, width = img.shape[-2:]
    if expand:
        wide, high = _needed(matrix, width, height)
    else:
        wide, high = width, height
    return _taken(img, _affine_grid(matrix, img, wide, high), mode, fill)


def _needed(matrix: Sequence[float], width: int, height: int) -> tuple[int, int]:
    """The size that a turned image needs."""
    x, y = 0.5 * width, 0.5 * height
    corners = tensor([[-x, -y, 1.0], [-x, y, 1.0], [x, y, 1.0], [x, -y, 1.0]])
    theta = tensor(list(matrix), dtype=dtypes.float32).view(2, 3)
    moved = corners.matmul(theta.T)
    half = tensor((x, y))
    least, most = moved.amin(0) + half, moved.amax(0) + half
    size = ((most / _LEAST).trunc() * _LEAST).ceil() - ((least / _LEAST).trunc() * _LEAST).floor()
    wide, high = size.tolist()
    return int(wide), int(high)


# -- perspective ------------------------------------------------------------------------------


def perspective_coefficients(starts: Any, ends: Any) -> list[float]:
    """The eight numbers of the perspective that takes four corners to others."""
    if len(starts) != 4 or len(ends) != 4:
        raise ValueProblem(
            f"Please provide exactly four corners, got {len(starts)} startpoints and {len(ends)} "
            "endpoints."
        )
    rows = []
    for (x, y), (u, v) in zip(ends, starts):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    known = tensor([list(start) for start in starts], dtype=dtypes.float64).view(8)
    # In double, and then as float32 holds them.
    left = tensor(rows, dtype=dtypes.float64)
    found: list[float] = (
        lstsq(left, known.unsqueeze(-1)).solution.squeeze(-1).to(dtypes.float32).tolist()
    )
    return found


def perspective(img: Tensor, coefficients: Sequence[float], mode: str, fill: Any) -> Tensor:
    """The image seen at an angle."""
    _need(img, mode, fill)
    height, width = img.shape[-2:]
    kind, device = _real(img), img.device
    a, b, c, d, e, f, g, h = coefficients
    points = _points(width, height, 0.5, 0.5, kind, device)
    above = tensor([[[a, b, c], [d, e, f]]], dtype=kind, device=device).transpose(1, 2)
    below = tensor([[[g, h, 1.0], [g, h, 1.0]]], dtype=kind, device=device).transpose(1, 2)
    halves = tensor([0.5 * width, 0.5 * height], dtype=kind, device=device)
    grid = points.bmm(above / halves) / points.bmm(below) - 1.0
    return _taken(img, grid.view(1, height, width, 2), mode, fill)


def elastic(img: Tensor, displacement: Tensor, mode: str, fill: Any) -> Tensor:
    """The image with pixels from as far away as each displacement says, in half images."""
    _need(img, mode, fill)
    lines = [linspace((1 - n) / n, (n - 1) / n, n) for n in img.shape[-2:]]
    y, x = meshgrid(*lines, indexing="ij")
    grid = stack([x, y], -1).unsqueeze(0).to(img.device)
    return _taken(img, grid + displacement.to(img.device), mode, fill)


# -- blur -------------------------------------------------------------------------------------


def _bell(size: int, sigma: float, kind: dtype, device: Device) -> Tensor:
    half = (size - 1) * 0.5
    x = linspace(-half, half, size, dtype=kind, device=device)
    weights = (-0.5 * (x / sigma).pow(2)).exp()
    return weights / weights.sum()


def gaussian_blur(img: Tensor, sizes: Sequence[int], sigmas: Sequence[float]) -> Tensor:
    """Each pixel a mean of those around, weighted by a bell; beyond the border it is mirrored."""
    dimensions(img)
    kind = _real(img)
    across, down = (_bell(n, s, kind, img.device) for n, s in zip(sizes, sigmas))
    weights = down[:, None].mm(across[None, :])
    weights = weights.expand(img.shape[-3], 1, *weights.shape)
    x, y = (n // 2 for n in sizes)

    def work(batch: Tensor) -> Tensor:
        return conv2d(pad_tensor(batch, [x, x, y, y], "reflect"), weights, groups=batch.shape[-3])

    return in_batch(img, work, [kind])
