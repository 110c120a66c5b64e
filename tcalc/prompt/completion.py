"""What Tab offers. Nothing is evaluated: `lookups` reads tables and dictionaries, nothing runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tcalc.help import lookups
from tcalc.prompt.calls import (
    QUOTE,
    Call,
    Called,
    called_by,
    chain_before,
    masked,
    open_call,
    value_of,
)
from tcalc.prompt.descriptions import (
    is_tensor,
    of_member,
    of_name,
    of_parameter,
    of_registered,
    of_value,
)
from tcalc.prompt.filenames import PROGRAMS, files
from tcalc.prompt.greek import GREEK
from tcalc.prompt.matching import fitting

if TYPE_CHECKING:
    from tcalc.help.signatures import Parameter
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


def complete(text: str, cursor: int, session: Session) -> list[Candidate]:
    """Candidates for the text at the cursor, in the order to offer them."""
    before = text[:cursor]
    if before.startswith(":"):
        return _of_command(before, session)
    blotted, string = masked(before)
    if string is not None:
        return _in_string(before, blotted, string, session)
    if match := _GREEK.search(blotted):
        return _greek(match[1], match.start())
    match = _DOTTED.search(blotted)
    assert match is not None  # it matches the empty text too
    word, start, first = match[2], match.start(2), match.start()
    if first and blotted[first - 1] == ".":
        return _after_value(before, blotted, session)
    if word[:1].isdigit() or (first and blotted[first - 1] in ".#'\""):
        return []
    path = [part.strip() for part in match[1].split(".")[:-1]]
    if path:
        value = lookups.follow(path, session)
        if value is lookups.UNKNOWN and not _exists(path[0], session):
            return []
        return _attributes(value, word, start)
    keywords: dict[str, Parameter] = {}
    function: object = None
    call = open_call(blotted)
    if call is not None and call.arguments[-1] == word:
        function, _ = called = called_by(call, session)
        keywords = _keywords(call, called)
    keys = _keys(before, blotted, word, session)
    # Before anything is typed a list of all there is helps nobody.
    fits = fitting(word, [keys, keywords, _names(session) if word else sorted(session.variables)])
    return [
        *(Candidate(key, start, note=keys[key]) for key in fits[0]),
        *(Candidate(n, start, note=of_parameter(keywords[n], function)) for n in fits[1]),
        *(Candidate(name, start, note=of_name(name, session)) for name in fits[2]),
    ]


# -- what fits there ------------------------------------------------------------------------------


def _greek(name: str, start: int) -> list[Candidate]:
    return [
        Candidate(letter, start, f"\\{each} {letter}")
        for each, letter in GREEK.items()
        if each.startswith(name)
    ]


def _names(session: Session) -> Iterable[str]:
    from tcalc.parser.tokens import KEYWORDS

    return sorted(
        {*session.variables, *session.namespace.names(), *KEYWORDS}, key=lambda n: (n.lower(), n)
    )


def _exists(name: str, session: Session) -> bool:
    return name in session.variables or session.namespace.visible(name) is not None


def _after_value(before: str, blotted: str, session: Session) -> list[Candidate]:
    """Attributes of what ends before a dot and is no dotted name: a call, a subscript, a string."""
    match = re.search(r"\.\s*(\w*)\Z", blotted)
    assert match is not None  # there is the dot
    end = len(blotted[: match.start()].rstrip())
    if not end or not (blotted[end - 1] in ")]}'" or blotted[end - 1].isidentifier()):
        return []
    # Most values of calls and subscripts are tensors, and to know would be to evaluate.
    owner: object = "" if blotted[end - 1] == "'" else lookups.UNKNOWN
    begin = chain_before(blotted, end)
    if begin is not None:
        owner = value_of(before[begin:end], session)
    return _attributes(owner, match[1], match.start(1))


def _attributes(owner: object, word: str, start: int) -> list[Candidate]:
    name = lookups.module_name(owner)
    of_tensor = owner is lookups.UNKNOWN or is_tensor(owner)

    def note(attribute: str) -> str:
        if name is not None:
            return of_member(owner, name, attribute)
        if of_tensor:
            return of_registered(f"Tensor.{attribute}")
        return of_value(lookups.step(owner, attribute))

    (found,) = fitting(word, [sorted(lookups.attributes(owner), key=lambda n: (n.lower(), n))])
    return [Candidate(attribute, start, note=note(attribute)) for attribute in found]


def _keywords(call: Call, called: Called) -> dict[str, Parameter]:
    """`dim=` and the like: neither those given nor those filled."""
    given = {argument.split("=")[0].strip() for argument in call.arguments if "=" in argument}
    filled = sum("=" not in argument for argument in call.arguments[:-1])
    return {
        f"{parameter.name}=": parameter
        for at, parameter in enumerate(called.parameters or ())
        if not parameter.star and parameter.name not in given
        and (at >= filled or parameter.keyword_only)
    }  # fmt: skip


def _keys(before: str, blotted: str, word: str, session: Session) -> dict[str, str]:
    """The keys of a dictionary, where a subscript of it begins; with what they lead to."""
    at = len(blotted.rstrip()) - 1
    if word or at < 1 or blotted[at] != "[":
        return {}
    begin = chain_before(blotted, at)
    owner = value_of(before[begin:at], session) if begin is not None else None
    return {f"{key!r}]": of_value(lookups.item(owner, key)) for key in lookups.keys(owner)}


def _in_string(before: str, blotted: str, string: int, session: Session) -> list[Candidate]:
    """File names, where the string is for a parameter that takes a path; or a dictionary's keys."""
    opening = QUOTE.match(before, string)
    if opening is None:
        return []
    at, typed = opening.end(), before[opening.end() :]
    outside = blotted.rstrip()
    if outside.endswith("[") and (begin := chain_before(outside, len(outside) - 1)) is not None:
        owner = value_of(before[begin : len(outside) - 1], session)
        names = [
            key for key in lookups.keys(owner) if isinstance(key, str) and opening[1] not in key
        ]
        (found,) = fitting(typed, [names])
        return [
            Candidate(f"{key}{opening[1]}]", at, key, of_value(lookups.item(owner, key)))
            for key in found
        ]
    call = open_call(blotted)
    if call is None:
        return []
    keyword, equals, _ = call.arguments[-1].partition("=")
    places = [p for p in called_by(call, session).parameters or () if not p.star]
    place = len(call.arguments) - 1
    name = keyword.strip() if equals else places[place].name if place < len(places) else ""
    return _files(typed, at) if name in _PATH_PARAMETERS else []


