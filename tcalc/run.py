"""Running programs: expressions, files and standard input, from options to an exit status."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tcalc.errors import ParseError, TcalcError
from tcalc.options import UsageError, names_path
from tcalc.output import Output, OutputFailed
from tcalc.source import Source, Span

if TYPE_CHECKING:
    from tcalc.limits import Watch
    from tcalc.options import Options
    from tcalc.session import Session
    from tcalc.world import World

FINE, FAILED, USAGE, SYNTAX, TIMED_OUT, INTERRUPTED = 0, 1, 2, 3, 124, 130


def run(options: Options, world: World) -> int:
    """Run what the command line names and give the exit status.

    options.command: "eval" for expressions, "run" for a file, "" for standard input. UsageError
    is left to the caller; every other error is reported here.
    """
    output = Output(options, world.stdout, world.stderr, world.environ)
    status = _Run(options, world, output).status()
    if options.status_from_value and status in (FAILED, SYNTAX):
        return USAGE
    return status


def converse(options: Options, world: World) -> int:
    """Talk with whoever is at the prompt, or answer a stream statement by statement."""
    from tcalc import limits
    from tcalc.repl import run_repl

    output = Output(options, world.stdout, world.stderr, world.environ)
    limits.bound_memory(options.max_memory)
    session = make_session(options, output)
    bind(options, session, world)
    return run_repl(session, options, output, stdin=world.stdin)


def make_session(options: Options, output: Output, base_dir: str | None = None) -> Session:
    """A session with the defaults that the options ask for; a wrong one is a UsageError."""
    from tcalc.session import Session

    _use_threads(options.threads)
    try:
        session = Session(
            device=options.device,
            dtype=options.dtype,
            seed=options.seed,
            base_dir=base_dir,
            args=options.words[1:] if options.command == "run" else (),
            write=output.write,
            allow_net=options.allow_net,
        )
    except TcalcError as error:
        raise UsageError(error.message, error.hint) from None
    output.session = session
    return session


def bind(options: Options, session: Session, world: World) -> None:
    """Give the session what -v names; errors are the expressions' own, or UsageError."""
    for name, text in options.bindings:
        session.variables[name] = _bound_value(name, text, session, world)


