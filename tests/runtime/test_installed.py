"""Functions that an installation compiles: what they give, for whatever arrays, and which files are taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc.runtime.base import threads
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import installing
from tcalc.runtime.lazy.compiled import casts, library, pool, processor
from tcalc.runtime.lazy.compiled.classlosses import INSTALLED as CLASS_LOSSES
from tcalc.runtime.lazy.compiled.layouts import MOVING, NUMBER, STANDING
from tcalc.runtime.lazy.compiled.rowforms import INSTALLED
from tcalc.runtime.lazy.compiled.rownorms import INSTALLED as NORMS
from tcalc.runtime.lazy.compiled.rownorms import INSTALLED_SLOPES
from tcalc.runtime.lazy.compiled.switch import settings
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.lazy.rows import kernel_for
from tcalc.runtime.lazy.rows import run as run_rows
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.tensor.tensor import wrap
from tcalc.session import Session
from tcalc.source import Source

pytestmark = pytest.mark.skipif(
    processor.description() is None, reason="compiled code needs llvmlite and an x86-64 with AVX2"
)

VALUES = np.concatenate(
    [
        np.linspace(-30, 30, 611, dtype=np.float32),
        np.float32(
            [0.0, -0.0, 1e-42, -1e-42, 3.4e38, -3.4e38, np.inf, -np.inf, np.nan, 88.8, -104]
        ),
    ]
)


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The functions of a file of their own."""
    file = tmp_path_factory.mktemp("installed") / "functions"
    patch = pytest.MonkeyPatch()
    patch.setattr(library, "path", lambda: str(file))
    forget()
    installing.install()
    assert library.is_there()
    yield library.function
    patch.undo()
    forget()


def forget() -> None:
    library._functions.cache_clear()
    library.function.cache_clear()


def same(a: Any, b: Any) -> bool:
    """To the bit, whatever the sign of a nan."""
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(
        np.signbit(a)[~np.isnan(a)], np.signbit(b)[~np.isnan(b)]
    )


@pytest.mark.parametrize("op", installing.every(), ids=lambda op: op.name)
def test_elements_are_those_of_large_arrays(functions: Any, op: Any) -> None:
    """Of several operands in pairs of whatever is among the values."""
    operands = [p for p in op.params if p.is_array]
    given = [np.roll(VALUES, 7 * i * i) for i in range(len(operands))]
    given = [a > 0 if p.name in op.unpromoted else a for a, p in zip(given, operands)]
    for number in (1, -0.3, 1e-3, 0.0) if op.installed else (None,):
        numbers = dict.fromkeys(op.installed, number)
        large = op(*[wrap(np.resize(a, LARGE)) for a in given], **numbers).array[: VALUES.size]
        assert same(functions(op.name)(*given, *numbers.values()), large)


@pytest.mark.parametrize("name", ["add", "div", "where"])
def test_numbers_beside_arrays(functions: Any, name: str) -> None:
    function = functions(name)
    for size in (1, 31, 64, 1000, LARGE + 5):
        x, y = np.resize(VALUES, size), np.resize(VALUES[::-1], size)
        given = [np.resize([True, False, False], size)] if name == "where" else []
        for left, right in ((x, y[0]), (x[0], y), (x[:1], y)):
            whole = [np.broadcast_to(a, (size,)).copy() for a in (left, right)]
            assert same(function(*given, left, right), function(*given, *whole))
            assert function(*given, left, right).dtype == np.float32


