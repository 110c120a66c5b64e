"""What each exported name does, in one line, without loading what defines it."""

from __future__ import annotations

from functools import cache


def summary_of(qualified: str) -> str:
    """The first line of a name's documentation, "" where there is none.

    >>> summary_of("torch.exp")
    'e to the power of each element.'
    """
    return _by_name().get(qualified, "")


@cache
def _by_name() -> dict[str, str]:
    from tcalc.help._summaries import SUMMARIES

    return {name: text for text, names in SUMMARIES.items() for name in names.split()}
