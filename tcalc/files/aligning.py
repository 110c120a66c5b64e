"""Two streams of blocks cut so that they go side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def aligned(
    a: Iterator[list[Any]], b: Iterator[list[Any]]
) -> Iterator[tuple[list[Any], list[Any]]]:
    """Blocks of equal lengths from two streams, until the shorter ends; both are read to their ends.

    >>> list(aligned(iter([["ab"], ["c"]]), iter([["a"], ["bcd"]])))
    [(['a'], ['a']), (['b'], ['b']), (['c'], ['c'])]
    """
    left: list[Any] | None = None
    right: list[Any] | None = None
    while True:
        left = left if left is not None else _next(a)
        right = right if right is not None else _next(b)
        if left is None or right is None:
            break
        size = min(len(left[0]), len(right[0]))
        yield [block[:size] for block in left], [block[:size] for block in right]
        left = [block[size:] for block in left] if len(left[0]) > size else None
        right = [block[size:] for block in right] if len(right[0]) > size else None
    for rest in (a, b):  # what arrays are may be known at their ends alone
        for _ in rest:
            pass


def _next(blocks: Iterator[list[Any]]) -> list[Any] | None:
    """The next block that holds something, or None."""
    return next((block for block in blocks if block and len(block[0])), None)
