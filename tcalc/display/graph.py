"""The graph behind a tensor as text: each recorded op, where it was written, and the leaves.

    ● MeanBackward0  float32 []                 mean((x + 2) * w)
    ● MulBackward0  float32 [2, 2]              (x + 2) * w
    ├─● AddBackward0  float32 [2, 2]            x + 2
    │ ○ x  float32 [2, 2]  leaf, requires grad
    ╰─○ w  float32 [2, 2]  leaf, requires grad

An op's inputs follow below it: the only one straight under it, several on branches of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.display.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tcalc.runtime.autograd.nodes import Node
    from tcalc.runtime.tensor.tensor import Tensor

_LONGEST_SOURCE = 60
_WIDEST = 72  # a line of the drawing longer than this does not push all sources to the right
# How the names of what has such a mark look.
_LOOKS = {"○": "value", "●": "strong"}


def text(
    tensor: Tensor,
    names: Callable[[Tensor], str | None],
    source_of: Callable[[Node], str | None],
    colour: bool = False,
) -> str:
    """Draw the graph from a tensor back to its leaves, each shared part once.

    names: the variable that holds a tensor; source_of: the expression that made a node; either
    gives None where it does not know. colour: with ANSI escapes.
    """
    root: Any = tensor.grad_fn
    if root is None:
        what = "leaf, requires grad" if tensor.requires_grad else "does not require grad: no graph"
        return _leaf(tensor, names, what).drawn(0, colour)
    name = names(tensor)
    lines = _draw(root, names, source_of)
    if name is not None:
        lines[0].label = f"{escape(name)} = {lines[0].label}"
    padded = max((line.width for line in lines if line.width <= _WIDEST), default=0)
    return "\n".join(line.drawn(padded, colour) for line in lines)


class _Line:
    """One line of the drawing: branches, mark, label, what it is, and the source text."""

    __slots__ = ("about", "label", "lead", "mark", "source")

    def __init__(self, mark: str, label: str, about: str, source: str = "") -> None:
        self.lead = ""
        self.mark = mark
        self.label = label
        self.about = about
        self.source = source

    @property
    def width(self) -> int:
        return len(self.lead) + len(self.mark) + len(self.label) + len(self.about) + 3

    def drawn(self, padded: int, colour: bool) -> str:
        gap = " " * max(0, padded - self.width)
        if not colour:
            left = f"{self.lead}{self.mark} {self.label}  {self.about}{gap}"
            return f"{left}  {self.source}".rstrip()
        from tcalc.theme import paint

        label = paint(self.label, _LOOKS.get(self.mark, "faint"))
        left = f"{paint(self.lead, 'faint')}{self.mark} {label}"
        return f"{left}  {paint(self.about, 'faint')}{gap}  {self.source}".rstrip()


def _draw(
    root: Any, names: Callable[[Tensor], str | None], source_of: Callable[[Node], str | None]
) -> list[_Line]:
    shared = _shared(root)
    numbers: dict[int, str] = {}
    count = 0
    lines: list[_Line] = []
    # (node, times it is an input, what stands left of its mark, and left of what is below it)
    waiting: list[tuple[Any, int, str, str]] = [(root, 1, "", "")]
    while waiting:
        node, times, lead, below = waiting.pop()
        again = id(node) in numbers
        line = _line(node, again, names, source_of)
        if not again:
            # Leaves are told apart by their names; ops that come again get a number.
            if id(node) in shared and line.mark == "●":
                count += 1
                numbers[id(node)] = f" #{count}"
            else:
                numbers[id(node)] = ""
            inputs = inputs_of(node)
            last = len(inputs) - 1
            for at in range(last, -1, -1):
                source, uses = inputs[at]
                if not last:
                    branch, under = below, below
                elif at < last:
                    branch, under = f"{below}├─", f"{below}│ "
                else:
                    branch, under = f"{below}╰─", f"{below}  "
                waiting.append((source, uses, branch, under))
        line.label += numbers[id(node)]
        if times > 1:
            line.about = f"{line.about}  ×{times}".strip()
        line.lead = lead
        lines.append(line)
    return lines


def _line(
    node: Any,
    again: bool,
    names: Callable[[Tensor], str | None],
    source_of: Callable[[Node], str | None],
) -> _Line:
    if hasattr(node, "variable"):
        line = _leaf(node.variable, names, "leaf, requires grad")
    else:
        source = " ".join(escape(source_of(node) or "").split())
        if len(source) > _LONGEST_SOURCE:
            source = source[: _LONGEST_SOURCE - 1] + "…"
        line = _Line("●", node.name(), outputs_of(node), source)
    if again:
        return _Line("↑", line.label, "(above)")
    return line


def _leaf(tensor: Tensor, names: Callable[[Tensor], str | None], what: str) -> _Line:
    name = names(tensor)
    about = f"{tensor.dtype.name} {list(tensor.shape)}  {what}"
    return _Line("○", "(unnamed)" if name is None else escape(name), about)


def outputs_of(node: Any) -> str:
    """The dtype and shape of what the node's op gave; several outputs are separated by commas."""
    if isinstance(node.dtype, tuple):
        return ", ".join(_spec(*pair) for pair in zip(node.dtype, node.shape))
    return _spec(node.dtype, node.shape)


def _spec(dtype: Any, shape: Iterable[int]) -> str:
    return f"{getattr(dtype, 'name', dtype)} {list(shape)}"


def inputs_of(node: Any) -> Sequence[tuple[Any, int]]:
    """The nodes behind a node, each once, and how many of its inputs come from it."""
    counted: dict[int, tuple[Any, int]] = {}
    for source, _ in node.next_functions:
        if source is not None:
            counted[id(source)] = (source, counted.get(id(source), (source, 0))[1] + 1)
    return list(counted.values())


def _shared(root: Any) -> set[int]:
    """The ids of nodes that are an input of more than one."""
    seen, shared, waiting = {id(root)}, set(), [root]
    while waiting:
        for source, _ in inputs_of(waiting.pop()):
            if id(source) in seen:
                shared.add(id(source))
            else:
                seen.add(id(source))
                waiting.append(source)
    return shared
