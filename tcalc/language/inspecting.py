"""`inspect(x)`: tells of a value in the middle of an expression, and passes it on."""

from __future__ import annotations

from tcalc.language import attributes
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.parser.nodes import Call
    from tcalc.source import Source

    # Finds the call of a function, called by some name, that a program is in the middle of.
    CallOf = Callable[[object, str], tuple[Source, Call] | None]

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def make_inspect(call_of: CallOf) -> Callable[..., Any]:
    """The function `inspect` of a session."""

    def inspect(*values: Any, **labelled: Any) -> Any:
        """Say on standard error what values are, each as it is written in the call, and pass them on.

        Of a tensor its dtype, shape, range, mean, spread, how many elements are nan or infinite, and
        its grad_fn. What is given by name has the name as its label: `inspect(loss=f(x))`. The result
        is the value, of several a tuple of them.
        """
        effect("inspect")
        from tcalc.display.escape import escape
        from tcalc.display.oneline import oneline
        from tcalc.language.streams import ERR, put_aside, stream

        if not values and not labelled:
            raise TypeError("inspect() takes at least one value")
        where, written = _as_written(call_of(inspect, "inspect"), len(values))
        told = [*zip(written, values), *labelled.items()]
        text = "".join([f"{where}{escape(name)} = {oneline(value)}\n" for name, value in told])
        target = stream("stderr")
        if target is ERR:
            put_aside(text)
        else:
            attributes.read(target, "write")(text)
        given = (*values, *labelled.values())
        return given[0] if len(given) == 1 else given

    inspect.__qualname__ = "inspect"
    # What it gives was told. `silent` says the same, and loads more than plain numbers need.
    inspect._silent_ = True  # type: ignore[attr-defined]  # a function takes any
    return inspect


def _as_written(call: tuple[Source, Call] | None, count: int) -> tuple[str, list[str]]:
    """Where a call is, and its positional arguments as the program spells them."""
    if call is None:
        return "", ["value"] * count
    source, node = call
    texts = [" ".join(source.text[a.start : a.end].split()) for a in node.args]
    if len(texts) != count or any(text.startswith("*") for text in texts):  # `*values`
        texts = ["value"] * count
    return f"[{source.name}:{source.line_of(node.start)}] ", texts
