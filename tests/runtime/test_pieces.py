"""Long work of Python's own in pieces: the same results, and no more than a piece after Ctrl-C."""

from __future__ import annotations

import ctypes
import itertools
import random
import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.arrays import blas, products
from tcalc.runtime.objects import pieces
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.pieces import PIECE, RUN, in_pieces, numbers, sort
from tcalc.runtime.ops.linalg import matmul
from tcalc.session import Session

LONG = PIECE * 2 + 3
SOURCES: dict[str, Callable[[], Any]] = {
    "list": lambda: List(range(LONG)),
    "tuple": lambda: tuple(range(LONG)),
    "range": lambda: range(5, 5 + 3 * LONG, 3),
    "set": lambda: set(range(LONG)),
    "dict": lambda: dict.fromkeys(range(LONG)),
    "text": lambda: "abc" * LONG,
    "map": lambda: map(abs, range(LONG)),
    "filter": lambda: filter(None, range(LONG)),
    "zip": lambda: zip(range(LONG), range(LONG)),
    "enumerate": lambda: enumerate("abc" * PIECE),
    "reversed": lambda: reversed(range(LONG)),
    "product": lambda: itertools.product(range(400), repeat=2),
    "huge range": lambda: itertools.islice(range(1 << 70), LONG),
    "short": lambda: [3, 1, 2],
    "no items": lambda: iter(()),
}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_items_are_the_same(name: str) -> None:
    assert list(in_pieces(SOURCES[name]())) == list(SOURCES[name]())


def test_nothing_is_taken_before_it_is_asked_for() -> None:
    source = map(abs, range(LONG))
    assert any(in_pieces(source))
    assert next(source) == 2


def test_a_class_of_a_program_is_asked_as_python_asks_it() -> None:
    asked: list[str] = []

    class Odd(list[int]):
        def __len__(self) -> int:
            asked.append("len")
            return LONG

        def __iter__(self) -> Iterator[int]:
            return iter((1, 2))

    assert list(in_pieces(Odd())) == [1, 2]
    assert in_pieces(5) == 5


class Pressed(BaseException):
    """Stands for KeyboardInterrupt."""


@pytest.fixture
def press() -> Iterator[Callable[[int], int]]:
    """The system's own way to send a signal, which does not look whether one came."""

    def pressed(*_: object) -> None:
        raise Pressed

    before = signal.signal(signal.SIGINT, pressed)
    yield ctypes.CDLL(None)["raise"]
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("consume", [sum, max, min, list, tuple, set, sorted])
def test_ctrl_c_is_heard_within_a_piece(
    consume: Callable[[Any], Any], press: Callable[[int], int]
) -> None:
    after = itertools.count(1)
    signals = map(press, [int(signal.SIGINT)])
    with pytest.raises(Pressed):
        consume(in_pieces(itertools.chain(range(1, 9), signals, after)))
    assert next(after) <= PIECE + 2


PROGRAMS = """
    sum(source) max(source) min(source) list(source) tuple(source) set(source) sorted(source)
    frozenset(source) dict(zip(source,source)) len(list(filter(None,source)))
    functools.reduce(max,source)
"""


@pytest.mark.parametrize("program", PROGRAMS.split())
def test_programs_hear_it(program: str, press: Callable[[int], int]) -> None:
    after = itertools.count(1)
    session = Session()
    signals = map(press, [int(signal.SIGINT)])
    session.variables["source"] = itertools.chain(range(1, 9), signals, after)
    with pytest.raises(Pressed):
        session.evaluate(f"import functools\n{program}")
    assert next(after) <= 2 * PIECE + 4


# -- sorting --------------------------------------------------------------------------------------


# A run of so many is cut as one of RUN is.
FEW = 1 << 12


def _draws(kind: str, count: int) -> list[Any]:
    draw = random.Random(5)
    make: dict[str, Callable[[], Any]] = {
        "floats": draw.random,
        "few": lambda: draw.randrange(9),
        "integers": lambda: draw.randrange(-(10**12), 10**25),
        "texts": lambda: str(draw.randrange(10**6)),
        "zeros": lambda: draw.choice((0.0, -0.0, 1.0)),
        "mixed": lambda: draw.choice((1, 1.0, True, 0.5)),
    }
    return [make[kind]() for _ in range(count)]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("kind", ["floats", "few", "integers", "texts", "zeros", "mixed"])
