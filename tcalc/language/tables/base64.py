"""`base64`: bytes as letters and digits, and back."""

from __future__ import annotations

import base64
import binascii

from tcalc.language.bytestrings import Bytes, octets, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_WRITERS = (
    "b16encode b32encode b32hexencode standard_b64encode urlsafe_b64encode encodebytes a85encode "
    "b85encode"
)
_READERS = (
    "b16decode b32decode b32hexdecode standard_b64decode urlsafe_b64decode decodebytes a85decode "
    "b85decode"
)


def b64encode(s: Any, altchars: Any = None) -> Bytes:
    """Bytes in letters, digits, + and /, or two other signs for these"""
    return wrapped(base64.b64encode(octets(s), None if altchars is None else _signs(altchars)))


def b64decode(s: Any, altchars: Any = None, validate: bool = False) -> Bytes:
    """The bytes that such a text, or bytes, say"""
    others = None if altchars is None else _signs(altchars)
    return _read(base64.b64decode, s, others, bool(validate))


def _signs(altchars: Any) -> bytes:
    signs = _given(altchars)
    if len(signs) != 2:
        raise ValueError("altchars are two signs")
    return signs


def _given(value: Any) -> bytes:
    if type(value) is not str:
        return octets(value)
    if not value.isascii():
        raise ValueError("string argument should contain only ASCII characters")
    return value.encode()


def _read(function: Callable[..., bytes], value: Any, *options: Any) -> Bytes:
    try:
        return wrapped(function(_given(value), *options))
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _writer(function: Callable[..., bytes]) -> Callable[..., Any]:
    def write(s: Any) -> Bytes:
        return wrapped(function(octets(s)))

    write.__doc__ = f"Bytes as {function.__name__} of Python writes them"
    return write


def _reader(function: Callable[..., bytes]) -> Callable[..., Any]:
    def read(s: Any) -> Bytes:
        return _read(function, s)

    read.__doc__ = f"The bytes that {function.__name__} of Python reads"
    return read


def members() -> dict[str, Any]:
    """What programs find in it."""
    return {
        **{
            name: _writer(getattr(base64, name))
            for name in _WRITERS.split()
            if hasattr(base64, name)
        },
        **{
            name: _reader(getattr(base64, name))
            for name in _READERS.split()
            if hasattr(base64, name)
        },
        "b64encode": b64encode,
        "b64decode": b64decode,
    }
