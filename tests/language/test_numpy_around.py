"""What NumPy has beside functions of arrays gives what NumPy itself gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc.errors import ArgumentError, LimitError

SAME = [
    "np.c_[np.array([1, 2]), np.array([3, 4])]", "np.r_[1:4, 0, 4]", "np.r_[0:1:5j]", "np.r_['0,2', [1], [2]]",
    "np.mgrid[0:2, 0:3]", "np.ogrid[0:2, 0:3][1]", "np.mgrid[-1:1:3j]",
    "np.finfo(np.float32).eps", "np.finfo(np.float64).max", "np.finfo(1.0).bits", "np.iinfo(np.int16).min",
    "np.iinfo(np.array([1], np.uint8).dtype).max",
    "np.array_split(np.arange(5), 2)", "np.argpartition(np.array([3, 1, 2]), 1)", "np.triu_indices(3)",
    "np.ix_([0, 1], [2])", "np.insert([1, 2], 1, 9)", "np.delete([1, 2, 3], 0)", "np.hanning(4)",
    "np.resize([1, 2], 5)", "np.unwrap([0, 7.0])", "np.vander([2, 3], 3)", "np.indices((2, 2))",
    "np.take_along_axis(np.array([[3, 1]]), np.array([[1, 0]]), 1)", "np.select([[True, False]], [[1, 2]], 7)",
    "np.fft.rfft2(np.ones((2, 2)))", "np.linalg.vector_norm([3.0, 4.0])",
    "np.random.RandomState(0).rand(3)", "np.random.RandomState(1).randint(0, 9, 4)",
    "np.random.RandomState(2).permutation(5)", "np.random.RandomState([1, 2]).normal(size=2)",
    "np.random.RandomState(3).multivariate_normal([0, 0], np.eye(2))", "np.random.RandomState(3).zipf(2.0, 3)",
    "np.random.default_rng(0).normal(size=3)", "np.random.default_rng(0).integers(10, size=4)",
    "np.random.default_rng(5).choice([1, 2, 3], 2)", "np.random.default_rng(7).dirichlet([1, 2])",
    "np.fromiter([1, 4, 9], float)", "np.fromiter(range(5), int, 3)",
    "np.apply_along_axis(sum, 1, np.ones((2, 3)))",
    "np.apply_along_axis(lambda v: v[:2] * 2, 0, np.arange(6).reshape(3, 2))",
    "np.apply_along_axis(lambda v: np.outer(v, v), 1, np.arange(4).reshape(2, 2))",
    "np.vectorize(lambda a, b: a + b if a > 1 else 0)([1, 2, 3], 2)",
    "np.vectorize(lambda a: (a, a * a))([[1.0], [2.0]])", "np.vectorize(lambda a: a, otypes=[float])([1, 2])",
    "np.fromfunction(lambda i, j: i + j, (2, 3))", "list(np.ndindex(2, 2))", "list(np.ndindex((2,)))",
    "[p for p, v in np.ndenumerate(np.eye(2)) if v]", "np.double(3) + np.single(1)",
    "np.loadtxt(['1 2', '3 4'])", "np.loadtxt(['1,2'], delimiter=',', dtype=int)",
    "np.loadtxt(['# h', '1 2', '3 4'], unpack=True)", "np.genfromtxt(['1,,3'], delimiter=',')",
    "np.genfromtxt(['a b', '1 2'], skip_header=1, usecols=(1,))",
]  # fmt: skip


def plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.str, repr(np.asarray(value).tolist())
    return value


@pytest.mark.parametrize("expression", SAME)
def test_it_gives_what_numpy_gives(run, expression: str) -> None:
    assert plain(run.value(expression)) == plain(eval(expression, {"np": np}))


def test_shuffles_are_numpys(run) -> None:
    items, array = [1, 2, 3, 4, 5], np.arange(6).reshape(3, 2)
    for make in ("np.random.RandomState(4)", "np.random.default_rng(4)"):
        run(
            f"g = {make}; l = [1, 2, 3, 4, 5]; a = np.arange(6).reshape(3, 2); g.shuffle(l); g.shuffle(a)"
        )
        g: Any = eval(make, {"np": np})
        wanted, rows = np.array(items), array.copy()
        g.shuffle(wanted)
        g.shuffle(rows)
        assert run.value("l") == wanted.tolist()
        assert run.value("a").tolist() == rows.tolist()
    run("np.random.seed(0); l = [1, 2, 3]; np.random.shuffle(l)")
    np.random.seed(0)
    wanted = np.array([1, 2, 3])
    np.random.shuffle(wanted)
    assert run.value("l") == wanted.tolist()


def test_how_arrays_print_can_be_set(run) -> None:
    before = run.value("str(np.array([1.23456]))")
    with np.printoptions():  # as it was, whatever becomes of the test
        assert run.value("np.get_printoptions()['precision']") == 8
        run("np.set_printoptions(precision=2)")
        assert run.value("str(np.array([1.23456]))") == "[1.23]"
        run("with np.printoptions(precision=3): inside = str(np.array([1.23456]))")
        assert run.value("inside") == "[1.235]"
        assert run.value("str(np.array([1.23456]))") == "[1.23]"
        run.fails("np.set_printoptions(formatter={'float': str})", ArgumentError)
    assert run.value("str(np.array([1.23456]))") == before


def test_text_files_are_those_of_open(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("np.savetxt('a.txt', np.arange(6).reshape(2, 3), fmt='%d', header='a b c')")
    assert (tmp_path / "a.txt").read_text() == "# a b c\n0 1 2\n3 4 5\n"
    assert run.value("np.loadtxt('a.txt')").tolist() == [[0, 1, 2], [3, 4, 5]]
    run("with open('a.txt') as f: again = np.loadtxt(f, dtype=int)")
    assert run.value("again").tolist() == [[0, 1, 2], [3, 4, 5]]
    run("np.savez('b', x=np.ones(2)); np.savez('c.npz', [1, 2])")
    assert run.value("np.load('b.npz')['x'].tolist()") == [1.0, 1.0]
    assert run.value("np.load('c.npz')['arr_0'].tolist()") == [1, 2]
    run.fails("np.loadtxt('/etc/hostname.txt')", OSError)
    run.fails("np.savetxt('/a.txt', [1])", OSError)


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("np.mgrid[0:10**9, 0:10**9]", LimitError),
        ("np.r_[0:1:10**15*1j]", LimitError),
        ("np.hanning(10**14)", LimitError),
        ("np.tri(10**8)", LimitError),
        ("np.indices((10**8, 10**8))", LimitError),
        ("np.fromfunction(lambda i, j: i, (10**8, 10**8))", LimitError),
        ("np.random.default_rng(0).normal(size=10**14)", LimitError),
        ("np.loadtxt(['1'], converters=float)", ArgumentError),
        ("np.genfromtxt(['a', '1'], names=True)", ArgumentError),
        ("np.random.RandomState(object())", TypeError),
        ("np.random.RandomState('a')", ArgumentError),
        ("np.random.default_rng(0).bit_generator", AttributeError),
        ("np.random.RandomState(0).get_state", AttributeError),
        ("np.finfo(object())", TypeError),
        ("np.vectorize(3)", ArgumentError),
        ("np.vectorize(lambda a: object())([1])", TypeError),
        ("np.fromiter([object()], float)", TypeError),
        ("np.c_[object()]", TypeError),
        ("np.r_[slice(object(), 3)]", TypeError),
        ("np.c_._form", AttributeError),
    ],
)
def test_what_it_refuses(run, program: str, error: type[Exception]) -> None:
    run.fails(program, error)
