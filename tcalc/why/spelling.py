"""What a program writes for the operands of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.compiler.places import locate_place
from tcalc.language.namespace import ALIASES
from tcalc.parser import nodes
from tcalc.why.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.why.kept import Record


# What binds less than an index does.
_LOOSE = (nodes.BinOp, nodes.UnaryOp, nodes.Compare, nodes.BoolOp, nodes.IfExp, nodes.Lambda)


def spelled(record: Record) -> dict[int, str]:
    """The expressions that stand for operands, by the identity of what was kept of them.

    Of a call that is part of another, as an op in a loss, they are known of operators alone.
    """
    found = None if record.place is None else locate_place(*record.place)
    if found is None or record.op is None or record.node is not None:
        return {}
    source, node = found
    if record.inside is not None and not isinstance(node, nodes.BinOp):
        return {}
    given = operands_of(node)
    if given is None:
        return {}
    positional, named = given
    texts: dict[int, str] = {}
    for at, (parameter, value) in enumerate(zip(record.op.params, record.values)):
        operand = positional[at] if at < len(positional) else named.get(parameter.name)
        if type(value) is Kept and operand is not None:
            text = " ".join(source.text[operand.start : operand.end].split())
            texts[id(value)] = f"({text})" if isinstance(operand, _LOOSE) else text
    return texts


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
