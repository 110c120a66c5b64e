"""How a figure becomes a picture: the library knows no figures, so what makes them puts its way here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable


def _no_figures(figure: object, folder: str, close: bool) -> bytes:
    raise ArgumentError(
        f"a figure is one of matplotlib.pyplot, not {type(figure).__name__}", argument="figure"
    )


class _Host:
    """picture(figure, folder, close): a figure as a PNG file; folder: where it goes; close: the figure
    is let go of then."""

    __slots__ = ("picture",)

    def __init__(self) -> None:
        self.picture: Callable[[object, str, bool], bytes] = _no_figures


host = _Host()
