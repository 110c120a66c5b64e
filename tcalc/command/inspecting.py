"""`tcalc FILE` and `tcalc inspect`: what data files hold, one after the other."""

from __future__ import annotations

import os
from shlex import quote
from typing import TYPE_CHECKING

from tcalc.command import summaries
from tcalc.command.run import FAILED, FINE, USAGE
from tcalc.command.setup import columns_of
from tcalc.command.summaries import Row, Summary
from tcalc.errors import MissingFile
from tcalc.files.collapse import Group, collapsed
from tcalc.files.formats import is_known
from tcalc.files.looking import STANDARD_INPUT, looking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.command.output import Output
    from tcalc.command.world import World
    from tcalc.files import Entry
    from tcalc.files.looking import Looked
    from tcalc.files.streaming import Table


def inspect(paths: Sequence[str], output: Output, world: World) -> int:
    """Tell of each file in turn; the status is the worst that happened."""
    columns = columns_of(output.options)
    status, told = FINE, 0
    for path in paths:
        if path not in STANDARD_INPUT and os.path.isdir(path):
            output.tell(f"tcalc: is a folder: {path}")
            status = USAGE
            continue
        try:
            with looking(path, world.stdin.buffer) as looked:
                summary = _summary(looked, columns, output)
        except MissingFile:
            output.tell(f"tcalc: no such file: {path}")
            there = paths[0] in STANDARD_INPUT or os.path.isfile(paths[0])
            if there and path != paths[0] and not is_known(path):
                hint = f"-v x={quote(paths[0])} {quote(path)} evaluates an expression on a file's numbers"
                output.tell(f"  hint: {hint}")
            status = USAGE
            continue
        except Exception as error:  # the next file is looked at all the same
            output.error(error)
            status = max(status, FAILED)
            continue
        if output.mode.startswith("json"):
            output.say(summaries.as_json(summary))
        else:
            named = len(paths) > 1 or output.on_terminal
            output.say(("\n" if told else "") + summaries.text(summary, named, output))
        told += 1
    return status


def _summary(looked: Looked, columns: object, output: Output) -> Summary:
    table = looked.table()
    stats = output.options.stats
    if not stats:
        entries = looked.entries(columns)
        return Summary(looked, _rows(entries, _groups(entries, table, output)), table, False)
    from tcalc.command.measuring import measured

    held = looked.held(columns)
    groups = _groups([entry for one in held for entry in one.entries], table, output)
    found = measured(held, {at: n for n, group in enumerate(groups) for at in group.members})
    entries = [entry for one in held for entry in one.entries]
    rows = _rows(entries, groups)
    return Summary(
        looked, [row._replace(found=found.get(n)) for n, row in enumerate(rows)], table, True
    )


def _groups(entries: Sequence[Entry], table: Table | None, output: Output) -> list[Group]:
    """Which arrays are told of together: those of people's lists, unless they are columns."""
    if output.mode == "terminal" and table is None:
        return collapsed(entries)
    return [Group(entry.name, [at]) for at, entry in enumerate(entries)]


def _rows(entries: Sequence[Entry], groups: Sequence[Group]) -> list[Row]:
    return [Row(group.name, entries[group.members[0]], len(group.members)) for group in groups]
