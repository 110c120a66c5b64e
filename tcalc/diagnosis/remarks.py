"""Remarks on a terminal about a value that may not be what its reader meant."""

from __future__ import annotations

from tcalc.parser import nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tcalc.source import Source


def joined_lists(statement: nodes.Node | None, value: object, source: Source) -> str | None:
    """How to add what `+` has joined: lists of numbers, as Python does with them.

    statement: the one whose value is echoed.

    >>> from tcalc.parser import parse
    >>> from tcalc.source import Source
    >>> source = Source("[1, 2] + [3, 4]")
    >>> joined_lists(parse(source).body[0], [1, 2, 3, 4], source)
    '+ joins lists; tensor([1, 2]) + [3, 4] adds their numbers'
    """
    node = statement.value if isinstance(statement, nodes.Expr) else None
    if not isinstance(node, nodes.BinOp) or node.op != "+" or not _is_numbers(value):
        return None
    first: nodes.Node = node.left
    while isinstance(first, nodes.BinOp) and first.op == "+":
        first = first.left
    text, rest = source.text[first.start : first.end], source.text[first.end : node.end]
    example = f"tensor({text}){rest}"
    if len(example) > 60 or "\n" in example:
        example = "tensor(a) + b"
    return f"+ joins lists; {example} adds their numbers"


def _is_numbers(value: object) -> bool:
    """Whether a value is a list that holds numbers alone, nested or not."""
    if not isinstance(value, list) or not value:
        return False
    return all(type(item) in (int, float, complex) or _is_numbers(item) for item in value[:1000])
