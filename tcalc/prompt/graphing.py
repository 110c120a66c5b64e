"""`:graph`: the graph of a tensor, the layers of a module, the plan of a function; or a picture of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tcalc.parser import nodes
from tcalc.prompt.command import CommandError
from tcalc.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.prompt.repl import Repl

# A name that no program can spell: what draws.
_DRAW = "draw "
_FILE = re.compile(r"(.*?\S)\s+([^\s'\"()]+\.(?:svg|dot))\Z", re.DOTALL)


def graph(repl: Repl, rest: str) -> None:
    """Draw what an expression comes to; into a file where one is named behind it."""
    if not rest:
        raise CommandError(":graph needs an expression", "for instance :graph x, :graph x out.svg")
    match = _FILE.match(rest)
    expression, file = (match[1], match[2]) if match else (rest, None)
    if file is not None:
        repl.session.allow(file)
    own = {**repl.session.variables, _DRAW: repl.session.namespace.hidden["graph"]}

    def drawing(body: Sequence[Any]) -> list[Any]:
        last = body[-1]
        if not isinstance(last, nodes.Expr):
            raise CommandError(":graph takes an expression")
        start, end = last.start, last.end
        draw, where = nodes.Name(start, end, _DRAW), nodes.Constant(start, end, file)
        return [nodes.Expr(start, end, nodes.Call(start, end, draw, [last.value, where], []), True)]

    repl.session.compiled(Source(expression, "<:graph>"), own, drawing)()
    if file is not None:
        repl.answer(f"written to {file}")
