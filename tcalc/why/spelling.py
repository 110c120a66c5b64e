"""What a program writes for the operands of a call that was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.compiler.places import locate_place
from tcalc.compiler.spelling import operands_of, text_of
from tcalc.parser import nodes
from tcalc.why.kept import Kept

if TYPE_CHECKING:
    from tcalc.why.kept import Record


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
            texts[id(value)] = text_of(operand, source)
    return texts
