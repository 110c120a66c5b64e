"""`OrderedDict`, `Counter`, `deque` and `namedtuple`, without what programs could break Python by.

CPython's OrderedDict and Counter go on with entries that the methods of a key or a count have
removed meanwhile, its deque repeats itself until no memory is left, and its namedtuple evaluates
text. Here dict keeps all the order there is.
"""

from __future__ import annotations

import collections
from heapq import nlargest
from itertools import chain, repeat, starmap
from keyword import iskeyword

from tcalc.runtime.objects.lists import List, check_repeat
from tcalc.runtime.objects.texts import repr_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, NoReturn

    _Deque = collections.deque[Any]
    _Dict = dict[Any, Any]
    _Tuple = tuple[Any, ...]
else:
    _Deque, _Dict, _Tuple = collections.deque, dict, tuple

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_MISSING: Any = object()


class OrderedDict(_Dict):
    """Dictionary that remembers insertion order"""

    # Programs are given some (a state_dict) without asking for its module.
    _public_ = frozenset(
        "clear copy fromkeys get items keys move_to_end pop popitem setdefault update values".split()
    )

    def popitem(self, last: bool = True) -> tuple[object, object]:
        """Remove and return the last (key, value), or the first"""
        if last or not self:
            if not self:
                raise KeyError("dictionary is empty")
            return dict.popitem(self)
        key = next(iter(self))
        return key, dict.pop(self, key)

    def move_to_end(self, key: object, last: bool = True) -> None:
        """Move an existing key to the end, or to the beginning"""
        value = dict.pop(self, key)
        if last:
            dict.__setitem__(self, key, value)
            return
        after = list(dict.items(self))
        dict.clear(self)
        dict.update(self, [(key, value), *after])

    def copy(self) -> OrderedDict:
        """A shallow copy"""
        return type(self)(self)

    @classmethod
    def fromkeys(cls, iterable: Iterable[object], value: object = None) -> OrderedDict:
        """A dictionary with keys from iterable and one value"""
        made = cls()
        for key in iterable:
            made[key] = value
        return made

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OrderedDict):
            mine, others = list(dict.items(self)), list(dict.items(other))
            return mine == others
        return dict.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        same = self.__eq__(other)
        return same if same is NotImplemented else not same

    __hash__ = None

    def __or__(self, other: object) -> OrderedDict:
        if not isinstance(other, dict):
            return NotImplemented
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: object) -> OrderedDict:
        if not isinstance(other, dict):
            return NotImplemented
        made = type(self)(other)
        made.update(self)
        return made

    def __repr__(self) -> str:
        if not self:
            return f"{type(self).__name__}()"
        return f"{type(self).__name__}({list(dict.items(self))!r})"


class deque(_Deque):
    """A list that is quick at both ends"""

    def _check(self, count: object) -> None:
        if type(count) is int and (self.maxlen is None or self.maxlen > len(self)):
            check_repeat(8 * len(self), min(count, self.maxlen or count), "the deque")

    def __mul__(self, count: int) -> deque:
        self._check(count)
        return super().__mul__(count)

    __rmul__ = __mul__

    def __imul__(self, count: int) -> deque:
        self._check(count)
        return super().__imul__(count)

    __hash__ = None


