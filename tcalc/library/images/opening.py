"""Images in files. PNG is written here; everything else is Pillow's, the extra `images`.

A file is untrusted: it is read under the file rules, Pillow is asked for a few formats alone, and
what its header says of the size is checked before a pixel is decoded.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from io import BytesIO
from struct import error as struct_error
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tcalc.errors import FileProblem, ModuleError, ValueProblem
from tcalc.library.host import host
from tcalc.library.images.image import Image
from tcalc.library.images.modes import MODES
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.png import png
from tcalc.runtime.base.registry import export

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

# What Pillow is asked to read, and by suffix what it is asked to write.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP")
_SUFFIXES = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".bmp": "BMP", ".gif": "GIF", ".ppm": "PPM",
    ".pgm": "PPM", ".webp": "WEBP",
}  # fmt: skip
# For each pixel, while it is decoded and made one of the modes here.
_BYTES = 16
# Pillow's modes that stand here as others.
_AS = {"I;16B": "I;16", "I;16L": "I;16", "I;16N": "I;16", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
# Modes that Pillow does not tell from an array's shape.
_BY_BYTES = ("CMYK", "HSV", "YCbCr", "La", "RGBa")
# What Pillow's decoders raise of a file that is none or breaks off.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct_error, IndexError, KeyError)
# How much time packing a PNG takes, of 9.
_LEVEL = 6
_SETTINGS = {"compress_level": "int", "quality": "int", "optimize": "bool", "lossless": "bool"}


def pillow(what: str) -> ModuleType:
    """Pillow's module of images; an error that says how to install it."""
    try:
        from PIL import Image as found  # type: ignore[import-not-found,unused-ignore]  # an extra
    except ImportError:
        raise ModuleError(
            f"{what} needs Pillow, which is not installed",
            hint="pip install 'tcalc[images]'; `load` reads .npy and .pt files without it",
        ) from None
    return found  # type: ignore[no-any-return,unused-ignore]  # as above


def read(name: str) -> Image:
    """The image in a file, by the name that a program gives; FileProblem, LimitError."""
    effect("Image.open")
    with host.files().reading(name) as (file, size):
        memory.check(size, name)
        data = file.read(size)
    return decoded(data, name)


def decoded(data: bytes, name: str) -> Image:
    """The image in the bytes of a file."""
    with _opened(BytesIO(data), name) as found:
        found.load()
        kind = found.format
        mode = _mode_of(found)
        found = found if mode == found.mode else found.convert(mode)
        return Image(np.array(found), mode, kind, name)


def measured(file: BinaryIO, name: str) -> tuple[int, int, int, str]:
    """The channels, the height, the width and the dtype of an image, from its header alone."""
    with _opened(file, name) as found:
        width, height = found.size
        bands, dtype = MODES[_mode_of(found)]
    return len(bands), height, width, "uint8" if dtype == "bool" else dtype


@contextmanager
def _opened(file: BinaryIO, name: str) -> Iterator[Any]:
    """One of Pillow's images of which only the header was read."""
    module = pillow(f"reading {name}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", module.DecompressionBombWarning)
            found = module.open(file, formats=FORMATS)
            width, height = found.size
            memory.check(width * height * _BYTES, f"{name}, an image of {width}x{height},")
            yield found
    except (module.DecompressionBombWarning, module.DecompressionBombError):
        raise FileProblem(f"{name} says that it is of more pixels than any image is") from None
    except _DAMAGED as error:
        raise FileProblem(_told(error, name), argument="fp") from None


def _mode_of(found: Any) -> str:
    """The mode here of one of Pillow's images: those with palettes are in their colours."""
    mode: str = found.mode
    if mode == "P":
        return "RGBA" if "transparency" in found.info else "RGB"
    mode = _AS.get(mode, mode)
    return mode if mode in MODES else "RGB"


def _told(error: Exception, name: str) -> str:
    if "cannot identify" in str(error):
        return f"cannot identify image file {name!r}: it is none of {', '.join(FORMATS)}"
    return f"{name} is damaged: {' '.join(str(error).split()) or 'its image breaks off'}"


# -- writing ----------------------------------------------------------------------------------


def encoded(image: Image, form: str, settings: dict[str, Any]) -> bytes:
    """The bytes of a file; PNG needs no Pillow."""
    if form == "PNG" and image.mode in ("L", "LA", "RGB", "RGBA", "1"):
        bands = image.bands()
        points = bands.astype(np.uint8) * 255 if image.mode == "1" else bands
        return png(points, settings.get("compress_level", _LEVEL))
    module = pillow(f"writing {form}")
    pixels = image.pixels()
    if image.mode in _BY_BYTES:
        made = module.frombytes(image.mode, image.size, pixels.tobytes())
    else:
        made = module.fromarray(pixels)
    out = BytesIO()
    try:
        made.save(out, format=form, **settings)
    except (OSError, ValueError, KeyError) as error:
        raise FileProblem(" ".join(str(error).split())) from None
    return out.getvalue()


def form_of(name: str, given: Any = None) -> str:
    """How a file is written: by what was asked for, else by its suffix."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in _SUFFIXES:
        raise ValueProblem(
            f"unknown file extension: {suffix}", argument="fp",
            hint=f"images are written to {', '.join(_SUFFIXES)}",
        )  # fmt: skip
    if given is None:
        return _SUFFIXES[suffix]
    form = kinds.take("save", "format", ("str",), given).upper()
    form = {"JPG": "JPEG"}.get(form, form)
    if form not in FORMATS:
        raise ValueProblem(f"unknown image format {form!r}", argument="format")
    return form


def save(image: Image, fp: Any, format: Any, params: dict[str, Any]) -> None:
    """Write an image to a file, whole or not at all."""
    effect("Image.save")
    name = host.name_of(fp)
    form = form_of(name, format)
    settings = {}
    for key, value in params.items():
        if key not in _SETTINGS:
            raise ValueProblem(f"save() does not take {key}=", argument="params")
        settings[key] = kinds.take("save", key, (_SETTINGS[key],), value)
    if not 0 <= settings.get("compress_level", _LEVEL) <= 9:
        raise ValueProblem("compress_level is from 0 to 9", argument="params")
    data = encoded(image, form, settings)
    with host.files().writing(name) as file:
        file.write(data)


export("PIL.Image._save", value=save)
