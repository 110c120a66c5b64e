"""The graph behind a tensor as a picture: SVG with a layout of our own, or DOT for those who have Graphviz.

Leaves stand above, what is made of them below, each op with its source and the line that it is on.
"""

from __future__ import annotations

from html import escape as as_html
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.display.escape import escape
from tcalc.display.graph import inputs_of, outputs_of
from tcalc.runtime.base.formatting import formatter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.tensor.tensor import Tensor

_LONGEST = 48
# In points: of a letter, of a line, around the text, and between boxes.
_LETTER, _LINE, _PAD, _ACROSS, _DOWN = 7.3, 17, 9, 26, 44
_SWEEPS = 6
_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1b1f24}"
    ".s{fill:#57606a}.n{font-weight:bold}rect{fill:#f6f8fa;stroke:#8c959f}"
    ".leaf rect{fill:#dafbe1;stroke:#2da44e}.root rect{fill:#ddf4ff;stroke:#218bff}"
    "path{fill:none;stroke:#8c959f}marker path{fill:#8c959f;stroke:none}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}"
    "rect{fill:#161b22;stroke:#6e7681}.leaf rect{fill:#12261e}.root rect{fill:#121d2f}}"
)


class Box(NamedTuple):
    """An op or a leaf. kind: op, leaf or root. lines: what it is called, what it is, its source."""

    kind: str
    lines: tuple[str, ...]
    inputs: tuple[int, ...]


def boxes(tensor: Tensor, names: Callable[[Tensor], str | None]) -> list[Box]:
    """The graph of a tensor, what is made first in front; inputs by their places in the list."""
    root: Any = tensor.grad_fn
    name = names(tensor)
    if root is None:
        return [Box("leaf", (_named(name), _spec(tensor)), ())]
    order: list[Any] = []
    places: dict[int, int] = {}
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        node, done = waiting.pop()
        if id(node) in places:
            continue
        if done:
            places[id(node)] = len(order)
            order.append(node)
            continue
        waiting.append((node, True))
        waiting += [(source, False) for source, _ in reversed(inputs_of(node))]
    return [_box(node, node is root, name, names, places) for node in order]


def _box(
    node: Any, is_root: bool, name: str | None, names: Callable[[Tensor], str | None],
    places: dict[int, int],
) -> Box:  # fmt: skip
    if hasattr(node, "variable"):
        return Box("leaf", (_named(names(node.variable)), _spec(node.variable)), ())
    title = node.name() if not is_root or name is None else f"{name} = {node.name()}"
    line, source = (
        (0, "") if node.place is None else formatter.place(node.place[0], 0, node.place[1])
    )
    text = " ".join(escape(source).split())
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    lines = (escape(title), outputs_of(node), *([f"line {line}: {text}"] if text else []))
    inputs = tuple([places[id(source)] for source, _ in inputs_of(node)])
    return Box("root" if is_root else "op", lines, inputs)


def _named(name: str | None) -> str:
    return "(unnamed)" if name is None else escape(name)


def _spec(tensor: Tensor) -> str:
    return f"{tensor.dtype.name} {list(tensor.shape)}"


def dot(graph: Sequence[Box]) -> str:
    """The graph in Graphviz's language."""
    shapes = {"leaf": "box,style=filled,fillcolor=palegreen", "root": "box,style=bold", "op": "box"}
    lines = ["digraph {", '  node [fontname="monospace"];']
    for at, box in enumerate(graph):
        text = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in box.lines)
        lines.append(f'  n{at} [label="{text}",shape={shapes[box.kind]}];')
        lines += [f"  n{source} -> n{at};" for source in box.inputs]
    return "\n".join([*lines, "}", ""])


def svg(graph: Sequence[Box]) -> str:
    """The graph as a picture."""
    rows = _ordered(graph, _layers(graph))
    wide = [max(map(len, box.lines)) * _LETTER + 2 * _PAD for box in graph]
    high = [len(box.lines) * _LINE + _PAD for box in graph]
    whole = max(sum(wide[at] + _ACROSS for at in row) for row in rows)
    corners: dict[int, tuple[float, float]] = {}
    y = float(_DOWN) / 2
    for row in rows:
        x = (whole - sum(wide[at] + _ACROSS for at in row) + _ACROSS) / 2
        for at in row:
            corners[at] = (x, y)
            x += wide[at] + _ACROSS
        y += max(high[at] for at in row) + _DOWN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole:.0f}" height="{y:.0f}" '
        f'viewBox="0 0 {whole:.0f} {y:.0f}">',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    for at, box in enumerate(graph):
        x, y = corners[at]
        for source in box.inputs:
            left, top = corners[source]
            begin = (left + wide[source] / 2, top + high[source])
            end = (x + wide[at] / 2, y)
            half = (begin[1] + end[1]) / 2
            parts.append(
                f'<path marker-end="url(#to)" d="M{begin[0]:.1f} {begin[1]:.1f}'
                f'C{begin[0]:.1f} {half:.1f} {end[0]:.1f} {half:.1f} {end[0]:.1f} {end[1]:.1f}"/>'
            )
    for at, box in enumerate(graph):
        x, y = corners[at]
        texts = "".join(
            f'<text class="{"n" if not number else "s"}" x="{x + _PAD:.1f}" '
            f'y="{y + (number + 1) * _LINE - 1:.1f}" xml:space="preserve">{as_html(line)}</text>'
            for number, line in enumerate(box.lines)
        )
        parts.append(
            f'<g class="{box.kind}"><rect x="{x:.1f}" y="{y:.1f}" width="{wide[at]:.1f}" '
            f'height="{high[at]:.1f}" rx="5"/>{texts}</g>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _layers(graph: Sequence[Box]) -> list[int]:
    """How far down each box stands: below all its inputs, and leaves right above what uses them."""
    found = [0] * len(graph)
    for at, box in enumerate(graph):
        found[at] = max((found[source] + 1 for source in box.inputs), default=0)
    nearest = dict.fromkeys(range(len(graph)), len(graph))
    for at, box in enumerate(graph):
        for source in box.inputs:
            nearest[source] = min(nearest[source], found[at])
    for at, box in enumerate(graph):
        if box.kind == "leaf" and nearest[at] < len(graph):
            found[at] = nearest[at] - 1
    return found


def _ordered(graph: Sequence[Box], layers: Sequence[int]) -> list[list[int]]:
    """The boxes of each layer from left to right, near to what they are joined to."""
    rows: list[list[int]] = [[] for _ in range(max(layers) + 1)]
    for at, layer in enumerate(layers):
        rows[layer].append(at)
    joined: list[list[int]] = [list(box.inputs) for box in graph]
    for at, box in enumerate(graph):
        for source in box.inputs:
            joined[source].append(at)
    place = {at: (number + 0.5) / len(row) for row in rows for number, at in enumerate(row)}
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            row.sort(key=lambda at: sum(place[n] for n in joined[at]) / max(1, len(joined[at])))
            place.update({at: (number + 0.5) / len(row) for number, at in enumerate(row)})
    return [row for row in rows if row]
