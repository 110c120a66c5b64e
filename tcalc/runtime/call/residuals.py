"""Losses that a program writes itself, as `((a - b) ** 2).mean()`: where a column is compared with a
row, each element is compared with all of the other, which is told once for each place.

It is looked for where gradients of a loss are asked for, in the graph that there is by then.
"""

from __future__ import annotations

from typing import Any

from tcalc.runtime.autograd.nodes import Node
from tcalc.runtime.base.formatting import formatter
from tcalc.runtime.base.lossparts import DIFFERENCE, SIZE, TOTAL, part_of
from tcalc.runtime.base.warning import warn


def look_at(end: Any) -> None:
    """Warn where a loss is of the differences of (n, 1) and (n,); end: of the graph, at the loss."""
    if type(end) is not Node or end.shape or part_of(end.op) != TOTAL:
        return
    size = end.edges[0]
    if type(size) is not Node or part_of(size.op) != SIZE:
        return
    made = size.edges[0]
    if type(made) is not Node or part_of(made.op) != DIFFERENCE or made.place is None:
        return
    rows = made.shape[0] if len(made.shape) == 2 else 0
    if rows < 2 or made.shape != (rows, rows):
        return
    for edge in made.edges:
        # A view was made to be stretched: all differences are wanted then.
        if type(edge) is Node and edge.op.family == "view":
            return
    edges: list[Any] = list(made.edges)
    names = formatter.operands(*made.place)
    for at, edge in enumerate(edges):
        if edge is None:
            continue
        if edge.shape not in ((rows, 1), (rows,)):
            return
        name = names[at] if at < len(names) else "an operand"
        other = f"{name}.squeeze(1)" if len(edge.shape) == 2 else f"{name}.unsqueeze(1)"
        shape = [rows] if len(edge.shape) == 2 else [rows, 1]
        warn(
            f"In a loss of differences {name} {list(edge.shape)} is stretched to {[rows, rows]}: each "
            f"element is compared with {rows}. {other} is of shape {shape}.",
            place=made.place,
        )
