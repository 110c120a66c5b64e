"""`vmap` over every op of the registry: a batch at once gives what single calls give."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tcalc.errors import AutogradError, ShapeError, StateError
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.call.layouts import ITSELF
from tcalc.runtime.tensor.tensor import Tensor, alias, wrap
from tcalc.runtime.transform import derivatives
from tcalc.runtime.transform.batching import interpreter, single
from tcalc.runtime.transform.batching.vmap import vmap
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

grad = lookup("torch.autograd.grad")
CALLED = [
    op for op in OPS if op.qualified and not {"all", "samples"} & set(op.exempt) and samples_of(op)
]
DRAWN = [op for op in CALLED if "draws" in op.exempt.get("gradients", "")]
# Kernels and views without a batching rule: they run one example at a time, and say so.
WITHOUT_RULE = {
    "_added", "_from_masked", "_spread", "bincount", "histc", "histogram", "histogramdd", "histogramdd_edges",
    "linalg_lstsq", "nonzero_static", "stack_sum",
}  # fmt: skip
# What else the samples let run one example at a time: what looks at values, rare cases of rules.
ONE_BY_ONE = {
    "bernoulli", "binomial", "cross_entropy", "embedding_bag", "gru", "isin", "lstm", "multinomial",
    "rnn_relu", "rnn_tanh", "rrelu",
}  # fmt: skip
# What PyTorch refuses too: values of each example written into what is the same for all, results as
# long as values say, memory that is not where its strides say.
REFUSED = (
    "vmap: inplace arithmetic",
    "vmap: We do not support batching operators that can",
    "vmap: Attempted to vmap over `mask`",
    "vmap: Calling Tensor.as_strided is not supported",
    "vmap: called random operation",
    "Tensor must have a last dimension with stride 1",
    "vmap: resize_",
    "You are attempting to call Tensor.requires_grad_()",
    "vmap: embedding_bag runs one example at a time",
)
SIZE = 3


def variants(array: Any) -> list[Any]:
    """Three arrays of one kind for a sample's: in its domain, and not all alike."""
    if array.dtype.kind in "fc":
        return [array * (1 - k / 10) for k in range(SIZE)]
    return [array, array[..., ::-1].copy() if array.ndim else array, array]


def flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [v for item in value for v in flat(item)]
    return [value]


class Mapped:
    """A sample over a batch of three, and the single calls it stands for.

    dims: for each tensor the dim along which it is mapped, or None.
    """

    def __init__(self, sample: Sample, dims: list[int | None]) -> None:
        self.sample = sample
        self.dims = dims
        self.arrays = [
            variants(a) if d is not None else [a] * SIZE for a, d in zip(sample.arrays(), dims)
        ]

    def run(self, *tensors: Tensor) -> Any:
        given = iter(tensors)
        return self.sample.call(lambda _: next(given))

    def single(self, k: int, tracked: bool = False) -> list[Tensor]:
        made = [wrap(parts[k].copy()) for parts in self.arrays]
        for t in made:
            if tracked and is_inexact(t):
                t.requires_grad_(True)
        return made

    def whole(self) -> list[Tensor]:
        return [
            wrap(parts[0].copy() if d is None else np.stack(parts, d))
            for parts, d in zip(self.arrays, self.dims)
        ]

    def __repr__(self) -> str:
        return f"{self.sample!r} mapped at {self.dims}"


def mappings(op: Op) -> Iterator[Mapped]:
    for sample in samples_of(op):
        count = len(sample.arrays())
        kinds: list[list[int | None]] = [[0] * count, [-1] * count]
        if count > 1:
            kinds += [[0 if i == k else None for i in range(count)] for k in range(count)]
        for dims in kinds if count else ():
            mapped = Mapped(sample, dims)
            try:
                results = flat(mapped.run(*mapped.single(1)))
            except Exception:  # turned around, its integers make no call: all alike then
                mapped.arrays = [[a] * SIZE for a in sample.arrays()]
                try:
                    results = flat(mapped.run(*mapped.single(1)))
                except Exception:  # what refuses single examples has nothing to compare
                    continue
            if results and all(isinstance(r, Tensor) for r in results):
                yield mapped


