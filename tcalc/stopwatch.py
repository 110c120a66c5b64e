"""Timing the programs of a session: their statements in a loop, with all that they leave computed.

What a turn leaves is the value of the last statement if it is an expression, or what it assigns
to. A tensor may stand for work that has yet to be done, and would be timed without it.
"""

from __future__ import annotations

from tcalc.errors import ValueProblem
from tcalc.language.classes import is_special
from tcalc.library.benchmark.timing import compute, elapsed
from tcalc.parser import nodes
from tcalc.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from tcalc.library.host import Stopwatch
    from tcalc.session import Session

# Names that no program can spell: what the loop goes over, and the helper at its end.
_TURN, _TURNS, _LEFT = "turn ", "turns ", "left "


def stopwatch(
    session: Session,
    source: Source,
    clock: Callable[[], float],
    setup: Source | None = None,
    variables: dict[str, Any] | None = None,
) -> Stopwatch:
    """A call that gives the seconds which so many turns of a program take.

    setup: runs before the turns of each call. variables: what the program finds, by default the
    session's. It assigns to none of them: what it assigns is its own.
    """
    seen = False

    def left(*values: Any) -> None:
        nonlocal seen
        seen = compute(*values) or seen

    own = {**(session.variables if variables is None else variables), _TURNS: (), _LEFT: left}
    # In a loop as well: the value of a statement at the top would be shown.
    prepare = None if setup is None else session.compiled(setup, own, _looped)
    plain = session.compiled(source, own, _looped)
    loop = session.compiled(source, own, lambda body: _looped(body, computing=True))

    def seconds(turns: int) -> float:
        nonlocal loop
        if prepare is not None:
            own[_TURNS] = range(1)
            prepare()
            compute(*own.values())  # else the first turn would do it
        own[_TURNS] = range(turns)
        took = elapsed(loop, clock)
        # Where nothing is left to compute, asking in each turn would take longer than most work.
        if turns and not seen:
            loop = plain
        return took

    return seconds


def of_text(
    session: Session, stmt: str, setup: str, variables: dict[str, Any], clock: Callable[[], float]
) -> Stopwatch:
    """The same for what a program gives as text, with variables that it names itself."""
    for name in variables:
        if type(name) is not str or not name.isidentifier() or is_special(name):
            raise ValueProblem(f"globals: {name!r} cannot name a variable", argument="globals")
    return stopwatch(session, Source(stmt, "<stmt>"), clock, Source(setup, "<setup>"), variables)


def _looped(body: Sequence[nodes.StmtNode], computing: bool = False) -> Sequence[nodes.StmtNode]:
    """`for turn in turns: …`; when computing with `left(…)` as the end of a turn."""
    if not body:
        return []
    start, end = body[0].start, body[-1].end
    inner = [*body[:-1], *(_with_left(body[-1]) if computing else body[-1:])]
    turn, turns = nodes.Name(start, end, _TURN), nodes.Name(start, end, _TURNS)
    return [nodes.For(start, end, turn, turns, inner, [])]


def _with_left(last: nodes.StmtNode) -> list[nodes.StmtNode]:
    if isinstance(last, nodes.Expr):
        return [_left([last.value], last)]
    targets: list[nodes.ExprNode] = []
    if isinstance(last, nodes.Assign):
        targets = last.targets
    elif isinstance(last, nodes.AugAssign) or (isinstance(last, nodes.AnnAssign) and last.value):
        targets = [last.target]
    names = [name for target in targets for name in _names(target)]
    return [last, _left(names, last)] if names else [last]


def _left(values: list[nodes.ExprNode], at: nodes.StmtNode) -> nodes.StmtNode:
    helper = nodes.Name(at.start, at.end, _LEFT)
    return nodes.Expr(at.start, at.end, nodes.Call(at.start, at.end, helper, values, []), True)


def _names(target: nodes.ExprNode) -> list[nodes.ExprNode]:
    """The names that a target binds, or whose values it changes."""
    if isinstance(target, nodes.Tuple | nodes.List):
        return [name for element in target.elts for name in _names(element)]
    while isinstance(target, nodes.Attribute | nodes.Subscript | nodes.Starred):
        target = target.value
    return [target] if isinstance(target, nodes.Name) else []
