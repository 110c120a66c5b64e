"""`IPython.display`: values printed; what only a browser shows is named, as in IPython's terminal."""

from __future__ import annotations

from tcalc.language.lent import Lent, lend
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Shown(Lent):
    """What a browser would show, and a terminal names"""

    __slots__ = ()

    def __init__(self, data: Any = None, *more: Any, **options: Any) -> None:
        """data: what it is of, which is not looked at."""


def _kind(name: str) -> type[Shown]:
    made = type(name, (Shown,), {"__slots__": (), "__qualname__": name, "__doc__": Shown.__doc__})
    return made


def display(*objs: Any, **options: Any) -> None:
    """Print values as the prompt shows them"""
    effect("display")
    for value in objs:
        current().write(f"{repr_of(value)}\n")


def clear_output(wait: bool = False) -> None:
    """What a terminal shows stays"""


def set_matplotlib_formats(*formats: Any, **options: Any) -> None:
    """How a browser would show plots, which here go to the terminal"""


def members() -> dict[str, Any]:
    """What programs find in it."""
    kinds = map(_kind, "Audio HTML IFrame Image JSON Latex Markdown Math SVG Video".split())
    made = lend("IPython.display", *kinds)
    return {
        **made,
        "clear_output": clear_output,
        "display": display,
        "set_matplotlib_formats": set_matplotlib_formats,
    }