@pytest.mark.parametrize("name", ["exp", "maximum", "where"])
def test_many_elements_are_shared(
    functions: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_pool", None)
    monkeypatch.setattr(threads.settings, "limit", 2)
    function = functions(name)
    x, y = np.resize(VALUES, 300_007), np.resize(VALUES[::-1], 300_007)
    given = [x > 0, x, y][-function.nin :]
    assert pool.helpers() == 1
    found = function(*given)
    parts = [function(*[a[i : i + 999] for a in given]) for i in range(0, x.size, 999)]
    assert same(found, np.concatenate(parts))
    into = x.copy()
    function(*[into if a is x else a for a in given], out=into)
    assert same(into, found)


@pytest.mark.parametrize("name", ["sigmoid", "leaky_relu"])
def test_any_layout(functions: Any, name: str) -> None:
    function = functions(name)
    for size in [*range(70), 255, 256, 257, 513]:
        x = np.resize(VALUES, 3 * size).copy()
        whole = function(x)
        for cut in (np.s_[::3], np.s_[::-1], np.s_[1::2], np.s_[:size]):
            assert same(function(x[cut]), whole[cut])
        into = np.full(3 * size, 7, np.float32)
        assert function(x[::3], out=into[1::3]) is not None
        assert same(into[1::3], whole[::3]) and (into[::3] == 7).all() and (into[2::3] == 7).all()
        again = x.copy()
        function(again, out=again)
        assert same(again, whole)
    grid = np.resize(VALUES, (5, 6, 7)).copy()
    for view in (grid.T, grid[:, ::2, ::-1], np.broadcast_to(grid[:1], (3, 6, 7)), grid[0, 0, 0]):
        assert same(function(view), function(np.array(view)))
    unaligned = np.frombuffer(b"\0" + VALUES.tobytes(), np.uint8)[1:].view(np.float32)
    assert same(function(unaligned), function(VALUES))


@pytest.mark.parametrize(("source", "target"), casts.PAIRS[len(casts.SHORT) :], ids=str)
def test_other_casts_are_numpys(functions: Any, source: Any, target: Any) -> None:
    """Of words all over."""
    words = np.arange(1 << 16, dtype=np.uint64) * 281483566841861
    given = (
        words.view(np.uint32)[1::2].copy().view(source)
        if source.itemsize == 4
        else words.view(source)
    )
    if source == np.bool_:
        given = words % 3 == 0
    with np.errstate(all="ignore"):
        for array in (given, given[::3], given[:0], given[:33]):
            found = functions(casts.name(source, target))(array)
            assert found.dtype == target and found.tobytes() == array.astype(target).tobytes()


@pytest.mark.parametrize(("source", "target"), casts.SHORT, ids=str)
def test_casts_are_numpys(functions: Any, source: Any, target: Any) -> None:
    """Of every short float, and of floats all over; a nan stays one, with its sign."""
    casts.caster.cache_clear()
    caster = casts.caster(source, target)
    casts.caster.cache_clear()
    assert caster is not None
    words = np.arange(1 << 16, dtype=np.uint32)
    given = (words.astype(np.uint16) if source.itemsize == 2 else words * 65521).view(source)
    for array in (given, given.reshape(256, 256).T, given[::3], given[:0], given[:33]):
        found, told = caster(array), array.astype(target)
        assert found.dtype == target
        assert found.strides == told.strides
        assert same(found.astype(np.float64), told.astype(np.float64))


@pytest.mark.parametrize("form", INSTALLED, ids=lambda form: form.name)
def test_rows_are_those_of_middle_arrays(functions: Any, form: Any) -> None:
    count = len(form.layout)
    for columns in (1, 2, 7, 31, 32, 33, 1025):
        rows = MIDDLE // columns + 1
        given = [
            np.resize(np.roll(VALUES[:-11], 7 * i) / 9, (rows, columns)) for i in range(count - 1)
        ]
        found = functions(form.name)(*given)
        kernel = kernel_for(form, given[0])
        assert kernel is not None
        wanted = np.empty_like(found)
        run_rows(kernel, (rows, columns), [*given, wanted])
        assert same(found, wanted)
        assert same(functions(form.name)(*[a[:1] for a in given]), wanted[:1])
        assert functions(form.name)(*[a[:0] for a in given]).size == 0


@pytest.mark.parametrize("form", NORMS, ids=lambda form: form.name)
def test_norms_are_those_of_middle_arrays(functions: Any, form: Any) -> None:
    outputs = NORMS[form]
    for columns in (1, 9, 32, 100):
        rows = MIDDLE // columns + 1
        x = np.resize(VALUES[:-11], (rows, columns))
        sides: list[Any] = [np.asarray(np.float32(1e-5))]
        sides += [x[i : i + 1].copy() for i in range(2, len(form.layout) - outputs)]
        given = [x, *sides[: len(form.layout) - outputs - 1]]
        found = functions(form.name)(*given)
        kernel = kernel_for(form, x)
        assert kernel is not None and len(found) == outputs
        wanted = [np.empty_like(f) for f in found]
        run_rows(kernel, x.shape, [*given, *wanted])
        for a, b in zip(found, wanted):
            assert same(a, b)


@pytest.mark.parametrize("form", INSTALLED_SLOPES, ids=lambda form: form.name)
def test_gradients_of_norms_are_those_of_middle_arrays(functions: Any, form: Any) -> None:
    for columns in (1, 9, 32, 100):
        rows = MIDDLE // columns + 1
        x = np.resize(VALUES[:-11], (rows, columns))
        parts = {MOVING: x, NUMBER: np.asarray(np.float32(1e-5)), STANDING: x[:, 0] ** 2 + 1}
        found, wanted = (
            [parts[how].copy() if how in parts else x[0].copy() for how in form.layout[:-1]]
            for _ in range(2)
        )
        found.append(functions(form.name)(*found))
        kernel = kernel_for(form, x)
        assert kernel is not None
        wanted.append(np.empty_like(x))
        run_rows(kernel, x.shape, wanted)
        for a, b in zip(found, wanted):
            assert same(a, b)


@pytest.mark.parametrize("form", CLASS_LOSSES, ids=lambda form: form.name)
def test_losses_of_classes_are_those_of_middle_arrays(functions: Any, form: Any) -> None:
    outputs = CLASS_LOSSES[form]
    for columns in (1, 9, 32, 100):
        rows = MIDDLE // columns + 1
        x = np.resize(VALUES[:-11], (rows, columns))
        classes = np.arange(rows) % (columns + 2) - 1  # some are not there
        given = [x, *[x[:, 0].copy()] * (form.layout.count(STANDING) - 1), classes]
        given = given if outputs == 1 and len(form.layout) == 5 else [x, classes]
        found = functions(form.name)(*given)
        found = found if type(found) is tuple else (found,)
        kernel = kernel_for(form, x)
        assert kernel is not None and len(found) == outputs
        wanted = [np.empty_like(f) for f in found]
        run_rows(kernel, x.shape, [*given, *wanted])
        for a, b in zip(found, wanted):
            assert same(a, b)


def test_recurrent_layers_are_those_without_such_functions(
    functions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Source(
        "torch.manual_seed(0); found = []\n"
        "for kind in (nn.LSTM, nn.GRU):\n"
        "    net = kind(3, 9, num_layers=2, bidirectional=True)\n"
        "    x = torch.randn(5, 4, 3, requires_grad=True)\n"
        "    out, _ = net(x)\n"
        "    (out * torch.randn_like(out)).sum().backward()\n"
        "    found += [out.detach(), x.grad, *[p.grad for p in net.parameters()]]\n"
    )
    sessions = [Session(), Session()]
    for on, session in zip((True, False), sessions):
        monkeypatch.setattr(settings, "on", on)
        session.run(program)
    for a, b in zip(*[s.variables["found"] for s in sessions]):
        assert np.allclose(a.array, b.array, rtol=1e-4, atol=2e-6)


def test_rows_that_do_not_lie_side_by_side_are_left_alone(functions: Any) -> None:
    kept = np.zeros((4, 12), np.float32)
    before = kept.copy()
    functions("softmax")(kept[:, ::3], out=kept[:, 1::3])
    assert np.array_equal(kept, before)


def test_eager_plan_and_large_agree(functions: Any) -> None:
    session = Session()
    session.run(
        Source(
            "def f(x): return F.softplus(x).sigmoid() + F.silu(x).softmax(1) - x.log_softmax(0)\n"
            "torch.manual_seed(0); x = torch.randn(7, 9); p = jit(f)\n"
            "a, b, c = f(x), p(x), p(x)\n"
        )
    )
    a, b, c = (session.variables[n].array for n in "abc")
    assert same(a, b) and same(a, c)


def test_switched_off_it_is_numpys(functions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = wrap(VALUES[:611].copy())
    monkeypatch.setattr(settings, "on", False)
    one = np.float32(1)
    assert same(lookup("torch.reciprocal")(x).array, one / x.array)
    wide = 1 / (1 + np.exp(-x.array.astype(np.float64)))
    assert same(lookup("torch.sigmoid")(x).array, wide.astype(np.float32))


@pytest.mark.parametrize("change", ["cut", "flipped", "empty", "other", "none"])
def test_what_is_not_whole_or_of_another_build_is_not_taken(
    functions: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    data = Path(library.path()).read_bytes()
    file = tmp_path / "functions"
    if change == "cut":
        file.write_bytes(data[:-1])
    elif change == "flipped":
        file.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    elif change == "empty":
        file.write_bytes(b"")
    elif change == "other":
        file.write_bytes(data)
        monkeypatch.setattr(library, "_identity", lambda: "another")
    monkeypatch.setattr(library, "path", lambda: str(file))
    forget()
    assert not library.is_there() and library.function("sigmoid") is None
    monkeypatch.undo()
    forget()


def test_the_installation_has_them_up_to_date() -> None:
    """scripts/setup has compiled them; after a change of what they are made of it does so again."""
    checkout = Path(__file__).resolve().parents[2]
    if not Path(library.path()).resolve().is_relative_to(checkout):
        pytest.skip("this environment is not the checkout's own")
    if not os.path.exists(library.path()):
        pytest.skip("this installation has none")
    forget()
    assert library.is_there(), "python -m tcalc.runtime.call.installing brings them up to date"
