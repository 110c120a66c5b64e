"""`:alias`: who shares memory with a tensor, told without computing anything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcalc.prompt.command import CommandError, value_of
from tcalc.prompt.variables import tensor_type

if TYPE_CHECKING:
    from tcalc.prompt.repl import Repl
    from tcalc.runtime.base.op import Op


def show(repl: Repl, rest: str) -> None:
    """`:alias x`: a table of all that lies in the memory of x, and a picture of where."""
    if not rest:
        raise CommandError(":alias needs a tensor", "for instance :alias x, or :alias model.weight")
    value = value_of(repl.session, rest)
    numpy = sys.modules.get("numpy")
    if not isinstance(value, (tensor_type(), *((numpy.ndarray,) if numpy else ()))):
        kind = type.__getattribute__(type(value), "__name__")
        raise CommandError(f":alias is for tensors, and {rest} is of type {kind}")
    from tcalc.display.sharing import Held, sharing, text
    from tcalc.language.holders import held_by

    held = [Held(name, found) for name, found in held_by(repl.session.variables)]
    # What was shown has a name of its own, which says nothing beside that of a variable.
    named = {id(h.value) for h in held if h.name[0] != "_"}
    held = [h for h in held if h.name[0] != "_" or id(h.value) not in named]
    shared = sharing(held, Held(rest, value))
    repl.answer(text(shared, held, _called, repl.width, repl.colour))


def _called(op: Op) -> str:
    """What PyTorch calls an op, as far as it has one."""
    from tcalc.library.profiler.names import name_of

    return (name_of(op) or op.name).rpartition(":")[2]
