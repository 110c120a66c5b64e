"""Python's own functions as a program sees them.

Most are Python's. The others either turn to PyTorch's function of the same name when an argument
is a tensor or an array, or give Lists, or keep a program inside.
"""

from __future__ import annotations

import builtins
from importlib import import_module
from types import NoneType

from tcalc.errors import ArgumentError
from tcalc.language import attributes, classes
from tcalc.language.formatting import format_value
from tcalc.language.powers import power
from tcalc.runtime.base.addresses import hashed, identity
from tcalc.runtime.base.known import is_tensor
from tcalc.runtime.objects.lists import List, check_repeat
from tcalc.runtime.objects.pieces import in_pieces, is_long, sort
from tcalc.runtime.objects.texts import repr_of, str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# What arguments of these types mean to `max`, `sum` and the like is Python's affair alone.
_PLAIN = frozenset(
    {int, float, bool, complex, str, List, list, tuple, dict, set, frozenset, range, type(None)}
)
_MISSING = object()


class Exit(BaseException):
    """The program ends, with a status or a message. Programs know it as `SystemExit`."""

    _public_ = frozenset({"code"})

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.code = args[0] if len(args) == 1 else args or None
        # As the system keeps it.
        self.status = self.code & 0xFF if type(self.code) is int else int(self.code is not None)
        # What is said then; a program's objects are asked here, where they may fail.
        self.told = "" if type(self.code) in (int, NoneType) else str_of(self.code)


Exit.__name__ = Exit.__qualname__ = "SystemExit"
Exit.__module__ = "builtins"


