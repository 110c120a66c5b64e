"""What containers hold, as pairs of a key and a value: dicts, lists, tuples, objects of dataclasses.

Only containers that Python writes; one with a text of a program's own is shown by that.
"""

from __future__ import annotations

from itertools import islice

from tcalc.display.values import as_tensor, named_fields
from tcalc.runtime.objects.texts import is_programs, repr_of, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Entry = tuple[str, object]
    Pairs = Iterable[Entry]

# How many items of a list are looked at for whether it holds more than plain values.
_LOOKED_AT = 16
_PLAIN = frozenset({int, float, bool, complex, str, bytes, type(None)})
_DEEPEST = 12
# Of containers with more, their own entries are told, without what is in those.
MANY = 5000


def pairs(value: object) -> Pairs | None:
    """The keys and values of a container, None for what is none.

    >>> list(pairs({"a": 1, 2: [3]})), list(pairs((4, 5))), pairs("text")
    ([('a', 1), ('[2]', [3])], [('[0]', 4), ('[1]', 5)], None)
    """
    kind = type(value)
    if is_programs(kind.__repr__) or getattr(kind, "_whole_", False):
        return None
    if isinstance(value, dict):
        held = dict.items(value)
        # What a key's own text does to the dict is nothing to who goes through it.
        return ((_key(key), item) for key, item in (list(held) if len(held) <= MANY else held))
    if isinstance(value, tuple) and (fields := named_fields(value)):
        return zip(fields, _items(value))
    if isinstance(value, tuple | list):
        return ((f"[{at}]", item) for at, item in enumerate(_items(value)))
    return told(value)


def _key(key: object) -> str:
    if type(key) is not str:
        return f"[{repr_of(key)}]"
    return key if key.isprintable() else repr(key)  # on one line


def size(value: object) -> int:
    """How many pairs a container has."""
    # A class of the program's can have another length.
    if isinstance(value, dict):
        return dict.__len__(value)
    if isinstance(value, tuple):
        return tuple.__len__(value)
    return list.__len__(value) if isinstance(value, list) else len(list(pairs(value) or ()))


def is_flat(value: object) -> bool:
    """Whether a container is a list or tuple of nothing but plain values, by the first of them."""
    if not isinstance(value, list | tuple) or named_fields(value):
        return False
    return not any(map(_is_more, islice(_items(value), _LOOKED_AT)))


def ends(value: object, first: int, last: int) -> tuple[list[Entry], list[Entry], int]:
    """The first and last so many of the leaves, or all as the first; and how many there are more.

    Of a container of very many they are its own entries, so that no more is looked at.

    >>> ends([[1], [2], [3]], 1, 1), ends({"a": {"b": 1}}, 5, 5)
    (([('[0]', [1])], [('[2]', [3])], 1), ([('a.b', 1)], [], 0))
    """
    count = size(value)
    found = list(islice(leaves(value), MANY + 1)) if count <= MANY else []
    if 0 < len(found) <= MANY:
        if len(found) <= first + last:
            return found, [], 0
        return found[:first], found[len(found) - last :], len(found) - first - last
    return own_ends(value, first, last)


def own_ends(value: object, first: int, last: int) -> tuple[list[Entry], list[Entry], int]:
    """The same of a container's own entries."""
    missing = size(value) - first - last
    if missing <= 0:
        return list(pairs(value) or ()), [], 0
    return list(islice(pairs(value) or (), first)), _last(value, last), missing


def _last(value: object, count: int) -> list[Entry]:
    if isinstance(value, dict):
        items = list(islice(reversed(dict.items(value)), count))
        return [(_key(key), item) for key, item in items[::-1]]
    start = size(value) - count
    base: Any = tuple if isinstance(value, tuple) else list
    items = base.__getitem__(value, slice(start, None))
    return [(f"[{start + at}]", item) for at, item in enumerate(items)]


def are_records(value: object) -> bool:
    """Whether a container is a list or tuple of records: plain values by the same names in each of
    the first.

    >>> are_records([{"a": 1}, {"a": 2}]), are_records([{"a": 1}, {"b": 2}]), are_records([1, 2])
    (True, False, False)
    """
    if not isinstance(value, list | tuple) or named_fields(value) or size(value) < 2:
        return False
    some = [record(item) for item in islice(_items(value), _LOOKED_AT)]
    return all(some) and all(one.keys() == some[0].keys() for one in some)


def record(value: object) -> dict[str, object]:
    """The plain values of a record by name, {} for what is none."""
    if isinstance(value, list) or (isinstance(value, tuple) and not named_fields(value)):
        return {}
    found = dict(pairs(value) or ())
    return {} if any(map(_is_more, found.values())) else found


def leaves(value: object) -> Iterator[Entry]:
    """What a container holds at last, by path: `layers[0].weight`; lists of plain values are whole.

    >>> list(leaves({"a": {"b": 1}, "c": [2, 3]}))
    [('a.b', 1), ('c', [2, 3])]
    """
    return _leaves(pairs(value) or (), "", (id(value),))


def _leaves(held: Pairs, path: str, around: tuple[int, ...]) -> Iterator[Entry]:
    for key, item in held:
        if path and not key.startswith("["):
            key = "." + key
        inner = None
        if type(item) not in _PLAIN and id(item) not in around and len(around) < _DEEPEST:
            inner = pairs(item)
        if inner is not None and _opens(item):
            yield from _leaves(inner, path + key, (*around, id(item)))
        else:
            yield path + key, item


def _opens(value: object) -> bool:
    """Whether the items of a container are told one by one."""
    if isinstance(value, list | tuple) and not named_fields(value):
        return any(map(_is_opening, islice(_items(value), _LOOKED_AT)))
    return size(value) > 0


def _items(value: object) -> Iterator[object]:
    base: Any = tuple if isinstance(value, tuple) else list
    items: Iterator[object] = base.__iter__(value)
    return items


def _is_more(value: object) -> bool:
    """Whether a value is a tensor or a container."""
    if type(value) in _PLAIN:
        return False
    return as_tensor(value) is not None or pairs(value) is not None


def _is_opening(value: object) -> bool:
    """Whether a value is one for which the list that it stands in is told one by one."""
    return _is_more(value) and not isinstance(value, list | tuple)
