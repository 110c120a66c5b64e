"""The conversation: entries come in, values and messages go out, the session stays.

On a terminal the entries come from `editor`; without one from a stream, statement by statement,
with no prompt and every answer flushed, which is what an editor's plugin or a pipe wants.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from textwrap import dedent
from typing import TYPE_CHECKING, Protocol, TextIO

from tcalc import __version__
from tcalc.command.limits import TimedOut, deadline
from tcalc.command.setup import read_program
from tcalc.errors import ParseError
from tcalc.prompt.undo.timeline import Timeline
from tcalc.runtime.base.memory import human
from tcalc.source import Source

if TYPE_CHECKING:
    from tcalc.command.output import Output
    from tcalc.parser.nodes import Node
    from tcalc.prompt.more import Pager
    from tcalc.prompt.undo.timeline import Step
    from tcalc.session import Session

_QUESTION = re.compile(r"(\?{0,2})\s*([^\W\d][\w.]*)?\s*(\?{0,2})\Z")
# Help as it is asked for at a shell.
_HELP = re.compile(r"help(?:\s+(:?[^\W\d][\w.-]*))?\Z")
# A file's name as text, with the suffix without which nothing can be loaded.
_QUOTED = re.compile(r"""(['"])([^'"\n\\]+\.\w+)\1""")


class Logged:
    """What was entered, and the number that its prompt showed.

    fine: whether it ran without an error. undone: whether it is taken back for now.
    """

    def __init__(self, text: str, number: int) -> None:
        self.text = text
        self.number = number
        self.fine = self.undone = False


class Entry(Protocol):
    """What was entered: its text, and whether it was typed rather than pasted."""

    @property
    def text(self) -> str: ...

    @property
    def typed(self) -> bool: ...


class Repl:
    """One conversation with one session.

    timeout: seconds for each statement. busy: told when one begins and ends. clock: for :time.
    begun: the statements that the command line stands for; kept: what ran without errors: what
    :save writes. person: whether someone is at a terminal. timeline: takes back what a failed line has done, and
    what :undo is told to. log: what was entered; earlier: gives what was in earlier sessions, the
    newest first. failed: the exit status that the first error asks
    for, 0 while there was none. requested: the exit status that a program ended with itself.
    """

    def __init__(
        self,
        session: Session,
        output: Output,
        *,
        timeout: float | None = None,
        busy: Callable[[bool], None] = lambda _: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.session = session
        self.output = output
        self.timeout = timeout
        self._busy = busy
        self.clock = clock
        self.begun: list[str] = []
        self.kept: list[str] = []
        self.timeline = Timeline(session, self.kept)
        self.log: list[Logged] = []
        self.earlier: Callable[[], Iterable[str]] = tuple
        self.saved: set[str] = set()
        self.leaving = False
        self.person = False
        self.failed = 0
        self.requested: int | None = None
        self.pager: Pager | None = None

    @property
    def number(self) -> int:
        """The number of the next result: the prompt shows it, and places and `:history` go by it."""
        return self.session.count + 1

    @property
    def prompt(self) -> str:
        """What stands before a line."""
        return f"{self.number}> "

    @property
    def width(self) -> int:
        """The columns to write in."""
        return self.output.width

    @property
    def colour(self) -> bool:
        """Whether answers may be coloured."""
        return self.output.colour

    def enter(self, text: str, *, typed: bool = True) -> None:
        """Do what one entry asks for: a command, a question, or statements to run."""
        text = text.strip("\n")
        if text[:1] in (" ", "\t"):  # pasted out of something indented
            text = dedent(text)
        bare = text.strip()
        if not bare:
            return
        if bare.startswith("%") and typed and "\n" not in bare:
            from tcalc.prompt import commands

            bare = commands.from_ipython(bare)
        if bare.startswith(":") and not (typed and "\n" not in bare):
            self.complain("a pasted `:` line is not run as a command", "type the `:` yourself")
        elif bare.startswith(":"):
            self._command(bare)
        elif (match := _HELP.match(bare)) and "help" not in self.session.variables:
            self._command(f":help {match[1] or ''}")
        elif "?" in bare and (match := _QUESTION.match(bare)):
            self._ask(match[2] or "", full="??" in (match[1], match[3]))
        elif "?" in bare and (query := self._hole(bare)) is not None:
            self._guarded(lambda: self.answer(query()))
        elif bare in ("exit", "quit") and bare not in self.session.variables:
            self.leaving = True
        else:
            line = Logged(text, self.number)
            self.log.append(line)
            line.fine = self.run(Source(text, f"<prompt {line.number}>"))
            if line.fine and self.timeline.past:
                self.timeline.past[-1].lines.append(line)

    def run(self, source: Source, *, whole: bool = False) -> bool:
        """Run statements, show their values, report the error; True if there was none.

        What a line that fails has done is taken back; the lines before it stay. whole: it is a
        program, which stays where it has come to. What ran without error is kept for :save.
        """
        begun: list[Node] = []
        line = 0  # on which the last statement ends

        def begin(node: Node) -> None:
            nonlocal line
            starts = source.line_of(node.start)
            if begun and starts > line and not whole:
                self.kept.extend(_text_of(done, source) for done in begun)
                begun.clear()
                self.timeline.step()
            line = source.line_of(node.end)
            begun.append(node)
            self.output.statement = node
            self.output.line = starts

        def work() -> None:
            self.output.begin(source)
            self.session.run(source, self._show, on_statement=begin)

        before = len(self.kept)
        self.timeline.begin(source.text)
        fine = False
        try:
            fine = self._guarded(work)
        finally:  # also where the output is gone
            if fine:
                self.kept[before:] = [source.text.strip("\n")]
                self.timeline.end()
            elif whole:
                self.kept.extend(_text_of(node, source) for node in begun[:-1])
                self.timeline.end()
            else:
                if begun:
                    self.session.past.take_back(source, begun[0].start)
                self._tell_of(self.timeline.fail())
        return fine

    def _tell_of(self, undone: Step) -> None:
        """Say what became of what a failed line had done."""
        if undone.lost:
            size = human(sum(array.nbytes for array in undone.lost))
            self.output.tell(
                f"  = note: what it wrote into {size} of memory stays, which is too much to keep"
            )
        elif self.timeline.future and undone in self.timeline.future[-1].steps:
            self.output.tell("  = note: what the line had done is undone; :redo brings it back")

    def run_file(self, path: str) -> bool:
        """Run a program's file, which may then touch the data beside it. UsageError, ParseError."""
        source = read_program(path)
        self.session.base_dir = os.path.dirname(path) or "."
        self.session.runs_file(path)
        return self.run(source, whole=True)

    def allow_files(self, text: str) -> None:
        """Let programs touch the data files that a person names in a line, wherever they are."""
        for match in _QUOTED.finditer(text):
            self.session.allow(match[2])

    def reset(self) -> None:
        """Forget the variables; what ran before them is no longer the way to them."""
        self.timeline.begin(":reset")
        self.session.reset()
        self.kept.clear()
        self.timeline.end()

    @contextmanager
    def aside(self) -> Iterator[Callable[[], None]]:
        """What happens inside is taken back. Gives a function to call once all that is written to
        has been written to: from then on nobody listens, and nothing takes longer for it.
        """
        self.timeline.begin("")
        try:
            yield self.timeline.unheard
        finally:
            self.timeline.drop()

    def answer(self, text: str) -> None:
        """Write what a command found; what it holds of a program's text was made safe."""
        # Under --json every line is an object, this one as what a `print` writes.
        put = self.output.write if self.output.mode == "json" else self.output.say
        put(text + "\n")

    def complain(self, message: str, hint: str | None = None) -> None:
        """Write a message that comes from no place in a program."""
        self.failed = self.failed or 1
        self.output.tell(message if hint is None else f"{message}\n  hint: {hint}")

    # -- inside -------------------------------------------------------------------------------

    def _show(self, value: object, line: int) -> None:
        self.output.name = f"_{self.session.count}"
        self.output.show(value, line)

    def _command(self, line: str) -> None:
        from tcalc.prompt import commands

        self._guarded(lambda: commands.run(self, line), timed=not commands.waits(line))

    def _hole(self, text: str) -> Callable[[], str] | None:
        """What tells the shapes that fit a `?` in an expression; None where that is none."""
        from tcalc.parser import parse

        try:
            parse(Source(text))
        except ParseError:
            from tcalc.explain.holes import asked, solved

            query = asked(text)
            return None if query is None else lambda: solved(self.session, query)
        return None  # in a text, or in a comment

    def _ask(self, name: str, *, full: bool) -> None:
        from tcalc.prompt import commands

        if name:
            self._guarded(lambda: commands.ask(self, name, full=full))
        else:
            self._command(":help")

    def _guarded(self, work: Callable[[], None], *, timed: bool = True) -> bool:
        """Do something that may fail, be interrupted or take too long, and report that."""
        from tcalc.prompt.command import CommandError
        from tcalc.session import Exit

        self._busy(timed)
        try:
            with deadline(self.timeout if timed else None):
                work()
            return True
        except CommandError as error:
            self.complain(error.message, error.hint)
        except Exit as error:
            self.leaving, self.requested = True, error.status
            if error.told:
                self.output.tell(error.told)
        except (Exception, KeyboardInterrupt, TimedOut) as error:
            self.failed = self.failed or _status(error)
            self.output.error(error)
        finally:
            self._busy(False)
            self.output.settle()
            self.output.flush()
        return False


def _text_of(node: Node, source: Source) -> str:
    """A statement as it stands in its source, decorators and a silencing `;` included."""
    decorators = getattr(node, "decorator_list", None)
    start = source.text.rindex("@", 0, decorators[0].start) if decorators else node.start
    return source.text[start : node.end] + ";" * getattr(node, "silent", False)


def _status(error: BaseException) -> int:
    """The exit status that an error stands for."""
    if isinstance(error, ParseError):
        return 3
    if isinstance(error, TimedOut):
        return 124
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def converse(repl: Repl, read: Callable[[], Entry], *, greet: bool = True) -> None:
    """Talk to a person: Ctrl-C gives a new line, Ctrl-D ends."""
    if greet:
        repl.output.tell(f"tcalc {__version__}   :help for help, Ctrl-D to leave")
    while not repl.leaving:
        try:
            entry = read()
            repl.output.resize()
            if entry.typed:
                repl.allow_files(entry.text)
            repl.enter(entry.text, typed=entry.typed)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def listen(repl: Repl, stream: TextIO) -> None:
    """Answer a stream statement by statement."""
    try:
        for text in entries(stream):
            repl.enter(text)
            if repl.leaving:
                break
    except UnicodeDecodeError as error:
        repl.complain(f"the input is not UTF-8 text (byte 0x{error.object[error.start]:02x})")


def entries(stream: TextIO) -> Iterator[str]:
    """The entries of a stream: each as soon as it is whole, by the rule of the prompt."""
    from tcalc.parser import is_incomplete

    text = ""
    while line := stream.readline():
        text += line
        if not text.strip():
            text = ""
        elif text.startswith(":") or not is_incomplete(text.removesuffix("\n")):
            yield text
            text = ""
    if text:
        yield text
