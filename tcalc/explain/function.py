"""The function `explain` of programs: its argument is not evaluated."""

from __future__ import annotations

import sys

from tcalc.errors import StateError
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.session import Session

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def make_explain(session: Session, width: Callable[[], int]) -> Callable[[Any], None]:
    """The `explain` of a session. width: of what it writes to."""

    def told(_: object, depth: int) -> None:
        effect("explain")
        from tcalc.compiler import locate_place
        from tcalc.explain.expression import explain
        from tcalc.parser import nodes

        frame: Any = sys._getframe(depth)
        found = locate_place(frame.f_code, frame.f_lasti)
        if found is None or not isinstance(found[1], nodes.Call) or len(found[1].args) != 1:
            raise TypeError("explain() takes the expression itself: explain(A @ B)")
        source, node = found[0], found[1]
        (expression,) = node.args
        body = [nodes.Expr(expression.start, expression.end, expression, False)]
        own = {**frame.f_globals, **frame.f_locals}
        try:
            made = explain(session, source, width(), body=body, variables=own)
        except PermissionError:
            raise StateError(
                "explain() takes a process of its own, which the system's wall around programs refuses",
                hint="use `tcalc --sandbox off FILE`, or :explain at the prompt",
            ) from None
        session.around.write(made.text + "\n")

    def function(expression: Any, /) -> None:
        """Print what an expression would do, part by part, without doing it: shapes, dtypes and why,
        views and copies, operations, bytes, and memory.

        >>> explain(ones(1000, 1000) @ ones(1000, 1))
        """
        told(expression, 2)

    shown: Any = function
    shown.__name__ = shown.__qualname__ = "explain"
    # The argument stays as it was written.
    shown.__delayed__ = lambda thunk: told(thunk, 3)
    return function
