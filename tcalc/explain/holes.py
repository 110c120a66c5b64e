"""Shape holes: `A @ ? -> (3, 5)` asks which shape there makes the expression have that shape.

One operand, or one size (`x.view(?, 8)`), is left open. Shapes are tried dry: of sizes that stand in the
expression, in what it works on and in what is wanted, and of differences and quotients of these. Without
`-> SHAPE` any result will do; a size that may then be any number is told as `n`.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import ParseError, ShapeError
from tcalc.explain.apart import apart
from tcalc.explain.trial import silent
from tcalc.parser import nodes, parse
from tcalc.runtime.arrays import metaarray
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.transform.dry.interpreter import Dry
from tcalc.runtime.transform.dry.unknown import NotKnown
from tcalc.runtime.types import dtypes
from tcalc.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcalc.session import Session

# A letter of one place that stands for `?` while the expression is parsed.
HOLE = "ʔ"
_ANSWER = "answer "
# Text, comments, the arrow in front of the shape that is wanted, and holes.
_PARTS = re.compile(
    r"""[rRbBfF]*('''.*?'''|\"{3}.*?\"{3}|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|\#[^\n]*|->|\?""",
    re.DOTALL,
)
_SECONDS, _MOST_DIMS, _MOST_SHOWN = 5.0, 4, 12
# So many sizes are tried for each of so many dims.
_MOST_SIZES = (0, 24, 12, 9, 7)
# Sizes that nothing has: where each of them fits, any number does.
_ANY = (10007, 10009)
_LETTERS = dict(zip(_ANY, "nm"))


class Query(NamedTuple):
    """An expression with a hole, as a source in which HOLE stands for it; wanted: the result's shape."""

    source: Source
    wanted: tuple[int, ...] | None


def asked(text: str, name: str = "<hole>") -> Query | None:
    """What a text with a `?` asks for; None where it is no expression with one hole."""
    if "?" not in text:
        return None
    signs = [m for m in _PARTS.finditer(text) if m[0] in ("?", "->")]
    holes = [m.start() for m in signs if m[0] == "?"]
    arrows = [m for m in signs if m[0] == "->"]
    if len(holes) != 1 or len(arrows) > 1 or (arrows and arrows[0].start() < holes[0]):
        return None
    body = text[: holes[0]] + HOLE + text[holes[0] + 1 :]
    wanted = None
    if arrows:
        wanted = _shape(body[arrows[0].end() :])
        if wanted is None:
            return None
        body = body[: arrows[0].start()]
    source = Source(body, name)
    statements = _parsed(body)
    if len(statements) != 1 or not isinstance(statements[0], nodes.Expr):
        return None
    value = statements[0].value
    return None if isinstance(value, nodes.Name) else Query(source, wanted)


def _parsed(text: str) -> Sequence[nodes.StmtNode]:
    try:
        return parse(Source(text)).body
    except ParseError:
        return []


def _shape(text: str) -> tuple[int, ...] | None:
    """A shape as it is written: `(3, 5)`, `[3, 5]`, `()`, or `5`."""
    statements = _parsed(text.strip())
    if len(statements) != 1 or not isinstance(statements[0], nodes.Expr):
        return None
    value = statements[0].value
    parts = value.elts if isinstance(value, (nodes.Tuple, nodes.List)) else [value]
    sizes = [part.value for part in parts if isinstance(part, nodes.Constant)]
    if len(sizes) < len(parts) or any(type(n) is not int for n in sizes):
        return None
    return tuple([n for n in sizes if type(n) is int])


def solved(session: Session, query: Query) -> str:
    """The shapes, or the sizes, that fit the hole. Raises ShapeError where none does."""
    found = apart(lambda: _found(session, query), 2 * _SECONDS)
    answers, complete, named = found if found is not None else ([], False, "")
    wanted = "any result" if query.wanted is None else str(list(query.wanted))
    if not answers:
        known = f" ({named})" if named else ""
        raise ShapeError(f"nothing was found that fits ? and gives {wanted}{known}")
    shown = answers[:_MOST_SHOWN]
    more = [f"and {len(answers) - len(shown)} more"] if len(answers) > len(shown) else []
    more += [] if complete else ["there may be others"]
    return "\n".join([*[f"? = {answer}" for answer in shown], *more])


