"""From an error to a diagnosis: where it happened, what took part, and what to do next.

Whatever a program raises gets the same treatment, our own errors and Python's alike: the innermost
line of the program is marked, the operands are labelled with their dtypes and shapes, and the
calls that led there are listed. `excerpt` draws the result.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tcalc.diagnosis.axes import pointed
from tcalc.diagnosis.excerpt import Caller, Diagnosis, Explained, Label
from tcalc.diagnosis.operands import (
    Failure,
    Operand,
    canonical,
    describe,
    is_plain_constant,
    operands,
    spread,
    unexpected_keyword,
    value_of,
)
from tcalc.display.values import as_tensor
from tcalc.errors import (
    AutogradError,
    DtypeError,
    ParseError,
    ShapeError,
    TcalcError,
    ValueProblem,
    shortage,
    without_addresses,
)
from tcalc.help import lookups
from tcalc.help.lookups import UNKNOWN
from tcalc.language.builtins import Exit
from tcalc.parser import nodes
from tcalc.runtime.base import memory
from tcalc.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from tcalc.session import Session

# Errors that a program causes do not come out of our own code by accident as one of these.
_SLIPS = (AttributeError, NameError, AssertionError, ImportError, SystemError, KeyError)
_INNER = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_NOT_COMPARED = re.compile(r"'(\S+)' not supported between instances of '(.+)' and '(.+)'")
_GUESS = re.compile(r"(got an unexpected keyword argument '\w+')\. Did you mean '\w+'\?\Z")
_OUR_MODULES = re.compile(r"\btcalc(?:\.\w+)*\.(?=\w+\(\))")


def diagnose(error: BaseException, session: Session | None = None) -> Diagnosis:
    """What there is to say about an error.

    session: where names are looked for, to show operands and to guess what was meant.
    """
    failures = list(_failures(error))
    if isinstance(error, MemoryError) and not isinstance(error, TcalcError):
        diagnosis = Diagnosis("LimitError", _memory_message(error))
    else:
        diagnosis = Diagnosis(_kind(error), _message(error))
    if isinstance(error, TcalcError):
        diagnosis = diagnosis._replace(hint=error.hint)
    slip = _slip(error, bool(failures))
    short = shortage(error) if slip is not None or _is_of_a_library(error, failures) else None
    if short is not None:
        diagnosis = _short(short)
    elif slip is not None:
        diagnosis = _bug(error, slip)
    if isinstance(error, TcalcError) and error.source is not None and error.span is not None:
        diagnosis = diagnosis._replace(
            source=error.source, span=error.span, labels=(Label(error.span, "", True),)
        )
    elif failures:
        diagnosis = _placed(diagnosis, error, failures[-1], session)
        failures.pop()
    cause = error.__cause__
    return diagnosis._replace(
        callers=() if isinstance(error, ParseError) else _callers(failures),
        cause=None if cause is None or cause is error or short is not None else _cause(cause),
    )


def _failures(error: BaseException) -> Iterator[Failure]:
    """The places of the program that an error came through, outermost first."""
    compiler = sys.modules.get("tcalc.compiler")
    if compiler is None:
        return
    traceback = error.__traceback__
    while traceback is not None:
        frame, deeper = traceback.tb_frame, traceback.tb_next
        code, last = frame.f_code, traceback.tb_lasti
        place = compiler.locate_place(code, last)
        if _is_between(error, deeper) and (place is None or not isinstance(place[1], nodes.Call)):
            # The instruction noted is that before in the code: at the head of a loop, of another
            # statement. After a call a signal is what came during it.
            place = compiler.locate_place(code, last + 2) or place
        if place is not None:
            yield Failure(place[0], place[1], frame, deeper.tb_frame if deeper else None)
        traceback = deeper


def _is_between(error: BaseException, deeper: TracebackType | None) -> bool:
    """Whether a frame was interrupted before an instruction, and not in what one had called."""
    if isinstance(error, Exception):
        return False
    return deeper is None or (deeper.tb_next is None and getattr(error, "by_handler", False))


def _kind(error: BaseException) -> str:
    if isinstance(error, ParseError):
        return "SyntaxError"
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted"
    return type(error).__name__


def _message(error: BaseException) -> str:
    if isinstance(error, TcalcError):
        return error.message
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "stopped before it was done"
    try:
        # A class of the program's own may have a __str__ that fails, or ends the program.
        # Newer Pythons guess what was meant, as the hint does on all.
        text = _GUESS.sub(r"\1", str(error))
    except (Exception, Exit) as failure:
        return f"<its message could not be made: {type(failure).__name__}>"
    if isinstance(error, AssertionError) and not text:
        return "the assertion does not hold"
    # Python calls a function by its module, and ours are none that a program knows.
    return without_addresses(_OUR_MODULES.sub("", text))


def _memory_message(error: MemoryError) -> str:
    found = str(error).strip().rstrip(".") or "out of memory"
    return f"{found}: the limit is {memory.human(memory.current_limit())}"


# -- marks and labels -----------------------------------------------------------------------------


def _placed(
    diagnosis: Diagnosis, error: BaseException, failure: Failure, session: Session | None
) -> Diagnosis:
    """The diagnosis with its place, labels and a guess at what was meant."""
    node = failure.node
    found = operands(failure, session)
    span = _fault(error, node, found)
    labels: list[tuple[Label, object]] = [(Label(span, "", True), None)]
    notes: list[str] = []
    if isinstance(error, TcalcError):
        wanted, notes = _taking_part(error, found)
    elif isinstance(error, AssertionError):
        wanted = [
            Operand(name, None, value_of(name, failure.frame, session)) for name in _names(node)
        ]
    elif isinstance(error, Exception):
        wanted = found
    else:  # whatever ran when the signal came is not to blame
        wanted = []
    wanted = [item for operand in wanted for item in spread(operand) or [operand]]
    devices = {
        str(getattr(o.value, "device", "cpu")) for o in wanted if as_tensor(o.value) is not None
    }
    for operand in wanted:
        if operand.value is UNKNOWN or is_plain_constant(operand.node) or _is_callable(operand):
            continue
        where = Span(operand.node.start, operand.node.end)
        text = describe(operand.value, len(devices) > 1)
        if where == span:
            labels[0] = (Label(span, text, True), operand.value)
        elif all(where != label.span for label, _ in labels):
            labels.append((Label(where, text), operand.value))
    shown = pointed(labels, error.clash if isinstance(error, TcalcError) else ())
    told = _explained(error, failure, found, session)
    for source, label in told.marks:
        if source is failure.source and all(label.span != other.span for other in shown[1:]):
            shown.append(label)
        elif source is not failure.source:
            text = source.text[label.span.start : label.span.end]
            line, column = source.position(label.span.start)
            notes.append(f"{text} {label.text} ({source.name}:{line}:{column})")
    return diagnosis._replace(
        source=failure.source,
        span=span,
        labels=tuple(shown),
        hint=told.hint or _hint(error, diagnosis.hint, found, failure, session),
        notes=(*diagnosis.notes, *notes, *told.notes),
    )


def _explained(
    error: BaseException, failure: Failure, found: list[Operand], session: Session | None
) -> Explained:
    """What there is to say about gradients that cannot be had, or that are None."""
    if isinstance(error, AutogradError) or "'NoneType'" in _message(error):
        from tcalc.diagnosis.gradients import explain

        return explain(error, failure, found, session)
    return Explained()


def _hint(
    error: BaseException,
    hint: str | None,
    found: list[Operand],
    failure: Failure,
    session: Session | None,
) -> str | None:
    """What to do next: a change that was tried, what the error itself says, or a guess."""
    if not isinstance(error, Exception):
        return hint
    if isinstance(error, ShapeError | DtypeError | ValueProblem):
        from tcalc.diagnosis.repairs import repairs

        hint = repairs(error, failure, found, session) or hint
    if hint is None and isinstance(error, NameError | AttributeError | TypeError | KeyError):
        from tcalc.diagnosis.meant import guess

        hint = guess(error, found, failure, session)
    if hint is None:
        from tcalc.diagnosis.slips import advise

        hint = advise(error, found, failure, session)
    return hint


def _fault(error: BaseException, node: nodes.Node, found: list[Operand]) -> Span:
    """What to mark: the argument at fault, else the operator or the name of what was called."""
    keyword = unexpected_keyword(error, node)
    if keyword is not None:
        return Span(keyword.start, keyword.start + len(keyword.arg or ""))
    argument = error.argument if isinstance(error, TcalcError) else None
    if argument is not None:
        name = canonical(argument)
        guilty = [o for o in found if o.parameter and canonical(o.parameter) == name]
        # The tensors of a list are labelled one by one, which a mark under all would hide.
        if guilty and not any(spread(operand) for operand in guilty):
            return Span(guilty[0].node.start, guilty[-1].node.end)
    if isinstance(node, nodes.Call):
        function = node.func
        if isinstance(function, nodes.Attribute):
            return Span(function.attr_start, function.end)
        return Span(function.start, function.end)
    if isinstance(node, nodes.BinOp | nodes.AugAssign):
        return Span(*node.op_span)
    if isinstance(node, nodes.Compare):
        return _failing_pair(error, node, found)
    if isinstance(node, nodes.Subscript):
        return Span(node.slice.start, node.slice.end)
    if isinstance(node, nodes.Attribute):
        return Span(node.attr_start, node.end)
    if isinstance(node, nodes.UnaryOp):
        return Span(node.start, node.start + len(node.op))
    if isinstance(node, nodes.Assert):
        return Span(node.test.start, node.test.end)
    return Span(node.start, node.end)


def _failing_pair(error: BaseException, node: nodes.Compare, found: list[Operand]) -> Span:
    """The operator of a comparison, of a chain the first that the message can mean."""
    match = _NOT_COMPARED.match(str(error)) if isinstance(error, TypeError) else None
    for at, operator in enumerate(node.ops):
        pair = [type(operand.value).__name__ for operand in found[at : at + 2]]
        if len(node.ops) == 1 or (match is not None and [operator, *pair] == list(match.groups())):
            return Span(*node.op_spans[at])
    return Span(node.start, node.end)


def _taking_part(error: TcalcError, found: list[Operand]) -> tuple[list[Operand], list[str]]:
    """The operands to label, and notes for values that no expression of the program stands for."""
    if not error.operands:
        return found, []
    chosen: list[Operand] = []
    unseen: list[str] = []
    for at, (name, value) in enumerate(error.operands):
        same = [o for o in found if o.value is value] or [
            o for o in found if o.value is UNKNOWN and o.parameter == canonical(name)
        ]
        if not same and len(error.operands) == len(found):
            same = [o for o in found[at : at + 1] if o.value is UNKNOWN]
        if same:
            chosen += [operand._replace(value=value) for operand in same]
        else:
            unseen.append(f"{name}: {describe(value)}")
    # What a function of ours made on the way says little without the arguments it came from.
    return (found if unseen else chosen), (["; ".join(unseen)] if unseen else [])


def _names(node: nodes.Node) -> Iterator[nodes.Node]:
    """The plain and dotted names in the test of an assertion, in order."""
    if isinstance(node, nodes.Name | nodes.Attribute):
        yield node
        return
    parts = [node.test] if isinstance(node, nodes.Assert) else nodes.children(node)
    for part in parts:
        yield from _names(part)


def _is_callable(operand: Operand) -> bool:
    """Whether the value is a function or a module, of which the name says enough."""
    from types import BuiltinFunctionType, FunctionType, MethodType

    return (
        type(operand.value) in (FunctionType, MethodType, BuiltinFunctionType)
        or lookups.module_name(operand.value) is not None
    )


# -- around it ------------------------------------------------------------------------------------


def _callers(failures: list[Failure]) -> tuple[Caller, ...]:
    """The calls that led to the error, nearest first."""
    callers = []
    for failure in reversed(failures):
        name = failure.frame.f_code.co_name
        if name not in _INNER:
            node = failure.node
            inside = "" if name.startswith("<module") else name
            callers.append(Caller(failure.source, Span(node.start, node.end), inside))
    return tuple(callers)


def _cause(error: BaseException) -> Diagnosis:
    """What the error was raised from, in brief."""
    failures = list(_failures(error))
    brief = Diagnosis(_kind(error), _message(error))
    if not failures:
        return brief
    node = failures[-1].node
    return brief._replace(source=failures[-1].source, span=Span(node.start, node.end))


def _slip(error: BaseException, in_program: bool) -> TracebackType | None:
    """Where our own code failed by accident, or None if the error was raised on purpose."""
    traceback = error.__traceback__
    if isinstance(error, TcalcError) or traceback is None:
        return None
    if in_program and not isinstance(error, _SLIPS):
        return None
    if not isinstance(error, Exception) or isinstance(error, MemoryError | RecursionError):
        return None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    if in_program and "_stands_in_" in traceback.tb_frame.f_globals:
        return None
    compiler = sys.modules.get("tcalc.compiler")
    if compiler is not None and compiler.locate_place(code, traceback.tb_lasti) is not None:
        return None
    from opcode import opmap

    # An explicit `raise` of Python's error classes is meant for the program.
    raised = code.co_code[traceback.tb_lasti] == opmap["RAISE_VARARGS"]
    return traceback if not (raised and in_program) else None


def _is_of_a_library(error: BaseException, failures: list[Failure]) -> bool:
    """Whether the program called something whose library could not be loaded."""
    return type(error) is ImportError and bool(failures) and failures[-1].called is not None


def _short(reason: str) -> Diagnosis:
    """The system's own limits (`ulimit`, a container's) leave too little to work with."""
    return Diagnosis(
        "LimitError",
        f"the system gives too little to go on: {reason}",
        hint="`ulimit -a` shows what this process may have",
    )


def _bug(error: BaseException, traceback: TracebackType) -> Diagnosis:
    code = traceback.tb_frame.f_code
    place = f"{code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{traceback.tb_lineno}"
    what = f"{type(error).__name__}: {_message(error)} ({place} in {code.co_name})"
    return Diagnosis(
        "InternalError",
        f"tcalc itself failed: {what}",
        hint="this is a bug in tcalc, not in your program: please report it with these lines",
    )
