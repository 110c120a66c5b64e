"""What a name that is not there was meant to be: one near it, or one of another module's."""

from __future__ import annotations

import os
import re
from itertools import chain
from typing import TYPE_CHECKING

from tcalc.diagnosis.history import calls
from tcalc.diagnosis.operands import unexpected_keyword, value_of
from tcalc.display.values import as_tensor
from tcalc.help import lookups
from tcalc.help.lookups import UNKNOWN
from tcalc.language.classes import is_users
from tcalc.language.elsewhere import instead_of_module
from tcalc.language.namespace import MISSING, find, members, module
from tcalc.language.tables import TABLES
from tcalc.options import COMMANDS, OPTIONS
from tcalc.parser import habits, nodes
from tcalc.runtime.base import registry
from tcalc.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcalc.diagnosis.operands import Failure, Operand
    from tcalc.session import Session

# What tensors are made of, so that one who asks it for what they have may want one.
_MADE_TENSORS = (list, tuple, int, float, complex)
# Where a bare name is looked for that is not there, and how a program spells it.
_HOMES = {
    "torch.linalg": "linalg", "torch.nn.functional": "F", "math": "math", "torch.nn": "nn",
    "torch.optim": "optim", "torch.special": "torch.special", "torch.fft": "torch.fft",
    "torch.utils.data": "torch.utils.data", "torch.autograd": "torch.autograd", "numpy": "np",
    "torch": "torch",
}  # fmt: skip
_NO_SUCH_MEMBER = re.compile(r"module '([\w.]+)' has no attribute")
_LONGEST = 50
# Options of other programs' command lines.
_OPTIONS = {"-V": "--version", "--verbose": "--plain"}


def guess(
    error: BaseException, found: list[Operand], failure: Failure, session: Session | None
) -> str | None:
    """A hint at what a name that is not there was meant to be."""
    if isinstance(error, NameError):
        return _of_name(error, failure, session)
    if isinstance(error, AttributeError):
        return _of_attribute(error, found, failure)
    if isinstance(error, TypeError):
        return _of_keyword(error, failure, session)
    if isinstance(error, KeyError) and isinstance(failure.node, nodes.Subscript):
        keys, key = found[0].value, error.args[0] if error.args else None
        if isinstance(keys, dict) and type(key) is str:
            return _near(key, [k for k in dict.keys(keys) if type(k) is str], "{!r}")
    return None


def _of_name(error: NameError, failure: Failure, session: Session | None) -> str | None:
    node = failure.node
    name = error.name if type(error.name) is str else None
    if name is None:
        name = node.id if isinstance(node, nodes.Name) else None
    if name is None:
        return None
    if isinstance(error, UnboundLocalError):
        return (
            f"what a function assigns is its own: make `{name}` a parameter, or say `global {name}`"
        )
    rest = failure.source.text[node.end :].partition("\n")[0]
    if (arrow := re.match(r"\s*<-\s*(\S+)\s*$", rest)) is not None:
        return f"an assignment is `{name} = {arrow[1]}`"
    if failure.source.name.startswith("<-v ") and os.path.isfile(failure.source.text):
        return f"`@{failure.source.text}` reads a file whose name says no format"
    if failure.source.name.startswith("<argument"):
        told = _of_argument(failure.source.text)
        if told is not None:
            return told
    if session is not None and (numbered := re.fullmatch(r"_([1-9]\d*)", name)) is not None:
        return session.results.told_of(int(numbered[1]))
    told = habits.of_name(name, at_prompt=failure.source.name.startswith("<prompt"))
    if told is not None:
        return told
    for imported, shown in habits.IMPORTED_AS.get(name, ()):
        if imported in TABLES:
            return f"write `import {imported}{shown}` first"
        return instead_of_module(imported)
    if name in TABLES:
        return f"write `import {name}` first"
    if re.match(
        rf"{re.escape(name)}\s*=[^=]",
        failure.source.line_text(failure.source.line_of(node.start)).lstrip(),
    ):
        return f"it has no value yet: `{name} = 0` before gives it one"
    elsewhere = _elsewhere(name)
    if elsewhere is not None:
        return f"did you mean {elsewhere}?"
    if f"torch.Tensor.{name}" in registry.NAMES or name in lookups.tensor_names():
        return _as_method(name, failure)
    candidates: Iterable[str] = [*failure.frame.f_locals, *failure.frame.f_globals]
    if session is not None:
        candidates = chain(candidates, session.variables, session.namespace.spellings())
    near = _near(name, candidates) or _near(name, _spelled_elsewhere(), whole=False)
    argument = failure.source.text if failure.source.name.startswith("<argument") else name
    if near is None and argument.strip() != name:  # a name alone may be a shell's `*`
        return f"`-v {name}=FILE` binds it to what a file holds, `-v {name}=-` to standard input"
    return near


def _elsewhere(name: str) -> str | None:
    """How a name is spelled that is in another module alone."""
    if name.startswith("_"):
        return None
    for home, spelled in _HOMES.items():
        if home == "math":
            there = name in members(module("math"))
        elif home == "numpy":
            there = find(home, name) is not MISSING
        else:
            there = f"{home}.{name}" in registry.NAMES
        if there:
            return f"{spelled}.{name}"
    return None


def _spelled_elsewhere() -> Iterator[str]:
    """The names of other modules, as programs spell them."""
    for home in ("torch.linalg", "torch.nn.functional", "torch.nn", "torch.optim"):
        for name in registry.names(home):
            yield f"{_HOMES[home]}.{name}"


