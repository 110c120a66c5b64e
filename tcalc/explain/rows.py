"""Steps and their calls as rows: a text, what it comes to, and what there is to say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.compiler import locate_place
from tcalc.display.escape import escape
from tcalc.explain.steps import in_few
from tcalc.runtime.base.memory import human

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcalc.explain.steps import Step
    from tcalc.runtime.transform.dry.notes import Note, Place
    from tcalc.source import Source

_LONGEST = 60
_UNITS = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_SCALARS = 8


class Row(NamedTuple):
    """A line of the tree. remarks: what there is to say. key: of rows that are one where they repeat."""

    label: str
    value: str
    remarks: tuple[str, ...]
    parts: list[Row]
    key: object = None


class Total(NamedTuple):
    """What all calls come to. uncounted: the ops whose operations nobody counts."""

    flops: int
    read: int
    written: int
    uncounted: tuple[str, ...]


def total(notes: Sequence[Note]) -> Total:
    """The sums over calls."""
    uncounted = dict.fromkeys(n.within or n.name for n in notes if n.flops is None)
    return Total(
        sum(n.flops or 0 for n in notes),
        sum(n.read for n in notes),
        sum(n.written for n in notes),
        tuple(uncounted),
    )


def count(number: int, what: str = "FLOPs") -> str:
    """A number of operations in few figures.

    >>> count(2 * 10**12), count(24), count(1500)
    ('2 TFLOPs', '24 FLOPs', '1.5 kFLOPs')
    """
    for size, letter in _UNITS:
        if number >= size:
            return f"{number / size:.3g} {letter}{what}"
    return f"{number} {what}"


def row_of(step: Step, source: Source) -> Row:
    """The row of a step, with its parts, and the calls that it led to below them."""
    parts = [row_of(part, source) for part in step.parts]
    own, inside = _divided(step.notes)
    below, alone = inside, False
    if len(own) == 1 and not inside:
        alone = True
    else:
        below = [*own, *inside]
    remarks = list(own[0].remarks) if alone else []
    if not step.notes and step.made > 8 * _SCALARS:
        remarks.append(human(step.made))
    if step.times > 1:
        remarks.append(f"{step.times} times")
    return Row(_text(source, step.node), step.value or "", tuple(remarks), [*parts, *below])


def _divided(notes: Sequence[Note]) -> tuple[list[Row], list[Row]]:
    """The rows of calls made by an expression itself, and those made in functions that it calls."""
    own: list[Row] = []
    inside: list[Row] = []
    for group in _groups(notes):
        chain = _chain(group[0].places)
        if not chain:
            _add(own, _call_row(group, None))
            continue
        rows = inside
        for text, key in chain[:-1]:
            rows = _add(rows, Row(text, "", (), [], key)).parts
        _add(rows, _call_row(group, chain[-1]))
    return own, inside


def _groups(notes: Sequence[Note]) -> Iterable[list[Note]]:
    """Calls in turn; those that one composite op made at one place together."""
    group: list[Note] = []
    for n in notes:
        if group and n.within and (n.within, n.places) == (group[-1].within, group[-1].places):
            group.append(n)
            continue
        if group:
            yield group
        group = [n]
    if group:
        yield group


def _chain(places: Sequence[Place]) -> list[tuple[str, object]]:
    """The texts of the calls that led to an op in functions of the program, outermost first."""
    top = [code for code, *_ in places if code.co_name == "<module>"]
    own = top[0].co_filename if top else None  # an expression's lambdas are of the same listing
    found: list[tuple[str, object]] = []
    for code, _, instruction in places:
        if code.co_name == "<module>":
            break
        place = locate_place(code, instruction)
        if place is not None and code.co_filename is not own:
            found.append((_text(*place), (code, instruction)))
    return found[::-1]


def _add(rows: list[Row], row: Row) -> Row:
    """A row among others; one that is there already, with its count, where a loop brings it again."""
    for at, there in enumerate(rows):
        if there.key is not None and there.key == row.key and there.value == row.value:
            times = 1
            remarks = list(there.remarks)
            if remarks and remarks[-1].endswith(" times"):
                times = int(remarks.pop().split()[0])
            if not row.parts and row.value:
                rows[at] = there._replace(remarks=(*remarks, f"{times + 1} times"))
            return rows[at]
    rows.append(row)
    return row


def _call_row(group: Sequence[Note], chained: tuple[str, object] | None) -> Row:
    last = group[-1]
    value = in_few(list(map(str, last.outs)))
    name = last.within or last.name
    label, key = chained if chained is not None else (f"· {name}", (name, last.places[:1]))
    return Row(label, value, tuple(_remarks(group)), [], key)


def _remarks(group: Sequence[Note]) -> Iterable[str]:
    """What there is to say of the calls that one op comes to."""
    for n in group:
        if n.promoted is not None:
            yield n.promoted
        if n.broadcast is not None:
            shapes = " with ".join(str(list(s.shape)) for s in n.operands if hasattr(s, "shape"))
            yield f"broadcasts {shapes}"
    if all(n.view for n in group):
        yield "view"
    elif any(n.copies for n in group) and all(n.copies or n.view for n in group):
        yield "copy"
    if any(n.waits for n in group):
        yield "deferred, fused"
    flops = sum(n.flops or 0 for n in group)
    written = sum(n.written for n in group)
    if flops > _SCALARS or written > 8 * _SCALARS:
        work = [count(flops)] if flops else []
        yield ", ".join([*work, human(written)] if written else work)


def _text(source: Source, node: Any) -> str:
    text = " ".join(escape(source.text[node.start : node.end]).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
