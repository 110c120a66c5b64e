"""Calls with indices and masks in machine code give what Python gives without them, to the bit, errors and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tcalc.errors import ShapeError
from tcalc.runtime.base.modes import mode
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import indexcalls, shortcuts
from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.ops.index.assigning import setitem
from tcalc.runtime.tensor.tensor import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(not library.is_there(), reason="nothing is installed")

RNG = np.random.default_rng(3)
DTYPES = ("float32", "float64", "int64", "int32", "bool", "float16")
SHAPES = [(1,), (40,), (4, 4), (9, 33), (128, 128), (3, 4, 5)]
NUMBERS = (0, 1.5, -0.0, float("inf"), float("nan"), 3, 1e300, 1 << 60, True, "no")


def _array(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    return (RNG.standard_normal(shape) * 4).astype(dtype)


def _told(run: Callable[[], Any], inputs: list[Any]) -> Any:
    """What a call gives, and what it leaves of the tensors that it was given."""
    try:
        out = run()
    except Exception as error:
        return type(error), str(error)
    found = [] if out is None else [out]
    same = [out is t for t in inputs]
    return same, [
        (t._a.dtype, t._a.shape, _steps(t._a), np.where(t._a == t._a, t._a, 0).tobytes(),
         (t._a == t._a).tobytes(), str(t.grad_fn).split(" ")[0], t._s and t._s.version)
        for t in (*found, *inputs)
    ]  # fmt: skip


def _steps(array: np.ndarray) -> list[int]:
    return [step for step, n in zip(array.strides, array.shape) if n > 1]


def _compare(call: Callable[..., Any], *arrays: np.ndarray, graph: bool = False) -> None:
    def run() -> Any:
        tensors = [wrap(a.copy()) for a in arrays]
        for t in tensors if graph else ():
            if t._a.dtype.kind == "f":
                t._require_grad(True)
        return _told(lambda: call(*tensors), tensors)

    for _ in range(shortcuts.FEW + 1):
        ours = run()
    shortcuts.close()
    try:
        other = run()
    finally:
        shortcuts.reopen()
    assert ours == other


def _method(name: str, *args: Any) -> Callable[..., Any]:
    function = lookup(f"Tensor.{name}")

    def call(input: Any, *others: Any) -> Any:
        rest = iter(others)
        return function(input, *[next(rest) if a is Ellipsis else a for a in args])

    return call


def _indices(shape: tuple[int, ...], dim: int) -> list[np.ndarray]:
    dim %= len(shape)
    n = shape[dim]
    longer = (*shape[:dim], 2 * n + 1, *shape[dim + 1 :])
    good = RNG.integers(0, n, shape)
    wrong = good.copy()
    wrong.flat[-1] = n
    behind = good.copy()
    behind.flat[0] = -1
    return [
        good,
        RNG.integers(0, n, longer),
        wrong,
        behind,
        good.astype(np.int32),
        good[:0],
        good[..., :1],
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_along_a_dimension(shape: tuple[int, ...], dtype: str) -> None:
    table = _array(shape, dtype)
    for dim in (0, -1, len(shape)):
        for index in _indices(shape, dim) if dim < len(shape) else _indices(shape, 0)[:1]:
            source = _array(index.shape, dtype)
            _compare(_method("gather", dim, ...), table, index)
            for name in ("scatter", "scatter_", "scatter_add", "scatter_add_"):
                _compare(_method(name, dim, ..., ...), table, index, source)
            _compare(_method("take_along_dim", ..., dim), table, index)
    for name, value in [(name, value) for name in ("scatter", "scatter_") for value in NUMBERS]:
        _compare(_method(name, -1, ..., value), table, RNG.integers(0, shape[-1], shape))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_slices(shape: tuple[int, ...], dtype: str) -> None:
    table = _array(shape, dtype)
    for dim in (0, -1):
        n = shape[dim]
        good = RNG.integers(0, n, n + 2)
        wrong, behind = good.copy(), good.copy()
        wrong[-1], behind[0] = n, -1
        for index in (
            good,
            wrong,
            behind,
            good[:0],
            good.astype(np.int32),
            good.reshape(1, -1),
            good[0],
        ):
            at = dim % len(shape)
            source = _array((*shape[:at], index.size, *shape[at + 1 :]), dtype)
            _compare(_method("index_select", dim, ...), table, index)
            for name in ("index_add", "index_add_", "index_copy", "index_copy_"):
                _compare(_method(name, dim, ..., ...), table, index, source)
                _compare(_method(name, dim, ..., ...), table, index, source[..., :1])
            for name in ("index_fill", "index_fill_"):
                _compare(_method(name, dim, ..., 2), table, index)
        for value in NUMBERS:
            _compare(_method("index_fill_", dim, ..., value), table, good)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_masks_and_places(shape: tuple[int, ...], dtype: str) -> None:
    table = _array(shape, dtype)
    masks = [
        RNG.random(shape) < 0.4,
        RNG.random(shape[-1:]) < 0.4,
        np.zeros(shape, bool),
        RNG.random((2, *shape)) < 0.4,
    ]
    assign = lookup("Tensor.__setitem__")
    for mask in (*masks, masks[0].astype(np.uint8)):
        for value in NUMBERS:
            _compare(_method("masked_fill", ..., value), table, mask)
            _compare(_method("masked_fill_", ..., value), table, mask)
            _compare(lambda t, m, v=value: assign(t, m, v), table, mask)
    special = np.where(RNG.random(shape) < 0.3, table, np.array(0, dtype))
    single = np.array(table.flat[0])
    for number in (single, abs(single).astype(np.int64)):
        _compare(_method("nonzero"), number)
        _compare(_method("gather", 0, ...), number, np.array(0))
        _compare(_method("index_fill_", 0, ..., 1), number, np.array([0]))
        _compare(_method("masked_fill_", ..., 1), number, np.array(True))
        _compare(lookup("torch.nn.functional.one_hot"), number)
        _compare(lookup("Tensor.__getitem__"), number, np.array([0]))
    for array in (special, masks[0], masks[2], special.astype("float32") * -0.0, special[:0]):
        _compare(_method("nonzero"), array)
    whole, one_hot = abs(table).astype(np.int64), lookup("torch.nn.functional.one_hot")
    for numbers in (whole, whole - 1, whole[:0]):
        for classes in (-1, 0, 2, 60):
            _compare(lambda t, c=classes: one_hot(t, c), numbers)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_brackets(shape: tuple[int, ...], dtype: str) -> None:
    table = _array(shape, dtype)
    get, assign = lookup("Tensor.__getitem__"), lookup("Tensor.__setitem__")
    for first in ((5,), (2, 3), (1,), (0,), ()):
        wrong = RNG.integers(0, shape[0], first)
        for n in range(1, len(shape) + 1):
            places = [RNG.integers(-m, m, first) for m in shape[:n]]
            for lead in range(len(shape) - n + 1):
                given = [RNG.integers(-m, m, first) for m in shape[lead : lead + n]]

                def index(*tensors: Any, lead: int = lead) -> Any:
                    return (*[slice(None)] * lead, *tensors)

                _compare(lambda t, *i, at=index: get(t, at(*i)), table, *given)
                picked = get(wrap(table), tuple(index(*map(wrap, given))))._a
                source = _array(picked.shape, dtype)
                _compare(lambda t, s, *i, at=index: assign(t, at(*i), s), table, source, *given)
                for value in NUMBERS:
                    _compare(lambda t, *i, at=index, v=value: assign(t, at(*i), v), table, *given)
            _compare(lambda t, *i: get(t, i), table, *places[:-1], places[-1] + shape[n - 1])
        _compare(get, table, wrong)
        _compare(get, table, wrong + shape[0])
        _compare(lambda t, i: get(t, (slice(0, 1), i)), table, wrong)


def test_graphs() -> None:
    table, index = _array((4, 5)), RNG.integers(0, 4, (4, 5))
    one, source = index[0], _array((4, 5))
    for graph in (True, False):
        for enabled in (True, False):
            before, mode.enabled = mode.enabled, enabled
            try:
                for name in ("scatter", "scatter_", "scatter_add", "scatter_add_"):
                    _compare(_method(name, 0, ..., ...), table, index, source, graph=graph)
                for name in ("index_add", "index_add_", "index_copy", "index_copy_"):
                    _compare(_method(name, 0, ..., ...), table, one[:4], source, graph=graph)
                _compare(_method("gather", 0, ...), table, index, graph=graph)
                _compare(_method("index_select", 1, ...), table, one, graph=graph)
                _compare(_method("take_along_dim", ..., 0), table, index, graph=graph)
                _compare(_method("index_fill", 0, ..., 2.0), table, one, graph=graph)
                _compare(_method("masked_fill", ..., 2.0), table, source > 0, graph=graph)
                _compare(lookup("Tensor.__getitem__"), table, one, graph=graph)
                _compare(lookup("Tensor.__setitem__"), table, one[:4], source, graph=graph)
            finally:
                mode.enabled = before


def test_memory_in_common() -> None:
    """Views, what is written to while it is read, and the version of a view's base."""
    table = _array((6, 6))
    index = np.array([1, 0, 2])

    def of_view(name: str, *more: Any) -> Callable[..., Any]:
        return lambda t, i: lookup(f"Tensor.{name}")(t[1:4], 0, i, *more)

    _compare(of_view("index_fill_", 2.0), table, index)
    _compare(of_view("index_select"), table, index)
    _compare(lambda t, i: t.index_add_(0, i, t[:3]), table, index)
    _compare(lambda t, i: t.index_copy_(0, i, t[3:]), table, index)
    _compare(lambda i: i.scatter_(0, i, 1), index)
    _compare(lambda i: i.index_fill_(0, i, 0), index)
    _compare(lambda t: t.masked_fill_(t > 0, 1.0), table)
    _compare(lambda m: m.masked_fill_(m, False), table > 0)
    _compare(lambda t, i: t.t().index_add_(1, i, t[:3].t().contiguous()), table, index)
    shared = wrap(table.copy())
    other = shared.detach()
    for _ in range(12):
        other.index_fill_(0, wrap(index), 1.0)
    assert shared._s is other._s


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_masks_of_other_shapes(dtype: str) -> None:
    """What does not fit is told of by the shapes."""
    for value in (np.ones((2, 3), dtype), np.ones((2, 1, 3), dtype)):
        table, mask = wrap(np.ones((2, 3), dtype)), wrap(np.array([[True, False, True]] * 2))
        for _ in range(12):
            with pytest.raises(ShapeError, match="shape mismatch: value tensor of shape"):
                setitem(table, mask, wrap(value))


