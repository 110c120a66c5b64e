"""`tcalc diff A B`: how two data files differ, for people, for pipes and as JSON."""

from __future__ import annotations

import math
import os
from json import dumps
from typing import TYPE_CHECKING, Any

from tcalc.command.setup import columns_of
from tcalc.command.tables import Column, table
from tcalc.command.world import OutputFailed
from tcalc.files.collapse import pattern
from tcalc.files.comparing import Difference, Side, compare
from tcalc.files.looking import STANDARD_INPUT, looking
from tcalc.options import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.command.output import Output
    from tcalc.command.world import World
    from tcalc.files import Entry
    from tcalc.files.differences import Counts, Place

SAME, DIFFERS, TROUBLE = 0, 1, 2


def diff(a: str, b: str, output: Output, world: World) -> int:
    """Tell how two files differ; 0 where they do not, 1 where they do, 2 where that is not known."""
    columns = columns_of(output.options)
    if a in STANDARD_INPUT and b in STANDARD_INPUT:
        raise UsageError("standard input can be read once, not as both files")
    for path in (a, b):
        if path not in STANDARD_INPUT and not os.path.isfile(path):
            what = "is a folder" if os.path.isdir(path) else "no such file"
            if not os.path.exists(path) or os.path.isdir(path):
                raise UsageError(f"{what}: {path}")
    try:
        with looking(a, world.stdin.buffer) as left, looking(b, world.stdin.buffer) as right:
            options = output.options
            x, y = (Side(one.held(columns, exact=True), one.form.is_text) for one in (left, right))
            found = list(compare(x, y, options.rtol, options.atol))
    except Exception as error:  # of the files, which are anybody's
        output.error(error)
        return TROUBLE
    try:
        _tell(found, output)
        output.flush()
    except OutputFailed as error:  # which is no difference
        output.tell(f"tcalc: cannot write to standard output: {error}")
        return TROUBLE
    return DIFFERS if any(one.what for one in found) else SAME


def _tell(found: Sequence[Difference], output: Output) -> None:
    if output.mode.startswith("json"):
        output.say("".join(dumps(_record(one), separators=(",", ":")) + "\n" for one in found))
        return
    apart = [one for one in found if one.what]
    if output.on_terminal:
        if apart:
            rows = [_row(one, alike) for one, alike in _together(apart)]
            output.say(table(_PEOPLE, rows, output, headings=True))
        output.say(_summary(found, apart) + "\n")
    elif apart:
        output.say(table(_TOOLS, [_fields(one) for one in apart], output, headings=True))


# -- people -----------------------------------------------------------------------------------------

_PEOPLE = (
    Column("name", fills=False),
    Column("differs in"),
    Column("elements", True),
    Column("apart", True),
    Column("at"),
    Column("A", True),
    Column("B", True),
    Column("relative", True, rank=1),
)


def _together(apart: Sequence[Difference]) -> list[tuple[Difference, int]]:
    """The differences, those alike that have no numbers as one with how many they are."""
    found: dict[object, list[Difference]] = {}
    for number, one in enumerate(apart):
        kinds = [entry and entry[1:] for entry in (one.a, one.b)]
        is_bare = one.counts is None or not one.counts.differ
        key = (pattern(one.name), one.what, *kinds) if is_bare else number
        found.setdefault(key, []).append(one)
    return [
        (group[0]._replace(name=pattern(group[0].name)) if len(group) > 1 else group[0], len(group))
        for group in found.values()
    ]


def _row(one: Difference, alike: int) -> list[str]:
    counts = one.counts
    if counts is None or not counts.differ:
        what = f"{_what(one)}, {alike:,} arrays" if alike > 1 else _what(one)
        return [one.name, what, "", "", "", "", "", ""]
    shown = counts.absolute or counts.first
    assert shown is not None
    elements = f"{counts.differ:,} of {counts.of:,}"
    relative = f"{counts.relative.difference:.3g}" if counts.relative else ""
    return [
        one.name,
        _what(one),
        elements,
        f"{counts.absolute.difference:.4g}" if counts.absolute else "",
        str(list(shown.at)),
        _short(shown.a),
        _short(shown.b),
        relative,
    ]


def _what(one: Difference) -> str:
    """What two arrays differ in, with what they are where that is it."""
    said = []
    for what in one.what:
        if what == "shape":
            said.append(f"{_shape(one.a)} and {_shape(one.b)}")
        elif what == "dtype":
            assert one.a is not None and one.b is not None
            said.append(f"{one.a.dtype} and {one.b.dtype}")
        elif what == "values" and one.counts is not None and one.counts.nan:
            said.append(f"values, {one.counts.nan:,} nan")
        else:
            said.append(what)
    return "; ".join(said)


def _summary(found: Sequence[Difference], apart: Sequence[Difference]) -> str:
    same = len(found) - len(apart)
    if not apart:
        within = [p.difference for one in found if one.counts and (p := one.counts.absolute)]
        most = f"; numbers are up to {max(within):.4g} apart" if within else ""
        return f"{_arrays(same)} the same{most}"
    return f"{_arrays(len(apart))} differ{'s' * (len(apart) == 1)}, {same:,} the same"


def _arrays(count: int) -> str:
    return f"{count:,} array{'s' * (count != 1)}"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    return value if isinstance(value, str) else f"{value}"


def _shape(entry: Entry | None) -> str:
    return "" if entry is None else str(list(entry.shape))


# -- tools ------------------------------------------------------------------------------------------

_TOOLS = tuple(
    map(
        Column,
        ("name", "what", "differ", "of", "absolute", "at", "a", "b", "relative", "relative at"),
    )
)


def _fields(one: Difference) -> list[str]:
    counts = one.counts
    cells = [one.name, ", ".join(one.what)]
    if counts is None or not counts.differ:
        kinds = [f"{entry.dtype} {list(entry.shape)}" if entry else "" for entry in (one.a, one.b)]
        return [*cells, "", "", "", "", *kinds, "", ""]
    shown = counts.absolute or counts.first
    assert shown is not None
    most = counts.relative
    relative = [repr(most.difference), str(list(most.at))] if most else ["", ""]
    return [
        *cells,
        str(counts.differ),
        str(counts.of),
        repr(counts.absolute.difference) if counts.absolute else "nan" if counts.nan else "",
        str(list(shown.at)),
        str(shown.a),
        str(shown.b),
        *relative,
    ]


# -- JSON -------------------------------------------------------------------------------------------


def _record(one: Difference) -> dict[str, Any]:
    record: dict[str, Any] = {"type": "difference", "name": one.name, "same": not one.what}
    record["what"] = list(one.what)
    for key, entry in (("a", one.a), ("b", one.b)):
        record[key] = entry and {"dtype": entry.dtype, "shape": list(entry.shape)}
    return record | (_counted(one.counts) if one.counts is not None else {})


def _counted(counts: Counts) -> dict[str, Any]:
    places = {"absolute": counts.absolute, "relative": counts.relative, "first": counts.first}
    return {
        "differ": counts.differ,
        "of": counts.of,
        "nan": counts.nan,
        **{name: place and _place(place) for name, place in places.items()},
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "difference": _number(place.difference),
        "at": list(place.at),
        "a": _number(place.a),
        "b": _number(place.b),
    }


def _number(value: Any) -> Any:
    """A number as JSON has it: what it lacks as a string, a complex one as a pair."""
    if isinstance(value, complex):
        return [_number(value.real), _number(value.imag)]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
