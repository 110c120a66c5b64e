"""Command lines taken apart for programs: Python's `argparse`, given nothing but what was checked.

Programs hold objects of ours around Python's own, which never meet a namespace of the program's,
open no file and look up no attribute by a name of the program's.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager

from tcalc.errors import without_addresses
from tcalc.language import attributes
from tcalc.language.builtins import Exit
from tcalc.language.formatting import check_spec
from tcalc.language.instances import Values, field
from tcalc.language.lent import Lent, need_text
from tcalc.language.streams import put_aside
from tcalc.language.surroundings import current
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import silent
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_ACTIONS = frozenset({
    "append", "append_const", "count", "extend", "help", "store", "store_const", "store_false",
    "store_true", "version",
})  # fmt: skip
_GROWING = frozenset({"append", "append_const", "extend"})
_NARGS = (None, "?", "*", "+", argparse.REMAINDER, argparse.PARSER)
_TEXTS = frozenset({"dest", "description", "epilog", "help", "prog", "title", "usage", "version"})
_FLAGS = frozenset({"add_help", "allow_abbrev", "required"})


class Token(Lent):
    """Names something of Python's in the arguments of a call"""

    __slots__ = ("kind", "name")

    def __init__(self, kind: Any) -> None:
        self.kind, self.name = kind, kind.__name__

    def __repr__(self) -> str:
        return f"<class 'argparse.{self.name}'>"


class Namespace(Values):
    """What a command line gave, by names"""

    __module__ = "argparse"

    def __contains__(self, key: object) -> bool:
        return key in self.__dict__


class _Parser(argparse.ArgumentParser):
    """Python's parser, whose words and ends are a program's."""

    def _print_message(self, message: str, file: Any = None) -> None:
        text = without_addresses(message)
        if file is sys.stderr:
            put_aside(text)
        else:
            current().write(text)

    def exit(self, status: int = 0, message: str | None = None) -> Any:
        if message:
            self._print_message(message, sys.stderr)
        raise Exit(status)


