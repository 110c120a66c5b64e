"""The lines under the prompt: worked out in a thread once typing pauses, so that no key waits."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from prompt_toolkit.application.current import get_app
from prompt_toolkit.filters import Condition, is_done, is_searching, to_filter
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, HSplit, Window

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.buffer import Buffer

# Seconds without a key before there is something to look up.
PAUSE = 0.06
# Seconds that a key may have to wait for the thread, several times over until it is answered.
TURN = 0.0005
INDENT = "  "

Lines = list[list[tuple[str, str]]]


class Below:
    """Shows what `tell(text, cursor, width)` says of what is being typed."""

    def __init__(self, tell: Callable[[str, int, int], Lines]) -> None:
        self._tell = tell
        self._lines: Lines = []
        self._changes = 0
        self._waiting = self._prepared = False
        self._worker = ThreadPoolExecutor(1)
        self.container = ConditionalContainer(
            Window(FormattedTextControl(self._text), dont_extend_height=True),
            filter=Condition(lambda: bool(self._lines)) & ~is_done & ~is_searching,
        )

    def put_into(self, session: PromptSession[str]) -> None:
        """Stand right under the text of a prompt, and follow what happens in it."""
        layout = session.layout
        layout.current_window.dont_extend_height = to_filter(True)
        assert isinstance(layout.container, HSplit)  # what prompts are made of
        layout.container.children[1:1] = [self.container]
        layout.container.children.append(Window())  # the rest of the screen
        session.app.after_render += self._prepare
        session.default_buffer.on_text_changed += self._changed
        session.default_buffer.on_cursor_position_changed += self._changed

    def _prepare(self, app: object) -> None:
        """Load what the first hint needs once the prompt is there, before a key has to wait for it."""
        if not self._prepared:
            self._prepared = True
            self._worker.submit(self._told, "norm(ones(1))", 5, 80)

    def _changed(self, buffer: Buffer) -> None:
        """Hear that the text or the cursor is another."""
        self._changes += 1
        if not buffer.text:
            self._lines = []
        elif not self._waiting and get_app().is_running:
            self._waiting = True
            get_app().create_background_task(self._look(buffer))

    def say(self, text: str) -> None:
        """Show a text until something is typed."""
        self._lines = [[("class:hint.meaning", text)]]
        get_app().invalidate()

    def settle(self) -> None:
        """Wait for what is being looked up: nothing of it goes on while a program runs."""
        self._lines = []
        self._waiting = False
        self._worker.submit(int).result()  # done when all before it is, or was given up
        numpy = sys.modules.get("numpy")
        if numpy is not None:  # it may have been loaded there, and counts by the thread
            numpy.seterr(all="ignore")

    async def _look(self, buffer: Buffer) -> None:
        try:
            seen = -1
            while seen != self._changes:
                seen = self._changes
                await asyncio.sleep(PAUSE)
                if seen == self._changes and buffer.text:
                    width = get_app().output.get_size().columns - len(INDENT) - 1
                    work = self._worker.submit(
                        self._told, buffer.text, buffer.cursor_position, width
                    )
                    lines = await asyncio.wrap_future(work)
                    if seen == self._changes:
                        self._lines = lines
                        get_app().invalidate()
        finally:
            self._waiting = False

    def _told(self, text: str, cursor: int, width: int) -> Lines:
        """What there is to say, found in a thread that lets the one of the keys go first."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(TURN)
        try:
            return self._tell(text, cursor, width)
        finally:
            sys.setswitchinterval(before)

    def _text(self) -> StyleAndTextTuples:
        pieces: StyleAndTextTuples = []
        for number, line in enumerate(self._lines):
            pieces.append(("", "\n" * (number > 0) + INDENT))
            pieces.extend(line)
        return pieces
