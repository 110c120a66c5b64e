"""The program that a value needs: the text of its classes and functions, and what those name.

A name that a text takes from around it is found where Python would find it: in the function's
closure, in the variables of its program, else among what is built in. What it stands for then is
gathered too: modules and their members as imports, classes and functions as text, all else as
values. The text comes out as one program, in which what a class needs to be made stands before it.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem
from tcalc.language.active import ACTIVE
from tcalc.language.classes import body_of, is_program, is_special, is_users
from tcalc.language.namespace import Namespace
from tcalc.language.programs import ProgramModule
from tcalc.language.scripted.known import qualified_name
from tcalc.library.jit.planned import Planned

if TYPE_CHECKING:
    from tcalc.parser.nodes import Node
    from tcalc.source import Source


class Program:
    """What was gathered so far. parts: of the text, in order. variables: the values, by name."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.variables: dict[str, Any] = {}
        # What each name of the program stands for: the same for all that is gathered.
        self._names: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """The program."""
        return "\n".join(self.parts)

    def name_of(self, value: Any) -> str | None:
        """The name of a program's class or function, which is gathered; None for anything else."""
        function = value.function if isinstance(value, Planned) else value
        function = getattr(function, "__func__", function)
        if isinstance(value, type) and is_users(value):
            self.add(value.__name__, value)
            return value.__name__
        if type(function) is FunctionType and is_program(function.__code__):
            name = _name_of_function(function)
            self.add(name, value)
            return name
        return None

    def add(self, name: str, value: Any) -> None:
        """Let a name of the program stand for a value; what that needs comes with it."""
        if name in self._names:
            if self._names[name] is not value and not _are_same(self._names[name], value):
                raise refused(name, "stands for different values in different parts of it")
            return
        self._names[name] = value
        imported = _import(name, value)
        if imported is not None:
            self.parts.insert(0, imported)
        elif isinstance(value, ProgramModule):
            raise refused(
                name,
                f"is a module of yours, '{value.qualified}'",
                f"take the names from it: from {value.qualified} import …",
            )
        elif _is_defined(value):
            self._define(name, value)
        else:
            self.variables[name] = value

    def _define(self, name: str, value: Any) -> None:
        """Add the text of a class or a function, between what it needs before it and the rest."""
        from tcalc.parser import parse
        from tcalc.parser.scopes import free_names
        from tcalc.source import Source

        function = value.function if isinstance(value, Planned) else value
        found = ACTIVE[-1].definition_of(function)
        if found is None:
            raise refused(name, "has no text in the program")
        text, own = _text(name, *found)
        if own != name:
            self.add(own, value)
            self.parts.append(f"{name} = {own}")
            return
        around = _around(function)
        now, later = free_names(parse(Source(text)))
        for needed in sorted(now):
            self._need(needed, around, own)
        self.parts.append(text)
        for needed in sorted(later - now):
            self._need(needed, around, own)

    def _need(self, name: str, around: dict[str, Any], by: str) -> None:
        if name in around:
            self.add(name, around[name])
        elif ACTIVE[-1].namespace.visible(name) is None and not is_special(name):
            raise refused(by, f"uses '{name}', which is not there")


def _is_defined(value: Any) -> bool:
    """Whether a value is made by text of a program: a class, a function, or one run as a plan."""
    if isinstance(value, type):
        return is_users(value)
    function = value.function if isinstance(value, Planned) else value
    return type(function) is FunctionType and is_program(function.__code__)


def _name_of_function(function: FunctionType) -> str:
    name = function.__name__
    return name if name.isidentifier() else "_lambda"


def _are_same(a: Any, b: Any) -> bool:
    """Whether two values are the same to a program that only reads them."""
    return type(a) is type(b) and type(a) in (int, float, str, bool, complex) and a == b


def _around(value: Any) -> dict[str, Any]:
    """The variables that a function, or a class and its methods, find around themselves."""
    functions = [value]
    if isinstance(value, type):
        functions = [body_of(value), *map(_plain, vars(value).values())]
    found: dict[str, Any] = {}
    for function in functions:
        if type(function) is not FunctionType or not is_program(function.__code__):
            continue
        found.update(function.__globals__)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            try:
                found[name] = cell.cell_contents
            except ValueError:  # not bound yet
                continue
    return found


def _plain(member: Any) -> Any:
    """The function of a class's member."""
    if isinstance(member, Planned):
        return member.function
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


def _import(name: str, value: Any) -> str | None:
    """The line that gives a name what a module of ours has; None for what is a program's."""
    if type(value) is Namespace:
        bound = value.qualified
        return f"import {bound}" if bound == name else f"import {bound} as {name}"
    qualified = qualified_name(value)
    if qualified is None:
        return None
    home, _, member = qualified.rpartition(".")
    bound = member if member == name else f"{member} as {name}"
    return f"from {home} import {bound}"


def _text(name: str, source: Source, node: Node) -> tuple[str, str]:
    """The text of a definition as a program of its own, and the name that it binds."""
    from tcalc.parser import nodes

    if isinstance(node, nodes.Lambda):
        return f"{name} = {source.text[node.start : node.end]}", name
    assert isinstance(node, (nodes.FunctionDef, nodes.ClassDef))
    start = node.start
    for decorator in node.decorator_list[:1]:
        start = source.text.rindex("@", 0, decorator.start)
    line = source.line_starts[source.line_of(start) - 1]
    inset = source.text[line:start]
    text = source.text[start : node.end]
    if inset and not inset.strip():
        # Lines within strings must stay as they are, so the block is not moved but put into one.
        return f"if True:\n{inset}{text}", node.name
    return text, node.name


def refused(name: str, reason: str, hint: str | None = None) -> FileProblem:
    """The error for what a file cannot hold, by its name."""
    return FileProblem(f"jit.save(): '{name}' cannot be kept in a file: it {reason}", hint=hint)
