"""What the programs of one session have around them: arguments, streams, folders of modules."""

from __future__ import annotations

import sys
from collections import deque

from tcalc.errors import ArgumentError
from tcalc.language import attributes
from tcalc.language.active import ACTIVE
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from tcalc.display.chart.figure import Figure
    from tcalc.language.plotting.state import Plots
    from tcalc.language.textfiles import TextFile
    from tcalc.source import Source

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


# So many programs are remembered by what they say.
_REMEMBERED = 100


class Surroundings:
    """The arguments, streams and the like of one session.

    args: what stands after the program's name. folder: where the program lies. write: what `print`
    hands its text to, by default standard output; flush: what pushes it out. read: gives the next
    line of the input, "" after the last; None where the input is the program itself. draw: puts a
    figure out, over the one before or not; by default its text goes where prints go.
    """

    _constant_ = True

    def __init__(
        self,
        args: Sequence[str],
        folder: str | None,
        write: Callable[[str], object] | None,
        flush: Callable[[], object] | None,
        read: Callable[[], str] | None,
        draw: Callable[[Figure, bool, bool], object] | None = None,
    ) -> None:
        self.argv = List(["", *args])
        self.path = List(["" if folder is None else folder])
        self.environment: dict[Any, Any] = {}
        # What a program has put in the place of standard output and error.
        self.instead: dict[str, Any] = {}
        # What ran last, for whoever asks how a name got its value.
        self.sources: deque[Source] = deque(maxlen=_REMEMBERED)
        self.read_line = read
        self._write, self._flush = write, flush
        self._writers: Any = None
        self._draw = draw
        self._plots: Plots | None = None

    def write(self, text: str) -> None:
        """Put a text out where the program's prints go."""
        (self._write or sys.stdout.write)(text)

    def flush(self) -> None:
        """Push out what was written."""
        if self._write is None:
            sys.stdout.flush()
        elif self._flush is not None:
            self._flush()

    @property
    def writers(self) -> Any:
        """The open files that may have something left to write."""
        if self._writers is None:
            from weakref import WeakSet

            self._writers = WeakSet()
        return self._writers

    def draw(self, figure: Figure, over: bool = False, must: bool = True) -> None:
        """Put a figure out; over: in the place of the one before, where nothing came between.
        must: whether it is put out where something did."""
        if self._draw is not None:
            self._draw(figure, over, must)
            return
        from tcalc.display.chart.render import render

        self.write(render(figure))

    @property
    def plots(self) -> Plots:
        """What the session's programs are drawing."""
        if self._plots is None:
            from tcalc.language.plotting.state import Plots

            self._plots = Plots(self.draw)
        return self._plots

    def settle(self) -> None:
        """Write what open files have not written yet, and draw what waits: the program has ended."""
        if self._plots is not None:
            self._plots.end()
        if self._writers:
            files: list[TextFile] = list(self._writers)
            for file in files:
                file.flush()

    def abandon(self) -> None:
        """The same where the program ended in an error, which is what the user is told."""
        from contextlib import suppress

        with suppress(OSError):
            self.settle()

    def ask(self, prompt: str) -> str:
        """The next line of the input without its end; EOFError where there is none."""
        self.write(prompt)
        self.flush()
        if self.read_line is None:
            raise EOFError("the input is the program itself, so there is no line to read")
        line = self.read_line()
        if not line:
            raise EOFError("EOF when reading a line")
        return line.removesuffix("\n")


_idle = Surroundings((), None, None, None, None)


def current() -> Surroundings:
    """What the program that runs has around it; where none runs, nothing."""
    return ACTIVE[-1].around if ACTIVE else _idle


def make_print(around: Surroundings) -> Callable[..., None]:
    """The function `print` of a session."""

    def print(
        *values: Any,
        sep: str | None = None,
        end: str | None = None,
        file: Any = None,
        flush: bool = False,
    ) -> None:
        """Write values as text, `sep` between them and `end` after the last."""
        effect("print")
        for name, text in (("sep", sep), ("end", end)):
            if text is not None and type(text) is not str:
                raise TypeError(f"{name} must be None or a string, not {type(text).__name__}")
        between, after = " " if sep is None else sep, "\n" if end is None else end
        made = between.join([str_of(value) for value in values]) + after
        target = around.instead.get("stdout") if file is None else file
        if target is not None:
            attributes.read(target, "write")(made)
            if flush:
                attributes.read(target, "flush")()
            return
        around.write(made)
        if flush:
            around.flush()

    print.__qualname__ = "print"
    return print


def make_graph(
    around: Surroundings,
    name_of: Callable[[object], str | None],
    source_of_node: Callable[[Any], str | None],
    source_at: Callable[[tuple[Any, int, int]], str | None],
) -> Callable[..., None]:
    """The `graph` of one session.

    name_of: the variable that holds a value. source_of_node, source_at: the expression that made a
    node, and the one at a place of a plan.
    """

    def graph(value: Any, file: Any = None) -> None:
        """Draw the ops that made a tensor, each with its source, or the plan of a function; of a module
        a table of its layers. file: of a tensor, a picture instead: .svg, or .dot for Graphviz.

        >>> x = ones(2, requires_grad=True)
        >>> graph(x * 2)
        ● MulBackward0  float32 [2]               x * 2
        ○ x  float32 [2]  leaf, requires grad
        """
        effect("graph")
        from tcalc.display.graph import text
        from tcalc.library.jit.modules import ScriptModule, plan_of
        from tcalc.library.jit.planned import OptimizedModule, Planned
        from tcalc.library.nn.module import Module
        from tcalc.runtime.tensor.tensor import Tensor

        if file is not None:
            from tcalc.language.pictures import save_graph

            save_graph(value, file, name_of)
            return
        if isinstance(value, Tensor):
            shown = text(value, name_of, source_of_node)
        elif isinstance(value, (Planned, OptimizedModule)):
            planned = value if isinstance(value, Planned) else value.planned
            shown = planned.shown(source_at)
        elif isinstance(value, ScriptModule):
            shown = plan_of(value).shown(source_at)
        elif isinstance(value, Module):
            from tcalc.library.nn.summary import summary

            shown = str(summary(value, verbose=0))
        else:
            raise ArgumentError(
                "graph() takes a tensor, a function made by jit or a module, "
                f"not {type(value).__name__}"
            )
        around.write(shown + "\n")

    graph.__qualname__ = "graph"
    return graph


def make_help(around: Surroundings, explain: Callable[[Any], str] | None) -> Callable[..., None]:
    """The function `help` of a session. explain: gives what is known of a value, or of a name."""

    def help(object: Any = "", /) -> None:
        """Print what is known of a function, a class or a module, or of a name in a text"""
        effect("help")
        around.write("" if explain is None else explain(object))

    help.__qualname__ = "help"
    return help


def make_input(around: Surroundings) -> Callable[[Any], str]:
    """The function `input` of a session."""

    def input(prompt: Any = "", /) -> str:
        """Write a prompt and read a line of the input"""
        effect("input")
        return around.ask(str_of(prompt))

    input.__qualname__ = "input"
    return input
