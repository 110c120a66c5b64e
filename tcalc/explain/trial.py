"""A program run dry in a session, in a process of its own: no output, no files written."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any

from tcalc.compiler import locate, locate_place
from tcalc.diagnosis.operands import value_of
from tcalc.errors import (
    DeviceError,
    FileProblem,
    LimitError,
    OverflowProblem,
    StateError,
    TcalcError,
    ValueProblem,
)
from tcalc.files import access
from tcalc.language.builtins import Exit
from tcalc.parser import nodes
from tcalc.runtime.transform.dry.unknown import NotKnown, Unknown
from tcalc.sandbox import wall

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.parser.nodes import Node
    from tcalc.session import Session
    from tcalc.source import Source

# What fails because of what is around a program, or of values, and not because of what it says.
_OTHERWISE = (
    OSError, FileProblem, MemoryError, LimitError, RecursionError, StateError, ValueProblem,
    OverflowProblem,
)  # fmt: skip
# How far down, and among how many, a number that is not known is looked for.
_DEEP, _MANY = 3, 1000
# What an array without contents answers with where its values are asked for.
_BY_VALUE = (DeviceError,)


class Outcome:
    """What came of a run: an error that must come, or why nobody knows how it goes on; else it ended.

    place: where that was.
    """

    __slots__ = ("error", "place", "why")

    def __init__(self, raised: BaseException | None) -> None:
        self.error: Exception | None = None
        self.why: str | None = None
        self.place: tuple[Source, Node] | None = None
        if raised is None or isinstance(raised, Exit):
            return
        places = locate(raised.__traceback__)
        self.place = places[-1][:2] if places else None
        if isinstance(raised, NotKnown):
            self.why = str(raised)
        elif isinstance(raised, _BY_VALUE):
            self.why = "this depends on values"
        elif isinstance(raised, _OTHERWISE) or not isinstance(raised, Exception):
            self.why = f"this may fail: {raised}"
        elif not places and not isinstance(raised, TcalcError):
            self.why = f"this cannot be followed ({type(raised).__name__})"
        elif _meets_unknown(raised):
            self.why = "a number here depends on values"
        else:
            self.error = raised


def _meets_unknown(raised: BaseException) -> bool:
    """Whether what failed worked on a number that is not known, which not all code takes for one."""
    traceback: Any = raised.__traceback__
    found: tuple[Any, nodes.Node] | None = None
    while traceback is not None:
        place = locate_place(traceback.tb_frame.f_code, traceback.tb_lasti)
        found = found if place is None else (traceback.tb_frame, place[1])
        traceback = traceback.tb_next
    if found is None:
        return False
    frame, node = found
    waiting: list[nodes.Node] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (nodes.Name, nodes.Attribute)) and _holds_unknown(
            value_of(part, frame)
        ):
            return True
        waiting += nodes.children(part)
    return False


def _holds_unknown(value: Any, depth: int = _DEEP) -> bool:
    if type(value) is Unknown:
        return True
    if not depth:
        return False
    if isinstance(value, dict):
        value = list(dict.values(value))
    elif not isinstance(value, (list, tuple, set, frozenset)):
        return False
    return any(_holds_unknown(v, depth - 1) for v in islice(iter(value), _MANY))


def silent(session: Session) -> None:
    """Let what the session's programs print, ask for and save come to nothing."""
    around = session.around
    around._write = around._flush = lambda *_: None
    around._draw = lambda *_: None
    around.read_line = _asked
    known = session.files

    def load(f: Any, **options: Any) -> Any:
        """What a file holds, of which headers alone are read where that is enough."""
        try:
            return known_load(f, **{**options, "mmap": True})
        except TcalcError:
            return known_load(f, **options)

    known_load = known["load"]
    known.update({"load": load, "save": _nothing, "save program": _nothing})
    access.settings.dry = True
    # Behind the wall nothing can be written, whatever asks for it.
    wall.enclose((), (), shown=[os.getcwd(), *filter(None, [session.base_dir])])


def _asked() -> str:
    raise NotKnown("what the input says is not known")


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of what writes files."""


def run(work: Callable[[], None]) -> Outcome:
    """Do something, and tell what came of it."""
    try:
        work()
    except BaseException as raised:  # whatever a program raises
        return Outcome(raised)
    return Outcome(None)
