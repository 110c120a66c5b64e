"""Python's own functions as a program sees them.

Most are Python's. The others either turn to PyTorch's function of the same name when an argument
is a tensor or an array, or give Lists, or keep a program inside.
"""

from __future__ import annotations

import builtins
import sys

from tcalc.compiler.support import power
from tcalc.errors import ArgumentError
from tcalc.language import attributes, classes
from tcalc.language.formatting import format_value
from tcalc.runtime.addresses import hashed, identity
from tcalc.runtime.lists import List
from tcalc.runtime.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn

# What arguments of these types mean to `max`, `sum` and the like is Python's affair alone.
_PLAIN = frozenset(
    {int, float, bool, complex, str, List, list, tuple, dict, set, frozenset, range, type(None)}
)
_MISSING = object()


class Exit(BaseException):
    """`exit()` or `quit()`: the program ends with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        # As the system keeps it; a program may have got at this class and call it as it likes.
        self.status = status & 0xFF if type(status) is int else 1


def is_tensor(value: object) -> bool:
    """Whether a value is a tensor, without loading what defines them."""
    runtime = sys.modules.get("tcalc.runtime.tensor")
    return runtime is not None and isinstance(value, runtime.Tensor)


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
    from tcalc.runtime.registry import lookup

    found = lookup(qualified)
    if found is None:
        raise ArgumentError(f"{qualified} is not there")
    return found  # type: ignore[no-any-return]


def tensor_form(function: Any) -> Any:
    """A class of Python's that PyTorch has as a function, about to be called by its name."""
    return _complex if function is complex else function


def _complex(*args: Any, **kwargs: Any) -> Any:
    """Python's complex, of one tensor too; of two tensors, PyTorch's."""
    if len(args) == 1 and not kwargs:
        return complex(args[0])
    return _parts(*args, **kwargs)


_parts = _shared("complex", complex)
_complex.__name__ = _complex.__qualname__ = "complex"
_complex.__module__ = "builtins"
# Names of such classes. The classes themselves stay what isinstance and type() need.
TENSOR_FORMS = frozenset({"complex"})


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
    return List(sorted(iterable, key=key, reverse=reverse))


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
    """End the program, with an exit status if one is given"""
    raise Exit(code if type(code) is int else 0 if code is None else 1)


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
    SyntaxError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError
    UnicodeError ValueError ZeroDivisionError Warning UserWarning DeprecationWarning
    FutureWarning RuntimeWarning SyntaxWarning
"""


def _make_builtins() -> dict[str, Any]:
    made = {name: getattr(builtins, name) for name in (*_SAME.split(), *_EXCEPTIONS.split())}
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
        max=_shared("max", max),
        min=_shared("min", min),
        sum=_shared("sum", sum),
        any=_shared("any", any),
        all=_shared("all", all),
        pow=_shared("pow", _pow),
        round=_shared("round", _round),
    )
    for name in ("id", "hash", "repr", "iter", "sorted", "getattr", "hasattr", "setattr", "exit"):
        made[name].__name__ = made[name].__qualname__ = name
        made[name].__module__ = "builtins"
    classes.NAMED.update(v for v in made.values() if isinstance(v, type))
    return made


# By name, what a program sees; `print` is put in by the session, whose stream it writes to.
BUILTINS: dict[str, Any] = _make_builtins()
