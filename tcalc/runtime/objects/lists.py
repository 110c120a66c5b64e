"""The lists of programs: Python's lists until something tensor-like touches them.

Between lists `+ += == != < <= > >= in` are Python's. `list * int` repeats, unless the list has two
or more elements, all numbers or nested lists of numbers. Every other operator, and any operator
with a tensor, an array or a number on the other side, makes a tensor of the list.
"""

from __future__ import annotations

import operator
import sys

from tcalc.runtime.objects.pieces import SIZED, sort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.runtime.tensor.tensor import Tensor

    _Base = list[Any]
else:
    _Base = list

NUMBERS = frozenset({int, float, complex, bool})
# NumPy's arrays, once it is loaded: the type that items may be assigned to only after a look.
ARRAYS: set[type] = set()
# Those, and text: what `%` looks at first.
FILLED: set[type] = {str}
_POINTER = 8
# Above zero while a search compares elements: there a number and a list are simply different.
_searching = 0


class List(_Base):
    """A list whose arithmetic makes tensors. Programs know it as `list`.

    >>> List([1, 2]) + List([3])
    [1, 2, 3]
    >>> List([0]) * 3
    [0, 0, 0]
    """

    __slots__ = ()
    # NumPy leaves mixed operators to us, and so never turns a program's objects into an array.
    __array_ufunc__ = None
    __hash__ = None

    def copy(self) -> List:
        """A shallow copy."""
        return List(self)

    def sort(self, *, key: object = None, reverse: object = False) -> None:
        """Put the items in order, in place."""
        sort(self, key, reverse)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, list):
            return List(list.__add__(self, other))
        made = _mixed(operator.add, self, other, False)
        if made is NotImplemented and not hasattr(type(other), "__radd__"):
            return list.__add__(self, other)  # which says in Python's words what is wrong
        return made

    def __radd__(self, other: object) -> object:
        if isinstance(other, list):
            return List(list.__add__(other, self))
        return _mixed(operator.add, self, other, True)

    def __iadd__(self, other: Any) -> Any:
        made = _mixed(operator.add, self, other, False)
        return list.__iadd__(self, other) if made is NotImplemented else made

    def __mul__(self, other: object) -> Any:
        if type(other) is not int or multiplies(self):
            return _arithmetic(operator.mul, self, other, False)
        check_repeat(len(self) * _POINTER, other, "the list")
        return List(list.__mul__(self, other))

    def __rmul__(self, other: object) -> Any:
        if type(other) is not int or multiplies(self):
            return _arithmetic(operator.mul, self, other, True)
        return self * other

    def __imul__(self, other: object) -> Any:
        if type(other) is not int or multiplies(self):
            return _arithmetic(operator.mul, self, other, False)
        check_repeat(len(self) * _POINTER, other, "the list")
        return list.__imul__(self, other)

    def __neg__(self) -> Tensor:
        return -as_tensor(self)

    def __pos__(self) -> Tensor:
        return +as_tensor(self)

    def __invert__(self) -> Tensor:
        return ~as_tensor(self)

    def __abs__(self) -> Tensor:
        return abs(as_tensor(self))


def as_tensor(value: object) -> Tensor:
    """A tensor of a list of numbers, with PyTorch's dtype for them."""
    from tcalc.runtime.base.registry import lookup  # which formulas of plain numbers do without

    return lookup("torch.tensor")(value)


def settled(index: object, value: Any) -> object:
    """What is assigned to an item or a slice of a list, with its items made if it is a slice.

    Python looks at the list, then asks what is assigned for its items, and goes on with what it
    saw, even if a program's iterator has changed the list meanwhile.
    """
    return value if type(index) is not slice or type(value) in _SEQUENCES else list(value)


_SEQUENCES = frozenset({list, List, tuple})


def is_numeric(value: list[object]) -> bool:
    """Whether a list holds numbers or nested lists of numbers, and nothing else."""
    # An explicit stack: lists nest deeper than Python's own stack, and may hold themselves.
    pending, seen = [value], set()
    while pending:
        part = pending.pop()
        for item in part:
            kind = type(item)
            if kind in NUMBERS:
                continue
            if not isinstance(item, list):
                return False
            if id(item) not in seen:
                seen.add(id(item))
                pending.append(item)
    return True


def multiplies(value: list[object]) -> bool:
    """Whether `value * int` multiplies rather than repeats."""
    return len(value) > 1 and is_numeric(value)


def deep(value: object) -> object:
    """The same with every plain list, also inside lists and tuples, as a List."""
    if isinstance(value, list):
        return List([deep(v) for v in value])
    if type(value) is tuple:
        return tuple([deep(v) for v in value])
    return value


def check_repeat(unit: int, count: int, what: str) -> None:
    """Raise LimitError if `count` times `unit` bytes would be more than is allowed."""
    if count > 1 and unit * count >= 1 << 24:
        from tcalc.runtime.base import memory

        memory.check(unit * count, what)


def _mixed(
    apply: Callable[[object, object], object], own: List, other: object, swapped: bool
) -> object:
    """An operator between a list and a number or an array; tensors see to it themselves."""
    if type(other) in NUMBERS:
        made = as_tensor(own)
    else:
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(other, (numpy.ndarray, numpy.generic)):
            return NotImplemented
        if not is_numeric(own):
            raise TypeError("a list in an operator with an array must hold numbers only")
        made = numpy.array(own)
        if made.dtype.hasobject:
            raise OverflowError("Python integer too large to convert to C long")
    return apply(other, made) if swapped else apply(made, other)


def _arithmetic(
    apply: Callable[[object, object], object], own: List, other: object, swapped: bool
) -> object:
    """An operator that lists do not have in Python."""
    if isinstance(other, list):
        made, other = as_tensor(own), as_tensor(other)
        return apply(other, made) if swapped else apply(made, other)
    return _mixed(apply, own, other, swapped)


def _define_operators() -> None:
    def arithmetic(
        apply: Callable[[object, object], object], swapped: bool
    ) -> Callable[[List, object], object]:
        return lambda own, other: _arithmetic(apply, own, other, swapped)

    def comparison(
        apply: Callable[[object, object], object], name: str
    ) -> Callable[[List, object], object]:
        between_lists = getattr(list, name)
        exact = name in ("__eq__", "__ne__")

        def compare(own: List, other: object) -> object:
            if isinstance(other, list):
                return between_lists(own, other)
            if _searching or (exact and not is_numeric(own)):
                return NotImplemented
            return _mixed(apply, own, other, False)

        return compare

    def search(name: str) -> Callable[..., object]:
        find = getattr(list, name)

        def among(own: List, *args: object) -> object:
            global _searching
            _searching += 1
            try:
                return find(own, *args)
            finally:
                _searching -= 1

        among.__name__, among.__doc__ = name, find.__doc__
        return among

    for name in ("sub", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift"):
        apply = getattr(operator, name)
        setattr(List, f"__{name}__", arithmetic(apply, False))
        setattr(List, f"__r{name}__", arithmetic(apply, True))
    for name in ("and", "or", "xor"):
        apply = getattr(operator, f"__{name}__")
        setattr(List, f"__{name}__", arithmetic(apply, False))
        setattr(List, f"__r{name}__", arithmetic(apply, True))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(List, f"__{name}__", comparison(getattr(operator, name), f"__{name}__"))
    for name in ("__contains__", "index", "count", "remove"):
        setattr(List, name, search(name))
    List.__name__ = List.__qualname__ = "list"
    List.__module__ = "builtins"
    List.__doc__ = list.__doc__
    SIZED.add(List)


_define_operators()
