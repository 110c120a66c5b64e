"""`inspect`: what a function takes and how it was written, and which kind of thing a value is."""

from __future__ import annotations

from types import FunctionType, GeneratorType, MethodType

from tcalc.language.classes import Type
from tcalc.language.lent import Lent, lend
from tcalc.language.shown import FUNCTIONS
from tcalc.library.host import host
from tcalc.runtime.base.op import REQUIRED
from tcalc.runtime.base.programs import is_program
from tcalc.runtime.objects.texts import repr_of, telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_VARARGS, _VARKEYWORDS = 0x04, 0x08
# What functions of ours may have as a default that programs see; others are marks of their own.
_PLAIN = frozenset({int, float, complex, bool, str, tuple, type(None)})


class Empty(Lent):
    """Stands for a default that is not there"""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<class 'inspect._empty'>"


EMPTY: Any = Empty()


class Parameter(Lent):
    """One parameter of a function: its name, its kind and its default"""

    __slots__ = ("default", "kind", "name")
    POSITIONAL_ONLY, POSITIONAL_OR_KEYWORD, VAR_POSITIONAL, KEYWORD_ONLY, VAR_KEYWORD = range(5)
    empty = EMPTY
    _public_ = frozenset(__slots__) | {
        "POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY",
        "VAR_KEYWORD", "empty",
    }  # fmt: skip

    def __init__(self, name: str, kind: int, default: Any = EMPTY) -> None:
        self.name = name
        self.kind = kind
        self.default = default

    def __str__(self) -> str:
        star = {self.VAR_POSITIONAL: "*", self.VAR_KEYWORD: "**"}.get(self.kind, "")
        tail = "" if self.default is EMPTY else f"={repr_of(self.default)}"
        return f"{star}{self.name}{tail}"

    @telling(lambda self: [("default", self.default)])
    def __repr__(self) -> str:
        return f'<Parameter "{self}">'


class Signature(Lent):
    """What a function takes: its parameters by name"""

    __slots__ = ("parameters",)
    empty = EMPTY
    _public_ = frozenset({"empty", "parameters"})

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = {parameter.name: parameter for parameter in parameters}

    def __str__(self) -> str:
        return f"({', '.join(self._written())})"

    @telling(lambda self: [(name, p.default) for name, p in self.parameters.items()])
    def __repr__(self) -> str:
        return f"<Signature {self}>"

    def _written(self) -> Iterator[str]:
        before = -1
        for parameter in self.parameters.values():
            if before == Parameter.POSITIONAL_ONLY != parameter.kind:
                yield "/"
            if parameter.kind == Parameter.KEYWORD_ONLY and before < Parameter.VAR_POSITIONAL:
                yield "*"
            yield str(parameter)
            before = parameter.kind
        if before == Parameter.POSITIONAL_ONLY:
            yield "/"


def signature(obj: Any, /) -> Signature:
    """What a function, a method or a class takes: signature(f).parameters"""
    function, skipped = obj, 0
    if isinstance(obj, type):
        function, skipped = getattr(obj, "__init__", None), 1
    elif type(obj) is MethodType:
        function, skipped = obj.__func__, 1
    if type(function) is not FunctionType:
        raise TypeError(f"{repr_of(obj)} is not a callable object whose parameters are known")
    op = getattr(function, "__op__", None)
    params = getattr(function, "__params__", op.params) if op is not None else None
    found = _of_op(params) if params is not None else _of_function(function)
    return Signature(list(found)[skipped:])


def _of_op(params: Iterable[Any]) -> Iterator[Parameter]:
    for p in params:
        kind = Parameter.VAR_POSITIONAL if p.variadic else Parameter.POSITIONAL_OR_KEYWORD
        kind = Parameter.KEYWORD_ONLY if p.keyword_only else kind
        yield Parameter(p.name, kind, EMPTY if p.default is REQUIRED else _shown(p.default))


def _of_function(function: FunctionType) -> Iterator[Parameter]:
    code, own = function.__code__, is_program(function.__code__)
    names, count, keywords = code.co_varnames, code.co_argcount, code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    by_keyword = function.__kwdefaults__ or {}
    given = dict(zip(names[count - len(defaults) : count], defaults))
    for at, name in enumerate(names[:count]):
        first = at < code.co_posonlyargcount
        kind = Parameter.POSITIONAL_ONLY if first else Parameter.POSITIONAL_OR_KEYWORD
        yield Parameter(name, kind, _default(given, name, own))
    at = count + keywords
    if code.co_flags & _VARARGS:
        yield Parameter(names[at], Parameter.VAR_POSITIONAL)
        at += 1
    for name in names[count : count + keywords]:
        yield Parameter(name, Parameter.KEYWORD_ONLY, _default(by_keyword, name, own))
    if code.co_flags & _VARKEYWORDS:
        yield Parameter(names[at], Parameter.VAR_KEYWORD)


def _default(given: dict[str, Any], name: str, own: bool) -> Any:
    if name not in given:
        return EMPTY
    return given[name] if own else _shown(given[name])


def _shown(default: Any) -> Any:
    return default if type(default) in _PLAIN else ...


def getsource(object: Any, /) -> str:
    """The text of a function or a class of the program"""
    text = host.source(object)
    if text is None:
        raise OSError("could not get source code")
    return text + "\n"


def getdoc(object: Any, /) -> str | None:
    """What is documented of a function or a class, without its indentation"""
    import inspect

    text = object.__doc__ if isinstance(object, type) or type(object) in FUNCTIONS else None
    return inspect.cleandoc(text) if type(text) is str else None


def _tells(kinds: Callable[[Any], bool], text: str) -> Callable[[Any], bool]:
    def tell(object: Any, /) -> bool:
        return kinds(object)

    tell.__doc__ = text
    return tell


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {
        **lend("inspect", Parameter, Signature),
        "getdoc": getdoc,
        "getsource": getsource,
        "isclass": _tells(lambda v: isinstance(v, Type), "Whether it is a class"),
        "isfunction": _tells(lambda v: type(v) is FunctionType, "Whether it is a function"),
        "isgenerator": _tells(lambda v: type(v) is GeneratorType, "Whether it is a generator"),
        "ismethod": _tells(lambda v: type(v) is MethodType, "Whether it is a bound method"),
        "signature": signature,
    }
