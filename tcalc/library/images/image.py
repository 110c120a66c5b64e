"""`PIL.Image.Image`: an image as a value, with what programs do to it."""

from __future__ import annotations

from math import ceil, cos, floor, radians, sin
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, DimError, FileProblem, ValueProblem
from tcalc.library.images.colors import color_of
from tcalc.library.images.modes import MODES, converted, need_mode
from tcalc.library.images.resampling import BICUBIC, NEAREST, resized
from tcalc.library.images.warping import WARPS, warped
from tcalc.runtime.base import kinds, memory
from tcalc.runtime.base.registry import export, lookup
from tcalc.runtime.objects.lists import List

if TYPE_CHECKING:
    from collections.abc import Callable

    Pixels = np.ndarray[Any, Any]

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

(FLIP_LEFT_RIGHT, FLIP_TOP_BOTTOM, ROTATE_90, ROTATE_180, ROTATE_270, TRANSPOSE,
 TRANSVERSE) = range(7)  # fmt: skip
AFFINE, EXTENT, PERSPECTIVE = 0, 1, 2
_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    FLIP_LEFT_RIGHT: lambda p: p[:, ::-1],
    FLIP_TOP_BOTTOM: lambda p: p[::-1],
    ROTATE_90: lambda p: np.rot90(p, 1),
    ROTATE_180: lambda p: p[::-1, ::-1],
    ROTATE_270: lambda p: np.rot90(p, 3),
    TRANSPOSE: lambda p: p.swapaxes(0, 1),
    TRANSVERSE: lambda p: p[::-1, ::-1].swapaxes(0, 1),
}
_WEIGHTED = {"LA": "La", "RGBA": "RGBa"}
_MOST_SIDE = (1 << 31) - 1


