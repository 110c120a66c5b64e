"""The entry point. Programs take a short path that imports neither typer nor rich.

Nothing is imported here before it is known to be needed: a start that only prints the version or
adds two numbers pays for what it uses.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tcalc.command.world import World
    from tcalc.options import Options

# What runs programs; "" is no argument at all.
_PROGRAMS = ("", "eval", "run")
# What looks at data files.
_FILES = ("inspect", "diff")


def main(argv: Sequence[str] | None = None, world: World | None = None) -> int:
    """Run one command line and give its exit status.

    argv: the arguments without the program's name, by default the process's own; then the process
    ends here, without the interpreter's slow taking-down of what is loaded. world: the streams.
    """
    if argv is not None:
        return _guarded(argv, world)
    import gc
    import os
    import warnings

    from tcalc.command.world import process_world

    # What is allocated while modules load stays; looking through it for garbage is lost time.
    gc.disable()
    # Python's own remarks name places in our code and in none of the program's.
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    sys.meta_path.insert(0, _Unread())
    # CPython keeps frames in pieces of 16 KB, and a call across the end of the last one gets and
    # gives back another from the system: as slow as several ops. Below a frame that asks for so
    # many slots there is room for all but deep recursion.
    _roomy.__code__ = _roomy.__code__.replace(co_stacksize=1 << 15)
    try:
        status = _roomy(sys.argv[1:], world or process_world(ours=True))
    except BaseException as error:  # even the message could not be made
        status = 1
        _last_words(error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 1  # what is still in a buffer is lost
    os._exit(status)


class _Unread:
    """Finds empty modules in place of NumPy's texts on its C types.

    To put them in takes a tenth of NumPy's start, and here nobody is shown them.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if name.startswith("numpy._core._add_newdocs"):
            # ModuleSpec, which importlib.machinery, not imported yet, has under its name.
            return type(sys.__spec__)(name, self)  # type: ignore[arg-type]  # a loader by its methods
        return None

    def create_module(self, spec: object) -> None:
        """As Python does."""

    def exec_module(self, module: object) -> None:
        """Nothing."""


def _guarded(argv: Sequence[str], world: World | None) -> int:
    """The status of a run, whatever happens: no traceback ever reaches the user."""
    from tcalc.command.world import OutputFailed, process_world, tell

    world = world or process_world()
    try:
        return _dispatch(argv, world)
    except OutputFailed as error:
        tell(world.stderr, f"tcalc: cannot write to standard output: {error}")
        return 1
    except KeyboardInterrupt:
        tell(world.stderr, "Interrupted")
        return 130
    except Exception as error:  # nothing ends in a traceback
        return _refuse(error, world)


def _last_words(error: BaseException) -> None:
    """Say what ends the process, with hardly any memory and no file that could be opened."""
    import os

    try:
        from tcalc.errors import shortage

        reason = shortage(error) or f"{type(error).__name__}: {error}"
        os.write(2, f"tcalc: the system does not let it go on: {reason}\n".encode())
    except BaseException:  # even that could not be said
        os.write(2, b"tcalc: the system does not let it go on\n")


def _roomy(argv: Sequence[str], world: World | None) -> int:
    return _guarded(argv, world)


def _dispatch(argv: Sequence[str], world: World) -> int:
    from tcalc.options import parse

    options = parse(argv)
    if options.version and not options.help:
        from tcalc import __version__
        from tcalc.command.world import put

        put(world.stdout, f"tcalc {__version__}\n")
        return 0
    if options.completions is not None and not options.help:
        from tcalc.command.completing import script
        from tcalc.command.world import put

        put(world.stdout, script(options.completions))
        return 0
    if not options.command and not options.help and (options.tour or world.stdin.isatty()):
        options.command = "repl"
    if options.command != "repl":
        _die_with_the_pipe(world)
    if options.command == "repl" and not options.help:
        from tcalc.prompt.start import start

        return start(options, world)
    if options.command in _PROGRAMS and not options.help:
        from tcalc.command.run import run

        return run(options, world)
    if options.command in _FILES and not options.help:
        from tcalc.command.looking import look

        return look(options, world)
    return _ask_typer(options, world)


def _ask_typer(options: Options, world: World) -> int:
    from tcalc.command import cli
    from tcalc.command.output import Output

    output = Output(options, world.stdout, world.stderr, world.environ)
    return cli.main(options, output, world)


def _die_with_the_pipe(world: World) -> None:
    """When nobody reads standard output any more, end as cat does, by the signal."""
    if world.stdout is sys.stdout:
        from tcalc.command.limits import end_with_pipes

        end_with_pipes()


def _refuse(error: Exception, world: World) -> int:
    """A wrong command line, or a failure of our own that nothing below has caught."""
    from tcalc.command.world import tell
    from tcalc.options import UsageError

    if isinstance(error, UsageError):
        hint = f"\n  = hint: {error.hint}" if error.hint else ""
        tell(world.stderr, f"tcalc: {error.message}{hint}")
        return 2
    from tcalc.diagnosis.diagnostics import diagnose
    from tcalc.diagnosis.excerpt import render

    tell(world.stderr, render(diagnose(error)))
    return 3 if isinstance(error, SyntaxError) else 1


if __name__ == "__main__":
    main()
