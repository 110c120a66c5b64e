"""Running again what a session has run, in a session of its own, without doing anything outside."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager, redirect_stderr, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.display.options import OPTIONS
from tcalc.files.access import settings as files
from tcalc.language.builtins import Exit
from tcalc.parser.nodes import Module
from tcalc.runtime.base.auditing import auditing
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.warning import warnings
from tcalc.runtime.call.audit import set_level
from tcalc.runtime.graph.values import mapped
from tcalc.runtime.ops.random import generator
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.types import dtypes
from tcalc.why.trace import Enough, Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcalc.parser.nodes import StmtNode
    from tcalc.session import Session

_SETTINGS = ("edgeitems", "exact", "linewidth", "precision", "sci_mode", "threshold")


class Asked(BaseException):
    """The running program has come to the call that asks why; value: what of. variables: its own."""

    def __init__(self, value: Any, variables: dict[str, Any]) -> None:
        super().__init__()
        self.value = value
        self.variables = variables


class _Nowhere(io.StringIO):
    """What is written to it is forgotten."""

    def write(self, text: str) -> int:
        return len(text)


def replay(
    session: Session, find: Callable[[Session], Any] | None, tracer: Tracer
) -> tuple[Any, dict[str, Any]]:
    """Run again all that a session ran, watched: what `find` finds in the end, and the variables.

    find: is given the session that ran; None where the running program asked, at the call that did.
    What is found is None where the tracer had enough before.
    """
    with _apart(session), redirect_stderr(_Nowhere()):
        twin = _twin(session)
        past = session.past
        twin.past.again = (len(past.ran), past.asked) if find is None else (0, 0)
        tracer.begin()
        try:
            for ran in session.past.ran:
                if ran is None:
                    twin.reset()
                    continue
                body = ran.tree.body if ran.stop is None else _before(ran.tree.body, ran.stop)
                if ran.state is not None:
                    generator.default_generator().load_bytes(ran.state)
                with suppress(Exception, Exit):  # as it ended before
                    twin.run_statements(
                        Module(ran.tree.start, ran.tree.end, body),
                        ran.source,
                        None,
                        [*ran.errors],
                        ran.goes_on,
                        _forget,
                        None,
                    )
            return None if find is None else find(twin), twin.variables
        except Asked as asked:
            return asked.value, asked.variables
        except Enough:
            return None, {}
        finally:
            tracer.end()


def _before(body: Sequence[StmtNode], stop: int) -> list[StmtNode]:
    """The statements that begin before a place."""
    return [statement for statement in body if statement.start < stop]


def _twin(session: Session) -> Session:
    """A session that begins as another did, and writes nowhere."""
    twin: Session = type(session)(
        **session.past.begun,
        base_dir=session.base_dir,
        folders=session.folders,
        allowed_files=session.allowed_files,
        write=_forget,
        flush=lambda: None,
        draw=_forget,
    )
    twin.variables.update({name: _copied(v) for name, v in session.past.given.items()})
    return twin


@contextmanager
def _apart(session: Session) -> Iterator[None]:
    """Inside, the process is as it was when a session began, and nothing is written."""
    kept = dict(vars(mode)), dtypes.default.value, warnings.shown, set(warnings.said)
    printing = {name: getattr(OPTIONS, name) for name in _SETTINGS}
    level = auditing.level
    set_level(None)
    vars(mode).update(vars(type(mode)()))
    files.dry, warnings.shown = True, False
    if session.past.begun["dtype"] is None:
        dtypes.set_default(dtypes.float32)
    try:
        with _sources_as_begun():
            yield
    finally:
        files.dry = False
        set_level(level)
        vars(mode).update(kept[0])
        dtypes.set_default(kept[1])
        warnings.shown, warnings.said = kept[2:]
        for name, value in printing.items():
            setattr(OPTIONS, name, value)


@contextmanager
def _sources_as_begun() -> Iterator[None]:
    """Inside, random numbers begin as they did at first; afterwards all is as before."""
    defaults = generator.default_generators()
    apart = {where: generator.begun(where) for where in defaults}
    others = sys.modules.get("tcalc.runtime.ops.random.sources")
    sources = [] if others is None else list(others.SOURCES)
    states = [source.state() for source in sources]
    for where, other in apart.items():
        defaults[where].exchange(other)
    for source in sources:
        source.start(source.first)
    try:
        yield
    finally:
        for where, other in apart.items():
            defaults[where].exchange(other)
        for source, state in zip(sources, states):
            source.restore(state)


def _copied(value: Any) -> Any:
    """A value whose tensors have memory of their own."""

    def one(item: Any) -> Any:
        if isinstance(item, Tensor):
            return item.detach().clone().requires_grad_(item.requires_grad)
        return item.copy() if isinstance(item, np.ndarray) else item

    return mapped(value, one)


def _forget(*_: object) -> None:
    """Nothing comes of it."""
