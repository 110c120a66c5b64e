"""`:load` and `:save`: programs and data from files, and the session as a program."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tcalc.display.escape import escape
from tcalc.options import PROGRAMS
from tcalc.prompt.command import CommandError
from tcalc.prompt.variables import row_of
from tcalc.source import Source

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


def load(repl: Repl, rest: str) -> None:
    """Run a .tcalc or .py file, or bind what a data file holds to a variable."""
    name, equals, path = rest.partition("=")
    if not equals or not name.strip().isidentifier():
        name, path = "", rest
    path = _path(path, "load")
    if not os.path.isfile(path):
        raise CommandError(f"no such file: {path}")
    if path.endswith(PROGRAMS):
        repl.run_file(path)
        return
    repl.session.allow(path)
    name = name.strip() or _variable_name(path)
    # Through the language itself, so that :save writes a program that does the same.
    if repl.run(Source(f"{name} = load({path!r})", "<:load>")):
        row = row_of(name, repl.session.variables[name])
        repl.answer("  ".join(cell for cell in row if cell))


def save(repl: Repl, rest: str) -> None:
    """Write what ran without errors as a program."""
    path = _path(rest, "save")
    replace = path.startswith("! ")
    path = _path(path.removeprefix("! "), "save")
    if not path.endswith(".tcalc"):
        raise CommandError(
            f"a session is saved as a program: {path} should end in .tcalc",
            f"to save a value write save(value, {path!r})",
        )
    if not repl.kept:
        raise CommandError("nothing has run yet")
    if os.path.exists(path) and not replace and os.path.abspath(path) not in repl.saved:
        raise CommandError(f"{path} exists", f":save ! {rest} replaces it")
    write_whole(path, "\n".join([*beginning(repl), *repl.kept]) + "\n")
    repl.saved.add(os.path.abspath(path))
    count = len(repl.kept)
    repl.answer(f"{escape(path)}: {count} {'entry' if count == 1 else 'entries'}")


def beginning(repl: Repl) -> list[str]:
    """What a program has to begin with, so that what was entered gives the same values again: the
    options and bindings of the command line, and the seeds of random numbers that were drawn."""
    return [*repl.timeline.first.begun(), *repl.begun]


def write_whole(path: str, text: str) -> None:
    """Write a file entirely or not at all."""
    from tcalc.errors import FileProblem
    from tcalc.files import access

    try:
        with access.writing(os.path.realpath(path), path) as file:
            access.put(file, text.encode())
    except FileProblem as error:
        raise CommandError(error.message) from None


def _path(rest: str, command: str) -> str:
    path = rest.strip()
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        path = path[1:-1]
    if not path:
        raise CommandError(f":{command} needs a file")
    return os.path.expanduser(path)


def _variable_name(path: str) -> str:
    """A name for what a file holds.

    >>> _variable_name("data/2024-05 run.npy"), _variable_name("x.npy")
    ('_2024_05_run', 'x')
    """
    import keyword

    stem = os.path.basename(path).partition(".")[0]
    name = re.sub(r"\W+", "_", stem)
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
        name = "_" + name.lstrip("_")
    return name
