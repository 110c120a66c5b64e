"""Images of a data set in memory, one by one, and in batches at once where that runs none of the
program's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.images.image import Image
from tcalc.library.images.modes import MODES
from tcalc.library.vision.transforms.containers import Compose
from tcalc.library.vision.transforms.conversion import ToTensor
from tcalc.library.vision.transforms.functional import to_tensors
from tcalc.runtime.base import memory
from tcalc.runtime.base.modes import mode
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.codes import INTEGERS

if TYPE_CHECKING:
    from tcalc.library.vision.datasets.vision import VisionDataset


def batch(dataset: VisionDataset, images: Any, kind: str, targets: Any, indices: Any) -> Any:
    """The images at some indices, as tensors, and their targets: what default_collate would make.

    images: an array or tensor (n, height, width[, channels]) of bytes, of a mode, `kind`. targets:
    a tensor or list of whole numbers. None where samples have to be made one by one.
    """
    steps = _steps(dataset.transform)
    if steps is None or dataset.target_transform is not None or mode.interpreter is not None:
        return None
    pixels, labels = _array(images), _array(targets)
    if pixels is None or labels is None or not _are_pixels(pixels, 3, kind):
        return None
    if labels.ndim != 1 or labels.dtype.char not in INTEGERS:
        return None
    count = min(len(pixels), len(labels))
    if not indices or min(indices) < -count or max(indices) >= count:
        return None
    memory.check(len(indices) * pixels[0].size * 4, "the batch")
    made = to_tensors(pixels[indices], batched=True)
    for step in steps:
        made = step(made)
    return List([made, wrap(labels[indices].astype(np.int64))])


def image_at(images: Any, index: int, mode: str) -> Image:
    """One of the images as a value of its own; what a program put there may be of another kind."""
    if not isinstance(images, Tensor) and type(images) is not np.ndarray:
        raise ArgumentError(
            f"data is a tensor or an array of images, not {type(images).__name__}", argument="self"
        )
    pixels = (images.detach().cpu().array if isinstance(images, Tensor) else images)[index]
    if not _are_pixels(pixels, 2, mode):
        raise ValueProblem(
            f"data holds images of shape {list(pixels.shape)} and type {pixels.dtype}, which are "
            f"none of mode {mode}",
            argument="self",
        )
    return Image(pixels.copy(), mode)


def _are_pixels(array: Any, dims: int, mode: str) -> bool:
    """Whether an array holds bytes of a mode: `dims` dimensions, and one more for several bands."""
    count = len(MODES[mode].bands)
    bands = (count,) if count > 1 else ()
    return (
        array.dtype == np.uint8 and array.ndim == dims + len(bands) and array.shape[dims:] == bands
    )


def _steps(transform: Any) -> list[Any] | None:
    """What is done with tensors after ToTensor; None where that is not all that is done."""
    kind = type(transform)
    if kind is ToTensor:
        return []
    if kind is not Compose or type(transform.transforms) not in (list, tuple, List):
        return None
    first, *rest = transform.transforms or (None,)
    if type(first) is not ToTensor or not all(map(_is_same_on_batches, rest)):
        return None
    return rest


def _is_same_on_batches(step: Any) -> bool:
    """Whether a transform of ours does with a batch what it does with each of its images."""
    return "_on_batches_" in type(step).__dict__ and not step.__dict__.get("_hooked")


def _array(values: Any) -> Any:
    if type(values) is np.ndarray:
        return values
    if isinstance(values, Tensor):
        return values.array if values.is_cpu else None
    if isinstance(values, list) and all(type(v) is int for v in values):
        return np.array(values)
    return None
