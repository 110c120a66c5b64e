"""`torch.jit.save` and `torch.jit.load`: from a module to a file and back."""

from __future__ import annotations

import json
from typing import Any

from tcalc.errors import FileProblem
from tcalc.language.active import ACTIVE
from tcalc.language.classes import is_special
from tcalc.language.scripted.describing import Description
from tcalc.language.scripted.gathering import Program
from tcalc.language.scripted.restoring import Restoring
from tcalc.source import Source


def save(value: Any, f: Any) -> None:
    """Write a script function or module to a file."""
    program = Program()
    described = Description(program)
    whole = described.of(value, "")
    variables: dict[str, Any] = {}
    while len(variables) < len(program.variables):  # describing one may bring others
        for name in [name for name in program.variables if name not in variables]:
            variables[name] = described.of(program.variables[name], name)
    text = json.dumps({"value": whole, "objects": described.objects, "variables": variables})
    ACTIVE[-1].files["save program"](
        described.tensors, {"program": program.text, "module": text}, f
    )


def load(f: Any, map_location: Any) -> Any:
    """The function or module in a file."""
    tensors, metadata = ACTIVE[-1].files["load program"](f, map_location)
    name = f"{f}"
    said = _parsed(metadata["module"], name)
    variables: dict[str, Any] = {}
    restoring = Restoring(name, tensors, said.get("objects"), variables)
    given = said.get("variables")
    if type(given) is not dict:
        raise restoring.fault("it does not say which variables its program has")
    waiting: dict[str, Any] = {}
    for key, described in given.items():
        if not key.isidentifier() or is_special(key):
            raise restoring.fault(f"its program has no variable {key!r:.80}")
        if _needs_program(described):
            waiting[key] = described
        else:
            variables[key] = restoring.of(described)
    ACTIVE[-1].compiled(Source(metadata["program"], name), variables)()
    for key, described in waiting.items():
        variables[key] = restoring.of(described)
    return restoring.of(said.get("value"))


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileProblem(f"{name}: its module is no JSON ({error})", argument="f") from None
    if type(said) is not dict:
        raise FileProblem(f"{name}: its module is no JSON object", argument="f")
    return said


def _needs_program(described: Any) -> bool:
    """Whether a value is made of what the program defines, so that this has to run first."""
    waiting = [described]
    while waiting:
        part = waiting.pop()
        if type(part) is dict:
            if not {"own", "object", "script"}.isdisjoint(part):
                return True
            waiting += part.values()
        elif type(part) is list:
            waiting += part
    return False
