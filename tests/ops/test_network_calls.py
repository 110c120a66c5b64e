"""Calls of functions of neural networks in machine code give what Python gives without them, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call import shortcuts
from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.expression import LARGE
from tcalc.runtime.ops.nn import class_rows
from tcalc.runtime.ops.nn.normalization import by_channels, layer_norm
from tcalc.runtime.ops.nn.whole import builtin
from tcalc.runtime.ops.random.generator import default_generator
from tcalc.runtime.tensor.tensor import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(not library.is_there(), reason="nothing is installed"),
    pytest.mark.filterwarnings("ignore"),
]
SPECIAL = np.array([0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-30, 1e30], np.float32)


def _arrays(shape: tuple[int, ...], seed: int = 0) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(np.float32)
    yield x
    if x.size < 5000:
        yield np.where(rng.random(shape) < 0.2, SPECIAL[rng.integers(0, len(SPECIAL), shape)], x)
        yield np.where(rng.random(shape) < 0.5, np.float32(-0.0), np.float32(0))
        yield x * 1e-25


def _answer(name: str, *values: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return np.asarray(lookup(f"torch.nn.functional.{name}")(*values)._a)
    except Exception as error:
        return type(error), str(error)


def _check(name: str, *values: Any) -> None:
    """By machine code and by Python."""
    for _ in range(shortcuts.FEW + 1):
        ours = _answer(name, *values)
    shortcuts.close()
    try:
        other = _answer(name, *values)
    finally:
        shortcuts.reopen()
    if isinstance(other, tuple):
        assert ours == other
        return
    assert (ours.dtype, ours.shape, ours.strides) == (other.dtype, other.shape, other.strides)
    known = other == other
    assert (known == (ours == ours)).all()
    assert ours[known].tobytes() == other[known].tobytes(), f"{name} {values[1:]}"


def _is_whole(name: str, *values: Any) -> bool:
    """Whether machine code does a call of an op."""
    op = lookup(f"torch.nn.functional.{name}").__op__
    find = op.whole
    assert find is not None
    given = [*values, *[p.default for p in op.params[len(values) :]]]
    return find()(*given) is not None


SHAPES = [(), (1,), (7,), (130,), (512,), (4, 4), (3, 1), (9, 33), (2, 3, 5), (64, 64), (128, 128),
          (100, 600), (300, 300), (600, 500), (512, 1024)]  # fmt: skip


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_losses(name: str) -> None:
    for shape in SHAPES:
        for x, y in zip(_arrays(shape), _arrays(shape, 1)):
            one, other = wrap(x), wrap(y)
            if name == "huber_loss":
                settings: list[tuple[Any, ...]] = [(), ("sum",), ("mean", 0.3), ("none",)]
            else:
                rest = [0.3] if name == "smooth_l1_loss" else [None]
                settings = [
                    (),
                    (None, None, "sum"),
                    (None, None, "mean", *rest),
                    (None, None, "none"),
                ]
            for more in settings:
                _check(name, one, other, *more)
    _check(name, wrap(x), wrap(y[:1]))
    assert _is_whole(name, wrap(x), wrap(y))


def test_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    for shape in [(4, 4), (1, 7), (33, 10), (128, 128), (3000, 3), (2, 3, 4), (300, 300)]:
        for x in _arrays(shape):
            classes = rng.integers(0, shape[1], (shape[0], *shape[2:]))
            some = np.where(rng.random(classes.shape) < 0.3, -100, classes)
            for target in (classes, some, classes + 1, classes.astype(np.uint8)):
                for more in (
                    (),
                    (None, None, -100, None, "sum"),
                    (None, None, 0),
                    (None, None, -100, None, "none"),
                ):
                    _check("cross_entropy", wrap(x), wrap(target), *more)
            _check("cross_entropy", wrap(x), wrap(classes), None, None, -100, None, "mean", 0.1)
    assert _is_whole("cross_entropy", wrap(rng.random((4, 4), np.float32)), wrap(np.arange(4)))


def test_layer_norm() -> None:
    for shape in [(4, 4), (1, 7), (33, 10), (128, 128), (2000, 12), (2, 3, 40), (600, 500)]:
        for x in _arrays(shape):
            for count in range(1, len(shape) + 1):
                sizes = shape[-count:]
                weight, bias = wrap(next(_arrays(sizes, 1))), wrap(next(_arrays(sizes, 2)))
                for more in ((), (weight,), (weight, bias), (None, bias), (weight, bias, 0.1)):
                    _check("layer_norm", wrap(x), sizes, *more)
            _check("layer_norm", wrap(x), (shape[-1] + 1,))
            _check("layer_norm", wrap(x), ())
    assert _is_whole("layer_norm", wrap(x[:5]), (500,))


def test_batch_norm() -> None:
    for shape in [(4, 4), (2, 7), (1, 3), (33, 10), (128, 128), (2000, 12), (70, 1000), (600, 500)]:
        for x in _arrays(shape):
            weight, bias = wrap(next(_arrays(shape[1:], 1))), wrap(next(_arrays(shape[1:], 2)))
            for more in ((), (weight,), (weight, bias), (None, bias)):
                given = [*more, None, None][:2]
                _check("batch_norm", wrap(x), None, None, *given, True)
                _check("batch_norm", wrap(x), None, None, *given, True, 0.1, 0.5)
    assert _is_whole("batch_norm", wrap(x[:5]), None, None, None, None, True)


@pytest.mark.parametrize("shape", [(4, 4), (2, 7), (130, 33), (1000, 3), (700, 512)])
def test_channels_are_near_to_the_exact_ones(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far from 0, beside columns of one number, infinities and nan; past the cache too."""
    x = next(_arrays(shape)) + np.float32(1000)
    x[:, 1] = 3
    double = x.astype(np.float64)
    wanted = (double - double.mean(0)) / np.sqrt(double.var(0) + 1e-5)
    found = _answer("batch_norm", wrap(x), None, None, None, None, True)
    np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=2e-6)
    monkeypatch.setattr(by_channels, "PAST_CACHE", 0)
    shortcuts.close()
    try:
        past = _answer("batch_norm", wrap(x), None, None, None, None, True)
    finally:
        shortcuts.reopen()
    assert found.tobytes() == past.tobytes()
    x[0, 1], x[-1, 0] = np.inf, np.nan
    spoiled = _answer("batch_norm", wrap(x), None, None, None, None, True)
    assert np.isnan(spoiled[:, :2]).all()
    assert found[:, 2:].tobytes() == spoiled[:, 2:].tobytes()


