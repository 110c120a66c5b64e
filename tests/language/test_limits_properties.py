"""Any text at all ends in values or in a located error, in time and within the memory allowed."""

from __future__ import annotations

import importlib
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tcalc.command.limits import TimedOut, deadline
from tcalc.diagnosis.diagnostics import diagnose
from tcalc.diagnosis.excerpt import render
from tcalc.language.builtins import Exit
from tcalc.parser import parse_all
from tcalc.runtime.base import _index, memory
from tcalc.session import Session
from tcalc.source import Source

NOTES = Path(__file__).parent.parent / "golden" / "notes"
ROUNDS = 400
# What one program may take; those made here need milliseconds, endless loops all of it.
SECONDS = 0.5

WORDS = """
if else elif for in while def class return yield lambda try except finally with as import from pass
break continue global nonlocal assert del raise not and or is None True False ... self x y f C e _ _1
print len range list tuple dict set str int float super type getattr setattr isinstance sorted sum max
torch nn F np math linalg ones zeros arange tensor norm mean grad cat stack einsum randn eye reshape
__init__ __call__ __dict__ __class__ a.b .T .grad .shape .backward() .sum() .view() .item() .numpy()
( ) [ ] { } , : ; . = == != < > <= >= + - * / // % ** @ << >> & | ^ ~ := -> += *= **= @= \\ # ! ? $ `
0 1 2 -1 3.5 1e309 1j 0x1F 10**9 1_000 'a' "b" '{}' f'{x' f"{x!r:>{y}}" ''' r'\\' b'x' \t \n \n\n
""".split(" ")  # fmt: skip


@pytest.fixture(autouse=True)
def _bounded(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory, "limit", memory.in_use() + (1 << 28))


def ends_well(text: str) -> None:
    """Run a text; whatever its error, it has a place in it and can be told."""
    session = Session(write=lambda printed: None)
    shown: list[str] = []
    try:
        with deadline(SECONDS):
            session.run(Source(text, "any"), lambda value, line: shown.append(repr(value)))
    except (TimedOut, Exit):
        return
    except Exception as error:  # any at all has to be told
        found = diagnose(error, session)
        assert found.kind != "InternalError", (text, found.message)
        assert found.source is not None and found.span is not None, (text, found)
        assert 0 <= found.span.start <= found.span.end <= len(found.source.text), (text, found)
        assert "Traceback" not in render(found)


def test_bytes() -> None:
    draw = random.Random(1)
    for _ in range(ROUNDS):
        data = draw.randbytes(draw.randrange(60))
        ends_well(data.decode("utf-8", "replace"))
        ends_well(data.decode("latin-1"))
        ends_well(
            "".join(chr(draw.choice((draw.randrange(128), draw.randrange(0xD800)))) for _ in data)
        )


def test_token_soup() -> None:
    draw = random.Random(2)
    for _ in range(3 * ROUNDS):
        words = draw.choices(WORDS, k=draw.randrange(1, 14))
        ends_well(draw.choice(("", " ")).join(words))


def _programs() -> list[str]:
    """The notes' programs and the examples of every op."""
    from tcalc.runtime.base.op import OPS

    for module in _index.MODULES:
        importlib.import_module(module)
    texts = [path.read_text(encoding="utf-8") for path in sorted(NOTES.glob("*.tcalc"))]
    return texts + [source for op in OPS for source, _ in op.examples]


def _mutated(text: str, draw: random.Random, others: list[str]) -> str:
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(text) + 1)
        to = min(len(text), at + draw.randrange(12))
        change = draw.randrange(5)
        if change == 0:
            text = text[:at] + text[to:]
        elif change == 1:
            text = text[:at] + draw.choice(WORDS) + text[to:]
        elif change == 2:
            text = text[:to] + text[at:]
        elif change == 3:
            numbers = [
                "-1",
                "0",
                "2",
                "1.5",
                "None",
                "'x'",
                "[]",
                "(1, 2)",
                "nan",
                "10**20",
                "ones(0)",
            ]
            digits = [i for i, c in enumerate(text) if c.isdigit()]
            if digits:
                at = draw.choice(digits)
                text = text[:at] + draw.choice(numbers) + text[at + 1 :]
        else:
            other = draw.choice(others)
            text = text[:at] + other[draw.randrange(len(other)) :][:20] + text[at:]
    return text


def test_mutated_programs() -> None:
    draw = random.Random(3)
    texts = _programs()
    for _ in range(2 * ROUNDS):
        ends_well(_mutated(draw.choice(texts), draw, texts))


@pytest.mark.parametrize("opening", ["(", "[", "{", "f(", "x[", "{1:", "not ", "-", "~", "lambda:",
                                     "1 if 1 else ", "2**", "(lambda:", "[x for x in ", "f'{", "*", "@",
                                     "if 1:", "1+", "x.real.", "x=", "a:", "'", "'''", "\\\n", "#", "\t"])  # fmt: skip
