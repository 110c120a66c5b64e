"""`hashlib`: digests of bytes."""

from __future__ import annotations

import hashlib

from tcalc.language.bytestrings import Bytes, octets, wrapped
from tcalc.language.lent import Lent, need_text
from tcalc.runtime.base.registry import silent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# Those whose digests have one length, which every Python has.
_NAMES = "md5 sha1 sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s"


class Digest(Lent):
    """The digest of what it was given so far"""

    __slots__ = ("_hash",)
    _public_ = frozenset("block_size copy digest digest_size hexdigest name update".split())

    def __init__(self, own: Any) -> None:
        self._hash = own

    name = property(lambda self: self._hash.name)
    digest_size = property(lambda self: self._hash.digest_size)
    block_size = property(lambda self: self._hash.block_size)

    @silent
    def update(self, data: Any, /) -> None:
        """Go on with more bytes"""
        self._hash.update(_data(data))

    def digest(self) -> Bytes:
        """The digest as bytes"""
        return wrapped(self._hash.digest())

    def hexdigest(self) -> str:
        """The digest in digits, two for each byte"""
        found: str = self._hash.hexdigest()
        return found

    def copy(self) -> Digest:
        """Another that goes on from here"""
        return Digest(self._hash.copy())

    def __repr__(self) -> str:
        return f"<{self._hash.name} _hashlib.HASH object>"


Digest.__name__ = Digest.__qualname__ = "HASH"
Digest.__module__ = "_hashlib"


def _data(data: Any) -> bytes:
    if type(data) is str:
        raise TypeError("Strings must be encoded before hashing")
    return octets(data)


def new(name: str, data: Any = b"", **options: Any) -> Digest:
    """A digest by its name"""
    if need_text("name", name).lower() not in _NAMES.split():
        raise ValueError(f"unsupported hash type {name}")
    return _begun(name.lower(), data, options)


def _begun(name: str, data: Any, options: dict[str, Any]) -> Digest:
    for option in options:
        if option != "usedforsecurity":
            raise TypeError(f"{name}() got an unexpected keyword argument '{option}'")
    return Digest(hashlib.new(name, data if type(data) is bytes else _data(data)))


def _named(name: str) -> Callable[..., Digest]:
    def begin(data: Any = b"", /, **options: Any) -> Digest:
        return _begun(name, data, options)

    begin.__doc__ = f"A {name} digest of bytes"
    return begin


def members() -> dict[str, Any]:
    """What programs find in it."""
    names = _NAMES.split()
    made = {name: _named(name) for name in names}
    known = frozenset(names)
    return {**made, "new": new, "algorithms_available": known, "algorithms_guaranteed": known}