def read_program(path: str) -> Source:
    """A program's text. UsageError if there is no such file, ParseError if it is not text."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise UsageError(f"{reason}: {path}") from None
    return decode(data, path)


def decode(data: bytes, name: str) -> Source:
    """Text from bytes that should be UTF-8; a mark of the byte order at the start is dropped."""
    try:
        return Source(data.decode("utf-8-sig").replace("\r\n", "\n"), name)
    except UnicodeDecodeError as error:
        source = Source(data.decode("utf-8", "replace"), name)
        at = len(data[: error.start].decode("utf-8", "replace"))
        raise ParseError(
            f"a program is text in UTF-8, and byte 0x{data[error.start]:02x} is not",
            source,
            Span(at, at + 1),
            hint="`tcalc inspect FILE` shows what a data file holds; -v x=FILE reads one",
        ) from None


class _Run:
    """One run: what to execute, where it has come to, and how it ends."""

    def __init__(self, options: Options, world: World, output: Output) -> None:
        self.options = options
        self.world = world
        self.output = output
        self.watch: Watch | None = None
        self.current = -1
        self.worst = FINE
        self.sources: list[Source] = []

    def status(self) -> int:
        """Everything from reading the text to the exit status."""
        try:
            self.sources = self.programs()
            if not self.options.keep_going and not self.parse_all():
                return SYNTAX
            self.set_limits()
            return self.execute()
        except UsageError:
            raise
        except OutputFailed as error:
            self.output.tell(f"tcalc: cannot write to standard output: {error}")
            return FAILED
        except SystemExit as error:
            return _requested_status(error, self.output)
        except BaseException as error:
            return self.fail(error)

    def programs(self) -> list[Source]:
        """The texts to run, in order."""
        options = self.options
        if options.command == "run":
            return [read_program(options.words[0])]
        if options.command == "eval":
            return [Source(word, f"<argument {at}>") for at, word in enumerate(options.words, 1)]
        if any(value.strip() == "-" for _, value in options.bindings):
            raise UsageError(
                "standard input is the data here, so the program has to be an argument or a file"
            )
        return [decode(self.world.stdin.buffer.read(), "<stdin>")]

    def parse_all(self) -> bool:
        """Look at every text before any runs, and report every syntax error in them."""
        from tcalc.parser import parse_all

        fine = True
        for at, source in enumerate(self.sources):
            self.output.begin(source, self.number(at))
            for error in parse_all(source)[1]:
                self.output.error(error)
                fine = False
        return fine

    def set_limits(self) -> None:
        from tcalc import limits

        if self.options.timeout is not None:
            self.watch = limits.supervise(self.options.timeout, self.report_timeout)
        limits.bound_memory(self.options.max_memory)

    def execute(self) -> int:
        """Bind and run; the worst status of all that was reported."""
        options, output = self.options, self.output
        base = os.path.dirname(options.words[0]) or "." if options.command == "run" else None
        session = make_session(options, output, base)
        bind(options, session, self.world)
        for at, source in enumerate(self.sources):
            self.current = at
            output.begin(source, self.number(at))
            session.run(
                source,
                output.show,
                keep_going=options.keep_going,
                on_error=self.note,
                on_statement=self.on_statement,
            )
        output.flush()
        if options.status_from_value and self.worst == FINE:
            return self.status_of_value()
        return self.worst

    def on_statement(self, node: object) -> None:
        """A statement begins: --json wants its line, the supervisor its span."""
        start: int = node.start  # type: ignore[attr-defined]
        self.output.line = self.sources[self.current].line_of(start)
        if self.watch is not None:
            self.watch.at(self.current, start, node.end)  # type: ignore[attr-defined]

    def note(self, error: BaseException) -> None:
        """Report an error that does not end the run."""
        self.worst = max(self.worst, self.fail(error))

    def fail(self, error: BaseException) -> int:
        """Report an error and give the status that it stands for."""
        from tcalc.limits import TimedOut

        if isinstance(error, TimedOut) and self.watch is not None:
            self.watch.telling()
        self.output.error(error)
        if isinstance(error, TimedOut):
            return TIMED_OUT
        if isinstance(error, KeyboardInterrupt):
            return INTERRUPTED
        return SYNTAX if isinstance(error, ParseError) else FAILED

    def status_of_value(self) -> int:
        """What -x makes of the last value."""
        if not self.output.last:
            self.output.tell("tcalc: -x needs a value, and there was none")
            return USAGE
        try:
            return FINE if _is_true(self.output.last[0]) else FAILED
        except Exception as error:
            self.output.error(error)
            return USAGE

    def report_timeout(self, place: tuple[int, int, int] | None) -> None:
        """The message of the parent, for a child that had to be killed."""
        from tcalc.excerpt import Diagnosis, Label
        from tcalc.limits import TimedOut

        assert self.options.timeout is not None
        diagnosis = Diagnosis("TimedOut", str(TimedOut(self.options.timeout)))
        if place is not None:
            at, start, end = place
            span = Span(start, end)
            source = self.sources[at]
            self.output.begin(source, self.number(at))
            diagnosis = diagnosis._replace(
                source=source, span=span, labels=(Label(span, "", True),)
            )
        self.output.report(diagnosis)

    def number(self, at: int) -> int | None:
        return at + 1 if self.options.command == "eval" else None


def _bound_value(name: str, text: str, session: Session, world: World) -> object:
    """The value of one -v: standard input, a file's contents, or an expression's value."""
    from tcalc import files

    text = text.strip()
    if text == "-":
        return files.read(world.stdin.buffer.read(), "<stdin>")
    path = text.removeprefix("@")
    if text.startswith("@") or names_path(text) or files.is_known(text) or _is_file(text):
        path = os.path.expanduser(path)
        if not os.path.isfile(path):
            raise UsageError(f"-v {name}: no such file: {path}")
        session.allow(path)
        return files.load(path)
    return session.evaluate(Source(text, f"<-v {name}>"))


def _is_file(text: str) -> bool:
    return "/" in text and os.path.isfile(text)


def _is_true(value: object) -> bool:
    """Truth as -x sees it: what is zero or empty is false, several numbers are ambiguous."""
    from tcalc.display.values import as_tensor

    tensor = as_tensor(value)
    if tensor is not None and tensor.numel() == 0:
        return False
    return bool(value)


def _use_threads(threads: int | None) -> None:
    """Tell the libraries that read the environment when they are loaded."""
    if threads is not None:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = str(threads)


def _requested_status(error: SystemExit, output: Output) -> int:
    """The exit status of a program that called for an end itself."""
    if error.code is None or isinstance(error.code, int):
        return int(error.code or 0) & 0xFF
    output.tell(str(error.code))
    return FAILED