def is_inexact(tensor: Tensor) -> bool:
    return tensor._d.dtype.kind in "fc"


def refused(call: Callable[[], Any]) -> Any:
    """What a call gives, or None where it is refused as PyTorch refuses it."""
    try:
        return call()
    except (AutogradError, StateError, ShapeError) as error:
        if str(error).startswith(REFUSED):
            return None
        raise


def close(got: Any, want: Any) -> bool:
    if got.shape != want.shape or got.dtype != want.dtype:
        return False
    if got.dtype.kind not in "fcV":
        return bool(np.array_equal(got, want))
    rtol = 1e-7 if got.dtype.itemsize > 4 else 1e-2 if got.dtype.itemsize < 4 else 1e-5
    a, b = (v.astype(complex) for v in (got, want))
    return bool(np.allclose(a, b, rtol, 1e-8 if got.dtype.itemsize > 4 else 1e-6, equal_nan=True))


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "remark", lambda _: None)


def by_name(op: Op) -> str:
    return op.name


@pytest.mark.parametrize("op", [op for op in CALLED if op not in DRAWN], ids=by_name)
def test_a_batch_gives_what_single_calls_give(op: Op) -> None:
    for mapped in mappings(op):
        got = refused(lambda m=mapped: vmap(m.run, tuple(m.dims))(*m.whole()))
        if got is None:
            continue
        singles = [flat(mapped.run(*mapped.single(k))) for k in range(SIZE)]
        for k, found in enumerate(flat(got)):
            want = np.stack([results[k].array for results in singles])
            assert close(found.array, want), f"{mapped}:\n{found.array}\n{want}"


DIFFERENTIABLE = [
    op for op in CALLED if op not in DRAWN and op.has_gradient and "gradients" not in op.exempt
]


def leaf(tensor: Tensor) -> Tensor:
    """A leaf on the same memory: what `func.grad` makes of an argument."""
    made = alias(tensor)
    made._require_grad(True)
    return made


def slopes(result: Any, inputs: list[Tensor]) -> Any:
    """The gradients of the sum of all results, or None where nothing flows."""
    outs = [t for t in flat(result) if t.requires_grad]
    if not outs:
        return None
    return grad(outs, inputs, [t._ones() for t in outs], allow_unused=True, materialize_grads=True)


def single_slopes(mapped: Mapped) -> list[Any] | None:
    found = []
    for k in range(SIZE):
        given = mapped.single(k, tracked=True)
        try:
            found.append(slopes(mapped.run(*given), [t for t in given if t.requires_grad]))
        except Exception:  # without gradients of single examples, none to compare
            return None
    return None if None in found else found


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=by_name)
def test_gradients_flow_through_a_batch_and_inside_it(op: Op) -> None:
    for mapped in mappings(op):
        wanted = single_slopes(mapped)
        if wanted is None:
            continue
        given = mapped.whole()
        inexact = [is_inexact(t) for t in given]
        dims = [d for d, yes in zip(mapped.dims, inexact) if yes]
        tracked = [t.requires_grad_(True) for t, yes in zip(given, inexact) if yes]
        through = refused(
            lambda m=mapped, g=given, t=tracked: slopes(vmap(m.run, tuple(m.dims))(*g), t)
        )

        def inside(*tensors: Tensor, mapped: Mapped = mapped) -> Any:
            own = [leaf(t) if is_inexact(t) else t for t in tensors]
            return slopes(mapped.run(*own), [t for t in own if is_inexact(t)])

        each = refused(lambda m=mapped, f=inside: vmap(f, tuple(m.dims))(*m.whole()))
        for k, parts in enumerate(zip(*wanted)):
            arrays = [p.array for p in parts]
            if through is not None:
                d = dims[k]
                want = sum(arrays[1:], arrays[0]) if d is None else np.stack(arrays, d)
                assert close(through[k].array, want), f"{mapped}, input {k}, through vmap"
            if each is not None:
                assert close(each[k].array, np.stack(arrays)), f"{mapped}, input {k}, inside vmap"


