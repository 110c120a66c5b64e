"""What looks at data files alone, `inspect` and `diff`: behind the wall, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.command.limits import TimedOut, supervise
from tcalc.command.output import Output
from tcalc.command.run import TIMED_OUT
from tcalc.command.setup import shut_in
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from tcalc.command.world import World
    from tcalc.options import Options


def look(options: Options, world: World) -> int:
    """What data files hold, or how two differ; gives the exit status."""
    output = Output(options, world.stdout, world.stderr, world.environ)
    memory.limit = options.max_memory or 0
    seconds = options.timeout
    if seconds is None:
        return _look(options, world, output)
    watch = supervise(seconds, lambda _: output.error(TimedOut(seconds)))
    try:
        return _look(options, world, output)
    except TimedOut as late:
        watch.telling()
        output.error(late)
        return TIMED_OUT


def _look(options: Options, world: World, output: Output) -> int:
    shut_in(options, world, [], options.words)
    if options.command == "diff":
        from tcalc.command.differing import diff

        return diff(options.words[0], options.words[1], output, world)
    from tcalc.command.inspecting import inspect

    return inspect(options.words, output, world)
