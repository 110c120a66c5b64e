"""Pastes of terminals without bracketed paste: many keys at once, among them the ends of lines.

Nobody types a line that begins with blanks right behind an Enter, or copies a prompt by hand: there
the keys that have arrived are text that brings its own indentation and its own prompts.
"""

from __future__ import annotations

import select
from contextlib import suppress
from typing import TYPE_CHECKING

from prompt_toolkit.keys import Keys

from tcalc.parser import is_incomplete
from tcalc.prompt.pasting import has_prompts

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyPressEvent

# Seconds in which the rest of a paste follows.
GAP = 0.02
_TEXT = {Keys.ControlM: "\n", Keys.ControlJ: "\n", Keys.ControlI: "\t"}


def rest_of_paste(event: KeyPressEvent, before: str) -> str | None:
    """The text that follows the Enter of an event where that is in the midst of a paste, else None.

    before: what stands before the Enter. The text is taken from the keys that wait.
    """
    waiting = event.key_processor.input_queue
    # What comes after a whole entry is none of this one's business.
    goes_on = has_prompts(before) or is_incomplete(before)
    if not waiting and not (goes_on and _arrives(event, 0)):
        return None
    text = _text(event)
    if not (has_prompts(before) or _is_indented(text)):
        return None
    while _arrives(event, GAP):
        pass
    text = _text(event)
    for _ in text:
        waiting.popleft()
    return text


def _arrives(event: KeyPressEvent, seconds: float) -> bool:
    """Whether more keys come within a time; they then wait with the others."""
    keys = []
    with suppress(NotImplementedError):  # an input that is no file
        if select.select([event.app.input.fileno()], [], [], seconds)[0]:
            keys = event.app.input.read_keys()
    event.key_processor.feed_multiple(keys)
    return bool(keys)


def _text(event: KeyPressEvent) -> str:
    """The text of the keys that wait, up to the first that is none."""
    text = ""
    for press in event.key_processor.input_queue:
        if isinstance(press.key, Keys) and press.key not in _TEXT:
            break
        text += _TEXT.get(press.key, press.data) if isinstance(press.key, Keys) else press.data
    return text


def _is_indented(text: str) -> bool:
    """Whether the first line that is not blank begins with blanks.

    >>> _is_indented("\\n    y = 1"), _is_indented("y = 1\\n    z")
    (True, False)
    """
    line = next((line for line in text.split("\n") if line.strip()), "")
    return line[:1] in (" ", "\t")
