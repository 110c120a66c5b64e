"""What the objects of our own that modules lend to programs have in common."""

from __future__ import annotations

from tcalc.language import classes
from tcalc.runtime.base.addresses import hash_of_identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Lent:
    """An object that programs are lent: it shows `_public_`, and equals only itself."""

    __slots__ = ("__weakref__",)
    _public_: frozenset[str] = frozenset()

    # NumPy then refuses it as an operand, rather than looking into it.
    __array_ufunc__ = None
    __hash__ = hash_of_identity

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} object>"


class Named(Lent):
    """What names a file beside a text: a path of `pathlib`."""

    __slots__ = ("text",)
    text: str


def lend(module: str, *kinds: type) -> dict[str, type]:
    """Make classes of ours known as a module's, by their names."""
    for kind in kinds:
        kind.__module__ = module
        classes.NAMED.add(kind)
    return {kind.__name__: kind for kind in kinds}


def need_text(what: str, value: Any) -> str:
    """A text, exactly one; TypeError for anything else."""
    if type(value) is not str:
        raise TypeError(f"{what} must be a str, not {type(value).__name__}")
    return value
