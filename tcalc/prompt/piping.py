"""`:pipe CMD`: the last value as text, into a command of the shell.

It is typed by a person at a terminal and by nobody else: no program, no paste and no stream gets
here, and what they leave in the session is only ever data for the command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.prompt.command import CommandError

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl

# What the shell says of a command that a signal has ended, and the signal of a closed pipe.
_SIGNALLED, _PIPE = 128, 13


def pipe(repl: Repl, command: str) -> None:
    """Run a command whose standard input is the last value: bare numbers, rows with tabs."""
    if not repl.person:
        raise CommandError(
            ":pipe is for a person at a terminal", "in a shell: tcalc 'EXPR' | command"
        )
    if not command:
        raise CommandError(":pipe needs a command", "for instance :pipe sort -n | head")
    if "_" not in repl.session.variables:
        raise CommandError("there is no value yet", "type an expression first")
    import subprocess

    from tcalc.display import terse

    text = terse.text(repl.session.variables["_"], repl.output.options.digits) + "\n"
    repl.output.flush()
    # Its output is the terminal's, as is Ctrl-C.
    done = subprocess.run(["/bin/sh", "-c", command], input=text.encode(), check=False)
    status = done.returncode if done.returncode >= 0 else _SIGNALLED - done.returncode
    if status not in (0, _SIGNALLED + _PIPE):
        repl.output.tell(f"the command has ended with status {status}")