def _as_method(name: str, failure: Failure) -> str | None:
    """A method that was called as a function."""
    call = _call_of(failure.node, failure)
    if call is not None and call.args:
        text, first = failure.source.text, call.args[0]
        rest = text[call.args[1].start : call.end] if len(call.args) > 1 else ")"
        made = f"{_operand(text[first.start : first.end], first)}.{name}({rest}"
        if len(made) <= _LONGEST and made.isprintable():
            return f"a tensor has it: `{made}`"
    return f"a tensor has it: x.{name}"


def _call_of(function: nodes.Node, failure: Failure) -> nodes.Call | None:
    """The call of a function that was looked up and not found."""
    call, _ = calls(failure.source).get((function.start, function.end), (None, None))
    return call


def _operand(text: str, node: nodes.Node) -> str:
    """An expression as it can stand before a point."""
    simple = isinstance(node, nodes.Name | nodes.Call | nodes.Attribute | nodes.Subscript)
    if isinstance(node, nodes.List | nodes.ListComp):
        return f"tensor({text})"
    return text if simple else f"({text})"


def _of_attribute(error: AttributeError, found: list[Operand], failure: Failure) -> str | None:
    node = failure.node
    target = node.func if isinstance(node, nodes.Call) else node
    if not isinstance(target, nodes.Attribute):
        return None
    wrong = target.attr
    values = [operand.value for operand in found if operand.node is target.value]
    value = next((value for value in values if value is not UNKNOWN), error.obj)
    if value is None:
        return None
    text = failure.source.text
    owner = text[target.value.start : target.value.end]
    known = owner.isprintable() and len(owner) <= 40
    match = _NO_SUCH_MEMBER.match(str(error))
    if match is not None:
        return _of_member(match[1], wrong, owner if known else match[1])
    if isinstance(value, _MADE_TENSORS) and wrong in lookups.tensor_names():
        return f"a tensor has it: tensor({owner if known else '...'}).{wrong}"
    if as_tensor(value) is not None and known:
        call = node if isinstance(node, nodes.Call) else _call_of(target, failure)
        inside = "" if call is None else text[target.end : call.end].strip()[1:-1].strip()
        owner = _operand(owner, target.value)
        written = habits.of_method(wrong, owner, inside)
        if written is not None:
            return f"write `{written}`"
        for home in ("torch.linalg", "torch.nn.functional", "torch.special", "torch.fft", "torch"):
            if f"{home}.{wrong}" in registry.NAMES:
                given = ", ".join(part for part in (owner, inside) if part)
                prefix = "" if home == "torch" else _HOMES[home] + "."
                return f"it is a function: `{prefix}{wrong}({given})`"
    near = _near(wrong, lookups.attributes(value), owner + ".{}" if known else ".{}")
    return near or _of_own(value)


def _of_own(value: object) -> str | None:
    """What an instance of a program's own class has."""
    if not is_users(type(value)):
        return None
    names = [name for name in lookups.instance_dict(value) if not name.startswith("_")]
    return f"it has {', '.join(names[:6])}" if names else None


def _of_member(qualified: str, wrong: str, owner: str) -> str | None:
    """A name that a module does not have: it may be another's."""
    elsewhere = _elsewhere(wrong)
    if elsewhere is not None:
        return f"did you mean {elsewhere}?"
    names = registry.names(qualified) or members(module(qualified))
    return _near(wrong, names, owner + ".{}") or f"`help({owner})` lists what it has"


def _of_keyword(error: TypeError, failure: Failure, session: Session | None) -> str | None:
    node = failure.node
    keyword = unexpected_keyword(error, node)
    if keyword is None or not isinstance(node, nodes.Call):
        return None
    from tcalc.help import signatures

    known = signatures.parameters(value_of(node.func, failure.frame, session))
    return _near(keyword.arg or "", [parameter.name for parameter in known or ()], "{}=")


def _near(
    wrong: str, candidates: Iterable[str], pattern: str = "{}", whole: bool = True
) -> str | None:
    """The candidate nearest to what was written.

    whole: whether candidates are compared as they are, not by what follows their last point.
    """
    if whole:
        meant = closest(wrong, candidates, _spellable)
    else:
        full = {spelled.rpartition(".")[2]: spelled for spelled in candidates}
        near = closest(wrong, full, _spellable)
        meant = None if near is None else full[near]
    return None if meant is None else f"did you mean {pattern.format(meant)}?"


def _spellable(name: str) -> bool:
    """Whether to suggest a name: those of the compiler's own hold a space."""
    return not name.startswith("__") and name.isprintable() and " " not in name


def _of_argument(text: str) -> str | None:
    """The hint for an argument of a command line that was read as an expression.

    >>> _of_argument("-p2"), _of_argument("inspct")
    ('an option and its value are two arguments: `-p 2`', 'did you mean the command inspect?')
    """
    if text in _OPTIONS:
        return f"did you mean `{_OPTIONS[text]}`?"
    if text[:1] == "-":
        for option in OPTIONS:
            flag = option.flag
            if len(flag) == 2 and text.startswith(flag) and option.read is not None:
                return f"an option and its value are two arguments: `{flag} {text[2:].lstrip('=')}`"
        if text in ("-c", "-e"):
            return "an expression needs no option: `tcalc '1 + 1'`"
        return "an option stands by itself, as `-q -x` do; `-h` lists them"
    near = closest(text, COMMANDS)
    return None if near is None else f"did you mean the command {near}?"
