"""`uuid`: names that nothing else has."""

from __future__ import annotations

import uuid

from tcalc.language.bytestrings import Bytes, wrapped
from tcalc.language.lent import Lent, lend, need_text
from tcalc.runtime.base.modes import effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class UUID(Lent):
    """A name of 128 bits: UUID("12345678-1234-5678-1234-567812345678")"""

    __slots__ = ("_own",)
    _public_ = frozenset("bytes hex int urn variant version".split())

    def __init__(self, hex: str) -> None:
        self._own = uuid.UUID(need_text("hex", hex))

    hex = property(lambda self: self._own.hex)
    int = property(lambda self: self._own.int)
    urn = property(lambda self: self._own.urn)
    version = property(lambda self: self._own.version)
    variant = property(lambda self: self._own.variant)

    @property
    def bytes(self) -> Bytes:
        """It in 16 bytes"""
        return wrapped(self._own.bytes)

    def __eq__(self, other: object) -> Any:
        return self._own == other._own if type(other) is UUID else NotImplemented

    def __lt__(self, other: object) -> Any:
        return self._own < other._own if type(other) is UUID else NotImplemented

    def __hash__(self) -> Any:
        return hash(self._own)

    def __str__(self) -> str:
        return str(self._own)

    def __repr__(self) -> str:
        return f"UUID('{self._own}')"


def uuid4() -> UUID:
    """A new one at random; no seed repeats it"""
    effect("uuid4")
    return UUID(uuid.uuid4().hex)


def _of_name(make: Any) -> Any:
    def of_name(namespace: UUID, name: str) -> UUID:
        if type(namespace) is not UUID:
            raise TypeError("namespace must be a UUID")
        return UUID(make(namespace._own, need_text("name", name)).hex)

    of_name.__doc__ = "The one of a name within another"
    return of_name


def members() -> dict[str, Any]:
    """What programs find in it."""
    spaces = ("NAMESPACE_DNS", "NAMESPACE_OID", "NAMESPACE_URL", "NAMESPACE_X500")
    return {
        **lend("uuid", UUID),
        **{name: UUID(getattr(uuid, name).hex) for name in spaces},
        "uuid3": _of_name(uuid.uuid3),
        "uuid4": uuid4,
        "uuid5": _of_name(uuid.uuid5),
    }