@pytest.mark.parametrize("count", [99, 499, 501, 5000])
def test_nesting(opening: str, count: int) -> None:
    closing = {"(": ")", "[": "]", "{": "}", "'": "'"}
    ends = "".join(closing.get(c, "") for c in reversed(opening))
    ends_well(opening * count)
    ends_well("x = 1\n" + opening * count + "1" + ends * count)
    parse_all(Source(opening * count + "\n" + "1" + ends * count))


@pytest.mark.parametrize("text", ["9" * 200_000, "1." + "9" * 200_000, "1e" + "9" * 100_000, "0x" + "f" * 200_000,
                                  "'" + "a" * 500_000 + "'", "x" * 200_000, "1" + "+1" * 20_000,
                                  "1" + "<1" * 20_000, "'a' " * 20_000, "(1,) + " * 3000 + "(1,)",
                                  "x = " * 20_000 + "1", "1;" * 20_000, "pass\n" * 20_000, "(" + "1," * 50_000 + ")",
                                  "if 0: 1\n" + "elif 0: 1\n" * 3000])  # fmt: skip
def test_huge_texts(text: str) -> None:
    ends_well(text)


# -- in a process of its own, with limits ---------------------------------------------------------

MEMORY = 512 << 20
# Long enough on any machine for a program that is refused, short for one that never ends.
PATIENCE, TIME = 300, 1
# What the system's limit leaves beyond the one that is checked, for threads and the interpreter.
ROOM = (1 << 29) + (os.cpu_count() or 1) * (1 << 26)

# A program and the exit statuses that it may have.
HEAVY = {
    "while True: pass": {124},
    "while True:\n  try:\n    while True: pass\n  finally: continue": {124},
    "class M:\n  def __enter__(self): return self\n  def __exit__(self, *_): return True\n"
    "while True:\n  with M():\n    while True: pass": {124},
    "sum(range(10**12))": {124},
    "import time\ntime.sleep(10**6)": {124},
    "class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E": {124},
    "def f(): return f()\nwhile True:\n  try: f()\n  except RecursionError: pass": {124},
    "linalg.svd(randn(3000, 3000))": {124},
    "x = 10**64\nfor i in range(9): x = x**64": {124, 1},
    "x = [1]\nwhile True: x = x + x": {1, 124},
    "x = 'a'\nwhile True: x = x + x": {1, 124},
    "x = {}\nwhile True: x[len(x)] = 'a' * 10000": {1, 124},
    "x = ones(1000)\nwhile True: x = cat([x, x])": {1, 124},
    "x = []\nwhile True: x.append(ones(10**6))": {1, 124},
    "list(range(10**11))": {1},
    "ones(10**12)": {1},
    "10**10**10": {1},
    "ones(1).expand(10**9).tolist()": {1, 124},
    "ones(1).expand(10**10) + 1": {1},
    "np.repeat(np.ones(10), 10**11)": {1},
    "np.zeros(3, 'U1000000000')": {1},
    "import random\nrandom.getrandbits(10**11)": {1},
    "import itertools\nlist(itertools.product(range(10**9), repeat=3))": {1, 124},
    # Just below the limits: whichever comes first on the machine.
    "'%9999999d' * 100 % tuple(range(100))": {0, 1, 124},
}  # fmt: skip


# A child that is forked counts what its parent held until then: a small process stands between.
_WATCH = """
import resource, subprocess, sys
with open(sys.argv[1], "wb") as out:
    done = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _outcome(number: int, text: str, folder: Path) -> tuple[int, str, int]:
    """Status, what was said, and the most memory held."""
    program, said = folder / f"{number}.tcalc", folder / f"{number}.txt"
    program.write_text(text)
    limit = TIME if 124 in HEAVY[text] else PATIENCE
    command = [
        sys.executable, "-m", "tcalc", "--timeout", str(limit), "--max-memory", str(MEMORY), "-q", "run",
        str(program),
    ]  # fmt: skip
    watched = [sys.executable, "-c", _WATCH, str(said), *command]
    done = subprocess.run(watched, capture_output=True, text=True, check=True)
    status, held = map(int, done.stdout.split())
    text = said.read_bytes()[-20_000:].decode("utf-8", "replace")
    return status, text, held << 10


@pytest.mark.skipif(sys.platform != "linux", reason="the system's limit of memory is Linux's")
def test_heavy_programs_end_within_their_limits(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = pool.map(lambda at: _outcome(at[0], at[1], tmp_path), enumerate(HEAVY))
        for text, (status, said, held) in zip(HEAVY, outcomes, strict=True):
            assert status in HEAVY[text], (text, status, said[-2000:])
            assert "Traceback" not in said and "InternalError" not in said, (text, said[-2000:])
            assert ("TimedOut" in said) == (status == 124), (text, said[-2000:])
            assert held < MEMORY + ROOM, (text, held)
