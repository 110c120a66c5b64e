"""One line on what a name or a value is, for the menu; nothing is loaded or computed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.help import lookups
from tcalc.help.reference import kinds_text, summary
from tcalc.language.namespace import Namespace
from tcalc.prompt.variables import row_of, tensor_type
from tcalc.runtime.base import registry

if TYPE_CHECKING:
    from tcalc.help.signatures import Parameter
    from tcalc.session import Session


def is_tensor(value: object) -> bool:
    """Whether a value is a tensor."""
    return isinstance(value, tensor_type())


def of_value(value: object) -> str:
    """What a value is: of a tensor `[2, 3] float32`, of a function what it does."""
    if value is lookups.UNKNOWN:
        return ""
    if type(value) is Namespace:
        return "module"
    if callable(value) and (told := summary(value)):
        return told
    _, kind, dtype, shape, *_, text = row_of("", value)
    if dtype:
        return f"{shape} {dtype}"
    return text if not kind else f"{kind} {text}".strip()


def of_name(name: str, session: Session) -> str:
    """What a bare name means."""
    if name in session.variables:
        return of_value(session.variables[name])
    for qualified in (f"torch.{name}", f"tcalc.{name}"):
        if told := of_registered(qualified):
            return told
    found = session.namespace.hidden.get(name)
    return "" if found is None else of_value(found)


def of_registered(qualified: str) -> str:
    """What is exported by a name, from the table that was made of its documentation."""
    from tcalc.help.summaries import summary_of

    return summary_of(qualified)


def of_member(module: object, name: str, member: str) -> str:
    """What a module's member is; what is exported there is not loaded for that."""
    qualified = f"{name}.{member}"
    if qualified in registry.NAMES:
        return of_registered(qualified)
    return of_value(lookups.step(module, member))


def of_parameter(parameter: Parameter, function: object) -> str:
    """What an argument may be, and what it is by default."""
    op = getattr(function, "__op__", None)
    kinds = next((kinds_text(p) for p in op.params if p.name == parameter.name), "") if op else ""
    default = "" if parameter.default is None else f"by default {parameter.default}"
    return ", ".join(filter(None, (kinds, default)))
