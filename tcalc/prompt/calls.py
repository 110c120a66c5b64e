"""Where the cursor is in a line: in a string, in the arguments of a call, after a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tcalc.errors import ParseError
from tcalc.help import lookups
from tcalc.help.signatures import Parameter, parameters
from tcalc.parser import highlight_tokens, parse
from tcalc.parser.nodes import Attribute, Constant, Expr, ExprNode, Name, Subscript
from tcalc.prompt.variables import tensor_type
from tcalc.source import Source

if TYPE_CHECKING:
    from tcalc.session import Session

_CALLED = re.compile(r"((?:[^\W\d]\w*\.)*[^\W\d]\w*)\s*\Z")
_NAME = re.compile(r"[^\W\d]\w*\Z")
_OPENERS = {")": "(", "]": "[", "}": "{"}
QUOTE = re.compile(r"\w*('''|\"\"\"|'|\")")


class Call(NamedTuple):
    """The call whose parentheses are open at the cursor, and its arguments so far, masked."""

    path: list[str]
    arguments: list[str]


class Called(NamedTuple):
    """What is called: the function, where it is known, and the parameters that a caller gives."""

    value: object
    parameters: Sequence[Parameter] | None


def masked(before: str) -> tuple[str, int | None]:
    """The text with strings and comments blotted out, and where the string at the cursor began.

    What is left can be searched for brackets, commas and names with simple means.

    >>> masked("f('(', x")
    ("f(''', x", None)
    """
    pieces: list[str] = []
    at = 0
    for start, end, kind in highlight_tokens(before):
        pieces.append(before[at:start])
        token = before[start:end]
        if end == len(before) and _is_open(token):
            return "".join(pieces), start
        if kind == "comment":
            pieces.append("#" * len(token))
        elif kind == "string":
            pieces.append("'" * len(token))
        else:
            pieces.append(token)
        at = end
    pieces.append(before[at:])
    return "".join(pieces), None


def _is_open(token: str) -> bool:
    """Whether a token is a string that has not been closed."""
    match = QUOTE.match(token)
    if match is None:
        return False
    quote, rest = match[1], token[match.end() :]
    ended = re.sub(r"\\.", "", rest, flags=re.DOTALL).endswith(quote)
    return not ended or len(rest) < len(quote)


def open_call(blotted: str, *, outer: bool = False) -> Call | None:
    """The innermost call that is open at the end of a masked text.

    None inside other brackets, unless outer: then the call around them.
    """
    closed: list[str] = []
    commas: list[int] = []
    for at in range(len(blotted) - 1, -1, -1):
        char = blotted[at]
        if char in ")]}":
            closed.append(_OPENERS[char])
        elif char in "([{":
            if closed:
                if closed.pop() != char:
                    return None
                continue
            called = _CALLED.search(blotted[:at]) if char == "(" else None
            if called is None:
                if not outer:
                    return None
                commas.clear()
                continue
            edges = [at, *reversed(commas), len(blotted)]
            arguments = [blotted[a + 1 : b].strip() for a, b in pairwise(edges)]
            path = called[1].split(".")
            # A method of something that is no name: of a call, a subscript, a string.
            owner = [""] if blotted[: called.start()].endswith(".") else []
            return Call(owner + path, arguments)
        elif char == "," and not closed:
            commas.append(at)
    return None


def chain_before(blotted: str, end: int) -> int | None:
    """Where the names, attributes and subscripts that end there begin, None where more is in them.

    >>> chain_before("2 * net.layers[0].bias", 22), chain_before("f(x).bias", 9)
    (4, None)
    """
    at = end
    while True:
        while at and blotted[at - 1] == "]":
            opening = _opening(blotted, at - 1)
            if opening is None:
                return None
            at = opening
        name = _NAME.search(blotted[:at])
        if name is None:
            return None
        at = name.start()
        if not at or blotted[at - 1] != ".":
            return at
        at -= 1


def _opening(blotted: str, closing: int) -> int | None:
    """Where the bracket is that a `]` closes."""
    depth = 0
    for at in range(closing, -1, -1):
        depth += (blotted[at] == "]") - (blotted[at] == "[")
        if not depth:
            return at
    return None


def value_of(text: str, session: Session) -> object:
    """What names, attributes and subscripts with literals mean, found without running anything."""
    try:
        (statement,) = parse(Source(text)).body
    except (ParseError, ValueError):
        return lookups.UNKNOWN
    return _value(statement.value, session) if type(statement) is Expr else lookups.UNKNOWN


def _value(node: ExprNode, session: Session) -> object:
    match node:
        case Name(id=name):
            return lookups.follow([name], session)
        case Attribute(value=owner, attr=name):
            return lookups.step(_value(owner, session), name)
        case Subscript(value=owner, slice=Constant(value=key)):
            return lookups.item(_value(owner, session), key)
    return lookups.UNKNOWN


def called_by(call: Call, session: Session) -> Called:
    """What a call calls, found without running anything."""
    from tcalc.runtime.base import registry

    *owner, name = call.path
    value = lookups.follow(call.path, session)
    if owner and isinstance(lookups.follow(owner, session), tensor_type()):
        value = lookups.UNKNOWN  # whether its class has the method by now or not
    if value is lookups.UNKNOWN and owner:
        # A tensor's method, or one of a value that only evaluating could tell.
        value = registry.lookup(f"Tensor.{name}")
        return Called(value, (parameters(value) or ())[1:] if value is not None else None)
    found = parameters(value)
    if not owner and name not in session.variables and (found is None or _is_vague(found)):
        # Python's `sum` and the like are PyTorch's for tensors, and that says more.
        other = registry.lookup(f"torch.{name}")
        if getattr(other, "__op__", None) is not None:
            return Called(other, parameters(other))
    return Called(None if value is lookups.UNKNOWN else value, found)


def _is_vague(found: Sequence[Parameter]) -> bool:
    return all(parameter.star for parameter in found)


def current(call: Call, found: Sequence[Parameter]) -> int | None:
    """The place of the parameter that the last argument is for, None where there is none.

    >>> call = Call(["f"], ["x", "dim=0"])
    >>> current(call, [Parameter("input"), Parameter("dim", "None")])
    1
    """
    keyword, equals, _ = call.arguments[-1].partition("=")
    if equals and not call.arguments[-1].startswith(f"{keyword}=="):
        names = [parameter.name for parameter in found]
        return names.index(keyword.strip()) if keyword.strip() in names else _starred(found, "**")
    at = len(call.arguments) - 1
    places = [i for i, parameter in enumerate(found) if not parameter.keyword_only]
    star = _starred(found, "*")
    if star is not None and at >= star:
        return star
    return places[at] if at < len(places) and found[places[at]].star != "**" else None


def _starred(found: Sequence[Parameter], star: str) -> int | None:
    return next((i for i, parameter in enumerate(found) if parameter.star == star), None)
