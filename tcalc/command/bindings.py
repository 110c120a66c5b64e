"""What -v NAME=… binds: an expression's value, a file's contents, or standard input's.

Expressions are parsed with the program, before anything runs, and run as assignments.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tcalc.options import UsageError, names_path
from tcalc.parser import nodes
from tcalc.source import Source

if TYPE_CHECKING:
    from tcalc.command.world import World
    from tcalc.errors import ParseError
    from tcalc.options import Options
    from tcalc.session import Session

STANDARD_INPUT = "-"


class Binding(NamedTuple):
    """One -v: exactly one of path (`-` for standard input) and tree is there, or errors are.

    columns: of a table, those to read.
    """

    name: str
    source: Source
    path: str | None = None
    tree: nodes.Module | None = None
    errors: tuple[ParseError, ...] = ()
    columns: object = None

    @property
    def file(self) -> str | None:
        """The path of the file that it reads, if it reads one."""
        return None if self.path == STANDARD_INPUT else self.path

    @property
    def statements(self) -> list[str]:
        """What binds it in a program; a remark where nothing can."""
        if self.path is None:
            return [f"{self.name} = {self.source.text}"]
        if self.path == STANDARD_INPUT:
            return [f"# {self.name} was read from standard input"]
        columns = "" if self.columns is None else f", columns={self.columns!r}"
        return [f"{self.name} = load({self.path!r}{columns})"]

    def bind(self, session: Session, world: World) -> None:
        """Give the session the variable; an error is the expression's own or the file's."""
        if self.path is not None:
            session.variables[self.name] = _contents(self.path, self.columns, session, world)
        elif self.tree is not None:
            session.run_statements(self.tree, self.source, None, [], False, _never, None)


def bindings(options: Options) -> list[Binding]:
    """The bindings that the options name, expressions parsed. UsageError for a missing file."""
    columns = chosen_columns(options)
    return [_binding(name, text, columns) for name, text in options.bindings]


def chosen_columns(options: Options) -> object:
    """What --columns asks for; None where it was not given."""
    if options.columns is None:
        return None
    from tcalc.files.columns import split

    try:
        return split(options.columns)
    except ValueError as error:
        raise UsageError(f"--columns: {error}", "names between commas: --columns a,b") from None


def _binding(name: str, text: str, columns: object) -> Binding:
    bare = text.strip()
    source = Source(bare, f"<-v {name}>")
    if bare == STANDARD_INPUT:
        return Binding(name, source, path=bare, columns=columns)
    if bare.startswith("@") or names_path(bare) or _is_data(bare):
        path = os.path.expanduser(bare.removeprefix("@"))
        if not os.path.isfile(path):
            raise UsageError(f"-v {name}: no such file: {path}")
        return Binding(name, source, path=path, columns=columns)
    from tcalc.parser import parse_all

    tree, errors = parse_all(source)
    if errors:
        return Binding(name, source, errors=tuple(errors))
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Expr):
        raise UsageError(f"-v {name}: {bare!r} is no expression")
    value = tree.body[0].value
    target = nodes.Name(value.start, value.start, name)
    tree.body = [nodes.Assign(value.start, value.end, [target], value)]
    return Binding(name, source, tree=tree)


def _is_data(text: str) -> bool:
    """Whether a value is the name of a data file rather than an expression."""
    from tcalc import files

    # A quotient is one unless a file is called that.
    return files.is_known(text) or ("/" in text and os.path.isfile(text))


def _contents(path: str, columns: object, session: Session, world: World) -> object:
    from tcalc import files
    from tcalc.files import access

    if path == STANDARD_INPUT:
        data = access.read_whole(world.stdin.buffer, "standard input")
        return files.read(data, "<stdin>", columns=columns, shell=True)
    session.allow(path)
    if files.is_known(path):
        return files.load(path, columns=columns, shell=True)
    with access.reading(path) as (file, _):
        data = access.read_whole(file, path)
    return files.read(data, path, columns=columns, shell=True)


def _never(error: Exception) -> None:
    raise error
