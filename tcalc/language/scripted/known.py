"""The names that programs know values of ours by: the way back from a function to `torch.relu`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.language import modules
from tcalc.language.namespace import MISSING, find
from tcalc.language.tables import TABLES
from tcalc.runtime.base import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def qualified_name(value: Any) -> str | None:
    """The dotted name by which a program finds a function, a class or a value; or None.

    >>> from tcalc.runtime.base.registry import lookup
    >>> qualified_name(lookup("torch.nn.functional.relu"))
    'torch.nn.functional.relu'
    """
    if isinstance(value, (int, float, complex, str, list, tuple, dict, set, type(None))):
        return None
    for qualified in _candidates(value):
        home, _, name = qualified.rpartition(".")
        if home and home != "tcalc" and find(home, name) is value:
            return qualified
    return None


def valued(qualified: str) -> Any:
    """What a program finds by a dotted name; MISSING where there is nothing."""
    home, _, name = qualified.rpartition(".")
    return find(home, name) if home else MISSING


def _candidates(value: Any) -> Iterator[str]:
    name = getattr(value, "__name__", None)
    home = getattr(value, "__module__", None)
    if type(name) is str and type(home) is str:
        yield f"{home}.{name}"
    if type(name) is str:
        ending = f".{name}"
        found = [n for n in registry.REGISTRY if n.endswith(ending) and n[0] == "t"]
        yield from sorted(found, key=lambda n: ("functional" not in n, len(n), n))
    yield from sorted((n for n, v in registry.REGISTRY.items() if v is value), key=len)
    for module in TABLES:
        if module in modules._tables:
            yield from (f"{module}.{n}" for n, v in modules.table(module).items() if v is value)
