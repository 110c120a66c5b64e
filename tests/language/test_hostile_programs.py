"""No program takes the interpreter with it or meets an error of ours, whatever its methods do."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parent))

import hostile
from fuzzing.children import Ending, endings
from fuzzing.grammar import program
from fuzzing.library import about
from fuzzing.library import program as library_program

GOOD = {"fine", "late"}
# Deeper than Python's own stack by far, and than C's of 8 MiB for some.
MANY = 50_000
# CPython is quadratic in these.
SLOW = {
    "generators from", "genexp", "lru_cache", "partial function", "unions", "context",
    "context stop", "context import", "cause", "sum", "nn", "tee", "views", "autograd",
}  # fmt: skip
FEW = 4_000
PROGRAMS = {
    **{
        f"deep {name}": f"N = {FEW if name in SLOW else MANY}\n{hostile.DEEP_SETUP}{text}"
        for name, text in hostile.DEEP.items()
    },
    **{
        f"meddling {name}": hostile.MEDDLING_SETUP + text for name, text in hostile.MEDDLING.items()
    },
    **{f"seed {seed}": program(seed) for seed in range(40)},
    **{f"library {name}": library_program(name, 0, calls=4) for name in about()[::12]},
}


# They never end: they have no more time than that takes to see.
ENDLESS = {"meddling exit stack", "meddling re 6"}
NAMES = list(PROGRAMS)
# So many run one after the other in one process.
PART = 160


@cache
def endings_of(part: int) -> dict[str, Ending]:
    """How the programs of a part ended, by name."""
    names = NAMES[part * PART : (part + 1) * PART]
    ends = {}
    for seconds, some in (
        (10, [name for name in names if name not in ENDLESS]),
        (1, [name for name in names if name in ENDLESS]),
    ):
        found = endings([PROGRAMS[name] for name in some], seconds)
        ends |= {name: ending for name, (_, ending) in zip(some, found, strict=True)}
    return ends


@pytest.mark.parametrize("name", NAMES)
def test_a_program_ends_well(name: str) -> None:
    ending = endings_of(NAMES.index(name) // PART)[name]
    assert ending.how in GOOD, (PROGRAMS[name], ending)


# Each goes through more levels than 96 MiB of C's stack are enough for.
DEEPEST = """
def chained(wrap, x, n):
    for _ in range(n): x = wrap(x)
    return x
def holds(x): yield x
print(type(hash(chained(lambda x: (x,), (), 1_700_000))) is int)
print(next(chained(lambda x: filter(None, x), [5], 700_000)))
steps = chained(enumerate, [], 2_000_000)
del steps
made = chained(holds, 0, 700_000)
del made
print('done')
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the stack has a fixed size")
def test_the_stack_is_as_deep_as_memory_allows() -> None:
    ((_, ending),) = endings([DEEPEST], seconds=300, memory="4G")
    assert ending.how == "fine", ending


def test_a_crash_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The children tell a death and an error of ours from a good end."""
    died = "import ctypes; ctypes.string_at(0)"
    monkeypatch.setattr("fuzzing.children._ENTRY", died)
    ((_, ending),) = endings(["1"], seconds=300)
    assert ending.how == "crash"
