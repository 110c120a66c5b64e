"""The line editor of the REPL: keys, colours, completion menu and history around one prompt."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit import PromptSession
from prompt_toolkit.application.current import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    emacs_insert_mode,
    has_selection,
    is_done,
    vi_insert_mode,
)
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import CompleteStyle

from tcalc.parser import highlight_tokens, is_incomplete
from tcalc.prompt.below import Below, Lines
from tcalc.prompt.brackets import Brackets
from tcalc.prompt.bursts import rest_of_paste
from tcalc.prompt.pasting import is_typed_comparison, strip_prompts
from tcalc.prompt.styles import style

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from tcalc.prompt.completion import Candidate

CONTINUATION = ". "
INDENT = 4
# Columns of the menu for names; the rest says what they are.
NAME_WIDTH = 28


class Entry(NamedTuple):
    """What was entered: its text, and whether its first character was typed and not pasted."""

    text: str
    typed: bool


class Editor:
    """Reads entries from a terminal.

    complete: candidates for a text and a cursor in it. prompt: what stands before it. tell: lines to show under such a text, within
    a width. at_stake: what leaving by Ctrl-D would lose, "" for nothing: then it takes two. input,
    output: prompt_toolkit's, for tests.
    """

    def __init__(
        self,
        complete: Callable[[str, int], list[Candidate]],
        history: History,
        *,
        prompt: Callable[[], str] = lambda: "> ",
        tell: Callable[[str, int, int], Lines] | None = None,
        at_stake: Callable[[], str] = str,
        vi: bool = False,
        colour: bool = True,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._complete = complete
        self._prompt = prompt
        self._at_stake = at_stake
        self._asked = False
        self._pasted_start = False
        self._recalled: tuple[int, str, int] | None = None
        self.session: PromptSession[str] = PromptSession(
            prompt_continuation=_continuation,
            multiline=True,
            lexer=_Highlighter(),
            completer=_Menu(complete),
            complete_while_typing=False,
            complete_style=CompleteStyle.COLUMN,
            auto_suggest=AutoSuggestFromHistory(),
            enable_history_search=True,
            history=history,
            key_bindings=self._bindings(),
            style=style(),
            include_default_pygments_style=False,
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            enable_open_in_editor=True,
            tempfile_suffix=".py",
            enable_suspend=True,
            input_processors=[Brackets()],
            vi_mode=vi,
            cursor=ModalCursorShapeConfig() if vi else None,
            input=input,
            output=output,
        )
        self.session.default_buffer.on_text_changed += self._on_change
        self._below = Below(tell) if tell is not None else None
        if self._below is not None:
            self._below.put_into(self.session)

    def read(self) -> Entry:
        """The next entry. Raises EOFError for Ctrl-D and KeyboardInterrupt for Ctrl-C."""
        self._pasted_start = self._asked = False
        self._recalled = None
        try:
            text = self.session.prompt([("class:prompt", self._prompt())])
        except KeyboardInterrupt:
            self._settle()
            raise
        self._settle()
        return Entry(text.rstrip(), typed=not self._pasted_start)

    def _settle(self) -> None:
        if self._below is not None:
            self._below.settle()

    # -- keys ---------------------------------------------------------------------------------

    def _bindings(self) -> KeyBindings:
        keys = KeyBindings()
        main = Condition(lambda: get_app().current_buffer is self.session.default_buffer)
        inserts = emacs_insert_mode | vi_insert_mode
        at_indent = inserts & Condition(
            lambda: not get_app().current_buffer.document.current_line_before_cursor.strip()
        )
        empty = Condition(lambda: not self.session.default_buffer.text)
        keys.add("enter", filter=main & ~completion_is_selected & ~is_done)(self._enter)
        keys.add("enter", filter=main & completion_is_selected)(_take_completion)
        keys.add("escape", "enter", filter=main)(_accept)
        keys.add("tab", filter=main & at_indent & ~has_selection)(_indent)
        keys.add("tab", filter=main & inserts & ~at_indent)(self._tab)
        keys.add("backspace", filter=main & at_indent & ~has_selection)(_dedent)
        keys.add("up", filter=main & ~completion_is_selected)(self._up)
        keys.add("down", filter=main & ~completion_is_selected)(self._down)
        keys.add("c-p", filter=main & ~completion_is_selected)(self._up)
        keys.add("c-n", filter=main & ~completion_is_selected)(self._down)
        keys.add(Keys.BracketedPaste, filter=main)(self._paste)
        keys.add("c-d", filter=main & empty)(self._leave)
        return keys

    def _enter(self, event: KeyPressEvent) -> None:
        """Run what is complete; otherwise begin a new line, indented as the block wants it."""
        buffer = event.current_buffer
        text = buffer.text
        if not buffer.document.text_after_cursor.strip():
            # A terminal without bracketed paste delivers what is pasted as keys.
            rest = rest_of_paste(event, text)
            if rest is None:
                code = text if is_typed_comparison(text) else strip_prompts(text)
            else:
                code = strip_prompts(f"{text}\n{rest}")
                self._pasted_start = True
                code = code.rstrip("\n") + "\n" * rest.endswith("\n\n")
            if code != text:
                buffer.text = text = code
                buffer.cursor_position = len(text)
            if rest and not rest.endswith("\n"):
                return
        elif "\n" in buffer.document.text_after_cursor:
            buffer.insert_text("\n" + _indentation(buffer.document.current_line_before_cursor))
            return
        if text.startswith(":") or not is_incomplete(text):
            buffer.validate_and_handle()
            return
        buffer.cursor_position = len(text)
        buffer.insert_text("\n" + _indentation(buffer.document.current_line_before_cursor))

    def _tab(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state:
            buffer.complete_next()
            return
        # Nothing here evaluates or waits, so that a single candidate needs no menu.
        found = self._complete(buffer.text, buffer.cursor_position)
        if len(found) == 1:
            buffer.delete_before_cursor(buffer.cursor_position - found[0].start)
            buffer.insert_text(found[0].text)
        elif found:
            # What they all begin with at once, and a menu for the rest.
            typed = buffer.text[found[0].start : buffer.cursor_position]
            common = os.path.commonprefix([each.text for each in found])  # noqa: RUF071 (no paths)
            if len(common) > len(typed) and common.startswith(typed):
                buffer.insert_text(common[len(typed) :])
            buffer.start_completion()

    def _up(self, event: KeyPressEvent) -> None:
        self._travel(event.current_buffer, back=True, count=event.arg)

    def _down(self, event: KeyPressEvent) -> None:
        self._travel(event.current_buffer, back=False, count=event.arg)

    def _travel(self, buffer: Buffer, *, back: bool, count: int) -> None:
        """Up and Down: between lines, else through the entries that begin as this one does.

        Once in history the search goes on until another key, also across entries of many lines.
        """
        here = (buffer.working_index, buffer.text, buffer.cursor_position)
        if buffer.complete_state:
            (buffer.complete_previous if back else buffer.complete_next)(count=count)
        elif self._recalled == here or not _has_line(buffer.document, back=back):
            (buffer.history_backward if back else buffer.history_forward)(count=count)
            self._pasted_start = False
            self._recalled = (buffer.working_index, buffer.text, buffer.cursor_position)
        else:
            (buffer.cursor_up if back else buffer.cursor_down)(count=count)

    def _paste(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if not buffer.document.text_before_cursor.strip():
            self._pasted_start = True
        # Whole sessions are pasted at a fresh prompt; inside an entry `>>>` may be text.
        data = event.data.replace("\r\n", "\n").replace("\r", "\n")
        buffer.insert_text(data if buffer.text.strip() else strip_prompts(data).rstrip("\n"))

    def _leave(self, event: KeyPressEvent) -> None:
        """Ctrl-D on an empty line."""
        lost = "" if self._asked or self._below is None else self._at_stake()
        if not lost:
            event.app.exit(exception=EOFError, style="class:exiting")
        elif self._below is not None:
            self._asked = True
            self._below.say(f"Ctrl-D again leaves, and with it go {lost}")

    def _on_change(self, buffer: Buffer) -> None:
        self._asked = False
        if not buffer.text:
            self._pasted_start = False


def _accept(event: KeyPressEvent) -> None:
    event.current_buffer.validate_and_handle()


def _take_completion(event: KeyPressEvent) -> None:
    event.current_buffer.complete_state = None


def _indent(event: KeyPressEvent) -> None:
    column = event.current_buffer.document.cursor_position_col
    event.current_buffer.insert_text(" " * (INDENT - column % INDENT))


def _dedent(event: KeyPressEvent) -> None:
    """Backspace: inside indentation a whole step, at the start of a line the line's end."""
    buffer = event.current_buffer
    column = buffer.document.cursor_position_col
    buffer.delete_before_cursor((column - 1) % INDENT + 1 if column else 1)


