"""Reading what einsum is told: an equation such as `ij,jk->ik`, or lists of numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, ShapeError, StateError, ValueProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Stands for the ellipsis in a term.
ELLIPSIS = "."
# The dimensions that an ellipsis covers are named by characters from here on, the last one first.
_COVERED = 0x100


class Equation:
    """What einsum is told, with the ellipses resolved.

    terms: for each operand a letter a dimension. output: the letters of the result.
    sizes: the size of each letter (1 where every operand has 1).
    plain: whether each letter comes once in each term, with its full size, and is in another
    term or the output, so that operands can be multiplied as they are.
    """

    __slots__ = ("output", "plain", "sizes", "terms")

    def __init__(
        self,
        terms: list[str],
        output: str,
        sizes: dict[str, int],
        shapes: Sequence[tuple[int, ...]],
    ) -> None:
        self.terms = terms
        self.output = output
        self.sizes = sizes
        self.plain = all(
            len(set(t)) == len(t)
            and tuple([sizes[c] for c in t]) == s
            and set(t) <= set(output).union(*terms[:i], *terms[i + 1 :])
            for i, (t, s) in enumerate(zip(terms, shapes))
        )


def _error(text: str, hint: str | None = None) -> StateError:
    return StateError(f"einsum(): {text}", hint=hint, argument="equation")


@lru_cache(maxsize=256)
def read(equation: str) -> tuple[tuple[str, ...], str | None]:
    """The terms and the output (None where it is left out) of an equation in letters."""
    arrow = equation.find("->")
    left, right = (equation, None) if arrow < 0 else (equation[:arrow], equation[arrow + 2 :])
    terms = []
    start = 0
    for number, part in enumerate(left.split(",")):
        terms.append(_term(part, start, f"operand {number}"))
        start += len(part) + 1
    return tuple(terms), None if right is None else _term(right, arrow + 2, "output")


def _term(text: str, start: int, owner: str) -> str:
    term = ""
    at = 0
    while at < len(text):
        c = text[at]
        if c == ".":
            if ELLIPSIS in term:
                found = f"found '.' for {owner}"
                raise _error(
                    f"{found} but an ellipsis (...) was already found"
                    if owner == "output"
                    else f"{found} for which an ellipsis was already found"
                )
            if text[at : at + 3] != "...":
                raise _error(f"found '.' for {owner} that is not part of any ellipsis (...)")
            term += ELLIPSIS
            at += 2
        elif c in LETTERS:
            term += c
        elif c != " ":
            hint = None
            if c in "->":
                hint = "the arrow is written -> and comes once"
            raise _error(
                f"invalid subscript given at index {start + at} in the equation string, "
                f"subscripts must be in [a-zA-Z], but it is {c!r}",
                hint,
            )
        at += 1
    return term


def from_numbers(numbers: object) -> str:
    """A term from a list of numbers below 52 and of at most one Ellipsis."""
    if not isinstance(numbers, (list, tuple)):
        raise ArgumentError(
            f"einsum(): a subscript list is a list of ints, not {type(numbers).__name__}",
            argument="operands",
        )
    term = ""
    for n in numbers:
        if n is Ellipsis:
            term += ELLIPSIS
        elif isinstance(n, bool) or not isinstance(n, int):
            raise ArgumentError(
                f"einsum(): a subscript in a list is an int or ..., not {n!r}", argument="operands"
            )
        elif 0 <= n < len(LETTERS):
            term += LETTERS[n]
        else:
            raise ValueProblem(
                "einsum(): subscript in subscript list is not within the valid range [0, 52): "
                f"it is {n}",
                argument="operands",
            )
    return term


@lru_cache(maxsize=256)
def resolve(
    terms: tuple[str, ...], output: str | None, shapes: tuple[tuple[int, ...], ...]
) -> Equation:
    """The equation for operands of these shapes, or the error that it does not fit them."""
    if len(shapes) != len(terms):
        fewer = len(shapes) < len(terms)
        raise _error(
            f"{'fewer' if fewer else 'more'} operands were provided than specified in the equation "
            f"(it has {len(terms)}, and {len(shapes)} were given)"
        )
    covered = max([_covered(i, t, s) for i, (t, s) in enumerate(zip(terms, shapes))], default=0)
    named = "".join(chr(_COVERED + covered - 1 - i) for i in range(covered))
    full = []
    for term, shape in zip(terms, shapes):
        count = len(shape) - len(term) + 1
        full.append(term.replace(ELLIPSIS, named[covered - count :] if count else ""))
    sizes = _sizes(full, shapes)
    if output is None:
        every = "".join(full)
        made = named + "".join(sorted(c for c in set(every) - set(named) if every.count(c) == 1))
    else:
        _check_output(output, terms)
        made = output.replace(ELLIPSIS, named)
    return Equation(full, made, sizes, shapes)


def _covered(number: int, term: str, shape: tuple[int, ...]) -> int:
    """How many dimensions the ellipsis of a term covers."""
    letters = len(term.replace(ELLIPSIS, ""))
    ndim = len(shape)
    if ELLIPSIS in term:
        if letters > ndim:
            raise ShapeError(
                f"einsum(): the number of subscripts in the equation ({letters}) is more than the "
                f"number of dimensions ({ndim}) for operand {number}, of shape {list(shape)}",
                argument="operands",
            )
        return ndim - letters
    if letters != ndim:
        raise ShapeError(
            f"einsum(): the number of subscripts in the equation ({letters}) does not match the "
            f"number of dimensions ({ndim}) for operand {number} and no ellipsis was given: "
            f"{term!r} for shape {list(shape)}",
            argument="operands",
        )
    return 0


def _check_output(output: str, terms: Sequence[str]) -> None:
    for c in output:
        if c == ELLIPSIS:
            continue
        if output.count(c) > 1:
            raise _error(f"output subscript {c} appears more than once in the output")
        if not any(c in t for t in terms):
            known = ", ".join(sorted(set("".join(terms)) - {ELLIPSIS}))
            raise _error(
                f"output subscript {c} does not appear in the equation for any input operand",
                f"the operands have {known}" if known else None,
            )


def _sizes(terms: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """The size of each letter; size 1 stretches, but not between repeats in one operand."""
    sizes: dict[str, int] = {}
    seen: dict[str, tuple[int, int]] = {}
    for number, (term, shape) in enumerate(zip(terms, shapes)):
        own: dict[str, int] = {}
        for dim, (c, n) in enumerate(zip(term, shape)):
            if own.setdefault(c, n) != n:
                raise ShapeError(
                    f"einsum(): subscript {c} is repeated for operand {number} but the sizes "
                    f"don't match, {n} != {own[c]} (its shape is {list(shape)})",
                    argument="operands",
                )
            before = sizes.get(c, 1)
            if n not in (1, before) and before != 1:
                where, at = seen[c]
                name = c if c in LETTERS else "..."
                raise ShapeError(
                    f"einsum(): subscript {name} has size {n} for operand {number} which does not "
                    f"broadcast with previously seen size {before}: it is dimension {at} of "
                    f"operand {where}, of shape {list(shapes[where])}, and dimension {dim} of "
                    f"operand {number}, of shape {list(shape)}",
                    argument="operands",
                    clash=((shapes[where], at), (shape, dim)),
                )
            if before == 1:
                sizes[c] = n
                seen[c] = (number, dim)
    return sizes
