"""How many cells of a terminal a text takes, and texts that are made to take so many."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def cells(text: str) -> int:
    """The cells that a text takes: two for the characters of East Asia, none for marks over others.

    >>> cells("abc"), cells("\\u635f\\u5931"), cells("e\\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_cells, text))


# Of Latin's characters and of our own marks that is known without rich's table.
_LATIN, _OURS = "\u0300", frozenset("…⋮·")


def _cells(char: str) -> int:
    if char < _LATIN or char in _OURS:
        return 1
    from rich.cells import get_character_cell_size

    return get_character_cell_size(char)


def padded(text: str, width: int) -> str:
    """The text with blanks behind it, up to so many cells."""
    return text + " " * (width - cells(text))


def clipped(text: str, width: int, mark: str) -> str:
    """The text in so many cells at most: its beginning, with a mark where the rest was.

    >>> clipped("abcdef", 4, "…"), clipped("abcd", 4, "…")
    ('abc…', 'abcd')
    """
    if cells(text) <= width:
        return text
    return next(pieces(text, max(width - cells(mark), 1))) + mark


def squeezed(text: str, width: int, mark: str) -> str:
    """The text in so many cells at most: both its ends, with a mark where the middle was.

    >>> squeezed("layers.10.weight", 9, "…")
    'laye…ight'
    """
    if cells(text) <= width:
        return text
    room = max(width - cells(mark), 1)
    head = next(pieces(text, max(room - room // 2, 1)))
    tail = next(pieces(text[::-1], room // 2))[::-1] if room > 1 else ""
    return head + mark + tail


def pieces(text: str, width: int) -> Iterator[str]:
    """The text cut into pieces of so many cells at most, one at least in each.

    >>> list(pieces("abcde", 2)), list(pieces("", 2))
    (['ab', 'cd', 'e'], [''])
    """
    if text.isascii():
        for at in range(0, max(len(text), 1), width):
            yield text[at : at + width]
        return
    start = used = 0
    for at, char in enumerate(text):
        taken = _cells(char)
        if used + taken > width and at > start:
            yield text[start:at]
            start, used = at, 0
        used += taken
    yield text[start:]
