"""Graphs into picture files, under the rules for files."""

from __future__ import annotations

from tcalc.errors import ArgumentError
from tcalc.language.active import ACTIVE
from tcalc.language.lent import Named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def save_graph(value: Any, file: Any, names: Callable[[Any], str | None]) -> None:
    """Write the graph of a tensor to a file, whole or not at all; its name's end says how: .svg, .dot."""
    from tcalc.display.graphfiles import boxes, dot, svg
    from tcalc.runtime.tensor.tensor import Tensor

    name = file.text if isinstance(file, Named) else file
    if type(name) is not str:
        raise ArgumentError(
            f"graph(): the file's name must be a str or a Path, not {type(name).__name__}",
            argument="file",
        )
    kind = name.rpartition(".")[2].lower()
    if "." not in name or kind not in ("svg", "dot"):
        raise ArgumentError(f"{name}: a graph's name ends in .svg or .dot", argument="file")
    if not isinstance(value, Tensor):
        raise ArgumentError(
            f"graph(): a picture is of a tensor's graph, not of a {type(value).__name__}",
            argument="value",
        )
    drawn = (svg if kind == "svg" else dot)(boxes(value, names))
    with ACTIVE[-1].reach.writing(name) as out:
        out.write(drawn.encode())
