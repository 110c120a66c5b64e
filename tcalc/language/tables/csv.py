"""`csv`: rows of text fields with separators. `load` reads tables of numbers."""

from __future__ import annotations

import csv

from tcalc.language import csvs
from tcalc.language.classes import NAMED
from tcalc.language.modules import stands_in
from tcalc.runtime.objects.lists import List

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def list_dialects() -> List:
    """The names of the dialects"""
    return List(csvs.DIALECTS)


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(csv)
    NAMED.add(csv.Error)
    quoting = {name: value for name, value in vars(csv).items() if name.startswith("QUOTE_")}
    return {**csvs.CLASSES, **quoting, "Error": csv.Error, "list_dialects": list_dialects}