def _files(typed: str, start: int, first: Iterable[str] = ()) -> list[Candidate]:
    from tcalc.files.formats import FORMATS

    at = start + typed.rfind("/") + 1
    return [Candidate(file.name, at, note=file.note) for file in files(typed, [*first, *FORMATS])]


def _of_command(before: str, session: Session) -> list[Candidate]:
    """A command's name, or what may follow it."""
    from tcalc.prompt.commands import COMMANDS

    name, space, rest = before[1:].partition(" ")
    if not space:
        (found,) = fitting(name, [COMMANDS])
        return [Candidate(n, 1, f":{COMMANDS[n].usage}", COMMANDS[n].summary) for n in found]
    completes = COMMANDS[name].completes if name in COMMANDS else ""
    start = len(before) - len(rest.lstrip())
    if completes == "file":
        typed = rest.lstrip().rpartition("=")[2]
        return _files(typed, len(before) - len(typed), PROGRAMS)
    if completes in ("name", "expression"):
        found_there = complete(before[start:], len(before) - start, session)
        if completes == "name":
            from tcalc.help import topics

            (fits,) = fitting(before[start:], [topics.TOPICS])
            found_there[:0] = [Candidate(n, 0, note=topics.title(n)) for n in fits]
        return [each._replace(start=each.start + start) for each in found_there]
    return []