def second(mapped: Mapped, tensors: list[Tensor]) -> list[Tensor] | None:
    """The gradient of the sum of the squares of what is the gradient of those of the results."""
    own = [leaf(t) if t._d.dtype.kind == "f" else t for t in tensors]
    inputs = [t for t in own if t.requires_grad]
    outs = [t for t in flat(mapped.run(*own)) if t.requires_grad and t._d.dtype.kind == "f"]
    if not outs:
        return None
    how = {"allow_unused": True, "materialize_grads": True}
    first = grad([(t * t).sum() for t in outs], inputs, create_graph=True, **how)
    total = [(t * t).sum() for t in first if t.requires_grad]
    return list(grad(total, inputs, **how)) if total else None


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=by_name)
def test_second_derivatives_inside_a_batch(op: Op) -> None:
    for mapped in mappings(op):
        if set(mapped.dims) != {0}:
            continue
        try:
            wanted = [second(mapped, mapped.single(k)) for k in range(SIZE)]
        except Exception:  # nor without second ones
            continue
        if None in wanted:
            continue
        got = refused(lambda m=mapped: vmap(lambda *t: second(m, list(t)), 0)(*m.whole()))
        for k, parts in enumerate(zip(*wanted)) if got is not None else ():
            assert close(got[k].array, np.stack([p.array for p in parts])), f"{mapped}, input {k}"


