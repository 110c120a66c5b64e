"""What runs, conversations and queries begin with: a program's text, a session, the wall."""

from __future__ import annotations

import gc
import os

from tcalc.errors import TcalcError
from tcalc.options import UsageError
from tcalc.source import Source, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcalc.command.bindings import Binding
    from tcalc.command.output import Output
    from tcalc.command.world import World
    from tcalc.options import Options
    from tcalc.runtime.base.progress import Task
    from tcalc.session import Session


def configure(options: Options, world: World) -> Sequence[Exception]:
    """Take over the user's settings where a terminal shows what comes; gives what is wrong in them.

    What the command line says counts for more.
    """
    if not world.stdout.isatty():
        return ()
    from tcalc import config
    from tcalc.command.terminals import background_of

    problems = config.load(world.environ) if options.config else []
    show_on(background_of(world.environ), world.environ)
    if options.digits is None:
        options.digits = config.settings.precision
    if options.broadcast is None and config.settings.broadcast != "allow":
        options.broadcast = config.settings.broadcast
    if config.settings.theme == "none" and options.color == "auto":
        options.color = "never"
    return problems


def show_on(background: str, environ: Mapping[str, str]) -> None:
    """Colours are to suit a background, dark or light, if the terminal has so many; "" is any."""
    from tcalc import config, theme

    many = theme.depth_of(environ) > theme.Depth.SIXTEEN
    config.settings.background = background if many else ""


def read_program(path: str) -> Source:
    """A program's text. UsageError if there is no such file, ParseError if it is not text."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise UsageError(f"{reason}: {path}") from None
    return decode(data, path)


def bindings_of(options: Options) -> list[Binding]:
    """What -v binds; how is loaded where there is something."""
    if not options.bindings:
        return []
    from tcalc.command.bindings import bindings

    return bindings(options)


def columns_of(options: Options) -> object:
    """The columns that --columns asks for; None where it was not given."""
    if options.columns is None:
        return None
    from tcalc.command.bindings import chosen_columns

    return chosen_columns(options)


def make_session(
    options: Options,
    output: Output,
    base_dir: str | None = None,
    read: Callable[[], str] | None = None,
) -> Session:
    """A session with the defaults that the options ask for; a wrong one is a UsageError.

    read: what gives programs the lines of their input, as Session takes it.
    """
    from tcalc.explain.function import make_explain
    from tcalc.session import Session

    _use_threads(options.threads)
    if options.dtype is not None:
        _check_dtype(options.dtype)
    try:
        session = Session(
            device=options.device,
            dtype=options.dtype,
            seed=options.seed,
            broadcast=options.broadcast,
            base_dir=base_dir,
            args=options.words[1:] if options.command == "run" else (),
            write=output.write,
            flush=output.flush,
            read=read,
            explain=_explain,
            allow_net=options.allow_net,
            folders=options.folders,
            tell=output.remark,
            draw=output.draw,
        )
    except TcalcError as error:
        raise UsageError(error.message, error.hint) from None
    session.namespace.hidden["explain"] = make_explain(session, lambda: output.width)
    output.session = session
    if output.stderr.isatty():
        from tcalc.runtime.base import progress

        progress.show_by(_show_task)
        output.progress = progress
    return session


def _show_task(task: Task | None) -> None:
    """Draw how far something has come; how is loaded when the first takes long."""
    from tcalc.language.progress import show_task

    show_task(task)


def _explain(value: object) -> str:
    """What `help` prints of a value; how is loaded where a program asks."""
    from tcalc.help.reference import explanation

    return explanation(value)


def _check_dtype(name: str) -> None:
    from tcalc.runtime.types import dtypes

    known = {n: d for n, d in vars(dtypes).items() if isinstance(d, dtypes.dtype)}
    if name not in known:
        floats = [n for n, d in known.items() if d.is_floating_point]
        raise UsageError(f"--dtype: there is no dtype {name!r}", f"one of {' '.join(floats)}")


def _use_threads(wanted: int | None) -> None:
    """Set how many threads compute: ours, and those of libraries, which read the environment."""
    if wanted is not None:
        from tcalc.runtime.base import threads

        number = str(threads.set_number(wanted))
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = number


def settle() -> None:
    """Keep what is loaded out of the collector's sight, if it was put off until now."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def here() -> list[str]:
    """The working directory, unless it was removed."""
    try:
        return [os.getcwd()]
    except FileNotFoundError:
        return []


def shut_in(options: Options, world: World, folders: Sequence[str], files: Sequence[str]) -> None:
    """Raise the system's wall around this process, as --sandbox asks for.

    Before anything from elsewhere has run or has been read. What is typed at the shell stays
    outside, since it could as well be another command there. UsageError where the wall is required
    and cannot be had.
    """
    wanted = options.sandbox
    if wanted == "off" or (wanted == "auto" and options.command == "eval"):
        return
    if not world.ours:
        if wanted == "require":
            raise UsageError("--sandbox require: this process is not tcalc's own to shut in")
        return
    from tcalc.files import hubcache
    from tcalc.runtime.lazy.compiled import cache
    from tcalc.sandbox import wall

    # What was compiled outside is used inside, and nothing is added to it.
    cache.settings.writes = False
    kept, weights = cache.folder(), hubcache.checkpoints()
    shown = [kept] if kept else []
    if options.allow_net:  # published weights are put there
        from contextlib import suppress

        with suppress(OSError):  # then there is nowhere to put them
            os.makedirs(weights, exist_ok=True)
        folders = [*folders, weights]
    else:
        shown.append(weights)
    try:
        wall.enclose(
            folders,
            files,
            shown=shown,
            network=options.allow_net,
            required=wanted == "require",
        )
    except wall.Missing as error:
        raise UsageError(
            f"--sandbox require: {error}", "tcalc help sandbox says what it needs"
        ) from None
