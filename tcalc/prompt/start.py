"""Starting a conversation: the session, whoever is spoken with, and the limits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tcalc.command import limits
from tcalc.command.output import Output
from tcalc.command.setup import bindings_of, configure, make_session, read_program, settle, show_on
from tcalc.config import folder
from tcalc.errors import ParseError
from tcalc.options import UsageError
from tcalc.prompt.more import Pager
from tcalc.prompt.repl import Repl, converse, listen
from tcalc.session import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tcalc.command.world import World
    from tcalc.options import Options
    from tcalc.prompt.asking import Heard
    from tcalc.prompt.repl import Entry


def start(options: Options, world: World) -> int:
    """Talk with whoever is at the prompt, or answer a stream, and give the exit status.

    On a terminal that is 0; from a stream 0 if everything ran, otherwise what the first error
    asks for (1 an error, 3 a syntax error, 124 timed out), since nobody was there to mend it.
    UsageError for a file in options.words that is not there.
    """
    if options.sandbox == "require":
        raise UsageError(
            "--sandbox require: at the prompt, where people type for themselves, it is down",
            "tcalc FILE runs a program behind it",
        )
    if options.save_to is not None:
        raise UsageError("-o saves the last value of a program, and a prompt has none")
    problems = configure(options, world)
    output = Output(options, world.stdout, world.stderr, world.environ)
    output.rest = ":more shows the rest"
    interactive = world.stdin.isatty() and output.on_terminal
    heard = _asked(output, world) if interactive else None
    for problem in problems:
        output.error(problem)
    bound = bindings_of(options)
    limits.bound_memory(options.max_memory)
    session = make_session(options, output)
    settle()
    try:
        repl = Repl(
            session, output, timeout=options.timeout, busy=_watched(output, options.timeout)
        )
        for binding in bound:
            for error in binding.errors:
                raise error
            binding.bind(session, world)
        repl.begun = [*_settings(options), *[text for b in bound for text in b.statements]]
        for path in options.words:
            repl.run_file(path)
        repl.timeline.forget()
        if interactive:
            repl.person, repl.pager = True, Pager(world)
            if options.config and not options.tour:
                begin_as_ever(repl, world.environ)
        if options.tour:
            from tcalc.prompt.tour import tour

            return tour(repl, _terminal(repl, world, heard) if interactive else None)
        if interactive:
            converse(repl, _terminal(repl, world, heard), greet=not options.quiet)
        else:
            listen(repl, world.stdin)
    except Exit as error:
        return error.status
    if repl.requested is not None:
        return repl.requested
    return 0 if interactive else repl.failed


def _settings(options: Options) -> list[str]:
    """The options that values depend on, as statements."""
    lines = []
    if options.device is not None:
        lines.append(f"set_default_device({options.device!r})")
    if options.dtype is not None:
        lines.append(f"set_default_dtype({options.dtype})")
    if options.seed is not None:
        lines.append(f"manual_seed({options.seed})")
    return lines


def begin_as_ever(repl: Repl, environ: Mapping[str, str]) -> None:
    """Run the user's `init.tcalc`, where there is one; what fails in it ends nothing."""
    path = os.path.join(folder(environ), "init.tcalc")
    if os.path.isfile(path):
        try:
            repl.run(read_program(path))
        except (UsageError, ParseError) as error:  # it cannot be read, or is no text
            repl.output.tell(f"tcalc: {error.message}")


def _watched(output: Output, timeout: float | None) -> Callable[[bool], None]:
    if timeout is None or not hasattr(os, "fork"):
        return lambda busy: None
    from tcalc.prompt.guard import watched

    # What is still in a buffer would be written by both.
    output.flush()
    return watched(
        timeout,
        lambda: output.tell(
            f"timed out after {timeout:g} s inside one call that cannot be stopped: "
            "the session has ended"
        ),
    )


def _asked(output: Output, world: World) -> Heard | None:
    """Ask the terminal what it is, where that matters and it can be expected to answer."""
    from tcalc.config import settings

    matters = output.colour and "auto" in (settings.theme, settings.pictures)
    if not matters or os.name != "posix":
        return None
    from tcalc.prompt.asking import ask

    heard = ask(world.stdin, world.stdout, world.environ)
    output.answers = heard.answers
    if heard.answers.background:
        show_on(heard.answers.background, world.environ)
    return heard


def _terminal(repl: Repl, world: World, heard: Heard | None) -> Callable[[], Entry]:
    """The editor on this terminal, with its history; plain lines on one that has no cursor."""
    from tcalc.prompt import plain

    if plain.is_dumb(world.environ):
        return lambda: plain.read_plainly(world.stdin, repl.output.say, repl.prompt)
    from tcalc.config import settings
    from tcalc.prompt.completion import complete
    from tcalc.prompt.editor import Editor
    from tcalc.prompt.hints import hints
    from tcalc.prompt.history import PrivateHistory, history_path

    history = PrivateHistory(history_path(os.environ))
    if history.failed:
        repl.output.tell(f"history is not kept: {history.path}: {history.failed}")
    repl.earlier = history.load_history_strings
    editor = Editor(
        lambda text, cursor: complete(text, cursor, repl.session),
        history,
        prompt=lambda: repl.prompt,
        tell=lambda text, cursor, width: hints(repl.session, text, cursor, width),
        at_stake=lambda: _at_stake(repl),
        vi=settings.keys == "vi",
        colour=repl.output.colour,
    )
    if heard is not None:
        from tcalc.prompt.asking import hand_on

        hand_on(heard, editor.session.app.input)
    return editor.read


def _at_stake(repl: Repl) -> str:
    """What is gone when the conversation ends."""
    count = sum(not name.startswith("_") for name in repl.session.variables)
    return f"{count} variable{'s' * (count > 1)}" if count else ""