@export("PIL.Image.Image", home="PIL.Image")
class Image:
    """An image: its size (width, height), its mode ("L", "RGB", …) and its pixels.

    `Image.open` reads one from a file, `Image.fromarray` makes one of an array, `Image.new` one of
    a single colour; data sets give them. `np.array(image)` has the pixels, (height, width) or
    (height, width, bands).

    >>> from PIL import Image
    >>> image = Image.new("RGB", (4, 2), "red")
    >>> image
    <PIL.Image.Image image mode=RGB size=4x2>
    >>> image.convert("L").getpixel((0, 0))
    76
    """

    _public_ = frozenset(
        {
            "convert", "copy", "crop", "filename", "format", "getbands", "getchannel", "getextrema",
            "getpixel", "height", "histogram", "load", "mode", "paste", "point", "putalpha",
            "putpixel", "resize", "rotate", "save", "show", "size", "split", "transform",
            "transpose", "width",
        }
    )  # fmt: skip
    __slots__ = ("_pixels", "filename", "format", "mode")

    def __init__(
        self, pixels: Pixels, mode: str, format: str | None = None, name: str = ""
    ) -> None:
        self._pixels = pixels
        self.mode = mode
        self.format = format
        self.filename = name

    def _array_(self) -> Pixels:
        """The pixels, for NumPy's functions: a copy, as Pillow gives one."""
        return self._pixels.copy()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self._pixels.shape[:2]
        return width, height

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return self._pixels.shape[1]

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self._pixels.shape[0]

    def __repr__(self) -> str:
        return f"<PIL.Image.Image image mode={self.mode} size={self.width}x{self.height}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        return self.mode == other.mode and np.array_equal(self._pixels, other._pixels)

    __hash__ = None  # type: ignore[assignment]  # an image can be changed

    # -- bands --------------------------------------------------------------------------------

    def getbands(self) -> tuple[str, ...]:
        """The letters of what a pixel has."""
        return MODES[self.mode].bands

    def split(self) -> tuple[Image, ...]:
        """Each band as an image of its own."""
        bands = self.bands()
        if bands.shape[2] == 1:
            return (self.copy(),)
        return tuple([Image(bands[..., i].copy(), "L") for i in range(bands.shape[2])])

    def getchannel(self, channel: Any) -> Image:
        """One band, by its letter or number."""
        letters = self.getbands()
        if type(channel) is str:
            if channel not in letters:
                raise ValueProblem(f'The image has no channel "{channel}"', argument="channel")
            channel = letters.index(channel)
        at: int = kinds.take("getchannel", "channel", ("int",), channel)
        if not 0 <= at < len(letters):
            raise ValueProblem("band index out of range", argument="channel")
        return self.split()[at]

    def putalpha(self, alpha: Any) -> None:
        """Say how opaque each pixel is, by an image or a number."""
        mode = "LA" if self.mode in ("L", "LA", "1") else "RGBA"
        made = converted(self._pixels, self.mode, mode)
        if isinstance(alpha, Image):
            if alpha.size != self.size:
                raise ValueProblem("images do not match", argument="alpha")
            made[..., -1] = alpha.convert("L")._pixels
        else:
            made[..., -1] = np.clip(kinds.take("putalpha", "alpha", ("int",), alpha), 0, 255)
        self._pixels, self.mode = made, mode

    def bands(self) -> Pixels:
        """The pixels, (height, width, bands)."""
        return self._pixels if self._pixels.ndim == 3 else self._pixels[..., None]

    def pixels(self) -> Pixels:
        """The pixels themselves, which nobody may write to."""
        return self._pixels

    def like(self, pixels: Pixels) -> Image:
        """An image of the same mode with other pixels, with or without a dimension for the bands."""
        if pixels.ndim == 3 and self._pixels.ndim == 2:
            pixels = pixels[..., 0]
        return Image(np.ascontiguousarray(pixels), self.mode)

    # -- as a whole ---------------------------------------------------------------------------

    def copy(self) -> Image:
        """Another image of the same pixels."""
        return Image(self._pixels.copy(), self.mode)

    def load(self) -> None:
        """Nothing: every image is read when it is opened."""

    def convert(self, mode: str | None = None, matrix: None = None, dither: Any = 3) -> Image:
        """The image in another mode: "L" grey, "RGB", "RGBA", "HSV", "YCbCr", "1", "I", "F", …"""
        if matrix is not None:
            raise ValueProblem("a matrix for convert() is not taken here", argument="matrix")
        new = self.mode if mode is None else need_mode(mode)
        if new == self.mode:
            return self.copy()
        if new == "1" and dither is not None and dither != 0:
            raise ValueProblem(
                "dots in place of greys are not made here", argument="dither",
                hint="convert('1', dither=Image.Dither.NONE) goes by whether a pixel is light",
            )  # fmt: skip
        return Image(converted(self._pixels, self.mode, new), new)

    def histogram(self) -> List:
        """How many pixels have each of 256 values, band by band."""
        self._need_bytes("histogram")
        counts = [np.bincount(band.reshape(-1), minlength=256) for band in self._byte_bands()]
        return List([int(n) for count in counts for n in count])

    def getextrema(self) -> Any:
        """The least and greatest value, of each band where there are several."""
        found = [(band.min().item(), band.max().item()) for band in np.moveaxis(self.bands(), 2, 0)]
        return found[0] if len(found) == 1 else tuple(found)

    def point(self, lut: Any, mode: str | None = None) -> Image:
        """Each value by a table of 256 for each band, or by a function of a value."""
        self._need_bytes("point")
        count = len(self.getbands())
        if callable(lut):
            table = [lut(i) for i in range(256)] * count
        else:
            table = list(lut)
        numbers = [round(kinds.take("point", "lut", ("float",), v)) for v in table]
        if len(numbers) not in (256 * count, 256):
            raise ValueProblem("wrong number of lut entries", argument="lut")
        tables = np.clip(np.array(numbers), 0, 255).astype(np.uint8).reshape(-1, 256)
        parts = [tables[i % len(tables)][b] for i, b in enumerate(self._byte_bands())]
        made = Image(np.stack(parts, -1) if len(parts) > 1 else parts[0],
                     "L" if self.mode == "1" else self.mode)  # fmt: skip
        return made if mode is None else made.convert(mode, dither=0)

    def _byte_bands(self) -> list[Pixels]:
        if self.mode == "1":
            return [self._pixels.astype(np.uint8) * 255]
        return list(np.moveaxis(self.bands(), 2, 0))

    def _need_bytes(self, what: str) -> None:
        if MODES[self.mode].dtype not in ("uint8", "bool"):
            raise ValueProblem(f"{what}() is not for mode {self.mode}",
                               hint="convert('L') has bytes")  # fmt: skip

    # -- pixels -------------------------------------------------------------------------------

    def getpixel(self, xy: Any) -> Any:
        """The value at (x, y), a tuple where there are several bands."""
        x, y = self._within(xy)
        found = self._pixels[y, x].tolist()
        if self.mode == "1":
            return 255 * found
        return tuple(found) if type(found) is list else found

    def putpixel(self, xy: Any, value: Any) -> None:
        """Set the value at (x, y)."""
        x, y = self._within(xy)
        self._pixels[y, x] = color_of(value, self.mode)

    def _within(self, xy: Any) -> tuple[int, int]:
        x, y = _two("xy", xy)
        x, y = (n + most if n < 0 else n for n, most in zip((x, y), self.size))
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise DimError("image index out of range", argument="xy")
        return x, y

    def paste(self, im: Any, box: Any = None, mask: Image | None = None) -> None:
        """Put an image, or a colour, at (left, top), where a mask says how much of it shows."""
        if isinstance(box, Image):
            box, mask = None, box
        if mask is not None and not isinstance(mask, Image):
            raise ArgumentError("mask must be an image", argument="mask")
        taken = kinds.take("paste", "box", ("Ints",), (0, 0) if box is None else box)
        place: tuple[int, ...] = (taken,) if type(taken) is int else taken
        if len(place) not in (2, 4):
            raise ValueProblem("box is (left, top) or (left, top, right, bottom)", argument="box")
        size = im.size if isinstance(im, Image) else None if mask is None else mask.size
        if len(place) == 4:
            size = place[2] - place[0], place[3] - place[1]
        elif size is None:
            raise ValueProblem("cannot determine region size; use 4-item box", argument="box")
        source = im.convert(self.mode).bands() if isinstance(im, Image) else None
        if (source is not None and source.shape[1::-1] != size) or (
            mask is not None and mask.size != size
        ):
            raise ValueProblem("images do not match", argument="im")
        _paste(self, source if source is not None else color_of(im, self.mode), place, size, mask)

    # -- geometry -----------------------------------------------------------------------------

    def crop(self, box: Any = None) -> Image:
        """The part in (left, top, right, bottom); beyond the image it is 0."""
        if box is None:
            return self.copy()
        left, top, right, bottom = _numbers("box", box, 4)
        if right < left:
            raise ValueProblem("Coordinate 'right' is less than 'left'", argument="box")
        if bottom < top:
            raise ValueProblem("Coordinate 'lower' is less than 'upper'", argument="box")
        x0, y0, x1, y1 = (round(n) for n in (left, top, right, bottom))
        if x0 >= 0 and y0 >= 0 and x1 <= self.width and y1 <= self.height:
            return Image(self._pixels[y0:y1, x0:x1].copy(), self.mode)
        made = new_pixels(self.mode, (x1 - x0, y1 - y0))
        inner = self._pixels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
        rows, columns = inner.shape[:2]
        at_y, at_x = max(-y0, 0), max(-x0, 0)
        made[at_y : at_y + rows, at_x : at_x + columns] = inner
        return Image(made, self.mode)

    def resize(self, size: Any, resample: int | None = None, box: Any = None,
               reducing_gap: float | None = None) -> Image:  # fmt: skip
        """The image, or the part in `box`, at another size: (width, height).

        resample: Image.NEAREST, BOX, BILINEAR, HAMMING, BICUBIC (as it is by default) or LANCZOS.
        """
        width, height = _two("size", size)
        if width <= 0 or height <= 0:
            raise ValueProblem("height and width must be > 0", argument="size")
        how = BICUBIC if resample is None else kinds.take("resize", "resample", ("int",), resample)
        if not 0 <= how <= 5:
            raise ValueProblem(f"Unknown resampling filter ({how}).", argument="resample")
        whole = (0.0, 0.0, float(self.width), float(self.height))
        part = whole if box is None else _numbers("box", box, 4)
        if (width, height) == self.size and part == whole:
            return self.copy()
        if not (0 <= part[0] < part[2] <= whole[2] and 0 <= part[1] < part[3] <= whole[3]):
            raise ValueProblem("Box can't exceed original image size", argument="box")
        if self.mode == "1":
            how = NEAREST
        weighted = _WEIGHTED.get(self.mode) if how != NEAREST else None
        if weighted is not None:
            return self.convert(weighted).resize((width, height), how, part).convert(self.mode)
        return Image(resized(self._pixels, (width, height), how, part), self.mode)

    def transpose(self, method: int) -> Image:
        """The image flipped or turned: Image.FLIP_LEFT_RIGHT, FLIP_TOP_BOTTOM, ROTATE_90, …"""
        turn = _TURNS.get(kinds.take("transpose", "method", ("int",), method))
        if turn is None:
            raise ValueProblem("No such transpose operation", argument="method")
        return Image(np.ascontiguousarray(turn(self._pixels)), self.mode)

    def rotate(self, angle: float, resample: int = NEAREST, expand: Any = False, center: Any = None,
               translate: Any = None, fillcolor: Any = None) -> Image:  # fmt: skip
        """The image turned by an angle in degrees, counter-clockwise.

        expand: whether the result is as large as needed. center: what it turns about.
        """
        degrees: float = kinds.take("rotate", "angle", ("float",), angle) % 360.0
        if not center and not translate:
            if degrees == 0:
                return self.copy()
            if degrees == 180:
                return self.transpose(ROTATE_180)
            if degrees in (90, 270) and (expand or self.width == self.height):
                return self.transpose(ROTATE_90 if degrees == 90 else ROTATE_270)
        width, height = self.size
        about = (width / 2, height / 2) if center is None else _numbers("center", center, 2)
        moved = (0.0, 0.0) if translate is None else _numbers("translate", translate, 2)
        turn = -radians(degrees)
        a, b = round(cos(turn), 15), round(sin(turn), 15)
        d, e = round(-sin(turn), 15), a

        def source(x: float, y: float, c: float, f: float) -> tuple[float, float]:
            return a * x + b * y + c, d * x + e * y + f

        c, f = source(-about[0] - moved[0], -about[1] - moved[1], 0.0, 0.0)
        c, f = c + about[0], f + about[1]
        if expand:
            corners = [
                source(x, y, c, f) for x, y in ((0, 0), (width, 0), (width, height), (0, height))
            ]
            wide, high = (ceil(max(side)) - floor(min(side)) for side in zip(*corners))
            c, f = source(-(wide - width) / 2.0, -(high - height) / 2.0, c, f)
            width, height = wide, high
        return self.transform(
            (width, height), AFFINE, (a, b, c, d, e, f), resample, fillcolor=fillcolor
        )

    def transform(self, size: Any, method: int, data: Any = None, resample: int = NEAREST,
                  fill: int = 1, fillcolor: Any = None) -> Image:  # fmt: skip
        """Each pixel of the new image from where `data` says that it comes.

        method: Image.AFFINE (6 numbers), EXTENT (4) or PERSPECTIVE (8). fillcolor: of what comes
        from outside, by default 0.
        """
        width, height = _two("size", size)
        how = kinds.take("transform", "resample", ("int",), resample)
        if how not in WARPS:
            raise ValueProblem(
                f"Unknown resampling filter ({how}). Use Image.Resampling.NEAREST (0), "
                "Image.Resampling.BILINEAR (2) or Image.Resampling.BICUBIC (3)",
                argument="resample",
            )
        weighted = _WEIGHTED.get(self.mode) if how != NEAREST else None
        if weighted is not None:
            turned = self.convert(weighted).transform(
                (width, height), method, data, how, fill, fillcolor
            )
            return turned.convert(self.mode)
        counts = {AFFINE: 6, EXTENT: 4, PERSPECTIVE: 8}
        if method not in counts:
            raise ValueProblem("unknown transformation method", argument="method")
        numbers = _numbers("data", data, counts[method])
        if method == EXTENT:
            x0, y0, x1, y1 = numbers
            numbers = ((x1 - x0) / width, 0.0, x0, 0.0, (y1 - y0) / height, y0)
        made = new_pixels(self.mode, (width, height), fillcolor)
        if made.size and self._pixels.size:
            found, within = warped(
                self.bands(), (width, height), numbers, NEAREST if self.mode == "1" else how
            )
            flat = found if made.ndim == 3 else found[..., 0]
            made[within] = flat[within]
        return Image(made, self.mode)

    # -- files --------------------------------------------------------------------------------

    def save(self, fp: Any, format: str | None = None, **params: Any) -> None:
        """Write the image to a file whose suffix, or `format`, says how: .png, .jpg, .bmp, .gif.

        Needs Pillow: pip install 'tcalc[images]'.
        """
        lookup("PIL.Image._save")(self, fp, format, params)

    def show(self, title: str | None = None) -> None:
        """No window is opened here: an error says what to do instead."""
        raise FileProblem(
            "there is no window to show an image in", hint="save it: image.save('image.png')"
        )


