"""Did you mean …? The one place that decides how near is near enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def closest(
    word: str, candidates: Iterable[str], usable: Callable[[str], bool] | None = None
) -> str | None:
    """The candidate nearest to a word that was mistyped, or None if none is near.

    A difference in case alone or in underscores is nearest of all; otherwise the number of
    letters inserted, left out, replaced or swapped with a neighbour decides: at most one for
    words up to four letters, two up to nine, three beyond. usable: asked only of what is near.

    >>> closest("nrom", ["norm", "normal", "mean"])
    'norm'
    >>> closest("xyz", ["norm", "mean"]) is None
    True
    """
    plain, letters = _plain(word), set(word)
    allowed = 1 if len(word) <= 4 else 2 if len(word) <= 9 else 3
    best: tuple[int, int, str] | None = None
    for candidate in candidates:
        if candidate == word or abs(len(candidate) - len(word)) > allowed:
            continue
        if _plain(candidate) == plain:
            distance = 0
        elif len(letters.difference(candidate)) > allowed:
            continue  # each of these letters takes an edit
        else:
            distance = edits(word, candidate, allowed)
        # A single letter is near every other single letter, which helps nobody.
        if distance > allowed or (distance and len(candidate) <= 2):
            continue
        if usable is not None and not usable(candidate):
            continue
        # Among equals prefer the one that starts alike, then the first by name.
        rank = (distance, int(candidate[:1] != word[:1]), candidate)
        if best is None or rank < best:
            best = rank
    return None if best is None else best[2]


def edits(first: str, second: str, most: int) -> int:
    """Edit distance with swaps of neighbours, given up (as most + 1) once it passes `most`.

    >>> edits("nrom", "norm", 2), edits("sun", "sum", 2), edits("abc", "xyz", 1)
    (1, 1, 2)
    """
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and b == first[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def _plain(word: str) -> str:
    return word.replace("_", "").replace("-", "").casefold()
