"""`why(x[3, 7])`, the function of programs: how an element came about."""

from __future__ import annotations

from tcalc.compiler.places import call_of
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.session import Session


def make_why(session: Session) -> Callable[[Any], None]:
    """The function `why` of a session."""

    def why(value: Any) -> None:
        """Print which call first made an element nan or infinite, or how a number came about.

        value: a tensor; of several elements the first that is nan or infinite is asked of. All that
        the session ran up to here runs once more, watched; nothing is written or shown meanwhile.
        """
        effect("why")
        past = session.past
        past.asked += 1
        if past.again is not None:
            from tcalc.why.replay import Asked

            if past.again == (len(past.ran), past.asked):
                raise Asked(value, session.variables)
            return
        from tcalc.why.ask import answer

        call = call_of(why, "why")
        name = "value"
        if call is not None and len(call[1].args) == 1:
            argument = call[1].args[0]
            name = " ".join(call[0].text[argument.start : argument.end].split())
        session.around.write(answer(session, value, name, None) + "\n")

    why.__qualname__ = "why"
    return why
