"""What Tab offers. Nothing is evaluated: `lookups` reads tables and dictionaries, nothing runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tcalc.help import lookups
from tcalc.prompt.calls import QUOTE, called_by, masked, open_call
from tcalc.prompt.greek import GREEK

if TYPE_CHECKING:
    from tcalc.session import Session


class Candidate(NamedTuple):
    """A way to go on: `text` replaces what stands from `start` to the cursor.

    label: what the menu shows, if not the text; note: a word on what it is.
    """

    text: str
    start: int
    label: str = ""
    note: str = ""


# Parameters that take a path, whatever the function is called.
_PATH_PARAMETERS = frozenset({"f", "path", "file", "filename"})

_GREEK = re.compile(r"\\([A-Za-z]*)\Z")
_DOTTED = re.compile(r"((?:[^\W\d]\w*\s*\.\s*)*)(\w*)\Z")
_AFTER_VALUE = re.compile(r"(?:([)\]}'])|\b[^\W\d]\w*)\s*\.\s*(\w*)\Z")


def complete(text: str, cursor: int, session: Session) -> list[Candidate]:
    """Candidates for the text at the cursor, in the order to offer them."""
    before = text[:cursor]
    if before.startswith(":"):
        return _of_command(before, session)
    blotted, string = masked(before)
    if string is not None:
        return _in_string(before, blotted, string, session)
    if match := _GREEK.search(blotted):
        return [
            Candidate(letter, match.start(), f"\\{name} {letter}")
            for name, letter in GREEK.items()
            if name.startswith(match[1])
        ]
    match = _DOTTED.search(blotted)
    assert match is not None  # it matches the empty text too
    word, start, first = match[2], match.start(2), match.start()
    if first and blotted[first - 1] == "." and (after := _AFTER_VALUE.search(blotted)):
        # Most values of calls and subscripts are tensors, and to know would be to evaluate.
        owner: object = "" if after[1] == "'" else lookups.UNKNOWN
        return _matching(after[2], after.start(2), lookups.attributes(owner))
    if word[:1].isdigit() or (first and blotted[first - 1] in ".#'\""):
        return []
    path = [part.strip() for part in match[1].split(".")[:-1]]
    if path:
        value = lookups.follow(path, session)
        if value is lookups.UNKNOWN and not _exists(path[0], session):
            return []
        return _matching(word, start, lookups.attributes(value))
    return _keywords(blotted, word, start, session) + _matching(word, start, _names(session))


def files(typed: str, start: int) -> list[Candidate]:
    """The files and folders that begin as typed, from `start` on; hidden ones only when asked."""
    folder, name = os.path.split(typed)
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as listed:
            found = sorted(
                (entry.name, entry.is_dir())
                for entry in listed
                if entry.name.startswith(name) and (name or entry.name[0] != ".")
            )
    except OSError:
        return []
    at = start + len(typed) - len(name)
    return [
        Candidate(entry + "/" * is_folder, at) for entry, is_folder in found if entry.isprintable()
    ]


# -- what fits there ------------------------------------------------------------------------------


def _names(session: Session) -> Iterable[str]:
    from tcalc.parser.tokens import KEYWORDS

    return {*session.variables, *session.namespace.names(), *KEYWORDS}


def _exists(name: str, session: Session) -> bool:
    return name in session.variables or session.namespace.visible(name) is not None


def _matching(word: str, start: int, names: Iterable[str]) -> list[Candidate]:
    """The names that begin with the word; those with an underscore when it does."""
    shown = {name for name in names if name.startswith(word) and (word or name[0] != "_")}
    return [Candidate(name, start) for name in sorted(shown, key=lambda n: (n.lower(), n))]


def _keywords(blotted: str, word: str, start: int, session: Session) -> list[Candidate]:
    """`dim=` and the like, where an argument begins; neither those given nor those filled."""
    call = open_call(blotted)
    if call is None or call.arguments[-1] != word:
        return []
    given = {argument.split("=")[0].strip() for argument in call.arguments if "=" in argument}
    filled = sum("=" not in argument for argument in call.arguments[:-1])
    return [
        Candidate(f"{parameter.name}=", start, note=parameter.default or "")
        for at, parameter in enumerate(called_by(call, session).parameters or ())
        if not parameter.star and parameter.name.startswith(word) and parameter.name not in given
        and (at >= filled or parameter.keyword_only)
    ]  # fmt: skip


def _in_string(before: str, blotted: str, string: int, session: Session) -> list[Candidate]:
    """File names, where the string is the argument for a parameter that takes a path."""
    call = open_call(blotted)
    opening = QUOTE.match(before, string)
    if call is None or opening is None:
        return []
    keyword, equals, _ = call.arguments[-1].partition("=")
    places = [p for p in called_by(call, session).parameters or () if not p.star]
    at = len(call.arguments) - 1
    name = keyword.strip() if equals else places[at].name if at < len(places) else ""
    return files(before[opening.end() :], opening.end()) if name in _PATH_PARAMETERS else []


def _of_command(before: str, session: Session) -> list[Candidate]:
    """A command's name, or what may follow it."""
    from tcalc.prompt.commands import COMMANDS

    name, space, rest = before[1:].partition(" ")
    if not space:
        return [
            Candidate(command, 1, f":{row.usage}", row.summary)
            for command, row in COMMANDS.items()
            if command.startswith(name)
        ]
    completes = COMMANDS[name].completes if name in COMMANDS else ""
    start = len(before) - len(rest.lstrip())
    if completes == "file":
        typed = rest.lstrip().rpartition("=")[2]
        return files(typed, len(before) - len(typed))
    if completes in ("name", "expression"):
        found = complete(before[start:], len(before) - start, session)
        if completes == "name":
            from tcalc.help.topics import TOPICS

            found = _matching(before[start:], 0, TOPICS) + found
        return [each._replace(start=each.start + start) for each in found]
    return []
