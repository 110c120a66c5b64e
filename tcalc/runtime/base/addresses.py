"""Numbers that stand for where objects and memory are, and tell nothing about it.

`id` and what Python hashes by address go through functions that are keyed anew in each process;
`data_ptr` counts from an invented start. Addresses themselves would help whoever found a way to
write to memory, and nobody else.
"""

from __future__ import annotations

import os
import sys
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tcalc.runtime.base.op import Array

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_HALF = 32
_MASK = (1 << _HALF) - 1
_KEYS = tuple(os.urandom(16) for _ in range(4))
_HASH_KEY = os.urandom(16)


def disguised(number: int) -> int:
    """Another number of 64 bits, a different one for each.

    A Feistel network of four rounds: a permutation that nobody without the keys can tell from any
    other. Its rounds are SipHash, which is what Python hashes bytes with.
    """
    left, right = number >> _HALF & _MASK, number & _MASK
    for key in _KEYS:
        left, right = right, left ^ (hash(key + right.to_bytes(4, "little")) & _MASK)
    return left << _HALF | right


def identity(value: object, /) -> int:
    """A number that no other object has while this one lives.

    >>> x, y = [], []
    >>> identity(x) == identity(x), identity(x) == identity(y)
    (True, False)
    """
    return disguised(id(value))


def hash_of_identity(self: object) -> int:
    """The `__hash__` of objects that equal only themselves."""
    return hash(_HASH_KEY + id(self).to_bytes(8, "little"))


def hashes_by_address(kind: Any) -> bool:
    """Whether a class has Python's own `__hash__`."""
    return kind.__hash__ is object.__hash__


# Types whose values Python hashes by what they are; None only since 3.12.
_BY_VALUE: frozenset[type] = frozenset({int, bool, float, complex, str, range}) | (
    {type(None)} if sys.version_info >= (3, 12) else frozenset()
)


def hashed(value: object, /) -> int:
    """A number that is the same for equal objects; TypeError for what cannot be hashed.

    Where Python makes it of an address, also of that of a part, it is disguised.

    >>> hashed((1, "a")) == hash((1, "a")), hashed((1, print)) == hash((1, print))
    (True, False)
    """
    return made_hash(value, hash(value))


def hash_by(method: Callable[[object], int], value: object) -> int:
    """What a class's `__hash__` gives for a value, called by its name."""
    if method is object.__hash__:
        return hash_of_identity(value)
    return made_hash(value, method(value))


def made_hash(value: object, found: int) -> int:
    """The hash of a value that `found` is, or stands for where it tells of addresses."""
    return found if _is_by_value(value) else hash(disguised(found))


def _is_by_value(value: object) -> bool:
    """Whether no address takes part in a hash."""
    # An explicit stack: tuples nest deeper than Python's own.
    pending, seen = [value], set()
    numpy: Any = sys.modules.get("numpy")
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind in _BY_VALUE or type(kind.__hash__) is FunctionType:
            continue
        if isinstance(part, (tuple, frozenset)):
            if id(part) not in seen:
                seen.add(id(part))
                pending.extend(part)
        elif numpy is None or not isinstance(part, (numpy.generic, numpy.dtype)):
            return False
    return True


# -- memory ---------------------------------------------------------------------------------------

_ALIGNED = 64
# The arrays that own memory, by id: what tells of their end, and where they seem to begin.
_owners: dict[int, tuple[Any, int]] = {}
# Invented memory is given out in order and never again; it begins anywhere below 2**46.
_next = int.from_bytes(os.urandom(5), "little") * _ALIGNED


def pointer(array: Array, start_of: Callable[[Array], int]) -> int:
    """Where an array begins in memory that seems to begin elsewhere: views differ as they do.

    start_of: gives the true address of an array's first element.
    """
    owner = array
    while type(owner.base) is type(array):
        owner = owner.base
    known = _owners.get(id(owner))
    invented = _invent(owner) if known is None else known[1]
    if owner is array:  # asking NumPy for addresses takes long
        return invented
    return invented + start_of(array) - start_of(owner)


def _invent(owner: Array) -> int:
    import weakref

    global _next
    key, invented = id(owner), _next
    _next += -(-(owner.nbytes + 1) // _ALIGNED) * _ALIGNED
    _owners[key] = (weakref.ref(owner, lambda _: _owners.pop(key, None)), invented)
    return invented
