"""What a parameter takes: the kinds of PyTorch's schemas, and how an argument becomes one.

An op's definition names the kind of every parameter that is no tensor in its annotation:

    dim: int | None        one int, or None
    size: Ints             an int, or a list of ints
    value: Data | Scalar   a tensor (or data for one), else a number

Conversion happens once, before a kernel runs. What a program defines itself (an object with
`__index__`, say) is asked once, and only the exact int, float, complex or bool that it gives goes
on; what is of no kind that the parameter takes is refused. NumPy is not needed here: tensors and
NumPy's numbers are known through `element`, which `tensor` sets, and types such as dtype define
their kinds where they are defined.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.runtime.base.symbols import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    # From a value to what goes on, or NO, or TOO_LARGE.
    Take = Callable[[object], object]

# What a kind gives for a value that is not of it, and for a number that it has no room for.
NO: Any = object()
TOO_LARGE: Any = object()

LEAST, MOST = -(1 << 63), (1 << 63) - 1
KINDS: dict[str, Kind] = {}


class Kind:
    """One kind of argument.

    label: what messages call it. take: from a value to what goes on, or NO, or TOO_LARGE.
    passes: Python source of a test on `{0}` that what goes on as it is passes; None where
    `take` has to look.
    """

    __slots__ = ("label", "passes", "take")

    def __init__(self, label: str, take: Take, passes: str | None = None) -> None:
        self.label = label
        self.take = take
        self.passes = passes


def define(name: str, label: str, take: Take, passes: str | None = None) -> None:
    """Give a kind the name by which annotations know it."""
    KINDS[name] = Kind(label, take, passes)


class Elements:
    """How the one number of a tensor, or of one of NumPy's scalars, is read.

    types: those that hold numbers. read: from one of them to a Python number, or NO where it holds
    more than one. Set where the types are defined.
    """

    __slots__ = ("read", "types")

    def __init__(self) -> None:
        self.types: tuple[type, ...] = ()
        self.read: Callable[[Any], Any] = lambda value: NO


element = Elements()


# -- numbers ----------------------------------------------------------------------------------


def take_int(value: Any) -> Any:
    """An exact int that fits 64 bits.

    >>> take_int(3), take_int(2.0) is NO, take_int(True) is NO, take_int(1 << 70) is TOO_LARGE
    (3, True, True, True)
    """
    kind = type(value)
    if kind is not int:
        if kind is bool or kind is float:
            return NO
        if isinstance(value, element.types):
            value = element.read(value)
        elif hasattr(kind, "__index__"):
            value = int.__pos__(operator.index(value))
        if type(value) is not int:
            return NO
    return value if LEAST <= value <= MOST else TOO_LARGE


def take_float(value: Any) -> object:
    """An exact float, also of an int or a bool.

    >>> take_float(2), take_float("2") is NO
    (2.0, True)
    """
    kind = type(value)
    if kind is float or (isinstance(value, Symbol) and type(value.value) is float):
        return value
    if kind is not int and kind is not bool:
        value = take_number(value)
        if value is NO or type(value) is complex:
            return NO
    try:
        return float(value)
    except OverflowError:
        return TOO_LARGE


_NUMBERS = frozenset({int, float, bool, complex})


def take_number(value: Any) -> Any:
    """An exact int, float, bool or complex.

    >>> take_number(2), take_number([2]) is NO
    (2, True)
    """
    kind = type(value)
    if kind in _NUMBERS or isinstance(value, Symbol):
        return value
    if isinstance(value, element.types):
        return element.read(value)
    if hasattr(kind, "__index__"):
        return int.__pos__(operator.index(value))
    if hasattr(kind, "__float__"):
        return float(value)
    return complex(value) if hasattr(kind, "__complex__") else NO


def take_bool(value: object) -> object:
    """True or False: a number is no bool."""
    if isinstance(value, element.types):
        value = element.read(value)
    return value if type(value) is bool else NO


# -- lists ------------------------------------------------------------------------------------


def several(take: Take) -> Take:
    """From how one value is taken to how one, or a list of them, is: a tuple of a list."""

    def take_several(value: object) -> object:
        if not isinstance(value, (list, tuple)):
            return take(value)
        taken = tuple(map(take, tuple(value)))
        for found in taken:
            if found is NO or found is TOO_LARGE:
                return found
        return taken

    return take_several


def _or_none(take: Take) -> Take:
    return lambda value: None if value is None else take(value)


def _exactly(*types: type) -> Take:
    return lambda value: value if type(value) in types else NO


_take_each_int = several(take_int)


def take_ints(value: object) -> object:
    """An int, or a tuple of the ints of a list.

    >>> take_ints([2, 3]), take_ints([2, "a"]) is NO
    ((2, 3), True)
    """
    if isinstance(value, (list, tuple)):
        for n in value:
            if type(n) is not int or not LEAST <= n <= MOST:
                return _take_each_int(value)
        return tuple(value)
    return take_int(value)


def whole(value: object) -> bool:
    """Whether a value is a tuple of exact ints: then it goes on as it is.

    >>> whole((2, 3)), whole([2, 3]), whole((2, True))
    (True, False, False)
    """
    if type(value) is not tuple:
        return False
    for n in value:  # noqa: SIM110 (a generator takes longer to make than this to run)
        if type(n) is not int:
            return False
    return True


# One that is too large for 64 bits is found where the kernel hands it on (see codegen.fault).
_INT = "type({0}) is int"
define("int", "int", take_int, _INT)
define("float", "float", take_float, "type({0}) is float")
define("bool", "bool", take_bool, "({0} is False or {0} is True)")
define("str", "str", _exactly(str), "type({0}) is str")
define("Scalar", "Number", take_number, "(type({0}) is float or type({0}) is int)")
define("Ints", "tuple of ints", take_ints, f"({_INT} or whole({{0}}))")
define("IntsOrNone", "tuple of ints", several(_or_none(take_int)), _INT)
define("IntLists", "int or lists of ints", several(take_ints), _INT)
define("Floats", "tuple of floats", several(take_float))
define("Function", "callable", lambda value: value if callable(value) else NO)
# Anything at all: the op itself looks at its type.
define("Object", "object", lambda value: value, "True")


# -- parameters -------------------------------------------------------------------------------


def names_of(annotation: str) -> tuple[str, ...]:
    """The kinds that an annotation names, without None.

    >>> names_of("int | None")
    ('int',)
    """
    parts = [part.strip() for part in annotation.split("|")]
    return tuple([part for part in parts if part and part != "None"])


def take(op: str, name: str, kinds: tuple[str, ...], value: object) -> Any:
    """The argument as the first of the kinds that it is of, or an error that names it.

    op, name: the op and its parameter. kinds: names of kinds.
    """
    for kind in kinds:
        known = KINDS.get(kind)
        if known is None:  # its module was never loaded, so nothing can be of it
            continue
        found = known.take(value)
        if found is TOO_LARGE:
            raise ValueProblem(
                f"Overflow when unpacking long long: {op}(): argument '{name}' does not fit "
                f"{known.label}",
                argument=name,
            )
        if found is not NO:
            return found
    labels = " or ".join(dict.fromkeys([KINDS[k].label if k in KINDS else k for k in kinds]))
    raise ArgumentError(
        f"{op}(): argument '{name}' must be {labels}, not {type(value).__name__}{_inside(value)}",
        argument=name,
    )


def _inside(value: object) -> str:
    """What a list holds that is no number, for a message."""
    if not isinstance(value, (list, tuple)):
        return ""
    types = list(dict.fromkeys([type(v).__name__ for v in value[:100]]))
    return f" of {', '.join(types[:3])}" if types else ""
