"""`__future__`: what has come about."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    return dict.fromkeys(
        "absolute_import annotations division generator_stop generators nested_scopes "
        "print_function unicode_literals with_statement".split(),
        True,
    )
