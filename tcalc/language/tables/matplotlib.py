"""`matplotlib`: a package of which `pyplot` draws; settings say how plots look."""

from __future__ import annotations

from tcalc.language.plotting.colormaps import MAPS, Map, Style, get_cmap, parameters
from tcalc.language.plotting.pyplot import looks
from tcalc.language.plotting.shapes import Circle, Rectangle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def members() -> dict[str, Any]:
    """What programs find in it, and in `matplotlib.cm` and `matplotlib.patches`."""
    return {
        "Circle": Circle, "Colormap": Map, "Rectangle": Rectangle, "__version__": "3.10",
        "cm": MAPS, "get_cmap": get_cmap, "rc": looks("rc"), "rcParams": parameters(),
        "style": Style(), "use": looks("use"),
        **{name: getattr(MAPS, name) for name in MAPS._public_},
    }  # fmt: skip
