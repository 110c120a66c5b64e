"""Names of many arrays made few: `layers.0.weight`, `layers.1.weight`, … are `layers.#.weight`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.files.formats import Entry


class Group(NamedTuple):
    """Arrays alike: their common name, and which they are among those that were given."""

    name: str
    members: list[int]


def collapsed(entries: Sequence[Entry]) -> list[Group]:
    """The arrays by names without their numbers, those of one dtype and shape together.

    >>> from tcalc.files.formats import Entry
    >>> collapsed([Entry("a.0.w", "float32", (2,)), Entry("a.1.w", "float32", (2,))])
    [Group(name='a.#.w', members=[0, 1])]
    """
    found: dict[tuple[str, str, tuple[int, ...]], list[int]] = {}
    for at, entry in enumerate(entries):
        found.setdefault((pattern(entry.name), entry.dtype, entry.shape), []).append(at)
    return [
        Group(name if len(members) > 1 else entries[members[0]].name, members)
        for (name, _, _), members in found.items()
    ]


def pattern(name: str) -> str:
    """The name with `#` for each part that is a number.

    >>> pattern("layers.11.weight"), pattern("arr_0")
    ('layers.#.weight', 'arr_0')
    """
    return ".".join("#" if part.isdecimal() else part for part in name.split("."))
