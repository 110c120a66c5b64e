"""Points of many dims as TensorBoard's projector reads them: tables, a picture, and what is where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AssertionProblem
from tcalc.library.tensorboard.image import grid
from tcalc.runtime.base.png import png
from tcalc.runtime.objects.texts import str_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def tensors(points: NDArray[Any]) -> bytes:
    """A row of numbers for each point."""
    lines = ["\t".join(map(str, row)) for row in points.tolist()]
    return "".join([f"{line}\n" for line in lines]).encode()


def metadata(labels: list[Any], header: object) -> bytes:
    """What each point is: a text each, or one for each column of a header."""
    if not header:
        lines = [str_of(label) for label in labels]
    else:
        if not isinstance(header, (list, tuple)):
            raise ArgumentError(
                f"metadata_header is a list, not {type(header).__name__}",
                argument="metadata_header",
            )
        rows = [label for label in labels if isinstance(label, (list, tuple))]
        if len(rows) != len(labels) or any(len(row) != len(header) for row in rows):
            raise AssertionProblem(
                "len of header must be equal to the number of columns in metadata",
                argument="metadata_header",
            )
        lines = ["\t".join([str_of(item) for item in row]) for row in [header, *rows]]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def sprite(images: NDArray[Any]) -> bytes:
    """The pictures of the points in a square, as PNG; colours from 0 to 1."""
    columns = math.ceil(len(images) ** 0.5)
    side_by_side = grid(images, columns).transpose(1, 2, 0)
    height, width, _ = side_by_side.shape
    if height > width:
        raise ArgumentError("pictures of points are no higher than wide", argument="label_img")
    square = np.zeros((width, width, 3))
    square[:height] = side_by_side
    return png((square * 255).clip(0, 255).astype(np.uint8))


def info(name: str, folder: str, labelled: bool, picture: tuple[int, int] | None) -> str:
    """What the projector's own file says of one embedding; picture: width and height of each."""
    lines = [
        "embeddings {",
        f"  tensor_name: {_quoted(name)}",
        f"  tensor_path: {_quoted(f'{folder}/tensors.tsv')}",
    ]
    if labelled:
        lines.append(f"  metadata_path: {_quoted(f'{folder}/metadata.tsv')}")
    if picture is not None:
        lines += [
            "  sprite {",
            f"    image_path: {_quoted(f'{folder}/sprite.png')}",
            *[f"    single_image_dim: {size}" for size in picture],
            "  }",
        ]
    return "\n".join([*lines, "}\n"])


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPED)}"'
