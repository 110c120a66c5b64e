"""Running programs: expressions, files and standard input, from options to an exit status."""

from __future__ import annotations

import os

from tcalc.command.output import Output
from tcalc.command.setup import (
    bindings_of,
    configure,
    here,
    make_session,
    read_program,
    settle,
    shut_in,
)
from tcalc.command.world import OutputFailed
from tcalc.errors import ParseError
from tcalc.options import UsageError
from tcalc.source import Source, Span, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.command.bindings import Binding
    from tcalc.command.limits import Watch
    from tcalc.command.world import World
    from tcalc.explain.holes import Query
    from tcalc.options import Options
    from tcalc.parser.nodes import Module, StmtNode

FINE, FAILED, USAGE, SYNTAX, TIMED_OUT, INTERRUPTED = 0, 1, 2, 3, 124, 130


def run(options: Options, world: World) -> int:
    """Run what the command line names and give the exit status.

    options.command: "eval" for expressions, "run" for a file, "" for standard input. UsageError
    is left to the caller; every other error is reported here.
    """
    problems = configure(options, world)
    output = Output(options, world.stdout, world.stderr, world.environ)
    for problem in problems:
        output.error(problem)
    return _Run(options, world, output).status()


class Program:
    """One text to run and what came of parsing it; number: its place among the expressions.

    query: what an expression with a hole in it asks, which is no program.
    """

    __slots__ = ("errors", "number", "query", "source", "tree")

    def __init__(
        self, source: Source, number: int | None, tree: Module, errors: list[ParseError]
    ) -> None:
        self.source = source
        self.number = number
        self.tree = tree
        self.errors = errors
        self.query: Query | None = None
        if errors and number is not None and "?" in source.text:
            from tcalc.explain.holes import asked

            self.query = asked(source.text, source.name)
            self.errors = errors if self.query is None else []


