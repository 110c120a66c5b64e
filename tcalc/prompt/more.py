"""`:more`: the last value whole, however large, through the user's pager."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from itertools import chain, islice
from typing import TYPE_CHECKING

from tcalc.config import settings
from tcalc.prompt.command import CommandError, nothing_follows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcalc.command.output import Output
    from tcalc.command.world import World
    from tcalc.prompt.repl import Repl

_ESCAPES = re.compile(r"\x1b\[[\d;]*m")
# Lines that are made for a pager at a time.
_BLOCK = 64


def show(repl: Repl, rest: str) -> None:
    """Show the last value whole: made a block at a time, so that it can be left or interrupted."""
    nothing_follows("more", rest)
    output = repl.output
    if not output.last:
        raise CommandError("there is no value yet", "enter an expression, then :more")
    value = output.last[0]
    if output.mode not in ("terminal", "plain"):
        output.show(value, output.line)  # nothing was left out of it
        return
    lines = output.every(value)
    if repl.pager is None:
        output.put_lines(lines)
    else:
        repl.pager.show(lines, output)


class Pager:
    """Shows lines a page at a time: by the program that the user has chosen, `less`, or itself."""

    def __init__(self, world: World) -> None:
        self._stdin, self._environ = world.stdin, world.environ

    def show(self, lines: Iterator[str], output: Output) -> None:
        """Show lines until there are no more, or no more are wanted."""
        first = list(islice(lines, output.height - 1))
        lines = chain(first, lines)
        if len(first) < output.height - 1:
            output.put_lines(lines)
            return
        output.flush()
        if settings.pager == "never":
            output.put_lines(lines)
            return
        command = self._command(first[0])
        if not command or not self._run(command, lines):
            self._pages(lines, output)

    def _command(self, title: str) -> list[str]:
        """The pager and its arguments, [] where there is none that knows this terminal."""
        chosen = settings.pager if settings.pager != "auto" else self._environ.get("PAGER")
        if self._environ.get("TERM", "dumb") == "dumb" or chosen in ("", "cat"):
            return []
        try:
            words = shlex.split("less" if chosen is None else chosen)
        except ValueError:
            return []
        if not words or shutil.which(words[0], path=self._environ.get("PATH")) is None:
            return []
        if chosen is not None:
            return words
        # What is shown stands at the bottom of each page.
        said = re.sub(r"([?:.%\\])", r"\\\1", _ESCAPES.sub("", title))
        return [*words, "-RX", f"-Ps{said}  (q leaves)"]

    def _run(self, command: list[str], lines: Iterator[str]) -> bool:
        """Whether the pager could be started; it has been left then."""
        environ = {"LESS": "RX", **self._environ}
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, env=environ, encoding="utf-8", errors="replace"
            )
        except OSError:
            return False
        stream = process.stdin
        assert stream is not None
        try:
            while some := list(islice(lines, _BLOCK)):
                stream.write("\n".join(some) + "\n")
        except (BrokenPipeError, KeyboardInterrupt):
            pass  # enough was seen
        except BaseException:  # whatever ends it, the pager does not stay
            process.terminate()
            raise
        finally:
            _end(process)
        return True

    def _pages(self, lines: Iterator[str], output: Output) -> None:
        while some := list(islice(lines, output.height - 1)):
            output.put_lines(some)
            if len(some) < output.height - 1:
                return
            output.say("-- Enter for the next page, q to leave -- ")
            output.flush()
            if not (answer := self._stdin.readline()) or answer.strip()[:1] in ("q", "Q"):
                return


def _end(process: subprocess.Popen[str]) -> None:
    """Wait until a pager is left; Ctrl-C there is a key of its own."""
    while True:
        try:
            if process.stdin is not None and not process.stdin.closed:
                process.stdin.close()
        except BrokenPipeError:
            pass
        except KeyboardInterrupt:
            continue
        try:
            process.wait()
            return
        except KeyboardInterrupt:
            continue
