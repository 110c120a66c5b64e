"""What programs give to be drawn: as numbers, as texts that a terminal bears, as styles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tcalc.display.chart.colours import by_name, has_map
from tcalc.display.escape import escape
from tcalc.errors import ArgumentError
from tcalc.language.arrays import taken
from tcalc.runtime.base.known import is_tensor
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.objects.texts import str_of
from tcalc.runtime.types.codes import EXACT, FLOATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tcalc.display.chart.figure import Numbers

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MARKS = "ov^<>sp*hH+xXDd|_.,1234"
_LINES = ("--", "-.", "-", ":")
# What says how a series looks, and cannot be told apart in cells.
LOOKS = frozenset(
    "alpha antialiased aa dashes drawstyle ec edgecolor edgecolors facecolor facecolors fc "
    "fillstyle fontsize hatch linewidth linewidths lw markeredgecolor mec markeredgewidth mew "
    "markerfacecolor mfc markersize ms markevery rasterized s size zorder clip_on picker".split()
)


def numbers(value: Any, what: str) -> Numbers:
    """Real numbers as float64, whatever holds them: a tensor is taken off its graph and its device.

    >>> numbers([1, 2.5], "y")
    array([1. , 2.5])
    """
    if is_tensor(value):
        return _off_its_graph(value, what)
    try:
        if isinstance(value, (list, tuple)):
            found = np.asarray([numbers(v, what) if _is_many(v) else taken(v) for v in value])
        elif isinstance(value, _GONE_THROUGH):
            found = np.asarray([taken(v) for v in value])
        else:
            found = np.asarray(taken(value))
        if found.dtype.char in EXACT + FLOATS:
            return found.astype(np.float64)
    except (ValueError, TypeError):
        pass  # told below
    raise ArgumentError(f"{what}: numbers are drawn, or tensors and lists of them", argument=what)


_GONE_THROUGH: Any = (range, map, zip, type({}.keys()), type({}.values()))


def _is_many(value: Any) -> bool:
    return is_tensor(value) or isinstance(value, (list, tuple))


def _off_its_graph(tensor: Any, what: str) -> Numbers:
    if lookup("torch.is_complex")(tensor):
        raise ArgumentError(
            f"{what}: complex numbers have no place on an axis; abs and angle have", argument=what
        )
    plain = lookup("Tensor.double")(lookup("Tensor.cpu")(lookup("Tensor.detach")(tensor)))
    found: Numbers = lookup("Tensor.numpy")(plain)
    return found


def line_of(value: Any, what: str) -> Numbers:
    """Numbers in a row: of one dimension, or one alone."""
    found = numbers(value, what)
    if found.ndim > 1 and max(found.shape) == found.size:
        found = found.reshape(-1)
    if found.ndim > 1:
        raise ArgumentError(
            f"{what}: one dimension is drawn, not {list(found.shape)}", argument=what
        )
    return found.reshape(-1)


def are_texts(value: Any) -> bool:
    """Whether a value is a list of texts, as the names of bars are."""
    return isinstance(value, (list, tuple)) and bool(value) and all(type(v) is str for v in value)


def text_of(value: Any) -> str:
    """A label as it may go to a terminal; what TeX would set is left as it is written."""
    return escape(str_of(value)).replace("\t", " ")


def number(value: Any, what: str) -> float:
    """One real number."""
    found = numbers(value, what)
    if found.size != 1:
        raise ArgumentError(f"{what}: one number, not {list(found.shape)}", argument=what)
    return float(found.reshape(-1)[0])


def pair(value: Any, what: str) -> tuple[float, float]:
    """Two numbers, such as limits."""
    found = line_of(value, what)
    if found.size != 2 or not np.isfinite(found).all():
        raise ArgumentError(f"{what}: two numbers, from and to", argument=what)
    return float(found[0]), float(found[1])


def map_of(name: Any) -> str:
    """The name of a colour map."""
    name = getattr(name, "name", name) if type(name) is not str else name
    if name is None:
        return "viridis"
    if type(name) is not str or not has_map(name):
        raise ArgumentError(f"there is no colour map {str_of(name)!r}", argument="cmap",
                            hint="viridis plasma magma gray coolwarm RdBu hot jet and others are there")  # fmt: skip
    return name


def colour_of(value: Any) -> int | None:
    """Which colour of the palette a colour is: a name, `#rrggbb`, or parts from 0 to 1."""
    if value is None:
        return None
    if type(value) is str:
        found = by_name(value)
        if found is None and _is_grey(value):
            return by_name("gray")
        if found is None:
            raise ArgumentError(f"there is no colour {value!r}", argument="color",
                                hint="red green blue orange purple, C0 to C9 and #rrggbb are there")  # fmt: skip
        return found
    parts = line_of(value, "color")
    if parts.size not in (3, 4) or not ((parts >= 0) & (parts <= 1)).all():
        raise ArgumentError("color: a name, or red, green and blue from 0 to 1", argument="color")
    return by_name("#" + "".join([f"{round(255 * v):02x}" for v in parts[:3].tolist()]))


def _is_grey(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


@dataclass(slots=True)
class Style:
    """How a series looks, as far as cells can tell."""

    colour: int | None = None
    dashed: bool = False
    marked: bool = False
    joined: bool = True


def style_of(text: str | None, options: dict[str, Any], known: Sequence[str] = ()) -> Style:
    """What a format such as `r--` or `bo` and the options beside it say; takes them out of these.

    >>> style_of("r--", {}).dashed, style_of("bo", {}).joined
    (True, False)
    """
    style = Style()
    if text is not None:
        _read(text, style)
    for name in ("color", "c"):
        if name in options:
            given = options.pop(name)
            style.colour = style.colour if given is None else colour_of(given)
    for name in ("linestyle", "ls"):
        if name in options:
            kind = options.pop(name)
            style.joined = kind not in ("", " ", "none", "None", None)
            style.dashed = kind in ("--", "-.", ":", "dashed", "dotted", "dashdot")
    if "marker" in options:
        style.marked = options.pop("marker") not in (None, "", " ", "none", "None", ",")
    for name in [n for n in options if n in LOOKS]:
        del options[name]
    left = [name for name in options if name not in known]
    if left:
        raise TypeError(f"there is no property {left[0]!r} of a line here")
    return style


def _read(text: str, style: Style) -> None:
    rest, marked, lined = text, False, False
    while rest:
        for line in _LINES:
            if rest.startswith(line):
                lined, style.dashed, rest = True, line != "-", rest[len(line) :]
                break
        else:
            if rest[0] == "C" and rest[1:2].isdigit():
                style.colour, rest = by_name(rest[:2]), rest[2:]
            elif rest[0] in "bgrcmykw" and style.colour is None:
                style.colour, rest = by_name(rest[0]), rest[1:]
            elif rest[0] in _MARKS:
                marked, rest = True, rest[1:]
            else:
                found = by_name(text)
                if found is None:
                    raise ValueError(f"{text!r} is not a valid format string (unrecognized "
                                     f"character {rest[0]!r})")  # fmt: skip
                style.colour, rest = found, ""
    style.marked, style.joined = marked, lined or not marked


def image_of(value: Any) -> Numbers:
    """A picture of what a program gives: [h, w], or [h, w, 3] with parts from 0 to 1."""
    is_bytes = str(getattr(value, "dtype", "")).rpartition(".")[2] == "uint8"
    shown = numbers(value, "X")
    if shown.ndim == 3 and shown.shape[-1] == 1:
        shown = shown[..., 0]
    if shown.ndim == 3 and shown.shape[-1] in (3, 4):
        shown = (
            shown[..., :3] / 255 if is_bytes or np.nanmax(shown, initial=0) > 1 else shown[..., :3]
        )
        return np.clip(shown, 0, 1)
    if shown.ndim != 2 or not shown.size:
        raise TypeError(f"Invalid shape {shown.shape} for image data")
    return shown
