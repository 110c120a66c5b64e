"""`secrets`: random numbers of the system's, which no seed repeats."""

from __future__ import annotations

import secrets
from operator import index

from tcalc.language.bytestrings import Bytes, octets, wrapped
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.lists import check_repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _count(nbytes: Any) -> int:
    effect("secrets")
    count = secrets.DEFAULT_ENTROPY if nbytes is None else index(nbytes)
    check_repeat(2, count, "the bytes")
    return count


def token_bytes(nbytes: int | None = None) -> Bytes:
    """So many random bytes"""
    return wrapped(secrets.token_bytes(_count(nbytes)))


def token_hex(nbytes: int | None = None) -> str:
    """So many random bytes in digits"""
    return secrets.token_hex(_count(nbytes))


def token_urlsafe(nbytes: int | None = None) -> str:
    """So many random bytes in letters, digits, - and _"""
    return secrets.token_urlsafe(_count(nbytes))


def randbelow(exclusive_upper_bound: int) -> int:
    """A random int from 0 to below a bound"""
    effect("randbelow")
    return secrets.randbelow(index(exclusive_upper_bound))


def randbits(k: int) -> int:
    """A random int of so many bits"""
    k = index(k)
    check_repeat(1, k // 8, "the number")
    effect("randbits")
    return secrets.randbits(k)


def choice(sequence: Any) -> Any:
    """One of several"""
    if not len(sequence):
        raise IndexError("Cannot choose from an empty sequence")
    return sequence[randbelow(len(sequence))]


def compare_digest(a: Any, b: Any, /) -> bool:
    """Whether two texts or bytes are the same, in a time that does not tell where they differ"""
    if type(a) is str and type(b) is str:
        return secrets.compare_digest(a, b)
    return secrets.compare_digest(octets(a), octets(b))


def members() -> dict[str, Any]:
    """What programs find in it."""
    functions = (token_bytes, token_hex, token_urlsafe, randbelow, randbits, choice, compare_digest)
    return {function.__name__: function for function in functions}
