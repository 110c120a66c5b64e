"""Images: tensors of bytes, [channels, height, width] as torchvision's, decoded by Pillow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import ValueProblem
from tcalc.files import access, contents
from tcalc.files.formats import Entry
from tcalc.runtime.types.codes import BOOLS, EXACT, FLOATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.files.columns import Wanted

# By how many channels there are, the mode of an image.
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    """The pixels of an image, [channels, height, width] of uint8 (of int32 where they are deeper)."""
    import numpy as np

    from tcalc.library.images.opening import decoded

    bands = decoded(access.checked(file, size, name), name).bands()
    if bands.dtype.char in BOOLS:
        bands = bands.astype(np.uint8) * np.uint8(255)
    return np.ascontiguousarray(bands.transpose(2, 0, 1))


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts an image into a file: whole numbers from 0 to 255, or others from 0 to 1."""
    from tcalc.library.images.image import Image
    from tcalc.library.images.opening import encoded, form_of

    pixels = _pixels(contents.one(contents.plain(value), name), name)
    mode = "L" if pixels.ndim == 2 else _MODES[pixels.shape[2]]
    data = encoded(Image(pixels, mode), form_of(name), {})
    return lambda file: access.put(file, data)


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """The image, from its header alone."""
    from tcalc.library.images.opening import measured

    channels, height, width, dtype = measured(file, name)
    return [Entry("", dtype, (channels, height, width))]


def _pixels(array: Any, name: str) -> Any:
    """An image as files have them: (height, width), or with its channels last, of uint8."""
    import numpy as np

    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or array.shape[0] not in _MODES or 0 in array.shape:
        raise ValueProblem(
            f"{name}: an image is of shape [height, width] or [channels, height, width] with 1 to 4 "
            f"channels, not {list(array.shape)}"
        )
    most = 1 if array.dtype.char in FLOATS + BOOLS else 255
    if array.dtype.char not in FLOATS + EXACT or not bool(((array >= 0) & (array <= most)).all()):
        raise ValueProblem(f"{name}: the numbers of such an image are from 0 to {most}")
    if most == 1:
        array = np.rint(array.astype(np.float64) * 255)
    array = np.ascontiguousarray(array.astype(np.uint8).transpose(1, 2, 0))
    return array[:, :, 0] if array.shape[2] == 1 else array