class Counter(_Dict):
    """Dict subclass for counting hashable items"""

    def __init__(self, iterable: object = None, /, **counts: object) -> None:
        super().__init__()
        self.update(iterable, **counts)

    def __missing__(self, key: object) -> int:
        return 0

    def _add(self, sign: int, iterable: Any, counts: dict[str, Any]) -> None:
        pairs: Iterable[tuple[Any, Any]] = ()
        if isinstance(iterable, dict):
            pairs = list(dict.items(iterable))
        elif iterable is not None:
            pairs = ((item, 1) for item in iterable)
        for key, number in chain(pairs, counts.items()):
            before = dict.get(self, key, 0)
            self[key] = before + number if sign > 0 else before - number

    def update(self, iterable: object = None, /, **counts: object) -> None:
        """Add counts: of items, or those of another mapping"""
        self._add(1, iterable, counts)

    def subtract(self, iterable: object = None, /, **counts: object) -> None:
        """Take counts away: of items, or those of another mapping"""
        self._add(-1, iterable, counts)

    def most_common(self, n: int | None = None) -> List:
        """The n most common elements and their counts, the most common first"""
        items = list(dict.items(self))
        if n is None:
            return List(sorted(items, key=_count_of, reverse=True))
        return List(nlargest(n, items, key=_count_of))

    def elements(self) -> Iterator[Any]:
        """Every element as many times as it was counted"""
        return chain.from_iterable(starmap(repeat, list(dict.items(self))))

    def total(self) -> object:
        """The sum of the counts"""
        return sum(list(dict.values(self)))

    def copy(self) -> Counter:
        """A shallow copy"""
        return type(self)(self)

    @classmethod
    def fromkeys(cls, iterable: object, v: object = None) -> NoReturn:
        """There is none: counts have no one value"""
        raise NotImplementedError(  # Python's own words: nothing is left open
            "Counter.fromkeys() is undefined.  Use Counter(iterable) instead."
        )

    def __delitem__(self, key: object) -> None:
        dict.pop(self, key, None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Counter):
            return NotImplemented
        return all(self[key] == other[key] for key in _keys(self, other))

    def __ne__(self, other: object) -> bool:
        return NotImplemented if not isinstance(other, Counter) else not self == other

    __hash__ = None

    def __le__(self, other: object) -> bool:
        if not isinstance(other, Counter):
            return NotImplemented
        return all(self[key] <= other[key] for key in _keys(self, other))

    def __lt__(self, other: object) -> bool:
        return NotImplemented if not isinstance(other, Counter) else self <= other != self

    def __ge__(self, other: object) -> bool:
        if not isinstance(other, Counter):
            return NotImplemented
        return all(self[key] >= other[key] for key in _keys(self, other))

    def __gt__(self, other: object) -> bool:
        return NotImplemented if not isinstance(other, Counter) else self >= other != self

    def __add__(self, other: object) -> Counter:
        return self._combined(other, lambda a, b: a + b)

    def __sub__(self, other: object) -> Counter:
        return self._combined(other, lambda a, b: a - b)

    def __or__(self, other: object) -> Counter:
        return self._combined(other, lambda a, b: b if a < b else a)

    def __and__(self, other: object) -> Counter:
        return self._combined(other, lambda a, b: a if a < b else b)

    def __pos__(self) -> Counter:
        return self._combined(Counter(), lambda a, b: a)

    def __neg__(self) -> Counter:
        return self._combined(Counter(), lambda a, b: 0 - a)

    def _combined(self, other: object, of: Callable[[Any, Any], Any]) -> Counter:
        """What is above zero of what a function of two makes of the counts of each element."""
        if not isinstance(other, Counter):
            return NotImplemented
        made = Counter()
        for key in _keys(self, other):
            number = of(self[key], other[key])
            if number > 0:
                made[key] = number
        return made

    def __iadd__(self, other: object) -> Counter:
        return self._become(self + other)

    def __isub__(self, other: object) -> Counter:
        return self._become(self - other)

    def __ior__(self, other: object) -> Counter:
        return self._become(self | other)

    def __iand__(self, other: object) -> Counter:
        return self._become(self & other)

    def _become(self, other: Counter) -> Counter:
        dict.clear(self)
        dict.update(self, other)
        return self

    def __repr__(self) -> str:
        if not self:
            return f"{type(self).__name__}()"
        try:
            items = dict(self.most_common())
        except TypeError:  # counts that have no order
            items = dict(self)
        return f"{type(self).__name__}({items!r})"


def _count_of(item: tuple[Any, Any]) -> Any:
    return item[1]


def _keys(one: Counter, other: Counter) -> list[object]:
    """The keys of both, in order."""
    return list(dict.fromkeys([*dict.keys(one), *dict.keys(other)]))


