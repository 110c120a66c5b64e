"""Which names fit what was typed: those that begin so, else those that hold its letters in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

# Shorter words fit nearly everything, and of what fits loosely nobody reads more.
_SHORTEST, _MOST = 2, 30


def fitting(word: str, groups: Sequence[Iterable[str]]) -> list[list[str]]:
    """Of each group the names that fit, the best first.

    Names that begin with the word leave no room for others. Without any, letters in order do, at the
    beginnings of a name's parts rather than anywhere. Private names are there when the word begins
    with `_`, and what works in place (`add_` beside `add`) when it ends with one.

    >>> fitting("ad", [["dim="], ["add", "add_", "addmm"]])
    [[], ['add', 'addmm']]
    >>> fitting("crent", [["centre", "cross_entropy", "card_entry_nut"]])
    [['cross_entropy', 'card_entry_nut']]
    """
    kept = [_offered(word, group) for group in groups]
    for fits in _ways(word):
        found = [[name for name in group if fits(name)] for group in kept]
        if any(found):
            return found
    if len(word) < _SHORTEST:
        return [[] for _ in kept]
    return [_loosely(word.lower(), group) for group in kept]


def _offered(word: str, group: Iterable[str]) -> list[str]:
    names = list(dict.fromkeys(group))
    if not word.startswith("_"):
        names = [name for name in names if not name.startswith("_")]
    if not word.endswith("_"):
        known = set(names)
        names = [n for n in names if not n.endswith("_") or (word and n.rstrip("_") not in known)]
    return names


def _ways(word: str) -> Iterator[Callable[[str], bool]]:
    yield lambda name: name.startswith(word)
    yield lambda name: name.lower().startswith(word.lower())


def _loosely(word: str, group: Iterable[str]) -> list[str]:
    """Names that hold the letters in order: parts of the name first, then a piece, then any."""
    by_parts = re.compile(r"(?:^|.*?[_.])" + r"(?:|.*?[_.])".join(map(re.escape, word)))
    anyhow = re.compile(".*?".join(map(re.escape, word)))
    ranked = []
    for name in group:
        low = name.lower()
        found = anyhow.search(low)
        if found is not None:
            rank = 0 if by_parts.match(low) else 1 if word in low else 2
            ranked.append((rank, found.end() - found.start(), len(name), name))
    return [name for *_, name in sorted(ranked)[:_MOST]]
