"""The functions that compiled code calls, by names that no program can spell."""

from __future__ import annotations

from tcalc.errors import ArgumentError
from tcalc.language import attributes
from tcalc.language.classes import is_users
from tcalc.language.formatting import CONVERSIONS, Template, field, format_value, percent
from tcalc.language.powers import power, power_in_place, shift, shift_in_place
from tcalc.parser.grammar import XOR_HINT
from tcalc.runtime.base.known import has_bools
from tcalc.runtime.objects.lists import ARRAYS, FILLED, List, check_repeat, settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def xor(left: Any, right: Any) -> Any:
    """`left ^ right` of bools and sets, and what a program's class defines; nothing else."""
    _check_xor(left, right)
    return left ^ right


def _xor_in_place(left: Any, right: Any) -> Any:
    _check_xor(left, right)
    _items(left)
    left ^= right
    return left


def _check_xor(left: Any, right: Any) -> None:
    if any(isinstance(v, _SETS) or is_users(type(v)) for v in (left, right)):
        return  # Python's, also where it refuses
    for value in (left, right):
        if not _is_boolean(value):
            kinds = " and ".join(_kind_of(v) for v in (left, right))
            raise ArgumentError(
                f"`^` between {kinds} could mean a power or exclusive or", hint=XOR_HINT
            )


_SETS: tuple[type, ...] = (set, frozenset, type({}.keys()), type({}.items()))


def _is_boolean(value: Any) -> bool:
    """Whether a value is a bool, or a tensor, an array or a list of nothing but bools."""
    if isinstance(value, list):
        return bool(value) and all(_is_boolean(v) for v in value)
    return type(value) is bool or has_bools(value)


def _kind_of(value: Any) -> str:
    """What a value is, for a message: its type, of a tensor its dtype too."""
    kind = type(value).__name__
    dtype = getattr(value, "dtype", None)
    return kind if dtype is None else f"{kind} of {str(dtype).removeprefix('torch.')}"


def repeat(left: Any, right: Any) -> Any:
    """`left * right` where one of them may be text or a tuple."""
    for sequence, count in ((left, right), (right, left)):
        if type(count) is int and type(sequence) in (str, tuple):
            unit = 8 if type(sequence) is tuple else 4
            check_repeat(unit * len(sequence), count, "the result")
    return left * right


def relist(value: Any) -> Any:
    """What a subscript gave; a slice of a list is a List too."""
    return List(value) if type(value) is list else value


def _or_in_place(value: Any, operand: Any) -> Any:
    _items(value)
    value |= operand
    return value


def _and_in_place(value: Any, operand: Any) -> Any:
    _items(value)
    value &= operand
    return value


def _minus_in_place(value: Any, operand: Any) -> Any:
    _items(value)
    value -= operand
    return value


def _modulo_in_place(value: Any, operand: Any) -> Any:
    _items(value)
    if type(value) is str:
        return percent(value, operand)
    value %= operand
    return value


def _update_attribute(apply: Callable[..., Any], value: Any, name: str, operand: Any) -> None:
    attributes.write(value, name, apply(attributes.read(value, name), operand))


def _items(container: Any) -> Any:
    """What items are about to be assigned to, unless it is an array of objects.

    NumPy's own operators can make one (of integers too large for it, from a tuple). With a
    program's objects in it, NumPy's loops would go on with elements that their methods replaced.
    """
    if type(container) in ARRAYS and container.dtype.hasobject:
        raise TypeError("an array of objects cannot be assigned to")
    return container


def numbers(left: Any) -> Any:
    """The left side of `%`, unless it is an array of text or objects; text that fills itself.

    In such an array `%` asks a program's objects for their text amid NumPy's loop.
    """
    if type(left) is str:
        return Template(left)
    if type(left) in ARRAYS:
        from tcalc.runtime.types.codes import KNOWN  # which formulas of plain numbers do without

        if left.dtype.char not in KNOWN:
            raise TypeError("% takes arrays of numbers")
    return left


class _Sliced:
    """A list of which a slice is a target."""

    __slots__ = ("items",)

    def __init__(self, items: Any) -> None:
        self.items = items

    def __setitem__(self, index: Any, value: Any) -> None:
        self.items[index] = settled(index, value)

    def __getitem__(self, index: Any) -> Any:
        return relist(self.items[index])

    def __delitem__(self, index: Any) -> None:
        del self.items[index]


def _sliced(container: Any) -> Any:
    """What a slice, or what may be one, is about to be assigned to."""
    return _Sliced(container) if type(container) is List else _items(container)


def _update_item(apply: Callable[..., Any], container: Any, index: Any, operand: Any) -> None:
    container = _sliced(container) if type(index) is slice else _items(container)
    container[index] = apply(container[index], operand)


def _place(value: Any, kinds: set[type]) -> Any:
    return value if type(value) in kinds else attributes.Target(value)


def _no_name(name: str) -> None:
    raise NameError(f"name '{name}' is not defined", name=name)


def _delayed(function: Any, first: Callable[[], Any], /, *rest: Any, **keywords: Any) -> Any:
    """A call of what may be an op that takes its first argument unevaluated."""
    if hasattr(function, "__delayed__"):
        return function.__delayed__(first)
    op = getattr(function, "__op__", None) if hasattr(function, "__code__") else None
    if op is not None and op.delayed:
        return op.call_delayed(first, *rest, **keywords)
    return function(first(), *rest, **keywords)


SUPPORT: dict[str, Any] = {
    "type ": type,
    "list ": List,
    "read ": attributes.read,
    "target ": attributes.Target,
    "place ": _place,
    "items ": _items,
    "sliced ": _sliced,
    "numbers ": numbers,
    "filled ": FILLED,
    "arrays ": ARRAYS,
    "slice ": relist,
    "power ": power,
    "power in place ": power_in_place,
    "shift ": shift,
    "shift in place ": shift_in_place,
    "or in place ": _or_in_place,
    "and in place ": _and_in_place,
    "minus in place ": _minus_in_place,
    "modulo in place ": _modulo_in_place,
    "update attribute ": _update_attribute,
    "update item ": _update_item,
    "xor ": xor,
    "xor in place ": _xor_in_place,
    "repeat ": repeat,
    "percent ": percent,
    "format ": format_value,
    "field ": field,
    **{f"{letter} ": convert for letter, convert in CONVERSIONS.items()},
    "no name ": _no_name,
    "delayed ": _delayed,
    "Exception ": Exception,
}