class _Run:
    """One run: what to execute, where it has come to, and how it ends."""

    def __init__(self, options: Options, world: World, output: Output) -> None:
        self.options = options
        self.world = world
        self.output = output
        self.watch: Watch | None = None
        self.programs: list[Program] = []
        self.current = 0
        self.worst = FINE

    def status(self) -> int:
        """Everything from reading the text to the exit status."""
        from tcalc.command.limits import TimedOut
        from tcalc.session import Exit

        try:
            bound = bindings_of(self.options)
            self.programs = self.parse()
            if not self.parsed(bound):
                return USAGE if self.options.status_from_value else SYNTAX
            self.set_limits()
            own = [] if self.base is None else [self.base]
            named = [binding.file for binding in bound if binding.file is not None]
            saved = self.options.save_to
            if saved is not None:
                own.append(os.path.dirname(os.path.realpath(saved)))
            shut_in(self.options, self.world, [*here(), *own, *self.options.folders], named)
            status = self.execute(bound)
            self.output.settle()
            self.output.flush()
            return status
        except (UsageError, OutputFailed):
            raise
        except Exit as error:
            self.output.flush()
            if error.told:
                self.output.tell(error.told)
            return error.status
        except BaseException as error:  # a program may raise anything; it is told
            try:
                return self.told(error)
            except TimedOut as late:  # in what the program's own error says of itself
                return self.told(late)

    def told(self, error: BaseException) -> int:
        """Report the error that ends the run; once time is up, the parent waits for that."""
        from tcalc.command.limits import TimedOut

        if self.watch is not None and isinstance(error, TimedOut):
            self.watch.telling()
        return self.fail(error)

    def parse(self) -> list[Program]:
        """The programs in order, every one parsed before any runs."""
        from tcalc.parser import parse_all

        options = self.options
        if options.command == "eval":
            sources = [Source(word, f"<argument {at}>") for at, word in enumerate(options.words, 1)]
            return [Program(s, at, *parse_all(s, indented=True)) for at, s in enumerate(sources, 1)]
        if options.command == "run":
            source = self.text_of(lambda: read_program(options.words[0]))
        elif any(value.strip() == "-" for _, value in options.bindings):
            raise UsageError(
                "standard input is the data here, so the program has to be an argument or a file"
            )
        else:
            source = self.text_of(lambda: decode(self.world.stdin.buffer.read(), "<stdin>"))
        return [Program(source, None, *parse_all(source))]

    def text_of(self, read: Callable[[], Source]) -> Source:
        """A program's text; that it is none is an error of that program."""
        try:
            return read()
        except ParseError as error:
            self.output.begin(error.source or Source(""))
            raise

    def parsed(self, bound: list[Binding]) -> bool:
        """Whether to go on; if not, every syntax error has been reported."""
        errors: list[tuple[Source, int | None, ParseError]] = [
            (b.source, None, error) for b in bound for error in b.errors
        ]
        if not self.options.keep_going:
            errors += [(p.source, p.number, error) for p in self.programs for error in p.errors]
        for source, number, error in errors:
            self.output.begin(source, number)
            self.output.error(error)
        return not errors

    def set_limits(self) -> None:
        from tcalc.command import limits

        if self.options.timeout is not None:
            self.watch = limits.supervise(self.options.timeout, self.report_timeout)
        limits.bound_memory(self.options.max_memory)

    @property
    def base(self) -> str | None:
        """The folder of the program's file, if it comes from one."""
        options = self.options
        return os.path.dirname(options.words[0]) or "." if options.command == "run" else None

    def execute(self, bound: list[Binding]) -> int:
        """Bind and run; the worst status of all that was reported."""
        options, output = self.options, self.output
        session = make_session(options, output, self.base, self.reader())
        if options.command == "run":
            session.runs_file(options.words[0], self.programs[0].tree.body)
        settle()
        for binding in bound:
            output.begin(binding.source)
            binding.bind(session, self.world)
        watching = self.watch is not None or output.mode in ("json", "terminal")
        for at, program in enumerate(self.programs):
            self.current = at
            output.begin(program.source, program.number)
            if program.query is not None:
                from tcalc.explain.holes import solved

                output.write(solved(session, program.query) + "\n")
                continue
            session.run_statements(
                program.tree,
                program.source,
                output.show,
                program.errors,
                options.keep_going,
                self.note,
                self.on_statement if watching else None,
            )
        if options.save_to is not None:
            self.save_value(options.save_to)
        if options.status_from_value and self.worst == FINE:
            return self.status_of_value()
        return self.worst

    def reader(self) -> Callable[[], str] | None:
        """What gives programs the lines of standard input, where that is nothing else."""
        is_data = any(value.strip() == "-" for _, value in self.options.bindings)
        return None if is_data or not self.options.command else self.world.stdin.readline

    def on_statement(self, node: StmtNode) -> None:
        """A statement begins: --json wants its line, the supervisor its span, remarks the node."""
        self.output.statement = node
        self.output.line = self.programs[self.current].source.line_of(node.start)
        if self.watch is not None:
            self.watch.at(self.current, node.start, node.end)

    def note(self, error: BaseException) -> None:
        """Report an error that does not end the run."""
        self.worst = max(self.worst, self.fail(error))

    def fail(self, error: BaseException) -> int:
        """Report an error and give the status that it stands for."""
        from tcalc.command.limits import TimedOut

        self.output.error(error)
        if isinstance(error, TimedOut):
            return TIMED_OUT
        if isinstance(error, KeyboardInterrupt):
            return INTERRUPTED
        if self.options.status_from_value:
            return USAGE
        return SYNTAX if isinstance(error, ParseError) else FAILED

    def save_value(self, path: str) -> None:
        """What -o does with the last value; after an error nothing, so that no half is taken."""
        from tcalc import files

        if self.worst != FINE:
            self.output.tell(f"tcalc: {path} was not written, since there was an error")
        elif not self.output.last:
            self.output.tell("tcalc: -o needs a value, and there was none")
            self.worst = USAGE
        else:
            try:
                remark = files.save(self.output.last[0], os.path.realpath(path), name=path)
                if remark is not None:
                    self.output.remark(remark)
            except Exception as error:  # the value is shown all the same
                self.note(error)

    def status_of_value(self) -> int:
        """What -x makes of the last value."""
        if not self.output.last:
            self.output.tell("tcalc: -x needs a value, and there was none")
            return USAGE
        try:
            return FINE if _is_true(self.output.last[0]) else FAILED
        except Exception as error:  # asking a value may run the program's code
            self.output.error(error)
            return USAGE

    def report_timeout(self, place: tuple[int, int, int] | None) -> None:
        """The message of the parent, for a child that had to be killed."""
        from tcalc.command.limits import TimedOut
        from tcalc.diagnosis.excerpt import Diagnosis, Label

        assert self.options.timeout is not None
        diagnosis = Diagnosis("TimedOut", str(TimedOut(self.options.timeout)))
        # The child has written it, perhaps with a program that had broken out of the language.
        if place is not None and 0 <= place[0] < len(self.programs):
            program = self.programs[place[0]]
            start, end = (min(max(at, 0), len(program.source.text)) for at in place[1:])
            span = Span(start, max(start, end))
            self.output.begin(program.source, program.number)
            self.output.line = program.source.line_of(start)
            diagnosis = diagnosis._replace(
                source=program.source, span=span, labels=(Label(span, "", True),)
            )
        self.output.report(diagnosis)
        self.sweep()

    def sweep(self) -> None:
        """Remove what a child that had to be killed may have left half written."""
        from tcalc.files import parts

        options = self.options
        named = [options.save_to or "", *(options.words[:1] if options.command == "run" else ())]
        for folder in {os.path.dirname(path) or "." for path in named}:
            parts.sweep(folder)


def _is_true(value: object) -> bool:
    """Truth as -x sees it: what is zero or empty is false, several numbers are ambiguous."""
    from tcalc.display.values import as_tensor

    tensor = as_tensor(value)
    if tensor is not None and tensor.numel() == 0:
        return False
    return bool(value)