for _kind in (OrderedDict, Counter, deque):
    _kind.__module__ = "collections"


# -- tuples with names ----------------------------------------------------------------------------


def namedtuple(
    typename: str,
    field_names: str | Iterable[str],
    *,
    rename: bool = False,
    defaults: Iterable[object] | None = None,
) -> Any:
    """A class of tuples whose fields have names"""
    fields = field_names.replace(",", " ").split() if type(field_names) is str else [*field_names]
    if type(typename) is not str or any(type(field) is not str for field in fields):
        raise TypeError("Type names and field names must be strings")
    if rename:
        fields = [
            f"_{at}" if _wrong(name) or name[0] == "_" or name in fields[:at] else name
            for at, name in enumerate(fields)
        ]
    for name in (typename, *fields):
        if _wrong(name):
            raise ValueError(
                f"Type names and field names {'cannot be a keyword' if iskeyword(name) else 'must be valid identifiers'}: {name!r}"
            )
    for at, name in enumerate(fields):
        if name[0] == "_" and not rename:
            raise ValueError(f"Field names cannot start with an underscore: {name!r}")
        if name in fields[:at]:
            raise ValueError(f"Encountered duplicate field name: {name!r}")
    given = tuple(defaults) if defaults is not None else ()
    if len(given) > len(fields):
        raise TypeError("Got more default values than field names")
    names = {
        "__slots__": (),
        "__module__": "__main__",
        "__doc__": f"{typename}({', '.join(fields)})",
        "_fields": tuple(fields),
        "_field_defaults": dict(zip(fields[len(fields) - len(given) :], given)),
        **{name: _field(at) for at, name in enumerate(fields)},
    }
    return type(typename, (_Named,), names)


def _wrong(name: str) -> bool:
    return not name.isidentifier() or iskeyword(name)


def _field(at: int) -> property:
    return property(lambda self: tuple.__getitem__(self, at), doc=f"Alias for field number {at}")


class _Named(_Tuple):
    """What the classes that namedtuple makes have in common."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()
    _field_defaults: dict[str, Any] = {}

    def __new__(cls, /, *args: object, **kwargs: object) -> _Named:
        fields = cls._fields
        if len(args) == len(fields) and not kwargs:
            return tuple.__new__(cls, args)
        called = f"{cls.__name__}.__new__()"
        if len(args) > len(fields):
            taken = f"{len(fields) + 1} positional argument{'s' if fields else ''}"
            raise TypeError(f"{called} takes {taken} but {len(args) + 1} were given")
        values = dict(zip(fields, args))
        for name, value in kwargs.items():
            if name in values:
                raise TypeError(f"{called} got multiple values for argument {name!r}")
            if name not in fields:
                raise TypeError(f"{called} got an unexpected keyword argument {name!r}")
            values[name] = value
        defaults = cls._field_defaults
        missing = [repr(n) for n in fields if n not in values and n not in defaults]
        if missing:
            some = f"argument{'s' if len(missing) > 1 else ''}: {' and '.join(missing)}"
            raise TypeError(f"{called} missing {len(missing)} required positional {some}")
        return tuple.__new__(cls, [values[n] if n in values else defaults[n] for n in fields])

    @classmethod
    def _make(cls, iterable: Iterable[object]) -> _Named:
        """One from a sequence or an iterable"""
        items = tuple(iterable)
        if len(items) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(items)}")
        return tuple.__new__(cls, items)

    def _replace(self, /, **kwargs: object) -> _Named:
        """Another with new values for some fields"""
        made = self._make([kwargs.pop(name, value) for name, value in zip(self._fields, self)])
        if kwargs:
            raise ValueError(f"Got unexpected field names: {list(kwargs)!r}")
        return made

    def _asdict(self) -> dict[str, object]:
        """The values by field names"""
        return dict(zip(self._fields, self))

    def __repr__(self) -> str:
        pairs = [f"{name}={repr_of(value)}" for name, value in zip(self._fields, self)]
        return f"{type(self).__name__}({', '.join(pairs)})"