def _has_line(document: Document, *, back: bool) -> bool:
    row = document.cursor_position_row
    return row > 0 if back else row < document.line_count - 1


_LEAVES = re.compile(r"\s*(return|pass|break|continue|raise)\b")


def _indentation(line: str) -> str:
    """The indentation for the line after this one.

    >>> _indentation("if x:"), _indentation("    return x"), _indentation("  y = 1")
    ('    ', '', '  ')
    """
    indent = line[: len(line) - len(line.lstrip())]
    if line.split("#")[0].rstrip().endswith(":"):
        return indent + " " * INDENT
    return indent[:-INDENT] if _LEAVES.match(line) else indent


def _continuation(width: int, line: int, wrapped: int) -> StyleAndTextTuples:
    return [("class:continuation", " " * width if wrapped else CONTINUATION.rjust(width))]


class _Menu(Completer):
    """Our candidates as prompt_toolkit's."""

    def __init__(self, complete: Callable[[str, int], list[Candidate]]) -> None:
        self._complete = complete

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        for found in self._complete(document.text, document.cursor_position):
            yield Completion(
                found.text,
                start_position=found.start - document.cursor_position,
                display=_cut(found.label or found.text),
                display_meta=found.note,
            )


def _cut(name: str) -> str:
    """A name for the menu, which leaves room for what it means."""
    return name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"


class _Highlighter(Lexer):
    """Colours by our own lexer, so that they never disagree with what runs."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = _coloured(document.text)
        return lambda number: lines[number] if number < len(lines) else []


def _coloured(text: str) -> list[StyleAndTextTuples]:
    if text.startswith(":"):
        word = re.match(r":\w*", text)
        end = word.end() if word else 0
        pieces: Iterable[tuple[int, int, str]] = [(0, end, "command")]
    else:
        pieces = highlight_tokens(text)
    lines: list[StyleAndTextTuples] = [[]]

    def put(style: str, piece: str) -> None:
        first, *rest = piece.split("\n")
        lines[-1].append((style, first))
        lines.extend([(style, line)] for line in rest)

    at = 0
    for start, end, kind in pieces:
        put("", text[at:start])
        put(f"class:{kind}", text[start:end])
        at = end
    put("", text[at:])
    return lines
