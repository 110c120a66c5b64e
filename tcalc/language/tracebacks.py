"""Errors as text, with the places in programs that they went through."""

from __future__ import annotations

from tcalc.errors import without_addresses
from tcalc.runtime.base.formatting import formatter
from tcalc.runtime.base.programs import is_program
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HEAD = "Traceback (most recent call last):\n"
_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def last(error: BaseException) -> str:
    """What an error's text ends with: its class, and what it says."""
    said = without_addresses(str_of(error))
    name = type(error).__name__
    return f"{name}: {said}\n" if said else f"{name}\n"


def frames(traceback: TracebackType | None) -> list[str]:
    """The places in programs that a traceback goes through, the innermost last."""
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_program(code):
            line, source = formatter.place(code, traceback.tb_lineno, traceback.tb_lasti)
            where = f'  File "{code.co_filename}", line {line}, in {code.co_name}\n'
            found.append(where + (f"    {source}\n" if source else ""))
        traceback = traceback.tb_next
    return found


def lines(error: BaseException, limit: int | None = None, chain: bool = True) -> Iterator[str]:
    """An error's text; limit: of how many places, from the outermost or, below 0, the innermost on."""
    before: list[tuple[BaseException, str]] = []
    seen = {id(error)}
    at: BaseException | None = error
    while chain and at is not None:
        cause, context = at.__cause__, at.__context__
        link = _CONTEXT if cause is None else _CAUSE
        # What was handled where no program was is none of its business.
        hidden = at.__suppress_context__ or context is None or not frames(context.__traceback__)
        at = cause or (None if hidden else context)
        if at is None or id(at) in seen:
            break
        seen.add(id(at))
        before.append((at, link))
    for earlier, link in reversed(before):
        yield from _alone(earlier, limit)
        yield link
    yield from _alone(error, limit)


def _alone(error: BaseException, limit: int | None) -> Iterator[str]:
    places = frames(error.__traceback__)
    if limit is not None:
        places = places[:limit] if limit >= 0 else places[limit:]
    if places:
        yield _HEAD
        yield from places
    yield last(error)
