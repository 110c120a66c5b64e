"""Colour maps and settings under matplotlib's names."""

from __future__ import annotations

import numpy as np

from tcalc.display.chart.colours import coloured
from tcalc.language.lent import Lent
from tcalc.language.plotting.values import map_of, numbers
from tcalc.runtime.base.registry import silent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_NAMES = """
    viridis plasma magma inferno cividis turbo gray bone binary Greys Blues Greens Oranges Purples
    Reds YlOrRd YlGnBu GnBu YlGn PuBu coolwarm bwr seismic RdBu RdGy RdYlBu RdYlGn PiYG PRGn BrBG
    PuOr Spectral jet rainbow hsv hot cool spring summer autumn winter copper pink twilight tab10
    Set1 Set2 Paired Accent
"""


class Map(Lent):
    """A colour map: called with numbers from 0 to 1 it gives their colours"""

    __module__ = "matplotlib.colors"

    __slots__ = ("name",)
    _public_ = frozenset({"name"})

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, X: Any, alpha: Any = None, bytes: bool = False) -> Any:
        values = numbers(X, "X")
        colours = coloured(values, self.name) / 255
        full = np.concatenate([colours, np.ones((*values.shape, 1))], -1)
        return full if values.ndim else tuple(full.tolist())

    def __repr__(self) -> str:
        return f"<colour map {self.name}>"


class Maps(Lent):
    """The colour maps by their names"""

    __module__ = "matplotlib.colors"

    __slots__ = ()
    _public_ = frozenset(f"{name}{end}" for name in _NAMES.split() for end in ("", "_r")) | {
        "get_cmap"
    }

    def __getattr__(self, name: str) -> Any:
        if name in self._public_:
            return get_cmap if name == "get_cmap" else Map(name)
        raise AttributeError(name)


def get_cmap(name: Any = None, lut: Any = None) -> Map:
    """The colour map of a name"""
    return Map(map_of(name))


MAPS = Maps()


class Style(Lent):
    """`plt.style`: how plots look, which cells do not show"""

    __module__ = "matplotlib.colors"

    __slots__ = ()
    _public_ = frozenset({"available", "context", "use"})
    available = ()

    @silent
    def use(self, style: Any) -> None:
        """How plots look"""

    def context(self, style: Any, after_reset: Any = False) -> Any:
        """How plots look in a block"""
        from tcalc.language.contexts import nullcontext

        return nullcontext()


def parameters() -> dict[str, Any]:
    """A dict for settings, which say how plots look"""
    return {"figure.figsize": (6.4, 4.8), "figure.dpi": 100.0, "font.size": 10.0}
