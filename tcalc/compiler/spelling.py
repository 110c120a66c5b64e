"""What a program writes for the operands of a call."""

from __future__ import annotations

from tcalc.compiler.places import locate_place
from tcalc.language.namespace import ALIASES
from tcalc.parser import nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

    from tcalc.source import Source

# What binds less than an index does.
_LOOSE = (nodes.BinOp, nodes.UnaryOp, nodes.Compare, nodes.BoolOp, nodes.IfExp, nodes.Lambda)


def text_of(operand: nodes.Node, source: Source) -> str:
    """An operand as it is written, in brackets where an index or a dot could not follow it."""
    text = " ".join(source.text[operand.start : operand.end].split())
    return f"({text})" if isinstance(operand, _LOOSE) else text


def operand_texts(code: CodeType, instruction: int) -> list[str]:
    """What a program writes for the operands of a call, in order; nothing where that is not told."""
    found = locate_place(code, instruction)
    given = None if found is None else operands_of(found[1])
    if found is None or given is None:
        return []
    return [text_of(operand, found[0]) for operand in [*given[0], *given[1].values()]]


def operands_of(
    node: nodes.Node,
) -> tuple[Sequence[nodes.Node], dict[str, nodes.Node]] | None:
    """The operands of an expression in order, and by name; None where they cannot be told."""
    if isinstance(node, nodes.BinOp):
        return [node.left, node.right], {}
    if isinstance(node, nodes.AugAssign):
        return [node.target, node.value], {}
    if isinstance(node, nodes.UnaryOp):
        return [node.operand], {}
    if isinstance(node, nodes.Subscript | nodes.Attribute):
        return [node.value], {}
    if isinstance(node, nodes.Compare) and len(node.ops) == 1:
        return [node.left, *node.comparators], {}
    if not isinstance(node, nodes.Call) or any(isinstance(a, nodes.Starred) for a in node.args):
        return None
    positional: list[nodes.Node] = [*node.args]
    if isinstance(node.func, nodes.Attribute) and not _is_module(node.func.value):
        positional.insert(0, node.func.value)
    return positional, {k.arg: k.value for k in node.keywords if k.arg is not None}


def _is_module(node: nodes.Node) -> bool:
    """Whether a dotted name begins with what a module is likely to be called."""
    while isinstance(node, nodes.Attribute):
        node = node.value
    return isinstance(node, nodes.Name) and node.id in ALIASES