# -- what is made of colours ------------------------------------------------------------------


def new_pixels(mode: str, size: tuple[int, int], color: Any = None) -> Pixels:
    """Pixels of one colour, by default 0: (height, width[, bands])."""
    width, height = size
    if width < 0 or height < 0:
        raise ValueProblem("Width and height must be >= 0", argument="size")
    bands, dtype = MODES[mode]
    shape = (height, width) if len(bands) == 1 else (height, width, len(bands))
    memory.check(
        width * height * len(bands) * np.dtype(dtype).itemsize, f"an image of {width}x{height}"
    )
    made = np.zeros(shape, dtype)
    if color is not None:
        made[...] = color_of(color, mode)
    return made


def _paste(
    image: Image, source: Any, place: tuple[int, ...], size: tuple[int, int], mask: Image | None
) -> None:
    """Write what of a source lies within the image."""
    left, top = place[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + size[0], image.width), min(top + size[1], image.height)
    if x0 >= x1 or y0 >= y1:
        return
    inner = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    target = image.bands()[y0:y1, x0:x1]
    part = source[inner] if np.ndim(source) == 3 else source
    if mask is None:
        target[...] = part
        return
    share = (mask.getchannel("A") if "A" in mask.getbands() else mask).convert("L")
    opaque = share.pixels()[inner][..., None].astype(np.int32)
    total = opaque * part + (255 - opaque) * target.astype(np.int32) + 128
    target[...] = ((total >> 8) + total) >> 8


# -- arguments --------------------------------------------------------------------------------


def _two(name: str, value: Any) -> tuple[int, int]:
    taken = kinds.take("Image", name, ("Ints",), value)
    if type(taken) is not tuple or len(taken) != 2:
        raise ArgumentError(f"{name} must be two ints", argument=name)
    if max(map(abs, taken)) > _MOST_SIDE:
        raise ValueProblem(f"{name} is too large", argument=name)
    return taken


def _numbers(name: str, value: Any, count: int) -> tuple[float, ...]:
    taken = kinds.take("Image", name, ("Floats",), value)
    if type(taken) is not tuple or len(taken) != count:
        raise ValueProblem(f"{name} must be {count} numbers", argument=name)
    if not all(abs(n) < _MOST_SIDE for n in taken):
        raise ValueProblem(f"{name} holds numbers that are too large", argument=name)
    return taken
