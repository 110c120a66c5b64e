"""Where values and messages go: the mode, the colours and the width, chosen once.

Values and what programs print go to standard output, everything else to standard error; with
--json errors go to standard output as well.
"""

from __future__ import annotations

from tcalc.command.world import OutputFailed, put, tell
from tcalc.errors import ParseError
from tcalc.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType
    from typing import TextIO

    from tcalc.command.terminals import Answers
    from tcalc.diagnosis.excerpt import Diagnosis
    from tcalc.display.chart.figure import Figure
    from tcalc.display.chart.pixels import Screen
    from tcalc.display.window import Window
    from tcalc.options import Options
    from tcalc.parser.nodes import Node
    from tcalc.session import Session

# Rows of a terminal that a value leaves to what was entered and to the next prompt, how many it has
# at least, and lines that are put out at a time.
_PROMPTS, _LEAST, _BLOCK = 4, 6, 64


class Output:
    """Shows values and errors in the mode that the options and the streams ask for.

    mode: json, json-data, plain, terse, csv or terminal. source and line: what runs now, for the objects
    that --json writes; `number` replaces the source's name there by the argument's number.
    name: what a terminal calls the next value, such as `_3`. statement: the node of what runs
    now, where it is known. session: where a diagnosis looks for the names of the program. rest: how
    a person sees what a terminal has no room for. answers: what the terminal says of itself, where it was asked.
    """

    _constant_ = True

    def __init__(
        self,
        options: Options,
        stdout: TextIO,
        stderr: TextIO,
        environ: Mapping[str, str],
    ) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.options = options
        self.on_terminal = _is_terminal(stdout)
        self.mode = options.output or ("terminal" if self.on_terminal else "terse")
        self.colour = wants_colour(options.color, stdout, environ)
        self.error_colour = wants_colour(options.color, stderr, environ)
        self.source = Source("")
        self.number: int | None = None
        self.line = 1
        # The last value that was echoed, or would have been but for -q; () before the first.
        self.last: tuple[object, ...] = ()
        self.name: str | None = None
        self.statement: Node | None = None
        self.session: Session | None = None
        # What keeps a line on standard error of how far long work has come; None without one.
        self.progress: ModuleType | None = None
        self.rest = "--terse shows all"
        self.answers: Answers | None = None
        # The lines of the plot that was put out last, 0 where something came after it.
        self._drawn = 0
        self._environ = environ
        self.resize()

    def resize(self) -> None:
        """Ask anew how wide and high the terminal is."""
        self.width = _size(self.stdout, self._environ, "COLUMNS", 80)
        self.height = _size(self.stdout, self._environ, "LINES", 24)
        # Without a window messages are not wrapped, for whoever searches them.
        self.error_width = _size(self.stderr, self._environ, "COLUMNS", 0) or None

    @property
    def label(self) -> str | int:
        """What --json calls the source."""
        return self.source.name if self.number is None else self.number

    def begin(self, source: Source, number: int | None = None) -> None:
        """What follows comes from this source; number: its place among the expressions."""
        self.source, self.number, self.line, self.statement = source, number, 1, None

    def show(self, value: object, line: int) -> None:
        """Echo a value of the statement at a line."""
        self.last = (value,)
        self.line = line
        if self.options.quiet:
            return
        if self.mode == "json":
            from tcalc.display import jsonl

            self._put(jsonl.dump(value, line=line, source=self.label) + "\n")
        elif self.mode == "json-data":
            from tcalc.display import jsondata

            self._put(jsondata.dump(value) + "\n")
        elif self.mode == "terminal":
            self._show_on_terminal(value)
        else:
            self._put(self._safe(self.text(value)) + "\n")

    def every(self, value: object) -> Iterator[str]:
        """All of a value as lines for people, made as they are read."""
        if self.mode != "terminal":
            from tcalc.display import plain

            yield from self._safe(plain.exact(value)).split("\n")
            return
        from tcalc.display import terminal

        digits = self.options.digits
        for line in terminal.every(value, self.name, self._window(), precision=digits):
            yield line.painted(self.colour)

    def put_lines(self, lines: Iterable[str]) -> None:
        """Write lines that are made as they are read."""
        from itertools import islice

        remaining = iter(lines)
        # Some at a time: a stream that is flushed after each line would flicker.
        while some := list(islice(remaining, _BLOCK)):
            self._put("\n".join(some) + "\n")

    def text(self, value: object) -> str:
        """The value as the plain, terse or csv mode writes it."""
        digits = self.options.digits
        if self.mode == "terse":
            from tcalc.display import terse

            return terse.text(value, digits)
        if self.mode == "csv":
            from tcalc.display import terse

            return terse.csv(value, digits)
        from tcalc.display import plain

        return plain.text(value, digits)

    def write(self, text: str) -> None:
        """What one `print` of the program writes, its end included."""
        if self.mode == "json":
            from tcalc.display import jsonl

            text = text.removesuffix("\n")
            self._put(jsonl.dump_print(text, line=self.line, source=self.label) + "\n")
        elif self.mode == "json-data":
            from tcalc.display import jsondata

            self._put(jsondata.dump(text.removesuffix("\n")) + "\n")
        else:
            self._put(self._safe(text))

    def draw(self, figure: Figure, over: bool = False, must: bool = True) -> None:
        """A plot, as text; over the one before, where nothing came between on a terminal.

        must: whether it is drawn where something did come between, too.
        """
        from tcalc.display.chart.render import render
        from tcalc.theme import Depth, depth_of

        if self.mode in ("json", "json-data"):
            self.write(render(figure))
            return
        if not must and not self._drawn:
            return
        depth = depth_of(self._environ) if self.colour else Depth.NONE
        # What is drawn over, and over again, stays in cells: pixels would lie on each other.
        screen = None if over else self._screen()
        text = render(figure, self.width, self._rows(), depth, self._has_braille(), screen)
        if over and self._drawn and self.on_terminal and self.colour:
            text = f"\x1b[{self._drawn}F\x1b[J{text}"
        self._put(text)
        self._drawn = text.count("\n")
        self.flush()

    def _screen(self) -> Screen | None:
        """What takes pictures as pixels, where values are drawn in colours on such a terminal."""
        if not (self.on_terminal and self.colour):
            return None
        from tcalc.command.terminals import Answers, screen_of
        from tcalc.config import settings

        wanted, answers = settings.pictures, self.answers or Answers()
        return screen_of(wanted, self._environ, answers, self.stdout, self.height)

    def _rows(self) -> int | None:
        """The rows that a plot may take, where a terminal says how many it has."""
        return max(8, min(24, self.height - _PROMPTS)) if self.on_terminal else None

    def _is_ascii(self) -> bool:
        """Whether the stream takes nothing but ASCII for certain."""
        encoding = (getattr(self.stdout, "encoding", None) or "utf8").lower().replace("-", "")
        return not encoding.startswith("utf")

    def _has_braille(self) -> bool:
        """Whether the stream takes more than ASCII, and the terminal is likely to show it."""
        return not self._is_ascii() and self._environ.get("TERM") not in ("dumb", "linux")

    def _window(self) -> Window:
        """The room for a value: the prompts before and after it stay in sight."""
        from tcalc.display.window import Window

        height = max(self.height - _PROMPTS, _LEAST)
        return Window(self.width, height, rest=self.rest, ascii=self._is_ascii())

    def say(self, text: str) -> None:
        """Text that was asked for and that no program wrote: a listing, help."""
        self._put(self._safe(text, keep_colour=self.colour))

    def error(self, error: BaseException) -> None:
        """Report an error: what it is, where it happened and what to do about it."""
        if isinstance(error, MemoryError):
            from tcalc.command.limits import spare

            with spare():
                self._tell_error(error)
        else:
            self._tell_error(error)

    def _tell_error(self, error: BaseException) -> None:
        from tcalc.diagnosis.diagnostics import diagnose

        diagnosis = diagnose(error, self.session)
        span = diagnosis.span
        if isinstance(error, ParseError) and error.source is self.source and span is not None:
            self.line = self.source.line_of(span.start)  # it never ran
        self.report(diagnosis)

    def report(self, diagnosis: Diagnosis) -> None:
        """Write a diagnosis to standard error, under --json also as an object."""
        from tcalc.diagnosis.excerpt import render

        if self.mode == "json":
            self._put(self._error_object(diagnosis) + "\n")
        self.tell(render(diagnosis, self.error_colour, self.error_width))

    def tell(self, message: str) -> None:
        """A message for the person at the terminal."""
        self._make_room()
        tell(self.stderr, message)

    def remark(self, text: str) -> None:
        """Something worth knowing of what a program did, which may hold names of its choice."""
        from tcalc.display.escape import escape

        self.tell(f"tcalc: {escape(text)}")

    def flush(self) -> None:
        """Push out what is still in the stream's buffer."""
        try:
            self.stdout.flush()
        except (OSError, ValueError) as error:
            raise OutputFailed(getattr(error, "strerror", None) or str(error)) from None

    def _error_object(self, diagnosis: Diagnosis) -> str:
        from tcalc.display import jsonl

        span = diagnosis.span
        if diagnosis.source is not self.source:
            # It came out of a function of another source: what is said is where that was called.
            calls = [c.span for c in diagnosis.callers if c.source is self.source]
            span = calls[-1] if calls else None
        return jsonl.dump_error(
            diagnosis.kind,
            diagnosis.message,
            line=self.line,
            source=self.label,
            span=None if span is None else (span.start, span.end),
            hint=diagnosis.hint,
        )

    def _show_on_terminal(self, value: object) -> None:
        from tcalc.display import terminal

        digits = self.options.digits
        lines = terminal.show(value, self.name, self._window(), precision=digits)
        self.put_lines(line.painted(self.colour) for line in lines)
        if isinstance(value, list) and self.statement is not None:
            from tcalc.diagnosis.remarks import joined_lists

            remark = joined_lists(self.statement, value, self.source)
            if remark is not None:
                self.tell(f"  = hint: {remark}")

    def _safe(self, text: str, keep_colour: bool = False) -> str:
        if not self.on_terminal or keep_colour:
            return text
        from tcalc.display.escape import escape

        return escape(text)

    def settle(self) -> None:
        """What ran has ended, and nothing of it is under way."""
        if self.progress is not None:
            self.progress.drop()

    def _put(self, text: str) -> None:
        self._make_room()
        self._drawn = 0
        put(self.stdout, text)

    def _make_room(self) -> None:
        if self.progress is not None and self.progress.settings.shown:
            self.progress.clear()


def wants_colour(choice: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour a stream: the option first, then NO_COLOR, CLICOLOR_FORCE, the stream."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return environ.get("TERM") != "dumb" and _is_terminal(stream)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _size(stream: TextIO, environ: Mapping[str, str], name: str, otherwise: int) -> int:
    """How many COLUMNS or LINES a stream's terminal has, as the environment or itself says."""
    told = environ.get(name, "")
    # Not all that `isdigit` takes for digits, `int` does; and lines of a million blanks help nobody.
    if told.isascii() and told.isdigit() and len(told) < 5 and int(told):
        return int(told)
    import os

    try:
        size = os.get_terminal_size(stream.fileno())
        return (size.columns if name == "COLUMNS" else size.lines) or otherwise
    except (OSError, ValueError, AttributeError):
        return otherwise
