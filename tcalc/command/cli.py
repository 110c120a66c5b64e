"""The typer app: what the sub-commands are called, what they take, and the text of --help.

Options have been matched by `options.parse` before typer is asked, so that `-4+3` can be an
expression; typer shows them (from the same table) and dispatches the sub-commands.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from inspect import Parameter, Signature
from io import StringIO
from typing import TYPE_CHECKING, Annotated

import typer

from tcalc.command import queries
from tcalc.command.output import Output
from tcalc.options import OPTIONS, Options

if TYPE_CHECKING:
    from tcalc.command.world import World

_HELP = """A tensor calculator: PyTorch's names and numbers at the shell.

\b
tcalc                      a prompt; or runs standard input where it is no terminal
tcalc 'EXPR' ['EXPR' ...]  evaluates expressions: tcalc 'norm([3, 4])'
tcalc FILE [ARG ...]       runs a program: a file that ends in .tcalc or .py or holds a /
tcalc FILE.csv|npy|pt|…    sums up what a data file holds

Options stand before or after the expressions, each an argument of its own. Any other argument
that begins with one - is an expression (-4+3); what follows -- is never an option.
"""

_EPILOG = "tcalc help tells about the language; tcalc help NAME about a function."

app = typer.Typer(
    name="tcalc",
    help=_HELP,
    epilog=_EPILOG,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(options: Options, output: Output, world: World) -> int:
    """Do what a sub-command asks for, or show help; gives the exit status."""
    arguments = [options.command] if options.command not in ("", "eval") else []
    arguments += ["--help"] if options.help else ["--", *options.words]
    written = StringIO()  # typer writes its help to standard output itself
    with redirect_stdout(written):
        status = app(
            arguments, prog_name="tcalc", standalone_mode=False, obj=(options, output, world)
        )
    if written.getvalue():
        output.say(written.getvalue())
    return status if isinstance(status, int) else 0


def _describe_options(**_: object) -> None:
    """Stands for the options that every command takes."""


# typer reads the options to show from a signature, which mypy does not know of.
_describe_options.__signature__ = Signature(  # type: ignore[attr-defined]  # as said
    [
        Parameter(
            option.field if option.field != "output" else str(option.value).replace("-", "_"),
            Parameter.KEYWORD_ONLY,
            default=typer.Option(
                None, option.flag, metavar=option.metavar or None, help=option.help
            )
            if option.read
            else typer.Option(False, option.flag, help=option.help),
            annotation=str | None if option.read else bool,
        )
        for option in OPTIONS
        if option.field != "help"
    ]
)
app.callback()(_describe_options)

Files = Annotated[list[str], typer.Argument(metavar="FILE")]


# Of these four typer is asked for the help alone: what they do is done without it.
@app.command()
def run(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE")],
    args: Annotated[list[str] | None, typer.Argument(metavar="ARG")] = None,
) -> None:
    """Run a program; args holds what follows its name."""


@app.command()
def repl(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="FILE")] = None,
) -> None:
    """Start a prompt, after running a file if one is named."""


@app.command()
def inspect(context: typer.Context, files: Files) -> None:
    """Say what data files hold, from their headers: names, dtypes and shapes.

    With --stats also blanks, least, mean and greatest, as tcalc FILE does. Standard input is -.
    """


@app.command()
def diff(
    context: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A")],
    b: Annotated[str, typer.Argument(metavar="B")],
) -> None:
    """Compare what two data files hold, array by array; they may be of two formats.

    Exit status 0 where they hold the same, 1 where they differ, 2 for trouble.
    """


@app.command()
def help(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
) -> int:
    """Tell about a function, a class, a module or a topic."""
    return queries.help(name, context.obj[1])


@app.command()
def ops(
    context: typer.Context,
    pattern: Annotated[str | None, typer.Argument(metavar="PATTERN")] = None,
) -> int:
    """List every function, or those whose names hold PATTERN (or are like it: '*norm')."""
    return queries.ops(pattern, context.obj[1])


@app.command()
def devices(context: typer.Context) -> int:
    """List the devices that tensors can be on, and what this system has to shut programs in."""
    return queries.devices(context.obj[1])


@app.command()
def check(context: typer.Context, files: Files) -> int:
    """Report what must fail in programs, without running them: syntax, names, shapes, dtypes."""
    return queries.check(files, context.obj[1])
