"""Which steps of a program come to machine code, and what of them has to be in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.runtime.lazy.compiled.primitives import SHORT_FLOATS, converted, primitive_of, type_of
from tcalc.runtime.lazy.expression import cast, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.lazy.compiled.code import Code, V

    # Function, operand registers, output register: as a program's template has them.
    Step = tuple[Callable[..., Any], tuple[int, ...], int]
    Form = Callable[..., V | None]


class Lowered(NamedTuple):
    """A step that comes to code: `emit(code, *operands)`; exact: whether it equals NumPy's."""

    emit: Form
    exact: bool


@lru_cache(4096)
def lowered(function: Any, given: tuple[Any, ...], out: Any) -> Lowered | None:
    """What a function of operands of some dtypes comes to, or None."""
    if any(type_of(d) is None for d in (*given, out)):
        return None
    if function is cast:
        return _tried(lambda code, v: converted(code, v, given[0], out), given, True)
    if function is choose:
        alike = type_of(given[0]) == "i1" and given[1] == given[2] == out
        return Lowered(lambda code, *parts: code.select(*parts), True) if alike else None
    primitive = primitive_of(function)
    if primitive is None or any(type_of(d) in SHORT_FLOATS for d in (*given, out)):
        return None
    try:
        *loop, result = function.resolve_dtypes((*given, None))
    except TypeError:
        return None
    form = primitive.form(loop[0])
    if form is None or result != out or any(d != loop[0] for d in loop):
        return None  # NumPy compares signed with unsigned ones by a loop of its own

    def emit(code: Code, *operands: V) -> V | None:
        parts = [converted(code, v, d, to) for v, d, to in zip(operands, given, loop)]
        return None if any(p is None for p in parts) else form(code, *parts)

    return _tried(emit, given, primitive.exact)


def _tried(emit: Form, given: tuple[Any, ...], exact: bool) -> Lowered | None:
    from tcalc.runtime.lazy.compiled.code import Code, V

    operands = [V("%x", type_of(d) or "") for d in given]
    return None if emit(Code(), *operands) is None else Lowered(emit, exact)


class Run(NamedTuple):
    """Steps one after the other that come to code.

    reads: the registers that it takes from memory. writes: those that it leaves there.
    exact: whether all of it equals NumPy's to the bit.
    """

    steps: tuple[Step, ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    exact: bool


def divided(
    steps: Sequence[Step], dtypes: Sequence[Any], wanted: Sequence[int]
) -> list[Run | Step]:
    """A program's steps, those that come to code as runs.

    dtypes: of each register. wanted: the registers that are read afterwards.
    """
    runs: list[list[Step]] = []
    kinds: list[tuple[bool, bool]] = []  # whether a run comes to code, and is exact
    for step in steps:
        function, parts, out = step
        found = lowered(function, tuple([dtypes[p] for p in parts]), dtypes[out])
        exact = found is None or found.exact
        if found is not None and kinds and kinds[-1][0]:
            runs[-1].append(step)
            kinds[-1] = True, kinds[-1][1] and exact
        else:
            runs.append([step])
            kinds.append((found is not None, exact))
    result: list[Run | Step] = []
    needed = set(wanted)
    for run, (comes, exact) in zip(reversed(runs), reversed(kinds)):
        reads, made = _reads(run)
        if comes:
            result.append(Run(tuple(run), tuple(reads), tuple(sorted(made & needed)), exact))
        else:
            result += run
        needed = (needed - made) | set(reads)
    return result[::-1]


def _reads(run: Sequence[Step]) -> tuple[list[int], set[int]]:
    """The registers that steps read before they write them, and all that they write."""
    reads: dict[int, None] = {}
    made: set[int] = set()
    for _, parts, out in run:
        reads.update(dict.fromkeys([p for p in parts if p not in made]))
        made.add(out)
    return list(reads), made
