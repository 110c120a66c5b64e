"""The `:` commands of the REPL: one table, and a function for each row."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from tcalc.display.escape import escape
from tcalc.options import PROGRAMS
from tcalc.runtime.objects.texts import repr_of
from tcalc.source import Source

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


class Command(NamedTuple):
    """A row: what runs it is given the REPL and what follows the name.

    completes: what kind of word follows: a name, a file, or nothing.
    """

    usage: str
    summary: str
    run: Callable[[Repl, str], None]
    completes: str = ""


class CommandError(Exception):
    """A command that cannot be done as it was given; `hint` says what can."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def run(repl: Repl, line: str) -> None:
    """Run one `:` line. Raises CommandError."""
    match = re.match(r":\s*(\S*)\s*(.*?)\s*\Z", line, re.DOTALL)
    assert match is not None
    word, rest = match[1], match[2]
    name = _SHORT.get(word, word)
    if name not in COMMANDS:
        from tcalc.suggest import closest

        guess = closest(name, COMMANDS)
        raise CommandError(
            f"there is no command :{word}",
            f"did you mean :{guess}?" if guess else ":help lists the commands",
        )
    COMMANDS[name].run(repl, rest)


def ask(repl: Repl, name: str, *, full: bool) -> None:
    """`name?` and `name??`: what a variable holds, what a function does; with `full` its source."""
    from tcalc.help import lookups, reference

    path = name.split(".")
    if path[0] not in repl.session.variables:
        _help(repl, name)
        return
    value = lookups.follow(path, repl.session)
    if value is lookups.UNKNOWN:
        qualified = _method_of(path, repl)
        text = reference.help_text(qualified, repl.width, repl.colour) if qualified else None
        if text is None:
            raise CommandError(
                f"what {name} is can only be told by evaluating it", "put it into a variable first"
            )
        repl.answer(text)
        return
    pen = reference.Pen(repl.width, repl.colour)
    if callable(value) and not isinstance(value, _tensor_type()):
        reference.describe(pen, name, value)
        if full and (source := repl.session.source_of(value)) is not None:
            pen.verbatim(source)
    else:
        row = _row(name, value)
        pen.heading(name)
        pen.table((title, cell) for title, cell in zip(_TITLES[1:], row[1:]) if cell)
    repl.answer(pen.text())


def _method_of(path: list[str], repl: Repl) -> str | None:
    """`Tensor.mean` for `x.mean` of a tensor x."""
    from tcalc.help import lookups

    owner = lookups.follow(path[:-1], repl.session) if len(path) > 1 else None
    return f"Tensor.{path[-1]}" if isinstance(owner, _tensor_type()) else None


def _tensor_type() -> type | tuple[()]:
    """The type of tensors, or a type that nothing has while no tensor can exist."""
    import sys

    module = sys.modules.get("tcalc.runtime.tensor.tensor")
    return () if module is None else module.Tensor


# -- :help ----------------------------------------------------------------------------------------


def _help(repl: Repl, name: str) -> None:
    from tcalc.help import reference

    if not name:
        pen = reference.Pen(repl.width, repl.colour)
        pen.heading("Commands")
        pen.table((f":{command.usage}", command.summary) for command in COMMANDS.values())
        repl.answer(pen.text() + "\n\n" + reference.overview(repl.width, repl.colour))
        return
    if name.startswith(":"):
        command = COMMANDS.get(_SHORT.get(name[1:], name[1:]))
        text = f":{command.usage}\n\n{command.summary}" if command is not None else None
    else:
        text = reference.help_text(name, repl.width, repl.colour)
    if text is None:
        guess = reference.suggestion(name)
        raise CommandError(
            f"nothing is called {name!r}",
            f"did you mean {guess}?" if guess else ":help lists topics and modules",
        )
    repl.answer(text)


# -- :vars ----------------------------------------------------------------------------------------

_TITLES = ("name", "type", "dtype", "shape", "device", "bytes", "grad", "value")


def _vars(repl: Repl, rest: str) -> None:
    _nothing_follows("vars", rest)
    variables = repl.session.variables
    rows = [_row(name, variables[name]) for name in sorted(variables) if name[0] != "_"]
    if not rows:
        repl.answer("no variables yet")
        return
    kept = [at for at in range(len(_TITLES)) if any(row[at] for row in rows)]
    table = [tuple(row[at] for at in kept) for row in [_TITLES, *rows]]
    wide = [max(map(len, column)) for column in zip(*table)]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, wide)).rstrip() for row in table]
    lines = [line if len(line) <= repl.width else line[: repl.width - 1] + "…" for line in lines]
    if repl.colour:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    repl.answer("\n".join(lines))


def _row(name: str, value: object) -> tuple[str, ...]:
    """The cells for a variable; nothing of it is computed."""
    kind = _type_name(value)
    if isinstance(value, _tensor_type()):
        from tcalc.runtime.tensor.tensor import Tensor

        assert isinstance(value, Tensor)
        grad = "yes" if value.requires_grad else ""
        if grad and value.is_leaf:
            grad = "leaf" if value.grad is None else "leaf, has .grad"
        return (
            name, kind, value.dtype.name, str(tuple(value.shape)), str(value.device),
            _bytes(value.nbytes), grad, "",
        )  # fmt: skip
    if type(value) in (int, float, complex, bool, str, type(None)):
        text = repr_of(value) if type(value) is not int or abs(value) < 10**40 else "..."
        # A repr has its control characters escaped already.
        return name, kind, "", "", "", "", "", _clipped(text)
    if isinstance(value, list | tuple | dict | set | frozenset):
        return name, kind, "", f"len {len(value)}", "", "", "", ""
    if callable(value):
        from tcalc.help.signatures import signature

        return name, kind, "", "", "", "", "", _clipped(signature(name, value) or "")
    return name, kind, "", "", "", "", "", ""


