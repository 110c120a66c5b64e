"""The `:` commands of the REPL: one table, a row for each."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tcalc.prompt import (
    aliases,
    explaining,
    exporting,
    graphing,
    more,
    piping,
    reasons,
    recall,
    saving,
    timing,
    variables,
)
from tcalc.prompt.command import Command, CommandError, nothing_follows
from tcalc.prompt.variables import TITLES, row_of, tensor_type

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl


def run(repl: Repl, line: str) -> None:
    """Run one `:` line. Raises CommandError."""
    word, name, rest = _parts(line)
    if name not in COMMANDS:
        from tcalc.suggest import closest

        hint = ":help lists the commands"
        functions = repl.session.namespace.spellings()
        if word in functions and not hasattr(builtins, word):
            hint = f"`{word}` is no command: what begins without `:` is evaluated, as `{word}(x)`"
        elif guess := closest(name, COMMANDS):
            hint = f"did you mean :{guess}?"
        raise CommandError(f"there is no command :{word}", hint)
    COMMANDS[name].run(repl, rest)


def waits(line: str) -> bool:
    """Whether a `:` line is a command that waits for a person."""
    name = _parts(line)[1]
    return name in COMMANDS and COMMANDS[name].waits


def _parts(line: str) -> tuple[str, str, str]:
    """The word after the colon, the command that it names, and what follows."""
    match = re.match(r":\s*(\S*)\s*(.*?)\s*\Z", line, re.DOTALL)
    assert match is not None
    return match[1], _SHORT.get(match[1], match[1]), match[2]


def from_ipython(line: str) -> str:
    """A line that is IPython's `%timeit …` as the command that does it; others as they are.

    >>> from_ipython("%timeit norm(x)"), from_ipython("%matplotlib inline")
    (':time norm(x)', '%matplotlib inline')
    """
    match = re.match(r"%%?(\w+)\s*(.*)", line, re.DOTALL)
    if match is None or match[1] not in _IPYTHONS:
        return line
    return f":{_IPYTHONS[match[1]]} {match[2]}".rstrip()


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
    if callable(value) and not isinstance(value, tensor_type()):
        reference.describe(pen, name, value)
        if full and (source := repl.session.source_of(value)) is not None:
            pen.verbatim(source)
    else:
        row = row_of(name, value)
        pen.heading(name)
        pen.table((title, cell) for title, cell in zip(TITLES[1:], row[1:]) if cell)
    repl.answer(pen.text())


def _method_of(path: list[str], repl: Repl) -> str | None:
    """`Tensor.mean` for `x.mean` of a tensor x."""
    from tcalc.help import lookups

    owner = lookups.follow(path[:-1], repl.session) if len(path) > 1 else None
    return f"Tensor.{path[-1]}" if isinstance(owner, tensor_type()) else None


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


def _reset(repl: Repl, rest: str) -> None:
    nothing_follows("reset", rest)
    repl.reset()
    repl.answer("all variables are gone")


def _quit(repl: Repl, rest: str) -> None:
    nothing_follows("quit", rest)
    repl.leaving = True


COMMANDS: dict[str, Command] = {
    "help": Command("help [NAME]", "Topics and commands, or what a name means.", _help, "name"),
    "vars": Command(
        "vars [PATTERN]",
        "The variables: type, dtype, shape, device, bytes, gradient; -s: the largest first.",
        variables.show,
    ),
    "more": Command(
        "more",
        "The last value whole, in your pager: what the window had no room for.",
        more.show,
        waits=True,
    ),
    "explain": Command(
        "explain EXPR",
        "What an expression would do, part by part, without doing it: shapes, dtypes, work, memory.",
        explaining.explain,
        "expression",
    ),
    "graph": Command(
        "graph EXPR [FILE]",
        "The ops that made a tensor, or a model's layers; of a tensor also as FILE.svg or FILE.dot.",
        graphing.graph,
        "expression",
    ),
    "time": Command(
        "time EXPR",
        "How long an expression takes: the median and the best of many runs, results computed; "
        "-n LOOPS and -r TURNS in front say how many.",
        timing.time,
        "expression",
    ),
    "bench": Command(
        "bench EXPR | EXPR",
        "Expressions side by side, in turn: how long each takes, and how that compares.",
        timing.bench,
        "expression",
    ),
    "profile": Command(
        "profile EXPR",
        "Which ops the time of an expression goes to: PyTorch's table of a profile.",
        timing.profile,
        "expression",
    ),
    "why": Command(
        "why EXPR",
        "Which call first made an element nan or infinite, or how a number came about.",
        reasons.show,
        "expression",
    ),
    "alias": Command(
        "alias EXPR",
        "What shares memory with a tensor: views, containers, gradients; strides and versions.",
        aliases.show,
        "expression",
    ),
    "load": Command(
        "load [NAME=]FILE",
        "Run a .tcalc or .py file, or bind what a data file holds.",
        saving.load,
        "file",
    ),
    "save": Command(
        "save FILE.tcalc", "Write what ran without errors as a program.", saving.save, "file"
    ),
    "undo": Command(
        "undo", "Take the last line back: variables, memory, random numbers.", recall.undo
    ),
    "redo": Command("redo", "Do again what was undone, also of a line that failed.", recall.redo),
    "history": Command(
        "history [N|PATTERN]",
        "What was entered; a pattern looks through earlier sessions too.",
        recall.history,
    ),
    "export": Command(
        "export torch [FILE.py|EXPR]",
        "The session, or a line, as a script that PyTorch runs with the same values.",
        exporting.export,
    ),
    "pipe": Command("pipe CMD", "The last value into a command of the shell.", piping.pipe),
    "reset": Command("reset", "Forget all variables.", _reset),
    "quit": Command("quit", "Leave (as does Ctrl-D).", _quit),
}

# What IPython's users type after a `%`.
_IPYTHONS = {
    "timeit": "time", "time": "time", "prun": "profile", "who": "vars", "whos": "vars",
    "history": "history", "hist": "history", "load": "load", "run": "load", "save": "save",
    "reset": "reset", "quickref": "help",
}  # fmt: skip
_SHORT = {"q": "quit", "exit": "quit", "h": "help", "?": "help", "who": "vars", "whos": "vars"}


def command_names() -> Iterable[str]:
    """The names of the commands, in the table's order."""
    return COMMANDS
