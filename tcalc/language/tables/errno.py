"""`errno`: what the system calls what went wrong."""

from __future__ import annotations

import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def members() -> dict[str, Any]:
    """What programs find in it."""
    names = {name: number for name, number in vars(errno).items() if type(number) is int}
    return {**names, "errorcode": dict(errno.errorcode)}