def _shared(name: str, own: Callable[..., Any], tensors: str = "") -> Callable[..., Any]:
    """A function that Python and PyTorch both have: PyTorch's for tensors."""
    qualified = tensors or f"torch.{name}"

    def call(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if type(value) not in _PLAIN and is_tensor(value):
                return _torch(qualified)(*args, **kwargs)
        if not args and is_tensor(kwargs.get("input")):
            return _torch(qualified)(**kwargs)
        return own(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = own.__doc__
    call.__module__ = "builtins"
    return call


def _torch(qualified: str) -> Callable[..., Any]:
    from tcalc.runtime.base.registry import lookup

    found: Callable[..., Any] | None = lookup(qualified)
    if found is None:
        raise ArgumentError(f"{qualified} is not there")
    return found


def tensor_form(function: Any) -> Any:
    """What is called where a class of Python's is called by its name: PyTorch has a function of
    that name, or what it is made of may be long."""
    return _FORMS.get(function, function) if type(function) is type else function


def _complex(*args: Any, **kwargs: Any) -> Any:
    """Python's complex, of one tensor too; of two tensors, PyTorch's."""
    if len(args) == 1 and not kwargs:
        return complex(args[0])
    return _parts(*args, **kwargs)


_parts = _shared("complex", complex)
_complex.__name__ = _complex.__qualname__ = "complex"
_complex.__module__ = "builtins"


def _filled(kind: type) -> Callable[..., Any]:
    """What makes a container of Python's, with pauses for signals."""

    def make(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and is_long(args[0]) and type(args[0]) is not dict:
            if type(args[0]) is range:  # whose length is known before anything is made
                check_repeat(8, len(args[0]), f"a {kind.__name__} of {len(args[0])}")
            return kind(in_pieces(args[0]), **kwargs)
        return kind(*args, **kwargs)

    return make


def _filter(*args: Any) -> Any:
    """Python's filter, which may pass over many items in one go."""
    return filter(args[0], in_pieces(args[1])) if len(args) == 2 else filter(*args)


# Such classes, and their names. The classes themselves stay what isinstance and type() need.
_FORMS: dict[Any, Callable[..., Any]] = {
    complex: _complex,
    filter: _filter,
    **{kind: _filled(kind) for kind in (List, tuple, dict, set, frozenset)},
}
TENSOR_FORMS = frozenset({"complex", "filter", "list", "tuple", "dict", "set", "frozenset"})


def _pow(base: Any, exp: Any, mod: Any = None) -> Any:
    return power(base, exp) if mod is None else pow(base, exp, mod)


_pow.__doc__ = pow.__doc__


def _round(number: Any, ndigits: int | None = None) -> Any:
    if isinstance(number, int) and type(ndigits) is int and ndigits < -number.bit_length():
        return 0  # which Python would find by way of 10**-ndigits
    return round(number, ndigits)


_round.__doc__ = round.__doc__


def _sorted(iterable: Iterable[Any], /, *, key: Any = None, reverse: bool = False) -> Any:
    """The items in order, in a new list"""
    made = List(in_pieces(iterable))
    sort(made, key, reverse)
    return made


def _paused(function: Callable[..., Any], most: int = 1) -> Callable[..., Any]:
    """A function of an iterable with pauses for signals; most: with how many arguments it is."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if 0 < len(args) <= most and is_long(args[0]):
            return function(in_pieces(args[0]), *args[1:], **kwargs)
        return function(*args, **kwargs)

    call.__doc__ = function.__doc__
    return call


def _getattr(value: Any, name: str, default: Any = _MISSING, /) -> Any:
    """getattr(object, name[, default]) -> the attribute of that name"""
    if default is _MISSING:
        return attributes.read(value, name)
    try:
        return attributes.read(value, name)
    except AttributeError:
        return default


def _hasattr(value: Any, name: str, /) -> bool:
    """Whether the object has an attribute of that name"""
    try:
        attributes.read(value, name)
    except AttributeError:
        return False
    return True


def _setattr(value: Any, name: str, new: Any, /) -> None:
    """setattr(object, name, value): the same as object.name = value"""
    attributes.write(value, name, new)


def _iter(iterable: Any, sentinel: Any = _MISSING, /) -> Any:
    """iter(iterable) -> an iterator; iter(callable, sentinel): one that calls until the sentinel"""
    if sentinel is _MISSING:
        return iter(iterable)
    from tcalc.language.iterators import callable_iterator

    return callable_iterator(iterable, sentinel)


def _exit(code: Any = None, /) -> NoReturn:
    """End the program, with an exit status or a message if one is given"""
    raise Exit(*(() if code is None else (code,)))


# What C code imports when a program calls it: `str` and `int` of long numbers, `\N{…}` in
# `decode`, parsing of times, and what NumPy's C code puts off.
_LOADED_BY_C = frozenset(
    {
        "_pylong", "decimal", "unicodedata", "_strptime", "time", "datetime", "copyreg",
        "encodings", "io", "warnings", "typing", "_collections_abc", "collections.abc",
    }
)  # fmt: skip


def load_for_c(name: str, *_: Any) -> None:
    """`__import__` for C code that runs among a program's names, which cannot spell it.

    C code calls it with a name of its own, for the effect alone, and then takes the module from
    `sys.modules`: there is nothing to give back, whoever may call.
    """
    if name not in _LOADED_BY_C and not name.startswith("numpy."):
        raise ImportError(f"{name} is not imported among a program's names")
    __import__(name)


# The same as Python's: name by name.
_SAME = """
    range len enumerate zip map filter reversed int float bool tuple dict set frozenset
    slice object super property staticmethod classmethod isinstance issubclass callable chr ord hex bin oct next divmod abs complex NotImplemented Ellipsis
"""
_EXCEPTIONS = """
    Exception ArithmeticError AssertionError AttributeError BufferError EOFError FileExistsError
    FileNotFoundError FloatingPointError ImportError IndexError KeyError LookupError MemoryError
    ModuleNotFoundError NameError NotADirectoryError NotImplementedError IsADirectoryError OSError
    IOError OverflowError PermissionError RecursionError ReferenceError RuntimeError StopIteration
    SyntaxError TimeoutError TypeError UnboundLocalError UnicodeError ValueError ZeroDivisionError Warning UserWarning DeprecationWarning
    FutureWarning RuntimeWarning SyntaxWarning KeyboardInterrupt BlockingIOError BrokenPipeError
    BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError
    ConnectionResetError EnvironmentError ImportWarning IndentationError
    InterruptedError PendingDeprecationWarning ProcessLookupError ResourceWarning SystemError
    TabError UnicodeWarning
"""


def _make_builtins() -> dict[str, Any]:
    made = {name: getattr(builtins, name) for name in (*_SAME.split(), *_EXCEPTIONS.split())}
    made.update({kind.__name__: UnicodeError for kind in classes.UNCHECKED})
    made.update(
        id=identity,
        hash=hashed,
        repr=repr_of,
        iter=_iter,
        str=classes.Text,
        list=List,
        type=classes.Type,
        format=format_value,
        sorted=_sorted,
        getattr=_getattr,
        hasattr=_hasattr,
        setattr=_setattr,
        exit=_exit,
        quit=_exit,
        SystemExit=Exit,
        max=_shared("max", _paused(max)),
        min=_shared("min", _paused(min)),
        sum=_shared("sum", _paused(sum, 2)),
        any=_shared("any", _paused(any)),
        all=_shared("all", _paused(all)),
        pow=_shared("pow", _pow),
        round=_shared("round", _round),
    )
    for name in ("id", "hash", "repr", "iter", "sorted", "getattr", "hasattr", "setattr", "exit"):
        made[name].__name__ = made[name].__qualname__ = name
        made[name].__module__ = "builtins"
    classes.NAMED.update(v for v in made.values() if isinstance(v, type))
    return made


# Built-ins that few programs use, loaded with the first of them: in which module, as what.
LATER = {
    "ascii": ("lookups", "ascii_"),
    "bar": ("plotting.plots", "bar"),
    "bytearray": ("bytestrings", "ByteArray"),
    "bytes": ("bytestrings", "Bytes"),
    "delattr": ("lookups", "delattr_"),
    "dir": ("lookups", "dir_"),
    "globals": ("lookups", "globals_"),
    "heat": ("plotting.plots", "heat"),
    "hist": ("plotting.plots", "hist"),
    "imshow": ("plotting.plots", "imshow"),
    "locals": ("lookups", "locals_"),
    "open": ("textfiles", "opened"),
    "plot": ("plotting.plots", "plot"),
    "vars": ("lookups", "vars_"),
}


def later(name: str) -> Any:
    """One of them."""
    home, own = LATER[name]
    return getattr(import_module(f"tcalc.language.{home}"), own)


# By name, what a program sees; `print` is put in by the session, whose stream it writes to.
BUILTINS: dict[str, Any] = _make_builtins()