def test_few_ops_run_one_example_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new kernel or view has a rule, or stands in the list."""
    assert {
        op.name
        for op in OPS
        if op.family in ("kernel", "view") and op.batch is None and op.sparse is not ITSELF
    } == WITHOUT_RULE
    looped = set()
    before = interpreter.one_by_one

    def one_by_one(batch: Any, randomness: str) -> Any:
        looped.add(batch.op.name)
        return before(batch, randomness)

    monkeypatch.setattr(interpreter, "one_by_one", one_by_one)
    for op in CALLED:
        for mapped in mappings(op):
            refused(lambda m=mapped: vmap(m.run, tuple(m.dims), 0, "different")(*m.whole()))
    assert looped - WITHOUT_RULE == ONE_BY_ONE


def test_an_op_without_a_rule_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(single, "remark", said.append)
    monkeypatch.setattr(single, "_told", set())
    histc = lookup("torch.histc")
    for _ in range(2):
        vmap(lambda a: histc(a, 2))(wrap(np.eye(3)))
    assert said == [
        "There is a performance drop because we have not yet implemented the batching rule for histc."
    ]


# -- what the rules do not show -------------------------------------------------------------------


def calls(name: str) -> Callable[..., Any]:
    return lookup(f"torch.{name}")


X = np.arange(6.0).reshape(3, 2)


def test_an_inner_function_leaves_nothing_behind() -> None:
    """After an error, or a tensor that escaped, calls are as before."""
    kept = []

    def fails(a: Tensor) -> Any:
        kept.append(a)
        raise StateError("no")

    with pytest.raises(StateError, match="no"):
        vmap(fails)(wrap(X))
    assert (wrap(X) + 1).tolist() == (X + 1).tolist()
    with pytest.raises(StateError, match="may have escaped from inside a function being vmapped"):
        kept[0] + 1


def test_gradients_of_higher_order_through_and_inside() -> None:
    x = wrap(X.copy()).requires_grad_(True)
    gradient = calls("func.grad")
    vmap(gradient(lambda a: (a**4).sum()))(x).sum().backward()
    assert np.allclose(x.grad.array, 12 * X**2)
    hessian = vmap(calls("func.hessian")(lambda a: (a**4).sum()))(wrap(X))
    assert np.allclose(hessian.array, [np.diag(12 * row**2) for row in X])


def test_jacobians_go_back_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    before = derivatives.run_backward
    monkeypatch.setattr(
        derivatives, "run_backward", lambda *a, **k: passes.append(1) or before(*a, **k)
    )
    weights = wrap(np.random.default_rng(0).normal(size=(7, 5)))
    x = wrap(np.linspace(-1, 1, 5))
    found = calls("autograd.functional.jacobian")(lambda t: weights.mv(t).sin(), x)
    assert len(passes) == 1
    slope = np.cos(weights.array @ x.array)[:, None] * weights.array
    assert np.allclose(found.array, slope, rtol=1e-14)
    passes.clear()
    calls("autograd.functional.hessian")(lambda t: weights.mv(t).sin().sum(), x)
    assert len(passes) == 2


def test_a_hook_may_look_at_gradients_inside_a_jacobian() -> None:
    seen = []

    def looks(g: Tensor) -> None:
        seen.append(g.tolist())

    def function(t: Tensor) -> Tensor:
        doubled = t * 2
        doubled.register_hook(looks)
        return doubled * t

    found = calls("autograd.functional.jacobian")(function, wrap(np.array([1.0, 2.0])))
    assert found.tolist() == [[4.0, 0.0], [0.0, 8.0]]
    assert [1.0, 0.0] in seen


def test_jacobians_of_two_inputs_have_memory_of_their_own() -> None:
    x = wrap(np.ones(2))
    a, b = calls("autograd.functional.jacobian")(lambda s, t: s + t, (x, x))
    a.fill_(5)
    assert b.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_vmap_stands_in_a_plan_and_a_plan_in_vmap() -> None:
    jit = lookup("tcalc.jit")
    doubled = jit(lambda a: a * 2 + 1)
    assert vmap(doubled)(wrap(X)).tolist() == (2 * X + 1).tolist()
    mapped = jit(vmap(lambda a: a.sum()))
    for k in range(3):
        assert mapped(wrap(X + k)).tolist() == (X + k).sum(1).tolist()


def test_loops_and_rules_draw_alike() -> None:
    """What draws by a loop differs for each example where that is asked for."""
    seed = calls("manual_seed")
    seed(0)
    found = vmap(lambda a: calls("multinomial")(a, 4, True), randomness="different")(
        wrap(np.ones((3, 9)))
    )
    assert len({tuple(row) for row in found.tolist()}) > 1
    with pytest.raises(StateError, match="randomness error mode"):
        vmap(lambda a: calls("multinomial")(a, 4, True))(wrap(np.ones((3, 9))))


def test_a_mapped_tensor_shows_what_it_stands_for() -> None:
    seen = []
    vmap(vmap(lambda a: seen.append(repr(a)) or a))(wrap(np.ones((1, 2), np.float32)))
    assert seen[0].startswith(
        "BatchedTensor(lvl=2, bdim=0, value=\n    BatchedTensor(lvl=1, bdim=0"
    )


def test_jacobians_by_argument_in_chunks_and_beside_more() -> None:
    x, y = wrap(np.array([1.0, 2.0])), wrap(np.array([3.0, 5.0]))

    def function(a: Tensor, b: Tensor) -> Any:
        return a * b, a.sum()

    jacrev = calls("func.jacrev")
    (by_a, by_b), aux = jacrev(function, (0, 1), has_aux=True, chunk_size=1)(x, y)
    assert by_a.tolist() == [[3.0, 0.0], [0.0, 5.0]]
    assert by_b.tolist() == [[1.0, 0.0], [0.0, 2.0]]
    assert aux.item() == 3.0
    assert calls("func.jacfwd")(lambda a, b: a * b, 1)(x, y).tolist() == by_b.tolist()


@pytest.mark.parametrize(
    "change", ["mul_(a)", "pow_(3)", "sin_()", "exp_()", "pow_(a)", "div_(a + 1)"]
)
def test_gradients_flow_through_writes_inside(change: str) -> None:
    text = f"""
x = tensor([[1., 2.], [3., 4.]], requires_grad=True)
f = lambda a: a.clone().{change}
torch.autograd.grad(vmap(f)(x).sum(), x)[0], torch.autograd.grad(f(x).sum(), x)[0]
"""
    batched, plain = Session().evaluate(text)
    assert batched.tolist() == plain.tolist()
