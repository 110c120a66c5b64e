"""`tqdm`, `tqdm.auto` and `tqdm.notebook`: progress bars on the terminal."""

from __future__ import annotations

from tcalc.language.lent import lend
from tcalc.language.progress import tqdm, trange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    made = lend("tqdm", tqdm)
    return {**made, "trange": trange, "tqdm_notebook": tqdm, "tnrange": trange}
