"""The sub-commands that answer a question and run no program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tcalc.command.output import Output
from tcalc.command.run import FAILED, FINE, SYNTAX
from tcalc.command.setup import read_program
from tcalc.command.tables import Column, table
from tcalc.options import UsageError
from tcalc.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.parser.nodes import StmtNode


def check(paths: Sequence[str], output: Output) -> int:
    """Report every syntax error in programs, and of those that have none what must fail in a run:
    names, shapes, dtypes. Status 3 for errors of syntax, else 1 for others."""
    from tcalc.errors import ParseError
    from tcalc.parser import parse_all

    syntax = fails = False
    for path in paths:
        try:
            source = read_program(path)
            tree, errors = parse_all(source)
        except ParseError as not_text:
            source, errors = not_text.source or Source("", path), [not_text]
        output.begin(source)
        for error in errors:
            output.error(error)
        if errors:
            syntax = True
        elif _fails(source, tree.body, output):
            fails = True
    return SYNTAX if syntax else FAILED if fails else FINE


def _fails(source: Source, body: Sequence[StmtNode], output: Output) -> bool:
    """Report what must fail when a program runs; whether something must."""
    from tcalc.command.setup import make_session
    from tcalc.explain.check import check

    session = make_session(output.options, output, os.path.dirname(source.name) or ".")
    session.runs_file(source.name, body)
    found = check(session, source, keep_going=output.options.keep_going)
    for diagnosis in found.errors:
        if diagnosis.source is source and diagnosis.span is not None:
            output.line = source.line_of(diagnosis.span.start)
        output.report(diagnosis)
    if found.unchecked is not None:
        why, span = found.unchecked
        place = source.name if span is None else f"{source.name}:{source.line_of(span.start)}"
        output.remark(f"{place}: not checked from here on: {why}")
    return bool(found.errors)


def help(name: str | None, output: Output) -> int:
    """What is known of a name, or where to begin."""
    from tcalc.help import reference

    if name is None:
        output.say(reference.overview(output.width, output.colour).rstrip("\n") + "\n")
        return FINE
    text = reference.help_text(name, output.width, output.colour)
    if text is None:
        guess = reference.suggestion(name)
        raise UsageError(
            f"there is no help on {name!r}",
            f"did you mean {guess}?" if guess else "tcalc help lists the topics",
        )
    output.say(text.rstrip("\n") + "\n")
    return FINE


def ops(pattern: str | None, output: Output) -> int:
    """Every function there is, by its full name, with its first line, dtypes and gradient; or those like a
    pattern."""
    from tcalc.help import reference

    found = reference.listing(pattern or "")
    if not found:
        guess = reference.suggestion(pattern or "")
        raise UsageError(
            f"no function is like {pattern!r}", f"did you mean {guess}?" if guess else None
        )
    output.say(
        table(
            [
                Column("name", part="code"),
                Column("what it does", prose=True),
                Column("dtypes", rank=2),
                Column("gradient", rank=1),
            ],
            found,
            output,
            headings=False,
        )
    )
    return FINE


def devices(output: Output) -> int:
    """The devices that tensors can be on, what each has, and what shuts programs in."""
    from tcalc.runtime.base import memory
    from tcalc.sandbox import wall

    cores, left = os.cpu_count() or 1, memory.human(memory.available())
    rows = [("cpu", f"{cores} cores, {left} of {memory.human(memory.total())} free")]
    rows += _cuda_devices()
    rows.append(("meta", "shapes and dtypes only"))
    rows.append(("sandbox", ", ".join(text for _, text in wall.parts())))
    output.say(table([Column("device"), Column("what it has")], rows, output, headings=False))
    return FINE


def _cuda_devices() -> list[tuple[str, str]]:
    from tcalc.runtime.base import memory

    try:
        import cupy
    except ImportError:
        return [("cuda", "none: CuPy is not installed (pip install 'tcalc[cuda]')")]
    except Exception as error:  # an installation can be broken in many ways
        return [("cuda", f"none: CuPy does not load ({error})".partition("\n")[0])]
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except Exception as error:  # CuPy's own types exist only where CuPy does
        return [("cuda", f"none: {error}")]
    rows = []
    for index in range(count):
        name = runtime.getDeviceProperties(index)["name"].decode()
        with cupy.cuda.Device(index):
            free, total = runtime.memGetInfo()
        rows.append(
            (f"cuda:{index}", f"{name}, {memory.human(free)} of {memory.human(total)} free")
        )
    return rows
