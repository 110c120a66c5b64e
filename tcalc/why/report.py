"""How an element came about, as text: what it began with, and the way from there, call by call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.compiler.places import locate_place
from tcalc.display.escape import escape
from tcalc.library.profiler.names import form_name, name_of
from tcalc.parser import nodes
from tcalc.runtime.objects.texts import repr_of
from tcalc.why.causes import kind_of
from tcalc.why.kept import Kept, lies
from tcalc.why.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.why.kept import Index, Lies, Place, Record
    from tcalc.why.trail import Origin

    Names = dict[Lies, str]

# Of a long way so many calls are shown at each end; text of a program up to so many characters.
_FIRST, _LAST, _LONGEST = 4, 6, 60
# What an index can follow without brackets around it.
_SIMPLE = re.compile(r"[\w.]+(\[[^\[\]]*\]|\([^()]*\))*")


def report(
    root: Origin, name: str, names: Names, first: Record | None = None, width: int = 80
) -> str:
    """What made a part of what is called `name`.

    names: of variables, by where their memory is. first: the first call of all that made nan, to be
    told of where the way back is too long.
    """
    lines = [*_tree(root, name if _SIMPLE.fullmatch(name) else f"({name})", names, "", "")]
    wide = max([len(left) for left, _ in lines if len(left) <= width // 2], default=0)
    shown = [_clip(f"{left.ljust(wide)}  {right}".rstrip(), width) for left, right in lines]
    return "\n".join([*_summary(root, first), "", *shown])


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


# -- in a sentence ----------------------------------------------------------------------------


def _summary(root: Origin, first: Record | None) -> list[str]:
    """Where what is not finite began; how a finite element was made."""
    lines = []
    for origin in _ends(root):
        value = origin.values.reshape(-1)[0]
        kind = kind_of(value)
        if not kind:
            continue
        if origin.own and origin.made is not None:
            record = origin.made.record
            lines.append(f"{kind} first came of {_call(origin)}, {_where(record)}")
            lines += [f"  called from {at}" for at in map(_place_text, record.callers[:2]) if at]
        elif origin.lost:
            lines.append(f"{kind} is older than what can be followed")
            if first is not None and kind == "nan":
                lines.append(f"the first nan of all came of {_called(first)}, {_where(first)}")
        elif origin.place is not None:
            lines.append(f"{_number(value)} came in at {_place_text(origin.place)}")
        elif origin.made is None:
            lines.append(f"{_number(value)} was there before anything that was run again")
    if not lines:
        made = root.made
        where = _place_text(root.place) or "something before all that was run again"
        lines = [
            f"made by {_call(root)}, {_where(made.record)}" if made else f"it came in at {where}"
        ]
    return [*dict.fromkeys(lines)]


def _ends(origin: Origin) -> Iterator[Origin]:
    """The parts at which what is not finite began, down the way."""
    while True:
        if origin.own or not origin.parts or origin.made is None:
            yield origin
            break
        origin = origin.parts[0]
    if origin.own:
        for part in origin.parts:
            is_told = part.parts or part.made is None
            if is_told and part.is_one and not part.is_finite:
                yield from _ends(part)


def _call(origin: Origin) -> str:
    """A call with the values that it was given: `sqrt(-0.25)`."""
    assert origin.made is not None
    record = origin.made.record
    told = {id(part.kept): _value(part) if part.is_one else _size(part) for part in origin.parts}
    if record.op is None:
        given = [*told.values()]
    else:
        given = []
        for p, value in zip(record.op.params, record.values):
            if type(value) is Kept:
                given += [told[id(value)]] if id(value) in told else []
            elif p.is_sequence:
                given += [told[id(v)] for v in value if id(v) in told]
            elif type(value) in (int, float, complex) and value != p.default:
                given.append(repr_of(value) if p.is_array else f"{p.name}={repr_of(value)}")
    inside = ""
    if record.node is not None:
        inside = f" in {record.node.name()}"
    elif record.inside is not None and (outer := name_of(record.inside)) is not None:
        outer = outer.rpartition(":")[2]
        inside = f" in {outer}" if outer != _called(record) else ""
    return f"{_called(record)}({', '.join(given)}){inside}" if given else _called(record)


def _where(record: Record) -> str:
    """The place of a call, and the how manyth time it ran."""
    turn = f", the {record.turn}{_ending(record.turn)} time it ran" if record.turn > 1 else ""
    return f"{_at(record, True)}{turn}"


def _ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


# -- as a tree ------------------------------------------------------------------------------------


def _tree(
    origin: Origin, name: str, names: Names, lead: str, under: str
) -> Iterator[tuple[str, str]]:
    """Lines of what a part came of: its value to the left, the call that made it to the right."""
    yield f"{lead}{_labelled(origin, name)}", _right(origin)
    skipped = 0
    while True:
        parts, labels = origin.parts, _names(origin, names)
        if len(parts) == 1 and not origin.own and kind_of(origin.values.reshape(-1)[0]):
            origin, name = parts[0], labels[0]
            skipped += 1
            left = _length(origin)
            if skipped < _FIRST or left < _LAST:
                yield f"{under}{_labelled(origin, name)}", _right(origin)
            elif left == _LAST:
                yield f"{under}… {skipped - _FIRST + 1} calls pass it on …", ""
            continue
        break
    for part, label in zip(parts, labels):
        last = part is parts[-1]
        yield from _tree(
            part,
            label,
            names,
            f"{under}{'╰─' if last else '├─'} ",
            f"{under}{'   ' if last else '│  '}",
        )


def _length(origin: Origin) -> int:
    """How many calls there are still to where it began."""
    count = 0
    while len(origin.parts) == 1 and not origin.own:
        origin = origin.parts[0]
        count += 1
    return count


def _labelled(origin: Origin, name: str) -> str:
    if not origin.kept.shape and name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    label = _clip(escape(name), 24)
    if origin.is_one:
        return f"{label}{_index(origin.first)} = {_value(origin)}"
    part = ", ".join(
        str(i) if i == j else ":" if (i, j) == (0, n - 1) else f"{i}:{j + 1}"
        for i, j, n in zip(origin.first, origin.last, origin.kept.shape)
    )
    values = origin.values.reshape(-1)
    return f"{label}[{part}] = {_number(values.min())} … {_number(values.max())}"


def _index(index: Index) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _right(origin: Origin) -> str:
    if origin.made is None:
        if origin.lost:
            return "(older than what can be followed)"
        return "" if origin.place is None else _place_text(origin.place)
    record = origin.made.record
    first = f"first {kind_of(origin.values.reshape(-1)[0])}: " if origin.own else ""
    return f"{first}{_called(record)}  {_at(record)}"


def _names(origin: Origin, names: Names) -> list[str]:
    """What the program calls the parts that an element came of, else what the call does."""
    if origin.made is None:
        return []
    texts = spelled(origin.made.record)
    return [
        texts.get(id(part.kept)) or names.get(lies(part.kept)) or part.kept.name or "operand"
        for part in origin.parts
    ]


# -- pieces -----------------------------------------------------------------------------------


def _called(record: Record) -> str:
    """What PyTorch calls an op, and its in-place form."""
    if record.op is None:
        return record.name
    if record.name.endswith("_"):
        return form_name(record.name).rpartition(":")[2]
    return (name_of(record.op) or record.op.name).rpartition(":")[2]


def _at(record: Record, column: bool = False) -> str:
    """Where a call stands in the program: in a pass back, that of which it is the gradient."""
    if record.node is not None and record.node.place is not None:
        return f"gradient of {_place_text(record.node.place, column)}"
    return _place_text(record.place, column)


def _place_text(place: Place | None, column: bool = False) -> str:
    found = None if place is None else locate_place(*place)
    if found is None:
        return ""
    source, node = found
    text = source.text[node.start : node.end]
    line, at = source.position(node.start)
    if isinstance(node, nodes.Subscript) and source.text[node.end :].lstrip().startswith("="):
        text = source.line_text(line)[at - 1 :]  # an assignment: what is written says more
    # Between the lines of a tree a file's own name will do.
    name = source.name if column else source.name.rpartition("/")[2]
    where = f"{escape(name)}:{line}" + (f":{at}" if column else "")
    return f"{where}  {_clip(escape(' '.join(text.split())), _LONGEST)}"


def _value(origin: Origin) -> str:
    return _number(origin.values.reshape(-1)[0])


def _number(value: Any) -> str:
    if isinstance(value, np.floating):
        return f"{float(value):.6g}"
    return str(value.item())


def _size(origin: Origin) -> str:
    return f"{origin.values.size} elements"
