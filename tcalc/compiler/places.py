"""From a traceback or a code object back to the source.

A code object's file name is a `Listing`: text to Python, and to us the source with the nodes that
the position labels number. So a code object carries its places with it, and nothing is registered.
"""

from __future__ import annotations

import sys
from types import FunctionType

from tcalc.errors import ParseError
from tcalc.language.classes import body_of
from tcalc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType

    from tcalc.parser.nodes import Call, Node
    from tcalc.runtime.autograd.nodes import Node as GraphNode
    from tcalc.source import Source


class Listing(str):
    """The source of compiled code and, by label, the nodes that its instructions came from."""

    source: Source
    nodes: list[Node]


def listing(source: Source, nodes: list[Node]) -> Listing:
    """A file name that knows its source and nodes."""
    made = Listing(source.name)
    made.source, made.nodes = source, nodes
    return made


def too_deep(source: Source, node: Node) -> ParseError:
    """The error for a statement that Python's compiler cannot go down into."""
    return ParseError(
        "an expression here is nested too deeply, or a chain of operators is too long",
        source,
        Span(node.start, node.end),
        hint="give parts of it a name, or use sum()",
    )


def locate_place(code: CodeType, lasti: int) -> tuple[Source, Node] | None:
    """The source and the node of an instruction; None if the code is not a program's.

    lasti: the offset of the instruction in bytes, as in `f_lasti` and `tb_lasti`.
    """
    where = code.co_filename
    if type(where) is not Listing:
        return None
    wanted = lasti // 2
    if wanted >= 0:
        for number, position in enumerate(code.co_positions()):
            if number == wanted:
                column = position[2]
                if column is not None and column < len(where.nodes):
                    return where.source, where.nodes[column]
                break
    return None


def line_and_text(code: CodeType, line: int, instruction: int) -> tuple[int, str]:
    """The line of a program that code was at, and the expression there."""
    found = locate_place(code, instruction)
    if found is None:
        return line, ""
    source, node = found
    return source.line_of(node.start), " ".join(source.text[node.start : node.end].split())


def text_at(place: tuple[CodeType, int, int]) -> str | None:
    """The expression of a program at a place of a plan, or None."""
    return line_and_text(*place)[1] or None


def text_of_node(node: GraphNode) -> str | None:
    """The expression of a program that made a node of the graph, or None."""
    place = locate_place(*node.place) if node.place is not None else None
    return place[0].text[place[1].start : place[1].end] if place is not None else None


def call_of(function: object, name: str) -> tuple[Source, Call] | None:
    """The call of a function that a program is in the middle of, in its source.

    name: what it is called where no variable of the program's has that name. None where something
    else calls it for the program, as `map` does.
    """
    from tcalc.parser.nodes import Call, Name

    frame: FrameType | None = sys._getframe(1)
    while frame is not None and type(frame.f_code.co_filename) is not Listing:
        frame = frame.f_back
    found = None if frame is None else locate_place(frame.f_code, frame.f_lasti)
    if frame is None or found is None or not isinstance(found[1], Call):
        return None
    called = found[1].func
    if not isinstance(called, Name):
        return None
    own = {**frame.f_globals, **frame.f_locals}
    is_called = own[called.id] is function if called.id in own else called.id == name
    return (found[0], found[1]) if is_called else None


def locate(traceback: TracebackType | None) -> list[tuple[Source, Node, CodeType]]:
    """The places in programs that a traceback goes through, the innermost last."""
    found: list[tuple[Source, Node, CodeType]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        place = locate_place(code, traceback.tb_lasti)
        if place is not None:
            found.append((*place, code))
        traceback = traceback.tb_next
    return found


def source_of(value: object) -> str | None:
    """The text that defined a function or a class of a program, or None for anything else."""
    found = definition_of(value)
    return None if found is None else found[0].text[found[1].start : found[1].end]


def definition_of(value: object) -> tuple[Source, Node] | None:
    """The node that defined a function or a class of a program, in its source; or None."""
    from tcalc.parser import nodes

    kinds: tuple[type, ...] = (nodes.FunctionDef, nodes.Lambda)
    if isinstance(value, type):
        function: object = body_of(value)
        kinds = (nodes.ClassDef,)
    else:
        function = getattr(value, "__func__", value)
    code = function.__code__ if type(function) is FunctionType else None
    if code is None or type(code.co_filename) is not Listing:
        return None
    where = code.co_filename
    # A place inside tells which of several of the same name; else it is the last.
    labels = [column for *_, column, _ in code.co_positions() if column]
    inside = where.nodes[labels[0]].start if labels else None
    best: Node | None = None
    for node in where.nodes:
        if not isinstance(node, kinds) or getattr(node, "name", "<lambda>") != code.co_name:
            continue
        if (inside is None or node.start <= inside <= node.end) and (
            best is None or node.start > best.start
        ):
            best = node
    return None if best is None else (where.source, best)
