"""One user's variables, settings and results.

>>> session = Session()
>>> session.evaluate("x = 3; x * 2")
6
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from types import FunctionType

from tcalc.compiler import compile_statements, locate
from tcalc.compiler.places import (
    call_of,
    definition_of,
    line_and_text,
    source_of,
    text_at,
    text_of_node,
)
from tcalc.compiler.spelling import operand_texts
from tcalc.errors import FileProblem, ParseError
from tcalc.language.active import ACTIVE
from tcalc.language.builtins import Exit
from tcalc.language.inspecting import make_inspect
from tcalc.language.names import Names, star
from tcalc.language.namespace import name_of
from tcalc.language.results import Results
from tcalc.language.surroundings import Surroundings, make_graph, make_help, make_input, make_print
from tcalc.library.host import host
from tcalc.parser.names import bound_names, text_of
from tcalc.runtime.base.formatting import set_formatter, set_places
from tcalc.runtime.base.memory import deepen_stack
from tcalc.runtime.objects.lists import List
from tcalc.source import Source
from tcalc.why.function import make_why
from tcalc.why.past import Past, Ran

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from tcalc.display.chart.figure import Figure
    from tcalc.files.reach import Reach
    from tcalc.language.fetching import Fetching
    from tcalc.language.hub import Hub
    from tcalc.language.programs import Programs
    from tcalc.library.host import Stopwatch
    from tcalc.parser.nodes import Module, StmtNode

__all__ = ["Exit", "Session"]

# Integers are read and printed in full up to so many digits.
DIGITS = 100_000
# Deep enough for programs, and far from the end of the C stack.
RECURSION = 3000
# So many statements are compiled at once after one that failed.
_FEW = 8


def _text_of(tensor: Any) -> str:
    """A tensor as PyTorch writes it; the display is loaded for the first one."""
    from tcalc.display import plain

    return plain.tensor(tensor)


def _scripts() -> Any:
    from tcalc.language.scripted import files

    return files


class Session:
    """Programs run one after the other in a session and share its variables.

    device, dtype, seed, broadcast: the defaults of tensors, draws and stretched operands. base_dir:
    where files may be, beside the working directory. args: what programs find in `args`. write: what
    `print` hands its text to, by default standard output; flush: what pushes it out when `print` is told to. read:
    gives the lines of the input, "" after the last; None where the input is the program itself.
    explain: what `help` prints of a value. allow_net: whether ops may reach the network. folders:
    where files may be, too. tell: gets what there is to say to the user. draw: puts a plot out.
    """

    _constant_ = True

    def __init__(
        self,
        *,
        device: str | None = None,
        dtype: str | None = None,
        seed: int | None = None,
        broadcast: str | None = None,
        base_dir: str | None = None,
        args: Sequence[str] = (),
        write: Callable[[str], object] | None = None,
        flush: Callable[[], object] | None = None,
        read: Callable[[], str] | None = None,
        explain: Callable[[Any], str] | None = None,
        allow_net: bool = False,
        allowed_files: Iterable[str] = (),
        folders: Sequence[str] = (),
        tell: Callable[[str], object] | None = None,
        draw: Callable[[Figure, bool, bool], object] | None = None,
    ) -> None:
        set_formatter(_text_of)
        set_places(line_and_text, operand_texts)
        host.stopwatch, host.write, host.source = _stopwatch, _write, source_of
        host.files, host.network = lambda: ACTIVE[-1].reach, lambda: ACTIVE[-1].network
        host.hub, host.name_of = lambda: ACTIVE[-1].hub, name_of
        host.save_script = lambda value, f: _scripts().save(value, f)
        host.load_script = lambda f, place: _scripts().load(f, place)
        sys.set_int_max_str_digits(DIGITS)
        if sys.getrecursionlimit() < RECURSION:
            sys.setrecursionlimit(RECURSION)
            deepen_stack()
        self.variables: dict[str, Any] = {}
        self.results = Results(self.variables)
        self.base_dir = base_dir
        self.allow_net = allow_net
        self.allowed_files = set(allowed_files)
        self.folders = folders
        self._reach: Reach | None = None
        self._files: dict[str, Callable[..., Any]] | None = None
        self._programs: Programs | None = None
        self._network: Fetching | None = None
        self._hub: Hub | None = None
        # Where imports look first: in a repository, while one of its models is made.
        self._first: list[str] = []
        self.past = Past(device=device, dtype=dtype, seed=seed, broadcast=broadcast, args=args)
        self.around = Surroundings(args, base_dir, write, flush, read, draw)
        self._tell = tell or _ignore
        self._source = Source("")
        self._body: Sequence[StmtNode] = ()
        self._show: Callable[[object, int], None] | None = None
        self._on_statement: Callable[[StmtNode], None] | None = None
        self.namespace = Names(
            {
                "print": make_print(self.around),
                "input": make_input(self.around),
                "help": make_help(self.around, explain),
                "graph": make_graph(self.around, self._name_of, text_of_node, text_at),
                "why": make_why(self),
                "inspect": make_inspect(call_of),
                "echo ": self._echo,
                "step ": self._step,
                "import star ": self._import_star,
                "args": List(args),
            }
        )
        if {device, dtype, seed, broadcast} != {None}:
            self._set_defaults(device, dtype, seed, broadcast)

    def _set_defaults(self, device: Any, dtype: Any, seed: Any, broadcast: Any) -> None:
        from tcalc.runtime.base.registry import lookup

        if device is not None:
            lookup("torch.set_default_device")(device)
        if dtype is not None:
            lookup("torch.set_default_dtype")(lookup(f"torch.{dtype}"))
        if seed is not None:
            lookup("torch.manual_seed")(seed)
        if broadcast is not None:
            lookup("torch.set_broadcast")(broadcast)

    # -- running --------------------------------------------------------------------------------

    def run(
        self,
        source: Source,
        show: Callable[[object, int], None] | None = None,
        *,
        keep_going: bool = False,
        on_error: Callable[[Exception], None] | None = None,
        on_statement: Callable[[StmtNode], None] | None = None,
    ) -> None:
        """Run a program: parsed whole, then statement by statement.

        show(value, line): gets the value of each top-level expression. keep_going: after an error
        go on with the next statement; `on_error` then gets the errors, those of syntax first.
        on_statement(node): is called before each top-level statement. Raises what the program
        raises, ParseError before anything ran, and Exit where the program says so.
        """
        from tcalc.parser import parse, parse_all

        tree, errors = parse_all(source) if keep_going else (parse(source), [])
        self.run_statements(
            tree, source, show, errors, keep_going, on_error or _ignore, on_statement
        )

    def run_statements(
        self,
        tree: Module,
        source: Source,
        show: Callable[[object, int], None] | None,
        errors: list[ParseError],
        keep_going: bool,
        on_error: Callable[[Exception], None],
        on_statement: Callable[[StmtNode], None] | None,
    ) -> None:
        """Run what parsed of a program, and report what did not in its place."""
        before = self._source, self._body, self._show, self._on_statement
        self._source, self._show, self._on_statement = source, show, on_statement
        self.around.sources.append(source)
        body: Sequence[StmtNode] = tree.body
        begins = [_begin(s) for s in body] if keep_going else []
        waiting = sorted(errors, key=_start_of, reverse=True)
        self.past.add(Ran(tree, source, errors, keep_going), self.variables)
        self._look_for_slices(source)
        at, most = 0, len(body)
        ACTIVE.append(self)
        try:
            while at < len(body) or waiting:
                # As many statements as stand before the next syntax error.
                end = bisect_right(begins, _start_of(waiting[-1])) if waiting else len(body)
                if at == end:
                    error = waiting.pop()
                    on_error(error)
                    self.namespace.unbind(error.binds, self.variables)
                    continue
                end = min(end, at + most)
                done = self._run_some(body[at:end], begins[at:end], source, keep_going, on_error)
                # What follows an error is compiled anew: little at first, so that many errors take
                # no longer each than one, and the more the longer all goes well.
                most = 2 * done if at + done < end else 2 * most
                most = max(most, _FEW)
                at += done
            self.around.settle()
        except BaseException:  # passed on
            self.around.abandon()
            raise
        finally:
            ACTIVE.pop()
            self._source, self._body, self._show, self._on_statement = before
            self.variables.pop("called ", None)

    def _run_some(
        self,
        body: Sequence[StmtNode],
        begins: Sequence[int],
        source: Source,
        keep_going: bool,
        on_error: Callable[[Exception], None],
    ) -> int:
        """Run statements up to the end or to one that fails; how many are done with."""
        self._body = body
        try:
            compiled = compile_statements(
                body, source, self.namespace, steps=self._on_statement is not None
            )
        except ParseError as error:
            if not keep_going:
                raise
            bad = max(0, bisect_right(begins, _start_of(error)) - 1)
            if bad:  # those before it run first
                return self._run_some(body[:bad], begins[:bad], source, True, on_error)
            self._fail(error, body[0], on_error)
            return 1
        self.namespace.load(compiled.used, self.variables)
        try:
            for part in compiled.parts:
                self._execute(part)
        except Exception as error:  # whatever the program raises
            if not keep_going:
                raise
            places = locate(error.__traceback__)
            done = bisect_right(begins, places[0][1].start) if places else len(body)
            self._fail(error, body[done - 1], on_error)
            return done
        return len(body)

    def _look_for_slices(self, source: Source) -> None:
        """Where slices may be values, subscripts that are not written as slices may be slices."""
        if "slice" in source.text or "__getitem__" in source.text:
            self.namespace.checks_slices = True

    def _fail(
        self, error: Exception, statement: StmtNode, on_error: Callable[[Exception], None]
    ) -> None:
        """Tell of an error after which the program goes on, without what it would have bound.

        What follows then says that the name is not there, and meets no older value.
        """
        on_error(error)
        self.namespace.unbind(bound_names(statement), self.variables)

    def _execute(self, part: Any, variables: dict[str, Any] | None = None) -> Any:
        if variables is None:
            variables = self.variables
        if type(part) is dict:
            variables.update(part)
            return None
        # A function takes its built-ins from its globals when it is made, and C code that imports
        # something looks for them there while a program runs.
        outermost = "__builtins__" not in variables
        variables["__builtins__"] = self.namespace.hidden
        try:
            return FunctionType(part, variables)()
        finally:
            if outermost:
                variables.pop("__builtins__", None)

    def evaluate(self, text: str | Source) -> Any:
        """Run a program and give the value of its last expression statement, or None."""
        last: list[Any] = [None]

        def keep(value: object, line: int) -> None:
            last[0] = value

        source = text if isinstance(text, Source) else Source(text)
        self.run(source, keep)
        return last[0]

    def compiled(
        self,
        source: Source,
        variables: dict[str, Any] | None = None,
        change: Callable[[Sequence[StmtNode]], Sequence[StmtNode]] | None = None,
    ) -> Callable[[], None]:
        """A call that runs the program again and again without showing anything.

        variables: what it finds and where it keeps what it assigns, by default the session's.
        change: makes other statements of the program's.
        """
        from tcalc.parser import parse

        self._look_for_slices(source)
        own = self.variables if variables is None else variables
        body: Sequence[StmtNode] = parse(source).body
        if change is not None:
            body = change(body)
        compiled = compile_statements(body, source, self.namespace)
        self.namespace.load(compiled.used, own)

        def call() -> None:
            before, self._show = self._show, None
            ACTIVE.append(self)
            try:
                for part in compiled.parts:
                    self._execute(part, own)
            finally:
                ACTIVE.pop()
                self._show = before

        return call

    @property
    def count(self) -> int:
        """The number of the last result, of `_1`, `_2`, …"""
        return self.results.count

    def reset(self) -> None:
        """Forget all variables and results."""
        self.past.forget()
        self.variables.clear()
        self.results.forget()

    def runs_file(self, path: str, body: Sequence[StmtNode] = ()) -> None:
        """What runs is this file: programs read its name as `__file__`, its text as `__doc__`."""
        self.namespace.hidden["__doc__"] = text_of(body)
        # Where the working directory is gone a relative path stays one.
        here = os.path.isabs(path) or os.path.exists(".")
        self.namespace.hidden["__file__"] = os.path.abspath(path) if here else path
        self.around.argv[0] = path

    def allow(self, path: str) -> None:
        """Let programs read and write this file, wherever it is."""
        self.allowed_files.add(path)

    @property
    def reach(self) -> Reach:
        """The files that this session's programs can reach."""
        if self._reach is None:
            from tcalc.files.reach import Reach

            self._reach = Reach(self._base_dirs, self.allowed_files)
        return self._reach

    @property
    def files(self) -> dict[str, Callable[..., Any]]:
        """This session's `load` and `save`."""
        if self._files is None:
            from tcalc.files.functions import make_functions

            self._files = make_functions(self._base_dirs, self.allowed_files, self._tell)
        return self._files

    @property
    def programs(self) -> Programs:
        """The modules of this session that are programs."""
        if self._programs is None:
            from tcalc.language.programs import Programs

            self._programs = Programs(lambda text, own: self.compiled(text, own)(), self.reach)
        return self._programs

    @property
    def network(self) -> Fetching:
        """What this session's programs may fetch."""
        if self._network is None:
            from tcalc.language.fetching import Fetching

            self._network = Fetching(self.allow_net, self.reach, self._tell)
        return self._network

    @property
    def hub(self) -> Hub:
        """This session's weights and repositories."""
        if self._hub is None:
            from tcalc.language.hub import Hub

            network, programs = lambda: self.network, lambda: self.programs
            self._hub = Hub(self.reach, network, programs, self._first)
        return self._hub

    def module_folders(self) -> list[str]:
        """Where programs that are modules lie: beside the program, and where it said."""
        first = self.base_dir or _working_directory()
        return [*self._first, first, *[p for p in self.around.path[:] if type(p) is str and p]]

    def _base_dirs(self) -> list[str]:
        """Where files may be: where the program was started, where it lies, where it was told."""
        own = [] if self.base_dir is None else [self.base_dir]
        return [_working_directory(), *own, *self.folders]

    # The text of a function or a class of a program, and the node that defined it in its source.
    source_of = staticmethod(source_of)
    definition_of = staticmethod(definition_of)

    # -- what compiled code calls ---------------------------------------------------------------

    def _echo(self, value: Any, start: int, silent: bool, called: Any = None) -> None:
        self.variables.pop("called ", None)
        if value is None or silent or self._show is None or _is_silent(called):
            return
        self.results.keep(value)
        self._show(value, self._source.line_of(start))

    def _step(self, number: int) -> None:
        if self._on_statement is not None:
            self._on_statement(self._body[number])

    def _import_star(self, name: str, member: str) -> None:
        variables = sys._getframe(1).f_globals
        variables.update(star(name, variables))

    def _name_of(self, value: object) -> str | None:
        """The variable that holds a value, or None."""
        for name, held in self.variables.items():
            if held is value and name.isidentifier() and not name.startswith("_"):
                return name
        return None


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        raise FileProblem("the working directory is gone") from None


def _write(text: str) -> None:
    """What the runtime prints goes where the program's prints go."""
    ACTIVE[-1].around.write(text)


def _stopwatch(*given: Any) -> Stopwatch:
    """What programs time; how is loaded when one does."""
    from tcalc.stopwatch import of_text

    return of_text(ACTIVE[-1], *given)


def _is_silent(called: Any) -> bool:
    """Whether nobody wants to see the value of a call of this function."""
    function = getattr(called, "__func__", called)
    if type(function) is not FunctionType:
        return False
    return bool(getattr(getattr(function, "__op__", function), "_silent_", False))


def _start_of(error: ParseError) -> int:
    return error.span.start if error.span is not None else 0


def _begin(node: StmtNode) -> int:
    """Where a statement begins, with its decorators."""
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].start if decorators else node.start


def _ignore(told: object) -> None:
    """For callers that do not want to know."""