@pytest.mark.parametrize("count", [5, 2 * FEW - 1, 2 * FEW, 3 * FEW + 7])
def test_sorts_are_python_s(
    kind: str, count: int, reverse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "RUN", FEW)
    items = _draws(kind, count)
    found = List(items)
    sort(found, reverse=reverse)
    assert list(map(repr, found)) == list(map(repr, sorted(items, reverse=reverse)))


@pytest.mark.parametrize("items", [range(3 * RUN), range(3 * RUN, 0, -1), [7] * (3 * RUN)])
def test_what_is_in_order_already(items: Any) -> None:
    for reverse in (False, True):
        found = list(items)
        sort(found, reverse=reverse)
        assert found == sorted(items, reverse=reverse)


def test_a_sort_is_cut_into_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call sorts more than a few runs' worth, and an interrupted one leaves the list."""
    items = _draws("floats", 6 * RUN)
    lengths: list[int] = []
    plain = list.sort

    class Noted(list[Any]):
        sort = staticmethod(lambda part, **_: (lengths.append(len(part)), plain(part))[1])

    monkeypatch.setattr(pieces, "list", Noted, raising=False)
    found = items.copy()
    sort(found)
    assert found == sorted(items)
    assert max(lengths) < 2 * RUN and len(lengths) >= 12


def test_a_key_s_error_and_texts_among_numbers_are_refused_as_ever() -> None:
    items = List([*range(3 * RUN), "x"])
    with pytest.raises(TypeError, match="'<' not supported"):
        sort(items)


# -- numbers, files -------------------------------------------------------------------------------


def test_numbers_of_arrays_and_arrays_of_numbers() -> None:
    session = Session()
    array = np.arange(LONG, dtype=np.float32) / 7
    assert numbers(array) == array.tolist()
    session.variables["x"] = array.tolist()
    assert (session.evaluate("tensor(x)")._a == array).all()
    session.variables["n"] = list(range(LONG))
    assert (session.evaluate("tensor(n)")._a == np.arange(LONG)).all()
    assert session.evaluate("tensor(n).reshape(1, -1, 1).tolist()[0][-1]") == [LONG - 1]


# -- products ----------------------------------------------------------------------------------


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many parts each job had."""
    found: list[int] = []

    def noted(work: Callable[[int], object], count: int) -> None:
        found.append(count)
        for i in range(count):
            work(i)

    monkeypatch.setattr(products, "spread_products", noted)
    return found


@pytest.mark.parametrize("form", ["x @ y", "jit(lambda a, b: a @ b)(x, y)", "bmm(x[None], y[None])[0]",
                                  "F.linear(x, y.T)", "addmm(zeros(1), x, y)"])  # fmt: skip
@pytest.mark.parametrize("shape", [(700, 300, 500), (500, 700, 80), (70, 40, 9000)])
def test_products_in_blocks(
    form: str, shape: tuple[int, int, int], parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole and cut they agree, and whatever the way they are run, to the bit."""
    n, k, m = shape
    monkeypatch.setattr(matmul, "SIZEABLE", 1)
    session = Session(seed=3)
    session.evaluate(f"x, y = rand({n}, {k}), rand({k}, {m})")
    whole = session.evaluate("x.double() @ y.double()")._a
    parts.clear()
    monkeypatch.setattr(products, "_PIECE", 1 << 21)
    cut = session.evaluate("x @ y")._a
    assert parts and parts[-1] >= n * k * m / (1 << 23)
    np.testing.assert_allclose(cut, whole, rtol=1e-5)
    np.testing.assert_array_equal(session.evaluate(form)._a, cut)


def test_integers_too(parts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matmul, "SIZEABLE", 1)
    monkeypatch.setattr(products, "_PIECE", 1 << 20)
    session = Session(seed=3)
    session.evaluate("x = randint(-9, 9, (300, 300))")
    assert (session.evaluate("x @ x")._a == session.evaluate("x.double() @ x.double()")._a).all()
    assert parts


def test_blas_gets_its_threads_back_when_the_last_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(blas, "_controls", lambda: [(told.append, lambda: 4)])
    first, second = blas.alone(), blas.alone()
    with first:
        second.__enter__()
    assert told == [1]
    second.__exit__()
    assert told == [1, 4]