def _texts(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a call, with the texts among them checked."""
    for name, value in options.items():
        if name in _TEXTS and value is not None:
            check_spec(need_text(name, value))
        elif name in _FLAGS:
            options[name] = bool(value)
    return options


def _need(options: dict[str, Any], known: str, what: str) -> dict[str, Any]:
    for name in options:
        if name not in known.split():
            raise TypeError(f"{what}() got an unexpected keyword argument '{name}'")
    return _texts(options)


def _converter(kind: Any) -> Callable[[str], Any]:
    """A function of the program's, or of ours, that values are made by."""
    if not callable(kind):
        raise ValueError(f"{repr_of(kind)} is not callable")

    def convert(text: str) -> Any:
        return kind(text)

    try:
        name = attributes.read(kind, "__name__")
    except AttributeError:
        name = repr_of(kind)
    convert.__name__ = name if type(name) is str else repr_of(kind)
    return convert


class Action(Lent):
    """An argument that a parser takes"""

    __slots__ = ("dest",)
    _public_ = frozenset({"dest"})

    def __init__(self, dest: str) -> None:
        self.dest = dest


@contextmanager
def _told() -> Iterator[None]:
    """Python's error holds the argument itself, with which any object's attributes can be set."""
    try:
        yield
    except argparse.ArgumentError as error:
        raise ValueError(str(error)) from None


class Container(Lent):
    """What arguments are added to: a parser or a group of its arguments."""

    __slots__ = ("inner",)
    _public_ = frozenset({
        "add_argument", "add_argument_group", "add_mutually_exclusive_group", "get_default",
        "set_defaults",
    })  # fmt: skip
    inner: Any

    @silent
    def add_argument(self, *name_or_flags: str, **kwargs: Any) -> Action:
        """Take an argument: `--name`, or one without dashes by its place

        parser.add_argument("--lr", type=float, default=0.1, help="step size")
        """
        known = "action nargs const default type choices required help metavar dest version"
        options = _need(kwargs, known, "add_argument")
        for flag in name_or_flags:
            # What it is called where nothing says otherwise; known before anything is added.
            name = need_text("the name of an argument", flag).lstrip(self.inner.prefix_chars)
            field(name.replace("-", "_"))
        if options.get("dest") is not None:
            field(options["dest"])
        action = options.get("action", "store")
        if type(action) is Token and action.kind is argparse.BooleanOptionalAction:
            options["action"] = action.kind
        elif type(action) is not str or action not in _ACTIONS:
            raise ValueError(f"unknown action {repr_of(action)}")
        nargs = options.get("nargs")
        if type(nargs) is not int and (type(nargs) not in (str, type(None)) or nargs not in _NARGS):
            raise ValueError(f"nargs may be an int, '?', '*', '+' or REMAINDER, not {nargs!r}")
        if options.get("type") is not None:
            options["type"] = _converter(options["type"])
        if options.get("choices") is not None:
            options["choices"] = _choices(options["choices"])
        if "metavar" in options and options["metavar"] is not None:
            options["metavar"] = _metavar(options["metavar"])
        if action in _GROWING and options.get("default") is not None:
            options["default"] = [*options["default"]]
        with _told():
            made = self.inner.add_argument(*name_or_flags, **options)
        return Action(made.dest)

    def add_argument_group(self, title: str | None = None, description: str | None = None) -> Group:
        """A part of the help with arguments of its own"""
        texts = _texts({"title": title, "description": description})
        return Group(self.inner.add_argument_group(**texts))

    def add_mutually_exclusive_group(self, *, required: bool = False) -> Group:
        """Arguments of which one may be given"""
        return Group(self.inner.add_mutually_exclusive_group(required=bool(required)))

    def set_defaults(self, **kwargs: Any) -> None:
        """What arguments are that are not given"""
        self.inner.set_defaults(**{field(name): value for name, value in kwargs.items()})

    def get_default(self, dest: str) -> Any:
        """What an argument is that is not given"""
        return self.inner.get_default(need_text("dest", dest))


def _choices(given: Any) -> Any:
    return given if type(given) is range else tuple(given)


def _metavar(given: Any) -> Any:
    if type(given) is tuple:
        return tuple([need_text("metavar", part) for part in given])
    return need_text("metavar", given)


class Group(Container):
    """Some of a parser's arguments"""

    __slots__ = ()

    def __init__(self, inner: Any) -> None:
        self.inner = inner


class Subparsers(Lent):
    """The commands that a parser takes"""

    __slots__ = ("inner",)
    _public_ = frozenset({"add_parser"})

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def add_parser(self, name: str, **kwargs: Any) -> ArgumentParser:
        """Take a command with arguments of its own"""
        more: dict[str, Any] = {
            key: kwargs.pop(key) for key in ("aliases", "help") if key in kwargs
        }
        if "aliases" in more:
            more["aliases"] = [need_text("an alias", alias) for alias in more["aliases"]]
        options = {**_parser_options(kwargs), **_texts(more)}
        with _told():
            inner = self.inner.add_parser(need_text("a command", name), **options)
        return ArgumentParser._around(inner)


def _parser_options(given: dict[str, Any]) -> dict[str, Any]:
    known = (
        "prog usage description epilog formatter_class prefix_chars argument_default "
        "conflict_handler add_help allow_abbrev parents"
    )
    options = _need(given, known, "ArgumentParser")
    if "formatter_class" in options:
        token = options["formatter_class"]
        if type(token) is not Token or not issubclass(token.kind, argparse.HelpFormatter):
            raise TypeError("formatter_class must be one of argparse's")
        options["formatter_class"] = token.kind
    if "prefix_chars" in options:
        need_text("prefix_chars", options["prefix_chars"])
    handler = options.get("conflict_handler", "error")
    if type(handler) is not str or handler not in ("error", "resolve"):
        raise ValueError("conflict_handler may be 'error' or 'resolve'")
    if "parents" in options:
        options["parents"] = [_inner(parent) for parent in options["parents"]]
    if sys.version_info >= (3, 14):
        options["color"] = False
    return options


def _inner(parser: Any) -> Any:
    if type(parser) is not ArgumentParser:
        raise TypeError("parents must be parsers")
    return parser.inner


class ArgumentParser(Container):
    """Takes the arguments of a program apart

    parser = argparse.ArgumentParser(description="trains")
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()
    """

    __slots__ = ()
    _public_ = Container._public_ | {
        "add_subparsers", "description", "epilog", "error", "exit", "format_help", "format_usage",
        "parse_args", "parse_known_args", "print_help", "print_usage", "prog", "usage",
    }  # fmt: skip

    def __init__(self, prog: str | None = None, **kwargs: Any) -> None:
        options = _parser_options({"prog": prog, **kwargs})
        if options["prog"] is None:
            first = current().argv[:1]
            name = first[0] if first and type(first[0]) is str else ""
            options["prog"] = os.path.basename(name) or "tcalc"
        with _told():
            self.inner = _Parser(**options)

    @classmethod
    def _around(cls, inner: Any) -> ArgumentParser:
        made = object.__new__(cls)
        made.inner = inner
        return made

    prog = property(lambda self: self.inner.prog)
    usage = property(lambda self: self.inner.usage)
    description = property(lambda self: self.inner.description)
    epilog = property(lambda self: self.inner.epilog)

    def add_subparsers(self, **kwargs: Any) -> Subparsers:
        """Take one of several commands"""
        known = "title description prog required help metavar dest"
        options = _need(kwargs, known, "add_subparsers")
        if options.get("dest") is not None:
            field(options["dest"])
        if options.get("metavar") is not None:
            options["metavar"] = need_text("metavar", options["metavar"])
        with _told():
            return Subparsers(self.inner.add_subparsers(**options))

    def parse_args(self, args: Any = None, namespace: None = None) -> Namespace:
        """What the arguments are; without a list of them, the program's own"""
        found, rest = self.parse_known_args(args, namespace)
        if rest:
            self.inner.error(f"unrecognized arguments: {' '.join(rest)}")
        return found

    def parse_known_args(self, args: Any = None, namespace: None = None) -> tuple[Namespace, List]:
        """What the arguments are, and a list of those that the parser does not know"""
        effect("parse_args")
        if namespace is not None:
            raise TypeError("parse_args() makes a new Namespace: namespace= is not taken")
        given = current().argv[1:] if args is None else [*args]
        texts = [need_text("an argument", text) for text in given]
        with _told():
            found, rest = self.inner.parse_known_args(texts)
        made = Namespace()
        for name, value in vars(found).items():
            made.__dict__[field(name)] = List(value) if type(value) is list else value
        return made, List(rest)

    def format_help(self) -> str:
        """The help as text"""
        return without_addresses(self.inner.format_help())

    def format_usage(self) -> str:
        """The first lines of the help as text"""
        return without_addresses(self.inner.format_usage())

    def print_help(self, file: Any = None) -> None:
        """Show the help"""
        self._print(self.format_help(), file)

    def print_usage(self, file: Any = None) -> None:
        """Show the first lines of the help"""
        self._print(self.format_usage(), file)

    def _print(self, text: str, file: Any) -> None:
        effect("print_help")
        if file is None:
            current().write(text)
        else:
            attributes.read(file, "write")(text)

    def error(self, message: str) -> None:
        """Say what is wrong with the arguments, and end the program with status 2"""
        self.inner.error(need_text("message", message))

    def exit(self, status: int = 0, message: str | None = None) -> None:
        """End the program"""
        self.inner.exit(status, None if message is None else need_text("message", message))


for _kind in (Action, Group, Subparsers):
    _kind.__module__ = "argparse"