@pytest.mark.parametrize("name", ["max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d"])
def test_pools(name: str) -> None:
    shapes = [(1, 4, 4), (3, 7, 5), (2, 3, 9, 8), (1, 128, 128), (5, 33), (1, 400, 400), (2, 2)]
    for shape in shapes:
        for x in _arrays(shape):
            input = wrap(x)
            for sides in (1, 2, 3, (2, 3), (3,), 9, 0):
                for step in (None, 1, 2, 3, (2, 1)):
                    _check(name, input, sides, step)
            _check(name, input, 3, 2, 1)
            _check(name, input, 3, 2, 0, *((2,) if name.startswith("max") else (True,)))
    plain = wrap(next(_arrays((2, 6, 6))))
    assert _is_whole(name, plain, 2)
    assert _is_whole(name, plain[:1], 2)  # a view


def test_lengths() -> None:
    for shape in [
        (7,),
        (4, 4),
        (9, 33),
        (2, 3, 5),
        (128, 128),
        (300, 40),
        (16, 40, 30),
        (600, 500),
    ]:
        for x, y in zip(_arrays(shape), _arrays(shape, 1)):
            for dim in range(-1, len(shape)):
                _check("normalize", wrap(x), 2.0, dim)
                _check("normalize", wrap(x), 2.0, dim, 0.5)
                _check("cosine_similarity", wrap(x), wrap(y), dim)
                _check("cosine_similarity", wrap(x), wrap(y), dim, 0.5)
            _check("normalize", wrap(x), 1.0)
            _check("cosine_similarity", wrap(x), wrap(y[:1]), 0)
    assert _is_whole("normalize", wrap(np.ones((3, 4), np.float32)), 2.0, 1)
    assert _is_whole("cosine_similarity", *[wrap(np.ones((3, 4), np.float32))] * 2, 1)


def _gradients(name: str, wanted: list[bool], *values: Any) -> list[np.ndarray]:
    """The result, and the gradients by those of the first tensors that are wanted."""
    given = [
        wrap(v.copy()).requires_grad_(is_wanted)
        if isinstance(v, np.ndarray) and v.dtype == np.float32
        else v
        for v, is_wanted in zip(values, [*wanted, *[False] * len(values)])
    ]
    given = [wrap(v) if isinstance(v, np.ndarray) else v for v in given]
    with np.errstate(all="ignore"):
        found = lookup(f"torch.nn.functional.{name}")(*given)
        (found * found).sum().backward()
    ends = [t for t, is_wanted in zip(given, wanted) if is_wanted]
    return [np.asarray(found._a), *[np.asarray(t.grad._a) for t in ends]]


