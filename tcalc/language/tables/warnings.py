"""`warnings`: shown on standard error, or not."""

from __future__ import annotations

import sys

from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.warning import warnings
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class catch_warnings:
    """A context after which warnings are shown as they were before"""

    def __init__(self, *, record: bool = False) -> None:
        self._before = True

    def __enter__(self) -> None:
        effect("catch_warnings")
        self._before = warnings.shown

    def __exit__(self, *_: object) -> None:
        warnings.shown = self._before


def warn(message: Any, category: Any = None, stacklevel: int = 1) -> None:
    """Show a warning"""
    effect("warn")
    if warnings.shown:
        if isinstance(message, Warning):
            category = type(message)
        elif category is None:
            category = UserWarning
        if not (isinstance(category, type) and issubclass(category, Warning)):
            raise TypeError("category must be a Warning subclass")
        text = str_of(message)
        if sys.stderr.isatty():
            from tcalc.display.escape import escape

            text = escape(text)
        warnings.show(text, category)


def simplefilter(action: str, *args: Any, **kwargs: Any) -> None:
    """Show warnings or, for "ignore", not"""
    effect("simplefilter")
    warnings.shown = action != "ignore"
    warnings.said.clear()


def filterwarnings(action: str, *args: Any, **kwargs: Any) -> None:
    """Show warnings or, for "ignore", not"""
    simplefilter(action)


def members() -> dict[str, Any]:
    """What programs find in it."""
    made = (warn, simplefilter, filterwarnings, catch_warnings)
    return {value.__name__: value for value in made}
