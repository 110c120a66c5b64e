"""No program takes the interpreter with it or meets an error of ours, whatever its methods do."""

from __future__ import annotations

import sys
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


@pytest.fixture(scope="module")
def ended() -> dict[str, Ending]:
    """How every program ended, by name."""
    found = endings(PROGRAMS.values(), seconds=10)
    return {name: ending for name, (_, ending) in zip(PROGRAMS, found, strict=True)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_well(name: str, ended: dict[str, Ending]) -> None:
    assert ended[name].how in GOOD, (PROGRAMS[name], ended[name])


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