def _found(session: Session, query: Query) -> tuple[list[str], bool, str]:
    """What fits, in a process of its own; whether all was tried; and what the names in it are."""
    silent(session)
    own = {**session.variables, HOLE: 0}

    def kept(body: Sequence[nodes.StmtNode]) -> list[nodes.StmtNode]:
        last: Any = body[-1]
        answer = nodes.Name(last.start, last.end, _ANSWER)
        return [nodes.Assign(last.start, last.end, [answer], last.value)]

    with Dry() as dry:
        run = session.compiled(query.source, own, kept)
        named = {n: own[n] for n in _names(query.source) if n in own and n != HOLE}
        tensors = {n: v for n, v in named.items() if isinstance(v, Tensor)}
        sizes = _sizes(query, tensors)
        kind = next((v._d.dtype for v in tensors.values()), dtypes.default.value.numpy)
        end = monotonic() + _SECONDS

        broken: list[str] = []

        def fits(value: object) -> bool:
            own[HOLE] = value
            dry.notes.clear()
            try:
                run()
            except (NameError, AttributeError) as error:  # no shape mends that
                broken.append(str(error))
                return False
            except (Exception, NotKnown):  # it does not fit, whatever it is that says so
                return False
            result = own.get(_ANSWER)
            if query.wanted is None:
                return True
            return isinstance(result, Tensor) and tuple(result._d.shape) == query.wanted

        most = min(
            _MOST_DIMS, 1 + max([len(query.wanted or ()), *[v._d.ndim for v in tensors.values()]])
        )
        answers: list[str] = []
        shapes: list[tuple[int, ...]] = []
        complete = True
        for shape in _shapes(sizes, most, query.wanted is None):
            if monotonic() > end:
                complete = False
                break
            if not _is_covered(shape, shapes) and fits(wrap(metaarray.empty(shape, kind))):
                shapes.append(shape)
        answers = [_told(shape) for shape in shapes]
        if not answers:
            answers = [
                str(n)
                for n in sorted({*sizes, *range(-most, 2 * most)} - {*_ANY})
                if n != -1 and fits(n)
            ]
        known = ", ".join(f"{n} is {list(v._d.shape)}" for n, v in tensors.items())
        return answers, complete, broken[0] if broken else known


def _names(source: Source) -> list[str]:
    """The names in an expression."""
    waiting: list[nodes.Node] = list(parse(source).body)
    found = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.Name):
            found.append(node.id)
        waiting += nodes.children(node)
    return sorted(set(found))


def _sizes(query: Query, tensors: dict[str, Tensor]) -> list[int]:
    """The sizes that are tried: those that are seen, then what comes of two of them."""
    wanted = query.wanted or ()
    seen = [n for v in tensors.values() for n in v._d.shape]
    written = [int(n) for n in re.findall(r"\b\d{1,6}\b", query.source.text)]
    wholes = [prod(v._d.shape) for v in tensors.values()] + [prod(wanted)] * bool(wanted)
    first = [1, *wanted, *seen, *written]
    pairs = [*product([*seen, *wholes], [*wanted, *written, *seen])]
    made = [abs(a - b) for a, b in pairs] + [abs(a - b) + 1 for a, b in pairs]
    made += [a // b for a, b in pairs if b and not a % b]
    return list(dict.fromkeys([n for n in (*first, *made, *wholes) if n > 0]))


def _shapes(sizes: Sequence[int], most: int, free: bool) -> Iterator[tuple[int, ...]]:
    """Shapes with ever more dims; where the result may be any, such that may be any come first."""
    for ndim in range(most + 1):
        few = sizes[: _MOST_SIZES[ndim]]
        made: Any = product([*_ANY, *few] if free else few, repeat=ndim)
        yield from sorted(made, key=_order) if free else made


def _order(shape: tuple[int, ...]) -> tuple[int, int]:
    """First those with the most sizes that may be any, all of them different."""
    free = [n for n in shape if n in _ANY]
    return -len(free), -len(set(free))


def _is_covered(shape: tuple[int, ...], known: Sequence[tuple[int, ...]]) -> bool:
    """Whether one that was found says it already, by a size that may be any."""
    return any(
        len(other) == len(shape) and all(a == b or b in _ANY for a, b in zip(shape, other))
        for other in known
    )


def _told(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(_LETTERS.get(n, str(n)) for n in shape)}]"