FORMS = {
    "gather": lambda t, i, s, m: (t, 1, i, False),
    "index_select": lambda t, i, s, m: (t, 0, i[0]),
    "scatter": lambda t, i, s, m: (t, 1, i, s),
    "scatter_add": lambda t, i, s, m: (t, 1, i, s),
    "index_add": lambda t, i, s, m: (t, 0, i[0], s, 1),
    "index_copy": lambda t, i, s, m: (t, 0, i[0], s),
    "index_fill": lambda t, i, s, m: (t, 0, i[0], 2.0),
    "masked_fill": lambda t, i, s, m: (t, m, float("-inf")),
    "getitem": lambda t, i, s, m: (t, (i, i)),
    "setitem": lambda t, i, s, m: (t, (i, i), s),
    "nonzero": lambda t, i, s, m: (m, False),
    "one_hot": lambda t, i, s, m: (i, -1),
    "take_along_dim": lambda t, i, s, m: (t, 0, i),
}


@pytest.mark.parametrize("form", FORMS)
def test_there_is_one_for(form: str) -> None:
    table, source = wrap(_array((6, 6))), wrap(_array((6, 6)))
    index = wrap(RNG.integers(0, 6, (6, 6)))
    call = indexcalls.made(form, form == "setitem")
    assert form in indexcalls.FORMS
    assert call(*FORMS[form](table, index, source, wrap(source._a > 0))) is not None
