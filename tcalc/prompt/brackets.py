"""The bracket at the cursor and the one that belongs to it, marked."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from prompt_toolkit.application.current import get_app
from prompt_toolkit.layout.processors import Processor, Transformation
from prompt_toolkit.layout.utils import explode_text_fragments

from tcalc.prompt.calls import masked

if TYPE_CHECKING:
    from prompt_toolkit.layout.processors import TransformationInput

_PAIRS = {"(": ")", "[": "]", "{": "}"}
STYLE = "matching-bracket"


class Brackets(Processor):
    """Marks a pair of brackets while the line is edited."""

    def apply_transformation(self, given: TransformationInput) -> Transformation:
        """One line with what is to be marked in it."""
        fragments = given.fragments
        document = given.document
        pair = () if get_app().is_done else matching(document.text, document.cursor_position)
        for at in pair:
            row, column = document.translate_index_to_position(at)
            if row == given.lineno:
                fragments = explode_text_fragments(fragments)
                place = given.source_to_display(column)
                if place < len(fragments):
                    style, text, *_ = fragments[place]
                    fragments[place] = (f"{style} class:{STYLE}", text)
        return Transformation(fragments)


@lru_cache(maxsize=4)  # every line of a text asks
def matching(text: str, cursor: int) -> tuple[int, ...]:
    """Where the bracket at the cursor, or just before it, and its other half are; () without both.

    Those in strings and comments do not count.

    >>> matching("f(')', [x])", 1), matching("f(x)", 4), matching("f(x]", 1)
    ((1, 10), (1, 3), ())
    """
    blotted, _ = masked(text)
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for at, char in enumerate(blotted):
        if char in "([{":
            opened.append(at)
        elif char in ")]}" and opened:
            start = opened.pop()
            if _PAIRS[blotted[start]] == char:
                pairs[start], pairs[at] = at, start
    for at in (cursor, cursor - 1):
        if at in pairs:
            return tuple(sorted((at, pairs[at])))
    return ()