def _type_name(value: object) -> str:
    return str(type.__getattribute__(type(value), "__name__"))


def _clipped(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _bytes(count: int) -> str:
    from tcalc.runtime.base.memory import human

    return human(count)


# -- :time ----------------------------------------------------------------------------------------

_REPEATS = 7
# Seconds that one repeat takes at least, and after how many no further one begins.
_LEAST, _MOST = 0.05, 3.0


def _time(repl: Repl, expression: str) -> None:
    """Time a statement: as many loops as make a measurable while, several times over.

    What it leaves is computed and not shown, and what it assigns is forgotten.
    """
    if not expression:
        raise CommandError(":time needs an expression", "for instance :time randn(100) @ ones(100)")
    from tcalc.stopwatch import stopwatch

    spent = stopwatch(repl.session, Source(expression, "<:time>"), repl.clock)
    total = spent(1)  # what happens once only: generating an op's code, importing its family
    loops, seconds = 1, spent(1)
    while seconds < _LEAST:
        total += seconds
        loops = _more(loops, seconds)
        seconds = spent(loops)
    each = [seconds / loops]
    while len(each) < _REPEATS and total + sum(each) * loops < _MOST:
        each.append(spent(loops) / loops)
    each.sort()
    counted = f"{loops:,} loop{'s' if loops > 1 else ''}"
    if len(each) == 1:
        repl.answer(f"{_seconds(each[0])} ({counted})")
        return
    count, middle = len(each), max(each[len(each) // 2], 1e-12)
    spread = 50 * (each[3 * count // 4] - each[count // 4]) / middle  # half of it, in percent
    repl.answer(
        f"{_seconds(middle)} ± {spread:.0f} %, best {_seconds(each[0])} "
        f"(median of {count} × {counted})"
    )


def _more(loops: int, seconds: float) -> int:
    """The next round number of loops towards the one that takes long enough.

    >>> _more(1, 0.001), _more(10, 0.01), _more(100, 0.03)
    (10, 50, 200)
    """
    # A first guess from few loops is too rough to be followed far.
    wanted = max(loops * min(10.0, _LEAST / max(seconds, 1e-9)), loops + 1)
    size: int = 10 ** (len(str(int(wanted))) - 1)
    return next(size * step for step in (1, 2, 5, 10) if size * step >= wanted)


def _seconds(value: float) -> str:
    """A time in the unit that suits it.

    >>> _seconds(0.0000123)
    '12.3 µs'
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


# -- :profile -------------------------------------------------------------------------------------

_ROWS, _NAME_WIDTH = 12, 45


def _profile(repl: Repl, expression: str) -> None:
    """Show which ops the time of a statement goes to, once what happens at first use is past.

    What it leaves is computed and not shown, and what it assigns is forgotten.
    """
    if not expression:
        raise CommandError(
            ":profile needs an expression", "for instance :profile rand(9, 9).inverse()"
        )
    from tcalc.library.profiler.profiler import profile
    from tcalc.stopwatch import stopwatch

    spent = stopwatch(repl.session, Source(expression, "<:profile>"), repl.clock)
    spent(1)
    with profile() as prof:
        spent(1)
    table = prof.key_averages().table(
        "self_cpu_time_total", _ROWS, max_name_column_width=_NAME_WIDTH
    )
    repl.answer(table.rstrip("\n") or "no op was called")


# -- :load and :save ------------------------------------------------------------------------------


def _load(repl: Repl, rest: str) -> None:
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
        row = _row(name, repl.session.variables[name])
        repl.answer("  ".join(cell for cell in row if cell))


def _save(repl: Repl, rest: str) -> None:
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
    write_whole(path, "\n".join(repl.kept) + "\n")
    repl.saved.add(os.path.abspath(path))
    count = len(repl.kept)
    repl.answer(f"{escape(path)}: {count} {'entry' if count == 1 else 'entries'}")


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


# -- the rest -------------------------------------------------------------------------------------


def _reset(repl: Repl, rest: str) -> None:
    _nothing_follows("reset", rest)
    repl.reset()
    repl.answer("all variables are gone")


def _quit(repl: Repl, rest: str) -> None:
    _nothing_follows("quit", rest)
    repl.leaving = True


def _nothing_follows(command: str, rest: str) -> None:
    if rest:
        raise CommandError(f":{command} takes nothing more, not {rest!r}")


COMMANDS: dict[str, Command] = {
    "help": Command("help [NAME]", "Topics and commands, or what a name means.", _help, "name"),
    "vars": Command("vars", "The variables: type, dtype, shape, device, size, gradient.", _vars),
    "time": Command(
        "time EXPR",
        "How long an expression takes: the median and the best of many runs, results computed.",
        _time,
        "expression",
    ),
    "profile": Command(
        "profile EXPR",
        "Which ops the time of an expression goes to: PyTorch's table of a profile.",
        _profile,
        "expression",
    ),
    "load": Command(
        "load [NAME=]FILE",
        "Run a .tcalc or .py file, or bind what a data file holds.",
        _load,
        "file",
    ),
    "save": Command(
        "save FILE.tcalc", "Write what ran without errors as a program.", _save, "file"
    ),
    "reset": Command("reset", "Forget all variables.", _reset),
    "quit": Command("quit", "Leave (as does Ctrl-D).", _quit),
}

_SHORT = {"q": "quit", "exit": "quit", "h": "help", "?": "help", "who": "vars", "whos": "vars"}


def command_names() -> Iterable[str]:
    """The names of the commands, in the table's order."""
    return COMMANDS