def _check_gradients(
    monkeypatch: pytest.MonkeyPatch, name: str, wanted: list[bool], *values: Any
) -> None:
    """By builtins and without them."""
    ours = _gradients(name, wanted, *values)
    with monkeypatch.context() as without:
        for home in (layer_norm, class_rows):
            without.setattr(home, "builtin", lambda _: None)
        others = _gradients(name, wanted, *values)
    for one, other in zip(ours, others, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        known = other == other
        assert (known == (one == one)).all()
        assert one[known].tobytes() == other[known].tobytes()


def test_gradients_of_layer_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    for shape in [(4, 4), (1, 7), (33, 10), (128, 128), (2000, 12), (2, 3, 40), (300, 200)]:
        for x in _arrays(shape):
            for count in range(1, len(shape)):
                sizes = shape[-count:]
                weight, bias = (next(_arrays(sizes, seed)) for seed in (1, 2))
                for wanted in (
                    [True],
                    [True, False, True],
                    [True, False, True, True],
                    [False, False, True],
                ):
                    for more in ((), (weight,), (weight, bias), (None, bias)):
                        needs = [w and (i == 0 or (len(more) > i - 2 and more[i - 2] is not None))
                                 for i, w in enumerate(wanted)]  # fmt: skip
                        if any(needs):
                            _check_gradients(monkeypatch, "layer_norm", needs, x, sizes, *more)
    assert builtin("layers_kept")(x, None, None, shape[-1], 1e-5) is not None
    small = x[:4]
    statistics = np.zeros(4, np.float32)
    found = builtin("layer_slopes")(
        small, small, None, statistics, statistics, shape[-1], 1e-5, True, False, False
    )
    assert found is not None


def test_gradients_of_cross_entropy(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for shape in [(4, 4), (1, 7), (33, 10), (128, 128), (3000, 3)]:
        for x in _arrays(shape):
            classes = rng.integers(0, shape[1], shape[0])
            some = np.where(rng.random(classes.shape) < 0.3, -100, classes)
            for target in (classes, some):
                for how in ("mean", "sum", "none"):
                    _check_gradients(
                        monkeypatch, "cross_entropy", [True], x, target, None, None, -100, None, how
                    )
    kept = builtin("class_losses_kept")(x, classes, "mean")
    assert kept is not None
    one = np.ones((), np.float32)
    assert builtin("class_slopes_of_all")(one, *kept[1:], one, classes) is not None


def test_what_is_in_the_graph_is_left_to_python() -> None:
    """Operands that require grad, views of such, and views whose base has been written to."""
    x, y = (wrap(a) for a in (np.ones((3, 4), np.float32), np.zeros((3, 4), np.float32)))
    assert _is_whole("mse_loss", x[:2], y[:2])
    view = x[:2]
    x.add_(1)
    assert not _is_whole("mse_loss", view, y[:2])
    wanted = x.requires_grad_()
    with no_grad():
        shown = wanted[:2]
    for operand in (wanted, wanted[:2], shown):
        assert not _is_whole("mse_loss", operand, operand)
    assert lookup("torch.nn.functional.mse_loss")(wanted, y).requires_grad


def test_large_arrays() -> None:
    """Of losses alone; the sums of blocks."""
    x = np.ones((LARGE // 512 + 3, 512), np.float32)
    assert _is_whole("mse_loss", wrap(x), wrap(x))
    assert not _is_whole("layer_norm", wrap(x), (512,))


def test_dropout() -> None:
    """PyTorch's numbers from the same state of the generator, however often it was called before."""
    generator = default_generator()
    for x in _arrays((5, 7)):
        for p in (0.5, 0.3, 0.9, 0, 1, 0.0, 1.0, 2.0):
            found = []
            for closed in (False, True):
                generator.manual_seed(3)
                if closed:
                    shortcuts.close()
                try:
                    found.append([_answer("dropout", wrap(x.copy()), p) for _ in range(12)])
                finally:
                    if closed:
                        shortcuts.reopen()
            for ours, other in zip(*found, strict=True):
                if isinstance(other, tuple):
                    assert ours == other
                else:
                    assert np.array_equal(ours, other, equal_nan=True)
                    assert (np.signbit(ours) == np.signbit(other))[other == other].all()
    generator.manual_seed(3)
    _answer("dropout", wrap(x), 0.5)  # there are words left then
    assert _is_whole("dropout", wrap(x), 0.5)
    assert not _is_whole("dropout", wrap(x), 0.5, True, True)


def test_a_momentum_is_a_number() -> None:
    """Where nothing is averaged, too."""
    x = wrap(np.ones((4, 5), np.float32))
    batch_norm = lookup("torch.nn.functional.batch_norm")
    for _ in range(shortcuts.FEW + 2):
        with pytest.raises(TypeError, match="momentum"):
            batch_norm(x, None, None, training=True, momentum=None)
